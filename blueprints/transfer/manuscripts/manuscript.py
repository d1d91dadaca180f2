"""What a file becomes: the fields of a draft, and what its author should know about the way there."""

from collections.abc import Callable
from dataclasses import dataclass, field

# Takes a picture's bytes, its name and its alternative text, and says which address to write into the text.
Pictures = Callable[[bytes, str, str], str]
MOST_NAMED = 12


class UnreadableError(Exception):
    """A file of which no draft can be made; the message is for whoever sent it."""


class PictureRefusedError(Exception):
    """A picture that the media library does not take; the message says why."""


class Remarks:
    """What could not be kept, or became something else: each kind once, with the places where it happened."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}

    def note(self, what: str, where: str = "") -> None:
        """*what* happened, at the place *where* if it has a name."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        places = self._places.setdefault(what, [])
        if where and where not in places and len(places) <= MOST_NAMED:
            places.append(where)

    def lines(self) -> list[tuple[str, str]]:
        """(what, where and how often) of each kind, in the order in which they were met."""
        return [(what, self._more(what)) for what in self._numbers]

    def _more(self, what: str) -> str:
        places, number = self._places[what], self._numbers[what]
        named = "; ".join(places[:MOST_NAMED]) + (" …" if len(places) > MOST_NAMED else "")
        return " · ".join(part for part in (f"{number} times" if number > 1 else "", named) if part)


@dataclass
class Manuscript:
    """The draft that a file holds."""

    body: str
    title: str = ""
    standfirst: str = ""
    slug: str = ""
    tags: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
