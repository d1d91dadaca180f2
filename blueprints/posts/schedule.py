"""The schedule: what is done at a post's minute, without a visit, and whether it was done in time.

An appointment follows the date of its post by itself, whoever sets that. Readers do not need it: they see the post from
its minute on. At the minute the worker notes that its text was public, and touches what caches elsewhere hold; a minute
that passed while nothing ran is made up for at the start, and says so. The worker says once a minute that it is alive:
a row that no page is made of, so the pages that are kept stay kept.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, ForeignKey, Index, bindparam, delete, event, insert, inspect, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person
from blueprints.core import generations, rows, settings
from blueprints.core.db import Base, UTCDateTime, db, now, writing
from blueprints.posts import versions
from blueprints.posts.bylines import Byline
from blueprints.posts.models import PUBLISHED, Post

SECONDS_TO_LOOK = 1
# Later than this, and it was not the minute that was promised.
IN_TIME = timedelta(minutes=1)
# A worker that has not been seen for so long is not there.
SILENT = timedelta(minutes=3)
AT_ONCE = 100


class Appointment(Base):
    """The minute at which a post is to appear; from *fired_at* on, when that was done."""

    __tablename__ = "appointment"
    __table_args__ = (Index("ix_appointment_due", "fired_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    fired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When the worker had last been seen, where it was not there at the minute.
    absent_since: Mapped[datetime | None] = mapped_column(UTCDateTime)

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)

    @property
    def late(self) -> timedelta:
        """How long after its minute it was done."""
        return (self.fired_at or now()) - self.due_at

    @property
    def was_missed(self) -> bool:
        """Whether nobody was there at its minute."""
        return self.late > IN_TIME


@dataclass(frozen=True)
class Worker:
    """What the desk says of the worker; *seen_at* is nothing where none was ever there."""

    seen_at: datetime | None

    @property
    def is_alive(self) -> bool:
        """Whether it would do now what is due."""
        return self.seen_at is not None and self.seen_at > now() - SILENT


_APPOINTMENT = Appointment.__table__
_OPEN = delete(Appointment).where(_APPOINTMENT.c.post_id == bindparam("own"), _APPOINTMENT.c.fired_at.is_(None))
_DUE = (
    select(_APPOINTMENT.c.id)
    .where(_APPOINTMENT.c.fired_at.is_(None), _APPOINTMENT.c.due_at <= bindparam("moment"))
    .limit(1)
)


@event.listens_for(Post, "after_insert")
@event.listens_for(Post, "after_update")
def _follow_post(_mapper: object, connection: Connection, post: Post) -> None:
    """Keep the appointment of a post that has one, or no longer has."""
    attributes = inspect(post).attrs
    if not (attributes.published_at.history.has_changes() or attributes.state.history.has_changes()):
        return
    connection.execute(_OPEN, {"own": post.id})
    if post.state == PUBLISHED and post.published_at is not None and post.published_at > now():
        connection.execute(insert(Appointment).values(post_id=post.id, due_at=post.published_at))


def look(moment: datetime) -> None:
    """Do what is due at *moment*, and say that somebody is here; looks first, without the write lock."""
    if rows.fetch(_DUE, moment=moment):
        with writing():
            _fire(moment, worker().seen_at)
    file = _file()
    file.touch()
    os.utime(file, (int(moment.timestamp()),) * 2)


def _fire(moment: datetime, seen_at: datetime | None) -> None:
    """Inside `writing()`, so that of several workers one does it: all that is due."""
    due = (
        select(Appointment)
        .where(Appointment.fired_at.is_(None), Appointment.due_at <= moment)
        .order_by(Appointment.due_at)
        .limit(AT_ONCE)
    )
    for appointment in db.session.scalars(due):
        post = appointment.post
        appointment.fired_at = moment
        if appointment.was_missed and seen_at is not None and seen_at < appointment.due_at:
            appointment.absent_since = seen_at
        versions.begin(post)
        generations.touch(
            *(f"post:{post.id}", "posts", "addresses"),
            *(f"by:{number}" for number in post.author_ids),
            *(f"tagged:{tag.id}" for tag in post.tags),
        )


def fired(*, of: Person | None, limit: int) -> Sequence[Appointment]:
    """What was done last, the latest first; only *of* one person's posts where given."""
    query = select(Appointment).where(Appointment.fired_at.is_not(None))
    if of is not None:
        query = query.join(Byline, Byline.post_id == Appointment.post_id).where(Byline.person_id == of.id)
    return db.session.scalars(query.order_by(Appointment.fired_at.desc(), Appointment.id.desc()).limit(limit)).all()


def worker() -> Worker:
    """When the worker of this machine was last seen."""
    try:
        return Worker(datetime.fromtimestamp(_file().stat().st_mtime, UTC))
    except FileNotFoundError:
        return Worker(None)


def _file() -> Path:
    return settings.current().instance / "worker.seen"
