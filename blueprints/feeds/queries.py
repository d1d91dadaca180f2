"""What the feeds are made of, newest first, with everything that is shown of it; for reading only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, select

from blueprints.accounts.models import Person
from blueprints.comments.models import APPROVED, COMMENT, Comment
from blueprints.core import generations, rows
from blueprints.core.db import now
from blueprints.posts.models import POST, PUBLISHED, Byline, Post, Tag, tagging
from blueprints.posts.queries import next_due

# Longer than the list of posts: a discussion has more to say in an hour than its editors in a week.
NEWEST_COMMENTS = 30
_POST, _BYLINE, _PERSON, _TAG, _C = (model.__table__.c for model in (Post, Byline, Person, Tag, Comment))
_NEW = [column for column in _POST if column.name != "body"]
_IN_LIST = (_POST.state == PUBLISHED, _POST.kind == POST)
_WHOLE = (
    select(*_NEW)
    .where(*_IN_LIST, _POST.published_at <= bindparam("now"))
    .order_by(_POST.published_at.desc(), _POST.id.desc())
)
_OF_PERSON = (
    select(*_NEW)
    .join(Byline.__table__)
    .where(*_IN_LIST, _BYLINE.person_id == bindparam("id"), _BYLINE.published_at <= bindparam("now"))
    .order_by(_BYLINE.published_at.desc(), _BYLINE.post_id.desc())
)
_WITH_TAG = (
    select(*_NEW)
    .join(tagging)
    .where(*_IN_LIST, tagging.c.tag_id == bindparam("id"), tagging.c.published_at <= bindparam("now"))
    .order_by(tagging.c.published_at.desc(), tagging.c.post_id.desc())
)
_AMONG: BindParameter[int] = bindparam("posts", expanding=True)
_PEOPLE = (
    select(_BYLINE.post_id, *_PERSON)
    .join(Person.__table__)
    .where(_BYLINE.post_id.in_(_AMONG))
    .order_by(_BYLINE.position)
)
_TAGS = select(tagging.c.post_id, *_TAG).join(Tag.__table__).where(tagging.c.post_id.in_(_AMONG)).order_by(_TAG.name)
_BELOW = [_POST.id, _POST.slug, _POST.path, _POST.guid, _POST.title, _POST.extract]
_SAID = [_C.id, _C.post_id, _C.parent_id, _C.number, _C.name, _C.url, _C.html, _C.published_at]
_COMMENTS = select(*_BELOW, *_SAID).join(Post.__table__).where(_C.state == APPROVED)
_NEWEST = _COMMENTS.where(
    _C.kind == COMMENT,
    _C.published_at.is_not(None),
    _POST.state == PUBLISHED,
    _POST.published_at <= bindparam("now"),
).order_by(_C.published_at.desc(), _C.id.desc())
_ON_POST = _COMMENTS.where(_C.post_id == bindparam("id"), _C.number.is_not(None)).order_by(_C.number.desc())
_BY_AUTHORS = _ON_POST.where(_C.person_id.in_(bindparam("people", expanding=True)))
_NEW_POSTS = {
    name: query.limit(bindparam("size"))
    for name, query in {"posts": _WHOLE, "by": _OF_PERSON, "tagged": _WITH_TAG}.items()
}


@dataclass(frozen=True)
class Said:
    """A published comment and the post that it stands below."""

    comment: Comment
    post: Post


def newest(size: int) -> list[Post]:
    """The newest posts of the site."""
    generations.reads("posts")
    return _posts(_NEW_POSTS["posts"], size=size)


def newest_by(person: Person, size: int) -> list[Post]:
    """What *person* has published last."""
    generations.reads(f"by:{person.id}")
    return _posts(_NEW_POSTS["by"], size=size, id=person.id)


def newest_with(tag: Tag, size: int) -> list[Post]:
    """The newest posts under *tag*."""
    generations.reads(f"tagged:{tag.id}")
    return _posts(_NEW_POSTS["tagged"], size=size, id=tag.id)


def _posts(statement: Select[Any], **values: object) -> list[Post]:
    found = rows.fetch(statement, now=now(), **values)
    generations.lasts_until(next_due())
    if not found:
        return []
    among = [row.id for row in found]
    bylines: dict[int, list[Byline]] = {post_id: [] for post_id in among}
    tags: dict[int, list[Tag]] = {post_id: [] for post_id in among}
    for row in rows.fetch(_PEOPLE, posts=among):
        person = rows.detached(Person, _PERSON, row[1:])
        bylines[row[0]].append(Byline(post_id=row[0], person_id=person.id, person=person))
        generations.reads(f"person:{person.id}")
    for row in rows.fetch(_TAGS, posts=among):
        tags[row[0]].append(tag := rows.detached(Tag, _TAG, row[1:]))
        generations.reads(f"tag:{tag.id}")
    generations.reads(*(f"post:{post_id}" for post_id in among))
    return [rows.detached(Post, _NEW, row, bylines=bylines[row.id], tags=tags[row.id]) for row in found]


def newest_comments() -> list[Said]:
    """The comments of the site that were published last."""
    # "posts": a post that comes back brings its comments along.
    generations.reads("comments", "posts")
    generations.lasts_until(next_due())
    return _said(rows.fetch(_NEWEST_COMMENTS, now=now()))


def newest_on(post: Post) -> list[Said]:
    """The comments on *post* that were published last."""
    return _said(rows.fetch(_NEWEST_ON_POST, id=post.id))


def newest_by_authors(post: Post) -> list[Said]:
    """What the people of its byline have answered below *post*."""
    return _said(rows.fetch(_NEWEST_BY_AUTHORS, id=post.id, people=sorted(post.author_ids)))


_NEWEST_COMMENTS, _NEWEST_ON_POST, _NEWEST_BY_AUTHORS = (
    query.limit(NEWEST_COMMENTS) for query in (_NEWEST, _ON_POST, _BY_AUTHORS)
)


def _said(found: Sequence[Row[Any]]) -> list[Said]:
    said = [Said(rows.detached(Comment, _SAID, row[len(_BELOW) :]), rows.detached(Post, _BELOW, row)) for row in found]
    generations.reads(*(f"post:{each.post.id}" for each in said))
    return said
