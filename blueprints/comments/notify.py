"""Telling people by mail: who is told of a comment or a post, when, and what the letter says.

Whoever works here is told when a comment comes in, waiting or not; readers when it is published, which happens once;
nobody is told twice, nor of what they wrote themselves. Recipients come from the thread and from what they have
asked for, never from a list of addresses. A letter is composed when it is sent: what was taken back by then is not
told.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from blueprints.accounts.models import ALL, AUTHOR, MINE, MODERATORS, NOTHING, Account
from blueprints.comments import letters, references, subscriptions
from blueprints.comments.keys import Correspondent, correspondent
from blueprints.comments.letters import BELOW, STAFF
from blueprints.comments.models import APPROVED, COMMENT, PENDING, TRASH, Comment
from blueprints.comments.subscriptions import CONFIRM, POSTS, REPLIES, THREAD, Subscription
from blueprints.core import chores, mail, rows, settings, site
from blueprints.core.db import UTCDateTime, db, now, writing
from blueprints.core.mail import KEPT, SENT, WAITING, Outbox
from blueprints.core.site import Site
from blueprints.posts.bylines import Byline
from blueprints.posts.models import PUBLISHED, Post

PUBLISHED_YOURS, REMOVED, DIGEST, REPORTED = "published", "removed", "digest", "reported"
# Whoever works here is written to at once, and then no sooner than so much later, of all that came meanwhile: fewer
# letters a day than an address may get, whatever comes in.
PAUSE = timedelta(minutes=30)
# Before who reported a comment hears what came of it: it may be undone.
SECOND_THOUGHT = timedelta(minutes=10)
# How often it is looked whether a digest or the post of an author is due.
SECONDS_TO_LOOK = 60
_S, _C, _A = Subscription.__table__.c, Correspondent.__table__.c, Account.__table__.c
_EMAIL: BindParameter[str] = bindparam("email")
_BYLINE = Byline.__table__
_OWN = exists().where(_BYLINE.c.post_id == bindparam("post_id"), _BYLINE.c.person_id == _A.person_id)
_IS_MODERATOR = _A.role.in_(MODERATORS)
_SITE = Site.__table__.c
_AUTHORS_MODERATE = func.coalesce(select(_SITE.authors_moderate).where(_SITE.id == 1).scalar_subquery(), true())
# What waits is told to whoever may decide on it.
_OWN_TO_SEE = and_(_OWN, or_(bindparam("is_public"), _IS_MODERATOR, and_(_A.role == AUTHOR, _AUTHORS_MODERATE)))
_O = Outbox.__table__.c
_TO_STAFF = (_O.address == func.lower(_A.email), _O.kind == STAFF)
_STAFF = select(
    _A.email,
    _A.id,
    literal(STAFF, String),
    exists().where(*_TO_STAFF, _O.state == WAITING, _O.content == ""),
    select(func.max(_O.due_at)).where(*_TO_STAFF, _O.state == SENT).scalar_subquery(),
).where(
    _A.comment_mail.in_((MINE, ALL)),
    ~_A.is_off,
    _A.password_hash != "",
    or_(_OWN_TO_SEE, and_(_IS_MODERATOR, or_(_A.comment_mail == ALL, ~bindparam("is_public")))),
    _A.email != _EMAIL,
    _A.person_id.is_distinct_from(bindparam("person_id")),
    bindparam("is_new"),
)


def _who(*replied: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Who is told: whoever follows the discussion, or its answers to them if any of *replied* is so, and the staff."""
    subscribed = (
        select(
            _C.email,
            _S.id,
            literal(THREAD, String).label("what"),
            false().label("is_queued"),
            cast(null(), UTCDateTime).label("sent_until"),
        )
        .select_from(Subscription.__table__.join(Correspondent.__table__))
        .where(
            _S.post_id == bindparam("post_id"),
            ~_S.is_pending,
            ~_S.is_daily,
            or_(_S.kind == THREAD, and_(_S.kind == REPLIES, or_(*replied))),
            _C.email != _EMAIL,
            bindparam("is_public"),
        )
    )
    return union_all(subscribed, _STAFF)


