"""Finding posts. Every public list goes through `_listing`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import instance_dict

from blueprints.accounts.models import Person
from blueprints.core import generations, rows
from blueprints.core.db import db, now
from blueprints.posts import milestones
from blueprints.posts.bylines import Byline
from blueprints.posts.milestones import Milestone
from blueprints.posts.models import (
    FEATURED,
    NOT_PUBLISHED,
    PAGE,
    PINNED,
    POST,
    PUBLISHED,
    SCHEDULED,
    TRASHED,
    Alias,
    Post,
)
from blueprints.posts.summaries import AUTHOR_COLUMNS, COLUMNS, Author, Credit, Summary
from blueprints.posts.tags import Tag, tagging

T = TypeVar("T")
MOST_PROMINENT = 12
# Above the number of any post.
LAST = 2**62
_POST, _BYLINE, _PERSON, _TAG = Post.__table__, Byline.__table__, Person.__table__, Tag.__table__
_ALIAS = Alias.__table__
_TO_READ = [column for column in _POST.c if column.name != "body"]
_IN_BRIEF = [column for column in _TO_READ if column.name not in ("body_html", "passages")]
# What moves with each comment, and the text, which is long: all else is what `article` knows of a post.
_ASIDE = ("body_html", "passages", "comment_count", "last_number", "changes", "picks")
_ARTICLE = [column for column in _TO_READ if column.name not in _ASIDE]
_TO_READ = [*_ARTICLE, *(_POST.c[name] for name in _ASIDE)]
_READ = select(*_TO_READ)
_READ_BY = {name: _READ.where(_POST.c[name] == bindparam(name)) for name in ("slug", "path")}
_AUTHORS_OF = (
    select(*_PERSON.c, _BYLINE.c.affiliations)
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
_ADDRESS = (_POST.c.id, _POST.c.slug, _POST.c.path, _POST.c.state, _POST.c.published_at)
_AT_PATH = union_all(
    select(*_ADDRESS).where(_POST.c.path == bindparam("path")),
    select(*_ADDRESS).join_from(_ALIAS, _POST).where(_ALIAS.c.path == bindparam("path")),
)
_IS_PUBLIC = (_POST.c.state == PUBLISHED, _POST.c.published_at <= bindparam("now"))
# Said so that SQLite does not look for them in the index of all posts, where those few are far between.
_IS_ONE_OF_FEW = (
    func.coalesce(_POST.c.state, "") == PUBLISHED,
    _POST.c.published_at <= bindparam("now"),
    func.coalesce(_POST.c.kind, "") == POST,
)
_PAGES = select(*COLUMNS).where(*_IS_PUBLIC, _POST.c.kind == PAGE).order_by(_POST.c.title, _POST.c.id).limit(50)


class _List:
    """The posts of *which* a list consists, newest first; *date* and *post* are the columns of the index of *table*
    that has them in order.
    """

    def __init__(
        self,
        table: FromClause,
        date: ColumnElement[Any],
        post: ColumnElement[Any],
        *which: Any,
        public: tuple[Any, ...] = (*_IS_PUBLIC, _POST.c.kind == POST),
    ) -> None:
        # `now` is when the page before this one ends: SQLite seeks one bound of an index, not a pair of them.
        is_after = or_(date < bindparam("now"), post < bindparam("post", type_=BigInteger))
        listed = (
            select(*COLUMNS)
            .select_from(table)
            .where(*public, date <= bindparam("now"), is_after, *which)
            .order_by(date.desc(), post.desc())
        )
        self.page = _with_authors(listed)
        self.milestone = (
            listed.with_only_columns(date, post).limit(literal_column("1")).offset(bindparam("offset", type_=Integer))
        )


def _with_authors(listed: Select[Any]) -> Select[Any]:
    """A page of what is *listed*, each post as often as it has authors, with one of them."""
    limit, offset = (bindparam(name, type_=Integer) for name in ("limit", "offset"))
    page = listed.limit(limit).offset(offset).subquery("page")
    return (
        select(*page.c, _PERSON.c.id.label("person_id"), *AUTHOR_COLUMNS)
        .select_from(page.outerjoin(_BYLINE, _BYLINE.c.post_id == page.c.id).outerjoin(_PERSON))
        .order_by(page.c.published_at.desc(), page.c.id.desc(), _BYLINE.c.position)
    )


_ALL = _List(_POST, _POST.c.published_at, _POST.c.id)
_OF_PERSON = _List(
    _POST.join(_BYLINE), _BYLINE.c.published_at, _BYLINE.c.post_id, _BYLINE.c.person_id == bindparam("person_id")
)
_UNDER_TAG = _List(
    _POST.join(tagging), tagging.c.published_at, tagging.c.post_id, tagging.c.tag_id == bindparam("tag_id")
)
_PROMINENT = _List(_POST, _POST.c.published_at, _POST.c.id, _POST.c.prominence != text("''"), public=_IS_ONE_OF_FEW)
_whole_post, _post_in_brief = rows.Shape(Post, _TO_READ), rows.Shape(Post, _IN_BRIEF)
_post_as_article = rows.Shape(Post, _ARTICLE)
_post_to_go_to = rows.Shape(Post, _ADDRESS)
_person, _tag = rows.Shape(Person, _PERSON.c), rows.Shape(Tag, _TAG.c)
_whole_byline = rows.Shape(Byline, (_BYLINE.c.post_id, _BYLINE.c.person_id, _BYLINE.c.affiliations))


class Reading(NamedTuple):
    """A post to be read: all of it, and its *article*, without its text and what moves with each comment.

    That is the same object as long as nobody changes it, so what is drawn of it can be kept.
    """

    post: Post
    article: Post


@dataclass(frozen=True)
class Slice(Generic[T]):
    """One page of a list of posts."""

    posts: list[T]
    number: int
    has_next: bool


def _page(of: _List, name: str, number: int, size: int, **which: object) -> Slice[Summary]:
    """Page *number* of the list that is called *name* among what pages are made of."""
    moment = now()
    due = next_due(moment)
    generations.reads(name)
    generations.lasts_until(due)

    def following(last: Milestone) -> Sequence[Any]:
        return rows.fetch(of.milestone, now=last.date, post=last.post_id, offset=milestones.EVERY - 1, **which)

    begin, offset = milestones.before(name, (number - 1) * size, Milestone(moment, LAST), due, following)
    found = rows.fetch(of.page, now=begin.date, post=begin.post_id, limit=size + 1, offset=offset, **which)
    return _slice(found, number, size)


def _slice(found: Sequence[Any], number: int, size: int) -> Slice[Summary]:
    posts = []
    for post, rows_of_post in groupby(found, key=lambda row: row[: len(COLUMNS)]):
        credited = [row[len(COLUMNS) :] for row in rows_of_post]
        bylines = tuple([Credit(Author(*author)) for person_id, *author in credited if person_id is not None])
        posts.append(Summary._make([*post, bylines]))
        if len(posts) <= size:
            generations.reads(f"post:{post[0]}", *(f"person:{person_id}" for person_id, *_ in credited if person_id))
    return Slice(posts[:size], number, len(posts) > size)


def next_due(moment: datetime | None = None) -> datetime | None:
    """When the next scheduled post appears, after *moment* or now."""
    found = rows.fetch(_DUE, now=moment or now())
    return found[0].published_at if found else None


def newest_published(number: int, size: int) -> Slice[Summary]:
    """Page *number* of all posts, newest first."""
    return _page(_ALL, "posts", number, size)


def prominent() -> tuple[list[Summary], list[Summary]]:
    """What editors have pinned to the top of the front page and what they recommend beside it, newest first; when
    the next one appears, `newest_published` has asked for that page.
    """
    generations.reads("posts")
    rows_of_few = rows.fetch(_PROMINENT.page, now=now(), post=LAST, limit=MOST_PROMINENT, offset=0)
    found = _slice(rows_of_few, 1, MOST_PROMINENT).posts
    return tuple([post for post in found if post.prominence == kind] for kind in (PINNED, FEATURED))  # type: ignore[return-value]


def by_person(person: Person, number: int, size: int) -> Slice[Summary]:
    """Page *number* of what *person* has written."""
    return _page(_OF_PERSON, f"by:{person.id}", number, size, person_id=person.id)


def with_tag(tag: Tag, number: int, size: int) -> Slice[Summary]:
    """Page *number* of the posts under *tag*."""
    return _page(_UNDER_TAG, f"tagged:{tag.id}", number, size, tag_id=tag.id)


def pages() -> list[Summary]:
    """The pages outside the journal's order (about, contact …), by title."""
    generations.reads("posts")
    listed = [Summary(*row) for row in rows.fetch(_PAGES, now=now())]
    generations.reads(*(f"post:{post.id}" for post in listed))
    return listed


