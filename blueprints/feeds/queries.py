"""What the feeds are made of, newest first, with everything that is shown of it; for reading only."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, select

from blueprints.accounts.models import Person
from blueprints.comments.models import APPROVED, COMMENT, Comment
from blueprints.core import generations, rows
from blueprints.core.db import now
from blueprints.posts.bylines import Byline
from blueprints.posts.models import POST, PUBLISHED, Post
from blueprints.posts.queries import next_due
from blueprints.posts.tags import Tag, tagging

# Longer than the list of posts: a discussion has more to say in an hour than its editors in a week.
NEWEST_COMMENTS = 30


class Said(NamedTuple):
    """What a feed says of a published comment."""

    id: int
    post_id: int
    parent_id: int | None
    number: int
    name: str
    url: str
    html: str
    published_at: datetime
    edited_at: datetime | None
    passage: str


_POST, _BYLINE, _PERSON, _TAG, _C = (model.__table__.c for model in (Post, Byline, Person, Tag, Comment))
_NEW = [
    _POST.id,
    _POST.slug,
    _POST.path,
    _POST.guid,
    _POST.title,
    _POST.standfirst,
    _POST.body_html,
    _POST.extract,
    _POST.published_at,
    _POST.updated_at,
    _POST.comments_open,
    _POST.comment_count,
    _POST.corrections_json,
    _POST.disclaimer,
    _POST.competing_interests,
    _POST.funding,
    _POST.language,
]
_WRITER = [_PERSON.id, _PERSON.slug, _PERSON.name, _PERSON.disclaimer, _PERSON.competing_interests]
_LABEL = [_TAG.id, _TAG.slug, _TAG.name]
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
_BELOW = [_POST.id, _POST.slug, _POST.path, _POST.guid, _POST.title, _POST.extract]
_SAID = [_C[name] for name in Said._fields]
_A_POST, _A_POST_BELOW = rows.Shape(Post, _NEW), rows.Shape(Post, _BELOW)
_A_BYLINE = rows.Shape(Byline, [_BYLINE.post_id, _BYLINE.person_id])
_A_PERSON, _A_TAG = rows.Shape(Person, _WRITER), rows.Shape(Tag, _LABEL)
_COMMENTS = select(*_BELOW, *_SAID).join(Post.__table__).where(_C.state == APPROVED)
# The comments alone are read in their order, whatever the database thinks of the posts' indexes.
_LATELY = (
    select(*_SAID)
    .where(
        _C.published_at.is_not(None),
        _C.state == APPROVED,
        _C.kind == COMMENT,
        exists().where(_POST.id == _C.post_id, _POST.state == PUBLISHED, _POST.published_at <= bindparam("now")),
    )
    .order_by(_C.published_at.desc(), _C.id.desc())
    .limit(NEWEST_COMMENTS)
    .subquery()
)
_NEWEST_COMMENTS = (
    select(*_BELOW, *_LATELY.c)
    .join(_LATELY, _LATELY.c.post_id == _POST.id)
    .order_by(_LATELY.c.published_at.desc(), _LATELY.c.id.desc())
)
_ON_POST = _COMMENTS.where(_C.post_id == bindparam("id"), _C.number.is_not(None)).order_by(_C.number.desc())
# Sorted after they were found: in the order of their numbers the database would go through the whole thread.
_BY_AUTHORS = _COMMENTS.where(
    _C.post_id == bindparam("id"),
    _C.person_id.is_not(None),
    _C.person_id.in_(bindparam("people", expanding=True)),
    _C.kind == COMMENT,
).order_by((_C.number + 0).desc())
_NEW_POSTS = {
    name: query.limit(bindparam("size"))
    for name, query in {"posts": _WHOLE, "by": _OF_PERSON, "tagged": _WITH_TAG}.items()
}


@lru_cache(maxsize=100)
def _belonging(number: int) -> tuple[Select[Any], Select[Any]]:
    """The people and the tags of so many posts; with as many parameters, because a list is compiled at every use."""
    among = [bindparam(f"post_{place}", type_=_POST.id.type) for place in range(number)]
    people = select(_BYLINE.post_id, *_WRITER).join(Person.__table__).where(_BYLINE.post_id.in_(among))
    tags = select(tagging.c.post_id, *_LABEL).join(Tag.__table__).where(tagging.c.post_id.in_(among))
    return people.order_by(_BYLINE.position), tags.order_by(_TAG.name)


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


def _posts(statement: Select[Any], **which: object) -> list[Post]:
    found = rows.fetch(statement, now=now(), **which)
    generations.lasts_until(next_due())
    if not found:
        return []
    among = [row.id for row in found]
    bylines: dict[int, list[Byline]] = {post_id: [] for post_id in among}
    tags: dict[int, list[Tag]] = {post_id: [] for post_id in among}
    written_by, filed_under = _belonging(len(among))
    values = {f"post_{place}": post_id for place, post_id in enumerate(among)}
    people: dict[int, Person] = {}
    for row in rows.fetch(written_by, **values):
        person = people.get(row.id) or people.setdefault(row.id, _A_PERSON.of(row[1:]))
        bylines[row.post_id].append(_A_BYLINE.of((row.post_id, person.id), person=person))
    labels: dict[int, Tag] = {}
    for row in rows.fetch(filed_under, **values):
        tag = labels.get(row.id) or labels.setdefault(row.id, _A_TAG.of(row[1:]))
        tags[row.post_id].append(tag)
    generations.reads(*(f"person:{person_id}" for person_id in people), *(f"tag:{tag_id}" for tag_id in labels))
    generations.reads(*(f"post:{post_id}" for post_id in among))
    return [_A_POST.of(row, bylines=bylines[row.id], tags=tags[row.id]) for row in found]


def newest_comments() -> list[tuple[Said, Post]]:
    """The comments of the site that were published last."""
    # "posts": a post that comes back brings its comments along.
    generations.reads("comments", "posts")
    generations.lasts_until(next_due())
    return _said(rows.fetch(_NEWEST_COMMENTS, now=now()))


def newest_on(post: Post) -> list[tuple[Said, Post]]:
    """The comments on *post* that were published last."""
    return _said(rows.fetch(_NEWEST_ON_POST, id=post.id))


def newest_by_authors(post: Post) -> list[tuple[Said, Post]]:
    """What the people of its byline have answered below *post*."""
    return _said(rows.fetch(_NEWEST_BY_AUTHORS, id=post.id, people=sorted(post.author_ids)))


_NEWEST_ON_POST, _NEWEST_BY_AUTHORS = (query.limit(NEWEST_COMMENTS) for query in (_ON_POST, _BY_AUTHORS))


def _said(found: Sequence[Any]) -> list[tuple[Said, Post]]:
    """The comments, each with the post that it stands below."""
    posts: dict[int, Post] = {}
    said = []
    for row in found:
        comment = Said._make(row[len(_BELOW) :])
        post = posts.get(comment.post_id) or posts.setdefault(comment.post_id, _A_POST_BELOW.of(row))
        said.append((comment, post))
    generations.reads(*(f"post:{post_id}" for post_id in posts))
    return said
