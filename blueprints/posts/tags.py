"""Tags: what posts have in common, and how editors put them in order: renaming, merging, taking away."""

from collections.abc import Iterator
from typing import NamedTuple

from blinker import Signal
from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.core import generations, rows
from blueprints.core.db import Base, UTCDateTime, db
from blueprints.core.generations import Changes
from blueprints.core.slugs import slugify
from blueprints.posts.dates import date_of_post

# Sent with the ids of the posts that a bulk statement has given other tags, inside its transaction.
retagged = Signal()


# The date stands here as well, and in the byline: a list of one tag's or person's posts is then read in its order from
# an index, whether it holds one of a hundred thousand posts or half of them. `_date_lists` in models.py keeps it right.
tagging = Table(
    "tagging",
    Base.metadata,
    db.Column("post_id", ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    db.Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    db.Column("published_at", UTCDateTime, default=date_of_post),
    Index("ix_tagging_list", "tag_id", "published_at", "post_id"),
)


class Tag(Base):
    """What posts have in common; a category of an imported site is a tag too."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")

    def touches(self, changes: Changes) -> Iterator[str]:
        """Its name stands on its page and below its posts."""
        if changes.of("slug", "name", "description"):
            yield f"tag:{self.id}"


class TagAlias(Base):
    """A former slug of a tag, or that of one that was merged into it; it redirects for ever."""

    __tablename__ = "tag_alias"

    slug: Mapped[str] = mapped_column(String(200), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), index=True)

    tag: Mapped[Tag] = relationship(lazy="joined", innerjoin=True)


class TakenError(Exception):
    """Another tag has this slug."""


class Use(NamedTuple):
    """A tag and under how many posts it stands, drafts among them."""

    tag: Tag
    posts: int


_TAG = Tag.__table__
_BY_SLUG = select(_TAG).where(_TAG.c.slug == bindparam("slug"))
_tag = rows.Shape(Tag, _TAG.c)


def by_slug(slug: str) -> Tag | None:
    """The tag whose page is /tags/*slug*."""
    return db.session.scalar(select(Tag).where(Tag.slug == slug))


def to_read(slug: str) -> Tag | None:
    """The same, for reading only."""
    return generations.read_one(_tag, _BY_SLUG, slug=slug)


def by_former_slug(slug: str) -> Tag | None:
    """The tag that once had the page /tags/*slug*, or took over the one that had it."""
    found = db.session.get(TagAlias, slug)
    return found.tag if found else None


def names() -> list[str]:
    """The names of all tags, in their order."""
    return list(db.session.scalars(select(Tag.name).order_by(Tag.name)))


def named(names: list[str]) -> list[Tag]:
    """The tags with these names, made where there is none."""
    found: dict[str, Tag] = {}
    for name in names:
        slug = slugify(name)
        if slug and slug not in found:
            tag = by_slug(slug) or by_former_slug(slug) or Tag(slug=slug, name=name)
            found.setdefault(tag.slug, tag)
    return list(found.values())


def all_in_use() -> list[Use]:
    """Every tag, by name."""
    number = func.count(tagging.c.post_id)
    query = select(Tag, number).outerjoin(tagging).group_by(Tag.id).order_by(Tag.name, Tag.id)
    return [Use(tag, posts) for tag, posts in db.session.execute(query)]


def number_of_posts(tag: Tag) -> int:
    """Under how many posts *tag* stands, drafts among them."""
    return db.session.scalar(select(func.count()).where(tagging.c.tag_id == tag.id)) or 0


def move(tag: Tag, slug: str) -> None:
    """Inside a write transaction: give *tag* this slug; the one before leads to it. TakenError if it is another's."""
    if slug == tag.slug:
        return
    other = by_slug(slug)
    if other is not None and other.id != tag.id:
        raise TakenError(slug)
    db.session.merge(TagAlias(slug=tag.slug, tag_id=tag.id))
    db.session.execute(delete(TagAlias).where(TagAlias.slug == slug))
    tag.slug = slug


def merge(tag: Tag, into: Tag) -> int:
    """Inside a write transaction: put all posts of *tag* under *into*, to whose page its addresses lead from now on.

    The number of posts that moved. Whoever types the former name later gets *into*.
    """
    posts = _posts_of(tag)
    there = select(tagging.c.post_id).where(tagging.c.tag_id == into.id)
    rows = select(tagging.c.post_id, literal(into.id), tagging.c.published_at).where(tagging.c.tag_id == tag.id)
    moved = insert(tagging).from_select(
        ["post_id", "tag_id", "published_at"], rows.where(tagging.c.post_id.not_in(there))
    )
    db.session.execute(moved)
    db.session.execute(update(TagAlias).where(TagAlias.tag_id == tag.id).values(tag_id=into.id))
    db.session.merge(TagAlias(slug=tag.slug, tag_id=into.id))
    into.description = into.description or tag.description
    generations.touch(f"tagged:{into.id}", f"tag:{into.id}")
    _drop(tag, posts)
    return len(posts)


def remove(tag: Tag) -> None:
    """Inside a write transaction: take *tag* off all posts; its page is gone."""
    _drop(tag, _posts_of(tag))


def _posts_of(tag: Tag) -> list[int]:
    return list(db.session.scalars(select(tagging.c.post_id).where(tagging.c.tag_id == tag.id)))


def _drop(tag: Tag, posts: list[int]) -> None:
    generations.touch(f"tagged:{tag.id}", f"tag:{tag.id}")
    db.session.execute(delete(tagging).where(tagging.c.tag_id == tag.id))
    db.session.delete(tag)
    db.session.flush()
    retagged.send(posts)
