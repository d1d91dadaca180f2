"""The page of search, its results as a fragment, and what browsers need to offer it."""

from html import escape

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from blueprints.core import limits, settings
from blueprints.core.htmx import answer
from blueprints.core.http import page_number, shared
from blueprints.search import queries, words
from blueprints.search.found import KINDS, MOST
from blueprints.search.snippets import Piece

bp = Blueprint("search", __name__)
_PARTS = dict(zip(("posts", "comments"), KINDS, strict=True))


@bp.app_template_filter()
def marked(pieces: list[Piece]) -> Markup:
    """A text with what was found in it marked; here and not in a template, for twenty of them stand on a page."""
    escaped = ((escape(text, quote=False), is_marked) for text, is_marked in pieces)
    return Markup("".join(f"<mark>{text}</mark>" if is_marked else text for text, is_marked in escaped))  # noqa: S704


@bp.get("/search")
def index() -> ResponseReturnValue:
    """What `?q=` finds: `?in=posts` or `?in=comments`, else whichever there is. Kept by nobody: queries are endless."""
    text = " ".join(request.args.get("q", "").split())
    part, number = request.args.get("in"), page_number()
    if part is not None and part not in _PARTS:
        abort(404)
    if text:
        limits.spend(settings.current().search_limit, "search", limits.network_of(request.remote_addr or ""))
    # What is longer than that was not typed by anybody: it is neither looked for nor sent back.
    is_too_long = len(text) > words.LONGEST_QUERY or words.asked(text).is_too_long
    text = text[: words.LONGEST_QUERY]
    found = queries.found("" if is_too_long else text, _PARTS.get(part or ""), number)
    if number > 1 and not found.hits:
        abort(404)
    parts = {name: found.counts[kind] for name, kind in _PARTS.items()}
    response = make_response(
        answer(
            "search/index.html",
            "search/index.hx.html",
            found=found,
            text=text,
            parts=parts,
            is_too_long=is_too_long,
            most=MOST,
        )
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@bp.get("/search.xml")
@shared()
def description() -> ResponseReturnValue:
    """The OpenSearch description, by which a browser offers this search beside its own."""
    response = make_response(render_template("search/description.xml"))
    response.content_type = "application/opensearchdescription+xml; charset=utf-8"
    return response
