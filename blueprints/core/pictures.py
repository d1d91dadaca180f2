"""Pictures that people upload: decoded, turned upright, scaled and encoded anew; nothing of the file is kept."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

PORTRAIT_SIDE = 288
MOST_PIXELS = 50_000_000
# A picture that moves is held in memory frame by frame.
MOST_FRAMES, MOST_MOVING_PIXELS = 300, 40_000_000
# The longer side of what is kept; what was larger is made smaller.
LONGEST_SIDE = 4096
LONGEST_MOVING_SIDE = 960
# What a page chooses from, in pixels of width.
WIDTHS = (480, 960, 1600)
_PORTRAIT_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_FORMATS = (*_PORTRAIT_FORMATS, "AVIF")
_MOVING = {"GIF", "PNG", "WEBP", "AVIF"}
# What a picture is kept as: all that lose nothing as PNG, AVIF (slow to write) as WebP.
_KEPT_AS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP", "AVIF": "WEBP"}
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# Fewer colours than this, and it was drawn: lines and letters, which lossy formats blur.
_COLOURS_OF_A_DRAWING = 4096
# A picture in memory is a hundred times its file: one at a time.
_turn = threading.Lock()


class PictureError(Exception):
    """A file that is no picture we can show; the message is for whoever sent it."""


@dataclass(frozen=True)
class Encoded:
    """A picture as bytes, in one size and format."""

    content: bytes
    type: str
    width: int
    height: int


@dataclass(frozen=True)
class Renditions:
    """A picture in all sizes in which it is shown: the largest, smaller ones, and if it moves one that does not."""

    original: Encoded
    variants: list[Encoded]
    still: Encoded | None = None


def portrait(file: bytes) -> bytes:
    """A square WebP of 288 pixels from the middle of a JPEG, PNG, WebP or GIF; PictureError for all else."""
    from PIL import ImageOps  # only here: every worker would keep it in memory

    with _decoding(file, _PORTRAIT_FORMATS) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    return _encode(ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE)), "WEBP", quality=82, method=6).content


def renditions(file: bytes) -> Renditions:
    """A JPEG, PNG, GIF, WebP or AVIF in the sizes that a page needs, in its own format and as WebP.

    Upright, in the colours of sRGB, without anything that the camera or program wrote beside them.
    PictureError for all else, and for what is too large.
    """
    with _turn:
        with _decoding(file, _FORMATS) as picture:
            kind = str(picture.format)
            moves = kind in _MOVING and bool(getattr(picture, "is_animated", False))
            found = _frames(picture) if moves else _upright(picture)
        return _moving(*found) if isinstance(found, tuple) else _still(found, _KEPT_AS[kind])


@contextmanager
def _decoding(file: bytes, formats: tuple[str, ...]) -> Iterator["Image"]:
    """The picture in *file*; whatever goes wrong inside the block is the file's fault."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a bomb that is not quite large enough
            with Image.open(io.BytesIO(file), formats=formats) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Image.DecompressionBombError
                yield picture
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("The picture has more than 50 million pixels. Make it smaller first.") from error
    except Exception as error:  # each decoder has its own word for damage
        names = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF", "AVIF": "AVIF"}
        *others, last = (names[name] for name in formats)
        raise PictureError(f"This file cannot be read as a {', '.join(others)} or {last} picture.") from error


def _upright(picture: "Image") -> "Image":
    """The pixels alone: turned as the camera was held, in sRGB, eight bits a colour, not larger than we keep."""
    from PIL import Image, ImageOps

    picture.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is not even unpacked whole
    profile = picture.info.get("icc_profile")
    found = ImageOps.exif_transpose(picture)
    if found.mode.startswith(("I", "F")):  # 16 bits and more
        _low, high = found.getextrema()
        scale = 255 / max(float(high), 65_535.0)  # type: ignore[arg-type] # one channel
        found = found.point(lambda value: value * scale + 0).convert("L")
    if found.mode == "P" or "transparency" in found.info:
        found = found.convert("RGBA" if found.has_transparency_data else "RGB")
    if profile and found.mode in ("RGB", "RGBA", "CMYK"):
        found = _in_srgb(found, profile)
    if found.mode not in ("L", "RGB", "RGBA"):
        found = found.convert("RGBA" if found.has_transparency_data else "L" if found.mode == "1" else "RGB")
    if found.mode == "RGBA" and found.getchannel("A").getextrema() == (255, 255):
        found = found.convert("RGB")
    found.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    found.info = {}  # what lies there would be written again: profile, comment, dots per inch
    return found


