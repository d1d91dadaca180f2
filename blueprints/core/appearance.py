"""Appearance: what an editor makes the site look like, beside the house's own stylesheet: a colour and two pictures.

One colour is chosen; the tones of both themes are made of it, so that they can be read on every ground that they
stand on.
"""

import io
import warnings
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from markupsafe import Markup

from blueprints.core.pictures import PictureError
from blueprints.core.site import size_of

# The grounds that text in the accent colour stands on: --paper and --paper-raised of static/css/tokens.css.
LIGHT, DARK = ("#fdfcf9", "#f6f3ec"), ("#17161a", "#201f24")
_WHITE, _BLACK = "#ffffff", "#1c1210"
# WCAG 2.2, 1.4.3, for text of every size.
LEAST_CONTRAST = 4.5
# The largest width and height of each picture: twice what is shown of it.
LOGO, BANNER = (640, 128), (1920, 800)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MOST_PIXELS = 50_000_000


class Tones(NamedTuple):
    """The accent in the light theme and what is written on it; the same in the dark one."""

    light: str
    on_light: str
    dark: str
    on_dark: str


@lru_cache(maxsize=32)
def tones(accent: str) -> Tones:
    """The tones of *accent* (#rrggbb) that can be read: darker or lighter than it by no more than needed."""
    light = _nearest(accent, LIGHT, "#000000")
    dark = _nearest(accent, DARK, "#ffffff")
    return Tones(light, _more_readable(light), dark, _more_readable(dark))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def stylesheet(accent: str) -> str:
    """What makes *accent* the colour of links and buttons."""
    found = tones(accent)
    return (
        f"@layer tokens{{:root{{--accent:light-dark({found.light},{found.dark});"
        f"--accent-ink:light-dark({found.on_light},{found.on_dark})}}}}\n"
    )


def version(accent: str) -> str:
    """What the address of the stylesheet changes with."""
    return sha256(stylesheet(accent).encode()).hexdigest()[:12]


def address(accent: str) -> str:
    """Where the stylesheet of *accent* is."""
    return f"/appearance-{version(accent)}.css"


def picture(kind: str, version: str, alt: str) -> Markup:
    """The logo or banner as an element."""
    width, height = size_of(version)
    element = '<img class="{}__picture" src="/site/{}-{}.webp" alt="{}" width="{}" height="{}">'
    return Markup(element).format(kind, kind, version, alt, width, height)  # noqa: S704 - what is put in is escaped


def emblem(file: bytes, largest: tuple[int, int]) -> tuple[bytes, tuple[int, int]]:
    """A JPEG, PNG, WebP or GIF as a WebP no larger than *largest*, and its size; PictureError for all else.

    What is transparent stays so; nothing that the camera or program wrote beside the pixels is kept.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # only here: every worker would keep it in memory

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a bomb that is not quite large enough
            with Image.open(io.BytesIO(file), formats=_FORMATS) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise PictureError("The picture has more than 50 million pixels. Make it smaller first.")
                found = ImageOps.exif_transpose(opened)
                found = found.convert("RGBA" if found.has_transparency_data else "RGB")
        found.thumbnail(largest, Image.Resampling.LANCZOS)
        found.info = {}
        out = io.BytesIO()
        found.save(out, "WEBP", quality=86, method=6)
    except (UnidentifiedImageError, OSError, ValueError, Warning, Image.DecompressionBombError) as error:
        raise PictureError("This file cannot be read as a JPEG, PNG, WebP or GIF picture.") from error
    return out.getvalue(), found.size


def _nearest(accent: str, grounds: tuple[str, ...], end: str) -> str:
    """*accent*, mixed with *end* until it can be read on all *grounds*."""
    for step in range(101):
        found = _mix(accent, end, step / 100)
        if all(contrast(found, ground) >= LEAST_CONTRAST for ground in grounds):
            return found
    return end


def _more_readable(ground: str) -> str:
    return max((_WHITE, _BLACK), key=lambda ink: contrast(ink, ground))


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear: Callable[[float], float] = lambda c: c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731
    red, green, blue = (linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
