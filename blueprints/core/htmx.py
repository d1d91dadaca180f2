"""One URL, two renderings: whole pages for plain browsers, fragments for htmx 4."""

from flask import current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page; its boosts and history restores ask for all of it."""
    return request.headers.get("HX-Request-Type") == "partial"


def rendered(template: str, **context: object) -> bytes:
    """What *template* makes, in bytes: as Flask's `render_template`, but piece by piece.

    Most pieces are ASCII, which costs nothing to turn into bytes. As one piece, a post with 30 comments and a single
    curly quotation mark takes 57 µs.
    """
    current_app.update_template_context(context)
    return b"".join(map(str.encode, current_app.jinja_env.get_template(template).generate(context)))


def answer(plain: str | Response, fragment: str, *, status: int = 200, **context: object) -> ResponseReturnValue:
    """The page (or redirect) *plain* to a plain browser, the template *fragment* to htmx.

    *status* is that of both renderings; a redirect keeps its own.
    """
    if wants_fragment():
        response = make_response(rendered(fragment, **context), status)
        kept = request.method == "GET" and status == 200
        response.headers["Cache-Control"] = "private, no-cache" if kept else "private, no-store"
    elif isinstance(plain, str):
        response = make_response(rendered(plain, **context), status)
    else:
        response = make_response(plain)
    response.vary.add("HX-Request-Type")
    return response
