"""Generations: what the public pages are made of, and when each part of it last changed.

A page names its parts while it is drawn (`reads`): "site", "posts", "post:12", "by:3". Whoever writes names what
changes for readers (`touches` of each noun, or `touch` beside a bulk statement), and the names get the next numbers in
the same transaction. A kept page is right as long as none of its parts has a newer number (core/cache.py).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import String, event, inspect, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from blueprints.core import rows, watch
from blueprints.core.db import Base, after_commit, after_rollback, before_commit, connection, db, notes

T = TypeVar("T", bound=Base)
EVERYTHING = "*"
# The application's extension that holds whom to tell after a write of this process: each is
# called with the names that it touched.
TOLD = "told_of_changes"
_TOUCHED = "hustings_touched"
# The write lock is held: no other transaction can take the same number or become visible out of order.
_TOUCH = text(
    "INSERT INTO generation (name, number) VALUES (:name, (SELECT coalesce(max(number), 0) FROM generation) + 1) "
    "ON CONFLICT (name) DO UPDATE SET number = excluded.number"
)


class Generation(Base):
    """One part of the public pages and the number of its last change; numbers grow over all names."""

    __tablename__ = "generation"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(index=True)


@dataclass
class Reading:
    """What a page was made of, and until when (seconds since 1970) it is right by itself."""

    names: set[str] = field(default_factory=set)
    until: float = float("inf")


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading() -> Iterator[Reading]:
    """Collect what is read inside the block."""
    noted = Reading()
    token = _reading.set(noted)
    try:
        yield noted
    finally:
        _reading.reset(token)


def reads(*names: str) -> None:
    """The page that is being drawn is made of these."""
    if noted := _reading.get():
        noted.names.update(names)


def read_one(shape: rows.Shape[T], statement: rows.Question, **values: object) -> T | None:
    """The one that *statement* finds, for reading only; the page that is being drawn is made of it."""
    found = rows.fetch(statement, **values)
    if not found:
        return None
    reads(f"{shape.model.__tablename__}:{found[0].id}")
    return shape.of(found[0])


def lasts_until(moment: datetime | None) -> None:
    """The page that is being drawn is another one from *moment* on: a post is due."""
    if moment is not None and (noted := _reading.get()):
        noted.until = min(noted.until, moment.timestamp())


def is_passing() -> bool:
    """Whether the page that is being drawn will be another one at a moment that is known already."""
    noted = _reading.get()
    return noted is not None and noted.until != float("inf")


def names_read() -> list[str]:
    """What the page that is being drawn was made of until now."""
    noted = _reading.get()
    return sorted(noted.names) if noted else []


class Changes:
    """What a flush writes of one row; of a *whole* row when it is new or goes."""

    def __init__(self, row: object, *, whole: bool) -> None:
        self.attributes = inspect(row).attrs
        self.whole = whole

    def of(self, *names: str) -> bool:
        """Whether one of these attributes gets another value."""
        return self.whole or any(self.attributes[name].history.has_changes() for name in names)

    def former(self, name: str) -> list[Any]:
        """The values that the attribute loses; of a collection, what leaves it."""
        return list(self.attributes[name].history.deleted or ())


def touch(*names: str) -> None:
    """Inside `writing()`: these change for readers, by a statement that no row of a session tells of."""
    notes().setdefault(_TOUCHED, set()).update(names)


def _collect(session: Session, rows: Iterable[Any], *, whole: bool) -> None:
    names = notes().setdefault(_TOUCHED, set())
    for row in rows:
        if EVERYTHING not in names and hasattr(row, "touches") and (whole or session.is_modified(row)):
            names.update(row.touches(Changes(row, whole=whole)))


@event.listens_for(db.session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    _collect(session, session.deleted, whole=True)  # what belongs to them is still to be found


@event.listens_for(db.session, "after_flush")
def _after_flush(session: Session, _context: object) -> None:
    _collect(session, session.new, whole=True)
    _collect(session, session.dirty, whole=False)


@before_commit
def _before_commit(noted: dict[str, Any]) -> None:
    if names := noted.get(_TOUCHED):
        if EVERYTHING in names:
            names = {EVERYTHING}
        through = connection()
        for name in sorted(names):
            rows.write(through, _TOUCH, name=name)
        watch.announce(through)


@after_commit
def _after_commit(noted: dict[str, Any]) -> None:
    if names := noted.pop(_TOUCHED, None):
        for tell in current_app.extensions.get(TOLD, ()):
            tell(frozenset(names))


@after_rollback
def _after_rollback(noted: dict[str, Any]) -> None:
    noted.pop(_TOUCHED, None)
