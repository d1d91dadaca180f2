"""How a process learns of writes: what it has not been told of, it must not serve."""

import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from sqlalchemy import text

from blueprints.core import watch
from blueprints.core.db import db, writing
from blueprints.core.generations import touch
from tests.conftest import ONLY_POSTGRESQL, ONLY_SQLITE

LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hustings watch'"


@pytest.fixture
def look(app):
    found = watch.of(db.engine)
    yield found
    found.close()


def settle(look: watch.Watch) -> int:
    """Catch up; the number that is known afterwards."""
    look.moved()
    return look.newest()


def test_write_is_noticed_once(app, look):
    known = settle(look)
    assert not look.moved()
    with writing():
        touch("post:1", "site")
    assert look.moved(), "before the writer goes on"
    assert {name for name, _number in look.since(known)} == {"post:1", "site"}
    assert not look.moved()


ELSEWHERE = """
import sys
from blueprints.core import sqlite
connection = sqlite.driver().connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    connection.execute(line).fetchall()
    print("done", flush=True)
"""


@ONLY_SQLITE
def test_every_commit_of_another_process_is_noticed_and_nothing_else(app, look):
    words = [sys.executable, "-c", ELSEWHERE, db.engine.url.database]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:

        def do(statement: str) -> None:
            other.stdin.write(f"{statement}\n")
            other.stdin.flush()
            other.stdout.readline()

        for number in range(300):
            settle(look)
            do("SELECT count(*) FROM post")
            assert not look.moved()
            do("INSERT INTO generation VALUES ('site', 1) ON CONFLICT DO UPDATE SET number = number + 1")
            assert look.moved()
            if number % 10 == 0:
                do("PRAGMA wal_checkpoint(TRUNCATE)")
        other.stdin.close()


@ONLY_SQLITE
def test_file_of_an_unknown_form_is_not_believed(app, look, monkeypatch):
    monkeypatch.setattr(watch, "_HEADER_VERSION", 4_000_000)
    with pytest.raises(watch.LostError):
        settle(look)
    assert look.moved()


def test_every_thread_notices(app, look):
    settle(look)
    found = []

    def notice() -> None:
        settle(look)
        ready.wait()
        written.wait()
        found.append(look.moved())

    ready, written = threading.Barrier(5), threading.Event()
    threads = [threading.Thread(target=notice) for _ in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    with writing():
        touch("site")
    written.set()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_names_of_one_write_have_numbers_of_their_own_and_the_last_write_has_the_largest(app, look):
    known = settle(look)
    with writing():
        touch("a", "b")
    with writing():
        touch("a")
    numbers = dict(look.since(known))
    assert sorted(numbers.values()) == [known + 2, known + 3]
    assert numbers["a"] == known + 3


def test_write_that_was_taken_back_moves_nothing(app, look):
    known = settle(look)
    with writing():
        touch("site")
        db.session.rollback()
    assert look.since(known) == []


def write_beside(app) -> threading.Thread:
    """A write that somebody is waiting for, in a thread of its own."""

    def write() -> None:
        with app.app_context(), writing():
            touch("site")

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def is_connected(pid: int) -> bool:
    with db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}))


@ONLY_POSTGRESQL
def test_write_is_not_answered_before_a_busy_process_has_let_go(app, look):
    settle(look)
    with look.lock:  # it has other things to do
        assert look.held
        writer = write_beside(app)
        writer.join(0.3)
        assert writer.is_alive()
    writer.join(5)
    assert not writer.is_alive()
    assert look.moved()


@ONLY_POSTGRESQL
def test_process_that_is_stuck_loses_the_right_to_serve(app, monkeypatch, caplog):
    monkeypatch.setattr(watch, "_SECONDS_TO_LET_GO", 0.2)
    look = watch.of(db.engine)
    settle(look)
    pid = look.connection.info.backend_pid
    with look.lock:
        writer = write_beside(app)
        writer.join(5)
        assert not writer.is_alive()
        assert any(not is_connected(pid) for _ in range(1000)), "its connection was ended"
    assert "does not let go" in caplog.text
    with suppress(watch.LostError):
        assert look.moved()
    look.close()


@ONLY_POSTGRESQL
def test_after_a_lost_connection_nothing_is_known_until_it_is_back(app, look):
    known = settle(look)
    with db.engine.connect() as connection:
        connection.execute(text(LISTENERS))
    with suppress(watch.LostError):  # it may take a moment until the end of the connection has arrived
        while not look.moved():
            pass
    look.next_try = 0
    assert look.moved(), "what was written meanwhile is not known"
    assert settle(look) == known
    assert not look.moved()
    with writing():
        touch("site")
    assert look.moved()


@ONLY_POSTGRESQL
def test_unreachable_server_is_tried_again_once_a_second_only(app, look, monkeypatch):
    tries = []
    driver = db.engine.dialect.dbapi

    def refuse(*_words, **_options):
        tries.append(1)
        raise driver.OperationalError("no server")

    monkeypatch.setattr(driver, "connect", refuse)
    for _ in range(5):
        with pytest.raises(watch.LostError):
            look.moved()
    assert len(tries) == 1


@ONLY_POSTGRESQL
def test_page_is_right_though_the_listening_connection_dies(app, client, make):
    post = make.post(slug="essay")
    client.get("/posts/essay")
    for number in range(5):
        with db.engine.connect() as connection:
            connection.execute(text(LISTENERS))
        make.comment(post, f"Comment number {number}.")
        assert f"Comment number {number}." in client.get("/posts/essay").text
