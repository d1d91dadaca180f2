"""The end of the welcome post: it goes when somebody asks, and when the first import brings posts."""

from sqlalchemy import exists, func, select

from blueprints.accounts.models import Account, Person
from blueprints.comments.models import Comment
from blueprints.core.db import db
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post
from blueprints.search import index

SOURCE = "hustings:welcome"


def is_all_there_is() -> bool:
    """Whether the site holds only the welcome post, and nobody has answered it but its sample thread."""
    sources = list(db.session.scalars(select(Post.source).limit(2)))
    if sources != [SOURCE]:
        return False
    return not db.session.scalar(select(exists().where(Comment.source.is_distinct_from(SOURCE))))


def discard() -> bool:
    """Inside a write transaction: take the welcome away; what readers answered to it goes with it."""
    post = db.session.scalar(select(Post).where(Post.source == SOURCE))
    if post is None:
        return False
    tags = list(post.tags)
    index.forget_thread(db.session.connection(), post.id)
    db.session.execute(db.delete(Comment).where(Comment.post_id == post.id))  # with their post, which touches its page
    db.session.delete(post)
    db.session.flush()
    for tag in tags:
        if not db.session.scalar(select(func.count()).select_from(Post).where(Post.tags.contains(tag))):
            db.session.delete(tag)
    person = db.session.scalar(select(Person).where(Person.source == SOURCE))
    if person and not db.session.scalar(
        select(exists().where(Byline.person_id == person.id) | exists().where(Account.person_id == person.id))
    ):
        db.session.delete(person)
    return True
