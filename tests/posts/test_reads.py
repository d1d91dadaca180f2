"""Reads: what counts as one and what does not, wherever the page comes from; and that none is lost or costs a page."""

import threading
from datetime import timedelta

import pytest

from blueprints.core import chores, tally
from blueprints.core.db import db, now, writing
from blueprints.posts import reads
from blueprints.posts.models import Post
from blueprints.posts.reads import FeedReads, PostReads, Referrer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PEOPLE = (
    FIREFOX,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
    "Lynx/2.9.2 libwww-FM/2.14",
    "w3m/0.5.3",
)
PROGRAMS = (
    "",
    "curl/8.5.0",
    "python-requests/2.32",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 10 subscribers)",
)


def get(client, path: str, **headers: str):
    return client.get(path, headers={"User-Agent": FIREFOX, **{k.replace("_", "-"): v for k, v in headers.items()}})


def counted(post: Post) -> int:
    reads.flush(now())
    return reads.of_post(post.id).total


@pytest.mark.parametrize("is_kept", [True, False])
def test_reading_a_post_counts_and_nothing_else_does(app, client, make, is_kept):
    if not is_kept:
        app.wsgi_app = app.extensions["cache"].app  # as with CACHE_MB=0
    post = make.post(slug="essay")
    tag = get(client, "/posts/essay").headers["ETag"]
    assert get(client, "/posts/essay").status_code == 200
    assert get(client, "/posts/essay", If_None_Match=tag).status_code == 304
    assert get(client, "/posts/essay?sort=newest").status_code == 200
    assert get(client, "/posts/essay?utm_source=letter").status_code == 200
    client.head("/posts/essay", headers={"User-Agent": FIREFOX})
    get(client, "/posts/essay", Sec_Purpose="prefetch;prerender")
    get(client, "/posts/essay", HX_Request_Type="partial")
    get(client, "/posts/missing")
    get(client, "/")
    for agent in PROGRAMS:
        client.get("/posts/essay", headers={"User-Agent": agent})
    assert counted(post) == 5


def test_browsers_are_told_from_programs():
    assert [agent for agent in PEOPLE if not tally.is_person(agent)] == []
    assert [agent for agent in PROGRAMS if tally.is_person(agent)] == []


def test_staff_that_is_signed_in_is_not_counted(client, make):
    post = make.post(slug="essay")
    make.sign_in(client, make.account("editor"))
    get(client, "/posts/essay")
    get(client, "/posts/essay")
    assert counted(post) == 0


def test_hosts_that_readers_came_from_are_counted_without_their_paths(client, make):
    post = make.post(slug="essay")
    for referrer in (
        "https://www.example.org/secret/path?of=a-reader",
        "https://example.org/",
        "http://localhost/posts/other",
        "javascript:alert(1)",
        "https://[broken",
        "https://exa_mple<b>.org/",
    ):
        get(client, "/posts/essay", Referer=referrer)
    assert counted(post) == 6
    assert reads.referrers(9, post_id=post.id) == [("example.org", 2)]


def test_hosts_beyond_what_a_post_can_have_are_put_together(client, make, monkeypatch):
    monkeypatch.setattr(reads, "HOSTS", 2)
    post = make.post(slug="essay")
    for number in range(5):
        get(client, "/posts/essay", Referer=f"https://host-{number}.example/")
        reads.flush(now())
    assert dict(reads.referrers(9, post_id=post.id)) == {"host-0.example": 1, "host-1.example": 1, "others": 3}


def test_feeds_are_counted_by_kind(client, make):
    make.post(slug="essay")
    for agent in (
        "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 10 subscribers)",
        FIREFOX,
        "Mozilla/5.0 Googlebot/2.1",
    ):
        client.get("/feed.atom", headers={"User-Agent": agent})
    client.get("/posts/essay/comments.atom", headers={"User-Agent": "Miniflux/2.2"})
    reads.flush(now())
    assert reads.feeds() == [("posts", 2, 2), ("discussions", 1, 1)]


def test_what_is_written_touches_no_kept_page(app, client, make):
    post = make.post(slug="essay")
    get(client, "/posts/essay")
    kept = app.extensions["cache"].store.plain["/posts/essay"]
    assert counted(post) == 1
    get(client, "/posts/essay")
    assert app.extensions["cache"].store.plain["/posts/essay"] is kept
    assert counted(post) == 2
    assert db.session.scalars(db.select(PostReads.number)).all() == [2]


def test_a_sum_that_cannot_be_stored_waits(app, client, make, monkeypatch):
    post = make.post(slug="essay")
    get(client, "/posts/essay")
    monkeypatch.setattr(reads, "_store", lambda _sums: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reads.flush(now())
    monkeypatch.undo()
    assert counted(post) == 1


def test_a_post_that_is_gone_takes_its_numbers_along(app, client, make):
    gone, other = make.post(slug="essay").id, make.post(slug="other").id
    get(client, "/posts/essay", Referer="https://example.org/")
    reads.flush(now())
    get(client, "/posts/essay")
    get(client, "/posts/other")
    with writing():
        db.session.delete(db.session.get(Post, gone))
    reads.flush(now())
    assert reads.of_post(other).total == 1
    assert db.session.scalars(db.select(Referrer)).all() == []


def test_days_are_told_apart_and_those_without_readers_are_there(app, make):
    post = make.post()
    today = now().date()
    with writing():
        db.session.add_all(
            PostReads(post_id=post.id, day=today - timedelta(days=ago), number=number)
            for ago, number in ((0, 1), (29, 2), (30, 4))
        )
        db.session.add(FeedReads(kind="posts", day=today - timedelta(days=30), number=3))
    found = reads.of_post(post.id)
    assert (found.today, found.lately, found.total, len(found.days)) == (1, 3, 7, 30)
    assert reads.of_site() == found
    assert [(row.id, number) for row, number in reads.most_read(5)] == [(post.id, 3)]
    assert reads.feeds() == [("posts", 0, 3)]


def test_no_request_is_lost_between_threads_that_note_and_one_that_sums_up():
    counter = tally.Tally()
    environ = {"HTTP_USER_AGENT": FIREFOX}

    def note():
        for _ in range(3000):
            counter.note("post:1", environ)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    found = 0
    while any(thread.is_alive() for thread in threads):
        found += counter.take().total()
    assert found + counter.take().total() == 12_000


def test_the_end_of_a_process_is_a_last_flush(app, client, make):
    number = make.post(slug="essay").id
    get(client, "/posts/essay")
    chores.run(now(), at_the_end=True)
    assert reads.of_post(number).total == 1