def to_read(**address: str) -> Reading | None:
    """The post with this *slug* or *path*, public or not, with its people and tags; for reading only."""
    [name] = address
    found = rows.fetch(_READ_BY[name], **address)
    if not found:
        return None
    [row] = found
    tags = rows.fetch(_TAGS_OF, post_id=row.id)
    generations.reads(f"post:{row.id}", *(f"tag:{tag.id}" for tag in tags))
    article = _article(rows.Whole([row[: len(_ARTICLE)]]), rows.Whole(_authors_of(row.id)), rows.Whole(tags))
    return Reading(_whole_post.of(row, bylines=article.bylines, tags=article.tags), article)


@lru_cache(maxsize=300)
def _article(post: rows.Whole, authors: rows.Whole, tags: rows.Whole) -> Post:
    bylines = _bylines(post[0][0], authors)
    return _post_as_article.of(post[0], bylines=bylines, tags=[_tag.of(tag) for tag in tags])


def _authors_of(post_id: int) -> Sequence[Any]:
    """Who wrote the post, in order."""
    found = rows.fetch(_AUTHORS_OF, post_id=post_id)
    generations.reads(*(f"person:{row.id}" for row in found))
    return found


def _bylines(post_id: int, authors: Iterable[Any]) -> list[Byline]:
    return [_whole_byline.of((post_id, row.id, row.affiliations), person=_person.of(row)) for row in authors]


