"""The page cache: what it answers, and what it keeps out."""

import gzip
import re
import threading

import brotli
import pytest
from flask import session
from flask.sessions import SecureCookieSessionInterface

from app import create_app
from blueprints.core import watch
from blueprints.core.db import db
from blueprints.core.encodings import zstd
from blueprints.core.http import shared
from blueprints.core.settings import Settings
from tests.core.cache.asking import PARTIAL, how


def test_second_reader_gets_the_bytes_of_the_first(client, post):
    first, second = client.get("/posts/essay"), client.get("/posts/essay")
    assert (how(first), how(second)) == ("miss", "hit")
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]


def test_outside_debug_mode_nothing_tells_of_the_cache(app, client, post):
    app.extensions["cache"].tells = False
    assert "X-Cache" not in client.get("/").headers
    assert "X-Cache" not in client.get("/").headers


@pytest.mark.parametrize(
    ("accepts", "encoding", "read"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("zstd, gzip", "zstd", zstd.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_each_browser_gets_its_encoding_with_a_tag_of_its_own(app, client, post, accepts, encoding, read):
    plain = client.get("/posts/essay")
    packed = client.get("/posts/essay", headers={"Accept-Encoding": accepts})
    app.extensions["cache"].settle()
    again = client.get("/posts/essay", headers={"Accept-Encoding": accepts})
    for answer in (packed, again):
        assert answer.headers.get("Content-Encoding") == encoding
        assert read(answer.data) == plain.data
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert {"Accept-Encoding"} <= set(re.split(r",\s*", answer.headers["Vary"]))
        assert not answer.headers["ETag"].startswith("W/")
    assert (packed.headers["ETag"] == again.headers["ETag"]) == (packed.data == again.data)
    if encoding:
        assert packed.headers["ETag"] != plain.headers["ETag"]


def test_page_is_packed_well_only_when_it_has_lasted(app, client, post):
    cache = app.extensions["cache"]
    cache.seconds_before_packing = 3600
    quick = [client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"] for _ in range(3)]
    cache.settle()
    quick.append(client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"])
    assert len(set(quick)) == 1
    cache.store.plain["/posts/essay"].unseen_until = 0
    client.get("/posts/essay", headers={"Accept-Encoding": "br"})
    cache.settle()
    assert client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"] != quick[0]
    assert set(cache.store.plain["/posts/essay"].variants) == {"br"}, "nobody asked for another"


@pytest.mark.parametrize("warm", [False, True])
def test_reader_who_has_the_page_gets_304_without_a_body(app, client, post, warm):
    tag = client.get("/posts/essay").headers["ETag"]
    if not warm:
        app.extensions["cache"].store.clear()
    answer = client.get("/posts/essay", headers={"If-None-Match": f'"other", W/{tag}', "Accept-Encoding": "gzip"})
    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == tag
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert how(answer) == ("hit" if warm else "miss")


@pytest.mark.parametrize(("tag", "status"), [('"other"', 200), ('"other", {}', 304), ("{}", 304), ("W/{}", 304)])
def test_tag_of_another_page_gets_this_one_however_often_it_was_asked_for(client, post, tag, status):
    for _ in range(3):
        page = client.get("/posts/essay")
    answer = client.get("/posts/essay", headers={"If-None-Match": tag.format(page.headers["ETag"])})
    assert (answer.status_code, how(answer)) == (status, "hit")
    assert answer.data == (page.data if status == 200 else b"")


def test_after_a_change_the_old_tag_gets_the_new_page(client, make, post):
    tag = client.get("/posts/essay").headers["ETag"]
    make.comment(post, "Brand new words.")
    answer = client.get("/posts/essay", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Brand new words." in answer.text


def test_head_is_answered_like_get_without_a_body(client, post):
    cold, page = client.head("/posts/essay"), client.get("/posts/essay")
    warm = client.head("/posts/essay")
    assert (how(cold), how(page), how(warm)) == ("miss", "hit", "hit")
    for answer in (cold, warm):
        assert answer.data == b""
        assert {**answer.headers, "X-Cache": ""} == {**page.headers, "X-Cache": ""}


def test_page_and_fragment_are_never_confused(client, make, post):
    comment = make.comment(post)
    for path in ("/posts/essay/comments", f"/comments/{comment.id}/reply"):
        for _ in range(2):
            page, fragment = client.get(path), client.get(path, headers=PARTIAL)
            assert page.text.startswith("<!doctype html>")
            assert "<!doctype" not in fragment.text
            assert "private" in fragment.headers["Cache-Control"]
            assert "HX-Request-Type" in page.headers["Vary"]
        assert (how(page), how(fragment)) == ("hit", "hit")


@pytest.mark.parametrize("query", ["utm_source=mail", "fbclid=1", "after=4", "x=" + "y" * 400])
def test_unknown_parameters_neither_split_nor_fill_the_cache(app, client, post, query):
    client.get("/posts/essay")
    client.get("/")
    kept = len(app.extensions["cache"].store)
    assert how(client.get(f"/posts/essay?{query}")) == "hit"
    assert how(client.get(f"/?{query}")) == "hit"
    assert len(app.extensions["cache"].store) == kept


def test_a_hostile_reader_fills_the_cache_with_nothing(app, client, make, post):
    for _ in range(30):
        make.comment(post)
    client.get("/posts/essay")
    kept = len(app.extensions["cache"].store)
    for number in range(40):
        client.get(f"/posts/essay?page={number + 2}")
        client.get(f"/posts/essay?x={number}" + "y" * 600)
        client.get(f"/posts/essay?page=0{number}")
        client.get(f"/nothing-{number}")
        client.get(f"/?page={number + 2}")
        client.get(f"/?p={number + 2}")
        client.get(f"/?feed={number}")
        client.get(f"/sitemap-{number + 2}.xml")
        client.get(f"/archive/{number:04}")
        client.get(f"/posts/essay/comments?after={number}&skip=1", headers=PARTIAL)
        client.get(f"/posts/essay/comments?after={number}&to={number}", headers=PARTIAL)
        client.get(f"/posts/essay/comments?upto={number + 2}", headers=PARTIAL)
        client.get(f"/posts/essay/comments?after={1000 + number}", headers=PARTIAL)
    assert len(app.extensions["cache"].store) <= kept + 1, "the news since one of the last comments is for keeping"


@pytest.mark.parametrize(
    "path", ["/nowhere", "/posts/nowhere", "/posts/draft", "/posts/gone", "/?page=9", "/sign-in", "/admin", "/?page=0"]
)
def test_errors_and_personal_pages_are_not_kept(app, client, make, path):
    make.post(slug="draft", state="draft", published_at=None)
    make.post(slug="gone", state="draft")
    assert how(client.get(path)) == "bypass"
    assert how(client.get(path)) == "bypass"
    assert len(app.extensions["cache"].store) == 0


def test_what_a_signed_in_browser_reads_is_what_everybody_reads(app, client, make, post):
    anonymous = client.get("/posts/essay")
    make.sign_in(client, make.account())
    assert how(client.get("/posts/essay")) == "hit"
    make.comment(post)
    signed_in = client.get("/posts/essay")
    assert how(signed_in) == "miss"
    assert "Set-Cookie" not in signed_in.headers
    assert "Set-Cookie" not in app.test_client().get("/posts/essay").headers
    assert signed_in.headers["Cache-Control"] == anonymous.headers["Cache-Control"]


def test_answer_that_sets_a_cookie_or_looks_at_an_account_is_not_kept(app, make):
    from blueprints.accounts.guards import me

    app.add_url_rule("/with-cookie", "cookie", shared()(lambda: ("x", 200, {"Set-Cookie": "a=b"})))
    app.add_url_rule("/with-account", "account", shared()(lambda: str(me())))
    client = app.test_client()
    for path in ("/with-cookie", "/with-account"):
        assert [how(client.get(path)) for _ in range(2)] == ["bypass", "bypass"]


def test_cookie_of_one_reader_is_never_kept_whoever_sets_it(app, client, make):
    make.sign_in(client, make.account())
    app.add_url_rule("/with-session", "written", shared()(lambda: session.update(seen=1) or "x"))
    assert "Set-Cookie" not in client.get("/with-session").headers
    app.session_interface = SecureCookieSessionInterface()  # one that knows nothing of kept pages
    app.config["SESSION_REFRESH_EACH_REQUEST"] = True
    assert "Set-Cookie" in client.get("/").headers
    assert "Set-Cookie" not in app.test_client().get("/").headers


def test_pages_do_not_depend_on_the_host_that_was_asked_for(app, client, post):
    first = client.get("/posts/essay", headers={"Host": "evil.example"})
    assert "evil.example" not in first.text
    assert client.get("/posts/essay", headers={"Host": "localhost"}).data == first.data


def test_many_who_ask_at_once_get_one_drawing(app, post):
    cache = app.extensions["cache"]
    flask, count, begin = cache.app, [], threading.Event()

    def slow(environ, start_response):
        count.append(1)
        begin.wait(5)
        return flask(environ, start_response)

    cache.app = slow
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(app.test_client().get("/posts/essay"))) for _ in range(20)]
    for thread in asking:
        thread.start()
    while len(cache.drawing) == 0:
        pass
    begin.set()
    for thread in asking:
        thread.join()
    assert len(count) == 1
    assert len({answer.data for answer in answers}) == 1
    assert sorted(map(how, answers)) == ["hit"] * 19 + ["miss"]


def test_page_that_was_being_drawn_while_somebody_wrote_is_not_kept(app, client, make, post):
    cache = app.extensions["cache"]
    flask = cache.app

    def overtaken(environ, start_response):
        cache.app = flask
        answer = flask(environ, start_response)
        with app.app_context():
            make.comment(post, "Came in between.")
            app.test_client().get("/")  # somebody else catches up with that write before this page is kept
        return answer

    cache.app = overtaken
    assert "Came in between." not in client.get("/posts/essay").text
    answer = client.get("/posts/essay")
    assert how(answer) == "miss"
    assert "Came in between." in answer.text


def test_while_nobody_can_say_what_was_written_every_page_is_drawn(app, client, post, monkeypatch):
    cache = app.extensions["cache"]
    client.get("/posts/essay")

    def lost(*_):
        raise watch.LostError

    with monkeypatch.context() as broken:
        broken.setattr(cache.watch, "moved", lost)
        assert [how(client.get("/posts/essay")) for _ in range(2)] == ["bypass", "bypass"]
    assert [how(client.get("/posts/essay")) for _ in range(2)] == ["miss", "hit"]


def test_cache_without_room_leaves_pages_to_flask(tmp_path, database):
    settings = {"SECRET_KEY": "test", "CACHE_MB": "0", "DATABASE_URL": database}
    bare = create_app(Settings.from_environ(settings, tmp_path))
    assert "cache" not in bare.extensions
    answer = bare.test_client().get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"]
    assert "X-Cache" not in answer.headers
    with bare.app_context():
        db.engine.dispose()
