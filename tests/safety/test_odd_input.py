"""Odd, hostile and oversized input at every public address: a plain refusal or a normal answer, never a fault."""

import contextvars
import re
import socket
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from app import create_app
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment, settle
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.http import MAX_BODY
from blueprints.core.settings import Settings
from blueprints.posts.models import Alias
from tests.conftest import SAME_ORIGIN

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
WORLDS = {"plain": {}, "htmx": HTMX}
MEGABYTE = "a" * 1_000_000
# As they stand in an address, percent-encoded.
ODD = [
    *("0", "-1", "1e9", "1.5", "+1", "%201", "1_000", "NaN", "0x10", "%D9%A3", "", "%20", "%", "%zz", "[]", "{}"),
    *(str(2**31), str(2**63 - 1), str(2**63), str(2**64), str(-(2**63) - 1), "9" * 400),
    *("%00", "a%00b", "%2500", "%ED%A0%80", "%FF%FE", "%C0%AF", "%E2%80%AE", "%EF%BF%BF", "%0d%0aSet-Cookie:%20a=b"),
    *("..%2f..%2fetc%2fpasswd", "..%5c", "%252e%252e", "//evil.example", "%27%20OR%201=1%20--", "%7B%7B7*7%7D%7D"),
    *("%3Cscript%3E", "%F0%9F%98%80" * 60, "%cc%81" * 500),
]
PARAMETERS = ("page", "upto", "after", "skip", "from", "to", "p", "page_id", "next", "q")
HEADERS = {
    "Content-Security-Policy": re.compile(r"default-src 'self'(?!.*unsafe).*base-uri 'none'.*frame-ancestors 'none'"),
    "X-Content-Type-Options": re.compile("^nosniff$"),
    "X-Frame-Options": re.compile("^DENY$"),
    "Referrer-Policy": re.compile("origin"),
    "Cross-Origin-Opener-Policy": re.compile("^same-origin$"),
    "Cache-Control": re.compile("."),
}


