"""Private links: a draft shown to whoever has its address, until that expires or is revoked. Only a hash is kept."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person, token_hash
from blueprints.core.db import Base, UTCDateTime, db, now, writing
from blueprints.posts.models import Post

# For how many days a link can be good.
DAYS = (1, 7, 14, 30, 90)
USUAL_DAYS = 14
# How often it is noted that somebody has opened a link: a write for every look would be one too many.
NOTED = timedelta(minutes=10)


class DraftLink(Base):
    """One private link to a post that is not public."""

    __tablename__ = "draft_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Whom it was made for, in the words of who made it.
    label: Mapped[str] = mapped_column(String(120), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person | None] = relationship(lazy="joined")

    @property
    def is_good(self) -> bool:
        """Whether it still opens the draft."""
        return self.revoked_at is None and self.expires_at > now()


def make(post: Post, *, by: int | None, label: str, days: int) -> tuple[DraftLink, str]:
    """Inside `writing()`: a new link to *post*, and its token, which nobody can tell again."""
    token = secrets.token_urlsafe(24)
    until = now() + timedelta(days=days)
    link = DraftLink(post=post, token_hash=token_hash(token), label=label, person_id=by, expires_at=until)
    db.session.add(link)
    db.session.flush()
    return link, token


def of(post: Post) -> Sequence[DraftLink]:
    """All links to *post*, the newest first."""
    query = select(DraftLink).where(DraftLink.post_id == post.id).order_by(DraftLink.id.desc())
    return db.session.scalars(query).all()


def with_token(token: str) -> DraftLink | None:
    """The link that *token* belongs to, good or not."""
    return db.session.scalar(select(DraftLink).where(DraftLink.token_hash == token_hash(token)))


def note_opening(link: DraftLink) -> None:
    """Remember that it was opened, not more often than is of use."""
    if link.opened_at is None or link.opened_at < now() - NOTED:
        with writing():
            found = db.session.get(DraftLink, link.id)
            if found is not None:
                found.opened_at = now()
