"""What a search engine wants to know first: every page with its address and when it last changed (sitemaps.org).

A part holds the posts of so many ids. It is bounded, a post never moves to another part, and each is drawn from one
short query: to stream a whole site from an open cursor would hold up the database's log.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from blueprints.core import generations, rows
from blueprints.core.db import now
from blueprints.posts.addresses import post_url
from blueprints.posts.models import NOT_PUBLISHED, Post
from blueprints.posts.queries import next_due

# The protocol allows 50,000; so many take 20 ms.
PART = 5_000
_POST = Post.__table__.c
# "Is published", in words for which SQLite does not go through all that are, beside the few ids of a part.
_PUBLIC = (_POST.state.not_in(NOT_PUBLISHED), _POST.published_at <= bindparam("now"), _POST.canonical_url == "")
_SHOWN = [_POST.id, _POST.slug, _POST.path, _POST.published_at, _POST.updated_at, _POST.modified_at]
_A_POST = rows.Shape(Post, _SHOWN)
_LAST = select(func.max(_POST.id))
_OF_PART = (_POST.id > bindparam("after"), _POST.id <= bindparam("upto"), *_PUBLIC)
_PAGES = select(*_SHOWN).where(*_OF_PART).order_by(_POST.id)
# Asked for each part by itself: that takes 20 µs, and one statement for all of them had to be made anew each time.
_ANY = select(_POST.id).where(*_OF_PART).order_by(_POST.id).limit(1)


class Place(NamedTuple):
    """The address of a page, and when it last changed."""

    url: str
    changed: datetime


def parts() -> list[int]:
    """The numbers of the parts in which there is something; the first is 1."""
    _note()
    last, moment = rows.fetch(_LAST)[0][0] or 0, now()
    return [part for part in range(1, (last - 1) // PART + 2) if rows.fetch(_ANY, **_ids(part), now=moment)]


def _ids(part: int) -> dict[str, int]:
    return {"after": (part - 1) * PART, "upto": part * PART}


def places(part: int) -> list[Place]:
    """The pages of one part."""
    _note()
    found = rows.fetch(_PAGES, **_ids(part), now=now())
    return [_place(_A_POST.of(row)) for row in found]


def _place(post: Post) -> Place:
    return Place(post_url(post), post.last_change or now())


def _note() -> None:
    generations.reads("addresses")
    generations.lasts_until(next_due())
