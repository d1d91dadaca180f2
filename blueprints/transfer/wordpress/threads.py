"""Threads: where each comment of an item stands, whatever the order, the depth and the faults of the file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from blueprints.comments.models import APPROVED, COMMENT, SPAM, TRASH
from blueprints.transfer.wordpress.wxr import Reply


@dataclass(slots=True)
class Stored:
    """A comment that is here already."""

    id: int
    root_id: int | None
    depth: int
    kind: str


@dataclass(slots=True)
class Placed:
    """A new comment with its id, its kind and state, and its place."""

    reply: Reply
    id: int
    kind: str
    state: str
    created_at: datetime
    parent_id: int | None = None
    root_id: int = 0
    depth: int = 0
    is_numbered: bool = False


def place(new: Sequence[Placed], stored: dict[str, Stored]) -> dict[str, list[str]]:
    """Set parent, root and depth of the *new* comments; answers with what had to be moved to the top, by reason."""
    moved: dict[str, list[str]] = {}
    by_source = {placed.reply.id: placed for placed in new}
    parents = _parents(new, by_source, stored, moved)
    done: set[str] = set()
    for placed in new:
        for one in _ancestors_first(placed, by_source, parents, done, moved):
            if one.reply.id not in done:
                _set(one, parents.get(one.reply.id), by_source, stored)
                done.add(one.reply.id)
    return moved


def _parents(
    new: Sequence[Placed], by_source: dict[str, Placed], stored: dict[str, Stored], moved: dict[str, list[str]]
) -> dict[str, str]:
    """Which comment answers which, by their numbers in the file, as far as the answered one can have answers."""
    parents: dict[str, str] = {}
    for placed in new:
        wanted = placed.reply.parent
        if wanted in ("", "0"):
            continue
        parent = by_source.get(wanted) or stored.get(wanted)
        if parent is None:
            moved.setdefault("the comment it answers is not there", []).append(placed.reply.id)
        elif parent.kind != COMMENT or placed.kind != COMMENT:
            moved.setdefault("it answers a mention, or is one", []).append(placed.reply.id)
        else:
            parents[placed.reply.id] = wanted
    return parents


def _ancestors_first(
    start: Placed, by_source: dict[str, Placed], parents: dict[str, str], done: set[str], moved: dict[str, list[str]]
) -> list[Placed]:
    """*start* and what it hangs on and has no place yet, the uppermost first."""
    path: list[Placed] = []
    positions: dict[str, int] = {}
    at = start
    while at.reply.id not in done:
        positions[at.reply.id] = len(path)
        path.append(at)
        above = parents.get(at.reply.id)
        if above is None or above not in by_source:
            break
        if above in positions:
            # A circle has no beginning; its oldest comment is made one.
            circle = path[positions[above] :]
            first = min(circle, key=lambda one: (one.created_at, one.id))
            del parents[first.reply.id]
            moved.setdefault("it is part of a circle of answers", []).append(first.reply.id)
            turn = positions[first.reply.id] + 1
            return [*reversed(path[:turn]), *reversed(path[turn:])]
        at = by_source[above]
    return path[::-1]


def _set(one: Placed, above: str | None, by_source: dict[str, Placed], stored: dict[str, Stored]) -> None:
    parent = None if above is None else by_source.get(above) or stored.get(above)
    if parent is None:
        one.root_id, one.depth = one.id, 0
    else:
        one.parent_id = parent.id
        one.root_id = parent.root_id or parent.id
        one.depth = parent.depth + 1


def in_order_of_numbers(new: Iterable[Placed]) -> list[Placed]:
    """Those that get a number, oldest first: what is public, and what was removed above something public."""
    by_id = {placed.id: placed for placed in new}
    for placed in sorted(by_id.values(), key=lambda one: one.depth, reverse=True):
        if placed.kind == COMMENT and placed.state == APPROVED:
            placed.is_numbered = True
        above = by_id.get(placed.parent_id or 0)
        if placed.is_numbered and above is not None and above.state in (TRASH, SPAM):
            above.is_numbered = True
    return sorted((placed for placed in by_id.values() if placed.is_numbered), key=lambda one: (one.created_at, one.id))
