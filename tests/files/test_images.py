"""Images are made anew: what they tell of where and by whom is gone, what they show is there."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from PIL import Image

from django_convo.exceptions import Invalid
from django_convo.files.images import FORMATS, read_image
from tests import pictures

TYPES = {name: content_type for content_type, name in FORMATS.items()}


def read(raw: bytes, name: str = "JPEG") -> Any:
    return read_image(raw, TYPES[name])


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_metadata_does_not_survive(name: str) -> None:
    raw = pictures.picture(name)
    assert pictures.SECRET in raw

    image = read(raw, name)

    for kept in (image.content, image.thumbnail):
        shown = pictures.opened(kept)
        assert pictures.SECRET not in kept
        assert b"Exif" not in kept
        assert dict(shown.getexif()) == {}
        assert {"exif", "xmp", "comment", "icc_profile", "XML:com.adobe.xmp", "Comment"} & shown.info.keys() <= {
            # Pillow's own name for "there is none".
            name
            for name in shown.info
            if not shown.info[name]
        }
    assert pictures.opened(image.content).format == name
    assert (image.width, image.height) == pictures.opened(image.content).size == (40, 20)


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG"])
def test_metadata_of_an_animation_does_not_survive_and_its_frames_do(name: str) -> None:
    image = read(pictures.animation(name, frames=3), name)

    kept: Any = pictures.opened(image.content)
    assert (kept.n_frames, kept.info["duration"], kept.info["loop"]) == (3, 100, 0)
    assert pictures.SECRET not in image.content
    assert dict(kept.getexif()) == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_image_is_upright_as_it_was_held(orientation: int) -> None:
    raw = pictures.picture(orientation=orientation, size=(400, 200))
    is_on_its_side = orientation >= 5

    image = read(raw)

    shown = pictures.opened(image.content)
    assert shown.size == (image.width, image.height) == ((200, 400) if is_on_its_side else (400, 200))
    # Where Exif says red is, once the image is seen as it was meant.
    first, last = shown.getpixel((10, 10)), shown.getpixel((image.width - 10, image.height - 10))
    is_red_first = orientation in (1, 4, 5, 6)
    assert is_red(first) is is_red_first
    assert is_red(last) is not is_red_first
    small = pictures.opened(image.thumbnail)
    assert max(small.size) == 320
    assert (small.width > small.height) is not is_on_its_side


def is_red(pixel: Any) -> bool:
    return pixel[0] > pixel[2]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_pixels_is_taken(mode: str) -> None:
    name = "JPEG" if mode == "CMYK" else "PNG"

    image = read(pictures.saved(Image.new(mode, (5, 4)), name), name)

    assert (image.width, image.height) == pictures.opened(image.thumbnail).size == (5, 4)


@pytest.mark.parametrize("name", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_stays_so(name: str) -> None:
    raw = pictures.saved(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), name)

    image = read(raw, name)

    for kept in (image.content, image.thumbnail):
        assert pictures.opened(kept).convert("RGBA").getpixel((0, 0))[3] == 0


def test_thumbnail_is_as_large_as_the_settings_say(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_THUMBNAIL_PIXELS = 16

    assert pictures.opened(read(pictures.picture()).thumbnail).size == (16, 8)


BOMBS = {
    "png": ("PNG", pictures.png_bomb(100_000, 100_000)),
    "png_within_pillows_own_limit": ("PNG", pictures.png_bomb(8_000, 8_000)),
    "webp": ("WEBP", pictures.webp_bomb(16_000, 16_000)),
    "webp_beyond_all": ("WEBP", pictures.webp_bomb(2**24, 2**24)),
    "gif_frames": ("GIF", pictures.gif_bomb(100_000)),
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_bomb_is_refused_before_it_is_decoded(bomb: str) -> None:
    name, raw = BOMBS[bomb]

    with pytest.raises(Invalid, match="too_many_pixels"):
        read(raw, name)


def test_pixels_count_to_the_last_one(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_PIXELS = 800
    assert read(pictures.picture(size=(40, 20))).width == 40

    with pytest.raises(Invalid, match="too_many_pixels"):
        read(pictures.picture(size=(40, 21)))


def test_pixels_of_all_frames_count_together(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_MAX_PIXELS = 3 * 256 * 256
    assert read(pictures.animation(frames=3), "GIF").width == 8

    with pytest.raises(Invalid, match="too_many_pixels"):
        read(pictures.animation(frames=4), "GIF")


def test_scan_upon_scan_is_refused() -> None:
    assert read(pictures.scan_bomb(1)).width == 64

    with pytest.raises(Invalid, match="invalid_image"):
        read(pictures.scan_bomb(1000))


DAMAGED = {
    "nothing": b"",
    "truncated_jpeg": pictures.picture()[:-200],
    "truncated_png": pictures.picture("PNG", size=(400, 200))[:-60],
    "truncated_gif": pictures.picture("GIF")[:-30],
    "truncated_webp": pictures.picture("WEBP")[:-60],
    "only_the_beginning": b"\xff\xd8\xff\xe0",
    "another_format": pictures.picture("GIF"),
    "zeros": b"\0" * 1000,
    "empty_png": pictures.png_bomb(0, 0),
    "short_png": pictures.png_bomb(1000, 1000),
    "webp_header": pictures.webp_bomb(10, 10),
    "riff": b"RIFF" + struct.pack("<I", 4) + b"WEBP",
}


@pytest.mark.parametrize("damage", sorted(DAMAGED))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damaged_image_is_refused(damage: str, name: str) -> None:
    raw = DAMAGED[damage]
    if (damage, name) == ("another_format", "GIF"):
        raw = pictures.picture("PNG")

    with pytest.raises(Invalid, match="invalid_image"):
        read(raw, name)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP"])
def test_image_with_any_byte_changed_is_taken_or_refused(name: str) -> None:
    raw = pictures.picture(name, size=(12, 10))
    outcomes = set()
    for place in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 0xFF
        try:
            kept = read(bytes(changed), name)
        except Invalid as error:
            outcomes.add(error.code)
        else:
            outcomes.add("taken")
            assert pictures.SECRET not in kept.content

    assert outcomes <= {"taken", "invalid_image", "too_many_pixels"}
    assert "invalid_image" in outcomes
