"""Names: how one is written where names are sorted and cited, family name first.

A name in a script without capitals (Chinese, Korean, Arabic …) is left as it is: there it is in its order already, or
has no family name to be put first. What is suggested here is not everybody's custom, so it can be changed.
"""

import re
import unicodedata
from typing import NamedTuple

_TITLES = {"dr", "prof", "professor", "mr", "mrs", "ms", "sir", "dame"}
_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}
# With a capital they belong to the family name (Anthony Van Dyck, Jean de La Fontaine).
_PREFIXES = {"van", "von", "vander", "de", "del", "della", "di", "da", "du", "des", "la", "le", "los", "el", "al"}
_PREFIXES |= {"st", "saint", "bin", "ibn", "abu", "ben", "mac", "mc", "ter", "ten", "te", "der", "den", "af", "av"}
# Letters that no decomposition takes an accent off.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
# Scripts whose characters are too many for a heading each.
_AS_ONE = (("가-힣", "한글"), ("ぁ-ヿ", "かな"), ("㐀-鿿豈-﫿\U00020000-\U0003ffff", "汉字"))


class Parts(NamedTuple):
    """What a citation asks of a name; a name that is one piece is all *family*."""

    family: str
    given: str = ""
    suffix: str = ""


def sort_name_of(name: str) -> str:
    """The sort name that *name* suggests: "Beethoven, Ludwig van", "Plato", "王若水"."""
    words = name.split()
    if "," in name or len(words) < 2 or words[0] == "The" or not _has_case(words[-1]):
        return name
    while len(words) > 2 and _bare(words[0]) in _TITLES:
        del words[0]
    suffix = words.pop() if len(words) > 2 and _bare(words[-1]) in _SUFFIXES else ""
    start = len(words) - 1
    while start > 1 and (words[start - 1][0].isupper() and _bare(words[start - 1]) in _PREFIXES):
        start -= 1
    if start > 2 and words[start - 1] == "y":  # José Ortega y Gasset
        start -= 2
    return ", ".join(part for part in (" ".join(words[start:]), " ".join(words[:start]), suffix) if part)


def sort_key(sort_name: str) -> str:
    """What *sort_name* is sorted by: without capitals, accents and signs."""
    folded = unicodedata.normalize("NFKD", sort_name.casefold().translate(_PLAIN))
    plain = "".join(each for each in folded if not "\u0300" <= each <= "\u036f")
    kept = "".join(each if each.isalnum() or unicodedata.combining(each) else " " for each in plain)
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:200]


def letter(key: str) -> str:
    """The heading under which a sort key stands in an index: "B", "汉字"; "#" for what begins with no letter."""
    first = key[:1]
    if not first.isalpha():
        return "#"
    return next((heading for among, heading in _AS_ONE if re.match(f"[{among}]", first)), first.upper())


def parts_of(sort_name: str) -> Parts:
    """The parts of "King, Martin Luther, Jr."; a name without a comma is one piece."""
    family, _, rest = sort_name.partition(",")
    given, _, suffix = rest.partition(",")
    return Parts(family.strip(), given.strip(), suffix.strip())


def _bare(word: str) -> str:
    return word.casefold().strip(".")


def _has_case(word: str) -> bool:
    return word.upper() != word.lower()
