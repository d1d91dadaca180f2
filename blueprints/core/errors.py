"""Errors to people: the site's own page, or the one sentence that htmx puts beside what was being done."""

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from blueprints.core.db import backend, db
from blueprints.core.htmx import wants_fragment
from blueprints.core.limits import TooFastError
from blueprints.core.site import Site

Headers = list[tuple[str, str]]

_TEXTS = {
    400: ("That request was not understood", "Something in it is not as it should be. Nothing was changed."),
    403: ("This is not allowed", "You are signed in, but your role does not allow it."),
    404: ("There is no such page", "The address may be mistyped, or the page has moved without a trace."),
    405: ("That cannot be done here", "The page is there, but it does not take this kind of request."),
    409: (
        "Somebody was quicker",
        "What you worked on was changed meanwhile. Load it again before you go on.",
    ),
    410: ("This is no longer here", "It was here once. The editors have taken it down."),
    413: (
        "That is too large",
        "Your text is still in the form: if you do not see it, go back one page. Shorten it and send it again.",
    ),
    429: ("A little too fast", "Please wait a moment and send it again."),
    500: ("Something broke on our side", "It has been written to the log. Please try again in a moment."),
    503: ("The site is busy", "Nothing was stored. Please send it again in a few seconds."),
}


def init_app(app: Flask) -> None:
    """Answer every error in the site's own dress."""
    for kind in (HTTPException, TooFastError, OperationalError):
        app.register_error_handler(kind, show)


def show(error: Exception) -> Response:
    """The page of an error, or its sentence."""
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    if isinstance(error, OperationalError):
        db.session.rollback()
    return problem(*told_of(error))


def told_of(error: Exception) -> tuple[int, str | None, Headers]:
    """What people are told of *error*: status, reason (None: what the status means), headers.

    What is nobody's fault but ours is a 500 that says no more; it goes into the log.
    """
    if isinstance(error, TooFastError):
        return 429, wait_text(error), [_retry_after(error)]
    if isinstance(error, HTTPException):
        return error.code or 500, reason_of(error), [each for each in error.get_headers() if each[0] != "Content-Type"]
    if isinstance(error, OperationalError) and is_busy(error):
        return 503, None, [("Retry-After", "5")]
    current_app.logger.error("%s failed", request.path, exc_info=error)
    return 500, None, []


def slowed(response: ResponseReturnValue, error: TooFastError) -> Response:
    """An answer that says in its own words that it was too fast, with the time to wait for programs."""
    made = make_response(response)
    made.headers.extend([_retry_after(error)])
    return made


def _retry_after(error: TooFastError) -> tuple[str, str]:
    return "Retry-After", str(error.retry_after)


def is_busy(error: OperationalError) -> bool:
    """Whether another writer holds the database, it is out of reach, or its disk is full: trying again later helps."""
    if backend().is_full(error):
        current_app.logger.error("nothing can be stored: %s", error.orig)
        return True
    return backend().is_busy(error)


def title_of(status: int) -> str:
    """The heading of the page that says so."""
    return _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])[0]


def text_of(status: int) -> str:
    """What it means and what to do, in plain words."""
    return _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])[1]


def forget_database() -> None:
    """Draw what follows without asking the database, which may be what broke."""
    g.site = Site(id=1, name="Hustings", standfirst="", disclaimer="", language="en", hold="all", rules_html="")


def reason_of(error: HTTPException) -> str | None:
    """What the error says of itself, where one of ours raised it with words for people."""
    own = error.description != type(error).description or type(error).__module__.startswith("blueprints.")
    return error.description if own and error.code != 500 else None


def wait_text(error: TooFastError) -> str:
    """How long to wait, in words."""
    seconds = error.retry_after
    wait = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
    return f"That was too many in a short time. Please wait {wait} and send it again; nothing is lost."


def problem(status: int, reason: str | None, headers: Headers) -> Response:
    """One error, as a page or as a fragment."""
    if status >= 500:
        forget_database()
    template = "core/_problem.html" if wants_fragment() else "core/error.html"
    response = make_response(
        render_template(
            template,
            status=status,
            title=title_of(status),
            reason=reason or text_of(status),
            at_desk=request.path.startswith("/admin"),
        ),
        status,
    )
    response.headers.extend(headers)
    if request.method == "HEAD":
        response.set_data(b"")
    response.headers["Cache-Control"] = "no-store"
    return response