def _in_srgb(picture: "Image", profile: bytes) -> "Image":
    """*picture* with its colours as screens without a profile show them; as it is where the profile is no use."""
    from PIL import ImageCms

    colours = picture.convert("RGB") if picture.mode == "RGBA" else picture
    try:
        shown = ImageCms.profileToProfile(
            colours, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):  # damaged, or of another kind of colours
        return picture
    if shown is None:
        return picture
    if picture.mode == "RGBA":
        shown.putalpha(picture.getchannel("A"))
    return shown


def _still(picture: "Image", kind: str) -> Renditions:
    is_drawn = kind == "PNG" and picture.getcolors(_COLOURS_OF_A_DRAWING) is not None
    as_webp = {"lossless": True, "quality": 60, "method": 3} if is_drawn else {"quality": 80, "method": 4}
    in_own_format: dict[str, Any] = {
        "JPEG": {"quality": 82, "progressive": True, "optimize": True},
        "PNG": {},
        "WEBP": {"quality": 86, "method": 4},
    }[kind]
    original = _encode(picture, kind, **in_own_format)
    variants = []
    for width in [width for width in WIDTHS if width < picture.width]:
        smaller = _scaled(picture, width)
        variants.append(_encode(smaller, "WEBP", **as_webp))
        if kind != "WEBP":
            variants.append(_encode(smaller, kind, **in_own_format))
    if kind != "WEBP" and picture.width <= WIDTHS[-1]:
        variants.append(_encode(picture, "WEBP", **as_webp))
    return Renditions(original, variants)


def _scaled(picture: "Image", width: int) -> "Image":
    from PIL import Image

    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _frames(picture: "Image") -> tuple[list["Image"], list[int], int]:
    """Every frame, for how many milliseconds it stands, and how often all of them are shown (0: for ever)."""
    from PIL import Image

    frames: list[Image.Image] = []
    times: list[int] = []
    most = min(MOST_FRAMES, MOST_MOVING_PIXELS // (picture.width * picture.height))
    loops = int(picture.info.get("loop", 1 if picture.format == "GIF" else 0) or 0)
    while True:
        try:
            picture.seek(len(frames))
        except EOFError:
            return frames, times, loops
        if len(frames) >= most:
            raise PictureError(
                f"A picture that moves may have {MOST_FRAMES} frames and, in all of them together, "
                f"{MOST_MOVING_PIXELS // 1_000_000} million pixels; this one has more."
            )
        frame = picture.convert("RGBA")
        frame.thumbnail((LONGEST_MOVING_SIDE, LONGEST_MOVING_SIDE), Image.Resampling.LANCZOS)
        frame.info = {}
        if frames and frame.size != frames[0].size:  # a damaged file may say another size half-way
            frame = frame.resize(frames[0].size)
        frames.append(frame)
        times.append(max(20, int(picture.info.get("duration", 100) or 100)))


def _moving(frames: list["Image"], times: list[int], loops: int) -> Renditions:
    """A moving WebP, and its first frame for those who do not want to see things move."""
    first, *others = frames
    moving = _encode(
        first, "WEBP", save_all=True, append_images=others, duration=times, loop=loops, quality=75, method=2
    )
    return Renditions(moving, [], still=_encode(first, "WEBP", quality=80, method=4))


def _encode(picture: "Image", kind: str, **options: Any) -> Encoded:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return Encoded(out.getvalue(), _TYPES[kind], picture.width, picture.height)
