"""Faces: a small picture beside each name, drawn by the stylesheet; no request to anybody, nothing to recognise.

A face is one of 12 colours and 6 patterns, chosen by a keyed hash of the e-mail address, and the first letter of the
name. Its 72 kinds say that two comments may be by the same person; they are far too few to find out an address by.
"""

import hashlib
import hmac
import unicodedata
from functools import lru_cache

COLOURS, PATTERNS = 12, 6


@lru_cache(maxsize=4096)
def of(name: str | None, email: str | None, key: str) -> tuple[str, str]:
    """(the classes of the colour and the pattern, the letter) of whoever writes under these on the site with *key*."""
    who = (email or name or "").casefold()
    digest = hmac.digest(key.encode(), b"face:" + who.encode("utf-8", "replace"), hashlib.sha256)
    return f"h{digest[0] % COLOURS} s{digest[1] % PATTERNS}", _letter(name or "")


def _letter(name: str) -> str:
    """The first letter or digit of *name*, in capitals where there are any."""
    first = next((each for each in name if unicodedata.category(each)[0] in "LN"), "")
    return first.upper() if len(first.upper()) == 1 else first
