"""Telling people by mail: who is told of a comment or a post, when, and what the letter says.

Whoever works here is told when a comment comes in, waiting or not; readers when it is published, which happens once;
nobody is told twice, nor of what they wrote themselves. Recipients come from the thread and from what they have
asked for, never from a list of addresses. A letter is composed when it is sent: what was taken back by then is not
told.
"""

from collections.abc import Mapping, Sequence
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
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from blueprints.accounts.models import ADMINISTRATOR, ALL, EDITOR, MINE, Account
from blueprints.comments import references, subscriptions
from blueprints.comments.addresses import comment_url
from blueprints.comments.keys import Correspondent, correspondent
from blueprints.comments.models import APPROVED, COMMENT, MARKDOWN, PENDING, TRASH, Comment
from blueprints.comments.passages import with_passage
from blueprints.comments.subscriptions import CONFIRM, POSTS, REPLIES, THREAD, Subscription
from blueprints.core import chores, mail, markdown, rows, settings
from blueprints.core.db import db, now, writing
from blueprints.posts.addresses import author_url, post_url
from blueprints.posts.models import PUBLISHED, Byline, Post

STAFF, PUBLISHED_YOURS, REMOVED, DIGEST = "staff", "published", "removed", "digest"
# How many comments a digest shows; the others are counted, with a link.
SHOWN = 30
# How often it is looked whether a digest or the post of an author is due.
SECONDS_TO_LOOK = 60
_S, _C, _A = Subscription.__table__.c, Correspondent.__table__.c, Account.__table__.c
_EMAIL: BindParameter[str] = bindparam("email")
_BYLINE = Byline.__table__
_OWN = exists().where(_BYLINE.c.post_id == bindparam("post_id"), _BYLINE.c.person_id == _A.person_id)
_IS_EDITOR = _A.role.in_((EDITOR, ADMINISTRATOR))
_STAFF = select(_A.email, _A.id, literal(STAFF, String)).where(
    _A.comment_mail.in_((MINE, ALL)),
    or_(_OWN, and_(_IS_EDITOR, or_(_A.comment_mail == ALL, ~bindparam("is_public")))),
    _A.email != _EMAIL,
    _A.person_id.is_distinct_from(bindparam("person_id")),
    bindparam("is_new"),
)


