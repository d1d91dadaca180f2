"""Finding comments: by number, by state, and the one that was sent before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, Text, and_, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import selectinload

from blueprints.accounts.models import Person
from blueprints.comments import places
from blueprints.comments.models import APPROVED, BEGINNING, COMMENT, PENDING, STATES, TRASH, Comment, writer_hash
from blueprints.core import rows
from blueprints.core.db import db, now
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post

REPEAT_MINUTES = 10
# So many of one's own comments below one post are at hand; what is older is on "my comments".
MOST_OWN = 50
# How far the desk counts what is published, spam or in the trash: to count a million takes 100 ms.
COUNTED = 1000
_C = Comment.__table__.c
_READ = select(Comment.__table__).where(_C.id == bindparam("id"))
_comment = rows.Shape(Comment, _C)
_LIKE = (
    select(_C.id, _C.post_id, (_C.submission_key == bindparam("key")).label("has_key"))
    .where(
        or_(
            _C.submission_key == bindparam("key"),
            and_(
                _C.post_id == bindparam("post_id"),
                _C.email == bindparam("email"),
                literal_column(BEGINNING) == func.substr(bindparam("text", type_=Text), 1, 40),
                _C.text == bindparam("text"),
                _C.passage == bindparam("passage"),
                _C.parent_id.is_not_distinct_from(bindparam("parent_id")),
                _C.created_at > bindparam("since"),
            ),
        )
    )
    .order_by(_C.id)
)
_KNOWN = (
    select(_C.id)
    .where(_C.writer_hash == bindparam("writer"), _C.email == bindparam("email"), _C.state == APPROVED)
    .limit(1)
)
_PICKED = (
    select(_C.id, _C.number, _C.name)
    .where(_C.post_id == bindparam("post_id"), _C.picked_at.is_not(None), _C.state == APPROVED)
    .order_by(_C.number)
    .limit(20)
)
_SINCE = select(func.count()).where(
    _C.post_id == bindparam("post_id"), _C.number > bindparam("number"), _C.state == APPROVED
)
_SINCE_BELOW = _SINCE.where(_C.place > bindparam("start"), _C.place < bindparam("end"))


@dataclass(frozen=True)
class Queue:
    """One page of the moderators' list."""

    comments: list[Comment]
    number: int
    has_next: bool


def by_id(number: int) -> Comment | None:
    """The comment with this id, in whatever state."""
    return db.session.get(Comment, number)


def to_read(number: int) -> Comment | None:
    """The comment with this id, in whatever state, without its post; for reading only."""
    found = rows.fetch(_READ, id=number)
    return _comment.of(found[0]) if found else None


def anchored(post_id: int, number: int) -> Comment | None:
    """The comment of a post that has this id, else the one that had it where it came from, if it was ever published."""
    query = select(Comment).where(Comment.post_id == post_id, Comment.number.is_not(None))
    found = db.session.scalar(query.where(Comment.id == number))
    return found or db.session.scalar(query.where(Comment.source_id == str(number)).limit(1))


def like(post_id: int, comment: Comment, parent_id: int | None) -> Sequence[Row[Any]]:
    """What was sent like this before: (id, post_id, has_key) of what came with the key of *comment* below any post,
    first, and of the same words on the same by the same address below this one just now.
    """
    return rows.fetch(
        _LIKE,
        post_id=post_id,
        key=comment.submission_key,
        email=comment.email,
        text=comment.text,
        passage=comment.passage or "",
        parent_id=parent_id,
        since=now() - timedelta(minutes=REPEAT_MINUTES),
    )


def is_known(writer: str | None, email: str) -> bool:
    """Whether a comment from this browser under this e-mail address was published before."""
    if not writer:
        return False
    return bool(rows.fetch(_KNOWN, writer=writer_hash(writer), email=email))


def sent_by(writer: str, post_id: int) -> list[Comment]:
    """What the browser with this *writer* hash has sent to a post: the last of what waits, is published, or was taken
    away for a reason that it is told.
    """
    told = and_(Comment.state == TRASH, Comment.removed_because != "")
    query = (
        select(Comment)
        .where(Comment.writer_hash == writer, Comment.post_id == post_id)
        .where(or_(Comment.state.in_((PENDING, APPROVED)), told))
        .options(selectinload(Comment.parent))
        .order_by(Comment.id.desc())
        .limit(MOST_OWN)
    )
    return list(db.session.scalars(query))[::-1]


def picked(post: Post) -> Sequence[Row[Any]]:
    """(id, number, name) of what the editors have picked below *post*, in the order of the numbers."""
    return rows.fetch(_PICKED, post_id=post.id) if post.picks else []


def count_since(post: Post, number: int, *, but: int) -> int:
    """How many comments of *post* were published after the one with *number*, *but* for so many."""
    if post.last_number - number <= but:
        return 0  # numbers are given one by one: no more can have come
    found = post.comment_count if number == 0 else rows.fetch(_SINCE, post_id=post.id, number=number)[0][0]
    return max(0, found - but)


def count_below(comment: Comment, number: int, *, but: int) -> int:
    """How many answers below *comment* were published after the one with *number*, *but* for so many."""
    place = comment.place or ""
    if len(places.way(place)) > places.LEVELS:
        return 0  # so deep down others stand among them: they count as news of the discussion
    found = rows.fetch(_SINCE_BELOW, post_id=comment.post_id, number=number, start=place, end=places.end(place))
    return max(0, int(found[0][0]) - but)


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
