"""Tags as editors put them in order: how often each is used, renaming, merging, taking away."""

from typing import NamedTuple

from blinker import Signal
from sqlalchemy import delete, func, insert, literal, select, update

from blueprints.core import generations
from blueprints.core.db import db
from blueprints.posts import queries
from blueprints.posts.models import Tag, TagAlias, tagging

# Sent with the ids of the posts that a bulk statement has given other tags, inside its transaction.
retagged = Signal()


class TakenError(Exception):
    """Another tag has this slug."""


class Use(NamedTuple):
    """A tag and under how many posts it stands, drafts among them."""

    tag: Tag
    posts: int


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
    other = queries.tag_by_slug(slug)
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
