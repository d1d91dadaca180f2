"""What search engines ask for: robots.txt and the sitemap."""

from flask import abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from blueprints.core import site
from blueprints.core.http import counted, shared, site_url
from blueprints.feeds import sitemap
from blueprints.feeds.views.answers import WITHOUT_ADDRESS, bp, xml

KIND = "application/xml"
# What is collected for training language models, by the names that the operators of these crawlers give in their own
# pages for robots.txt: OpenAI, Anthropic, Google, Apple, Common Crawl, Meta, Amazon, ByteDance, Perplexity, Cohere.
FOR_MODELS = (
    *("GPTBot", "ClaudeBot", "anthropic-ai", "Google-Extended", "Applebot-Extended", "CCBot"),
    *("meta-externalagent", "FacebookBot", "Amazonbot", "Bytespider", "PerplexityBot", "cohere-training-data-crawler"),
)


@bp.get("/robots.txt")
@shared()
def robots() -> ResponseReturnValue:
    """Where crawlers need not go, and where the sitemap is (RFC 9309)."""
    shown = site.shown()
    response = make_response(
        render_template("feeds/robots.txt", is_listed=shown.is_listed, agents=() if shown.feeds_models else FOR_MODELS)
    )
    response.content_type = "text/plain; charset=utf-8"
    return response


@bp.get("/sitemap.xml")
@shared()
def index() -> ResponseReturnValue:
    """All pages; of a large site the list of such lists."""
    _need_address()
    parts = sitemap.parts()
    if len(parts) > 1:
        return xml(render_template("feeds/sitemap_index.xml", parts=parts), KIND)
    return _part(parts[0] if parts else 1, is_first=True)


@bp.get("/sitemap-<part>.xml")
@shared()
def part(part: str) -> ResponseReturnValue:
    """One of those lists."""
    _need_address()
    parts = sitemap.parts()
    number = counted(part)
    if len(parts) < 2 or number not in parts:
        abort(404)
    return _part(number, is_first=number == parts[0])


@bp.get("/wp-sitemap.xml")
def former() -> ResponseReturnValue:
    """Where WordPress has it."""
    return redirect(url_for("feeds.index"), 301)


def _part(number: int, *, is_first: bool) -> ResponseReturnValue:
    places = sitemap.places(number)
    return xml(render_template("feeds/sitemap.xml", places=places, is_first=is_first), KIND)


def _need_address() -> None:
    if not site_url():
        raise NotFound(WITHOUT_ADDRESS)
