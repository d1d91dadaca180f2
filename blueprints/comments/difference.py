"""What differs between two versions of a text, in words: what a reader sees struck out and put in."""

import re
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

KEPT, GONE, NEW = "kept", "gone", "new"
# Texts that differ in more words than this are not compared word by word: the time for that grows with the square,
# and who writes a text can choose the worst case (2,000 words on both sides can take 0.1 s).
MOST = 1000
# A word, a sign, a stretch of space; Chinese and Japanese have no spaces, each of their signs is taken for a word.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\s+|(?:(?![\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])\w)+|."
)


class Stretch(NamedTuple):
    """A piece of text; its *kind* says whether both versions have it, only the former or only the latter."""

    kind: str
    text: str


def between(former: str, latter: str) -> list[Stretch]:
    """The stretches that make up *former* without the NEW ones, and *latter* without the GONE ones."""
    old, new = _TOKEN.findall(former), _TOKEN.findall(latter)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle = old[start : len(old) - end], new[start : len(new) - end]
    found = [Stretch(KEPT, "".join(old[:start])), *_changed(*middle), Stretch(KEPT, "".join(old[len(old) - end :]))]
    return [stretch for stretch in found if stretch.text]


class Line(NamedTuple):
    """A line of one text or of both: what became of it."""

    stretches: list[Stretch]

    @property
    def former(self) -> list[Stretch]:
        """What the former text has of it."""
        return [stretch for stretch in self.stretches if stretch.kind != NEW]

    @property
    def latter(self) -> list[Stretch]:
        """What the latter text has of it."""
        return [stretch for stretch in self.stretches if stretch.kind != GONE]

    @property
    def is_kept(self) -> bool:
        """Whether it is the same in both."""
        return all(stretch.kind == KEPT for stretch in self.stretches)


def by_line(former: str, latter: str) -> list[Line]:
    """The lines of two long texts, paired; what differs in a pair is told in words."""
    old, new = former.splitlines(), latter.splitlines()
    found: list[Line] = []
    for kind, *span in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = old[span[0] : span[1]], new[span[2] : span[3]]
        if kind == "equal":
            found += [Line([Stretch(KEPT, line)]) for line in gone]
        else:
            found += [Line(between(*pair)) for pair in zip_longest(gone, came, fillvalue="")]
    return found


def _alike(old: list[str], new: list[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(old), len(new)))


def _changed(old: list[str], new: list[str]) -> list[Stretch]:
    if max(len(old), len(new)) > MOST:
        return [Stretch(GONE, "".join(old)), Stretch(NEW, "".join(new))]
    found: list[Stretch] = []
    for kind, *span in SequenceMatcher(str.isspace, old, new).get_opcodes():
        gone, came = "".join(old[span[0] : span[1]]), "".join(new[span[2] : span[3]])
        if kind == "equal":
            found.append(Stretch(KEPT, gone))
        else:
            found += [Stretch(GONE, gone), Stretch(NEW, came)]
    return found
