"""The index of authors: who has published here, by sort name, with where they work and how much they have written."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, exists, func, literal, select

from blueprints.accounts.affiliations import Affiliation, day_of, next_change
from blueprints.accounts.models import Person
from blueprints.accounts.names import letter
from blueprints.core import generations, rows
from blueprints.core.db import now
from blueprints.posts.bylines import Byline
from blueprints.posts.models import POST, PUBLISHED, Post
from blueprints.posts.queries import next_due

PAGE_SIZE = 200
# So far are the posts of somebody counted; beyond it the index says "more than".
COUNTED = 100
_PERSON, _BYLINE, _POST, _AFFILIATION = (
    Person.__table__,
    Byline.__table__,
    Post.__table__,
    Affiliation.__table__,
)
_SHOWN = [_PERSON.c.id, _PERSON.c.slug, _PERSON.c.name, _PERSON.c.sort_name, _PERSON.c.sort_key]
_THEIRS = (
    _BYLINE.c.person_id == _PERSON.c.id,
    _BYLINE.c.published_at <= bindparam("now"),
    _POST.c.id == _BYLINE.c.post_id,
    _POST.c.state == PUBLISHED,
    _POST.c.kind == POST,
)
_FEW = select(literal(1).label("one")).where(*_THEIRS).limit(COUNTED + 1).correlate(_PERSON).subquery()
_PAGE = (
    select(*_SHOWN, select(func.count()).select_from(_FEW).scalar_subquery().label("posts"))
    .where(exists().where(*_THEIRS).correlate(_PERSON))
    .order_by(_PERSON.c.sort_key, _PERSON.c.id)
    .limit(PAGE_SIZE + 1)
    .offset(bindparam("offset", type_=Integer))
)
_WORK = (
    select(*_AFFILIATION.c)
    .where(_AFFILIATION.c.person_id.in_(bindparam("people", expanding=True)))
    .order_by(_AFFILIATION.c.place)
)
_person, _affiliation = rows.Shape(Person, _SHOWN), rows.Shape(Affiliation, _AFFILIATION.c)


class Author(NamedTuple):
    """Somebody in the index; *posts* is at most COUNTED + 1."""

    person: Person
    institutions: list[str]
    posts: int


@dataclass(frozen=True)
class AuthorsPage:
    """A page of the index: the authors under each letter."""

    letters: list[tuple[str, list[Author]]]
    number: int
    has_next: bool


def page(number: int) -> AuthorsPage:
    """Page *number* of those who have published."""
    generations.reads("posts", "people")
    generations.lasts_until(next_due())
    found = rows.fetch(_PAGE, now=now(), offset=(number - 1) * PAGE_SIZE)
    people = [(_person.of(row), row.posts) for row in found[:PAGE_SIZE]]
    generations.reads(*(f"person:{person.id}" for person, _ in people))
    works = _works([person.id for person, _ in people])
    authors = [Author(person, works.get(person.id, []), posts) for person, posts in people]
    grouped = groupby(authors, key=lambda author: letter(author.person.sort_key))
    return AuthorsPage([(heading, list(group)) for heading, group in grouped], number, len(found) > PAGE_SIZE)


def _works(people: Sequence[int]) -> dict[int, list[str]]:
    """Where each of these *people* works today."""
    if not people:
        return {}
    found = [_affiliation.of(row) for row in rows.fetch(_WORK, people=people)]
    today = day_of(now())
    generations.lasts_until(next_change(found, today))
    works: dict[int, list[str]] = {}
    for each in found:
        if each.held_on(today):
            works.setdefault(each.person_id, []).append(each.institution)
    return works
