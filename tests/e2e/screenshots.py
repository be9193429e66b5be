"""`python -m tests.e2e.screenshots [name ...]`: takes the pictures of docs/images anew, from the example as it is."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.client_site import ARGUMENTS, CHROMIUM
from tests.e2e.pages_site import ADMIN, DESKTOP, MAYA, PHONE, ROOT, Site, log_in, serving

# Where no font has emoji or Arabic, the pictures show boxes in their place.
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 150_000
# As many as make flat colours look as they are.
COLOURS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One picture: which page, as whom, and how it is looked at."""

    name: str
    page: str
    phone: bool = False
    scheme: Any = "light"
    language: str = "en"


SHOTS = (
    Shot(name="inbox-phone", page="inbox", phone=True),
    Shot(name="conversation", page="conversation"),
    Shot(name="conversation-dark", page="conversation", scheme="dark"),
    Shot(name="conversation-phone-dark", page="conversation", phone=True, scheme="dark"),
    Shot(name="conversation-arabic", page="conversation", language="ar"),
    Shot(name="beside-a-booking", page="booking"),
    Shot(name="new-phone", page="new", phone=True),
    Shot(name="search", page="search"),
    Shot(name="settings-dark", page="settings", scheme="dark"),
    Shot(name="reports", page="/chat/reports/"),
    Shot(name="sanctions", page="sanctions"),
)


# Each page in four ways, side by side in one picture.
SHEETS = ("inbox", "conversation", "new", "members", "settings", "search", "/chat/reports/", "booking", "home")
WAYS: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light", **DESKTOP},
    {"color_scheme": "dark", **DESKTOP},
    {"locale": "ar", **DESKTOP},
    {"color_scheme": "light", **PHONE},
)
HEIGHT, GAP = 400, 8


def sheet(contents: Sequence[bytes]) -> bytes:
    """Return pictures in one row, all of them as high."""
    images = [Image.open(BytesIO(content)).convert("RGB") for content in contents]
    images = [image.resize((image.width * HEIGHT // image.height, HEIGHT)) for image in images]
    row = Image.new("RGB", (sum(image.width + GAP for image in images) - GAP, HEIGHT), "#888")
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + GAP
    kept = BytesIO()
    row.save(kept, "PNG")
    return kept.getvalue()


def small(content: bytes) -> bytes:
    """Return a picture with few colours."""
    image = Image.open(BytesIO(content)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    kept = BytesIO()
    image.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def main(names: Sequence[str]) -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for shot in (shot for shot in SHOTS if not names or shot.name in names):
            options = {**(PHONE if shot.phone else DESKTOP), "color_scheme": shot.scheme, "locale": shot.language}
            content = small(photograph(browser, site, shot.page, options))
            assert len(content) < MOST_BYTES, shot.name
            (IMAGES / f"{shot.name}.png").write_bytes(content)
        for page_name in SHEETS:
            name = f"all-{page_name.strip('/').rpartition('/')[2]}"
            if names and name not in names:
                continue
            content = small(sheet([photograph(browser, site, page_name, way) for way in WAYS]))
            assert len(content) < MOST_BYTES, name
            (IMAGES / f"{name}.png").write_bytes(content)
        browser.close()


def photograph(browser: Browser, site: Site, page_name: str, options: dict[str, Any]) -> bytes:
    """Return what a page looks like to whoever it is for."""
    email = ADMIN if page_name.startswith("/chat/reports") else MAYA
    context, page, _ = log_in(browser, site, email, **options)
    page.goto(site.address + site.pages().get(page_name, page_name))
    page.wait_for_timeout(1500)
    content = page.screenshot()
    context.close()
    return content


if __name__ == "__main__":
    main(sys.argv[1:])
