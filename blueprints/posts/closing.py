"""Discussions that close by themselves, on the day that an editor has set."""

from datetime import datetime

from sqlalchemy import select

from blueprints.core.db import db, writing
from blueprints.posts.models import Post

_DUE = select(Post.id).where(Post.closes_at <= db.bindparam("now"))


def close_what_is_due(moment: datetime) -> int:
    """Close every discussion whose time has come by *moment*; how many that were."""
    if not db.session.scalar(_DUE.limit(1), {"now": moment}):
        return 0
    with writing():
        due = [db.session.get_one(Post, post_id) for post_id in db.session.scalars(_DUE, {"now": moment})]
        for post in due:
            post.comments_open, post.closes_at = False, None
    return len(due)
