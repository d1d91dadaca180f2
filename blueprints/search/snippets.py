"""Snippets: where in a text the words were found, as pieces of it of which some are marked. Never HTML."""

import html as markup
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from blueprints.search.words import LONGEST_TEXT, Query, composed, fold

LENGTH, BEFORE = 240, 70
_MOST_MARKS = 50
_WINDOW = 1000
# So much HTML is read at a time: more than a window.
_READ = 2000
_QUOTED = r'[^<>"]*(?:"[^"]*"[^<>"]*)*'
_BLOCK = re.compile(
    rf"</?(?:blockquote|br|caption|d[dlt]|details|div|fig\w+|h\d|hr|li|[ou]l|p|pre|section|summary|t\w+)\b{_QUOTED}>"
)
_TAG = re.compile(rf"<{_QUOTED}>")


class Piece(NamedTuple):
    """A stretch of a text, and whether it is what was looked for."""

    text: str
    is_marked: bool = False


def plain(html: str) -> str:
    """The words of HTML that `core/markdown.py` made, on one line; a tenth of what asking its sanitiser would cost."""
    return composed(" ".join(markup.unescape(_TAG.sub("", _BLOCK.sub(" ", html))).split()))


# Who types a word letter by letter finds the same texts again and again: some pages of results are kept readable.
_plain_again = lru_cache(maxsize=100)(plain)


def _readable(html: str) -> str:
    return _plain_again(html) if len(html) <= 2 * _READ else plain(html)


def whole(text: str, query: Query) -> list[Piece]:
    """All of *text*, on one line, with what *query* looks for marked."""
    text = composed(" ".join(text.split()))
    return _pieces(text, _spans(text, query), 0, len(text))


def around_html(html: str, query: Query) -> list[Piece]:
    """The stretch of a text that holds most of what *query* looks for, else its beginning; of its HTML no more is read
    than up to there.
    """
    start, most = 0, min(len(html), 2 * LONGEST_TEXT)
    while start < most:
        stop = _edge(html, start, _READ)
        text = _readable(html[start:stop])
        if spans := _first(text, query):
            if stop < len(html) and spans[0][1] + _WINDOW + LENGTH > len(text):  # it may reach into what follows
                text = f"{text} {_readable(html[stop : _edge(html, stop, _READ // 2)])}".rstrip()
                spans = _first(text, query)
            return _stretch(text, spans, is_end=start > 0)
        start = stop
    beginning = _readable(html[: _edge(html, 0, _READ)])
    return _stretch(beginning if len(beginning) > LENGTH else plain(html[:most]), [])


def _edge(html: str, start: int, length: int) -> int:
    """Where an element begins, or ends, about *length* after *start*; the end, if there is none."""
    if start + length >= len(html):
        return len(html)
    found = html.rfind("<", start + length // 2, start + length)
    found = found if found > 0 else html.find("<", start + length)
    return found if found > 0 else len(html)


def _first(text: str, query: Query) -> list[tuple[int, int]]:
    """Where in *text* is what *query* looks for, as far as the first window that has some of it."""
    for start, stop in _windows(text):
        if spans := _spans(text[start:stop], query):
            return [(start + begin, start + end) for begin, end in spans]
    return []


def _stretch(text: str, spans: list[tuple[int, int]], *, is_end: bool = False) -> list[Piece]:
    """The stretch of *text* that holds most of *spans*; of a text that *is_end* of another something stands before."""
    best = _fullest(spans)
    start = max(0, best[0] - BEFORE)
    if start and (blank := text.find(" ", start, best[0])) > 0:
        start = blank + 1
    stop = min(len(text), max(start + LENGTH, best[1]))
    if stop < len(text) and (blank := text.rfind(" ", max(best[1], stop - 30), stop)) > 0:
        stop = blank
    pieces = _pieces(text, spans, start, stop)
    begins, ends = not (start or is_end), stop == len(text)
    return [*([] if begins else [Piece("… ")]), *pieces, *([] if ends else [Piece(" …")])]


def _fullest(spans: list[tuple[int, int]]) -> tuple[int, int]:
    """The first of *spans* that most others follow within a stretch."""
    begins = [begin for begin, _ in spans]
    followers = [bisect_left(begins, begin + LENGTH - BEFORE, at) - at for at, begin in enumerate(begins)]
    return spans[followers.index(max(followers))] if spans else (0, 0)


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """*text* in stretches that end at a blank: mostly the first has what is looked for, and no other is folded."""
    start = 0
    while start < len(text):
        stop = start + _WINDOW
        if stop < len(text):
            blank = text.rfind(" ", start + LENGTH, stop)
            stop = blank if blank > 0 else stop
        yield start, stop
        start = stop


def _spans(text: str, query: Query) -> list[tuple[int, int]]:
    folded = fold(text)
    if not _may_have(folded, query):
        return []
    found = []
    for match in query.pattern.finditer(folded):
        found.append(match.span())
        if len(found) == _MOST_MARKS:
            break
    if len(folded) == len(text):
        return found
    return [(_place(text, start), _place(text, stop)) for start, stop in found]


def _may_have(folded: str, query: Query) -> bool:
    """Whether it is worth while to look, in a tenth of the time that looking takes."""
    return any(phrase.parts[0] in folded for phrase in query.wanted)


def _place(text: str, at: int) -> int:
    """Where in *text* the character is that its folded form has *at*: folding may make one of two, and none of one."""
    return bisect_left(range(len(text)), at, key=lambda place: len(fold(text[:place])))


def _pieces(text: str, spans: list[tuple[int, int]], start: int, stop: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = start
    for begin, end in spans:
        if begin < at or end > stop:
            continue
        pieces += [Piece(text[at:begin])] if begin > at else []
        pieces.append(Piece(text[begin:end], is_marked=True))
        at = end
    return [*pieces, Piece(text[at:stop])] if at < stop else pieces
