"""One's own comment: changed within its window, taken back at any time; proved by the cookie of who sent it."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import Forbidden, Gone

from blueprints.accounts.guards import me
from blueprints.comments import impersonation, spam, thread
from blueprints.comments.forms import EditForm
from blueprints.comments.models import APPROVED, PENDING, WITHDRAWN, Comment
from blueprints.comments.views.answers import (
    WRITER,
    bp,
    is_by_link,
    known,
    own,
    place_of,
    preview,
    private,
    readable,
    wrote,
)
from blueprints.core import limits, settings, site
from blueprints.core.db import writing
from blueprints.core.htmx import answer, wants_fragment
from blueprints.core.site import HOLD_ALL
from blueprints.posts.addresses import post_url
from blueprints.posts.models import Post

# So many versions of one comment are drawn beside each other; who needs more writes another comment.
MOST_VERSIONS = 20


@bp.route("/comments/<id:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    """The words of an own comment in a form; posting it changes them."""
    if request.method == "POST":
        return _change(number)
    comment = _own(number)
    _refuse_unless_editable(comment, readable(id=comment.post_id))
    return private(
        answer(
            "comments/edit.html", "comments/edit_form.hx.html", **_form_context(comment, EditForm.of(comment, _by()))
        )
    )


@bp.route("/comments/<id:number>/delete", methods=["GET", "POST"])
def withdraw(number: int) -> ResponseReturnValue:
    """Ask whether an own comment is to be taken back; posting takes its words away for good."""
    if request.method == "POST":
        return _withdraw(number)
    comment = _own(number)
    if comment.state == WITHDRAWN:
        raise Gone("You have withdrawn this comment.")
    return private(
        answer("comments/withdraw.html", "comments/withdraw_form.hx.html", comment=comment, post=comment.post, by=_by())
    )


def _own(number: int) -> Comment:
    """The comment with this id, if whoever asks has written it."""
    comment = known(number)
    if not wrote(comment):
        if not comment.is_public:
            abort(404)
        words = (
            "A comment can be changed or withdrawn in the browser that it was sent from, or with the private link of "
            'the address that it was written under. <a href="{}">Have that link mailed to you</a>.'
        )
        raise Forbidden(Markup(words).format(url_for("comments.ask_for_link")))  # noqa: S704 - our own words
    return comment


def _by() -> str:
    """The key of the private link that this request carries, to go along with the form."""
    return request.values.get("by", "")


def _archive(comment: Comment) -> str:
    return url_for("comments.archive", key=_by(), _anchor=comment.anchor)


def _refuse_unless_editable(comment: Comment, post: Post) -> None:
    """Say why *comment* can no longer be changed by its writer."""
    minutes = settings.current().edit_minutes
    if comment.state == WITHDRAWN:
        raise Gone("You have withdrawn this comment; it can no longer be changed.")
    if comment.state not in (PENDING, APPROVED):
        raise Gone("An editor has removed this comment; it can no longer be changed.")
    if not post.comments_open:
        raise Forbidden("The discussion of this post is closed: comments can be withdrawn, but no longer changed.")
    if not minutes:
        raise Forbidden("Comments are not changed here once they were sent. You can withdraw yours.")
    if not comment.editable_until(minutes):
        raise Forbidden(
            f"A comment can be changed for {minutes} minutes after it was sent, and these are over. "
            "You can answer it, or withdraw it."
        )
    if len(comment.versions) >= MOST_VERSIONS:
        raise Forbidden("This comment has been changed very often; it stays as it is. You can withdraw it.")


def _change(number: int) -> ResponseReturnValue:
    """Guard, parse, one verb, answer."""
    purpose = "preview" if "preview" in request.form else "comment"
    limits.spend(settings.current().comment_limit, purpose, limits.network_of(request.remote_addr or ""))
    comment = _own(number)
    form = EditForm.sent(request.form.to_dict(), comment)
    html = form.rendered(comment.post, comment.text_format)
    if html is None:
        return _again(comment, form)
    if purpose == "preview":
        return _preview(comment, form, html)
    account = me()
    with writing():
        comment = _own(number)
        post = readable(id=comment.post_id)
        _refuse_unless_editable(comment, post)
        is_accepted = form.is_of(post.id) and not form.is_stale(comment)
        if is_accepted and comment.text != form.comment.data:
            verdict = spam.judge(
                post.hold or site.shown().hold,
                name=comment.name,
                html=html,
                email=comment.email,
                writer=request.cookies.get(WRITER),
                is_known=is_by_link(comment),
                is_staff=account is not None and account.person_id == comment.person_id,
            )
            comment.edit(str(form.comment.data), html)
            if verdict.state != APPROVED:
                comment.move_to(verdict.state)
                comment.hold_reason = verdict.reason
            if verdict.imitates and impersonation.of(comment.id) is None:
                impersonation.note(comment, *verdict.imitates)
    if not is_accepted:
        return _again(comment, form)
    return private(_changed(comment))


def _preview(comment: Comment, form: EditForm, html: str) -> ResponseReturnValue:
    """How the change would look, drawn as it would be; nothing is stored."""
    post = readable(id=comment.post_id)
    _refuse_unless_editable(comment, post)
    if not form.is_of(post.id):
        return _again(comment, form)
    # Without its number and id: the comment itself may stand on the same page.
    shown = thread.Entry.of(comment)._replace(id=0, number=None, html=html, is_pending=False, hold_reason="")
    context = _form_context(comment, form, shown=shown)
    return private(
        answer("comments/edit.html", "comments/preview.hx.html", form_id=f"edit-{comment.id}-form", **context)
    )


def _changed(comment: Comment) -> ResponseReturnValue:
    if not wants_fragment():
        if is_by_link(comment):
            return answer(redirect(_archive(comment), 303), "")
        waiting = url_for("comments.mine", slug=comment.post.slug, _anchor=comment.anchor)
        return answer(redirect(place_of(comment) if comment.is_public else waiting, 303), "")
    entry = thread.Entry.of(comment) if comment.is_public else preview(comment)
    return answer("", "comments/changed.hx.html", post=comment.post, entry=entry._replace(takes_focus=True))


def _again(comment: Comment, form: EditForm) -> ResponseReturnValue:
    """The form with every word of it: 409 where the comment says something else meanwhile, else what is wrong."""
    form.renew(comment.post_id)
    stored = comment.text if not form.errors and form.is_stale(comment) else None
    if stored is not None:
        form.basis.data = comment.fingerprint
    return private(
        answer(
            "comments/edit.html",
            "comments/edit_form.hx.html",
            status=422 if stored is None else 409,
            **_form_context(comment, form, stored=stored),
        )
    )


def _form_context(
    comment: Comment, form: EditForm, *, stored: str | None = None, shown: thread.Entry | None = None
) -> dict[str, Any]:
    holds = comment.is_public and (comment.post.hold or site.shown().hold) == HOLD_ALL and not comment.person_id
    return {
        "comment": comment,
        "post": comment.post,
        "own": own(comment),
        "form": form,
        "stored": stored,
        "shown": shown,
        "holds": holds,
    }


def _withdraw(number: int) -> ResponseReturnValue:
    limits.spend(settings.current().comment_limit, "comment", limits.network_of(request.remote_addr or ""))
    with writing():
        comment = _own(number)
        if comment.state != WITHDRAWN:
            comment.withdraw()
    return private(_withdrawn(comment))


def _withdrawn(comment: Comment) -> ResponseReturnValue:
    post = comment.post
    if not wants_fragment():
        place = post_url(post, anchor="comments") if post.is_public else "/"
        if is_by_link(comment):
            place = _archive(comment)
        return answer(redirect(place, 303), "")
    here = thread.alone(comment).entries if comment.number else []
    tombstone = next((entry._replace(takes_focus=True) for entry in here if entry.id == comment.id), None)
    return answer("", "comments/withdrawn.hx.html", post=post, comment=comment, tombstone=tombstone)