_ANSWERED = _C.email == bindparam("parent_email")
_WHO, _WHO_WITH_REFERENCES = _who(_ANSWERED), _who(_ANSWERED, _C.email.in_(references.writers()))


def init_app(app: Flask) -> None:
    """Say what the letters of this slice are made of, and have digests and new posts looked for."""
    for kind, composer in (
        (THREAD, letters.thread),
        (STAFF, letters.staff),
        (BELOW, letters.below),
        (PUBLISHED_YOURS, letters.published),
        (REMOVED, letters.removed),
        (DIGEST, letters.digest),
        (POSTS, letters.posts),
        (CONFIRM, letters.confirm),
        (REPORTED, letters.reported),
    ):
        mail.on_compose(app, kind, composer)
    chores.each(app, SECONDS_TO_LOOK, look)


def announce(comment: Comment, parent: Comment | None) -> None:
    """Inside `writing()`: *comment*, which answers *parent*, has just been stored."""
    _tell(comment, parent, is_new=True)


def moved(comment: Comment, was: str, *, first: bool) -> None:
    """Inside `writing()`: a moderator has moved *comment*, which *was* in another state; *first*: it is public for the
    first time. Its writer is told what became of it, and why it was removed.
    """
    if first and comment.is_public:
        _tell(comment, comment.parent, is_new=False)
        _tell_byline(comment)
        if (writer := _writer(comment)) and _asked(writer, comment):
            mail.queue(PUBLISHED_YOURS, [(writer.email, {"comment": comment.id})])
    elif comment.state == TRASH and was in (PENDING, APPROVED) and (writer := _writer(comment)):
        mail.queue(REMOVED, [(writer.email, {"comment": comment.id})])


def _tell(comment: Comment, parent: Comment | None, *, is_new: bool) -> None:
    """One question; an answer to nobody costs no more."""
    if comment.kind != COMMENT or not (is_new or comment.is_public):
        return
    numbers = references.numbers(comment) if comment.is_public else []
    found = rows.fetch(
        _WHO_WITH_REFERENCES if numbers else _WHO,
        post_id=comment.post_id,
        parent_email=parent.email if parent else "",
        email=comment.email,
        is_public=comment.is_public,
        is_new=is_new,
        person_id=comment.person_id,
        **references.parameters(numbers),
    )
    told: set[str] = set()
    due: dict[tuple[str, datetime | None], list[tuple[str, dict[str, Any]]]] = {}
    for row in sorted(found, key=lambda row: row.what != STAFF):
        is_first = row.email.casefold() not in told
        told.add(row.email.casefold())
        if is_first and not row.is_queued:
            whose = "account" if row.what == STAFF else "subscription"
            letter = (row.email, {"comment": comment.id, whose: row.id})
            due.setdefault((row.what, _pause_after(row.sent_until)), []).append(letter)
    for (kind, moment), letters_ in due.items():
        mail.queue(kind, letters_, due_at=moment)


def _tell_byline(comment: Comment) -> None:
    """Whoever signs the post and does not judge its comments hears of one when it is let through, not before."""
    query = select(Account).join(Byline, Byline.person_id == Account.person_id)
    query = query.where(
        Byline.post_id == comment.post_id,
        Account.comment_mail != NOTHING,
        ~Account.is_off,
        Account.password_hash != "",
        Account.email != comment.email,
        Account.person_id.is_distinct_from(comment.person_id),
    )
    for account in db.session.scalars(query).all():
        if account.may_moderate(site.current(), comment.post.author_ids):
            continue
        waiting = select(Outbox.about).where(
            Outbox.address == account.email, Outbox.kind == BELOW, Outbox.state == WAITING, Outbox.content == ""
        )
        if not any(about["post"] == comment.post_id for about in db.session.scalars(waiting)):
            about = {"account": account.id, "post": comment.post_id, "number": comment.number}
            mail.queue(BELOW, [(account.email, about)], due_at=now() + PAUSE)


