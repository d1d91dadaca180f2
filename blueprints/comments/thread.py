"""Threads: from the flat rows of one post to the order in which a reader sees them.

A thread is a flat list in thread order with a depth. Only what was ever published (has a number) takes part;
what was removed since stays as a numbered tombstone while something below it is still there. At most two queries a
page, no recursion: depth is data.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, case, func, or_, select

from blueprints.accounts.models import Person
from blueprints.comments import faces
from blueprints.comments.models import APPROVED, COMMENT, MENTION, Comment
from blueprints.core import generations, rows, settings
from blueprints.posts.addresses import portrait_address
from blueprints.posts.models import Post

# A page ends after this many comments even inside one conversation, so that no page grows without bound.
LONGEST_PAGE = 1000
# What is longer than this many characters is drawn anew each time, not kept (core/filters.py).
LONG = 4000
_C = Comment.__table__.c
_NUMBERED = and_(_C.kind == COMMENT, _C.number.is_not(None))
_MENTION = and_(_C.kind == MENTION, _C.state == APPROVED)
_CHOSEN = and_(_C.root_id.in_(bindparam("roots", expanding=True)), _NUMBERED)


class _Row(NamedTuple):
    """What a page of a thread reads of each comment."""

    id: int
    number: int | None
    parent_id: int | None
    root_id: int
    state: str
    kind: str
    name: str
    url: str
    html: str
    person_id: int | None
    created_at: datetime
    source_id: str | None
    email: str
    marks: int
    picked_at: datetime | None
    slug: str | None
    portrait: str | None


_OF_PERSON = {"slug": Person.__table__.c.slug, "portrait": Person.__table__.c.portrait}
_ROWS = (
    select(*(_OF_PERSON[name] if name in _OF_PERSON else _C[name] for name in _Row._fields))
    .outerjoin_from(_C.id.table, Person.__table__, Person.__table__.c.id == _C.person_id)
    .where(_C.post_id == bindparam("post_id"))
    .order_by(_C.number)
)
_WHOLE_THREAD = _ROWS.where(or_(_NUMBERED, _MENTION))
_FIRST_PAGE = _ROWS.where(or_(_CHOSEN, _MENTION))
_LATER_PAGE = _ROWS.where(_CHOSEN)
_SIZES = (
    select(_C.root_id, func.count())
    .where(_C.post_id == bindparam("post_id"), _NUMBERED)
    .group_by(_C.root_id)
    .having(func.sum(case((_C.state == APPROVED, 1), else_=0)) > 0)
    .order_by(func.min(_C.number))
)


class Answered(NamedTuple):
    """The comment that a reply answers; a removed one has no name."""

    id: int
    name: str


class Face(NamedTuple):
    """The picture beside a name: a portrait, or classes of the stylesheet and a letter."""

    kind: str
    letter: str
    portrait: str = ""

    @classmethod
    def of(cls, name: str | None, email: str | None, slug: str | None = None, portrait: str | None = None) -> "Face":
        """That of whoever writes under these; of somebody of the house who has one, the portrait."""
        return cls(*faces.of(name, email), portrait_address(slug, portrait) if slug and portrait else "")


class Entry(NamedTuple):
    """One comment as it stands in the thread: all that its drawing depends on. A tombstone has no words."""

    id: int
    number: int | None
    name: str
    url: str
    html: str
    created_at: datetime
    level: int = 0
    mark: str = ""
    old_id: str | None = None
    in_reply_to: Answered | None = None
    takes_replies_inside: bool = True
    opens: bool = False
    closes: int = 0
    is_tombstone: bool = False
    is_new: bool = False
    is_pending: bool = False
    hold_reason: str = ""
    takes_focus: bool = False
    face: Face | None = None
    marks: int = 0
    is_picked: bool = False
    removed_because: str = ""

    @classmethod
    def of(cls, comment: Comment) -> "Entry":
        """A comment that is drawn outside its thread: just sent, or fetched alone."""
        deepest = settings.current().thread_depth
        person = comment.person if comment.person_id else None
        shown = (person.slug, person.portrait) if person else ()
        return cls(
            id=comment.id,
            number=comment.number,
            name=comment.name,
            url=comment.url,
            html=comment.html,
            created_at=comment.created_at,
            mark=_mark(comment.person_id, comment.post) if comment.person_id else "",
            in_reply_to=answered(comment) if comment.depth > deepest else None,
            takes_replies_inside=comment.depth < deepest,
            is_pending=not comment.is_public,
            hold_reason=comment.hold_reason,
            face=Face.of(comment.name, comment.email, *shown),
            marks=comment.marks or 0,
            is_picked=comment.picked_at is not None,
            removed_because="" if comment.is_public else comment.removed_because or "",
        )

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be kept as it was drawn."""
        return len(self.html) > LONG


class Look(NamedTuple):
    """What the drawing of each comment depends on beside its entry."""

    is_open: bool
    shows_faces: bool
    takes_marks: bool


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


class _Place(NamedTuple):
    """Where a row is drawn: how far in, and below whose name if its own place is further in."""

    row: _Row
    level: int
    in_reply_to: Answered | None


def answered(comment: Comment) -> Answered | None:
    """What a reply says it answers: one step up, not the whole way."""
    parent = comment.parent
    return Answered(parent.id, parent.name if parent.is_public else "") if parent else None


