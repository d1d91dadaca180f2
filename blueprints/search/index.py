"""The index: the words of everything that was published, kept right in the transaction of each write.

A reader's comment is put in where it is stored (one statement). Of whatever else is written the session tells; what may
have changed is noted while it flushes, and read and written again before the commit, once, however often it changed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from sqlalchemy import Connection, Select, bindparam, event, func, inspect, literal, select, union_all
from sqlalchemy.orm import Session

from blueprints.accounts.models import Person
from blueprints.comments import models as comments
from blueprints.comments.models import APPROVED, Comment
from blueprints.core.db import after_rollback, before_commit, connection, db, notes
from blueprints.core.generations import Changes
from blueprints.posts.bylines import Byline
from blueprints.posts.models import PUBLISHED, Post
from blueprints.posts.tags import Tag, retagged, tagging
from blueprints.search import postgresql, sqlite
from blueprints.search.found import COMMENT, COMMENTS, KINDS, POST, POSTS, Entry, Match
from blueprints.search.snippets import plain
from blueprints.search.words import Query, to_index

# Rows whose texts are in memory at once.
_AT_ONCE = {POST: 50, COMMENT: 500}
_NOTED = "hustings_to_index"
_PERSON, _TAG = "person", "tag"
_BYLINES, _PEOPLE, _TAGS = Byline.__table__, Person.__table__, Tag.__table__
_POSTS_OF = {
    _PERSON: select(_BYLINES.c.post_id).where(_BYLINES.c.person_id == bindparam("own")),
    _TAG: select(tagging.c.post_id).where(tagging.c.tag_id == bindparam("own")),
}


class Backend(Protocol):
    """What each of the two database modules can be asked."""

    def create(self, connection: Connection, /) -> None:
        """Make the tables, empty."""

    def put(self, connection: Connection, kind: str, entries: Iterable[Entry], /) -> None:
        """Write entries, each in the place of the one with its id."""

    def remove(self, connection: Connection, kind: str, ids: Sequence[int], /) -> None:
        """Take the entries with these ids out."""

    def clear(self, connection: Connection, kind: str, /) -> None:
        """Take all entries of a kind out."""

    def number(self, kind: str, query: Query, moment: datetime, /) -> int:
        """How many public matches there are, counted to MOST + 1."""

    def newest(self, kind: str, query: Query, moment: datetime, /) -> Sequence[Any]:
        """The newest public matches, at most MOST + 1."""

    def ranked(self, kind: str, query: Query, moment: datetime, found: Sequence[Any], /) -> list[Match]:
        """What `newest` has *found*, with as many titles where there may be older ones, and how good each is."""


_BACKENDS: dict[str, Backend] = {"sqlite": sqlite, "postgresql": postgresql}


def backend(connection: Connection) -> Backend:
    """The module that knows what is particular about full text in the database behind *connection*."""
    return _BACKENDS[connection.dialect.name]


def is_of_index(table: str) -> bool:
    """Whether *table* holds nothing but what can be made again from posts and comments."""
    return any(table == f"search_{kind}" or table.startswith(f"search_{kind}_") for kind in KINDS)


def create(connection: Connection) -> None:
    """Make the index, empty, in the place of any that is there."""
    drop(connection)
    backend(connection).create(connection)


def drop(connection: Connection) -> None:
    """Take the index away."""
    for kind in KINDS:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS search_{kind}")


def fill(
    connection: Connection, progress: Callable[[int], object] = lambda _rows: None, kinds: Iterable[str] = KINDS
) -> None:
    """Make every entry of these *kinds* anew; *progress* is told of each lot of rows. Little is in memory at once."""
    for kind in kinds:
        backend(connection).clear(connection, kind)
        last = 0
        while ids := connection.scalars(_FOLLOWING[kind], {"last": last}).all():
            refresh(connection, kind, ids)
            progress(len(ids))
            last = ids[-1]


def settle(connection: Connection) -> None:
    """After a migration: fill what is empty, be it new or emptied because words are made differently now."""
    if inspect(connection).has_table(f"search_{POST}"):
        some = "SELECT count(*) FROM (SELECT 1 FROM search_{} LIMIT 1) AS entries"
        fill(connection, kinds=[kind for kind in KINDS if not connection.exec_driver_sql(some.format(kind)).scalar()])


def size(connection: Connection) -> int:
    """How many posts and comments `fill` will read."""
    return sum(connection.scalar(_NUMBER[kind]) or 0 for kind in KINDS)


def refresh(connection: Connection, kind: str, ids: Sequence[int]) -> None:
    """Bring the entries with these *ids* to where the rows are now."""
    ids = sorted(ids)
    for start in range(0, len(ids), _AT_ONCE[kind]):
        batch = ids[start : start + _AT_ONCE[kind]]
        entries = list((_posts if kind == POST else _comments)(connection, batch))
        backend(connection).put(connection, kind, entries)
        if gone := sorted(set(batch).difference(entry.id for entry in entries)):
            backend(connection).remove(connection, kind, gone)


def forget_thread(connection: Connection, post_id: int) -> None:
    """Take the comments of a post out, before a bulk statement removes them."""
    ids = connection.scalars(select(COMMENTS.c.id).where(COMMENTS.c.post_id == post_id)).all()
    backend(connection).remove(connection, COMMENT, ids)


def _posts(connection: Connection, ids: Sequence[int]) -> Iterator[Entry]:
    """The entries of those of these posts that were published, or are to be at a known minute."""
    named = {
        post_id: " ".join(row.name for row in rows)
        for post_id, rows in groupby(connection.execute(_NAMES, {"ids": ids}), lambda row: row.post_id)
    }
    for row in connection.execute(_POSTS_TO_READ, {"ids": ids}):
        beside = f"{row.standfirst} {named.get(row.id, '')}"
        yield Entry(row.id, to_index(row.title), to_index(beside), to_index(plain(row.body_html)))


def _comments(connection: Connection, ids: Sequence[int]) -> Iterator[Entry]:
    """The entries of those of these comments that were approved."""
    for row in connection.execute(_COMMENTS_TO_READ, {"ids": ids}):
        yield _entry_of(row)


def _entry_of(comment: Any) -> Entry:
    return Entry(comment.id, to_index(comment.name), "", to_index(plain(comment.html)))


def _chosen(column: Any) -> Any:
    return column.in_(bindparam("ids", expanding=True))


# Mentions are listed by their names alone: their texts are read by nobody.
_FINDABLE = {
    POST: [POSTS.c.state == PUBLISHED],
    COMMENT: [COMMENTS.c.state == APPROVED, COMMENTS.c.kind == comments.COMMENT],
}
_ROWS = {POST: POSTS, COMMENT: COMMENTS}
_FOLLOWING: dict[str, Select[Any]] = {
    kind: select(rows.c.id)
    .where(rows.c.id > bindparam("last"), *_FINDABLE[kind])
    .order_by(rows.c.id)
    .limit(_AT_ONCE[kind])
    for kind, rows in _ROWS.items()
}
_NUMBER = {kind: select(func.count()).select_from(rows).where(*_FINDABLE[kind]) for kind, rows in _ROWS.items()}
_POSTS_TO_READ = select(POSTS.c.id, POSTS.c.title, POSTS.c.standfirst, POSTS.c.body_html).where(
    _chosen(POSTS.c.id), *_FINDABLE[POST]
)
_COMMENTS_TO_READ = select(COMMENTS.c.id, COMMENTS.c.name, COMMENTS.c.html).where(
    _chosen(COMMENTS.c.id), *_FINDABLE[COMMENT]
)
_NAMES = union_all(
    select(_BYLINES.c.post_id, _BYLINES.c.position.label("place"), _PEOPLE.c.name)
    .join_from(_BYLINES, _PEOPLE)
    .where(_chosen(_BYLINES.c.post_id)),
    select(tagging.c.post_id, literal(1_000_000).label("place"), _TAGS.c.name)
    .join_from(tagging, _TAGS)
    .where(_chosen(tagging.c.post_id)),
).order_by("post_id", "place", "name")


@comments.stored.connect
def _put_comment(comment: Comment) -> None:
    """A comment that readers see was stored, past the session."""
    if comment.state == APPROVED and comment.kind == comments.COMMENT:
        through = connection()
        backend(through).put(through, COMMENT, [_entry_of(comment)])


@retagged.connect
def _note_posts(posts: list[int]) -> None:
    """Posts got other tags, past the session."""
    notes().setdefault(_NOTED, set()).update((POST, post_id) for post_id in posts)


def _what(row: object, changes: Changes) -> tuple[str, int] | None:
    """What in the index may have changed with *row*."""
    if isinstance(row, Post):
        if PUBLISHED in (row.state, *changes.former("state")) and changes.of(
            "state", "title", "standfirst", "body_html", "tags", "bylines"
        ):
            return POST, row.id
    elif isinstance(row, Comment):
        if APPROVED in (row.state, *changes.former("state")) and changes.of("state", "name", "html"):
            return COMMENT, row.id
    elif isinstance(row, Byline):
        return POST, row.post_id
    elif isinstance(row, Person | Tag) and not changes.whole and changes.of("name"):
        return (_PERSON if isinstance(row, Person) else _TAG), row.id
    return None


def _note(session: Session, rows: Iterable[object], *, whole: bool) -> None:
    for row in rows:
        if (whole or session.is_modified(row)) and (found := _what(row, Changes(row, whole=whole))):
            notes().setdefault(_NOTED, set()).add(found)


@event.listens_for(db.session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    _note(session, session.deleted, whole=True)


@event.listens_for(db.session, "after_flush")
def _after_flush(session: Session, _context: object) -> None:
    _note(session, session.new, whole=True)
    _note(session, session.dirty, whole=False)


@before_commit
def _before_commit(noted: dict[str, Any]) -> None:
    changed: set[tuple[str, int]] = noted.pop(_NOTED, set())
    if not changed:
        return
    through = connection()
    ids: dict[str, set[int]] = {kind: {number for of, number in changed if of == kind} for kind in KINDS}
    for kind, number in changed:
        if kind in _POSTS_OF:
            ids[POST].update(through.scalars(_POSTS_OF[kind], {"own": number}))
    for kind in KINDS:
        refresh(through, kind, list(ids[kind]))


@after_rollback
def _after_rollback(noted: dict[str, Any]) -> None:
    noted.pop(_NOTED, None)
