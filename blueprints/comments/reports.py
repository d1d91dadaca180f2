"""Reports: what readers tell the editors about a comment, and what came of it. Nobody but the staff sees who did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column, selectinload

from blueprints.accounts.models import Person
from blueprints.comments.models import Comment
from blueprints.core import rows
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.posts.bylines import Byline

# What a reader can choose, and what the writer is told if the comment goes for it (after "because").
REASONS = {
    "spam": ("It is advertising or spam", "it is advertising"),
    "abuse": ("It attacks or insults somebody", "it attacks somebody"),
    "off-topic": ("It is not about the post", "it is not about the post"),
    "private": ("It tells something private about somebody", "it tells something private about somebody"),
    "error": ("Something in it is wrong", "what it says is wrong"),
}
BECAUSE = {
    **{name: because for name, (_label, because) in REASONS.items()},
    "rules": "it breaks the house rules",
    "repeated": "it was there already",
}
DISMISSED, REMOVED = "dismissed", "removed"
_OPEN = text("closed_at IS NULL")


class Report(Base):
    """One reader's report of one comment."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_comment", "comment_id", "closed_at"),
        Index("ix_report_open", "comment_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_report_closed_at", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(1000), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    address_hash: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(10), default="")


@dataclass(frozen=True)
class Reported:
    """A comment and all that is open about it."""

    comment: Comment
    reports: list[Report]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """What it is reported for, and by how many; the most frequent first."""
        counted: dict[str, int] = {}
        for report in self.reports:
            counted[report.reason] = counted.get(report.reason, 0) + 1
        return sorted(counted.items(), key=lambda pair: -pair[1])


_R = Report.__table__


def file(comment_id: int, *, reason: str, note: str, email: str, address_hash: str) -> Report:
    """Inside `writing()`: take in a report; one from the same address that is still open takes up this one."""
    same = select(Report).where(
        Report.comment_id == comment_id, Report.closed_at.is_(None), Report.address_hash == address_hash
    )
    report = db.session.scalars(same.limit(1)).first() if address_hash else None
    if report is None:
        report = Report(comment_id=comment_id, address_hash=address_hash)
        db.session.add(report)
    report.reason, report.note = reason, note or report.note or ""
    report.email = email or report.email or ""
    return report


def close(comment_id: int, outcome: str) -> list[tuple[int, str]]:
    """Inside `writing()`: what is open about a comment has come to this; the id and address of each report."""
    statement = update(Report).where(Report.comment_id == comment_id, Report.closed_at.is_(None))
    closed = statement.values(closed_at=now(), outcome=outcome).returning(Report.id, Report.email)
    return [(row.id, row.email) for row in db.session.execute(closed)]


def by(email: str) -> Sequence[Report]:
    """What was reported under this address."""
    return db.session.scalars(select(Report).where(Report.email == email).order_by(Report.id)).all()


def disown(email: str) -> None:
    """Inside `writing()`: keep the reports of this address without it."""
    db.session.execute(update(Report).where(Report.email == email).values(email=""))


def reopen(comment_id: int) -> None:
    """Inside `writing()`: undo the last `close`."""
    last = select(func.max(_R.c.closed_at)).where(_R.c.comment_id == comment_id).scalar_subquery()
    statement = update(Report).where(Report.comment_id == comment_id, Report.closed_at == last)
    db.session.execute(statement.values(closed_at=None, outcome=""), execution_options={"synchronize_session": False})


def waiting(number: int, size: int, *, of: Person | None = None) -> tuple[list[Reported], bool]:
    """Page *number* of the comments with open reports, what most have reported first; whether there are more."""
    query = _open_ones(of).group_by(Report.comment_id).order_by(func.count().desc(), Report.comment_id)
    query = query.limit(size + 1).offset((number - 1) * size)
    ids = list(db.session.scalars(query))
    found = _reported(ids[:size])
    return [found[number] for number in ids[:size]], len(ids) > size


def about(comment: Comment) -> Reported:
    """What is open about *comment*."""
    return _reported([comment.id]).get(comment.id) or Reported(comment, [])


def count(*, of: Person | None = None) -> int:
    """How many comments have open reports."""
    return db.session.scalar(select(func.count()).select_from(_open_ones(of).distinct().subquery())) or 0


def _open_ones(of: Person | None) -> Select[int]:
    """The ids of comments with open reports, one for each report."""
    query = select(Report.comment_id).where(Report.closed_at.is_(None))
    if of is None:
        return query
    joined = query.join(Comment, Comment.id == Report.comment_id).join(Byline, Byline.post_id == Comment.post_id)
    return joined.where(Byline.person_id == of.id)


def _reported(ids: list[int]) -> dict[int, Reported]:
    comments = db.session.scalars(select(Comment).where(Comment.id.in_(ids)).options(selectinload(Comment.parent)))
    found = {comment.id: Reported(comment, []) for comment in comments}
    open_ones = select(Report).where(Report.comment_id.in_(ids), Report.closed_at.is_(None)).order_by(Report.id)
    for report in db.session.scalars(open_ones):
        found[report.comment_id].reports.append(report)
    return found


_FORGET = delete(Report).where(_R.c.closed_at < bindparam("before"))
_FORGETTABLE = select(_R.c.id).where(_R.c.closed_at < bindparam("before")).limit(1)


def forget(before: datetime) -> int:
    """Inside `writing()`: drop what was closed *before* that, with whatever it says of who wrote it."""
    return int(db.session.connection().execute(_FORGET, {"before": before}).rowcount)


def any_to_forget(before: datetime) -> bool:
    """Whether there is anything for `forget`."""
    return bool(rows.fetch(_FORGETTABLE, before=before))