def page(post: Post, number: int, upto: int | None = None, *, after: int | None = None) -> ThreadPage:
    """Page *number* of the thread, or all pages from it to *upto*; what came *after* that number is marked new."""
    longest = settings.current().threads_per_page
    # So few that they fit on one page, whoever answers whom: then the conversations need not be measured first.
    whole = _fetch(_WHOLE_THREAD, post_id=post.id) if post.last_number <= longest else None
    pages = _divide(_sizes(post.id) if whole is None else _measure(whole), longest)
    stretches = [stretch for part in pages[number - 1 : upto or number] for stretch in part]
    found = _rows(post.id, stretches, with_mentions=number == 1) if whole is None else whole
    comments = [row for row in found if row.kind == COMMENT]
    mentions = [_entry(_Place(row, 0, None), post, 0, 0) for row in found if row.kind == MENTION] if number == 1 else []
    mentions.sort(key=lambda entry: entry.created_at)
    entries = draw(comments, stretches, post, settings.current().thread_depth)
    if after is not None:
        entries = _mark_new(entries, after)
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
        found = _rows(comment.post_id, [places[0][1]], with_mentions=False)
        position = next(at for at, (row, _depth) in enumerate(_in_order(found)) if row.id == comment.id)
        return next(index for index, stretch in places if stretch.start <= position < stretch.stop)
    return places[0][0] if places else 1


def _sizes(post_id: int) -> Sequence[Any]:
    """(root id, how many were ever published) of each conversation that still has something to read."""
    return rows.fetch(_SIZES, post_id=post_id)


def _measure(found: Iterable[_Row]) -> list[tuple[int, int]]:
    """The same of rows that were read already, in the order of their numbers."""
    sizes = Counter(row.root_id for row in found if row.kind == COMMENT)
    alive = {row.root_id for row in found if row.state == APPROVED}
    return [(root_id, size) for root_id, size in sizes.items() if root_id in alive]


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


def _rows(post_id: int, stretches: Collection[_Stretch], *, with_mentions: bool) -> Sequence[_Row]:
    if not stretches and not with_mentions:
        return []
    roots = list({stretch.root_id for stretch in stretches})
    return _fetch(_FIRST_PAGE if with_mentions else _LATER_PAGE, post_id=post_id, roots=roots)


def _fetch(statement: Select[Any], **values: object) -> Sequence[_Row]:
    found: Sequence[_Row] = rows.fetch(statement, **values)
    generations.reads(*(f"person:{row.person_id}" for row in found if row.person_id))
    return found


def _in_order(found: Sequence[_Row]) -> list[tuple[_Row, int]]:
    """(row, depth) in thread order: a parent, then what answers it, each by number; a lost parent makes a root.

    *found* is a conversation in the order of its numbers.
    """
    known = {row.id for row in found}
    below: dict[int | None, list[_Row]] = {}
    for row in reversed(found):
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    ordered: list[tuple[_Row, int]] = []
    stack = [(row, 0) for row in below.get(None, [])]
    while stack:
        row, depth = stack.pop()
        ordered.append((row, depth))
        stack.extend((child, depth + 1) for child in below.get(row.id, ()))
    return ordered


def draw(found: Sequence[_Row], stretches: Sequence[_Stretch], post: Post, deepest: int) -> list[Entry]:
    """The entries of one page, nested at most *deepest* levels, each knowing which lists it opens and closes."""
    by_root: dict[int, list[_Row]] = {}
    for row in found:
        by_root.setdefault(row.root_id, []).append(row)
    places: list[_Place] = []
    for stretch in stretches:
        conversation = by_root.get(stretch.root_id, [])
        if len(conversation) == 1:
            places.append(_Place(conversation[0], 0, None))
        else:
            places += _places(_in_order(conversation), stretch, deepest)
    levels = [place.level for place in places[1:]] + [0]
    return [_entry(place, post, following, deepest) for place, following in zip(places, levels, strict=False)]


def _living(ordered: Sequence[tuple[_Row, int]]) -> set[int]:
    """The ids of what is shown: approved, or above something that is."""
    living: set[int] = set()
    for row, _depth in reversed(ordered):
        if row.state == APPROVED or row.id in living:
            living.add(row.id)
            if row.parent_id is not None:
                living.add(row.parent_id)
    return living


def _places(ordered: Sequence[tuple[_Row, int]], stretch: _Stretch, deepest: int) -> Iterator[_Place]:
    living = _living(ordered)
    known = {row.id: row for row, _depth in ordered}
    above = 0
    for row, depth in ordered[stretch.start : stretch.stop]:
        if row.id in living:
            level = min(depth, deepest, above)
            parent = known.get(row.parent_id or 0) if level < depth else None
            name = parent.name if parent and parent.state == APPROVED else ""
            yield _Place(row, level, Answered(parent.id, name) if parent else None)
            above = level + 1


def _entry(place: _Place, post: Post, following: int, deepest: int) -> Entry:
    """What is drawn in *place*, before an entry of the level *following*."""
    row, level, in_reply_to = place
    removed = row.state != APPROVED
    return Entry(
        row.id,
        row.number,
        "" if removed else row.name,
        "" if removed else row.url,
        "" if removed else row.html,
        row.created_at,
        level,
        _mark(row.person_id, post) if row.person_id and not removed else "",
        row.source_id if row.source_id and row.source_id != str(row.id) else None,
        in_reply_to,
        level < deepest,
        following > level,
        max(0, level - following),
        removed,
        face=None if removed else Face.of(row.name, row.email, row.slug, row.portrait),
        marks=row.marks,
        is_picked=row.picked_at is not None,
    )


def _mark(person_id: int, post: Post) -> str:
    """What stands beside the name of somebody of the house."""
    return "Author" if person_id in post.author_ids else "Staff"


def _mark_new(entries: list[Entry], after: int) -> list[Entry]:
    """What came *after* that number marked as new, with the focus on the first."""
    marked = [entry._replace(is_new=(entry.number or 0) > after) for entry in entries]
    first = next((at for at, entry in enumerate(marked) if entry.is_new), None)
    if first is not None:
        marked[first] = marked[first]._replace(takes_focus=True)
    return marked
