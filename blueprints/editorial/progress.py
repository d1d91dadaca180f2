"""Letters about where a text stands: to editors that one waits for review, to its authors what has become of theirs.

Nobody is told of what they did themselves, and everybody may choose to hear nothing of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import exists, func, select

from blueprints.accounts.models import ADMINISTRATOR, EDITOR, Account
from blueprints.accounts.queries import SIGNS_IN
from blueprints.core import mail, site
from blueprints.core.db import db, now
from blueprints.core.mail import KEPT, SENT, WAITING, Outbox
from blueprints.posts.addresses import post_url
from blueprints.posts.bylines import Byline
from blueprints.posts.models import DRAFT, PUBLISHED, REVIEW, SCHEDULED, WITHDRAWN, Post

IN_REVIEW, YOUR_TEXT = "in-review", "your-text"
# Editors are written to at once, and then no sooner than so much later, of all that waits by then.
PAUSE = timedelta(minutes=30)
# Before an author hears what became of a text: it may be undone.
SECOND_THOUGHT = timedelta(minutes=10)
SHOWN = 30
RETURNED, UNSCHEDULED = "returned", "unscheduled"
_BACK = {(REVIEW, DRAFT): RETURNED, (SCHEDULED, DRAFT): UNSCHEDULED}


def init_app(app: Flask) -> None:
    """Say what these letters are made of."""
    mail.on_compose(app, IN_REVIEW, in_review)
    mail.on_compose(app, YOUR_TEXT, your_text)


def moved(post: Post, was: str, by: Account) -> None:
    """Inside `writing()`: *by* has taken *post*, whose stage *was* another, a step further."""
    db.session.flush()
    if post.stage == REVIEW and was == DRAFT:
        _tell_editors(by)
    elif outcome(was, post.stage) and not (post.stage == DRAFT and post.is_by(by)):
        _tell_authors(post, was, by)


def outcome(was: str, stage: str) -> str:
    """What an author is told of a text that was at one stage and is at another; nothing where that is no news."""
    if stage in (SCHEDULED, PUBLISHED, WITHDRAWN) and was in (DRAFT, REVIEW, SCHEDULED, PUBLISHED, WITHDRAWN):
        return stage if was != stage else ""
    return _BACK.get((was, stage), "")


def _tell_editors(by: Account) -> None:
    theirs = (Outbox.address == func.lower(Account.email), Outbox.kind == IN_REVIEW)
    waits = exists().where(*theirs, Outbox.state == WAITING, Outbox.content == "")
    sent_until = select(func.max(Outbox.due_at)).where(*theirs, Outbox.state == SENT).scalar_subquery()
    query = select(Account, sent_until).where(
        Account.role.in_((EDITOR, ADMINISTRATOR)), Account.review_mail, SIGNS_IN, Account.id != by.id, ~waits
    )
    for account, remembered_until in db.session.execute(query):
        due_at = remembered_until - KEPT + PAUSE if remembered_until else None
        mail.queue(IN_REVIEW, [(account.email, {"account": account.id})], due_at=due_at)


def _tell_authors(post: Post, was: str, by: Account) -> None:
    query = (
        select(Account)
        .join(Byline, Byline.person_id == Account.person_id)
        .where(Byline.post_id == post.id, Account.text_mail, SIGNS_IN, Account.id != by.id)
    )
    letters = [
        (account.email, {"account": account.id, "post": post.id, "was": was})
        for account in db.session.scalars(query)
        if not _waits(account, post)
    ]
    mail.queue(YOUR_TEXT, letters, due_at=now() + SECOND_THOUGHT)


def _waits(account: Account, post: Post) -> bool:
    query = select(Outbox.about).where(
        Outbox.address == account.email.casefold(),
        Outbox.kind == YOUR_TEXT,
        Outbox.state == WAITING,
        Outbox.content == "",
    )
    return any(about["post"] == post.id for about in db.session.scalars(query))


def in_review(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What waits for an editor when the letter leaves, the newest first."""
    account = db.session.get(Account, about["account"])
    if account is None or not account.is_editor or not account.review_mail or account.is_off:
        return None
    query = select(Post).where(Post.state == REVIEW).order_by(Post.id.desc())
    found = list(db.session.scalars(query.limit(SHOWN + 1)))
    if not found:
        return None
    return {
        "language": site.shown().language,
        "texts": [(post, mail.absolute(f"/admin/posts/{post.id}/edit")) for post in found[:SHOWN]],
        "has_more": len(found) > SHOWN,
        "link": mail.absolute("/admin/posts?state=review"),
        "choice": mail.absolute("/admin/mail"),
    }


def your_text(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What has become of an author's text since the letter was begun; nothing where it was taken back by then."""
    account, post = db.session.get(Account, about["account"]), db.session.get(Post, about["post"])
    if account is None or post is None or account.is_off or not account.text_mail or not post.is_by(account):
        return None
    what = outcome(about["was"], post.stage)
    if not what:
        return None
    if post.is_public:
        path = post_url(post)
    else:
        path = f"/admin/posts/{post.id}/edit" if post.is_editable_by(account) else "/admin/posts"
    return {
        "language": site.shown().language,
        "post": post,
        "what": what,
        "at": _minute(post.published_at) if what == SCHEDULED else "",
        "link": mail.absolute(path),
        "choice": mail.absolute("/admin/mail"),
    }


def _minute(moment: datetime | None) -> str:
    """*moment* on the site's clock, in figures that every language reads."""
    return f"{moment.astimezone(site.zone()):%Y-%m-%d, %H:%M (%Z)}" if moment else ""
