"""Pace: how many comments are answered, how many by the post's authors, and how soon the first answer comes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from blueprints.accounts.models import Person
from blueprints.comments.models import APPROVED, COMMENT, Comment
from blueprints.core.db import db, now
from blueprints.posts.bylines import Byline

# What is looked at: the comments of so many days, the newest so many of them.
DAYS, MOST = 90, 2000


@dataclass(frozen=True)
class Pace:
    """Of readers' *comments* so many were *answered*, and *by_authors*; the median *wait* for the first answer."""

    comments: int
    answered: int
    by_authors: int
    wait: timedelta | None


def lately(*, of: Person | None = None, post_id: int | None = None) -> Pace:
    """How it went with readers' comments of the last days; below the posts *of* somebody, or below one post."""
    answer, written = aliased(Comment), aliased(Byline)
    first = (
        select(func.min(answer.published_at))
        .where(answer.parent_id == Comment.id, answer.state == APPROVED)
        .correlate(Comment)
    )
    is_author = exists().where(written.post_id == Comment.post_id, written.person_id == answer.person_id)
    query: Select[*tuple[Any, ...]] = (
        select(Comment.published_at, first.scalar_subquery(), first.where(is_author).scalar_subquery())
        .where(Comment.state == APPROVED, Comment.kind == COMMENT, Comment.published_at >= now() - timedelta(days=DAYS))
        .where(~_is_of_authors())
    )
    if post_id is not None:
        query = query.where(Comment.post_id == post_id)
    elif of is not None:
        query = query.where(Comment.post_id.in_(select(Byline.post_id).where(Byline.person_id == of.id)))
    found = db.session.execute(query.order_by(Comment.published_at.desc(), Comment.id.desc()).limit(MOST)).all()
    waits = [_between(published, first) for published, first, _by_author in found if first is not None]
    by_authors = sum(by_author is not None for _published, _first, by_author in found)
    middle = timedelta(seconds=median(waits)) if waits else None
    return Pace(len(found), len(waits), by_authors, middle)


def _is_of_authors() -> Any:
    return exists().where(Byline.post_id == Comment.post_id, Byline.person_id == Comment.person_id)


def _between(began: datetime, ended: datetime) -> float:
    return max((ended - began).total_seconds(), 0)
