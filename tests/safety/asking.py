"""Asking the public addresses for odd things, and what holds for every answer."""

import contextvars
import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from blueprints.comments.forms import token_for
from blueprints.core.db import db
from tests.conftest import SAME_ORIGIN

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
WORLDS = {"plain": {}, "htmx": HTMX}
MEGABYTE = "a" * 1_000_000
HEADERS = {
    "Content-Security-Policy": re.compile(r"default-src 'self'(?!.*unsafe).*base-uri 'none'.*frame-ancestors 'none'"),
    "X-Content-Type-Options": re.compile("^nosniff$"),
    "X-Frame-Options": re.compile("^DENY$"),
    "Referrer-Policy": re.compile("origin"),
    "Cross-Origin-Opener-Policy": re.compile("^same-origin$"),
    "Cache-Control": re.compile("."),
}


def public_rules(app: Flask) -> list:
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("admin.")]
    assert len(rules) > 10
    return rules


def good_words(rule, post, comment) -> dict[str, str]:
    """Words that lead somewhere, for each argument of *rule*."""
    words = {"number": str(comment.id), "path": "on-paper/", "token": "token", "verb": "erase"}
    slugs = {"posts.tag": "ethics", "posts.author": "person-1"}
    return {name: words.get(name) or slugs.get(rule.endpoint, post.slug) for name in rule.arguments}


def fill(rule, words: dict[str, str]) -> str:
    return re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda found: words[found[1]], rule.rule)


def ask(client, path: str, method: str = "GET", *, headers: dict[str, str] | None = None) -> TestResponse:
    """A request whose path and query reach the application byte by byte, as a server hands them over.

    Past the client, which would make an address of them for itself: thousands of them are sent.
    """
    raw, _, query = path.partition("?")
    environ = EnvironBuilder(method=method, headers={**SAME_ORIGIN, **(headers or {})}).get_environ()
    environ |= {"PATH_INFO": unquote_to_bytes(raw).decode("latin-1"), "QUERY_STRING": query}
    answered = contextvars.Context().run(run_wsgi_app, client.application.wsgi_app, environ)
    db.session.rollback()
    return TestResponse(*answered, request=Request(environ))


def check(response, what: object) -> None:
    text = response.get_data(as_text=True)
    assert response.status_code < 500, f"{what}: {response.status_code}"
    assert "Traceback" not in text, what
    assert "Set-Cookie" not in response.headers or "a=b" not in response.headers["Set-Cookie"], what
    for name, value in HEADERS.items():
        assert value.search(response.headers.get(name, "")), f"{what}: {name}: {response.headers.get(name)}"
    if location := response.headers.get("Location"):
        assert urlsplit(location).netloc in ("", "localhost"), f"{what}: leads to {location}"


def form_fields(post) -> dict[str, str]:
    return {
        "author": "Jo",
        "email": "jo@example.org",
        "url": "",
        "comment": "A thought.",
        "parent": "",
        "key": "k" * 32,
        "token": token_for(post.id),
        "slot": "comment-form",
        "after": "0",
        "skip": "0",
        "from": "1",
        "to": "1",
    }


def encode(fields: dict[str, str | bytes]) -> bytes:
    return b"&".join(
        f"{quote(name, safe='')}=".encode() + quote(value, safe="").encode() for name, value in fields.items()
    )
