"""Pictures of the places: drawn from their numbers, since nobody has been there with a camera."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from stays.models import Listing

WIDTH: Final = 480
HEIGHT: Final = 280


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """The colours of an hour: sky from top to horizon, hills from far to near, walls, roof and light."""

    sky: tuple[str, str, str]
    hills: tuple[str, str, str]
    wall: str
    roof: str
    light: str


PALETTES: Final = (
    Palette(
        sky=("#24315e", "#5b5a8f", "#f0a98b"),
        hills=("#4a4f82", "#343b69", "#222a50"),
        wall="#f3e4cf",
        roof="#8c3b2e",
        light="#ffd166",
    ),
    Palette(
        sky=("#9fd3e6", "#cfe9ee", "#fdf3d8"),
        hills=("#9dc7a7", "#6fa483", "#3f7a5c"),
        wall="#fffaf0",
        roof="#c2603a",
        light="#ffe08a",
    ),
    Palette(
        sky=("#0f1c3f", "#1f3a63", "#3d6b8a"),
        hills=("#2a4a68", "#1c3552", "#11233b"),
        wall="#c94f3d",
        roof="#5e1f1a",
        light="#ffcf5c",
    ),
    Palette(
        sky=("#f6b27a", "#f9cf9c", "#fbe8c8"),
        hills=("#d98c5f", "#b3623f", "#7d3f2b"),
        wall="#fff1dc",
        roof="#3c5a52",
        light="#ffe9a8",
    ),
    Palette(
        sky=("#7aa7c7", "#b9cfdc", "#f2e3d5"),
        hills=("#8b9fae", "#667f8d", "#45606b"),
        wall="#e9e2d4",
        roof="#54443b",
        light="#ffd98a",
    ),
    Palette(
        sky=("#39204f", "#7a3b69", "#e8846b"),
        hills=("#6d3763", "#4b2650", "#2f1a3a"),
        wall="#f7d9c4",
        roof="#33203d",
        light="#ffdf7e",
    ),
)


def draw(listing: Listing) -> SafeString:
    """Return a picture of a place as SVG: hills, perhaps water, a house, and a light that is on."""
    chance = random.Random(listing.pk * 7919)
    palette = PALETTES[listing.pk % len(PALETTES)]
    parts = [_sky(palette, listing.pk), _moon(chance, palette), *_hills(chance, palette)]
    if chance.random() < 0.45:
        parts.append(_water(palette))
    parts += [_trees(chance, palette), _house(chance, palette)]
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        f"Drawing of {listing.title}",
        mark_safe("".join(parts)),  # noqa: S308 - numbers and colours of ours
    )


def _sky(palette: Palette, number: int) -> str:
    top, middle, low = palette.sky
    return (
        f'<linearGradient id="sky-{number}" x2="0" y2="1"><stop stop-color="{top}"/>'
        f'<stop offset=".5" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#sky-{number})"/>'
    )


def _moon(chance: random.Random, palette: Palette) -> str:
    x, y, radius = chance.randint(60, 420), chance.randint(40, 85), chance.randint(16, 26)
    glow = f'<circle cx="{x}" cy="{y}" r="{radius * 2}" fill="{palette.light}" opacity=".18"/>'
    return f'{glow}<circle cx="{x}" cy="{y}" r="{radius}" fill="{palette.light}" opacity=".92"/>'


def _hills(chance: random.Random, palette: Palette) -> list[str]:
    drawn = []
    for number, colour in enumerate(palette.hills):
        base = 150 + number * 34
        points = [base + chance.randint(-26, 22) for _ in range(4)]
        drawn.append(
            f'<path fill="{colour}" d="M0 {points[0]} C120 {points[1] - 30} 180 {points[1] + 24} 250 {points[2]} '
            f'S400 {points[3] - 26} {WIDTH} {points[3]} V{HEIGHT} H0Z"/>'
        )
    return drawn


def _water(palette: Palette) -> str:
    waves = "".join(
        f'<path d="M{x} {y}h{length}" stroke="{palette.light}" stroke-width="2" opacity=".5"/>'
        for x, y, length in ((40, 256, 60), (150, 266, 40), (330, 258, 80), (260, 270, 30))
    )
    return f'<rect y="246" width="{WIDTH}" height="34" fill="{palette.sky[1]}" opacity=".75"/>{waves}'


def _trees(chance: random.Random, palette: Palette) -> str:
    drawn = []
    for _ in range(chance.randint(3, 6)):
        x, y, size = chance.randint(10, 460), chance.randint(214, 240), chance.randint(14, 30)
        if chance.random() < 0.5:
            shape = f'<path d="M{x} {y - size * 2}l{size // 2} {size * 2}h-{size}z"'
        else:
            shape = f'<ellipse cx="{x}" cy="{y - size}" rx="{size // 2 + 3}" ry="{size}"'
        drawn.append(f'{shape} fill="{palette.hills[2]}"/>')
    return "".join(drawn)


def _house(chance: random.Random, palette: Palette) -> str:
    width, height = chance.randint(84, 150), chance.randint(46, 74)
    x, ground = chance.randint(110, 370 - width // 2), 244
    top, peak = ground - height, ground - height - chance.randint(26, 48)
    roof = f"M{x - 10} {top} L{x + width // 2} {peak} L{x + width + 10} {top}Z"
    if chance.random() < 0.3:
        roof = f"M{x - 8} {top} Q{x + width // 2} {peak - 16} {x + width + 8} {top}Z"
    windows = "".join(
        f'<rect x="{x + step}" y="{top + 14}" width="15" height="18" rx="2" fill="{palette.light}"/>'
        for step in range(14, width - 24, 32)
    )
    door = f'<path d="M{x + width // 2 - 7} {ground}v-24a7 7 0 0 1 14 0v24z" fill="{palette.roof}"/>'
    lantern = f'<circle cx="{x + width // 2 + 15}" cy="{ground - 24}" r="{{}}" fill="{palette.light}" opacity="{{}}"/>'
    return (
        f'<rect x="{x}" y="{top}" width="{width}" height="{height}" fill="{palette.wall}"/>'
        f'<path d="{roof}" fill="{palette.roof}"/>{windows}{door}'
        f"{lantern.format(12, '.3')}{lantern.format(4, '1')}"
    )