def _pause_after(sent_until: datetime | None) -> datetime | None:
    """When the next letter to somebody who works here may leave, of whom the last one is remembered until then."""
    return sent_until - KEPT + PAUSE if sent_until else None


def settled(answered: Iterable[tuple[int, str]]) -> None:
    """Inside `writing()`: an editor has decided on reports; those of (id, address) that gave one are told."""
    for report_id, email in answered:
        if email and mail.may_write(email, unasked=True):
            about = {"report": report_id}
            mail.queue(REPORTED, [(email, about)], unasked=True, due_at=now() + SECOND_THOUGHT)


def _writer(comment: Comment) -> Correspondent | None:
    """Who wrote it, if the address is known to be theirs: its owner has confirmed a wish of the same browser."""
    if not comment.email or not comment.writer_hash or comment.person_id:
        return None
    found = correspondent(comment.email)
    known = found and found.confirmed_at and found.vouches_for == comment.writer_hash
    return found if known else None


def _asked(writer: Correspondent, comment: Comment) -> bool:
    query = select(Subscription.id).where(
        Subscription.correspondent_id == writer.id, Subscription.post_id == comment.post_id, ~Subscription.is_pending
    )
    return db.session.scalar(query) is not None


def look(moment: datetime) -> None:
    """Write what becomes a letter by the clock alone: digests, and posts, whose date may have been set days before."""
    cut = last_digest(moment)
    if _due_discussions(cut, 1) or _due_authors(moment, cut) or subscriptions.has_forgettable(moment):
        with writing():
            _write_digests(moment, cut)
            _write_posts(moment, cut)
            subscriptions.forget_unconfirmed(moment)


def last_digest(moment: datetime) -> datetime:
    """When digests were due last: at DIGEST_HOUR on the site's clock, today or yesterday."""
    zone = site.zone()
    local = moment.astimezone(zone)
    due = datetime.combine(local.date(), time(settings.current().digest_hour), zone)
    return due if due <= local else datetime.combine(local.date() - timedelta(days=1), due.timetz())


def _due_discussions(cut: datetime, limit: int) -> Sequence[Any]:
    """(subscription, post) of daily ones that have heard nothing since *cut*, where something was said."""
    query = (
        select(Subscription, Post)
        .join(Post, Post.id == Subscription.post_id)
        .where(
            Subscription.is_daily,
            Subscription.told_at < cut,
            ~Subscription.is_pending,
            Post.last_number > Subscription.told_number,
        )
        .limit(limit)
    )
    return db.session.execute(query).all()


def _due_authors(moment: datetime, cut: datetime) -> dict[Subscription, list[int]]:
    """The posts that each subscription of an author has not been told of."""
    query = (
        select(Subscription, Post.id, Post.published_at)
        .join(Byline, Byline.person_id == Subscription.person_id)
        .join(Post, Post.id == Byline.post_id)
        .where(
            ~Subscription.is_pending,
            Byline.published_at > Subscription.told_at,
            Byline.published_at <= case((Subscription.is_daily, cut), else_=moment),
            Post.state == PUBLISHED,
        )
        .order_by(Byline.published_at)
        .limit(1000)
    )
    found: dict[Subscription, list[int]] = {}
    for subscription, post_id, _date in db.session.execute(query):
        found.setdefault(subscription, []).append(post_id)
    return found


def _write_digests(moment: datetime, cut: datetime) -> None:
    letters = []
    for row, post in _due_discussions(cut, 500):
        about = {"subscription": row.id, "after": row.told_number, "upto": post.last_number}
        letters.append((row.correspondent.email, about))
        row.told_number, row.told_at = post.last_number, moment
    mail.queue(DIGEST, letters)


def _write_posts(moment: datetime, cut: datetime) -> None:
    letters = []
    for row, posts in _due_authors(moment, cut).items():
        letters.append((row.correspondent.email, {"subscription": row.id, "posts": posts}))
        row.told_at = cut if row.is_daily else moment
    mail.queue(POSTS, letters)
