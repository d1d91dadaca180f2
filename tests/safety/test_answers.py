"""What every answer carries and what none lets out."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from blueprints.core import limits, site
from blueprints.core.db import db, now, writing
from blueprints.posts import versions
from blueprints.posts.models import Alias, Post
from blueprints.posts.versions import PostVersion
from tests.safety.asking import WORLDS, check, fill, form_fields, good_words, public_rules


@pytest.mark.parametrize("world", WORLDS)
def test_every_kind_of_answer_carries_the_security_headers(app, client, post, comment, world):
    page = BeautifulSoup(client.get("/").data, "lxml")
    asset = page.find("link", rel="stylesheet")["href"]
    kinds = {
        200: ("GET", f"/posts/{post.slug}/comments?after=0"),
        303: ("POST", "/sign-out"),
        404: ("GET", "/nowhere"),
        405: ("POST", "/"),
        410: ("GET", "/set-up/x"),
        422: ("POST", f"/posts/{post.slug}/comments"),
    }
    for status, (method, path) in kinds.items():
        response = client.open(path, method=method, headers=WORLDS[world])
        assert response.status_code == status, path
        check(response, path)
    static = client.get(asset)
    check(static, asset)
    assert "immutable" in static.headers["Cache-Control"]
    again = client.get("/", headers={"If-None-Match": client.get("/").headers["ETag"]})
    assert again.status_code == 304
    check(again, "304")


@pytest.mark.parametrize("world", WORLDS)
def test_no_public_page_sets_a_cookie(app, client, post, comment, world):
    for rule in public_rules(app):
        if "GET" in rule.methods and not rule.endpoint.startswith("accounts."):
            path = fill(rule, good_words(rule, post, comment))
            response = client.get(path, headers=WORLDS[world])
            assert "Set-Cookie" not in response.headers, path
            assert "Cookie" not in response.headers.get("Vary", ""), path
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("environ", "secure"),
    [
        ({"SECRET_KEY": "test"}, False),
        ({"SECRET_KEY": "test", "SITE_URL": "https://journal.example"}, True),
        ({"SECRET_KEY": "test", "SITE_URL": "http://journal.example"}, False),
    ],
)
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(app, client, make, post, secure):
    with writing():
        db.session.merge(site.current()).hold = "all"
    session = client.get("/sign-in").headers["Set-Cookie"]
    writer = client.post(f"/posts/{post.slug}/comments", data=form_fields(post)).headers["Set-Cookie"]
    assert writer.startswith("writer=")
    for cookie in (session, writer):
        flags = {part.strip() for part in cookie.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Lax"} <= flags
        assert ("Secure" in flags) == secure
        assert not any(flag.startswith("Domain") for flag in flags)


SECRET = "Zyxomma"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", ["draft", "scheduled", "withdrawn"])
def test_what_is_not_public_leaks_nowhere(client, make, world, kind):
    author = make.person("Ada")
    times = {"draft": None, "scheduled": now() + timedelta(days=1), "withdrawn": now() - timedelta(days=1)}
    hidden = make.post(
        f"{SECRET} title",
        slug="hidden",
        path="/2019/hidden/",
        body=SECRET,
        standfirst=SECRET,
        authors=[author],
        state="published" if kind == "scheduled" else "draft",
        published_at=times[kind],
        tags=["Shared"],
    )
    comment = make.comment(hidden, f"{SECRET} comment", name=SECRET)
    waiting = make.pending(hidden, f"{SECRET} waits", name=SECRET)
    make.post("Visible", tags=["Shared"], authors=[author])
    with writing():
        db.session.add_all([Alias(path="/posts/former", post_id=hidden.id), Alias(path="?p=7", post_id=hidden.id)])
        versions.begin(stored := db.session.get(Post, hidden.id))
        versions.keep(stored, None)
        db.session.execute(db.update(PostVersion).values(was_public=kind == "withdrawn"))
    lists = ("/", "/?p=7", "/tags/shared", "/authors/person-1")
    places = [
        f"/posts/hidden{tail}" for tail in ("", "/comments", "/comments?page=1&upto=1&after=0", "/comments?after=0")
    ]
    places += ["/posts/hidden/comments/mine", "/posts/former", "/2019/hidden/", "/2019/hidden", "/2019/hidden/feed"]
    places += [f"/comments/{each.id}{tail}" for each in (comment, waiting) for tail in ("", "/reply")]
    # Of each kind of page, also of what is added one day, that of the hidden post or the one that could list it.
    pages = {rule.endpoint: fill(rule, good_words(rule, hidden, comment)) for rule in public_rules(client.application)}
    for path in (*lists, *places, *pages.values()):
        response = client.get(path, headers=WORLDS[world])
        assert SECRET not in response.get_data(as_text=True), path
        assert "hidden" not in response.headers.get("Location", ""), path
        if path in places:
            assert response.status_code in ((404, 410) if kind == "withdrawn" else (404,)), path
    for path in ("/posts/hidden/comments", f"/comments/{comment.id}/reply"):
        with client.application.app_context():
            data = form_fields(hidden)
        response = client.post(path, data=data, headers=WORLDS[world])
        assert response.status_code in (404, 410), path
        assert SECRET not in response.get_data(as_text=True)


def test_network_address_and_cookies_of_a_reader_are_stored_nowhere(client, make, post, comment):
    client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    for path, fields in (
        (f"/posts/{post.slug}/comments", {**form_fields(post), "notify": "thread"}),
        (f"/comments/{comment.id}/mark", {}),
        (f"/comments/{comment.id}/report", {"reason": "spam"}),
        (f"/posts/{post.slug}/error", {"text": "It was 1848."}),
    ):
        assert client.post(path, data=fields).status_code == 303, path
    assert client.post("/authors/person-1/mail", data={"email": "jo@example.org"}).status_code < 400
    make.sign_in(client, make.account())
    secrets = {"203.0.113.77", *(client.get_cookie(name).value for name in ("writer", "reader"))}
    with client.session_transaction() as session:
        secrets.add(session["token"])
    stored = {table.name: str(db.session.execute(table.select()).all()) for table in db.metadata.sorted_tables}
    assert not [(name, secret) for name, rows in stored.items() for secret in secrets if secret in rows]
    known = limits.pseudonym("203.0.113.77")
    assert {name for name, rows in stored.items() if known in rows} == {"comment", "note", "report"}


@pytest.mark.parametrize("world", WORLDS)
def test_waiting_comment_is_as_if_it_were_not_there(client, make, post, world):
    waiting = make.pending(post, SECRET, name=SECRET)
    for tail in ("", "/reply"):
        response = client.get(f"/comments/{waiting.id}{tail}", headers=WORLDS[world])
        assert response.status_code == 404, tail
        assert SECRET not in response.get_data(as_text=True)


def test_methods_that_nobody_offers_are_refused(client, app, post, comment):
    for rule in public_rules(app):
        path = fill(rule, good_words(rule, post, comment))
        offered = client.options(path)
        assert offered.status_code == 200
        assert set(offered.headers["Allow"].split(", ")) >= rule.methods, path
        for method in ("TRACE", "CONNECT", "PROPFIND", "PUT", "DELETE", "NONSENSE"):
            response = client.open(path, method=method)
            assert response.status_code == 405, (method, path)
            check(response, (method, path))


def test_head_is_get_without_the_words(app, client, post, comment):
    for rule in public_rules(app):
        path = fill(rule, good_words(rule, post, comment))
        if "GET" in rule.methods:
            full, bare = client.get(path), client.head(path)
            assert (bare.status_code, bare.data) == (full.status_code, b""), path
            assert bare.headers.get("Content-Type") == full.headers.get("Content-Type"), path
