"""How long a text is, for whoever writes it and whoever thinks of reading it.

Words are counted where scripts part them; in Chinese and Japanese, which do not, characters. A minute is 238 words: the
average of adults who read English non-fiction silently (Brysbaert 2019, doi:10.1016/j.jml.2019.104047, 190 studies). No
such review was found for characters. 400 follows from two things: the same text takes readers of Chinese about as long
as readers of English (Trauzettel-Klosinski and Dietz 2012, doi:10.1167/iovs.11-8284), and has about 1.7 characters for
each English word. Other scripts are taken at the pace of English words, a rough guess for those with long ones.
"""

import re
from typing import NamedTuple

from blueprints.core.markdown import plain_text

WORDS_A_MINUTE, CHARACTERS_A_MINUTE = 238, 400
# Han, Hiragana and Katakana, the extensions and half-width forms too; and the mark that repeats a character.
_CHARACTER = re.compile(
    "[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
# Letters and digits; an apostrophe, a hyphen or a point between two of them is part of a word.
_WORD = re.compile(r"[^\W_](?:[\w'’.\-]*[^\W_])?")

_MOST_KNOWN = 10_000


class Length(NamedTuple):
    """Words and characters, each of what has them."""

    words: int
    characters: int

    @property
    def minutes(self) -> int:
        """How long reading takes, at least a minute where there is something to read."""
        if not self.words and not self.characters:
            return 0
        return max(1, round(self.words / WORDS_A_MINUTE + self.characters / CHARACTERS_A_MINUTE))

    def __str__(self) -> str:
        parts = [f"{self.words:,} {'word' if self.words == 1 else 'words'}"] if self.words else []
        parts += [f"{self.characters:,} characters"] if self.characters else []
        return f"{' and '.join(parts)}, {self.minutes} min to read" if parts else ""


_known: dict[tuple[int, int], Length] = {}


def of(html: str) -> Length:
    """The length of a text as it is read: its footnotes too, its markup not.

    Counted once a process (2,000 words take 0.8 ms); a text is known again by its hash, so that none is held in memory.
    """
    key = hash(html), len(html)
    if (known := _known.get(key)) is None:
        without, characters = _CHARACTER.subn(" ", plain_text(html))
        known = Length(sum(1 for _ in _WORD.finditer(without)), characters)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = known
    return known
