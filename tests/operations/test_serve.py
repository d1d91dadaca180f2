"""`hustings serve` as a newcomer meets it."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, Template
from sqlalchemy import select

from app import create_app
from blueprints.core import sqlite
from blueprints.core.db import db
from blueprints.core.settings import Settings
from blueprints.operations import serve, welcome
from blueprints.posts.models import Post
from tests import another
from tests.admin.browsing import WORLDS
from tests.operations.serving import HUSTINGS, Site, serving, wait_for


@pytest.fixture(scope="module")
def standing(tmp_path_factory) -> Iterator[Site]:
    """A site that runs for all tests that only look at one."""
    with serving(tmp_path_factory.mktemp("standing") / "site") as site:
        yield site


def run(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **site.settings}
    return subprocess.run([HUSTINGS, *words], env=environ, capture_output=True, text=True, timeout=60, check=False)


def set_up(link: str) -> httpx.Response:
    with httpx.Client() as browser:
        page = BeautifulSoup(browser.get(link).text, "html.parser")
        data = {
            "csrf_token": page.find("input", {"name": "csrf_token"})["value"],
            "site_name": "The Review",
            "name": "Ada Grey",
            "email": "ada@example.org",
            "password": "correct horse battery",
        }
        return browser.post(link, data=data, headers={"Origin": link.split("/set-up")[0]}, follow_redirects=True)


def test_newcomer_gets_a_site_a_welcome_and_one_link_to_become_its_administrator(tmp_path, empty_database):
    with serving(tmp_path / "site", DATABASE_URL=empty_database) as site:
        assert site.url in site.said
        assert ("SQLite 3." if empty_database.startswith("sqlite") else "PostgreSQL 1") in site.said
        link = site.set_up_link()
        assert len(link.rsplit("/", 1)[1]) > 40
        front = BeautifulSoup(httpx.get(site.url).text, "html.parser")
        welcome = httpx.get(site.url + front.select_one(".summary__title a")["href"])
        assert len(BeautifulSoup(welcome.text, "html.parser").select("article.comment")) == 4
        assert "The Review" in set_up(link).text
        assert httpx.get(link).status_code == 410
        assert site.stop() == 0
    with serving(tmp_path / "site", DATABASE_URL=empty_database) as again:
        assert again.set_up_link() is None
        assert "The Review" in httpx.get(again.url).text


def test_later_starts_are_quick_offer_a_new_link_and_bring_back_nothing_that_was_removed(tmp_path):
    with serving(tmp_path / "site") as site:
        first = site.set_up_link()
    begin = time.monotonic()
    with serving(tmp_path / "site") as site:
        assert time.monotonic() - begin < 10
        assert len(BeautifulSoup(httpx.get(site.url).text, "html.parser").select(".summary__title")) == 1
        second = site.set_up_link()
        token = first.rsplit("/", 1)[1]
        assert first != second
        assert httpx.get(f"{site.url}/set-up/{token}").status_code == 410
        assert httpx.get(second).status_code == 200
        third = run(site, "set-up-link").stdout.strip()
        assert httpx.get(second).status_code == 410
        assert httpx.get(third).status_code == 200
        assert "gone" in run(site, "remove-welcome").stdout
        assert "Nothing has been published" in httpx.get(site.url).text
        assert "no welcome post" in run(site, "remove-welcome").stdout
    with serving(tmp_path / "site") as site:
        assert "Nothing has been published" in httpx.get(site.url).text


def test_link_expires_and_only_the_one_that_was_offered_opens(tmp_path):
    with serving(tmp_path / "site") as site:
        link = site.set_up_link()
        assert httpx.get(link).status_code == 200
        assert httpx.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 410
        database = sqlite.driver().connect(site.folder / "hustings.db", isolation_level=None)
        (stored,) = database.execute("SELECT setup_hash FROM site").fetchone()
        assert stored != link.rsplit("/", 1)[1]
        (days,) = database.execute("SELECT julianday(setup_expires_at) - julianday('now') FROM site").fetchone()
        assert 23.9 < days * 24 <= 24
        database.execute("UPDATE site SET setup_expires_at = datetime('now', '-1 second')")
        database.close()
        assert httpx.get(link).status_code == 410
        assert httpx.post(link, data={}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 410


def test_second_start_compiles_no_template(tmp_path, monkeypatch):
    (first, second), compiled = (create_app(Settings.from_environ({}, tmp_path)) for _ in range(2)), []
    compile_ = Environment.compile
    monkeypatch.setattr(Environment, "compile", lambda *args: compiled.append(args[2]) or compile_(*args))
    serve.prepare(first, tmp_path / "templates")
    assert "posts/author.html" in compiled
    compiled.clear()
    serve.prepare(second, tmp_path / "templates")
    assert not compiled


def test_rehearsal_draws_pages_and_leaves_nothing_behind(app, make, caplog, monkeypatch):
    make.post("Ours")
    drawn, threads = [], threading.active_count()
    generate = Template.generate
    monkeypatch.setattr(Template, "generate", lambda self, *to: drawn.append(self.name) or generate(self, *to))
    serve.rehearse(app)
    assert {"posts/index.html", "posts/show.html", "posts/archive.html"} <= set(drawn)
    assert not caplog.records, "none of them is an error"
    cache = app.extensions["cache"]
    assert (len(cache.store), cache.sure, cache.tally.take()) == (0, False, {})
    db.session.remove()
    serve.close(app)
    assert threading.active_count() <= threads
    assert db.engine.pool.checkedin() == db.engine.pool.checkedout() == 0


def test_rehearsal_that_fails_is_told_and_keeps_nobody_from_being_served(app, monkeypatch, caplog):
    monkeypatch.setattr(serve.chores, "run", lambda _moment: 1 / 0)
    serve.rehearse(app)
    assert "division by zero" in caplog.text


def test_asking_for_help_makes_nothing(tmp_path):
    said = run(Site(tmp_path / "site"), "serve", "--help")
    assert said.returncode == 0
    assert "Usage: hustings serve" in said.stdout
    assert not (tmp_path / "site").exists()


def test_welcome_is_not_for_a_database_that_has_posts(app, make):
    make.post("Ours")
    assert welcome.greet() is False
    assert [post.title for post in db.session.scalars(select(Post))] == ["Ours"]


def test_address_that_is_not_ours_is_one_sentence(tmp_path):
    site = Site(tmp_path / "site", HOST="192.0.2.1")
    said = run(site, "serve")
    assert said.returncode == 1
    assert said.stderr.startswith(f"hustings: HOST=192.0.2.1 PORT={site.port} cannot be listened on: ")
    assert len(said.stderr.strip().splitlines()) == 1


def test_taken_port_is_one_sentence(standing):
    port = standing.port
    second = run(standing, "serve")
    assert second.returncode == 1
    assert second.stderr.strip() == f"hustings: port {port} is taken; choose another with PORT={port + 1}."


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_is_clean_and_leaves_nothing_running(tmp_path, database, how):
    with serving(tmp_path / "site", DATABASE_URL=database) as site:
        workers = site.workers()
        assert len(workers) == 2
        with httpx.Client() as browser:
            browser.get(site.url)  # its connection stays open
            begin = time.monotonic()
            assert site.stop(how) == 0
        assert time.monotonic() - begin < 5
        for pid in workers:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        assert "Traceback" not in site.said
        assert not list(tmp_path.glob("hustings.db-*")), "the file alone is the whole site"


def test_half_a_request_does_not_hold_the_stop_for_long(tmp_path):
    with serving(tmp_path / "site") as site, socket.create_connection(("127.0.0.1", site.port)) as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        begin = time.monotonic()
        assert site.stop() == 0
        assert time.monotonic() - begin < 10


def test_connections_that_say_nothing_do_not_keep_others_waiting(tmp_path):
    with serving(tmp_path / "site", WORKERS="1") as site, ExitStack() as open_:
        for number in range(200):
            idle = open_.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if number % 2 else b""))
        begin = time.monotonic()
        assert httpx.get(site.url, timeout=20).status_code == 200
        assert time.monotonic() - begin < 4


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path):
    with serving(tmp_path / "site") as site:
        os.kill(site.process.pid, signal.SIGKILL)
        site.process.wait()
        deadline = time.monotonic() + 15
        while is_taken(site.port) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_taken(site.port)


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_no_handle_of_a_database_is_carried_over_the_fork(standing):
    assert open_databases(standing.process.pid) == []
    for pid in standing.workers():
        handles = [Path(handle).name for handle in open_databases(pid)]
        assert handles.count("hustings.db") <= 3, "a request's own, the one that is asked for writes, the postman's"
        assert handles.count("hustings.db-shm") <= 3, "of all connections one, and what is looked at"


def open_databases(pid: int) -> list[str]:
    files = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            files.append(os.readlink(link))
    return [name for name in files if ".db" in name]


def test_worker_that_dies_comes_back(tmp_path, database):
    with serving(tmp_path / "site", DATABASE_URL=database) as site:
        before = set(site.workers())
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda: len(site.workers()) == 2 and not before & set(site.workers()))
        assert [httpx.get(site.url).status_code for _ in range(10)] == [200] * 10


def test_writes_wait_for_a_lock_and_then_give_the_text_back_while_reading_goes_on(tmp_path, database):
    with serving(tmp_path / "site", DATABASE_URL=database) as site:

        def send(world: str) -> httpx.Response:
            headers = {"Sec-Fetch-Site": "same-origin", **({"HX-Request-Type": "partial"} if world == "htmx" else {})}
            return httpx.post(f"{site.url}/posts/welcome/comments", data=forms[world], headers=headers, timeout=20)

        forms = {world: comment_form(site) | {"comment": f"Kept through the lock, {world}"} for world in WORLDS}
        with another.writer(database), ThreadPoolExecutor(len(WORLDS)) as browsers:
            sent = browsers.map(send, WORLDS)
            assert httpx.get(f"{site.url}/posts/welcome").status_code == 200
            answers = dict(zip(WORLDS, sent, strict=True))
            assert httpx.get(f"{site.url}/posts/welcome").status_code == 200
        for answer in answers.values():
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            body = BeautifulSoup(answer.text, "html.parser")
            assert "send it again" in body.select_one(".problem, .list-head__text").text
        body = BeautifulSoup(answers["plain"].text, "html.parser")
        assert body.select_one("textarea").text.strip() == "Kept through the lock, plain"
        assert [send(world).status_code for world in WORLDS] == [303, 201]


def comment_form(site: Site) -> dict[str, str]:
    """What a reader's browser would send below the welcome post."""
    page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
    inputs = page.select("#comment-form input[name]:not([type=submit])")
    return {each["name"]: each.get("value", "") for each in inputs} | {"author": "Jo", "email": "jo@example.org"}
