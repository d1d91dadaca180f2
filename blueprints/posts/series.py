"""Series: posts that are read one after the other, each with its number."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import generations, rows
from blueprints.core.db import Base, db, now
from blueprints.core.generations import Changes
from blueprints.core.slugs import slugify
from blueprints.posts.models import PUBLISHED, Post
from blueprints.posts.queries import next_due


class Series(Base):
    """A title under which posts are numbered; its page lists them in their order."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text, default="")

    def touches(self, changes: Changes) -> Iterator[str]:
        """Its page, the pages of its posts, and the list of all series."""
        if changes.of("slug", "title", "description"):
            yield f"series:{self.id}"
            yield "all-series"


class SeriesAlias(Base):
    """A former slug of a series; it redirects for ever."""

    __tablename__ = "series_alias"

    slug: Mapped[str] = mapped_column(String(200), primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), index=True)


class Part(NamedTuple):
    """A published post of a series, as far as the others point at it."""

    number: int
    post: Post


class Place(NamedTuple):
    """Where a post stands in its series."""

    series: Series
    number: int
    parts: int
    former: Part | None
    following: Part | None


class Listed(NamedTuple):
    """A series and how many of its posts are published."""

    series: Series
    parts: int


class TakenError(Exception):
    """Another series has this slug."""


_SERIES, _POST = Series.__table__, Post.__table__
_BY_ID = select(_SERIES).where(_SERIES.c.id == bindparam("id"))
_BY_SLUG = select(_SERIES).where(_SERIES.c.slug == bindparam("slug"))
_LINKED = [
    *(_POST.c.id, _POST.c.slug, _POST.c.path, _POST.c.title, _POST.c.extract, _POST.c.standfirst, _POST.c.language),
    *(_POST.c.published_at, _POST.c.state, _POST.c.comment_count, _POST.c.series_number),
]
_PARTS = (
    select(*_LINKED)
    .where(_POST.c.series_id == bindparam("id"), _POST.c.state == PUBLISHED, _POST.c.published_at <= bindparam("now"))
    .order_by(_POST.c.series_number, _POST.c.published_at, _POST.c.id)
)
_LENGTH = (
    select(func.count())
    .where(_POST.c.series_id == _SERIES.c.id, _POST.c.state == PUBLISHED, _POST.c.published_at <= bindparam("now"))
    .scalar_subquery()
)
_ALL = select(*_SERIES.c, _LENGTH.label("length")).order_by(_SERIES.c.title, _SERIES.c.id)
_series = rows.Shape(Series, _SERIES.c)
# The same objects for the same rows: what is drawn of them can be kept.
_same_series, _linked = lru_cache(maxsize=100)(_series.of), lru_cache(maxsize=1000)(rows.Shape(Post, _LINKED).of)


def parts(series: Series) -> list[Part]:
    """The published posts of *series*, in their order; for reading only."""
    generations.reads(f"series:{series.id}")
    found = [_linked(row) for row in rows.fetch(_PARTS, id=series.id, now=now())]
    generations.lasts_until(next_due())
    return [Part(post.series_number or at, post) for at, post in enumerate(found, 1)]


def place(post: Post) -> Place | None:
    """Where *post* stands in its series, if it is in one; for reading only."""
    if post.series_id is None:
        return None
    found = rows.fetch(_BY_ID, id=post.series_id)
    if not found:
        return None
    listed = parts(series := _same_series(found[0]))
    at = next((at for at, part in enumerate(listed) if part.post.id == post.id), None)
    if at is None:
        return None
    former = listed[at - 1] if at else None
    following = listed[at + 1] if at + 1 < len(listed) else None
    return Place(series, listed[at].number, len(listed), former, following)


def to_read(slug: str) -> Series | None:
    """The series whose page is /series/*slug*; for reading only."""
    return generations.read_one(_series, _BY_SLUG, slug=slug)


def to_list() -> list[Listed]:
    """Every series of which something is published, by title; for reading only."""
    found = [Listed(_series.of(row[:-1]), row[-1]) for row in rows.fetch(_ALL, now=now()) if row.length]
    generations.lasts_until(next_due())
    generations.reads("all-series", *(f"series:{each.series.id}" for each in found))
    return found


def by_slug(slug: str) -> Series | None:
    """The series that has this slug."""
    return db.session.scalar(select(Series).where(Series.slug == slug))


def by_former_slug(slug: str) -> Series | None:
    """The series that once had this slug."""
    return db.session.scalar(
        select(Series).join(SeriesAlias, SeriesAlias.series_id == Series.id).where(SeriesAlias.slug == slug)
    )


def everything() -> Sequence[Series]:
    """All series, by title, those without a post among them."""
    return db.session.scalars(select(Series).order_by(Series.title, Series.id)).all()


def posts_of(series: Series) -> Sequence[Post]:
    """All posts of *series*, drafts among them, in their order."""
    return db.session.scalars(
        select(Post)
        .where(Post.series_id == series.id)
        .order_by(Post.series_number, Post.published_at.nulls_last(), Post.id)
    ).all()


def begin(title: str) -> Series:
    """Inside a write transaction: a new series called *title*, at a slug that none has or had."""
    stem = slug = slugify(title) or "series"
    number = 1
    while by_slug(slug) or by_former_slug(slug):
        number += 1
        slug = f"{stem}-{number}"
    series = Series(slug=slug, title=title)
    db.session.add(series)
    db.session.flush()
    return series


def move(series: Series, slug: str) -> None:
    """Inside a write transaction: give *series* this slug; the one before leads to it. TakenError if another has it."""
    if slug == series.slug:
        return
    other = by_slug(slug)
    if other is not None and other.id != series.id:
        raise TakenError(slug)
    db.session.merge(SeriesAlias(slug=series.slug, series_id=series.id))
    db.session.execute(db.delete(SeriesAlias).where(SeriesAlias.slug == slug))
    series.slug = slug


def put_into(post: Post, series: Series | None, number: int | None = None) -> None:
    """Inside a write transaction: make *post* that part of *series*; the next one where no *number* is given."""
    if series is None:
        post.series_id = post.series_number = None
        return
    if number is None and post.series_id == series.id and post.series_number:
        number = post.series_number
    if number is None:
        last = db.session.scalar(select(func.max(Post.series_number)).where(Post.series_id == series.id))
        number = (last or 0) + 1
    post.series_id, post.series_number = series.id, number


def arrange(series: Series, ids: Sequence[int]) -> None:
    """Inside a write transaction: number the posts of *series* in the order of *ids*; what is not named comes after."""
    order = {post_id: at for at, post_id in enumerate(ids)}
    for number, post in enumerate(sorted(posts_of(series), key=lambda post: order.get(post.id, len(order))), 1):
        post.series_number = number


def remove(series: Series) -> None:
    """Inside a write transaction: take *series* away; its posts stay."""
    for post in posts_of(series):
        put_into(post, None)
    db.session.flush()
    db.session.delete(series)