@pytest.fixture
def app(app: Flask) -> Flask:
    """Answers as in service: a fault is a 500, not an exception in the test."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with writing():
        db.session.merge(site.current()).hold = "none"
    return app


@pytest.fixture
def post(make):
    return make.post("On paper", slug="on-paper", tags=["Ethics"], authors=[make.person("Ada")])


@pytest.fixture
def comment(make, post):
    return make.comment(post)


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


# Addresses


def of_world(words: list[str], world: str) -> list[str]:
    """Every other word: each is sent to every address, in one world or the other."""
    return words[list(WORLDS).index(world) :: len(WORLDS)]


@pytest.mark.parametrize("world", WORLDS)
def test_odd_words_in_every_part_of_every_address_are_answered(app, client, post, comment, world):
    for rule in public_rules(app):
        for name in rule.arguments:
            for odd in of_world([*ODD, MEGABYTE], world):
                path = fill(rule, {**good_words(rule, post, comment), name: odd})
                for method in rule.methods & {"GET", "POST"}:
                    check(ask(client, path, method, headers=WORLDS[world]), (method, path[:100]))


@pytest.mark.parametrize("world", WORLDS)
def test_odd_parameters_at_every_address_are_answered(app, client, post, comment, world):
    for rule in public_rules(app):
        path = fill(rule, good_words(rule, post, comment))
        for number, odd in enumerate(of_world([*ODD, "a" * 5_000], world)):
            queries = ["&".join(f"{name}={odd}" for name in PARAMETERS)]
            if number % 4 == 0:
                queries.append(f"{odd}={odd}&page[]={odd}&after[0]={odd}")
            if rule.endpoint == "comments.index":
                queries += [f"{PARAMETERS[number % len(PARAMETERS)]}={odd}", f"page=1&after=0&upto={odd}"]
            for query in queries:
                check(ask(client, f"{path}?{query}", headers=WORLDS[world]), (path, query[:100]))
    for query in ("page=1&page=2", "after=1&after=x", "p=1&p=2"):
        check(ask(client, f"/posts/{post.slug}/comments?{query}", headers=WORLDS[world]), query)


def test_page_numbers_that_are_none_are_not_found(client, post):
    for odd in ("0", "-1", "x", "1.5", "", "%D9%A3", "9" * 30, "2", "1000000"):
        for path in ("/", f"/posts/{post.slug}", f"/posts/{post.slug}/comments", "/tags/ethics", "/authors/person-1"):
            assert ask(client, f"{path}?page={odd}").status_code == 404, (path, odd)


def test_redirect_never_leaves_the_site(client, post):
    with writing():
        db.session.add(Alias(path="/old", post_id=post.id))
    for path in ("//evil.example/..", "/\\evil.example", "//evil.example/old", "/old/../..//evil.example", "/old//"):
        response = ask(client, path)
        assert not urlsplit(response.headers.get("Location", "/")).netloc, path
    for wanted in (
        "//evil.example",
        "https://evil.example/admin",
        "/\\evil.example",
        "/admin\\@evil.example",
        "javascript:1",
    ):
        assert "evil" not in ask(client, f"/sign-in?next={quote(wanted, safe='')}").headers.get("Location", "")


# Forms

ODD_TEXT = [
    *(
        b"",
        b"\x00",
        b"a\x00b",
        b"\xed\xa0\x80",
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xe2\x80\xae",
        b"\xef\xbf\xbf",
        b"\x1b[31m",
    ),
    *(b"0", b"-1", str(2**63).encode(), str(2**64).encode(), b"9" * 400, b"1e400", b"[]", b"{{7*7}}", b"' OR 1=1 --"),
    *(b"\r\n" * 50, b"a" * 200_000, "é".encode() * 50_000, "😀".encode() * 3_000, "\u0301".encode() * 3_000),
    *(b"a@" * 20_000, b"http://" + b"a" * 50_000, b"http://[", b"http://a:99999", b"xn--" * 5_000, b"@" * 50_000),
    *(
        b"[" * 9_000,
        b"*" * 9_000,
        b"`" * 9_000,
        b"> " * 4_500,
        b"- " * 4_500,
        b"![](" * 2_000,
        b"<" * 9_000,
        b"&" * 9_000,
    ),
]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    "field", ["author", "email", "url", "comment", "parent", "key", "token", "slot", "after", "to"]
)
def test_odd_text_in_the_comment_form_is_answered(client, post, world, field):
    path = f"/posts/{post.slug}/comments"
    for odd in ODD_TEXT if field in ("author", "email", "url", "comment") else ODD_TEXT[:20]:
        sent = encode({**form_fields(post), field: odd})
        twins = (sent + b"&" + encode({field: odd}), sent + b"&" + encode({f"{field}[]": odd}))
        for body in (sent, *(twins if len(odd) < 1000 else ())):
            response = client.post(
                path, data=body, content_type="application/x-www-form-urlencoded", headers=WORLDS[world]
            )
            check(response, (field, odd[:40], len(odd)))


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/set-up/{token}"])
def test_odd_text_in_the_forms_of_accounts_is_answered(app, client, path):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sign_in_limit="100000 per minute")
    with writing():
        token = db.session.merge(site.current()).offer_setup()
    page = BeautifulSoup(client.get(path.format(token=token)).data, "lxml")
    mark = page.find("input", {"name": "csrf_token"})
    fields = {"email": "jo@example.org", "password": "x", "site_name": "A", "name": "B"}
    fields["csrf_token"] = mark["value"] if mark else "c"
    for name in fields:
        # argon2 takes its time on purpose: not every odd text with every field.
        for odd in ODD_TEXT[:: 3 if name == "email" else 6]:
            sent = encode({**fields, name: odd})
            for body in (sent, sent + b"&" + encode({name: odd})) if len(odd) < 4 else (sent,):
                address = path.format(token=token)
                response = client.post(address, data=body, content_type="application/x-www-form-urlencoded")
                if response.status_code != 429:
                    check(response, (path, name, odd[:40]))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"author": "Jo"}'),
        ("text/plain", b"author=Jo"),
        ("", b"author=Jo"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=author\r\n\r\nJo"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nJo\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="comment"; filename="a"\r\n\r\nJo\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 300 + b"--x--\r\n",
        ),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(20_000))),
        ("application/x-www-form-urlencoded; charset=utf-7", b"author=+ADw-"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"author=Jo"),
        ("application/x-www-form-urlencoded", b"%=%&&&===%zz"),
    ],
    ids=lambda value: "",
)
def test_odd_bodies_are_answered(client, post, comment, world, kind, body):
    for path in (f"/posts/{post.slug}/comments", f"/comments/{comment.id}/reply", "/sign-in", "/sign-out"):
        for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}):
            response = client.post(path, data=body, content_type=kind, headers={**WORLDS[world], **foreign})
            check(response, (path, kind, foreign))
            assert response.status_code >= 300, (path, kind)
    assert [each.id for each in db.session.scalars(db.select(Comment))] == [comment.id]


@pytest.mark.parametrize("world", WORLDS)
def test_megabyte_in_any_field_is_413(client, post, world):
    for path in (f"/posts/{post.slug}/comments", "/sign-in", "/set-up/x", "/sign-out"):
        response = client.post(path, data={**form_fields(post), "comment": MEGABYTE}, headers=WORLDS[world])
        assert response.status_code == 413, path
        check(response, path)


def test_key_that_was_used_below_another_post_makes_a_comment_all_the_same(client, make, post):
    other = make.post()
    client.post(f"/posts/{other.slug}/comments", data=form_fields(other))
    response = client.post(f"/posts/{post.slug}/comments", data=form_fields(post))
    assert response.status_code == 303
    assert db.session.scalar(db.select(db.func.count()).select_from(Comment)) == 2


def test_very_deep_thread_is_answered(client, make, post):
    root = make.comment(post, "Root")
    with writing():
        below = db.session.merge(root)
        for depth in range(1, 1_500):
            below = Comment(
                post_id=post.id,
                parent_id=below.id,
                root_id=below.root_id,
                depth=depth,
                number=depth + 1,
                state="approved",
                name="Jo",
                text="x",
                html="<p>x</p>",
            )
            db.session.add(below)
            db.session.flush()
        deepest = below.id
        db.session.merge(post).last_number = 1_500
        settle(db.session.connection(), post.id)
    for headers in WORLDS.values():
        check(client.get(f"/comments/{deepest}", headers=headers), "permalink")
        check(client.get(f"/comments/{deepest}/reply", headers=headers), "form")
        check(client.get(f"/posts/{post.slug}/comments?page=2", headers=headers), "page")
        data = {**form_fields(post), "key": "", "comment": f"So deep {headers}"}
        response = client.post(f"/comments/{deepest}/reply", data=data, headers=headers)
        assert response.status_code in (201, 303), headers


@pytest.mark.parametrize("world", WORLDS)
def test_same_words_and_address_show_nobody_what_another_browser_sent(app, client, post, world):
    with writing():
        db.session.merge(site.current()).hold = "new"
    path = f"/posts/{post.slug}/comments"
    client.post(path, data={**form_fields(post), "comment": "Private worry", "key": "1" * 32})
    client.post(path, data={**form_fields(post), "comment": "Thanks", "key": "2" * 32})
    stranger = type(client)(app, app.response_class)
    data = {**form_fields(post), "author": "Eve", "comment": "Thanks", "key": "3" * 32}
    response = stranger.post(path, data=data, headers=WORLDS[world])
    assert "Private worry" not in response.get_data(as_text=True)
    assert response.status_code in (200, 303)
    if world == "htmx":
        assert "waits for an editor" in response.get_data(as_text=True)


# Bodies, at a real server


def raw(server, request: bytes) -> bytes:
    """The beginning of the answer to these bytes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), 10)) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65_536)):
            answer += part
        return answer


