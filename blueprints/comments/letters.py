"""Letters: what each kind of them says, put together when it is sent; nothing where it is of no use any longer.

Who gets one is decided in `notify.py`; the words are in `templates/mail/`, a folder for each language.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from blueprints.accounts.models import ALL, NOTHING, Account
from blueprints.comments import references, subscriptions
from blueprints.comments.addresses import comment_url
from blueprints.comments.keys import Correspondent
from blueprints.comments.models import APPROVED, COMMENT, MARKDOWN, PENDING, TRASH, Comment
from blueprints.comments.passages import with_passage
from blueprints.comments.reports import Report
from blueprints.comments.subscriptions import REPLIES, Subscription
from blueprints.core import mail, markdown, site
from blueprints.core.db import LARGEST_ID, db, now
from blueprints.core.mail import WAITING, Outbox
from blueprints.posts.addresses import author_url, post_url
from blueprints.posts.bylines import Byline
from blueprints.posts.models import PUBLISHED, Post

STAFF, BELOW = "staff", "below"
# How many comments one letter shows; the others are counted, with a link.
SHOWN = 30


def thread(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment to somebody who follows its discussion."""
    comment, row = db.session.get(Comment, about["comment"]), _subscription(about)
    if row is None or comment is None or not (comment.is_public and comment.post.is_public):
        return None
    is_reply = comment.parent is not None and comment.parent.email == row.correspondent.email
    refers_to = None if is_reply else references.own(comment, row.correspondent.email)
    return {**_to(row), **_said(comment), "is_reply": is_reply, "refers_to": refers_to, "place": _place(row)}


def digest(about: Mapping[str, Any]) -> dict[str, Any] | None:
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


def posts(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """New posts of an author."""
    row = _subscription(about)
    if row is None or row.person is None:
        return None
    query = select(Post).where(Post.id.in_(about["posts"]), Post.state == PUBLISHED, Post.published_at <= now())
    posts = [{"post": post, "link": mail.absolute(post_url(post))} for post in db.session.scalars(query)]
    return {**_to(row), "posts": posts, "person": row.person, "place": _place(row)} if posts else None


def staff(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody who looks after the site: the comment that the letter was queued for, and all that came after it
    up to the one that the next letter begins with.
    """
    account = db.session.get(Account, about["account"])
    if account is None or account.is_off:
        return None
    own = exists().where(Byline.post_id == Comment.post_id, Byline.person_id == account.person_id)
    waits = Comment.state == PENDING
    scope = account.moderates(site.current())
    theirs: ColumnElement[bool]
    if scope != ALL:  # what waits is told to whoever may decide on it
        theirs = own & ~waits if scope == NOTHING else own
    else:
        theirs = or_(own, waits) if account.comment_mail != ALL else true()
    came = select(Comment).where(
        Comment.id >= about["comment"],
        Comment.id < _beginning_of_next(account, about["comment"]),
        Comment.state.in_((PENDING, APPROVED)),
        Comment.source.is_(None),
        theirs,
    )
    return _to_staff(account, came)


def below(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody of a post's byline who does not judge its comments: what had waited and can be read now."""
    account = db.session.get(Account, about["account"])
    if account is None or account.is_off:
        return None
    came = select(Comment).where(
        Comment.post_id == about["post"],
        Comment.number >= about["number"],
        Comment.state == APPROVED,
        Comment.hold_reason != "",
    )
    return _to_staff(account, came)


def _to_staff(account: Account, came: Select[Comment]) -> dict[str, Any] | None:
    """A letter about the comments that *came*, but those that *account* has written."""
    came = came.where(
        Comment.kind == COMMENT, Comment.email != account.email, Comment.person_id.is_distinct_from(account.person_id)
    )
    waits = Comment.state == PENDING
    states = dict(db.session.execute(came.with_only_columns(Comment.state, func.count()).group_by(Comment.state)).all())
    total, waiting = sum(states.values()), states.get(PENDING, 0)
    # What waits comes first: an editor is asked to do something about it.
    comments = db.session.scalars(came.order_by(~waits, Comment.id).limit(SHOWN)).all()
    if not comments:
        return None
    posts = {comment.post_id: comment.post for comment in comments}
    post = comments[0].post if len(posts) == 1 else None
    said = [_said(comment) for comment in comments]
    group = said[0]["answers"] if total == 1 else _root(post) if post else [mail.conversation_id("comments")]
    counts = {"total": total, "waiting": waiting, "more": total - len(comments)}
    places = {"desk": mail.absolute("/admin/comments"), "choice": mail.absolute("/admin/mail")}
    return {"comments": said, "post": post, "answers": group, **counts, **places}


def _beginning_of_next(account: Account, first: int) -> int:
    """The comment that the next letter to *account* begins with; a letter that has its words is not a next one."""
    waiting = select(Outbox.about).where(
        Outbox.address == account.email.casefold(), Outbox.kind == STAFF, Outbox.state == WAITING, Outbox.content == ""
    )
    return min((each["comment"] for each in db.session.scalars(waiting) if each["comment"] > first), default=LARGEST_ID)


def published(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To whoever wrote a comment that waited."""
    comment = db.session.get(Comment, about["comment"])
    return {**_to_writer(comment), **_said(comment)} if comment is not None and comment.is_public else None


def removed(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To whoever wrote a comment that was taken down; not if it is back by now."""
    comment = db.session.get(Comment, about["comment"])
    if comment is None or comment.state != TRASH:
        return None
    return {**_to_writer(comment), **_said(comment), "reason": comment.removed_because}


def reported(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To whoever reported a comment: what came of it. No words of anybody, for nobody has confirmed the address."""
    report = db.session.get(Report, about["report"])
    comment = db.session.get(Comment, report.comment_id) if report else None
    if report is None or comment is None or not report.outcome:
        return None
    link = mail.absolute(comment_url(comment.id))
    return {"number": comment.number, "post": comment.post, "link": link, "outcome": report.outcome}


def confirm(about: Mapping[str, Any]) -> dict[str, Any] | None:
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


def _to_writer(comment: Comment) -> dict[str, Any]:
    """The language in which its writer once asked for mail."""
    known = select(Correspondent.language).where(Correspondent.email == comment.email.casefold())
    return {"language": db.session.scalar(known) or "en"}


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
