"""Pages as tests read them: elements with their attributes and their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "img", "br", "hr", "path", "use"}


@dataclass(kw_only=True)
class Element:
    """An element; `text` is all that stands within it, without what stands in templates."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return "" if self.tag == "template" else "".join(parts)

    def walk(self, *, with_templates: bool = False) -> Iterator[Element]:
        """Yield each element within."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                if with_templates or child.tag != "template":
                    yield from child.walk(with_templates=with_templates)

    def all(self, tag: str = "", *, with_templates: bool = False, **attributes: str | None) -> list[Element]:
        """Return the elements within that have these attributes; underscores are dashes, None means any value."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk(with_templates=with_templates)
            if tag in ("", element.tag)
            and all(
                name in element.attributes and value in (None, element.attributes[name])
                for name, value in wanted.items()
            )
        ]

    def one(self, tag: str = "", **attributes: str | None) -> Element:
        """Return the only such element."""
        (element,) = self.all(tag, **attributes)
        return element

    def by_class(self, name: str) -> list[Element]:
        """Return the elements within that have a class."""
        return [element for element in self.walk() if name in element.attributes.get("class", "").split()]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element(tag="", attributes={})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag=tag, attributes={name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag=tag, attributes={name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(content: bytes | str) -> Element:
    """Return the page; an element that is not closed where it should be fails the test."""
    builder = _Builder()
    builder.feed(content.decode() if isinstance(content, bytes) else content)
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is not closed"
    return builder.root
