"""What an import did: of every kind of record how many there were, and what became of them."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

WIDTH = 100


@dataclass
class Tally:
    """The records of one kind; what came in is imported, already here, or left out."""

    imported: int = 0
    already_here: int = 0
    left_out: int = 0

    @property
    def found(self) -> int:
        """How many the files hold."""
        return self.imported + self.already_here + self.left_out


@dataclass
class Report:
    """The account of one import. Each record that was left out or changed is named under the reason."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    left_out: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def of(self, kind: str) -> Tally:
        """The tally of *kind*."""
        return self.tallies.setdefault(kind, Tally())

    def take(self, kind: str, number: int = 1) -> None:
        """*number* records of *kind* were imported."""
        self.of(kind).imported += number

    def know(self, kind: str, number: int = 1) -> None:
        """*number* records of *kind* were here before, or came twice."""
        self.of(kind).already_here += number

    def leave_out(self, kind: str, which: str, reason: str) -> None:
        """The record *which* of *kind* was not imported, because of *reason*."""
        self.of(kind).left_out += 1
        self.left_out.setdefault((kind, reason), []).append(which)

    def note(self, what: str, which: str) -> None:
        """*what* happened to the record *which*, which was imported nevertheless."""
        self.notes.setdefault(what, []).append(which)

    def count(self, what: str, number: int = 1) -> None:
        """*what* happened *number* times, too often to name each."""
        self.counts[what] += number

    def mark(self) -> "Mark":
        """How far the account has come, to be gone `back_to` if the record at hand fails."""
        return Mark(
            {kind: replace(tally) for kind, tally in self.tallies.items()},
            {key: len(which) for key, which in self.left_out.items()},
            {key: len(which) for key, which in self.notes.items()},
            self.counts.copy(),
        )

    def back_to(self, mark: "Mark") -> None:
        """Forget what was written down since *mark*."""
        self.tallies, self.counts = mark.tallies, mark.counts
        self.left_out = {key: self.left_out[key][:length] for key, length in mark.left_out.items()}
        self.notes = {key: self.notes[key][:length] for key, length in mark.notes.items()}

    def lines(self) -> Iterator[str]:
        """The report as it is printed."""
        yield f"{'':28}{'in the files':>14}{'imported':>12}{'already here':>15}{'left out':>12}"
        for kind, tally in self.tallies.items():
            yield f"{kind:28}{tally.found:14}{tally.imported:12}{tally.already_here:15}{tally.left_out:12}"
        if self.left_out:
            yield ""
            yield "Left out:"
            for (kind, reason), which in self.left_out.items():
                yield from _entry(f"{kind}: {reason}", which)
        if self.notes or self.counts:
            yield ""
            yield "To know:"
            for what, which in self.notes.items():
                yield from _entry(what, which)
            for what, number in self.counts.items():
                yield f"- {what}: {number}"


@dataclass(frozen=True)
class Mark:
    """A point in an account."""

    tallies: dict[str, Tally]
    left_out: dict[tuple[str, str], int]
    notes: dict[str, int]
    counts: Counter[str]


def _entry(title: str, which: list[str]) -> Iterator[str]:
    yield f"- {title} ({len(which)})"
    yield from textwrap.wrap(
        "; ".join(which), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )
