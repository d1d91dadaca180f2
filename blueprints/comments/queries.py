"""Finding comments: by number, by state, and the one that was sent before."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from blueprints.accounts.models import Person
from blueprints.comments.models import APPROVED, COMMENT, PENDING, STATES, Comment, writer_hash
from blueprints.core.db import db, now
from blueprints.posts.models import Byline, Post

REPEAT_MINUTES = 10
# How far the desk counts what is published, spam or in the trash: to count a million takes 100 ms.
COUNTED = 1000


@dataclass(frozen=True)
class Queue:
    """One page of the moderators' list."""

    comments: list[Comment]
    number: int
    has_next: bool


def by_id(number: int) -> Comment | None:
    """The comment with this id, in whatever state."""
    return db.session.get(Comment, number)


def sent_before(post: Post, *, key: str | None, email: str, text: str, parent_id: int | None) -> Comment | None:
    """The comment that this submission repeats: the same key, or the same words by the same address just now."""
    with_key = select(Comment).where(Comment.submission_key == key, Comment.post_id == post.id)
    if key and (found := db.session.scalar(with_key)):
        return found
    return db.session.scalar(
        select(Comment)
        .where(
            Comment.post_id == post.id,
            Comment.email == email,
            Comment.text == text,
            Comment.parent_id == parent_id,
            Comment.created_at > now() - timedelta(minutes=REPEAT_MINUTES),
        )
        .order_by(Comment.id)
    )


def is_key_used(key: str | None) -> bool:
    """Whether a comment below any post came with this key."""
    return bool(key) and db.session.scalar(select(Comment.id).where(Comment.submission_key == key)) is not None


def is_known(writer: str | None, email: str) -> bool:
    """Whether a comment from this browser under this e-mail address was published before."""
    if not writer:
        return False
    query = select(Comment.id).where(
        Comment.writer_hash == writer_hash(writer), Comment.email == email, Comment.state == APPROVED
    )
    return db.session.scalar(query.limit(1)) is not None


def waiting_of(writer: str, post_id: int) -> list[Comment]:
    """What the browser with this *writer* hash has sent to a post and nobody has looked at yet."""
    query = (
        select(Comment)
        .where(Comment.writer_hash == writer, Comment.post_id == post_id, Comment.state == PENDING)
        .options(selectinload(Comment.parent))
        .order_by(Comment.id)
    )
    return list(db.session.scalars(query))


def count_since(post: Post, number: int) -> int:
    """How many comments of *post* were published after the one with *number*."""
    query = select(func.count()).where(Comment.post_id == post.id, Comment.number > number, Comment.state == APPROVED)
    return db.session.scalar(query) or 0


def queue(state: str, number: int, size: int, *, of: Person | None = None) -> Queue:
    """Page *number* of the comments in *state*, the oldest waiting first, else the newest first."""
    query = _in_state(state, of).options(selectinload(Comment.parent))
    order = Comment.id.asc() if state == PENDING else Comment.id.desc()
    rows = db.session.scalars(query.order_by(order).limit(size + 1).offset((number - 1) * size)).all()
    return Queue(list(rows[:size]), number, len(rows) > size)


def count(state: str, *, of: Person | None = None, upto: int | None = None) -> int:
    """How many comments are in *state*; no further than *upto* where given."""
    rows = _in_state(state, of).with_only_columns(Comment.id).limit(upto).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def counts(*, of: Person | None = None) -> dict[str, int]:
    """How many comments there are in each state; what need not be worked off is not counted beyond COUNTED + 1."""
    return {state: count(state, of=of, upto=None if state == PENDING else COUNTED + 1) for state in STATES}


def _in_state(state: str, of: Person | None) -> Select[Comment]:
    query = select(Comment).where(Comment.state == state)
    if of is not None:
        query = query.join(Byline, Byline.post_id == Comment.post_id).where(Byline.person_id == of.id)
    return query


def recount(post: Post) -> None:
    """Set the post's count from its comments, after many were added at once."""
    query = select(func.count()).where(Comment.post_id == post.id, Comment.kind == COMMENT, Comment.state == APPROVED)
    post.comment_count = db.session.scalar(query) or 0
