"""Finding posts. Every public list and page goes through `_public`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import lazyload, selectinload

from blueprints.accounts.models import Person
from blueprints.core import generations, rows
from blueprints.core.db import db, now
from blueprints.core.slugs import slugify
from blueprints.posts.models import DRAFT, PAGE, POST, PUBLISHED, Alias, Byline, Post, Tag, tagging

_POST, _BYLINE, _PERSON, _TAG = Post.__table__, Byline.__table__, Person.__table__, Tag.__table__
_TO_READ = [column for column in _POST.c if column.name != "body"]
_IN_BRIEF = [column for column in _TO_READ if column.name not in ("body_html", "passages")]
_READ = select(*_TO_READ)
_READ_BY = {name: _READ.where(_POST.c[name] == bindparam(name)) for name in ("slug", "path")}
_AUTHORS_OF = (
    select(*_PERSON.c)
    .join(_BYLINE, _BYLINE.c.person_id == _PERSON.c.id)
    .where(_BYLINE.c.post_id == bindparam("post_id"))
    .order_by(_BYLINE.c.position)
)
_DUE = (
    select(_POST.c.published_at)
    .where(_POST.c.state == PUBLISHED, _POST.c.published_at > bindparam("now"))
    .order_by(_POST.c.published_at)
    .limit(1)
)
_LOOK = select(*_IN_BRIEF, _BYLINE.c.person_id).select_from(_POST.outerjoin(_BYLINE))
_LOOK_BY = {name: _LOOK.where(_POST.c[name] == bindparam(name)) for name in ("slug", "id")}
_TEXT_BY = {
    name: select(_POST.c.body_html, _POST.c.passages_open).where(_POST.c[name] == bindparam(name))
    for name in ("slug", "id")
}
_TAGS_OF = select(_TAG).join(tagging).where(tagging.c.post_id == bindparam("post_id")).order_by(_TAG.c.name)
_whole_post, _post_in_brief = rows.Shape(Post, _TO_READ), rows.Shape(Post, _IN_BRIEF)
_person, _tag = rows.Shape(Person, _PERSON.c), rows.Shape(Tag, _TAG.c)
_byline = rows.Shape(Byline, (_BYLINE.c.post_id, _BYLINE.c.person_id))


@dataclass(frozen=True)
class Slice:
    """One page of a list of posts."""

    posts: list[Post]
    number: int
    has_next: bool


def _public() -> Select[Post]:
    return select(Post).where(Post.state == PUBLISHED, Post.published_at <= now())


def _page(query: Select[Post], number: int, size: int, *, date: Any = Post.published_at, post: Any = Post.id) -> Slice:
    """Page *number* of *query*, newest first; *date* and *post* are the columns of the index that has them in order."""
    rows = db.session.scalars(
        query.where(Post.kind == POST, date <= now())
        .order_by(date.desc(), post.desc())
        .limit(size + 1)
        .offset((number - 1) * size)
        .options(selectinload(Post.bylines))
    ).all()
    generations.lasts_until(next_due())
    for row in rows[:size]:
        generations.reads(f"post:{row.id}", *(f"person:{number}" for number in row.author_ids))
    return Slice(list(rows[:size]), number, len(rows) > size)


def next_due() -> datetime | None:
    """When the next scheduled post appears."""
    found = rows.fetch(_DUE, now=now())
    return found[0].published_at if found else None


def newest_published(number: int, size: int) -> Slice:
    """Page *number* of all posts, newest first."""
    generations.reads("posts")
    return _page(_public(), number, size)


def by_person(person: Person, number: int, size: int) -> Slice:
    """Page *number* of what *person* has written."""
    generations.reads(f"by:{person.id}")
    query = _public().join(Byline, Byline.post_id == Post.id).where(Byline.person_id == person.id)
    return _page(query, number, size, date=Byline.published_at, post=Byline.post_id)


def with_tag(tag: Tag, number: int, size: int) -> Slice:
    """Page *number* of the posts under *tag*."""
    generations.reads(f"tagged:{tag.id}")
    query = _public().join(tagging, tagging.c.post_id == Post.id).where(tagging.c.tag_id == tag.id)
    return _page(query, number, size, date=tagging.c.published_at, post=tagging.c.post_id)


def pages() -> list[Post]:
    """The pages outside the journal's order (about, contact …), by title."""
    generations.reads("posts")
    found = _public().where(Post.kind == PAGE).order_by(Post.title, Post.id).options(lazyload("*"))
    listed = list(db.session.scalars(found.limit(50)))
    generations.reads(*(f"post:{post.id}" for post in listed))
    return listed


