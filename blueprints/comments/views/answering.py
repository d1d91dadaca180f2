"""Answering: a comment or a reply comes in, is judged and stored; whatever goes wrong, its words are given back."""

import re
import secrets
from typing import Any

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Conflict, Forbidden, HTTPException

from blueprints.accounts.guards import me
from blueprints.accounts.models import Account
from blueprints.comments import impersonation, notify, passages, queries, spam, stretches, subscriptions, thread
from blueprints.comments.forms import BlankForm, CommentForm, EditForm
from blueprints.comments.models import APPROVED, Comment, add, writer_hash
from blueprints.comments.views.answers import (
    WRITER,
    bp,
    fields_sent,
    fragment,
    known,
    language_of_reader,
    mine,
    news,
    number_in,
    own,
    place_of,
    readable,
)
from blueprints.core import errors, limits, markdown, settings, site
from blueprints.core.db import db, now, writing
from blueprints.core.htmx import answer, wants_fragment
from blueprints.core.http import behind_tls, shared
from blueprints.posts import queries as posts
from blueprints.posts.models import Post

_FORM_ID = re.compile(r"comment-form|reply-[1-9][0-9]{0,18}-form", re.ASCII)
WRITER_SECONDS = 365 * 86_400


class ParentGoneError(Conflict):
    """The comment that was being answered has been removed meanwhile."""

    description = (
        "The comment you were answering has been removed meanwhile. Your text is all here: "
        "send it as a comment of its own, or keep it for later."
    )


class OtherPostError(Conflict):
    """The form was made for another post."""


@bp.post("/posts/<slug>/comments")
def create(slug: str) -> ResponseReturnValue:
    """Add a comment to a post, or a reply if `parent` names what it answers."""
    return _submit(slug=slug)


@bp.route("/comments/<id:number>/reply", methods=["GET", "POST"])
@shared()
def reply(number: int) -> ResponseReturnValue:
    """The form below one comment; posting it answers that comment."""
    parent = queries.to_read(number) or abort(404)
    if request.method == "POST":
        return _submit(id=parent.post_id)
    post = readable(id=parent.post_id)
    if parent.number is None:
        abort(404)
    if not parent.is_public:
        abort(410, "The comment you want to answer has been removed.")
    if not post.comments_open:
        abort(403, "The discussion of this post is closed.")
    context = _form_context(post, BlankForm(post.id, parent.id), parent)
    return answer("comments/reply.html", "comments/reply_form.hx.html", **context)


def _submit(**key: str | int) -> ResponseReturnValue:
    """Guard, parse, one verb, answer: for a comment or a reply. The post with this *key* is read inside the lock."""
    purpose = "preview" if "preview" in request.form else "comment"
    network = limits.network_of(request.remote_addr or "")
    limits.spend(settings.current().comment_limit, purpose, network)
    account = me()
    sent: MultiDict[str, str] = MultiDict(request.form)
    if account:
        sent["author"], sent["email"] = account.person.name, account.email
    if request.view_args and "number" in request.view_args:
        sent["parent"] = str(request.view_args["number"])
    form = CommentForm(sent)
    if purpose == "preview":
        return _preview(form, account, **key)
    if not form.validate():
        return _invalid(form, **key)
    comment = Comment(
        name=form.author.data,
        email=str(form.email.data).casefold(),
        url=form.url.data or "",
        submission_key=form.key.data or None,
        address_hash=limits.pseudonym(network),
    )
    _sign(comment, account)
    _write(comment, form, **key)
    if not markdown.says_something(comment.html):
        form.comment.errors = ["There is nothing to read in this text."]
        return _invalid(form, **key)
    writer = request.cookies.get(WRITER) or secrets.token_urlsafe(24)
    try:
        with writing():
            post = readable(**key)
            if not form.is_of(post.id):
                raise OtherPostError
            stored, is_new = _store(comment, post, form.parent_id, writer, is_staff=account is not None)
            wish = _note_wish(form, stored, writer) if is_new else None
    except OtherPostError:
        return _invalid(form, **key)
    except ParentGoneError as error:
        form.parent.data = ""
        form.form_errors = [str(error.description)]
        return _invalid(form, **key)
    response = make_response(_accepted(stored, is_new=is_new, writer=writer, wish=wish))
    if stored.is_by(writer):
        response.set_cookie(WRITER, writer, max_age=WRITER_SECONDS, httponly=True, samesite="Lax", secure=behind_tls())
    return response


