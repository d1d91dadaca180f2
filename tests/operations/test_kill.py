"""The site ends while comments are being posted: what was acknowledged is there, once."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from bs4 import BeautifulSoup

from blueprints.core import sqlite
from blueprints.operations import welcome
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
        assert answer.status_code == 201, answer.text
        self.acknowledged.append(text)


def test_every_acknowledged_comment_survives_sigkill_exactly_once(tmp_path):
    site = Site(tmp_path / "site", COMMENT_LIMIT="100000 per minute")
    database = tmp_path / "site" / "hustings.db"
    acknowledged: list[str] = []
    for round_ in range(ROUNDS):
        begin = time.monotonic()
        site.start()
        assert time.monotonic() - begin < 10, "ready again quickly, whatever the log holds"
        writers = post_until(site, f"k{round_}", site.kill)
        acknowledged += [text for writer in writers for text in writer.acknowledged]
        check(database, acknowledged)
    assert len(acknowledged) >= ROUNDS * 30


def test_stop_while_posting_stores_nothing_that_it_does_not_answer(tmp_path):
    site = Site(tmp_path / "site", COMMENT_LIMIT="100000 per minute")
    acknowledged: list[str] = []
    for round_ in range(3):
        site.start()
        try:
            codes: list[int] = []
            writers = post_until(site, f"s{round_}", lambda codes=codes: codes.append(site.stop()))
        finally:
            site.kill()
        assert codes == [0]
        acknowledged += [text for writer in writers for text in writer.acknowledged]
        assert set(check(tmp_path / "site" / "hustings.db", acknowledged)) == {*acknowledged, *WELCOME}


def post_until(site: Site, label: str, end: Callable[[], object]) -> list[Writer]:
    """Writers post from all sides; in the middle of it, *end* is called."""
    page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
    site.token = page.select_one("#comment-form [name=token]")["value"]
    with_nobody_held(site.folder / "hustings.db")
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


def with_nobody_held(database: Path) -> None:
    connection = sqlite.driver().connect(database)
    connection.execute("UPDATE site SET hold = 'none'")
    connection.commit()
    connection.close()


def check(database: Path, acknowledged: list[str]) -> list[str]:
    """The texts in the database, which is whole, after comparing it with what was acknowledged."""
    connection = sqlite.driver().connect(database)
    stored = [text for (text,) in connection.execute("SELECT text FROM comment")]
    numbers = [number for (number,) in connection.execute("SELECT number FROM comment ORDER BY id")]
    last, count = connection.execute("SELECT last_number, comment_count FROM post").fetchone()
    integrity = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    assert integrity == [("ok",)]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    assert sorted(numbers) == list(range(1, len(stored) + 1))
    assert last == count == len(stored)
    return stored
