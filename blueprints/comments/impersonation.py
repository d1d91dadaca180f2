"""Who writes under a name or an address that belongs to somebody of the house: held, and the person is asked.

A name that only looks like it counts as well (`core/lookalikes.py`). Whoever shares a name with an author is
let through once by an editor and then known: by browser, address and name together.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from itsdangerous import Signer
from sqlalchemy import ForeignKey, String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Account, Person
from blueprints.comments.models import APPROVED, Comment, writer_hash
from blueprints.core import mail, markdown, rows, settings
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.lookalikes import skeleton

BY_NAME, BY_ADDRESS = "name", "address"
REASONS = {
    BY_NAME: "it carries the name of somebody who writes here, or one that looks like it; they are asked whether it is "
    "theirs",
    BY_ADDRESS: "it carries the e-mail address of somebody who writes here; they are asked whether it is theirs",
}
YES, NO = "yes", "no"
QUESTIONS_A_DAY = 5


class Likeness(Base):
    """That a comment bears the name or address of a person, and what that person says about it."""

    __tablename__ = "likeness"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    by: Mapped[str] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(String(3), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    comment: Mapped[Comment] = relationship()

    def settle(self, answer: str) -> None:
        """What the person says. Their own comment appears, with their mark; what is not theirs stays for an editor, who
        may know the namesake.
        """
        self.answer, self.answered_at = answer, now()
        if answer == YES:
            self.comment.person_id = self.person_id
            self.comment.move_to(APPROVED)


_P, _A, _C = Person.__table__, Account.__table__, Comment.__table__
_LIKE = select(
    union_all(
        select(_P.c.id, literal(BY_NAME).label("by")).where(
            _P.c.skeleton == bindparam("skeleton"), _P.c.skeleton != ""
        ),
        select(_A.c.person_id, literal(BY_ADDRESS)).where(_A.c.email == bindparam("email")),
        select(_P.c.id, literal(BY_ADDRESS)).where(_P.c.email == bindparam("email"), _P.c.email != ""),
    ).subquery()
).limit(1)
_KNOWN = (
    select(_C.c.id)
    .where(
        _C.c.writer_hash == bindparam("writer"),
        _C.c.email == bindparam("email"),
        _C.c.name == bindparam("name"),
        _C.c.state == APPROVED,
    )
    .limit(1)
)


def found(name: str, email: str, writer: str | None) -> tuple[int, str] | None:
    """(the id of the person, by what) if *name* or *email* belongs to somebody of the house and the browser with the
    cookie value *writer* was never let through with both.
    """
    like = rows.fetch(_LIKE, skeleton=skeleton(name), email=email)
    if not like or (writer and rows.fetch(_KNOWN, writer=writer_hash(writer), email=email, name=name)):
        return None
    return like[0].id, like[0].by


def note(comment: Comment, person_id: int, by: str) -> Likeness:
    """Inside `writing()`: remember whose name or address *comment* bears, and ask that person."""
    like = Likeness(comment_id=comment.id, person_id=person_id, by=by)
    db.session.add(like)
    lately = select(func.count()).select_from(Likeness).join(Comment, Comment.id == Likeness.comment_id)
    lately = lately.where(Likeness.person_id == person_id, Comment.created_at > now() - timedelta(days=1))
    if (db.session.scalar(lately) or 0) <= QUESTIONS_A_DAY:  # whoever floods us floods nobody's letter box
        _ask(like, comment)
    return like


def _ask(like: Likeness, comment: Comment) -> None:
    person = db.session.get_one(Person, like.person_id)
    account = db.session.scalars(select(Account).where(Account.person_id == person.id).limit(1)).first()
    if to := account.email if account else person.email:
        link = mail.absolute(f"/comments/{comment.id}/is-it-you?key={key_for(like)}")
        heading, text = comment.post.heading, markdown.plain_text(comment.html)
        about: dict[str, Any] = {
            "person": person.name,
            "by": like.by,
            "name": comment.name,
            "heading": heading,
            "text": text,
        }
        mail.write("is-it-you", to, unasked=account is None, link=link, **about)


def of(comment_id: int) -> Likeness | None:
    """What is known of whom this comment imitates."""
    return db.session.get(Likeness, comment_id)


def key_for(like: Likeness) -> str:
    """What proves that somebody has the letter which asks about a comment."""
    return (
        _signer(settings.current().secret_key).sign(f"{like.comment_id}.{like.person_id}").decode().rpartition(".")[2]
    )


def opens(key: str, like: Likeness) -> bool:
    """Whether *key* is the one for this question."""
    return hmac.compare_digest(key.encode("utf-8", "replace"), key_for(like).encode())


@lru_cache(maxsize=1)
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="is-it-you", digest_method=hashlib.sha256)
