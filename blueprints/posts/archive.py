"""The archive: all posts by the year in which they appeared. Its cost does not grow with their number.

A year is one of the site's own clock, as the dates on the pages are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, literal, select, union_all

from blueprints.core import generations, rows, site
from blueprints.core.db import UTCDateTime, db, now
from blueprints.posts.models import POST, PUBLISHED, Post
from blueprints.posts.queries import next_due
from blueprints.posts.summaries import COLUMNS, Summary

PAGE_SIZE = 100
# So far are the posts of a year counted; beyond it the archive says "more than". A year of that many is read in pages.
COUNTED = 400
# Years that one statement asks about: a journal has twenty, and one that prints old letters has four hundred.
AT_ONCE = 100
_POST = Post.__table__.c
_LISTED = (_POST.state == PUBLISHED, _POST.kind == POST)
_APPEARED = (*_LISTED, _POST.published_at <= bindparam("now"))
# Each by itself: SQLite finds an end by an index, but both at once by reading all that lies between them.
_ENDS = select(
    select(func.min(_POST.published_at)).where(*_APPEARED).scalar_subquery().label("oldest"),
    select(func.max(_POST.published_at)).where(*_APPEARED).scalar_subquery().label("newest"),
)
_IN_YEAR = (
    select(*COLUMNS)
    .where(*_LISTED, _POST.published_at >= bindparam("start"), _POST.published_at < bindparam("stop"))
    .order_by(_POST.published_at.desc(), _POST.id.desc())
    .limit(PAGE_SIZE + 1)
    .offset(bindparam("offset"))
)
_BESIDE = select(
    select(func.max(_POST.published_at))
    .where(*_LISTED, _POST.published_at < bindparam("start"))
    .scalar_subquery()
    .label("older"),
    select(func.min(_POST.published_at))
    .where(*_LISTED, _POST.published_at >= bindparam("stop"), _POST.published_at <= bindparam("now"))
    .scalar_subquery()
    .label("newer"),
)


@dataclass(frozen=True)
class Year:
    """A year in which something appeared, and how many posts; *count* is at most COUNTED + 1."""

    number: int
    count: int


@dataclass(frozen=True)
class Month:
    """The posts of one month, the newest first; *day* is a moment in it."""

    day: datetime
    posts: list[Summary]


@dataclass(frozen=True)
class YearPage:
    """A page of one year; *older* and *newer* are the next years in which something appeared."""

    year: int
    months: list[Month]
    number: int
    has_next: bool
    older: int | None
    newer: int | None


def years() -> list[Year]:
    """The years in which something appeared, the newest first."""
    generations.reads("posts")
    generations.lasts_until(next_due())
    ends = rows.fetch(_ENDS, now=now())[0]
    if ends.oldest is None:
        return []
    numbers = range(_year_of(ends.newest), _year_of(ends.oldest) - 1, -1)
    found: list[Year] = []
    for first in range(0, len(numbers), AT_ONCE):
        part = numbers[first : first + AT_ONCE]
        found += [Year(row.year, row.posts) for row in _counts(part) if row.posts]
    return sorted(found, key=lambda year: -year.number)


def of_year(year: int, number: int) -> YearPage:
    """Page *number* of what appeared in *year*, by month; without months where there is nothing."""
    generations.reads("posts")
    generations.lasts_until(next_due())
    start, stop = _beginning(year), min(_beginning(year + 1), now())
    found = rows.fetch(_IN_YEAR, start=start, stop=stop, offset=(number - 1) * PAGE_SIZE)
    posts = [Summary(*row) for row in found[:PAGE_SIZE]]
    generations.reads(*(f"post:{post.id}" for post in posts))
    beside = rows.fetch(_BESIDE, start=start, stop=stop, now=now())[0]
    months = [Month(day, list(group)) for day, group in groupby(posts, key=_month_of)]
    return YearPage(
        year,
        months,
        number,
        len(found) > PAGE_SIZE,
        beside.older and _year_of(beside.older),
        beside.newer and _year_of(beside.newer),
    )


def by_year(posts: Iterable[Summary]) -> list[tuple[int, list[Summary]]]:
    """*posts*, which are in the order of their dates, under the years in which they appeared."""
    return [(year, list(group)) for year, group in groupby(posts, key=lambda post: _year_of(post.published_at))]


def _counts(years: Sequence[int]) -> Sequence[Row[Any]]:
    values: dict[str, object] = {}
    for place, year in enumerate(years):
        values |= {
            f"year_{place}": year,
            f"start_{place}": _beginning(year),
            f"stop_{place}": min(_beginning(year + 1), now()),
        }
    return db.session.execute(_counting(len(years)), values).all()


@lru_cache(maxsize=AT_ONCE)
def _counting(number: int) -> Any:
    """How many posts so many years have, none of them counted beyond COUNTED + 1."""
    return union_all(*(_count_of(place) for place in range(number)))


def _count_of(place: int) -> Select[Any]:
    start, stop = bindparam(f"start_{place}", type_=UTCDateTime()), bindparam(f"stop_{place}", type_=UTCDateTime())
    few = (
        select(literal(1).label("one"))
        .select_from(Post.__table__)
        .where(*_LISTED, _POST.published_at >= start, _POST.published_at < stop)
        .limit(COUNTED + 1)
        .subquery()
    )
    year = bindparam(f"year_{place}", type_=Post.__table__.c.last_number.type)
    return select(year.label("year"), select(func.count()).select_from(few).scalar_subquery().label("posts"))


def _beginning(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=site.zone())


def _year_of(moment: datetime) -> int:
    return moment.astimezone(site.zone()).year


def _month_of(post: Summary) -> datetime:
    local = post.published_at.astimezone(site.zone())
    return datetime(local.year, local.month, 1, 12, tzinfo=UTC)
