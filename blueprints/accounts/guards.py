"""Who is signed in at this request, and the doors that ask."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update
from werkzeug.exceptions import Forbidden

from blueprints.accounts import factors, queries
from blueprints.accounts.models import NOTHING, Account, SignIn, password_matches, token_hash
from blueprints.core import audit, limits, settings, site
from blueprints.core.db import db, now, writing
from blueprints.core.http import site_url

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)
SEEN_EVERY = timedelta(hours=1)
TOKEN = "token"  # noqa: S105 - the name of a session key
HALF, SECONDS_HALF_WAY = "half", 10 * 60
PROVEN, SECONDS_PROVEN = "proven", 10 * 60
OWN_PAGES = "/admin/account/"


class SignedOutError(Forbidden):
    """A write by somebody whose sign-in has ended; a redirect would lose what they wrote."""

    description = "You are no longer signed in, so nothing was stored."


def init_app(app: Flask) -> None:
    """Keep every answer that knows somebody out of every cache."""
    app.after_request(keep_private)


def me() -> Account | None:
    """The account that is signed in; looked up once a request, and only where something asks."""
    if "account" not in g:
        token = session.get(TOKEN)
        g.sign_in = queries.valid_sign_in(token) if isinstance(token, str) else None
        g.account = g.sign_in.account if g.sign_in else None
    account: Account | None = g.account
    return account


def keep_private(response: Response) -> Response:
    """An answer for which somebody's sign-in was looked at belongs to them alone."""
    if "account" in g:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def remember(token: str) -> None:
    """Start a fresh session for a new sign-in; nothing of the one before survives."""
    session.clear()
    session.permanent = True
    session[TOKEN] = token
    g.pop("account", None)


def remember_half(account: Account) -> None:
    """Start a fresh session for somebody who has typed the right password and shall show a second thing."""
    session.clear()
    session[HALF] = [account.id, token_hash(account.password_hash), int(now().timestamp())]


def half_way() -> Account | None:
    """Who has typed the right password in this browser just now, and has not shown the second thing yet."""
    number, password, moment = session.get(HALF) or (0, "", 0)
    account = db.session.get(Account, number) if now().timestamp() - moment < SECONDS_HALF_WAY else None
    if account is None or account.is_off or token_hash(account.password_hash) != password:
        return None
    return account


def origin() -> str:
    """Where this site is, as browsers say it: what passkeys are made for."""
    return site_url() or request.host_url.rstrip("/")


def prove() -> None:
    """The password has just been typed anew in this browser."""
    session[PROVEN] = [this_sign_in(), int(now().timestamp())]


def is_proven() -> bool:
    """Whether the password was typed in this browser, in this sign-in, a moment ago."""
    token, moment = session.get(PROVEN) or ("", 0)
    return token == this_sign_in() != "" and now().timestamp() - moment < SECONDS_PROVEN


def proven_only(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
    """For whoever has typed the password just now: what signs people in is not changed at a desk that was left."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
        if is_proven():
            return view(*args, **kwargs)
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("admin.factors_page"), 303)
        raise Forbidden("Some time has passed: type your password once more on the page “Second step”.")

    return staff_only(guarded)


def this_sign_in() -> str:
    """The hash of the sign-in behind this request."""
    return str(g.sign_in.token_hash) if me() else ""


def has_password(account: Account, password: str) -> bool:
    """Whether *password* is that of *account*; tries count, here as when somebody signs in."""
    limits.spend(settings.current().sign_in_limit, "sign-in", account.email, _network())
    return password_matches(account, password)


def _network() -> str:
    return limits.network_of(request.remote_addr or "")


def _note_visit() -> None:
    """Write down that somebody is here, seldom: a write lets go of what every process knows of kept pages."""
    seen_at: datetime | None = g.sign_in.seen_at
    if seen_at is None or now() - seen_at > SEEN_EVERY:
        with writing():
            db.session.execute(update(SignIn).where(SignIn.id == g.sign_in.id).values(seen_at=now()))
        db.session.refresh(g.sign_in)


def staff_only(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
    """For whoever is signed in; others are asked to, and come back to where they were going.

    A write raises SignedOutError instead, so that its text can be given back. What is written is told as theirs.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
        account = me()
        if account is None:
            if request.method not in ("GET", "HEAD"):
                raise SignedOutError
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 303)
        _note_visit()
        if _lacks_second_factor():
            if request.method not in ("GET", "HEAD"):
                abort(403, "This site asks editors for a second step. Set one up first: “Your account”.")
            return redirect(url_for("admin.factors_page"), 303)
        with audit.acting(audit.Actor(account.id, account.person.name)):
            return view(*args, **kwargs)

    return guarded


def _lacks_second_factor() -> bool:
    """Whether the site wants more of whoever is signed in than a password; their own account stays open to them."""
    account = me()
    if account is None or not account.is_editor or f"{request.path}/".startswith(OWN_PAGES):
        return False
    return site.current().needs_second_factor and not factors.are_there(account)


def only(may: Callable[[Account], bool]) -> Callable[[Callable[P, R]], Callable[P, R | ResponseReturnValue]]:
    """For those of whom *may* is true; others who are signed in get 403."""

    def guard(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            account = me()
            if account is None or not may(account):
                abort(403)
            return view(*args, **kwargs)

        return staff_only(guarded)

    return guard


writers_only = only(lambda account: account.may_write)
publishers_only = only(lambda account: account.may_publish)
moderators_only = only(lambda account: account.moderates(site.current()) != NOTHING)
editors_only = only(lambda account: account.is_editor)
administrators_only = only(lambda account: account.is_administrator)
