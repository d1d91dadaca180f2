"""What a cache in front is told: by headers how long it may keep a page, by the hook what has changed."""

import json
import logging
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from blueprints.core import purge
from blueprints.core.db import db, now, writing
from blueprints.core.generations import EVERYTHING, touch

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Front(HTTPServer):
    """A cache's purge address: remembers what it was told, fails as often as it is asked to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[str | None, object]] = []
        self.failures = 0
        self.heard = threading.Semaphore(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/purge"


class _Handler(BaseHTTPRequestHandler):
    server: Front

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.failures:
            self.server.failures -= 1
            self.send_error(503)
            return
        self.server.told.append((self.headers["Authorization"], body))
        self.send_response(200)
        self.end_headers()
        self.server.heard.release()

    def log_message(self, *_words: object) -> None:
        """Nothing to say."""


@pytest.fixture
def front():
    server = Front()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    purge._teller.submit(
        bool
    ).result()  # what is still to be told is told: tries of a dead address would hold up others
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def environ(environ, front):
    return {**environ, "CDN_SECONDS": "600", "PURGE_URL": front.url, "PURGE_TOKEN": "secret"}


def test_cache_in_front_may_keep_pages_and_learns_what_they_are_made_of(client, make):
    person = make.person()
    post = make.post(slug="essay", authors=[person])
    answer = client.get("/posts/essay")
    assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=600, stale-while-revalidate=60"
    assert {f"post:{post.id}", f"person:{person.id}", "site"} <= set(answer.headers["Cache-Tag"].split(","))


def test_cache_in_front_keeps_no_fragment_and_no_error(client, make):
    make.post(slug="essay")
    assert client.get("/posts/essay/comments", headers=PARTIAL).headers["Cache-Control"].startswith("private")
    assert client.get("/posts/nothing").headers["Cache-Control"] == "no-store"


def test_cache_in_front_does_not_keep_a_list_into_which_a_post_is_due(client, make):
    make.post(published_at=now() + timedelta(hours=1))
    assert client.get("/").headers["Cache-Control"] == "public, no-cache"


def test_without_a_cache_in_front_browsers_ask_each_time(app, client, make):
    object.__setattr__(app.config["SETTINGS"], "cdn_seconds", 0)
    make.post(slug="essay")
    answer = client.get("/posts/essay")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert "Cache-Tag" not in answer.headers


def test_after_a_write_the_front_is_told_what_changed(make, front):
    post = make.post()
    front.heard.acquire(timeout=5)
    front.told.clear()
    make.pending(post)
    make.comment(post)
    assert front.heard.acquire(timeout=5)
    assert front.told == [("Bearer secret", {"tags": ["comments", f"post:{post.id}"]})], "what is held changes nothing"


def test_after_an_import_the_front_is_told_to_drop_everything(app, front):
    with writing():
        touch(EVERYTHING)
    assert front.heard.acquire(timeout=5)
    assert front.told[-1][1] == {"purge_everything": True}


def test_nothing_is_told_of_a_write_that_was_taken_back(app, front, make):
    post = make.post()
    front.heard.acquire(timeout=5)
    front.told.clear()
    with writing():
        touch("site")
        db.session.rollback()
    make.comment(post)
    assert front.heard.acquire(timeout=5)
    assert [body for _token, body in front.told] == [{"tags": ["comments", f"post:{post.id}"]}]


def test_front_that_fails_is_told_again(front, monkeypatch):
    monkeypatch.setattr(purge, "WAITS", (0, 0, 0))
    front.failures = 2
    assert purge.deliver(front.url, "", frozenset({"site"}))
    assert front.told == [(None, {"tags": ["site"]})]


def test_front_that_never_answers_is_given_up_with_a_line_in_the_log(front, monkeypatch, caplog):
    monkeypatch.setattr(purge, "WAITS", (0,))
    front.failures = 9
    with caplog.at_level(logging.WARNING, "hustings.purge"):
        assert not purge.deliver(front.url, "secret", frozenset({"site"}))
    assert "site" in caplog.text
    assert "secret" not in caplog.text