def _sign(comment: Comment, account: Account | None) -> None:
    """Say who of the house has written it, if somebody has."""
    if account:
        comment.person_id, comment.person = account.person_id, account.person


def _write(comment: Comment, form: CommentForm, **key: str | int) -> None:
    """Put the words into *comment*, and the passage that it answers. Asks for the article only if there may be one."""
    written, words = form.comment.data or "", form.passage.data or ""
    if words or written.startswith(">"):
        html = posts.text_of(**key) if site.shown().passages_open else ""
        before = form.passage_before.data or ""
        passage, written = passages.claimed(html, words, before, written, is_reply=bool(form.parent_id))
        for name, value in passages.fields(passage).items():
            setattr(comment, name, value)
    comment.write(written, below=readable(**key) if markdown.names_number(written) else None)


def _preview(form: CommentForm, account: Account | None, **key: str | int) -> ResponseReturnValue:
    """What would be published, drawn as it would be. Who writes may still be left open; nothing is stored."""
    form.validate()
    typed = {field.name: "" if field.errors else field.data or "" for field in (form.author, form.url)}
    for field in (form.author, form.email, form.url):
        field.errors = []
    comment = Comment(id=0, name=typed["author"], url=typed["url"], state=APPROVED, created_at=now())
    post = readable(**key)
    _write(comment, form, **key)
    if not form.comment.errors and not markdown.says_something(comment.html):
        form.comment.errors = ["There is nothing to read in this text."]
    if any(field.errors for field in form) or not form.is_of(post.id):
        return _invalid(form, **key)
    parent = queries.to_read(form.parent_id) if form.parent_id else None
    if parent is not None and (not parent.is_public or parent.post_id != post.id):
        parent = None
    comment.post, comment.parent = post, parent
    comment.depth, comment.email = parent.depth + 1 if parent else 0, str(form.email.data or "").casefold()
    _sign(comment, account)
    context = _form_context(post, form, parent, form_id=_form_id())
    shown = thread.Entry.of(comment)
    response = make_response(answer("comments/preview.html", "comments/preview.hx.html", shown=shown, **context))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _store(comment: Comment, post: Post, parent_id: int | None, writer: str, *, is_staff: bool) -> tuple[Comment, bool]:
    """Inside the write lock: the comment that is there now, and whether it is this one."""
    sent = queries.like(post.id, comment, parent_id)
    here = sorted((row for row in sent if row.post_id == post.id), key=lambda row: not row.has_key)
    if here:
        return known(here[0].id), False
    if sent:
        comment.submission_key = None  # used below another post: what was sent here is not the same
    if not post.comments_open:
        raise Forbidden("The discussion of this post is closed. Your text was not stored.")
    parent = queries.to_read(parent_id) if parent_id else None
    if parent_id and (parent is None or not parent.is_public or parent.post_id != post.id):
        raise ParentGoneError
    g.site = site.shown()
    verdict = spam.judge(
        post.hold or g.site.hold,
        name=comment.name,
        html=comment.html,
        email=comment.email,
        writer=writer,
        is_staff=is_staff,
    )
    set_committed_value(comment, "post", post)
    set_committed_value(comment, "parent", parent)
    comment.state, comment.hold_reason = verdict.state, verdict.reason
    comment.writer_hash = writer_hash(writer)
    add(comment)
    if verdict.imitates:
        impersonation.note(comment, *verdict.imitates)
    notify.announce(comment, parent)
    if comment.passage and comment.is_public:
        passages.gather(db.session.connection(), post.id)
    return comment, True


def _note_wish(form: CommentForm, comment: Comment, writer: str) -> str | None:
    """Inside the write lock: what became of the wish to be told of answers; nothing where there was none."""
    if form.wish is None:
        return None
    kind, daily = form.wish
    return subscriptions.choose(
        comment.email,
        kind,
        daily=daily,
        asked_by=writer_hash(writer),
        language=language_of_reader(),
        post=comment.post,
    )


