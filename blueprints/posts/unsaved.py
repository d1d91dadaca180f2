"""Texts that somebody has begun and not saved, as their browser last sent them: one for each account and post.

No version, nothing public; whoever saves or discards it removes it. A new post is none yet: its row names no post.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Account
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.posts.models import Post

# For how long after the last change somebody counts as writing.
MINUTES_OF_WRITING = 15


class Unsaved(Base):
    """What one account has made of one post since it was last saved."""

    __tablename__ = "unsaved"
    __table_args__ = (Index("ix_unsaved_account_id", "account_id", "post_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(Text, default="")
    standfirst: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    # What the form was opened with: the mark of the post's content, and the number of its version.
    was: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)

    def differs_from(self, post: Post | None) -> bool:
        """Whether it says anything that *post*, or an empty form, does not."""
        stored = (post.title, post.standfirst, post.body) if post else ("", "", "")
        return (self.title, self.standfirst, self.body) != stored


def of(account: Account, post: Post | None) -> Unsaved | None:
    """What *account* has not saved of *post*, or of a new one."""
    which = Unsaved.post_id == post.id if post else Unsaved.post_id.is_(None)
    return db.session.scalar(select(Unsaved).where(Unsaved.account_id == account.id, which).order_by(Unsaved.id))


def keep(account: Account, post: Post | None, *, words: dict[str, str], was: str, version: int) -> Unsaved:
    """Inside a write transaction: let the row of *account* and *post* say *words*."""
    row = of(account, post)
    if row is None:
        row = Unsaved(account_id=account.id, post_id=post.id if post else None)
        db.session.add(row)
    row.title, row.standfirst, row.body = words["title"], words["standfirst"], words["body"]
    row.was, row.version, row.sent_at = was, version, now()
    return row


def forget(account: Account, post: Post | None) -> None:
    """Inside a write transaction: it was saved or discarded."""
    row = of(account, post)
    if row is not None:
        db.session.delete(row)


def others(account: Account, post: Post) -> Sequence[Unsaved]:
    """What other people are writing in *post* at this time."""
    since = now() - timedelta(minutes=MINUTES_OF_WRITING)
    return db.session.scalars(
        select(Unsaved)
        .where(Unsaved.post_id == post.id, Unsaved.account_id != account.id, Unsaved.sent_at > since)
        .order_by(Unsaved.sent_at.desc())
    ).all()
