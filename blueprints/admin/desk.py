"""The desk itself: its blueprint, its first page, and what all of its pages share."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from blueprints.accounts.forms import ActionForm
from blueprints.accounts.guards import SignedOutError, editors_only, me, staff_only
from blueprints.accounts.models import ALL, NOTHING, Account, Person
from blueprints.comments import queries as comments
from blueprints.comments import reports
from blueprints.comments.models import PENDING
from blueprints.core import errors, mail, postman, site
from blueprints.core.db import db
from blueprints.core.htmx import wants_fragment
from blueprints.core.http import WrongOriginError
from blueprints.editorial import notes
from blueprints.operations import welcome
from blueprints.posts import queries as posts
from blueprints.posts import reads
from blueprints.posts.models import DRAFT, PUBLISHED, REVIEW

bp = Blueprint("admin", __name__, url_prefix="/admin")
PAGE_SIZE = 25
LEFT_OPEN = "This page had been open for too long. Nothing was changed: load it again and press the button once more."
# Fields in which somebody writes; every other one goes along unseen when a text is given back.
_WRITTEN = (
    "text",
    "reason",
    *("title", "standfirst", "body", "tags", "disclaimer", "name", "sort_name", "bio", "links", "email"),
    *("rules", "closed_because", "own_words", "competing_interests", "funding", "withdrawn_note", "override"),
)


@bp.context_processor
def shared() -> dict[str, Any]:
    """What every template of the desk may ask for; nothing is looked up until it does."""
    return {"me": me, "moderates": moderates, "waiting": waiting, "action_form": ActionForm}


def signed_in() -> Account:
    """The account behind this request, where a guard has let it through."""
    return me() or abort(403)


def scope() -> Person | None:
    """Whose posts the desk shows: everybody's (None) to editors, to others their own."""
    account = signed_in()
    return None if account.is_editor else account.person


def moderates() -> bool:
    """Whether whoever is signed in looks after any comments."""
    return signed_in().moderates(site.current()) != NOTHING


def comments_scope() -> Person | None:
    """Below whose posts the desk shows comments: everybody's (None) to moderators, to authors their own."""
    account = signed_in()
    return None if account.moderates(site.current()) == ALL else account.person


def waiting() -> int:
    """How many comments wait for whoever is signed in."""
    return comments.count(PENDING, of=comments_scope()) if moderates() else 0


def require_token() -> None:
    """A button carries the token of the page it stood on; 400 where it does not."""
    if not ActionForm().validate():
        abort(400, LEFT_OPEN)


@bp.get("")
@staff_only
def index() -> ResponseReturnValue:
    """What waits, what is unfinished, what is newest."""
    account = signed_in()
    drafts = posts.for_desk(state=DRAFT, of=account.person, number=1, size=5) if account.may_write else None
    reviews = posts.for_desk(state=REVIEW, of=scope(), number=1, size=5) if account.may_write else None
    newest = posts.for_desk(state=PUBLISHED, of=scope(), number=1, size=5)
    failed, letters = mail.failed() if account.is_editor else (0, [])
    return render_template(
        "admin/index.html",
        reported=reports.count(of=comments_scope()) if moderates() else 0,
        failed=failed,
        letters=letters,
        trouble=postman.trouble() if account.is_editor else "",
        reads=reads.numbers_of(newest.posts),
        drafts=drafts.posts if drafts else [],
        reviews=reviews.posts if reviews else [],
        noted=notes.waiting(of=scope(), limit=5) if account.may_write else [],
        newest=newest.posts,
        welcome=account.is_editor and posts.by_source(welcome.SOURCE),
        is_new=not any(post.source != welcome.SOURCE for post in newest.posts),
        current=site.current(),
    )


@bp.post("/welcome/remove")
@editors_only
def remove_welcome() -> ResponseReturnValue:
    """Take the welcome post away, with its thread and its byline."""
    require_token()
    welcome.remove()
    if wants_fragment():
        return render_template("admin/welcome_removed.hx.html")
    return redirect(url_for("admin.index"), 303)


@bp.errorhandler(Exception)
def give_back(error: Exception) -> ResponseReturnValue:
    """Whatever goes wrong after somebody wrote something: the reason in plain words, and every word of theirs."""
    db.session.rollback()
    status, reason, headers = errors.told_of(error)
    signed_out = isinstance(error, SignedOutError)
    if signed_out and wants_fragment():
        reason = Markup('{} <a href="{}" target="_blank">Sign in in a new tab</a>, then send again.').format(
            reason, url_for("accounts.sign_in")
        )
    if request.method != "POST" or status == 413 or isinstance(error, WrongOriginError) or wants_fragment():
        return errors.problem(status, reason, headers)
    if status >= 500:
        errors.forget_database()
    return _kept(status, reason or errors.text_of(status), headers, signed_out=signed_out)


def _kept(status: int, reason: str, headers: errors.Headers, *, signed_out: bool) -> Response:
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
    response = make_response(
        render_template(
            "admin/kept.html",
            status=status,
            title="You are no longer signed in" if signed_out else errors.title_of(status),
            reason=reason,
            signed_out=signed_out,
            action=request.full_path.rstrip("?"),
            written=[(name, value) for name, value in fields if name in _WRITTEN and value],
            carried=[(name, value) for name, value in fields if name not in _WRITTEN],
        ),
        status,
    )
    response.headers.extend(headers)
    response.headers["Cache-Control"] = "private, no-store"
    return response
