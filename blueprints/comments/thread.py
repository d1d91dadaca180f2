"""Threads: from the flat rows of one post to the order in which a reader sees them.

A thread is a flat list in thread order with a depth. Only what was ever published (has a number) takes part;
what was removed since stays as a numbered tombstone while something below it is still there. Two queries a
page, no recursion: depth is data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from blueprints.comments.models import APPROVED, COMMENT, MENTION, Comment
from blueprints.core import settings
from blueprints.core.db import db

# A page ends after this many comments even inside one conversation, so that no page grows without bound.
LONGEST_PAGE = 1000
_COLUMNS = (
    *(Comment.id, Comment.number, Comment.parent_id, Comment.root_id, Comment.state, Comment.kind),
    *(Comment.name, Comment.url, Comment.html, Comment.person_id, Comment.created_at),
    *(Comment.source_id,),
)


@dataclass(slots=True)
class Entry:
    """One comment as it stands in the thread; a tombstone has no words."""

    id: int
    number: int | None
    name: str
    url: str
    html: str
    created_at: datetime
    person_id: int | None
    is_tombstone: bool
    level: int
    old_id: str | None = None
    in_reply_to: "Entry | None" = None
    takes_replies_inside: bool = True
    opens: bool = False
    closes: int = 0
    is_new: bool = False
    is_pending: bool = False
    hold_reason: str = ""
    takes_focus: bool = False

    @classmethod
    def of(cls, comment: Comment, *, level: int = 0, names_parent: bool = True) -> "Entry":
        """A comment that is drawn outside its thread: just sent, or fetched alone."""
        parent = comment.parent if names_parent and comment.depth > settings.current().thread_depth else None
        return cls(
            id=comment.id,
            number=comment.number,
            name=comment.name,
            url=comment.url,
            html=comment.html,
            created_at=comment.created_at,
            person_id=comment.person_id,
            is_tombstone=False,
            level=level,
            in_reply_to=cls.answered(parent) if parent else None,
            takes_replies_inside=comment.depth < settings.current().thread_depth,
            is_pending=not comment.is_public,
            hold_reason=comment.hold_reason,
        )

    @classmethod
    def answered(cls, comment: Comment) -> "Entry":
        """What a reply says it answers: one step up, not the whole way; a removed comment without its name."""
        entry = cls.of(comment, names_parent=False)
        entry.name = comment.name if comment.is_public else ""
        return entry


@dataclass(frozen=True)
class ThreadPage:
    """One page of a thread; *pages* is how many there are."""

    entries: list[Entry]
    mentions: list[Entry]
    number: int
    pages: int


@dataclass(frozen=True)
class _Stretch:
    """Comments *start* to *stop* of one conversation, in thread order."""

    root_id: int
    start: int
    stop: int


def page(post_id: int, number: int, upto: int | None = None, *, after: int | None = None) -> ThreadPage:
    """Page *number* of the thread, or all pages from it to *upto*; what came *after* that number is marked new."""
    pages = _divide(_sizes(post_id), settings.current().threads_per_page)
    stretches = [stretch for part in pages[number - 1 : upto or number] for stretch in part]
    rows, mentions = _rows(post_id, {stretch.root_id for stretch in stretches}, with_mentions=number == 1)
    entries = draw(rows, stretches, settings.current().thread_depth)
    if after is not None:
        for entry in entries:
            entry.is_new = (entry.number or 0) > after
        if first := next((entry for entry in entries if entry.is_new), None):
            first.takes_focus = True
    return ThreadPage(entries, mentions, number, max(1, len(pages)))


def page_of(comment: Comment) -> int:
    """The number of the page on which *comment* stands."""
    pages = _divide(_sizes(comment.post_id), settings.current().threads_per_page)
    places = [
        (index, stretch)
        for index, part in enumerate(pages, 1)
        for stretch in part
        if stretch.root_id == comment.root_id
    ]
    if len(places) > 1:
        rows, _ = _rows(comment.post_id, {places[0][1].root_id}, with_mentions=False)
        position = next(at for at, (row, _depth) in enumerate(_in_order(rows)) if row.id == comment.id)
        return next(index for index, stretch in places if stretch.start <= position < stretch.stop)
    return places[0][0] if places else 1


def _sizes(post_id: int) -> Sequence[Any]:
    """(root id, how many were ever published) of each conversation that still has something to read."""
    alive = func.sum(case((Comment.state == APPROVED, 1), else_=0))
    query = (
        select(Comment.root_id, func.count())
        .where(Comment.post_id == post_id, Comment.kind == COMMENT, Comment.number.is_not(None))
        .group_by(Comment.root_id)
        .having(alive > 0)
        .order_by(func.min(Comment.number))
    )
    return db.session.execute(query).all()


def _divide(sizes: Iterable[Any], roots_per_page: int) -> list[list[_Stretch]]:
    pages: list[list[_Stretch]] = []
    room = 0
    for root_id, size in sizes:
        start = 0
        if not pages or len(pages[-1]) >= roots_per_page:
            room = 0
        while start < size:
            if room == 0:
                pages.append([])
                room = LONGEST_PAGE
            stop = min(size, start + room)
            pages[-1].append(_Stretch(root_id, start, stop))
            room -= stop - start
            start = stop
    return pages


def _rows(post_id: int, roots: set[int], *, with_mentions: bool) -> tuple[list[Any], list[Entry]]:
    wanted = and_(Comment.root_id.in_(roots), Comment.kind == COMMENT, Comment.number.is_not(None))
    if with_mentions:
        wanted = or_(wanted, and_(Comment.kind == MENTION, Comment.state == APPROVED))
    elif not roots:
        return [], []
    found = db.session.execute(select(*_COLUMNS).where(Comment.post_id == post_id, wanted)).all()
    mentions = [_entry(row, 0) for row in found if row.kind == MENTION]
    mentions.sort(key=lambda entry: entry.created_at)
    return [row for row in found if row.kind == COMMENT], mentions


def _in_order(rows: Sequence[Any]) -> list[tuple[Any, int]]:
    """(row, depth) in thread order: a parent, then what answers it, each by number; a lost parent makes a root."""
    known = {row.id for row in rows}
    below: dict[int | None, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row.number, reverse=True):
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    ordered: list[tuple[Any, int]] = []
    stack = [(row, 0) for row in below.get(None, [])]
    while stack:
        row, depth = stack.pop()
        ordered.append((row, depth))
        stack.extend((child, depth + 1) for child in below.get(row.id, ()))
    return ordered


def draw(rows: Sequence[Any], stretches: Sequence[_Stretch], deepest: int) -> list[Entry]:
    """The entries of one page, nested at most *deepest* levels, each knowing which lists it opens and closes."""
    by_root: dict[int, list[Any]] = {}
    for row in rows:
        by_root.setdefault(row.root_id, []).append(row)
    entries: list[Entry] = []
    for stretch in stretches:
        ordered = _in_order(by_root.get(stretch.root_id, []))
        entries += _draw_conversation(ordered, _living(ordered), stretch, deepest)
    for entry, following in zip_longest(entries, entries[1:]):
        level = following.level if following else 0
        entry.opens = level > entry.level
        entry.closes = max(0, entry.level - level)
    return entries


def _living(ordered: Sequence[tuple[Any, int]]) -> set[int]:
    """The ids of what is shown: approved, or above something that is."""
    living: set[int] = set()
    for row, _depth in reversed(ordered):
        if row.state == APPROVED or row.id in living:
            living.add(row.id)
            if row.parent_id is not None:
                living.add(row.parent_id)
    return living


def _draw_conversation(
    ordered: Sequence[tuple[Any, int]], living: set[int], stretch: _Stretch, deepest: int
) -> list[Entry]:
    drawn: dict[int, Entry] = {}
    entries: list[Entry] = []
    for row, depth in ordered[stretch.start : stretch.stop]:
        if row.id not in living:
            continue
        above = entries[-1].level + 1 if entries else 0
        entry = _entry(row, min(depth, deepest, above))
        entry.takes_replies_inside = entry.level < deepest
        if entry.level < depth and row.parent_id is not None:
            entry.in_reply_to = drawn.get(row.parent_id) or _parent_elsewhere(ordered, row.parent_id)
        drawn[row.id] = entry
        entries.append(entry)
    return entries


def _parent_elsewhere(ordered: Sequence[tuple[Any, int]], parent_id: int) -> Entry | None:
    return next((_entry(row, 0) for row, _depth in ordered if row.id == parent_id), None)


def _entry(row: Any, level: int) -> Entry:
    removed = row.state != APPROVED
    return Entry(
        id=row.id,
        number=row.number,
        name="" if removed else row.name,
        url="" if removed else row.url,
        html="" if removed else row.html,
        created_at=row.created_at,
        person_id=None if removed else row.person_id,
        is_tombstone=removed,
        level=level,
        old_id=row.source_id if row.source_id and row.source_id != str(row.id) else None,
    )
