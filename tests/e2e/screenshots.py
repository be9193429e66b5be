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
from playwright.sync_api import sync_playwright

from tests.e2e.client_site import ARGUMENTS, CHROMIUM
from tests.e2e.pages_site import ADMIN, DESKTOP, MAYA, PHONE, ROOT, log_in, serving

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
    email: str = MAYA


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
    Shot(name="reports", page="/chat/reports/", email=ADMIN),
    Shot(name="sanctions", page="sanctions"),
)


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
            context, page, _ = log_in(browser, site, shot.email, **options)
            page.goto(site.address + site.pages().get(shot.page, shot.page))
            page.wait_for_timeout(1500)
            content = small(page.screenshot())
            assert len(content) < MOST_BYTES, shot.name
            (IMAGES / f"{shot.name}.png").write_bytes(content)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
