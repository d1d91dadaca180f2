"""What the letters of a text tell: which way it runs, and its language where its script has no other.

Arabic, Cyrillic, Devanagari and Latin letters are those of many languages and tell nothing; a guess would have a
screen reader speak with the wrong voice. Source: the blocks of Unicode 16.
"""

import re

# Hebrew to Arabic Extended-A, their presentation forms, and the scripts of the first supplementary plane that run so.
_TURNED = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_BEYOND_LATIN = re.compile("[\u0370-\U0001ffff]")
_ADDRESS = re.compile(r"\S*(?:://|@)\S*|www\.\S*")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OWN_SCRIPT = {
    "el": re.compile("[\u0370-\u03e1\u1f00-\u1fff]"),
    "hy": re.compile("[\u0531-\u058a]"),
    "he": re.compile("[\u05d0-\u05ea]"),
    "pa": re.compile("[\u0a01-\u0a76]"),
    "gu": re.compile("[\u0a81-\u0aff]"),
    "ta": re.compile("[\u0b82-\u0bfa]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "kn": re.compile("[\u0c80-\u0cf3]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "si": re.compile("[\u0d81-\u0df4]"),
    "th": re.compile("[\u0e01-\u0e5b]"),
    "lo": re.compile("[\u0e81-\u0edf]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "ko": re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"),
    "km": re.compile("[\u1780-\u17f9]"),
}
_LETTER = re.compile(r"[^\W\d_]")


def turns(text: str) -> bool:
    """Whether any of *text* is written from right to left."""
    return not text.isascii() and _TURNED.search(text) is not None


def direction(text: str) -> str:
    """The way in which most letters of *text* run, "ltr" or "rtl"; nothing where it has none."""
    words = _ADDRESS.sub(" ", text)
    letters = len(_LETTER.findall(words))
    return ("rtl" if len(_TURNED.findall(words)) * 2 > letters else "ltr") if letters else ""


def of(text: str) -> str | None:
    """The language of *text* as a tag, where two thirds of its letters are of a script that only it has.

    Chinese is Han without kana; with some kana it is Japanese.
    """
    if text.isascii() or not _BEYOND_LATIN.search(text):
        return None
    words = _ADDRESS.sub(" ", text)
    enough = len(_LETTER.findall(words)) * 2 / 3
    if not enough:
        return None
    han, kana = len(_HAN.findall(words)), len(_KANA.findall(words))
    if han + kana >= enough:
        return "ja" if kana * 10 >= han + kana else "zh" if not kana else None
    found = ((tag, len(letters.findall(words))) for tag, letters in _OWN_SCRIPT.items())
    return next((tag for tag, count in found if count >= enough), None)
