"""Images, made anew from their pixels: nothing of where, when and with what they were taken survives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import ConvoError, Invalid

try:
    from PIL import Image, ImageCms
except ImportError as error:
    raise ImportError("Attachments need Pillow: pip install 'django-convo[attachments]'") from error

# The formats that are read, and written again; no other image is taken, because what it tells could not be taken off.
FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
THUMBNAIL_TYPE: Final = "image/webp"
_SAVED_WITH: Final[dict[str, dict[str, Any]]] = {
    "PNG": {},
    "JPEG": {"quality": 90},
    "GIF": {},
    # The fast method: an animation is compressed while its sender waits.
    "WEBP": {"quality": 90, "method": 2},
}
# What a frame counts at least: a million frames of one pixel are as much work as one of a million.
_SMALLEST_FRAME: Final = 256 * 256
# An image is drawn once for each scan; a camera makes ten.
_MOST_SCANS: Final = 100
_START_OF_SCAN: Final = b"\xff\xda"
# Exif's orientation, from 2 on, as what has to be done to see the image upright.
_ORIENTATION: Final = 0x0112
_TURNS: Final = dict(
    enumerate(
        (
            Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.ROTATE_180,
            Image.Transpose.FLIP_TOP_BOTTOM,
            Image.Transpose.TRANSPOSE,
            Image.Transpose.ROTATE_270,
            Image.Transpose.TRANSVERSE,
            Image.Transpose.ROTATE_90,
        ),
        start=2,
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageContent:
    """An image without metadata, and a small one to show in its place."""

    content: bytes
    width: int
    height: int
    thumbnail: bytes


def read_image(raw: bytes, content_type: str) -> ImageContent:
    """Return the image made anew, upright, in the same format; an animation keeps its frames.

    Raises Invalid (`invalid_image`; `too_many_pixels`, of all frames together, before they are decoded).
    """
    name = FORMATS[content_type]
    try:
        return _read(raw, name)
    except ConvoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        # Pillow raises whatever its readers stumble over: OSError, SyntaxError, ValueError, struct.error, …
        raise Invalid("invalid_image", _("The image is damaged.")) from error


def _read(raw: bytes, name: str) -> ImageContent:
    _refuse_before_opening(raw, name)
    with Image.open(BytesIO(raw), formats=[name]) as image:
        if image.width * image.height > settings.ATTACHMENT_MAX_PIXELS:
            raise _too_many_pixels()
        options = dict(_SAVED_WITH[name])
        if name == "WEBP":
            options["lossless"] = b"VP8L" in raw
        # A JPEG with several images, as some cameras write, is its first one.
        if name != "JPEG" and getattr(image, "is_animated", False):
            return _animation(image, name, options)
        return _still(image, name, options)


def _refuse_before_opening(raw: bytes, name: str) -> None:
    """Refuse what costs too much as soon as it is opened: the canvas of a WebP (RFC 9649), or scan upon scan."""
    if name == "JPEG" and raw.count(_START_OF_SCAN) > _MOST_SCANS:
        raise Invalid("invalid_image", _("The image is damaged."))
    if name != "WEBP":
        return
    chunk = raw[12:16]
    if chunk == b"VP8X":
        width, height = _number(raw[24:27]) + 1, _number(raw[27:30]) + 1
    elif chunk == b"VP8L":
        width, height = (_number(raw[21:25]) & 0x3FFF) + 1, (_number(raw[21:25]) >> 14 & 0x3FFF) + 1
    else:
        width, height = _number(raw[26:28]) & 0x3FFF, _number(raw[28:30]) & 0x3FFF
    if width * height > settings.ATTACHMENT_MAX_PIXELS:
        raise _too_many_pixels()


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _still(image: Image.Image, name: str, options: dict[str, Any]) -> ImageContent:
    image.load()
    # Read before the colours are converted, which leaves nothing but pixels.
    turn = _turn(image)
    upright = _in_srgb(image)
    if turn is not None:
        upright = upright.transpose(turn)
    if name == "JPEG" and upright.mode not in ("RGB", "L"):
        upright = upright.convert("RGB")
    return ImageContent(
        content=_saved(_bare(upright), name, **options),
        width=upright.width,
        height=upright.height,
        thumbnail=_thumbnail(upright),
    )


def _animation(image: Image.Image, name: str, options: dict[str, Any]) -> ImageContent:
    frames, durations = [], []
    for frame, duration in _frames(image):
        frames.append(frame)
        durations.append(duration)
    if "loop" in image.info:
        options["loop"] = image.info["loop"]
    if name == "GIF":
        # Each frame is whole: the one before is cleared away, not drawn upon.
        options["disposal"] = 2
    first, *others = frames
    return ImageContent(
        content=_saved(first, name, save_all=True, append_images=others, duration=durations, **options),
        width=first.width,
        height=first.height,
        thumbnail=_thumbnail(first),
    )


def _frames(image: Any) -> Iterator[tuple[Image.Image, int]]:
    """Yield each frame as it is seen, and how long in milliseconds; the next is decoded only within the limit."""
    pixels = 0
    # The picture for those who know no animated PNG need not be a part of the animation.
    for number in count(1 if image.info.get("default_image") else 0):
        try:
            image.seek(number)
        except EOFError:
            return
        pixels += max(image.width * image.height, _SMALLEST_FRAME)
        if pixels > settings.ATTACHMENT_MAX_PIXELS:
            raise _too_many_pixels()
        yield _bare(image.convert("RGBA")), int(image.info.get("duration") or 0)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the image in the colours that are meant where no profile says otherwise; its profile goes, too."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ImportError):
        # A profile that is damaged, or no part of this Pillow: a little off in colour is still the image.
        return image
    return converted or image


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # What tells how it was held is damaged; the image need not be.
        return None


def _bare(image: Image.Image) -> Image.Image:
    """Return a copy with nothing but pixels, and which of its colours is none."""
    copy = image.copy()
    copy.info = {name: value for name, value in image.info.items() if name == "transparency"}
    return copy


def _thumbnail(image: Image.Image) -> bytes:
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((settings.ATTACHMENT_THUMBNAIL_PIXELS, settings.ATTACHMENT_THUMBNAIL_PIXELS))
    return _saved(_bare(small), "WEBP", quality=80)


def _saved(image: Image.Image, name: str, **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, name, **options)
    return output.getvalue()


def _too_many_pixels() -> Invalid:
    return Invalid("too_many_pixels", _("The image has too many pixels."))
