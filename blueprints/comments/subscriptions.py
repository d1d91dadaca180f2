"""Subscriptions: who wants to be told of what, how often, and whether the address has said so itself.

A choice counts once the owner of the address has confirmed it from a mail, or where it comes from a browser for which
that was done before. Until then it stands beside the one that counts, and is forgotten after a week.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person
from blueprints.comments import keys
from blueprints.comments.keys import Correspondent
from blueprints.core import mail
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.posts.models import Post

# Replies to what the address wrote below a post, all that is written there, all that an author publishes.
REPLIES, THREAD, POSTS = "replies", "thread", "posts"
UNCONFIRMED_FOR = timedelta(days=7)
# What became of a choice.
ACTIVE, ASKED = "active", "asked"
CONFIRM = "confirm"  # the letter that asks


class Subscription(Base):
    """One address and one discussion or author; *is_pending* until its owner has confirmed it."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("correspondent_id", "post_id", "is_pending"),
        UniqueConstraint("correspondent_id", "person_id", "is_pending"),
        Index("ix_subscription_post_id", "post_id"),
        Index("ix_subscription_person_id", "person_id"),
        Index("ix_subscription_pending", "is_pending", "created_at"),
        Index("ix_subscription_daily", "is_daily", "told_at"),
        {"sqlite_autoincrement": True},  # its number stands in signed links, and must not come back
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    correspondent_id: Mapped[int] = mapped_column(ForeignKey("correspondent.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    is_daily: Mapped[bool] = mapped_column(default=False)
    is_pending: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(35), default="en")
    # The browser that asked, as a hash of its cookie: once this choice is confirmed, its further ones need no mail.
    asked_by: Mapped[str] = mapped_column(String(64), default="")
    # The last comment and the last moment that a digest, or the news of an author, has told of.
    told_number: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    correspondent: Mapped[Correspondent] = relationship(lazy="joined", innerjoin=True)
    post: Mapped[Post | None] = relationship()
    person: Mapped[Person | None] = relationship()

    @property
    def leave_key(self) -> str:
        """What the link that ends it carries."""
        return keys.leave_key(self.correspondent, self.id)


def choose(
    email: str,
    kind: str,
    *,
    daily: bool,
    asked_by: str,
    language: str,
    post: Post | None = None,
    who: Person | None = None,
) -> str:
    """Inside `writing()`: *email* asks to be told of what is said below *post*, or of what *who* publishes.

    ACTIVE where that counts at once; ASKED where its owner is asked by mail, today or earlier today.
    """
    owner = keys.admit(email, language)
    vouched = bool(asked_by) and owner.confirmed_at is not None and owner.vouches_for == asked_by
    place = {"post_id": post.id if post else None, "person_id": who.id if who else None}
    of_place = (
        Subscription.correspondent_id == owner.id,
        *(getattr(Subscription, k) == v for k, v in place.items() if v),
    )
    former = {row.is_pending: row for row in db.session.scalars(select(Subscription).where(*of_place))}
    counting = former.get(False)
    if counting and (counting.kind, counting.is_daily) == (kind, daily):
        return ACTIVE
    row = former.get(not vouched) or Subscription(correspondent=owner, is_pending=not vouched, **place)
    row.kind, row.is_daily, row.language, row.asked_by = kind, daily, language, asked_by
    row.told_at, row.created_at, row.told_number = now(), now(), post.last_number if post else 0
    db.session.add(row)
    if vouched:
        if True in former:
            db.session.delete(former[True])
        return ACTIVE
    if mail.may_write(email, unasked=True):  # else one of today lists this choice, too
        mail.queue(CONFIRM, [(owner.email, {"correspondent": owner.id})], unasked=True, good_for=UNCONFIRMED_FOR)
    return ASKED


def of(owner: Correspondent) -> Sequence[Subscription]:
    """Everything that this address has asked for, what waits for its word first."""
    query = select(Subscription).where(Subscription.correspondent_id == owner.id)
    return db.session.scalars(query.order_by(Subscription.is_pending.desc(), Subscription.id)).all()


def confirm(owner: Correspondent) -> int:
    """Inside `writing()`: the owner of the address wants what was asked for; how many choices that were."""
    keys.confirm(owner)
    asked = [row for row in of(owner) if row.is_pending]
    for row in asked:
        same = (Subscription.post_id == row.post_id) if row.post_id else (Subscription.person_id == row.person_id)
        mine = Subscription.correspondent_id == owner.id
        db.session.execute(delete(Subscription).where(mine, same, ~Subscription.is_pending))
        row.is_pending = False
        if row.asked_by:
            owner.vouches_for = row.asked_by
    return len(asked)


def decline(owner: Correspondent) -> None:
    """Inside `writing()`: it was somebody else who asked."""
    db.session.execute(delete(Subscription).where(Subscription.correspondent_id == owner.id, Subscription.is_pending))


def leave(owner: Correspondent, number: int | None = None) -> None:
    """Inside `writing()`: no more mail of this subscription, or of any; what is on its way already is not sent."""
    mine = delete(Subscription).where(Subscription.correspondent_id == owner.id)
    db.session.execute(mine if number is None else mine.where(Subscription.id == number))


def set_pace(owner: Correspondent, number: int, *, daily: bool) -> None:
    """Inside `writing()`: told at once or once a day from now on."""
    row = db.session.get(Subscription, number)
    if row is not None and row.correspondent_id == owner.id and row.is_daily != daily:
        row.is_daily, row.told_at = daily, now()
        row.told_number = row.post.last_number if row.post else 0


def has_forgettable(moment: datetime) -> bool:
    """Whether something has waited for its confirmation for too long."""
    return db.session.scalar(select(Subscription.id).where(*_forgettable(moment)).limit(1)) is not None


def forget_unconfirmed(moment: datetime) -> None:
    """Inside `writing()`: nobody has said for a week that they want these."""
    db.session.execute(delete(Subscription).where(*_forgettable(moment)))


def _forgettable(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return Subscription.is_pending.is_(True), Subscription.created_at < moment - UNCONFIRMED_FOR
