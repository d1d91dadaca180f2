"""What stands beside the names of those who wrote a post: their affiliations of the day on which it was published.

It is kept in the byline, so that a page asks nothing more, and so that it changes only where somebody means it to.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from blueprints.accounts.affiliations import Affiliation, Shown
from blueprints.core.db import db
from blueprints.posts.models import Byline, Post, affiliations_on


class Restated(NamedTuple):
    """A byline that would say something else."""

    byline: Byline
    now: list[Shown]


def restated(person_id: int, affiliations: Sequence[Affiliation]) -> list[Restated]:
    """The bylines of a person that would say something else if these were the person's *affiliations*."""
    found = db.session.scalars(
        select(Byline)
        .where(Byline.person_id == person_id, Byline.own_affiliation == "")
        .order_by(Byline.published_at.desc().nulls_first(), Byline.post_id.desc())
    )
    then = [Restated(byline, affiliations_on(byline.published_at, affiliations)) for byline in found]
    return [each for each in then if each.now != each.byline.affiliations]


def restate(changes: Iterable[Restated]) -> None:
    """Inside a write transaction: have them say it."""
    for byline, affiliations in changes:
        byline.affiliations = affiliations


def posts_of(changes: Iterable[Restated]) -> dict[int, Post]:
    """The posts on which these bylines stand, by their ids."""
    ids = [change.byline.post_id for change in changes]
    return {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(ids)))}


def count(person_id: int) -> int:
    """On how many posts somebody is named."""
    return db.session.scalar(select(func.count()).where(Byline.person_id == person_id)) or 0
