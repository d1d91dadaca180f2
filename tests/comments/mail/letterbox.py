"""What readers and a mail server do, for the tests of who is told."""

import re
from email import message_from_string
from email.policy import default

from blueprints.comments import keys, subscriptions
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment, writer_hash
from blueprints.comments.subscriptions import Subscription
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.core.mail import Outbox

SITE = "https://example.org"
ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"


class Bag:
    """Takes letters as a mail server would, and shows them."""

    def __init__(self) -> None:
        self.letters = []
        self.trouble: Exception | None = None

    def open(self) -> None:
        """There, unless it is in trouble."""
        if self.trouble:
            raise self.trouble

    def close(self) -> None:
        """Nothing is held."""

    def send(self, _sender: str, address: str, content: bytes) -> None:
        self.letters.append(message_from_string(content.decode(), policy=default))

    def take(self) -> list[tuple[str, str]]:
        """(address, subject) of what came since the last look."""
        found = [(letter["To"], letter["Subject"]) for letter in self.letters]
        self.letters = []
        return found


def hold(what: str) -> None:
    with writing():
        db.session.merge(site.current()).hold = what


def send_comment(client, post, author: str, text: str, parent: Comment | None = None, *, htmx=False, **fields):
    data = {"author": author, "email": f"{author.lower()}@example.org", "comment": text, "token": token_for(post.id)}
    path = f"/comments/{parent.id}/reply" if parent else f"/posts/{post.slug}/comments"
    return (client.htmx if htmx else lambda m, p, **k: client.open(p, method=m, **k))(
        "POST", path, data={**data, **fields}
    )


def subscribe(email: str, kind: str, post=None, *, daily: bool = False, who=None, browser: str = "") -> Subscription:
    """A choice that its address has confirmed."""
    with writing():
        place = {"post": db.session.merge(post)} if post else {"who": db.session.merge(who)}
        subscriptions.choose(
            email, kind, daily=daily, asked_by=writer_hash(browser) if browser else "", language="en", **place
        )
        db.session.execute(Outbox.__table__.delete())
        owner = keys.correspondent(email)
        subscriptions.confirm(owner)
    return next(
        row for row in subscriptions.of(owner) if (row.post_id, row.person_id) == (post and post.id, who and who.id)
    )


def words(letter) -> str:
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def link_in(text: str, start: str) -> str:
    return re.search(rf"{SITE}({start}\S*)", text)[1]
