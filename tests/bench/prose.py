"""What the measured pages say: running English, so that it packs like English."""

import re
from pydoc_data.topics import topics

# Python's own manual as prose: the same sentence a thousand times over would be packed to nothing.
_WORDS = re.findall(r"(?<![\w`])[A-Za-z,]+[.;]?(?!\S)", " ".join(topics[name] for name in sorted(topics)))


def words(start: int, number: int) -> str:
    """*number* words of running English, from the word at *start* on."""
    start %= len(_WORDS) - number
    return " ".join(_WORDS[start : start + number])


def remark(number: int) -> str:
    """What a reader answers: some forty words, emphasis and a link."""
    link = f"[see](https://example.org/{number})"
    return f"{number}. {words(number * 40, 25)} *{words(number * 7, 2)}*, {link}: {words(number * 31, 12)}"


def essay(number: int, sections: int = 6, length: int = 300) -> str:
    """What an author writes: *sections* of *length* words, each below a heading."""
    starts = [number * 7919 + part * 5000 for part in range(sections)]
    return "\n\n".join(f"## {words(start, 4)}\n\n{words(start, length)}" for start in starts)
