"""Files for tests. Pictures are made as they are needed: with what a camera writes into them, or as nobody should."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from django_convo import actions
from django_convo.models import Attachment

# Words that must not be found in what is kept.
SECRET = b"taken-at-home"
_GPS = 0x8825
_ORIENTATION = 0x0112
_DESCRIPTION = 0x010E


def exif_of(*, orientation: int = 1) -> Image.Exif:
    """Return what a camera says: where, how it was held, and some words."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif[_DESCRIPTION] = SECRET.decode()
    exif.get_ifd(_GPS).update({1: "N", 2: (48.0, 51.0, 29.5), 3: "E", 4: (2.0, 17.0, 40.2)})
    return exif


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (40, 20), orientation: int = 1, mode: str = "RGB") -> bytes:
    """Return a picture, red on the left and blue on the right, that tells everything its format lets it tell."""
    image = Image.new(mode, size, "red" if mode != "L" else 80)
    image.paste("blue" if mode != "L" else 200, (size[0] // 2, 0, *size))
    options: dict[str, Any] = {}
    if kind != "GIF":
        options |= {"exif": exif_of(orientation=orientation), "icc_profile": _profile()}
    if kind in ("JPEG", "GIF"):
        options["comment"] = SECRET
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Comment", SECRET.decode())
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", SECRET.decode())
    if kind in ("JPEG", "WEBP"):
        options["xmp"] = SECRET
    return saved(image, kind, **options)


def animation(kind: str = "GIF", *, frames: int = 3, size: tuple[int, int] = (8, 8)) -> bytes:
    """Return an animation whose frames differ."""
    images = [Image.new("RGB", size, (number * 37 % 256, 0, number % 256)) for number in range(frames)]
    options = {"comment": SECRET} if kind == "GIF" else {"exif": exif_of()}
    return saved(images[0], kind, save_all=True, append_images=images[1:], duration=100, loop=0, **options)


def png_bomb(width: int, height: int) -> bytes:
    """Return a PNG that says it is so large, with a few bytes of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def webp_bomb(width: int, height: int) -> bytes:
    """Return the beginning of a WebP that says it is so large."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_bomb(frames: int) -> bytes:
    """Return a GIF of one pixel in very many frames."""
    frame = b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


def scan_bomb(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated."""
    raw = saved(Image.new("RGB", (64, 64), "red"), "JPEG", progressive=True)
    last = raw.rindex(b"\xff\xda")
    return raw[:last] + raw[last:-2] * scans + raw[-2:]


def opened(raw: bytes) -> Image.Image:
    """Return the picture that these bytes are."""
    image = Image.open(BytesIO(raw))
    image.load()
    return image


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file of that kind."""
    output = BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def upload(actor: Any, raw: bytes = b"words", name: str = "notes.txt") -> Attachment:
    """Upload a file, as the action does."""
    return actions.create_attachment(actor=actor, file=ContentFile(raw, name))


def is_stored(attachment: Attachment) -> bool:
    """Say whether the files of the row are in the storage: all of them, or none."""
    found = {file.storage.exists(file.name) for file in (attachment.file, attachment.thumbnail) if file}
    assert len(found) == 1
    return found.pop()
