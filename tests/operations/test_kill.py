"""The site ends while comments are being posted: what was acknowledged is there, once."""

import random
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

import httpx
from bs4 import BeautifulSoup

from blueprints.operations import welcome
from tests import another, postgresql
from tests.operations.serving import Site

ROUNDS, WRITERS = 6, 4
WELCOME = {text for _parent, _name, text in welcome._THREAD}


class Writer(threading.Thread):
    """Posts one unlike comment after the other and notes which were acknowledged."""

    def __init__(self, site: Site, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.site, self.label, self.stop = site, name, stop
        self.sent = 0
        self.acknowledged: list[str] = []

    def run(self) -> None:
        with httpx.Client(timeout=5) as browser:
            while not self.stop.is_set():
                try:
                    self.post(browser)
                except httpx.TransportError:
                    time.sleep(0.02)

    def post(self, browser: httpx.Client) -> None:
        text = f"{self.label} says {self.sent}"
        self.sent += 1
        data = {"author": self.label, "email": f"{self.label}@example.org", "comment": text, "token": self.site.token}
        headers = {"Sec-Fetch-Site": "same-origin", "HX-Request-Type": "partial"}
        answer = browser.post(f"{self.site.url}/posts/welcome/comments", data=data, headers=headers)
        assert answer.status_code in (201, 503 if self.site.server_may_end else 201), answer.text
        if answer.status_code == 201:
            self.acknowledged.append(text)


def test_every_acknowledged_comment_survives_sigkill_exactly_once(tmp_path):
    site = Site(tmp_path / "site", COMMENT_LIMIT="100000 per minute")
    database = f"sqlite:///{tmp_path / 'site' / 'hustings.db'}"
    acknowledged: list[str] = []
    for round_ in range(ROUNDS):
        site.start()
        writers = post_until(site, database, f"k{round_}", site.kill)
        acknowledged += [text for writer in writers for text in writer.acknowledged]
        check(database, acknowledged)
    assert len(acknowledged) >= ROUNDS * 30


def test_every_acknowledged_comment_survives_sigkill_of_site_or_server_exactly_once(tmp_path, own_server):
    database = own_server.url("postgres")
    site = Site(tmp_path / "site", COMMENT_LIMIT="100000 per minute", DATABASE_URL=database)
    acknowledged: list[str] = []
    for round_ in range(4):
        site.start()
        site.server_may_end = round_ % 2 == 1
        end = partial(own_server.end, signal.SIGKILL) if site.server_may_end else site.kill
        try:
            writers = post_until(site, database, f"p{round_}", end)
            if site.server_may_end:
                own_server.launch()
                postgresql.wait(database).close()
                assert [httpx.get(site.url).status_code for _ in range(20)] == [200] * 20, "goes on by itself"
        finally:
            site.kill()
        acknowledged += [text for writer in writers for text in writer.acknowledged]
        check(database, acknowledged)
    assert len(acknowledged) >= 4 * 30


def test_stop_while_posting_stores_nothing_that_it_does_not_answer(tmp_path, database):
    site = Site(tmp_path / "site", COMMENT_LIMIT="100000 per minute", DATABASE_URL=database)
    acknowledged: list[str] = []
    for round_ in range(3):
        site.start()
        try:
            codes: list[int] = []
            writers = post_until(site, database, f"s{round_}", lambda codes=codes: codes.append(site.stop()))
        finally:
            site.kill()
        assert codes == [0]
        acknowledged += [text for writer in writers for text in writer.acknowledged]
        assert set(check(database, acknowledged)) == {*acknowledged, *WELCOME}


def post_until(site: Site, database: str, label: str, end: Callable[[], object]) -> list[Writer]:
    """Writers post from all sides; in the middle of it, *end* is called."""
    page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
    site.token = page.select_one("#comment-form [name=token]")["value"]
    with_nobody_held(database)
    stop = threading.Event()
    writers = [Writer(site, f"{label}{number}", stop) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    deadline = time.monotonic() + 10
    wanted = random.randint(30, 150)  # noqa: S311 - any moment will do
    while sum(len(writer.acknowledged) for writer in writers) < wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    end()
    stop.set()
    for writer in writers:
        writer.join()
    return writers


def with_nobody_held(database: str) -> None:
    with another.connection(database) as connection:
        connection.execute("UPDATE site SET hold = 'none'")


def check(database: str, acknowledged: list[str]) -> list[str]:
    """The texts in the database, which is whole, after comparing it with what was acknowledged."""
    with another.connection(database) as connection:
        stored = [text for (text,) in connection.execute("SELECT text FROM comment")]
        numbers = [number for (number,) in connection.execute("SELECT number FROM comment ORDER BY id")]
        last, count = connection.execute("SELECT last_number, comment_count FROM post").fetchone()
        if database.startswith("sqlite"):
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert numbers == list(range(1, len(stored) + 1))
    assert last == count == len(stored)
    return stored
