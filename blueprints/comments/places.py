"""Places: where a comment stands in the order of its thread, as text that the database sorts.

A place is the numbers on the way down to a comment, each led by how many digits it has: comment 12 below comment 5 is
at "15212". A parent's place begins the places of all that answer it and sorts before them; siblings sort by number. So
one page, one conversation, or all that is below one comment is a stretch of an index, however long the thread is.

The way is written out for LEVELS steps, more than any page draws. What is deeper follows in the order of its numbers.
"""

LEVELS = 10
# Sorts after everything that can follow a place.
_LAST = ":"


def below(parent: str | None, number: int) -> str:
    """The place of comment *number*, which answers what is at *parent*; without one it begins a conversation."""
    digits = str(number)
    steps = way(parent or "")
    if len(steps) > LEVELS:
        parent = (parent or "")[: -1 - len(str(steps[-1]))]
    return f"{parent or ''}{len(digits)}{digits}"


def way(place: str) -> list[int]:
    """The numbers on the way down to *place*, its own last."""
    numbers = []
    at = 0
    while at < len(place):
        end = at + 1 + int(place[at])
        numbers.append(int(place[at + 1 : end]))
        at = end
    return numbers


def depth(place: str) -> int:
    """How many steps lead to *place* from the beginning of its conversation."""
    steps, at = -1, 0
    while at < len(place):
        at += ord(place[at]) - 47  # the digit that counts those which follow it, and itself
        steps += 1
    return steps


def end(place: str) -> str:
    """Sorts after all that is below *place*, and before what follows it."""
    return place + _LAST
