"""Figures: a picture of the library in a text, in every size, with its caption.

Which pictures there are is known to a later slice: it leaves a function under LIBRARY among the application's
extensions, which is asked when a text is written, once.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask import current_app, has_app_context
from markupsafe import escape

LIBRARY = "library_of_pictures"
ADDRESS = re.compile(r"/media/[1-9][0-9]{0,17}-[^/?#\s]+")
# A picture in one of its sizes: all but the last part is its file's.
FILE = re.compile(r"^(/media/[1-9][0-9]{0,17})/[^/]*$")
# The column of a text, or the whole width of a phone without its margins.
SIZES = "(min-width: 40rem) 37rem, calc(100vw - 2rem)"
# The role of a picture that says nothing, and is meant to.
DECORATION = "presentation"
CANDIDATES = re.compile(r"/(?![/\\])[^\s,]+ [1-9][0-9]{0,4}w(?:, /(?![/\\])[^\s,]+ [1-9][0-9]{0,4}w)*")


@dataclass(frozen=True)
class Source:
    """A picture in one format: its type and where it is found in which width, as `srcset` has it."""

    type: str
    candidates: str


@dataclass(frozen=True)
class Shown:
    """A picture as the library knows it. *still* is what is shown to those who do not want to see things move."""

    address: str
    width: int
    height: int
    source: str = ""
    candidates: str = ""
    sources: tuple[Source, ...] = ()
    still: Source | None = None
    alt: str = ""
    is_decorative: bool = False
    caption: str = ""
    credit: str = ""


Library = Callable[[Iterable[str]], Mapping[str, Shown]]


def known(addresses: Iterable[str]) -> Mapping[str, Shown]:
    """Those of *addresses* at which the library has a picture."""
    asked = {address for address in addresses if ADDRESS.fullmatch(address)}
    if not asked or not has_app_context():
        return {}
    library: Library | None = current_app.extensions.get(LIBRARY)
    return library(asked) if library else {}


def picture(shown: Shown, alt: str, *, is_first: bool) -> str:
    """The element of a picture; the *first* of a text is not waited with until somebody scrolls to it."""
    sources = "".join(
        f'<source type="{source.type}" srcset="{source.candidates}" sizes="{SIZES}">' for source in shown.sources
    )
    if shown.still:
        sources += (
            f'<source media="(prefers-reduced-motion: reduce)" type="{shown.still.type}" '
            f'srcset="{shown.still.candidates}">'
        )
    sizes = f' srcset="{shown.candidates}" sizes="{SIZES}"' if shown.candidates else ""
    words = alt or ("" if shown.is_decorative else shown.alt)
    said = f'alt="{escape(words)}"' if words or not shown.is_decorative else f'alt="" role="{DECORATION}"'
    patience = "" if is_first else ' loading="lazy"'
    return (
        f'<picture>{sources}<img src="{escape(shown.source or shown.address)}"{sizes} '
        f'width="{shown.width}" height="{shown.height}" {said}{patience} decoding="async"></picture>'
    )
