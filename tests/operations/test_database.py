"""How the database is opened, and what happens when it takes no writes."""

import threading

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app import create_app
from blueprints.core import sqlite
from blueprints.core.db import db, writing
from blueprints.core.settings import SettingError, Settings
from blueprints.posts.models import Post
from tests.conftest import ONLY_SQLITE


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_that_can_damage_a_file_are_known(version, sound):
    assert sqlite.is_sound(version) is sound


@ONLY_SQLITE
def test_this_process_uses_a_sound_library(app):
    version = db.session.scalar(text("SELECT sqlite_version()"))
    assert sqlite.is_sound(tuple(map(int, version.split("."))))
    assert version == sqlite.driver().sqlite_version


def test_unsound_library_stops_the_start_with_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite, "is_sound", lambda _version: False)
    with pytest.raises(SettingError, match="install pysqlite3"):
        create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path))


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000), ("mmap_size", 0)],
)
def test_every_connection_is_opened_for_durability(app, pragma, value):
    for _ in range(2):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@ONLY_SQLITE
def test_writing_takes_the_lock_before_it_reads(app):
    begun = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: begun.append(args[2]))
    with writing():
        db.session.scalar(text("SELECT 1"))
    db.session.scalar(text("SELECT 1"))
    assert [statement for statement in begun if statement.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_two_who_count_up_what_they_read_lose_nothing(app, make):
    post = make.post()

    def count_up() -> None:
        with app.app_context():
            for _ in range(20):
                with writing():
                    db.session.get(Post, post.id).next_number()

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert db.session.get(Post, post.id).last_number == 80


def test_writing_that_fails_leaves_nothing(app, make):
    post = make.post("Before")

    def fail() -> None:
        with writing():
            db.session.get(Post, post.id).title = "After"
            db.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert db.session.get(Post, post.id).title == "Before"


@ONLY_SQLITE
def test_lock_held_too_long_is_an_error_not_a_wait_without_end(app, tmp_path):
    holder = sqlite.driver().connect(tmp_path / "hustings.db", isolation_level=None)
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.rollback()
    holder.execute("BEGIN IMMEDIATE")

    def write() -> None:
        with writing():
            pass

    with pytest.raises(OperationalError, match="locked"):
        write()
    holder.execute("ROLLBACK")
    holder.close()
    write()


@ONLY_SQLITE
def test_what_was_read_before_writing_is_read_anew_under_the_lock(app, make, tmp_path):
    post = make.post("Before")
    assert db.session.get(Post, post.id).title == "Before"
    other = sqlite.driver().connect(tmp_path / "hustings.db", isolation_level=None)
    other.execute("UPDATE post SET title = 'By another'")
    other.close()
    with writing():
        assert db.session.get(Post, post.id).title == "By another"


@ONLY_SQLITE
def test_snapshot_that_is_old_cannot_be_written_over_what_is_new(app, make, tmp_path):
    make.post("Before")
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT title FROM post")) == "Before"
        other = sqlite.driver().connect(tmp_path / "hustings.db", isolation_level=None)
        other.execute("UPDATE post SET title = 'By another'")
        with pytest.raises(OperationalError, match="locked"):
            connection.execute(text("UPDATE post SET title = title || ' lost'"))
        connection.rollback()
        assert other.execute("SELECT title FROM post").fetchone() == ("By another",)
        other.close()


@pytest.fixture
def full_disk(app):
    """A database that cannot grow, as on a full disk: SQLite says the same of both."""
    db.session.remove()

    def shrink(connection, _record, _proxy) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count=1")
        cursor.close()

    event.listen(db.engine, "checkout", shrink)
    yield
    event.remove(db.engine, "checkout", shrink)
    db.session.remove()
    db.engine.dispose()


@ONLY_SQLITE
@pytest.mark.parametrize("htmx", [False, True])
def test_full_disk_takes_no_comment_but_gives_every_word_back(app, client, make, request, htmx):
    post = make.post()
    data = comment_for(client, post, "x" * 9000)
    request.getfixturevalue("full_disk")
    answer = client.htmx("POST", f"/posts/{post.slug}/comments", data=data) if htmx else send(client, post, data)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert ("x" * 9000 in answer.text) is not htmx
    assert client.get(f"/posts/{post.slug}").status_code == 200
    assert db.session.scalar(text("SELECT count(*) FROM comment")) == 0


@pytest.mark.parametrize(
    "fault", ["DROP TABLE hit", "CREATE TRIGGER t BEFORE INSERT ON hit BEGIN SELECT RAISE(FAIL, 'x'); END"]
)
def test_broken_store_of_limits_costs_no_comment_and_still_limits(app, client, make, tmp_path, fault):
    app.config["SETTINGS"].__dict__["comment_limit"] = "2 per minute"
    post = make.post()
    store = sqlite.driver().connect(tmp_path / "limits.db", isolation_level=None)
    store.execute(fault)
    store.close()
    answers = [send(client, post, comment_for(client, post, f"Comment {number}")) for number in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert "Comment 2" in answers[2].text


def test_attempt_does_not_read_every_attempt_of_the_day(app, tmp_path):
    store = sqlite.driver().connect(tmp_path / "limits.db")
    for where in ("key = 'a' AND at > 1", "key = 'a' AND (at <= 1 OR at > 2)", "at < 1"):
        plan = str(store.execute(f"EXPLAIN QUERY PLAN DELETE FROM hit WHERE {where}").fetchall())  # noqa: S608
        assert "SCAN" not in plan
    store.close()


def comment_for(client, post, words: str) -> dict[str, str]:
    page = BeautifulSoup(client.get(f"/posts/{post.slug}").text, "html.parser")
    data = {field["name"]: field.get("value", "") for field in page.select("#comment-form input[name]")}
    return {**data, "author": "Jo", "email": "jo@example.org", "comment": words}


def send(client, post, data: dict[str, str]):
    return client.post(f"/posts/{post.slug}/comments", data=data)
