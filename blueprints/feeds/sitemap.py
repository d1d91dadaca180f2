"""What a search engine wants to know first: every page with its address and when it last changed (sitemaps.org).

A part holds the posts of so many ids. It is bounded, a post never moves to another part, and each is drawn from one
short query: to stream a whole site from an open cursor would hold up the database's log.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal, select, union_all

from blueprints.core import generations, rows
from blueprints.core.db import db, now
from blueprints.posts.addresses import post_url
from blueprints.posts.models import PUBLISHED, Post
from blueprints.posts.queries import next_due

# The protocol allows 50,000; so many take 20 ms.
PART = 5_000
_POST = Post.__table__.c
_PUBLIC = (_POST.state == PUBLISHED, _POST.published_at <= bindparam("now"))
_SHOWN = [_POST.id, _POST.slug, _POST.path, _POST.published_at, _POST.updated_at]
_A_POST = rows.Shape(Post, _SHOWN)
_LAST = select(func.max(_POST.id))
_PAGES = (
    select(*_SHOWN).where(_POST.id > bindparam("after"), _POST.id <= bindparam("upto"), *_PUBLIC).order_by(_POST.id)
)


class Place(NamedTuple):
    """The address of a page, and when it last changed."""

    url: str
    changed: datetime


def parts() -> list[int]:
    """The numbers of the parts in which there is something; the first is 1."""
    _note()
    last = rows.fetch(_LAST)[0][0] or 0
    numbers = range(1, (last - 1) // PART + 2)
    found: list[int] = []
    for first in range(0, len(numbers), 200):  # a statement has so many parts at most
        asked = [_has_any(number) for number in numbers[first : first + 200]]
        found += [row[0] for row in db.session.execute(union_all(*asked), {"now": now()})]
    return sorted(found)


def _has_any(number: int) -> Any:
    any_post = select(_POST.id).where(_POST.id > (number - 1) * PART, _POST.id <= number * PART, *_PUBLIC).limit(1)
    return select(literal(number)).where(any_post.exists())


def places(part: int) -> list[Place]:
    """The pages of one part."""
    _note()
    found = rows.fetch(_PAGES, after=(part - 1) * PART, upto=part * PART, now=now())
    return [_place(_A_POST.of(row)) for row in found]


def _place(post: Post) -> Place:
    published = post.published_at or now()
    return Place(post_url(post), max(published, post.updated_at or published))


def _note() -> None:
    generations.reads("addresses")
    generations.lasts_until(next_due())
