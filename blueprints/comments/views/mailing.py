"""Mail to readers: what an address gets, the yes to it, and the way out. Nothing happens before a button is pressed.

What opens these pages stands in their address, so they are kept by nobody and told to no other site (Referer).
"""

from typing import Any

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import queries as people
from blueprints.accounts.models import Person
from blueprints.comments import keys, subscriptions
from blueprints.comments.forms import FollowForm
from blueprints.comments.keys import Correspondent
from blueprints.comments.models import writer_hash
from blueprints.comments.views.answers import WRITER, bp, known, language_of_reader, place_of
from blueprints.core import limits, settings
from blueprints.core.db import id_in, writing
from blueprints.core.htmx import answer, wants_fragment

GONE = "This link is no longer good. The newest letter from here has one that is."


@bp.route("/mail/<key>", methods=["GET", "POST"])
def mailing(key: str) -> ResponseReturnValue:
    """Everything that the address with this key gets; its owner confirms, changes and ends it here."""
    owner = keys.holder(key) or abort(410, GONE)
    if request.method == "GET":
        return _private(render_template("comments/mailing.html", **_choices(owner), done=request.args.get("done")))
    # A button is one field: it says what to do, and of one of several lines also with which.
    done, _, number = request.form.get("do", "").partition(" ")
    with writing():
        owner = keys.holder(key) or abort(410, GONE)
        if done == "confirm":
            subscriptions.confirm(owner)
        elif done == "decline":
            subscriptions.decline(owner)
        elif done == "leave-all":
            subscriptions.leave(owner)
        elif done in ("leave", "daily", "at-once") and (which := id_in(number)):
            if done == "leave":
                subscriptions.leave(owner, which)
            else:
                subscriptions.set_pace(owner, which, daily=done == "daily")
        else:
            abort(400, "This button is not known here. Load the page again and press it once more.")
    plain = redirect(url_for("comments.mailing", key=key, done=done), 303)
    context = _choices(owner) if wants_fragment() else {}
    return _private(answer(plain, "comments/_mailing.html", **context, done=done))


@bp.route("/mail/leave/<key>", methods=["GET", "POST"])
def stop_mail(key: str) -> ResponseReturnValue:
    """The end of one subscription, or of all of an address; a mail program may post here by itself (RFC 8058)."""
    found = keys.leaver(key)
    if found is None:
        abort(410, GONE)
    owner, number = found
    row = next((row for row in subscriptions.of(owner) if row.id == number), None)
    if request.method == "GET":
        template = "comments/left.html" if "done" in request.args or row is None else "comments/leave.html"
        everything = not subscriptions.of(owner)
        return _private(render_template(template, row=row, key=key, everything=everything))
    everything = request.form.get("do") == "leave-all"
    with writing():
        subscriptions.leave(owner, None if everything else number)
    if request.form.get("List-Unsubscribe") == "One-Click":  # by a mail program, which shows nobody a page
        return _private(make_response("You get no more of these.\n", {"Content-Type": "text/plain; charset=utf-8"}))
    plain = redirect(url_for("comments.stop_mail", key=key, done=1), 303)
    return _private(answer(plain, "comments/_left.html", everything=everything or not subscriptions.of(owner)))


@bp.get("/comments/<id:number>/mail")
def asked(number: int) -> ResponseReturnValue:
    """After a comment with a wish for mail: what happens next, and where the comment is."""
    comment = known(number)
    if not comment.is_by(request.cookies.get(WRITER)):
        abort(404)
    own = url_for("comments.mine", slug=comment.post.slug, _anchor=comment.anchor)
    place = place_of(comment) if comment.is_public else own
    return _private(render_template("comments/asked.html", comment=comment, place=place))


@bp.route("/authors/<slug>/mail", methods=["GET", "POST"])
def follow(slug: str) -> ResponseReturnValue:
    """Ask to be told of what an author publishes."""
    person = people.person_by_slug(slug) or people.person_formerly(slug) or abort(404)
    if request.method == "GET":
        form = FollowForm()
        return _private(
            render_template("comments/follow.html", person=person, form=form, done=request.args.get("done"))
        )
    limits.spend(settings.current().comment_limit, "follow", limits.network_of(request.remote_addr or ""))
    form = FollowForm(request.form)
    if not form.validate():
        return answer("comments/follow.html", "comments/_follow.html", status=422, person=person, form=form, done=None)
    done = _follow(form, person)
    plain = redirect(url_for("comments.follow", slug=slug, done=done), 303)
    return answer(plain, "comments/_follow.html", person=person, form=form, done=done)


def _follow(form: FollowForm, person: Person) -> str:
    writer = request.cookies.get(WRITER)
    with writing():
        return subscriptions.choose(
            str(form.email.data),
            subscriptions.POSTS,
            daily=form.pace.data == "daily",
            asked_by=writer_hash(writer) if writer else "",
            language=language_of_reader(),
            who=person,
        )


def _choices(owner: Correspondent) -> dict[str, Any]:
    """What the page of an address shows."""
    found = subscriptions.of(owner)
    return {
        "owner": owner,
        "asked": [row for row in found if row.is_pending],
        "active": [row for row in found if not row.is_pending],
    }


def _private(page: ResponseReturnValue) -> Response:
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # no-referrer would take our own forms' Origin away as well
    response.headers["X-Robots-Tag"] = "noindex"
    return response