def to_read(**address: str) -> Post | None:
    """The post with this *slug* or *path*, public or not, with its people and tags; for reading only."""
    [name] = address
    found = rows.fetch(_READ_BY[name], **address)
    if not found:
        return None
    [post] = found
    people = [_person.of(row) for row in rows.fetch(_AUTHORS_OF, post_id=post.id)]
    tags = [_tag.of(row) for row in rows.fetch(_TAGS_OF, post_id=post.id)]
    generations.reads(
        f"post:{post.id}", *(f"person:{person.id}" for person in people), *(f"tag:{tag.id}" for tag in tags)
    )
    bylines = [_byline.of((post.id, person.id), person=person) for person in people]
    return _whole_post.of(post, bylines=bylines, tags=tags)


def in_brief(**key: str | int) -> Post | None:
    """The post with this *slug* or *id*, public or not, without its texts; for reading only, and its thread."""
    [name] = key
    found = rows.fetch(_LOOK_BY[name], **key)
    if not found:
        return None
    generations.reads(f"post:{found[0].id}")
    return _post_in_brief.of(found[0], bylines=[row for row in found if row.person_id])


def text_of(**key: str | int) -> str:
    """The HTML of the post with this *slug* or *id*, as far as comments may answer a passage of it."""
    [name] = key
    found = rows.fetch(_TEXT_BY[name], **key)
    return found[0].body_html if found and found[0].passages_open else ""


def by_slug(slug: str) -> Post | None:
    """The post whose page is /posts/*slug*, public or not."""
    return db.session.scalar(select(Post).where(Post.slug == slug))


def by_source(source: str) -> Post | None:
    """The first post that came from *source*."""
    return db.session.scalar(select(Post).where(Post.source == source).order_by(Post.id).limit(1))


def by_path(path: str) -> Post | None:
    """The post that lives at *path* by an agreement older than this site."""
    return db.session.scalar(select(Post).where(Post.path == path))


def by_former_address(path: str) -> Post | None:
    """The post that once lived at *path* ("/posts/old-slug", "?p=12")."""
    return db.session.scalar(select(Post).join(Alias, Alias.post_id == Post.id).where(Alias.path == path))


def tag_by_slug(slug: str) -> Tag | None:
    """The tag whose page is /tags/*slug*."""
    tag = db.session.scalar(select(Tag).where(Tag.slug == slug))
    if tag is not None:
        generations.reads(f"tag:{tag.id}")
    return tag


def is_slug_taken(slug: str, *, but_by: Post | None = None) -> bool:
    """Whether another post has this slug, now or formerly."""
    own = but_by.id if but_by else None
    if (post := by_slug(slug)) and post.id != own:
        return True
    former = by_former_address(f"/posts/{slug}")
    return former is not None and former.id != own


def free_slug(stem: str) -> str:
    """*stem*, or the first of stem-2, stem-3 … that no post has or had."""
    slug, number = stem, 1
    while is_slug_taken(slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def for_desk(*, state: str | None, of: Person | None, number: int, size: int) -> Slice:
    """Page *number* of the posts at the desk, last touched first; only *of* one person where given."""
    query = select(Post)
    if state in (DRAFT, PUBLISHED):
        query = query.where(Post.state == state)
    if of is not None:
        query = query.join(Byline, Byline.post_id == Post.id).where(Byline.person_id == of.id)
    rows = db.session.scalars(
        query.order_by(Post.published_at.desc().nulls_first(), Post.id.desc())
        .limit(size + 1)
        .offset((number - 1) * size)
        .options(selectinload(Post.bylines))
    ).all()
    return Slice(list(rows[:size]), number, len(rows) > size)


def tag_names() -> list[str]:
    """The names of all tags, in their order."""
    return list(db.session.scalars(select(Tag.name).order_by(Tag.name)))


def tags_named(names: list[str]) -> list[Tag]:
    """The tags with these names, made where there is none."""
    found: dict[str, Tag] = {}
    for name in names:
        slug = slugify(name)
        if slug and slug not in found:
            found[slug] = tag_by_slug(slug) or Tag(slug=slug, name=name)
    return list(found.values())
