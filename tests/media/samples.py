"""Files as people and attackers send them, made here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

from PIL import Image, ImageCms

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 400), mode: str = "RGB", **options: object) -> bytes:
    """A picture of one colour that gets darker downwards."""
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert("RGB").convert(mode)
    image.save(out, kind, **options)
    return out.getvalue()


def from_camera() -> bytes:
    """A JPEG held upright, with a place, a comment, text of a program and wide colours in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>taken at home</x:xmpmeta>"
    return picture(exif=exif, icc_profile=profile, comment=b"taken at home", xmp=xmp)


def moving(frames: int = 3, kind: str = "GIF", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture in which something moves."""
    images = [Image.new("RGB", size, (40 * number % 256, 90, 120)) for number in range(frames)]
    out = io.BytesIO()
    images[0].save(out, kind, save_all=True, append_images=images[1:], duration=80, loop=0)
    return out.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def bomb() -> bytes:
    """A PNG of 60 million pixels in 60 KB."""
    head = struct.pack(">IIBBBBB", 10_000, 6_000, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(10_001) * 6_000, 9)
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def archive(*names: str, first: tuple[str, str] | None = None) -> bytes:
    """A ZIP archive with these members."""
    out = io.BytesIO()
    members: Iterable[tuple[str, str]] = [*([first] if first else []), *((name, "x") for name in names)]
    with zipfile.ZipFile(out, "w") as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
