"""Hosts, proxies and origins that a request only says it comes from."""

from dataclasses import replace

import pytest

from app import create_app
from blueprints.comments.models import Comment
from blueprints.core.db import db
from blueprints.core.settings import Settings
from tests.safety.asking import ask, check, form_fields


def test_host_is_never_markup_and_site_url_wins(app, client, post):
    page = ask(client, f"/posts/{post.slug}", headers={"Host": 'a"><script>1</script>'})
    assert page.status_code == 400 or "<script>1" not in page.get_data(as_text=True)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], site_url="https://journal.example")
    app.extensions["cache"].close()  # settings do not change while a site runs
    app.jinja_env.filters["kept"].cache_clear()
    page = ask(client, f"/posts/{post.slug}", headers={"Host": "evil.example"})
    assert "evil.example" not in page.get_data(as_text=True)
    assert "https://journal.example/posts/on-paper" in page.get_data(as_text=True)


def test_page_is_the_same_whatever_host_was_asked(client, post):
    paths = ("/", f"/posts/{post.slug}", f"/posts/{post.slug}/comments", "/nowhere")
    for path in paths:
        pages = {ask(client, path, headers={"Host": host}).data for host in ("localhost", "evil.example")}
        assert len(pages) == 1, path


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("trusted", "neighbour", "believed"),
    [
        ("", "127.0.0.1", False),
        ("10.0.0.0/8", "127.0.0.1", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.4", False),
        ("::1", "::1", True),
        ("10.0.0.0/8", "", False),
    ],
)
def test_forwarded_headers_count_only_from_the_configured_neighbour(tmp_path, database, trusted, neighbour, believed):
    app = create_app(
        Settings.from_environ({"SECRET_KEY": "test", "TRUSTED_PROXIES": trusted, "DATABASE_URL": database}, tmp_path)
    )
    seen = {}

    @app.before_request
    def note():
        from flask import request

        seen.update(address=request.remote_addr, host=request.host, scheme=request.scheme)
        return "noted"

    for forwarded, client in (
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (f"6.6.6.6, 203.0.113.9, {neighbour}", "203.0.113.9"),  # two proxies, both our own
        ("203.0.113.9:5123", "203.0.113.9"),
        ("[2001:db8::9]:5123", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
    ):
        headers = {**FORWARDED, "X-Forwarded-For": forwarded, "X-Forwarded-Prefix": "/evil", "Forwarded": "for=6.6.6.6"}
        app.test_client().get("/", headers=headers, environ_overrides={"REMOTE_ADDR": neighbour})
        expected = (client, "evil.example", "https") if believed else (neighbour, "localhost", "http")
        assert tuple(seen.values()) == expected
    with app.app_context():
        db.engine.dispose()


def sends(site: str | None, origin: str | None) -> dict[str, str]:
    named = {"Sec-Fetch-Site": site, "Origin": origin}
    return {name: value for name, value in named.items() if value is not None}


@pytest.mark.parametrize(
    ("site", "origin", "own"),
    [
        ("same-origin", None, True),
        ("same-origin", "http://localhost", True),
        ("none", None, True),
        ("same-site", "http://localhost", False),
        ("cross-site", "http://localhost", False),
        ("cross-site", None, False),
        ("Same-Origin", None, False),
        ("", None, False),
        ("nonsense", "http://localhost", False),
        (None, "http://localhost", True),
        (None, "http://LOCALHOST", True),
        (None, "http://localhost:8080", False),
        (None, "http://localhost.evil.example", False),
        (None, "http://evil.example/localhost", False),
        (None, "http://localhost@evil.example", False),
        (None, "null", False),
        (None, "", False),
        (None, "http://[evil", False),
        (None, "localhost", False),
        (None, None, False),
    ],
)
def test_writes_come_from_this_sites_own_pages(app, post, site, origin, own):
    client = app.test_client()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (f"/posts/{post.slug}/comments", "/sign-in", "/sign-out", "/"):
            response = client.open(path, method=method, data=form_fields(post), headers=sends(site, origin))
            assert (response.status_code != 400) == own, (method, path, response.status_code)
            check(response, (method, path))
    assert db.session.scalar(db.select(db.func.count()).select_from(Comment)) == own
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open("/", method=method, headers=sends(site, origin)).status_code == 200
