"""Letters about notes: to those whose text it is, gathered, and to a reader who reported an error."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from blueprints.accounts.models import ADMINISTRATOR, EDITOR, Account
from blueprints.accounts.queries import SIGNS_IN
from blueprints.core import mail, site
from blueprints.core.db import db, now
from blueprints.core.mail import WAITING, Outbox
from blueprints.editorial.notes import Note
from blueprints.posts.addresses import post_url
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post

# A folder of templates/mail each.
LANGUAGES = ("en", "de", "fr", "zh")
NOTES, ANSWERED = "notes", "error-answered"
# So long a letter waits for what else is said.
GATHER = timedelta(minutes=10)
# Before a reader hears what came of a report: it may be undone.
SECOND_THOUGHT = timedelta(minutes=10)
SHOWN = 30


def init_app(app: Flask) -> None:
    """Say what these letters are made of."""
    mail.on_compose(app, NOTES, notes)
    mail.on_compose(app, ANSWERED, answered)


def announce(note: Note) -> None:
    """Inside `writing()`: tell those whose text it is, if no letter to them waits that will say so anyway."""
    letters = []
    for account in _who(note.post):
        if account.person_id == note.person_id or _waits(account, note.post):
            continue
        letters.append((account.email, {"post": note.post_id, "account": account.id, "note": note.id}))
    mail.queue(NOTES, letters, due_at=now() + GATHER)


def settled(note: Note) -> None:
    """Inside `writing()`: a reader's report has come to something; whoever gave an address is told, once."""
    if note.email and mail.may_write(note.email, unasked=True):
        about = {"note": note.id}
        mail.queue(ANSWERED, [(note.email, about)], unasked=True, due_at=now() + SECOND_THOUGHT)


def _who(post: Post) -> list[Account]:
    """The accounts of the authors; where none of them has one, the editors'; of those who want to hear of it."""
    authors = (
        select(Account).join(Byline, Byline.person_id == Account.person_id).where(Byline.post_id == post.id, SIGNS_IN)
    )
    if found := list(db.session.scalars(authors)):
        return [account for account in found if account.text_mail]
    editors = select(Account).where(Account.role.in_((EDITOR, ADMINISTRATOR)), SIGNS_IN)
    return list(db.session.scalars(editors.where(Account.review_mail)))


def _waits(account: Account, post: Post) -> bool:
    query = select(Outbox.about).where(
        Outbox.address == account.email.casefold(), Outbox.kind == NOTES, Outbox.state == WAITING, Outbox.content == ""
    )
    return any(about["post"] == post.id for about in db.session.scalars(query))


def notes(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What has been said about a text since the letter was begun, but by its reader."""
    account, post = db.session.get(Account, about["account"]), db.session.get(Post, about["post"])
    if account is None or post is None:
        return None
    query = select(Note).where(
        Note.post_id == post.id,
        Note.id >= about["note"],
        Note.person_id.is_distinct_from(account.person_id),
        Note.resolved_at.is_(None),
    )
    found = list(db.session.scalars(query.order_by(Note.id)))
    if not found:
        return None
    link = mail.absolute(f"/admin/posts/{post.id}/notes")
    total, more = len(found), max(0, len(found) - SHOWN)
    return {
        "language": site.shown().language,
        "post": post,
        "notes": found[:SHOWN],
        "total": total,
        "more": more,
        "link": link,
        "choice": mail.absolute("/admin/mail"),
        "answers": [mail.conversation_id(f"notes-{post.id}")],
    }


def answered(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What came of a reader's report; nothing where it was taken up again, or the text is not public any more."""
    note = db.session.get(Note, about["note"])
    if note is None or not note.outcome or not note.post.is_public:
        return None
    link = mail.absolute(post_url(note.post))
    return {"language": note.language or "en", "post": note.post, "outcome": note.outcome, "link": link}
