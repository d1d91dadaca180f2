"""Reacting without writing: a mark "worth reading", a report to the editors, and "is this you?".

A blueprint of its own: what goes wrong here has no comment to give back.
"""

import secrets
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.comments import impersonation, marks, notify, queries, reports
from blueprints.comments.forms import ReportForm
from blueprints.comments.models import PENDING, Comment
from blueprints.comments.views.answers import WRITER, known, place_of, readable
from blueprints.core import errors, limits, settings, site
from blueprints.core.db import writing
from blueprints.core.htmx import answer, wants_fragment
from blueprints.core.http import behind_tls, shared
from blueprints.core.limits import TooFastError
from blueprints.posts.models import Post

bp = Blueprint("reactions", __name__)
READER = "reader"
READER_SECONDS = 365 * 86_400


@bp.after_request
def tell_renderings_apart(response: Response) -> Response:
    """A page and a fragment live under one address here."""
    response.vary.add("HX-Request-Type")
    return response


@bp.get("/comments/<id:number>/mark")
def marked(number: int) -> ResponseReturnValue:
    """Whether this browser has marked a comment as worth reading, and the button that changes it."""
    comment, post = _public(number)
    return _mark_page(comment, post, request.cookies.get(READER))


@bp.post("/comments/<id:number>/mark")
def mark(number: int) -> ResponseReturnValue:
    """Mark a comment as worth reading; pressed again, take the mark back."""
    network = limits.network_of(request.remote_addr or "")
    limits.spend(settings.current().mark_limit, "mark", network)
    comment, _post = _public(number)
    if comment.is_by(request.cookies.get(WRITER)):
        abort(403, "Others say whether your own comment is worth reading.")
    reader = request.cookies.get(READER) or secrets.token_urlsafe(24)
    with writing():
        is_marked = marks.press(number, reader)
    if wants_fragment():
        context = {"comment": comment, "is_marked": is_marked, "number": marks.count(number)}
        response = make_response(render_template("comments/marked.hx.html", **context))
        response.headers["Cache-Control"] = "private, no-store"
    else:
        response = make_response(redirect(url_for("reactions.marked", number=number), 303))
    response.set_cookie(READER, reader, max_age=READER_SECONDS, httponly=True, samesite="Lax", secure=behind_tls())
    return response


def _mark_page(comment: Comment, post: Post, reader: str | None) -> Response:
    context = {"is_marked": marks.has(comment.id, reader), "number": marks.count(comment.id)}
    place = place_of(known(comment.id))
    response = make_response(
        render_template("comments/marked.html", comment=comment, post=post, place=place, **context)
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/comments/<id:number>/report")
@shared("sent")
def report(number: int) -> ResponseReturnValue:
    """The form that tells the editors about a comment; and the thanks for having done so."""
    comment, post = _public(number, whatever=True)
    context: dict[str, Any] = {"comment": comment, "post": post, "form": ReportForm()}
    context["is_sent"] = request.args.get("sent") == "1"
    return answer("comments/report.html", "comments/_report.html", **context)


@bp.post("/comments/<id:number>/report")
def send_report(number: int) -> ResponseReturnValue:
    """Tell the editors about a comment."""
    comment, post = _public(number, whatever=True)
    form = ReportForm(request.form)
    context: dict[str, Any] = {"comment": comment, "post": post, "form": form, "is_sent": False}
    if not form.validate():
        return answer("comments/report.html", "comments/_report.html", status=422, **context)
    network = limits.network_of(request.remote_addr or "")
    try:
        limits.spend(settings.current().report_limit, "report", network)
    except TooFastError as error:
        form.form_errors = [errors.wait_text(error)]
        return errors.slowed(answer("comments/report.html", "comments/_report.html", status=429, **context), error)
    with writing():
        reports.file(
            number,
            reason=str(form.reason.data),
            note=form.note.data or "",
            email=(form.email.data or "").casefold(),
            address_hash=limits.pseudonym(network),
        )
    sent = redirect(url_for("reactions.report", number=number, sent=1), 303)
    return answer(sent, "comments/_report_sent.html", status=201, comment=comment)


@bp.get("/comments/<id:number>/is-it-you")
def asked(number: int) -> ResponseReturnValue:
    """Where the letter leads that asks somebody whether a comment under their name is theirs. Nothing happens yet."""
    return _asked(number)


@bp.post("/comments/<id:number>/is-it-you")
def answered(number: int) -> ResponseReturnValue:
    """What they say: "yes" publishes it as theirs, "no" is told to the editors."""
    said = request.form.get("answer")
    if said not in (impersonation.YES, impersonation.NO):
        abort(400)
    with writing():
        like = _likeness(number)
        if not like.answer and like.comment.state == PENDING:
            like.settle(said)
            notify.moved(like.comment, PENDING, first=like.comment.is_public)
    if wants_fragment():
        return _asked(number)
    return redirect(url_for("reactions.asked", number=number, key=request.values["key"]), 303)


def _likeness(number: int) -> impersonation.Likeness:
    """Who is asked about this comment, if the key of the address says that it is they who ask."""
    like = impersonation.of(number)
    if like is None or not impersonation.opens(request.values.get("key", ""), like):
        abort(404)
    return like


def _asked(number: int) -> Response:
    like = _likeness(number)
    template = "comments/_is_it_you.html" if wants_fragment() else "comments/is_it_you.html"
    context = {"like": like, "comment": like.comment, "post": like.comment.post, "key": request.values["key"]}
    response = make_response(render_template(template, is_open=like.comment.state == PENDING, **context))
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _public(number: int, *, whatever: bool = False) -> tuple[Comment, Post]:
    """A comment that everybody sees, and its post; *whatever* editors have decided on marks."""
    comment = queries.to_read(number) or abort(404)
    post = readable(id=comment.post_id)
    if comment.number is None or not (whatever or site.shown().takes_marks):
        abort(404)
    if not comment.is_public:
        abort(410, "This comment has been removed.")
    return comment, post
