"""Which comments of a post are read for a page: whole conversations in some order, or what is below one comment.

Nothing here grows with the length of a thread: a page knows its conversations from an index in their order, how long
they are from their first comments, and reads of each no more than it shows (`places.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Select,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import NullType

from blueprints.accounts.models import Person
from blueprints.comments import places
from blueprints.comments.models import APPROVED, MENTION, Comment
from blueprints.core import generations, rows, settings
from blueprints.posts.models import Post

# However long its conversations are, a page shows no more comments; the longest ones go on on a page of their own.
LONGEST_PAGE = 500
# How far up a comment that is read alone shows what it answers.
ABOVE = 8
OLDEST, NEWEST, REPLIES, MARKS, FLAT = "oldest", "newest", "replies", "marks", "flat"
SORTS = (OLDEST, NEWEST, REPLIES, MARKS, FLAT)
_C = Comment.__table__.c


class Row(NamedTuple):
    """What a page of a thread reads of each comment; moments as the driver gives them, for most are never looked at."""

    id: int
    number: int | None
    parent_id: int | None
    root_id: int
    place: str
    size: int
    living: int
    state: str
    kind: str
    name: str
    url: str
    html: str
    person_id: int | None
    created_at: Any
    edited_at: Any
    source_id: str | None
    email: str
    marks: int
    picked_at: Any
    passage: str
    passage_lost: bool
    slug: str | None
    portrait: str | None


class Root(NamedTuple):
    """A conversation that has something to read: its first comment, and how many it has."""

    id: int
    number: int
    size: int
    living: int
    marks: int


@dataclass
class Conversation:
    """What a page shows of one: its *rows* in their order. Not all of it, if that were too long for the page."""

    root: Root
    rows: list[Row]

    @property
    def is_cut(self) -> bool:
        """Whether it goes on elsewhere."""
        return len(self.rows) < self.root.size


@dataclass
class Found:
    """What is read for a stretch of pages; *pages* is how many there are in all."""

    conversations: list[Conversation]
    mentions: list[Row]
    pages: int


_AS_THEY_ARE = ("created_at", "edited_at", "picked_at", "passage_lost")
_COLUMNS = {
    **{column.key: column for column in _C},
    **{name: type_coerce(_C[name], NullType).label(name) for name in _AS_THEY_ARE},
    **{name: Person.__table__.c[name] for name in ("slug", "portrait")},
}
_ROWS = select(*(_COLUMNS[name] for name in Row._fields)).outerjoin_from(
    Comment.__table__, Person.__table__, Person.__table__.c.id == _C.person_id
)
_OF_POST = _ROWS.where(_C.post_id == bindparam("post_id"))
_THREAD = _OF_POST.where(_C.place.is_not(None))
_CHOSEN = _THREAD.where(_C.root_id.in_(bindparam("roots", expanding=True)))
_MENTIONS = _OF_POST.where(_C.kind == literal_column(f"'{MENTION}'"), _C.state == APPROVED)
_WHOLE_THREAD, _FIRST_PAGE = union_all(_THREAD, _MENTIONS), union_all(_CHOSEN, _MENTIONS)
_LIMIT = bindparam("limit", type_=Integer)
_BELOW = (
    _THREAD.where(_C.root_id == bindparam("root"), _C.place > bindparam("start"), _C.place < bindparam("end"))
    .order_by(_C.place)
    .limit(_LIMIT)
)
_NUMBERED = _THREAD.where(_C.number > bindparam("after"), _C.number <= bindparam("upto"), _C.state == APPROVED)
_CHANGED = (
    _THREAD.where(_C.changed > bindparam("since"), _C.changed > literal_column("0"))
    .order_by(_C.changed.desc())
    .limit(_LIMIT)
)
_ONE = _THREAD.where(_C.number == bindparam("number"))
# An index of a part is used where its condition stands in the statement as it is, not as a parameter.
_ALIVE = (_C.post_id == bindparam("post_id"), _C.living > literal_column("0"))
_COUNT = select(func.count()).where(*_ALIVE)
_BEGUN = (
    select(*(_C[name] for name in Root._fields), _COUNT.scalar_subquery())
    .where(*_ALIVE)
    .limit(_LIMIT)
    .offset(bindparam("offset", type_=Integer))
)
# What is true of every one of them keeps SQLite to the index in this order: with `living` alone to bound it would take
# the one of the replies, and sort all that it finds.
_IN_TIME, _IN_MARKS = _BEGUN.where(_C.number > literal_column("0")), _BEGUN.where(_C.marks >= literal_column("0"))
_ROOTS = {
    OLDEST: _IN_TIME.order_by(_C.number),
    NEWEST: _IN_TIME.order_by(_C.number.desc()),
    REPLIES: _BEGUN.order_by(_C.living.desc(), _C.number.desc()),
    MARKS: _IN_MARKS.order_by(_C.marks.desc(), _C.number.desc()),
}
_ORDERS = {
    OLDEST: lambda root: root.number,
    NEWEST: lambda root: -root.number,
    REPLIES: lambda root: (-root.living, -root.number),
    MARKS: lambda root: (-root.marks, -root.number),
}
_ROOT = select(*(_C[name] for name in Root._fields)).where(_C.id == bindparam("root"))
_RANK = _COUNT.where(_C.number < bindparam("number"))
_POSITION = select(func.count()).where(
    _C.post_id == bindparam("post_id"), _C.root_id == bindparam("root"), _C.place < bindparam("place")
)
_UP = select(_C.id, _C.parent_id, literal(0).label("step")).where(_C.id == bindparam("id")).cte("up", recursive=True)
_PARENT = Comment.__table__.alias("parent")
_UP = _UP.union_all(
    select(_PARENT.c.id, _PARENT.c.parent_id, _UP.c.step + 1)
    .select_from(_UP)
    .join(_PARENT, _PARENT.c.id == _UP.c.parent_id)
    .where(_UP.c.step < bindparam("most", type_=Integer))
)
_ABOVE = _ROWS.join(_UP, _UP.c.id == _C.id).where(_UP.c.step > 0, _C.place.is_not(None)).order_by(_UP.c.step.desc())
_THESE = _ROWS.where(_C.id.in_(bindparam("ids", expanding=True)))


def of_pages(post: Post, first: int, last: int, sort: str = OLDEST) -> Found:
    """The conversations on the pages *first* to *last* of a thread in one of its orders, but not in order of time."""
    per_page = settings.current().threads_per_page
    if post.last_number <= per_page:  # they fit on one page, whoever answers whom
        found = _fetch(_WHOLE_THREAD, post_id=post.id)
        roots = sorted((_root(row) for row in found if row.living > 0), key=_ORDERS[sort])
        total = len(roots)
        roots = roots if first == 1 else []
    else:
        limit, offset = (last - first + 1) * per_page, (first - 1) * per_page
        begun = rows.fetch(_ROOTS[sort], post_id=post.id, limit=max(limit, 0), offset=offset)
        total = begun[0][-1] if begun else 0
        roots = [Root._make(row[:-1]) for row in begun]
        shares = {root.id: share for part in _parts(roots, per_page) for root, share in part}
        found = _read(post.id, roots, shares, with_mentions=first == 1) if roots else []
    by_root: dict[int, list[Row]] = {root.id: [] for root in roots}
    for row in found:
        if row.kind != MENTION and row.root_id in by_root:
            by_root[row.root_id].append(row)
    conversations = [Conversation(root, sorted(by_root[root.id], key=_place)) for root in roots]
    mentions = [row for row in found if row.kind == MENTION] if first == 1 else []
    return Found(conversations, sorted(mentions, key=lambda row: row.created_at), max(1, -(-total // per_page)))


def in_time(post: Post, first: int, last: int) -> tuple[list[Row], int]:
    """The comments on the pages *first* to *last* in order of time, and how many pages there are.

    A page is a range of numbers: what it shows moves to no other one, whatever is removed.
    """
    per_page = settings.current().threads_per_page
    found = _fetch(_NUMBERED, post_id=post.id, after=(first - 1) * per_page, upto=last * per_page)
    return sorted(found, key=lambda row: row.number or 0), max(1, -(-post.last_number // per_page))


def page_of(comment: Comment) -> int | None:
    """The page on which *comment* stands, oldest first; nothing if its conversation is cut off above it."""
    post, per_page = comment.post, settings.current().threads_per_page
    if post.last_number <= per_page or comment.place is None:
        return 1
    root = Root._make(rows.fetch(_ROOT, root=comment.root_id)[0])
    number = rows.fetch(_RANK, post_id=post.id, number=root.number)[0][0] // per_page + 1
    if comment.id == root.id or root.size <= LONGEST_PAGE // per_page:
        return int(number)
    begun = rows.fetch(_ROOTS[OLDEST], post_id=post.id, limit=per_page, offset=(number - 1) * per_page)
    share = dict(_share([Root._make(row[:-1]) for row in begun])).get(root, 0)
    position = rows.fetch(_POSITION, post_id=post.id, root=root.id, place=comment.place)[0][0]
    return int(number) if position < share else None


def above(comment_id: int) -> list[Row]:
    """What a comment answers, and what that answers: the nearest ABOVE, the uppermost first."""
    return _fetch(_ABOVE, id=comment_id, most=ABOVE)


def these(ids: Iterable[int]) -> list[Row]:
    """The comments with these *ids*."""
    wanted = list(ids)
    return _fetch(_THESE, ids=wanted) if wanted else []


def changed(post: Post, since: int) -> list[Row]:
    """What has become another *since* so many changes; if that is very much, the last of it."""
    return _fetch(_CHANGED, post_id=post.id, since=since, limit=50) if since < post.changes else []


def numbered(post_id: int, number: int) -> Row | None:
    """The comment that has this *number* below a post."""
    found = _fetch(_ONE, post_id=post_id, number=number)
    return found[0] if found else None


def below(comment: Comment, after: Row | None = None) -> tuple[list[Row], bool]:
    """What is below *comment* in thread order, from what comes *after* a row of it; and whether there is more."""
    place = comment.place or ""
    steps = places.way(place)
    start = after.place if after else place
    # What is deeper than the places say follows in the order of its numbers, among others that answer nothing of it.
    stem = place if len(steps) <= places.LEVELS else place[: -1 - len(str(steps[-1]))]
    found = _fetch(
        _BELOW,
        post_id=comment.post_id,
        root=comment.root_id,
        start=start,
        end=places.end(stem),
        limit=LONGEST_PAGE + 1,
    )
    has_more = len(found) > LONGEST_PAGE
    found = found[:LONGEST_PAGE]
    if len(steps) > places.LEVELS:
        known = {comment.id}
        found = [row for row in found if row.parent_id in known and not known.add(row.id)]  # type: ignore[func-returns-value]
    return found, has_more


def _read(post_id: int, roots: Sequence[Root], shares: dict[int, int], *, with_mentions: bool) -> list[Row]:
    """All comments of these conversations; of those that are longer than their share, the first."""
    whole = [root.id for root in roots if root.size <= shares[root.id]]
    found = _fetch(_FIRST_PAGE if with_mentions else _CHOSEN, post_id=post_id, roots=whole)
    for share in {share for root, share in shares.items() if root not in whole}:
        cut = [root.id for root in roots if root.size > share == shares[root.id]]
        found += _fetch(
            _starts(len(cut)), post_id=post_id, limit=share, **{f"root{at}": root for at, root in enumerate(cut)}
        )
    return found


@cache  # never forgotten: its words are remembered by which object it is (core/rows.py)
def _starts(number: int) -> CompoundSelect[Any]:
    """The first comments of so many conversations, in one question."""
    each = [
        _THREAD.where(_C.root_id == bindparam(f"root{at}")).order_by(_C.place).limit(_LIMIT) for at in range(number)
    ]
    return union_all(*(select(start.subquery()) for start in each))


def _parts(roots: Sequence[Root], per_page: int) -> Iterable[list[tuple[Root, int]]]:
    left = iter(roots)
    while part := list(islice(left, per_page)):
        yield _share(part)


def _share(roots: Sequence[Root]) -> list[tuple[Root, int]]:
    """How many comments of each conversation a page has room for: the same for all that need more than others."""
    room, most = LONGEST_PAGE, LONGEST_PAGE
    sizes = sorted(root.size for root in roots)
    if sum(sizes) > room:
        for at, size in enumerate(sizes):
            most = max(1, room // (len(sizes) - at))
            if size > most:
                break
            room -= size
    return [(root, most) for root in roots]


def _fetch(statement: Select[Any] | CompoundSelect[Any], **values: object) -> list[Row]:
    found: list[Row] = list(rows.fetch(statement, **values))
    generations.reads(*(f"person:{row.person_id}" for row in found if row.person_id))
    return found


def _root(row: Row) -> Root:
    return Root(row.id, row.number or 0, row.size, row.living, row.marks)


def _place(row: Row) -> str:
    return row.place
