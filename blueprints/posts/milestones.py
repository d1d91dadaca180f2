"""Milestones: where in a long list each five hundredth post stands, so that a far page is not counted from the first.

They are kept in the memory of each process for as long as the list is the same: it has the same generation
(core/generations.py), and the same post appears next. A page begins at the nearest one before it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import bindparam, func, select

from blueprints.core import generations, rows
from blueprints.core.generations import Generation

EVERY = 500
_KEPT = "milestones_of_lists"
_NUMBER = select(func.max(Generation.number)).where(Generation.name.in_((bindparam("name"), bindparam("everything"))))


class Milestone(NamedTuple):
    """A post's place in a list: its date there, and its number."""

    date: datetime
    post_id: int


class _Kept(NamedTuple):
    """Those of one list that were passed until now; *is_all* where it goes on for less than to another."""

    state: tuple[int | None, datetime | None]
    found: tuple[Milestone, ...]
    is_all: bool


def before(
    name: str,
    offset: int,
    begin: Milestone,
    due: datetime | None,
    following: Callable[[Milestone], Sequence[Any]],
) -> tuple[Milestone, int]:
    """Where to begin for what stands after *offset* posts of the list *name*, and how many are left to skip from there.

    *begin* is before its first post, *due* is when the next one appears, *following* gives the milestone after another.
    """
    wanted = offset // EVERY
    if not wanted:
        return begin, offset
    lists: dict[str, _Kept] = current_app.extensions.setdefault(_KEPT, {})
    state = rows.fetch(_NUMBER, name=name, everything=generations.EVERYTHING)[0][0], due
    kept = lists.get(name)
    found, is_all = (kept.found, kept.is_all) if kept and kept.state == state else ((), False)
    while len(found) < wanted and not is_all:
        passed = following(found[-1] if found else begin)
        found += tuple([Milestone(*row) for row in passed])
        is_all = not passed
    if found:  # what is shorter is soon counted
        lists[name] = _Kept(state, found, is_all)
    passed_by = min(wanted, len(found))
    return (found[passed_by - 1] if passed_by else begin), offset - passed_by * EVERY