def with_authors(post: Post) -> Post:
    """*post*, which was read in brief, with its people; for reading only."""
    instance_dict(post)["bylines"] = _bylines(post.id, _authors_of(post.id))
    return post


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


def moved_from(path: str) -> Post | None:
    """The public post that lives at *path*, else the one that once did; only to be led to."""
    found = [_post_to_go_to.of(row) for row in rows.fetch(_AT_PATH, path=path)]
    found.sort(key=lambda post: post.path != path)
    return found[0] if found and found[0].is_public else None


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


def _at_stage(stage: str | None, of: Person | None) -> Select[Any]:
    """The posts at one *stage*, or all; only *of* one person where given."""
    query = select(Post)
    if stage in NOT_PUBLISHED:
        query = query.where(Post.state == stage)
    elif stage is None:
        query = query.where(Post.state != TRASHED)
    elif stage == PUBLISHED:
        query = query.where(Post.state == PUBLISHED, Post.published_at <= now())
    elif stage == SCHEDULED:
        query = query.where(Post.state == PUBLISHED, Post.published_at > now())
    if of is not None:
        query = query.join(Byline, Byline.post_id == Post.id).where(Byline.person_id == of.id)
    return query


def to_come(*, of: Person | None, limit: int) -> list[Post]:
    """What is scheduled, the next one first; only *of* one person where given."""
    query = _at_stage(SCHEDULED, of).order_by(Post.published_at, Post.id).limit(limit)
    return list(db.session.scalars(query.options(selectinload(Post.bylines))))


def for_desk(*, state: str | None, of: Person | None, number: int, size: int) -> Slice[Post]:
    """Page *number* of the posts at the desk, last touched first; at one stage, and *of* one person, where given."""
    query = _at_stage(state, of)
    rows = db.session.scalars(
        query.order_by(Post.published_at.desc().nulls_first(), Post.id.desc())
        .limit(size + 1)
        .offset((number - 1) * size)
        .options(selectinload(Post.bylines))
    ).all()
    return Slice(list(rows[:size]), number, len(rows) > size)


def by_ids(ids: Iterable[int]) -> dict[int, Post]:
    """The posts with these *ids*."""
    return {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(list(ids))))}