def head(server, post, *lines: str) -> bytes:
    words = (
        f"POST /posts/{post.slug}/comments HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/x-www-form-urlencoded",
        *(("Sec-Fetch-Site: same-origin",) if not any("Sec-Fetch" in line for line in lines) else ()),
        *lines,
        "",
        "",
    )
    return "\r\n".join(words).encode()


def test_body_over_the_limit_is_413_before_it_is_read(server):
    post = server.post()
    answer = raw(server, head(server, post, f"Content-Length: {10**11}"))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("site", "status"), [("same-origin", 413), ("cross-site", 413)])
def test_chunked_body_over_the_limit_is_refused(server, site, status):
    post = server.post()
    body = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    chunks = body * (2 * MAX_BODY // 0x10000) + b"0\r\n\r\n"
    answer = raw(server, head(server, post, "Transfer-Encoding: chunked", f"Sec-Fetch-Site: {site}") + chunks)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]


def test_chunked_body_is_read_like_any_other(server):
    post = server.post()
    with server.app.app_context():
        body = encode(form_fields(post) | {"key": ""})
    chunks = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    answer = raw(server, head(server, post, "Transfer-Encoding: chunked") + chunks)
    assert answer.startswith(b"HTTP/1.1 303 "), answer[:200]
    assert [comment.text for comment in server.comments(post)] == ["A thought."]