def _accepted(comment: Comment, *, is_new: bool, writer: str, wish: str | None) -> ResponseReturnValue:
    post = comment.post
    if not wants_fragment():
        waiting = url_for("comments.mine", slug=post.slug, _anchor=comment.anchor)
        if wish == subscriptions.ASKED:
            return answer(redirect(url_for("comments.asked", number=comment.id), 303), "")
        return answer(redirect(place_of(comment) if comment.is_public else waiting, 303), "")
    status = 201 if is_new else 200
    # A form that shows what was wrong is drawn anew; one that does not is emptied in the browser (static/js/site.js).
    is_marked = "marked" in request.form
    sent: dict[str, Any] = {"form": BlankForm(post.id), "form_id": _form_id(), "is_marked": is_marked, "wish": wish}
    if not is_new and comment.is_public:
        number = stretches.page_of(comment) or 1
        found = thread.page(post, number)
        return fragment("comments/again.hx.html", post=post, thread=found, upto=number, comment=comment, **sent)
    if not comment.is_public:
        # The same words under the same address may have come from another browser: that one's are not shown here.
        return fragment("comments/held.hx.html", status=status, **mine(post, writer, focus=comment.id), **sent)
    after = min(number_in("after", request.form) or 0, post.last_number)
    entry = thread.Entry.of(comment)._replace(takes_focus=True)
    return fragment(
        "comments/create.hx.html",
        status=status,
        post=post,
        entry=entry,
        parent=comment.parent,
        nests=comment.depth <= settings.current().thread_depth,
        own=own(comment) if comment.is_by(writer) else None,
        after=after,
        **sent,
        **news(post, after, own=comment),
    )


def _invalid(form: CommentForm, **key: str | int) -> ResponseReturnValue:
    post = readable(**key)
    form.renew(post.id)
    parent = queries.to_read(form.parent_id) if not form.parent.errors and form.parent_id else None
    if parent is not None and (not parent.is_public or parent.post_id != post.id):
        parent = None
    context = _form_context(post, form, parent, form_id=_form_id())
    return answer("comments/new.html", "comments/_form.html", status=422, **context)


def _form_context(
    post: Post, form: CommentForm | BlankForm, parent: Comment | None, *, form_id: str | None = None
) -> dict[str, Any]:
    """What `_form.html` needs. A reply whose parent is gone stays in its place and becomes a comment."""
    action = url_for("comments.reply", number=parent.id) if parent else url_for("comments.create", slug=post.slug)
    own_id = f"reply-{parent.id}-form" if parent else "comment-form"
    return {"post": post, "form": form, "parent": parent, "action": action, "form_id": form_id or own_id}


def _form_id() -> str:
    """The id of the form that was sent, so that the answer changes that one and leaves others as they are."""
    sent = request.form.get("slot", "")
    return sent if _FORM_ID.fullmatch(sent) else "comment-form"


@bp.errorhandler(Exception)
def give_back(error: Exception) -> ResponseReturnValue:
    """Whatever goes wrong after somebody wrote something: the reason in plain words, and every word of theirs."""
    db.session.rollback()
    status, reason, headers = errors.told_of(error)
    if request.method != "POST" or status == 413 or "comment" not in fields_sent():
        return errors.problem(status, reason, headers)
    return _refuse(status, reason or errors.text_of(status), headers)


def _refuse(status: int, reason: str, headers: errors.Headers) -> Response:
    if wants_fragment():
        return errors.problem(status, reason, headers)
    if status >= 500:
        errors.forget_database()
    is_change = request.endpoint == "comments.edit"
    try:
        form = (EditForm if is_change else CommentForm)(request.form)
    except HTTPException:  # a body that cannot be read at all: nothing to give back
        return errors.problem(status, reason, headers)
    response = make_response(
        render_template(
            "comments/kept.html",
            form=form,
            is_change=is_change,
            is_final=status in (403, 410),
            reason=reason,
            action=request.path,
            title=errors.title_of(status),
        ),
        status,
    )
    response.headers.extend(headers)
    response.headers["Cache-Control"] = "private, no-store"
    return response
