"""Words: what is looked for in a text, and what a reader's query asks for. The same on both databases.

A database is given words that are ready: small letters without accents, one blank between them. No tokeniser and no
stemmer of its own takes part, so both find the same, in every language, and after every upgrade.

Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese write words without blanks or glue them together. There every
character begins a word of two (the last one of a row stands alone), and all characters stand once more by themselves at
the end: a query of any length, one character included, is found by a phrase.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

LONGEST_QUERY = 200
MOST_WORDS = 10  # phrases of one query
MOST_TOKENS = 40  # words in all of them
# What follows is not looked at: as much as a short novel, and what a tsvector of PostgreSQL holds.
LONGEST_TEXT = 200_000
_LONGEST_WORD = 64
_SHORTEST_BEGINNING = 3
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = f"[^\\s{_DENSE}]"
_HAS_DENSE = re.compile(f"[{_DENSE}]")
_PARTS = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
# Marks above and below letters that readers leave out: general ones, Hebrew points, Arabic vowels.
_LEFT_OUT = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
_SPELLED = {
    **dict.fromkeys("øØ", "o"),
    **dict.fromkeys("łŁ", "l"),
    **dict.fromkeys("đĐðÐ", "d"),
    **dict.fromkeys("æÆ", "ae"),
    **dict.fromkeys("œŒ", "oe"),
    **dict.fromkeys("þÞ", "th"),
    "ı": "i",
    "ة": "ه",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
}
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″「」『』", '"'))
_ASKED = re.compile(r'(?P<minus>(?<!\S)[-\u2212])?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


class _Folding(dict[int, str]):
    """What becomes of each character; made when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if len(self) < 20_000:  # who sends every character there is fills no memory
            self[code] = folded
        return folded


def _folded(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cf" or _LEFT_OUT.match(char):
        return ""
    if char in _SPELLED:
        return _SPELLED[char]
    if kind[0] == "M":
        return char  # the vowels of India and Thailand
    if kind[0] not in "LN":
        return " "
    if _HAS_DENSE.match(char):
        return unicodedata.normalize("NFKC", char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    plain = unicodedata.normalize("NFKD", char.casefold()).casefold()
    return "".join(
        _SPELLED.get(one, one) if unicodedata.category(one)[0] in "LNM" else " " for one in _LEFT_OUT.sub("", plain)
    )


_FOLDING = _Folding()
# What most texts of Europe are made of, a byte a character: what becomes of each, and which are not that simple.
_EVEN, _UNEVEN = bytearray(256), ""
for _code in range(256):
    _char = bytes([_code]).decode("cp1252", "ignore")
    if _char and len(_FOLDING[ord(_char)]) == 1 and _FOLDING[ord(_char)].isascii():
        _EVEN[_code] = ord(_FOLDING[ord(_char)])
    else:
        _UNEVEN += _char


def fold(text: str) -> str:
    """*text* in small letters without accents, with a blank for whatever is no part of a word."""
    if text.isascii():
        return text.encode().translate(_EVEN).decode("ascii")  # in a tenth of the time
    if not any(char in text for char in _UNEVEN):
        with suppress(UnicodeEncodeError):
            return text.encode("cp1252").translate(_EVEN).decode("ascii")  # in a fifth
    return text.translate(_FOLDING)


def composed(text: str) -> str:
    """*text* with each letter and its accents as one character where there is one (NFC)."""
    return unicodedata.normalize("NFC", text)


def to_index(text: str) -> str:
    """The words of *text* in their order, one blank between them."""
    folded = fold(composed(text[:LONGEST_TEXT]))
    if not _HAS_DENSE.search(folded):
        found = folded.split()
        if max(map(len, found), default=0) > _LONGEST_WORD:
            found = [word[:_LONGEST_WORD] for word in found]
        return " ".join(found)
    found = [token for word in folded.split() for part in _PARTS.findall(word) for token in _tokens(part)]
    return " ".join([*found, *sorted(set(_HAS_DENSE.findall(folded)))])


def _tokens(part: str) -> list[str]:
    if _HAS_DENSE.match(part):
        return [part[at : at + 2] for at in range(len(part))]
    return [part[:_LONGEST_WORD]]


def _no_letter_before(word: str) -> str:
    """The expression for *word* where one begins. What must not be before it comes after it: an expression that begins
    with letters is found in a tenth of the time.
    """
    return f"{word}(?<!{_LETTER}{word})"


@dataclass(frozen=True)
class Phrase:
    """Words that stand side by side; of the last one perhaps only the beginning."""

    parts: tuple[str, ...]
    is_begun: bool = False

    @cached_property
    def tokens(self) -> list[str]:
        """The words as they stand in the index. A row of characters may go on after the last one that was asked for."""
        found = [token for part in self.parts for token in _tokens(part)]
        return found[:-1] if len(self.parts[-1]) > 1 and _HAS_DENSE.match(self.parts[-1]) else found

    @property
    def has_open_end(self) -> bool:
        """Whether the last word may go on. After other words a single character does: it stands there with the next."""
        return self.is_begun or (
            len(self.parts) > 1 and len(self.parts[-1]) == 1 and bool(_HAS_DENSE.match(self.parts[-1]))
        )

    @property
    def pattern(self) -> str:
        """A regular expression that finds it in a folded text."""
        parts = [re.escape(part) for part in self.parts]
        found = [part if _HAS_DENSE.match(part) else f"{_no_letter_before(part)}(?!{_LETTER})" for part in parts]
        if self.is_begun:
            found[-1] = f"{_no_letter_before(parts[-1])}{_LETTER}*"
        return r"\s*".join(found)


@dataclass(frozen=True)
class Query:
    """What a reader looks for: every one of these phrases, and none of those."""

    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    is_open: bool = False

    @property
    def is_too_long(self) -> bool:
        """Whether it asks for more than anybody looks for."""
        phrases = (*self.wanted, *self.unwanted)
        return len(phrases) > MOST_WORDS or sum(len(phrase.tokens) for phrase in phrases) > MOST_TOKENS

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What of it is marked in a folded text."""
        return re.compile("|".join(phrase.pattern for phrase in self.wanted))

    @cached_property
    def last_word(self) -> "Query":
        """The query that its last word would be."""
        return Query((Phrase(self.wanted[-1].parts[-1:]),), is_open=self.is_open)

    @cached_property
    def begun(self) -> "Query":
        """The same query with its last word as the beginning of a word; itself where that makes no sense."""
        if not self.wanted or not self.is_open:
            return self
        *others, last = self.wanted
        return Query((*others, Phrase(last.parts, is_begun=True)), self.unwanted)


def asked(text: str) -> Query:
    """The query that *text* is: words, "words side by side", -words that must not be there; nothing else is special."""
    found: dict[bool, list[Phrase]] = {False: [], True: []}
    is_open = False
    for match in _ASKED.finditer(composed(text[: LONGEST_QUERY + 1]).translate(_QUOTES)):
        words = fold(match["phrase"] or match["word"] or "").split()
        parts = tuple(part[:_LONGEST_WORD] for word in words for part in _PARTS.findall(word))
        if parts:
            phrase = Phrase(parts)
            if phrase not in found[bool(match["minus"])]:
                found[bool(match["minus"])].append(phrase)
            is_open = (
                not match["minus"]
                and match["phrase"] is None
                and len(parts[-1]) >= _SHORTEST_BEGINNING
                and not _HAS_DENSE.match(parts[-1])
            )
    return Query(tuple(found[False]), tuple(found[True]), is_open)
