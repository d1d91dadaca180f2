"""The welcome post: what a reader of an empty site sees, so that the first page shows what the product is."""

from datetime import timedelta

from sqlalchemy import func, select

from blueprints.accounts.models import Person
from blueprints.comments.models import APPROVED, Comment, add
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post
from blueprints.posts.tags import named
from blueprints.transfer.welcome import SOURCE as SOURCE
from blueprints.transfer.welcome import discard

_BODY = """\
On a hustings a speaker stands up before the crowd, says a piece, and is answered on the spot. This is
one that you can host yourself: a post, argued at whatever length it needs, and below it the answers of those
who read it.

## What is on this page

Above the text stands who wrote it, in the order in which the authors want to be named. Below it
you find a word about them, a disclaimer if the editors have set one, and then the thread. **Every comment has a
number**, given once and never moved, so that “comment 2” means the same thing next year.[^1]

Nobody needs an account to answer. Try it: write something under this post. A first comment waits
until an editor lets it through; you see it at once, and nobody else does.

## What you do next

1. Open the set-up link that the terminal shows and become the administrator.
2. Write a post at the *desk*, or bring along the ones you have: `.venv/bin/hustings import wordpress export.xml`.
3. Remove this welcome with one click at the desk, or with `.venv/bin/hustings remove-welcome`.

> The page is whole before any script runs; with scripts, an answer appears without a reload.

[^1]: A comment that is taken down leaves its number behind, as long as somebody has answered it.
"""

_THREAD = (
    (None, "Ada", "Does the discussion work without JavaScript?"),
    (0, "The editors", "It does. Every button here is a form first; scripts only save you the *reload*."),
    (1, "Ada", "And `code`, and [links](https://example.org/)? Good:\n\n> scripts only save you the reload."),
    (None, "若水", "这里也可以用中文讨论吗？"),
)


def greet() -> bool:
    """At the first start, give a database without posts the welcome post; True if it was added."""
    with writing():
        current = db.session.merge(site.current())
        if current.greeted:
            return False
        current.greeted = True
        if db.session.scalar(select(func.count()).select_from(Post)):
            return False
        _add()
    return True


def _add() -> None:
    post = Post(slug="welcome", title="A place to stand and be answered", source=SOURCE, source_id="1")
    post.standfirst = "What Hustings is, shown on the first post of a new site: a text, its author, and a thread."
    post.write(_BODY)
    person = Person(slug="the-editors", name="The editors", source=SOURCE, source_id="1")
    person.write_bio("The editors of this site have not introduced themselves yet.")
    post.credit([person])
    post.tags = named(["About this site"])
    post.publish()
    db.session.add(post)
    db.session.flush()
    comments: list[Comment] = []
    for position, (parent, name, text) in enumerate(_THREAD):
        comment = Comment(
            post=post,
            parent=None if parent is None else comments[parent],
            name=name,
            email="",
            state=APPROVED,
            source=SOURCE,
            source_id=str(position + 1),
            person_id=person.id if name == person.name else None,
            created_at=now() - timedelta(minutes=60 - 10 * position),
        )
        comment.write(text)
        comments.append(add(comment))


def remove() -> bool:
    """Remove the welcome post, its thread and its byline; False if there was none."""
    with writing():
        return discard()
