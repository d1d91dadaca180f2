"""The archive of an address: all that was written under it, to be shown, taken along, or taken away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blinker import Signal
from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from blueprints.comments import keys, reports, subscriptions
from blueprints.comments.models import WITHDRAWN, Comment
from blueprints.comments.subscriptions import Subscription
from blueprints.core.db import db

PAGE_SIZE = 50
# Sent with an address by what holds addresses nowhere but here: who keeps it as well answers with what it told the
# editors, as `everything` has it; and lets go of it, inside the transaction.
asked = Signal()
left = Signal()


@dataclass(frozen=True)
class Leaf:
    """One page of an archive."""

    comments: list[Comment]
    number: int
    has_next: bool


def holds(email: str) -> bool:
    """Whether anything was written under this address, if only to the editors."""
    return db.session.scalar(_of(email).with_only_columns(Comment.id).limit(1)) is not None or bool(_told(email))


def count(email: str) -> int:
    """How many comments were written under this address."""
    return db.session.scalar(_of(email).with_only_columns(func.count(Comment.id))) or 0


def page(email: str, number: int) -> Leaf:
    """Page *number* of what was written under this address, the newest first."""
    # Sorted after they were found: in the order of their ids the database might go through the comments of everybody.
    ids = _of(email).with_only_columns(Comment.id).order_by((Comment.id + 0).desc())
    here = ids.limit(PAGE_SIZE + 1).offset((number - 1) * PAGE_SIZE)
    found = db.session.scalars(select(Comment).where(Comment.id.in_(here)).order_by(Comment.id.desc())).all()
    return Leaf(list(found[:PAGE_SIZE]), number, len(found) > PAGE_SIZE)


def everything(email: str) -> dict[str, Any]:
    """What is stored of an address, in the shape that stays: `address`; `mail`, what it asked to be told of, each with
    `of` ("replies", "thread", "posts"), `post` or `author` (an address here), `daily` and `confirmed`; `reports`, what
    it told the editors, each with `about` (an address here), `reason` (or ""), `text` and `sent_at`; and `comments`
    with the oldest first, each with

    `id`, `number` (null before publication), `post` (title and address), `in_reply_to` (an id or null), `state`
    ("pending", "approved", "spam", "trash", "withdrawn"), `reason` (why it was held), `name`, `website`, `passage` (the
    words of the post that it answers, or none), `text`, `format` ("markdown" or "html"), `sent_at` and `edited_at`
    (ISO 8601 in UTC, or null), and `versions` (what it said before, `text`, `written_at`, `by_editor`, `reason`).
    """
    found = db.session.scalars(_of(email).order_by(Comment.id).options(selectinload(Comment.versions)))
    owner = keys.correspondent(email)
    return {
        "address": email,
        "mail": [_asked(row) for row in subscriptions.of(owner)] if owner else [],
        "reports": _told(email),
        "comments": [_written(comment) for comment in found],
    }


def erase(email: str) -> None:
    """Inside `writing()`: take words and person out of every comment; where somebody answered, a line stays."""
    for comment in db.session.scalars(_of(email)):
        if comment.state != WITHDRAWN:
            comment.withdraw()
        comment.anonymise()
    _leave(email)


def anonymise(email: str) -> None:
    """Inside `writing()`: take the person out of every comment, and leave the words."""
    for comment in db.session.scalars(_of(email)):
        comment.anonymise()
    _leave(email)


def _leave(email: str) -> None:
    """What was told to the editors stays with them, and nobody is told what came of it."""
    reports.disown(email)
    left.send(email)


def _told(email: str) -> list[dict[str, Any]]:
    """What the address told the editors, wherever that is kept."""
    about_comments = [
        told(f"/comments/{report.comment_id}", report.note, report.created_at, reason=report.reason)
        for report in reports.by(email)
    ]
    return about_comments + [each for _, found in asked.send(email) for each in found]


def told(about: str, text: str, moment: datetime, *, reason: str = "") -> dict[str, Any]:
    """One of the `reports` of `everything`."""
    return {"about": about, "reason": reason, "text": text, "sent_at": _moment(moment)}


def _of(email: str) -> Select[Comment]:
    """An empty address is nobody's: what was imported without one belongs to no archive."""
    return select(Comment).where(Comment.email == email, Comment.email != "")


def _asked(row: Subscription) -> dict[str, Any]:
    return {
        "of": row.kind,
        "post": f"/posts/{row.post.slug}" if row.post else None,
        "author": f"/authors/{row.person.slug}" if row.person else None,
        "daily": row.is_daily,
        "confirmed": not row.is_pending,
    }


def _written(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "number": comment.number,
        "post": {"title": comment.post.heading, "address": f"/posts/{comment.post.slug}"},
        "in_reply_to": comment.parent_id,
        "state": comment.state,
        "reason": comment.hold_reason,
        "name": comment.name,
        "website": comment.url,
        "passage": comment.passage,
        "text": comment.text,
        "format": comment.text_format,
        "sent_at": _moment(comment.created_at),
        "edited_at": _moment(comment.edited_at),
        "versions": [
            {
                "text": version.text,
                "written_at": _moment(version.written_at),
                "by_editor": version.by_editor,
                "reason": version.reason,
            }
            for version in comment.versions
        ],
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
