"""The trash: posts that were thrown away, erased with all that belongs to them when their time is up."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from blueprints.core.db import db, writing
from blueprints.posts.models import TRASHED, Post
from blueprints.search import index

DAYS = 30
SECONDS_TO_LOOK = 3600
_OLD = select(Post.id).where(Post.trashed_at <= bindparam("before"), Post.state == TRASHED)


def erase(post: Post) -> None:
    """Inside a write transaction: take *post* away for good, and with it all that refers to it."""
    index.forget_thread(db.session.connection(), post.id)
    db.session.delete(post)
    db.session.flush()


def erase_what_is_old(moment: datetime) -> int:
    """Erase what has lain in the trash for `DAYS` days at *moment*; how many that were."""
    before = {"before": moment - timedelta(days=DAYS)}
    if db.session.scalar(_OLD.limit(1), before) is None:
        return 0
    with writing():
        old = [db.session.get_one(Post, number) for number in db.session.scalars(_OLD, before)]
        for post in old:
            erase(post)
    return len(old)
