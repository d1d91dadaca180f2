"""Slugs: the readable last part of an address, in the script of the title."""

import re
import unicodedata

MAX_SLUG = 100


def slugify(text: str) -> str:
    """*text* in lower case, letters and digits of every script kept, all else a hyphen; "" if nothing is left."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "").replace("'", "")
    plain = "".join(character for character in unicodedata.normalize("NFD", folded) if not _is_latin_accent(character))
    words = re.findall(r"[^\W_]+(?:[\u0300-\u0fff][^\W_]*)*", unicodedata.normalize("NFC", plain))
    slug = ""
    for word in words:
        if slug and len(slug) + 1 + len(word) > MAX_SLUG:
            break
        slug = f"{slug}-{word}" if slug else word[:MAX_SLUG]
    return slug


def _is_latin_accent(character: str) -> bool:
    """The combining marks that Latin letters carry (é, ö); other scripts cannot be read without theirs."""
    return "\u0300" <= character <= "\u036f"
