"""Plots: numbers as the rectangles of a small picture that a template draws in SVG, without a script."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 120
# Between two bars, as a part of the room that each has.
_GAP = 0.25


@dataclass(frozen=True)
class Bar:
    """One number: where it stands in the picture, and what is said of it."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Plot:
    """Bars side by side, and the number that the highest line stands for."""

    bars: Sequence[Bar]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def bars(values: Sequence[tuple[str, int]]) -> Plot:
    """A bar for each (label, number), from the left to the right, below a round number at the top."""
    top = _round_up(max((number for _label, number in values), default=0))
    room = WIDTH / max(len(values), 1)
    return Plot(
        [
            Bar(
                round(at * room + room * _GAP / 2, 2),
                round(HEIGHT - HEIGHT * number / top, 2),
                round(room * (1 - _GAP), 2),
                round(HEIGHT * number / top, 2),
                label,
            )
            for at, (label, number) in enumerate(values)
        ],
        top,
    )


def _round_up(number: int) -> int:
    """The next of 4, 10, 20, 40, 100, 200, 400 …, so that half of it is a whole number."""
    unit = 1
    while True:
        for step in (4, 10, 20):
            if number <= step * unit:
                return step * unit
        unit *= 10
