"""References: what a comment points at by number ("#12"), so that whoever wrote that can be told.

Read from the links in its HTML, where they were put when it was written: what stands in code is none. Names are not
read ("@Ann"): a guest's name is anybody's, a number is one comment's for good.
"""

import re

from sqlalchemy import BindParameter, ColumnElement, bindparam, or_, select
from sqlalchemy.sql.selectable import ScalarSelect

from blueprints.comments.models import APPROVED, PENDING, SPAM, TRASH, WITHDRAWN, Comment
from blueprints.core.db import db

# So many comments that one points at count: nobody writes to a whole thread by listing its numbers.
REACH = 5
_LINK = re.compile(r'href="/posts/([^"/]+)/c/([1-9][0-9]{0,6})"')
_C = Comment.__table__.c


def numbers(comment: Comment) -> list[int]:
    """The numbers that *comment* points at, the first ones, in their order."""
    if "/c/" not in comment.html:
        return []
    found = (int(number) for slug, number in _LINK.findall(comment.html) if slug == comment.post.slug)
    return list(dict.fromkeys(found))[:REACH]


def parameters(found: list[int]) -> dict[str, int]:
    """*found*, for `writers`."""
    return {f"number_{at}": number for at, number in enumerate(found)}


def writers() -> ScalarSelect[str]:
    """A part of a statement: the addresses of who wrote the comments of :post_id that `parameters` names."""
    named: list[BindParameter[int]] = [bindparam(f"number_{at}", 0) for at in range(REACH)]
    # "Is approved", in words for which no database takes the index of the queue.
    is_public = _C.state.not_in((PENDING, SPAM, TRASH, WITHDRAWN))
    of_post = select(_C.email).where(_C.post_id == bindparam("post_id"), _C.number.in_(named), is_public)
    return of_post.where(_C.email != "").scalar_subquery()


def own(comment: Comment, email: str) -> int | None:
    """The number of the first comment by *email* that *comment* points at."""
    found = numbers(comment)
    query = select(Comment.number).where(
        Comment.post_id == comment.post_id, Comment.number.in_(found), Comment.email == email, Comment.state == APPROVED
    )
    return db.session.scalar(query.order_by(Comment.number).limit(1)) if found else None


def to(email: str, post_id: int, slug: str) -> ColumnElement[bool]:
    """A part of a statement: comments that point at one of the newest that *email* wrote below this post."""
    written = select(Comment.number).where(
        Comment.post_id == post_id, Comment.email == email, Comment.state == APPROVED, Comment.number.is_not(None)
    )
    newest = db.session.scalars(written.order_by(Comment.number.desc()).limit(50))
    links = [f'href="/posts/{slug}/c/{number}"' for number in newest]
    return or_(False, *(Comment.html.contains(link, autoescape=True) for link in links))
