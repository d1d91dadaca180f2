"""What can be found: public posts and public comments. The one place that says which these are, for both databases."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, FromClause, bindparam

from blueprints.comments.models import APPROVED, Comment
from blueprints.posts.models import PUBLISHED, Post

POST, COMMENT = "post", "comment"
KINDS = (POST, COMMENT)
# So many of the newest matches are looked at: what a common word costs does not grow with the site.
MOST = 200
# A word in more texts than this weighs nothing.
COMMON = 1000
POSTS, COMMENTS = Post.__table__, Comment.__table__


class Entry(NamedTuple):
    """The words of a post or comment: title or name; standfirst, byline and tags; text."""

    id: int
    head: str
    beside: str
    body: str


# Something that was found: how good it is, from when (whatever its database can compare), and its id.
Match = tuple[float, datetime | str, int]


def rows_of(kind: str) -> FromClause:
    """The rows that say whether a match may be seen."""
    return POSTS if kind == POST else COMMENTS.join(POSTS, POSTS.c.id == COMMENTS.c.post_id)


def key_of(kind: str) -> ColumnElement[int]:
    """The column that the index names its entries by."""
    column: ColumnElement[int] = POSTS.c.id if kind == POST else COMMENTS.c.id
    return column


def is_public(kind: str) -> list[ColumnElement[bool]]:
    """At this moment: the index also knows what waits for its minute, and comments of a post that was taken down."""
    post = [POSTS.c.state == PUBLISHED, POSTS.c.published_at <= bindparam("now", type_=POSTS.c.published_at.type)]
    return post if kind == POST else [COMMENTS.c.state == APPROVED, *post]


def moment_of(kind: str) -> ColumnElement[datetime]:
    """The column that says from when it is."""
    column: ColumnElement[datetime] = POSTS.c.published_at if kind == POST else COMMENTS.c.created_at
    return column
