"""Three texts made one: what two people made of the same text at the same time (diff3, in sentences and lines).

Where only one of them changed something, that change stands. Where both did, the place is a `Collision`. A package for
this exists (merge3), under a licence that this project cannot take in; the comparison itself is the standard library's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# A sentence with the white space after it, or the rest of a line with its end; together they are the text.
_PIECE = re.compile(r"[^\n]*?(?:[.!?…][\"”’»)\]]*[ \t]+|[。！？][”’」』）]*|\n+|\Z)")


@dataclass(frozen=True)
class Collision:
    """A place that both have changed; *before* is what stands in front of it."""

    before: str
    mine: str
    theirs: str


def merge(base: str, mine: str, theirs: str) -> tuple[str, list[Collision]]:
    """What both made of *base*, and where they collide; there *mine* stands in the text."""
    if theirs in (base, mine):
        return mine, []
    if mine == base:
        return theirs, []
    text = ""
    collisions: list[Collision] = []
    for former, own, other in _stretches(_pieces(base), _pieces(mine), _pieces(theirs)):
        if own != other and former not in (own, other):
            collisions.append(Collision(text[-80:], own, other))
        text += other if own == former else own
    return text, collisions


def put(text: str, collision: Collision, choice: str) -> str | None:
    """*text* with "theirs", or with "both", in the place of mine; None where that place is not there any more."""
    start = text.find(collision.before + collision.mine)
    if start < 0:
        return None
    start += len(collision.before)
    end = start + len(collision.mine)
    if choice == "both":
        gap = "" if not collision.mine or collision.mine[-1:].isspace() else _gap(collision)
        return text[:end] + gap + collision.theirs + text[end:]
    return text[:start] + collision.theirs + text[end:]


def _gap(collision: Collision) -> str:
    """Between the two: a line of its own where either is more than a line."""
    return "\n\n" if "\n" in collision.mine + collision.theirs else " "


def _pieces(text: str) -> list[str]:
    return [found for found in _PIECE.findall(text) if found]


def _stretches(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[str, str, str]]:
    """The three texts side by side, cut wherever all three agree."""
    at = own = other = 0
    for start, end, own_start, other_start in _agreed(base, mine, theirs):
        yield "".join(base[at:start]), "".join(mine[own:own_start]), "".join(theirs[other:other_start])
        same = "".join(base[start:end])
        yield same, same, same
        at, own, other = end, own_start + end - start, other_start + end - start
    yield "".join(base[at:]), "".join(mine[own:]), "".join(theirs[other:])


def _agreed(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """(from, to) in *base* with where the same begins in the other two, for what none of them changed."""
    first = SequenceMatcher(None, base, mine).get_matching_blocks()
    second = SequenceMatcher(None, base, theirs).get_matching_blocks()
    i = j = 0
    while i < len(first) and j < len(second):
        one, two = first[i], second[j]
        start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
        if start < end:
            yield start, end, one.b + start - one.a, two.b + start - two.a
        if one.a + one.size < two.a + two.size:
            i += 1
        else:
            j += 1