def test_server_answers_raw_nonsense_without_a_fault(server):
    for line in (
        b"GET /%00",
        b"GET /%ED%A0%80?page=%FF",
        b"GET /" + b"a" * 60_000,
        b"TRACE /",
        b"FOO /",
        b"GET //evil/..//",
    ):
        for host in (b"x", b"a b<script>", b"evil.example:99999", b"[::1"):
            answer = raw(server, line + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
            status = int(answer.split(b" ", 2)[1])
            assert 200 <= status < 500, (line[:40], host, status)


# Hosts, proxies, origins


def test_host_is_never_markup_and_site_url_wins(app, client, post):
    page = ask(client, f"/posts/{post.slug}", headers={"Host": 'a"><script>1</script>'})
    assert page.status_code == 400 or "<script>1" not in page.get_data(as_text=True)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], site_url="https://journal.example")
    app.extensions["cache"].close()  # settings do not change while a site runs
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

    for forwarded in ("203.0.113.9", "6.6.6.6, 203.0.113.9"):
        headers = {**FORWARDED, "X-Forwarded-For": forwarded, "X-Forwarded-Prefix": "/evil", "Forwarded": "for=6.6.6.6"}
        app.test_client().get("/", headers=headers, environ_overrides={"REMOTE_ADDR": neighbour})
        expected = ("203.0.113.9", "evil.example", "https") if believed else (neighbour, "localhost", "http")
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


# Answers


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
    lists = ("/", "/?p=7", "/tags/shared", "/authors/person-1")
    places = [
        f"/posts/hidden{tail}" for tail in ("", "/comments", "/comments?page=1&upto=1&after=0", "/comments?after=0")
    ]
    places += ["/posts/hidden/comments/mine", "/posts/former", "/2019/hidden/", "/2019/hidden", "/2019/hidden/feed"]
    places += [f"/comments/{each.id}{tail}" for each in (comment, waiting) for tail in ("", "/reply")]
    for path in (*lists, *places):
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


# Limits


@pytest.fixture
def sites(tmp_path, database):
    """Starts applications on one instance folder, as workers and restarts do."""
    started = []

    def start() -> Flask:
        limits = {"COMMENT_LIMIT": "2 per hour", "TRUSTED_PROXIES": "127.0.0.1"}
        environ = {"SECRET_KEY": "test", "DATABASE_URL": database, **limits}
        app = create_app(Settings.from_environ(environ, tmp_path))
        started.append(app)
        return app

    yield start
    for app in started:
        with app.app_context():
            db.engine.dispose()
        app.extensions["limits"].storage.close()


def say(app: Flask, slug: str, text: str, address: str = "203.0.113.9", world: str = "plain"):
    headers = {**SAME_ORIGIN, **WORLDS[world], "X-Forwarded-For": address}
    with app.app_context():
        from blueprints.posts.queries import by_slug

        data = {**form_fields(by_slug(slug)), "comment": text, "key": ""}
        db.session.remove()
    return app.test_client().post(f"/posts/{slug}/comments", data=data, headers=headers)


@pytest.mark.parametrize("world", WORLDS)
def test_limit_is_shared_by_workers_and_kept_over_a_restart(sites, world):
    from tests.factories import Make

    first, second = sites(), sites()
    with first.app_context():
        slug = Make().post().slug
        db.session.remove()
    assert say(first, slug, "One").status_code == 303
    assert say(second, slug, "Two").status_code == 303
    for app in (first, second, sites()):
        response = say(app, slug, "Three & <more>", world=world)
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        if world == "plain":
            assert BeautifulSoup(response.data, "lxml").find("textarea").text.strip() == "Three & <more>"


def test_limit_counts_an_ipv6_household_as_one(sites):
    from tests.factories import Make

    app = sites()
    with app.app_context():
        slug = Make().post().slug
        db.session.remove()
    answers = [
        say(app, slug, f"From {address}", address).status_code
        for address in (
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff::9",
            "2001:db8:1:2:aaaa::",
            "2001:db8:1:3::1",
            "::ffff:203.0.113.9",
        )
    ]
    assert answers == [303, 303, 429, 303, 303]
