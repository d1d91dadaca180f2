"""My comments: everything that was written under one address, behind the private link that is mailed to it.

The link is the proof; a name and an address typed into a form prove nothing. Nothing happens when it is opened: what
changes something is a button of a page that asks.
"""

from typing import Any

from flask import Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import Gone

from blueprints.comments import archive, keys
from blueprints.comments.forms import AddressForm
from blueprints.comments.models import APPROVED, PENDING, SPAM, TRASH, WITHDRAWN, Comment
from blueprints.comments.views.answers import bp, fields_sent, own, private
from blueprints.core import limits, mail, markdown
from blueprints.core.db import writing
from blueprints.core.htmx import answer
from blueprints.core.http import page_number, shared

LINKS_PER_NETWORK, LINKS_PER_ADDRESS = "5 per hour", "3 per day"
STATES = {
    PENDING: "Waits for an editor",
    APPROVED: "Published",
    SPAM: "Not published: taken for spam",
    TRASH: "Removed by an editor",
    WITHDRAWN: "Withdrawn by you",
}


@bp.get("/comments/mine")
@shared()
def ask_for_link() -> ResponseReturnValue:
    """The form that sends the private link to its address."""
    return answer("comments/ask.html", "comments/_ask.html", form=AddressForm())


@bp.post("/comments/mine")
def send_link() -> ResponseReturnValue:
    """Mail the private link if anything was written under the address; the answer is the same if nothing was."""
    limits.spend(LINKS_PER_NETWORK, "own link", limits.network_of(request.remote_addr or ""))
    form = AddressForm(request.form)
    if not form.validate():
        return private(answer("comments/ask.html", "comments/_ask.html", status=422, form=form))
    email = str(form.email.data).casefold()
    limits.spend(LINKS_PER_ADDRESS, "own link to", email)
    with writing():
        if archive.holds(email):
            owner = keys.admit(email)
            link = mail.absolute(url_for("comments.archive", key=owner.key))
            mail.write("own-comments", email, language=owner.language, unasked=owner.confirmed_at is None, link=link)
    return private(answer("comments/asked_for_link.html", "comments/_asked_for_link.html"))


@bp.get("/comments/mine/<key>", endpoint="archive")
def show_archive(key: str) -> ResponseReturnValue:
    """All comments of the address that has this key, with what can be done about each and about all."""
    email = _email(key)
    found = archive.page(email, page_number())
    if found.number > 1 and not found.comments:
        abort(404)
    return private(
        render_template(
            "comments/archive.html",
            key=key,
            email=email,
            found=found,
            total=archive.count(email),
            lines=[(comment, own(comment), _seen(comment)) for comment in found.comments],
            states=STATES,
            mailing="comments.mailing" in current_app.view_functions,
        )
    )


@bp.get("/comments/mine/<key>/comments.json")
def download(key: str) -> ResponseReturnValue:
    """Everything that is stored of the address, as JSON; `archive.everything` says in which shape."""
    made = current_app.json.response(archive.everything(_email(key)))
    made.headers["Content-Disposition"] = "attachment; filename=comments.json"
    return private(made)


@bp.route("/comments/mine/<key>/<any(erase, anonymise):verb>", methods=["GET", "POST"])
def leave(key: str, verb: str) -> ResponseReturnValue:
    """Ask whether the person is to be taken out of all comments, with the words or without; posting does it."""
    email = _email(key)
    if request.method == "GET":
        context: dict[str, Any] = {"key": key, "email": email, "verb": verb, "total": archive.count(email)}
        return private(answer("comments/leave_archive.html", "comments/_leave_archive.html", **context))
    limits.spend(LINKS_PER_NETWORK, "own archive", key)
    with writing():
        (archive.erase if verb == "erase" else archive.anonymise)(_email(key))
        mail.forget(email)
        keys.forget(email)
    left = redirect(url_for("comments.left_archive", verb=verb), 303)
    return private(answer(left, "comments/_left_archive.html", verb=verb))


@bp.get("/comments/mine/done/<any(erase, anonymise):verb>")
def left_archive(verb: str) -> ResponseReturnValue:
    """What was done; there is nothing left to show."""
    return private(make_response(render_template("comments/left_archive.html", verb=verb)))


def _seen(comment: Comment) -> str:
    """Its words; links of what is not public lead nowhere."""
    return comment.html if comment.is_public else markdown.without_links(comment.html)


def _email(key: str) -> str:
    """The address whose key it is; a link that is no longer good says what to do."""
    email = keys.email_of(key)
    if email is None:
        words = (
            'This link is no longer good, or it was not copied whole. <a href="{}">Have another one sent to you</a>.'
        )
        raise Gone(Markup(words).format(url_for("comments.ask_for_link")))  # noqa: S704 - our own words
    return email


@bp.after_request
def keep_link_at_home(response: Response) -> Response:
    """An address that opens something is told to no other site, and no search engine lists it."""
    if "key" in (request.view_args or {}) or "by" in request.args or "by" in fields_sent():
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
    return response
