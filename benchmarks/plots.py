"""Plots as SVG, written by hand: bars for one moment, lines for growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_COLOURS = {"ours": "#0b6e4f", "floor": "#999999", "naive": "#c0392b", "tuned": "#e08e0b"}
_OTHER = "#4a6fa5"
_WIDTH = 640
_ROW = 28
_LEFT = 120
_TOP = 48


def bars(title: str, values: Mapping[str, float]) -> str:
    """Return one bar for each value, with the figure beside it."""
    longest = max(values.values(), default=1) or 1
    parts = []
    for place, (name, value) in enumerate(values.items()):
        y = _TOP + place * _ROW
        width = max(1.0, value / longest * (_WIDTH - _LEFT - 100))
        parts.append(_text(_LEFT - 8, y + 15, name, anchor="end"))
        parts.append(f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="20" fill="{_colour(name)}"/>')
        parts.append(_text(_LEFT + width + 6, y + 15, f"{value:,.2f}"))
    return _picture(title, _TOP + len(values) * _ROW + 12, parts)


def lines(title: str, steps: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Return one line for each contestant over the steps."""
    height, bottom = 300, 250
    highest = max((value for values in series.values() for value in values), default=1) or 1
    gap = (_WIDTH - _LEFT - 120) / max(1, len(steps) - 1)
    parts = [_text(_LEFT + place * gap, bottom + 22, step, anchor="middle") for place, step in enumerate(steps)]
    for name, values in series.items():
        points = [
            (_LEFT + place * gap, bottom - value / highest * (bottom - _TOP)) for place, value in enumerate(values)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(name)}" stroke-width="2"/>')
        x, y = points[-1]
        parts.append(_text(x + 8, y + 5, f"{name} {values[-1]:,.2f}"))
    return _picture(title, height, parts)


def _colour(name: str) -> str:
    return _COLOURS.get(name, _OTHER)


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(title: str, height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="13" fill="#222">'
    )
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join([head, ground, _text(16, 26, title), *parts, "</svg>", ""])
