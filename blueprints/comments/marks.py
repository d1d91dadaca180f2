"""Marks: "worth reading", one a browser and comment, without an account.

A click is one row of a table of its own and changes no page. `count_in`, which the served site does every minute,
brings the numbers that readers see up to date and has each page drawn anew once for however many clicks; whoever
has clicked is answered with the number of that moment.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, bindparam, delete, false, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.comments.models import Comment, writer_hash
from blueprints.core import generations, rows
from blueprints.core.db import Base, UTCDateTime, db, now, writing

# So many comments are brought up to date in one transaction.
AT_ONCE = 500
_UNCOUNTED = text("NOT is_counted")


class Mark(Base):
    """That one browser found a comment worth reading; taken back, it is there until the next count."""

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_uncounted", "comment_id", sqlite_where=_UNCOUNTED, postgresql_where=_UNCOUNTED),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True)
    reader_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    is_taken_back: Mapped[bool] = mapped_column(default=False)
    is_counted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


_M, _C = Mark.__table__, Comment.__table__
_COUNT = select(func.count()).where(_M.c.comment_id == bindparam("comment_id"), _M.c.is_taken_back.is_(false()))
_OWN = select(_M.c.is_taken_back).where(
    _M.c.comment_id == bindparam("comment_id"), _M.c.reader_hash == bindparam("reader_hash")
)
_WAITING = select(_M.c.comment_id).where(_UNCOUNTED).distinct().order_by(_M.c.comment_id).limit(AT_ONCE)

_ANY_WAITING = select(_M.c.comment_id).where(_UNCOUNTED).limit(1)


def count(comment_id: int) -> int:
    """How many browsers have marked a comment, at this moment."""
    return int(rows.fetch(_COUNT, comment_id=comment_id)[0][0])


def has(comment_id: int, reader: str | None) -> bool:
    """Whether the browser with the cookie value *reader* has marked a comment."""
    found = rows.fetch(_OWN, comment_id=comment_id, reader_hash=writer_hash(reader)) if reader else []
    return bool(found) and not found[0][0]


def press(comment_id: int, reader: str) -> bool:
    """Inside `writing()`: mark a comment for the browser with the cookie *reader*, or take its mark back; whether it
    is marked now.
    """
    mark = db.session.get(Mark, (comment_id, writer_hash(reader)))
    if mark is None:
        db.session.add(Mark(comment_id=comment_id, reader_hash=writer_hash(reader)))
        return True
    mark.is_taken_back, mark.is_counted = not mark.is_taken_back, False
    return not mark.is_taken_back


def count_in(_moment: datetime) -> int:
    """Show readers the marks that came and went since the last time; how many comments that were."""
    if not rows.fetch(_ANY_WAITING):
        return 0  # seen without the lock: what a quiet minute costs
    with writing():
        waiting = [number for (number,) in rows.fetch(_WAITING)]
        counted = (
            select(func.count())
            .where(_M.c.comment_id == _C.c.id, _M.c.is_taken_back.is_(false()))
            .correlate(_C)
            .scalar_subquery()
        )
        changed = update(Comment).where(_C.c.id.in_(waiting), _C.c.marks != counted).values(marks=counted)
        unseen = {"synchronize_session": False}
        posts = db.session.execute(changed.returning(_C.c.post_id), execution_options=unseen).scalars()
        generations.touch(*(f"post:{number}" for number in set(posts)))
        db.session.execute(delete(Mark).where(_M.c.comment_id.in_(waiting), _M.c.is_taken_back))
        db.session.execute(update(Mark).where(_M.c.comment_id.in_(waiting), _UNCOUNTED).values(is_counted=True))
    return len(waiting)
