"""Finding: the matches of a query in order, and what is shown of those on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from blueprints.accounts.models import Person
from blueprints.core import rows
from blueprints.core.db import connection, now
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post
from blueprints.search import index, words
from blueprints.search.found import COMMENT, COMMENTS, KINDS, MOST, POST, POSTS
from blueprints.search.snippets import Piece, around_html, whole
from blueprints.search.words import Query

PER_PAGE = 10
# Matches that are nearly as good as each other stand by date: so many steps lie between the best one and none.
_STEPS = 8
_IDS: Any = bindparam("ids", expanding=True)
_PLACE = (POSTS.c.slug, POSTS.c.path, POSTS.c.title, POSTS.c.extract)
_PEOPLE, _BYLINES = Person.__table__, Byline.__table__
_POSTS = select(
    POSTS.c.id,
    *_PLACE,
    POSTS.c.standfirst,
    POSTS.c.body_html,
    POSTS.c.kind,
    POSTS.c.published_at,
    POSTS.c.comment_count,
).where(POSTS.c.id.in_(_IDS))
_AUTHORS = (
    select(_BYLINES.c.post_id, _PEOPLE.c.name)
    .join_from(_BYLINES, _PEOPLE)
    .where(_BYLINES.c.post_id.in_(_IDS))
    .order_by(_BYLINES.c.post_id, _BYLINES.c.position)
)
_COMMENTS = select(
    COMMENTS.c.id, COMMENTS.c.number, COMMENTS.c.name, COMMENTS.c.html, COMMENTS.c.created_at, COMMENTS.c.post_id
).where(COMMENTS.c.id.in_(_IDS))
_post = rows.Shape(Post, _PLACE)
_PLACES = select(POSTS.c.id, *_PLACE).where(POSTS.c.id.in_(_IDS))


class PostHit(NamedTuple):
    """A post that was found, as far as it is shown."""

    post: Post
    title: list[Piece]
    snippet: list[Piece]
    names: tuple[str, ...]
    published_at: datetime
    comment_count: int
    is_page: bool


class CommentHit(NamedTuple):
    """A comment that was found, as far as it is shown."""

    id: int
    number: int | None
    name: list[Piece]
    snippet: list[Piece]
    created_at: datetime
    post: Post


@dataclass(frozen=True)
class Found:
    """One page of what was found: *hits* of one *kind*, and how many there are of each."""

    text: str
    query: Query
    kind: str
    counts: dict[str, int]
    number: int
    hits: list[PostHit] | list[CommentHit]

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.number * PER_PAGE < min(MOST, self.counts[self.kind])

    @property
    def is_cut(self) -> bool:
        """Whether there are older matches that are not shown."""
        return self.counts[self.kind] > MOST


def found(text: str, kind: str | None, number: int) -> Found:
    """Page *number* of what *text* finds: one *kind*, or where none is asked for, what there is."""
    query, moment = words.asked(text), now()
    shown = _matches(kind or POST, query, moment)
    others = {each: _number(each, query, moment) for each in KINDS if each != (kind or POST)}
    if kind is None and not shown and others[COMMENT]:
        kind, others, shown = COMMENT, {POST: 0}, _matches(COMMENT, query, moment)
    kind = kind or POST
    counts = {kind: len(shown), **others}
    ids = shown[:MOST][(number - 1) * PER_PAGE : number * PER_PAGE]
    hits: list[Any] = _shown[kind](ids, query.begun) if ids else []
    return Found(text, query, kind, counts, number, sorted(hits, key=lambda hit: ids.index(_id_of(hit))))


def _number(kind: str, query: Query, moment: datetime) -> int:
    """How many matches there are, counted to MOST + 1."""
    if not query.wanted:
        return 0
    number = index.backend(connection()).number
    found = number(kind, query, moment)
    return number(kind, query.begun, moment) if _is_beginning(kind, query, moment, found) else found


def _matches(kind: str, query: Query, moment: datetime) -> list[int]:
    """The ids of all matches, best first."""
    if not query.wanted:
        return []
    backend = index.backend(connection())
    newest = backend.newest(kind, query, moment)
    if _is_beginning(kind, query, moment, len(newest)):
        query, newest = query.begun, backend.newest(kind, query.begun, moment)
    matches = backend.ranked(kind, query, moment, newest)
    best = max((score for score, _, _ in matches), default=0.0) or 1.0
    ordered = sorted({(round(score / best * _STEPS), date, own) for score, date, own in matches}, reverse=True)
    return [own for _, _, own in ordered[: MOST + 1]]


def _is_beginning(kind: str, query: Query, moment: datetime, found: int) -> bool:
    """Whether the last word is taken for the beginning of one: where *query* has *found* less than a full list, and so
    would the word alone. To find what begins like a common word takes as long as to read of all such words.
    """
    if found > MOST or query.begun is query:
        return False
    word = query.last_word
    return word == query or index.backend(connection()).number(kind, word, moment) <= MOST


def _id_of(hit: PostHit | CommentHit) -> int:
    return hit.post.id if isinstance(hit, PostHit) else hit.id


def _place(row: Any, **others: Any) -> Post:
    """As much of a post as its address and heading need."""
    return _post.of((row.slug, row.path, row.title, row.extract), **others)


def _post_hits(ids: list[int], query: Query) -> list[PostHit]:
    authors = rows.fetch(_AUTHORS, ids=ids)
    names = {post_id: tuple(name for _, name in group) for post_id, group in groupby(authors, itemgetter(0))}
    hits = []
    for row in rows.fetch(_POSTS, ids=ids):
        post = _place(row, id=row.id)
        snippet = around_html(row.body_html, query)
        if row.standfirst and not any(piece.is_marked for piece in snippet):
            snippet = whole(row.standfirst, query)
        hits.append(
            PostHit(
                post,
                whole(post.heading, query),
                snippet,
                names.get(row.id, ()),
                row.published_at,
                row.comment_count,
                row.kind == "page",
            )
        )
    return hits


def _comment_hits(ids: list[int], query: Query) -> list[CommentHit]:
    comments = rows.fetch(_COMMENTS, ids=ids)
    posts = {row.id: _place(row) for row in rows.fetch(_PLACES, ids=sorted({row.post_id for row in comments}))}
    return [
        CommentHit(
            row.id,
            row.number,
            whole(row.name, query),
            around_html(row.html, query),
            row.created_at,
            posts[row.post_id],
        )
        for row in comments
    ]


_shown: dict[str, Callable[[list[int], Query], list[Any]]] = {POST: _post_hits, COMMENT: _comment_hits}