def _who(*replied: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Who is told: whoever follows the discussion, or its answers to them if any of *replied* is so, and the staff."""
    subscribed = (
        select(_C.email, _S.id, literal(THREAD, String).label("what"))
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
        (THREAD, _thread_letter),
        (STAFF, _staff_letter),
        (PUBLISHED_YOURS, _published_letter),
        (REMOVED, _removed_letter),
        (DIGEST, _digest_letter),
        (POSTS, _posts_letter),
        (CONFIRM, _confirm_letter),
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
    told: dict[str, tuple[str, dict[str, Any]]] = {}
    for row in found:
        email, number, what = row.email, row.id, row.what
        whose = "account" if what == STAFF else "subscription"
        told.setdefault(email.casefold(), (what, {"comment": comment.id, whose: number}))
    for kind in (THREAD, STAFF):
        mail.queue(kind, [(email, about) for email, (what, about) in told.items() if what == kind])


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
    chosen = settings.current()
    local = moment.astimezone(chosen.time_zone)
    due = datetime.combine(local.date(), time(chosen.digest_hour), chosen.time_zone)
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


def _thread_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment to somebody who follows its discussion."""
    comment, row = db.session.get(Comment, about["comment"]), _subscription(about)
    if row is None or comment is None or not (comment.is_public and comment.post.is_public):
        return None
    is_reply = comment.parent is not None and comment.parent.email == row.correspondent.email
    refers_to = None if is_reply else references.own(comment, row.correspondent.email)
    return {**_to(row), **_said(comment), "is_reply": is_reply, "refers_to": refers_to, "place": _place(row)}


def _digest_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was said in a discussion since the last one."""
    row = _subscription(about)
    if row is None or row.post is None or not row.post.is_public:
        return None
    parent = aliased(Comment)
    said = select(Comment).where(
        Comment.post_id == row.post_id,
        Comment.kind == COMMENT,
        Comment.state == APPROVED,
        Comment.number > about["after"],
        Comment.number <= about["upto"],
        Comment.email != row.correspondent.email,
    )
    if row.kind == REPLIES:
        email = row.correspondent.email
        answers = or_(parent.email == email, references.to(email, row.post.id, row.post.slug))
        said = said.outerjoin(parent, Comment.parent_id == parent.id).where(answers)
    total = db.session.scalar(select(func.count()).select_from(said.subquery())) or 0
    comments = db.session.scalars(said.order_by(Comment.number).limit(SHOWN)).all()
    if not comments:
        return None
    link = mail.absolute(post_url(row.post, "comments"))
    shown = {"comments": [_said(comment) for comment in comments], "total": total, "more": total - len(comments)}
    return {**_to(row), **shown, "post": row.post, "link": link, "answers": _root(row.post), "place": _place(row)}


def _posts_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """New posts of an author."""
    row = _subscription(about)
    if row is None or row.person is None:
        return None
    query = select(Post).where(Post.id.in_(about["posts"]), Post.state == PUBLISHED, Post.published_at <= now())
    posts = [{"post": post, "link": mail.absolute(post_url(post))} for post in db.session.scalars(query)]
    return {**_to(row), "posts": posts, "person": row.person, "place": _place(row)} if posts else None


def _staff_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment to somebody who looks after the site."""
    comment, account = db.session.get(Comment, about["comment"]), db.session.get(Account, about["account"])
    if comment is None or account is None or comment.state not in (PENDING, APPROVED):
        return None
    desk = mail.absolute("/admin/comments")
    choice = mail.absolute("/admin/mail")
    return {**_said(comment), "waits": not comment.is_public, "desk": desk, "choice": choice}


def _published_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To whoever wrote a comment that waited."""
    comment = db.session.get(Comment, about["comment"])
    return _said(comment) if comment is not None and comment.is_public else None


def _removed_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To whoever wrote a comment that was taken down; not if it is back by now."""
    comment = db.session.get(Comment, about["comment"])
    if comment is None or comment.state != TRASH:
        return None
    return {**_said(comment), "reason": comment.removed_because}


def _confirm_letter(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To an address that somebody wants to be written to."""
    owner = db.session.get(Correspondent, about["correspondent"])
    asked = [row for row in subscriptions.of(owner) if row.is_pending] if owner else []
    if owner is None or not asked:
        return None
    choices = [_place(row) for row in asked]
    return {"language": asked[-1].language, "link": mail.absolute(f"/mail/{owner.key}"), "choices": choices}


def _subscription(about: Mapping[str, Any]) -> Subscription | None:
    return db.session.get(Subscription, about["subscription"])


def _to(row: Subscription) -> dict[str, Any]:
    return {"language": row.language, "leave_url": mail.absolute(f"/mail/leave/{row.leave_key}")}


def _said(comment: Comment) -> dict[str, Any]:
    """What a letter shows of a comment; links of one that waits lead nowhere."""
    html = with_passage(comment)
    html = html if comment.is_public else markdown.without_links(html)
    link = mail.absolute(comment_url(comment.id))
    answers = [*_root(comment.post)]
    if comment.parent_id:
        answers.append(mail.conversation_id(f"comment-{comment.parent_id}"))
    # Markdown reads as it was written; what came with tags is read without them.
    text = comment.text if comment.text_format == MARKDOWN else markdown.plain_text(comment.html)
    text = f"> {comment.passage}\n\n{text}" if comment.passage else text
    words = {"html": html, "text": text, "link": link}
    return {"comment": comment, "post": comment.post, "answers": answers, **words}


def _root(post: Post) -> list[str]:
    """The conversation that all letters about a post belong to."""
    return [mail.conversation_id(f"post-{post.id}")]


def _place(row: Subscription) -> dict[str, Any]:
    """What a subscription is about, in words that a template needs."""
    if row.post is not None:
        return {"kind": row.kind, "name": row.post.heading, "url": mail.absolute(post_url(row.post)), "row": row}
    assert row.person is not None  # noqa: S101 - it is one or the other
    return {"kind": row.kind, "name": row.person.name, "url": mail.absolute(author_url(row.person)), "row": row}
