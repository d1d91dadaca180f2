"""How the database is opened, and what happens when it takes no writes."""

import signal
import sys
import threading

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, text
from sqlalchemy.exc import InternalError, OperationalError

from app import create_app
from blueprints.comments.models import Comment
from blueprints.core import db as core_db
from blueprints.core import postgresql, sqlite
from blueprints.core.db import backend, db, writing
from blueprints.core.errors import is_busy
from blueprints.core.settings import SettingError, Settings
from blueprints.operations import upgrade
from blueprints.posts.models import Post
from tests import another
from tests import postgresql as servers
from tests.conftest import ONLY_POSTGRESQL, ONLY_SQLITE, Browser
from tests.factories import Make


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


@ONLY_POSTGRESQL
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("lock_timeout", "5s"),
        ("client_encoding", "UTF8"),
        ("search_path", '"$user", public'),
    ],
)
def test_every_connection_is_opened_for_durability_whatever_the_server_prefers(app, setting, value):
    with db.engine.connect() as first, db.engine.connect() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value


@ONLY_POSTGRESQL
def test_options_in_the_address_are_kept_but_cannot_undo_durability(database, tmp_path):
    url = f"{database}&options=-c%20search_path%3Dhustings%20-c%20synchronous_commit%3Doff&connect_timeout=3"
    app = create_app(Settings.from_environ({"SECRET_KEY": "test", "DATABASE_URL": url}, tmp_path))
    with app.app_context(), db.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW search_path").scalar() == "hustings"
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    with app.app_context():
        db.engine.dispose()


@ONLY_POSTGRESQL
def test_writing_takes_the_lock_before_it_reads_and_reading_cannot_write(app):
    begun = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: begun.append(args[2]))
    with writing():
        assert db.session.scalar(text("SHOW transaction_isolation")) == "read committed"
    assert begun == [f"SELECT pg_advisory_xact_lock({postgresql.WRITE_LOCK})", "SHOW transaction_isolation"]
    assert db.session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
    with pytest.raises(InternalError, match="read-only"):
        db.session.execute(text("UPDATE site SET name = 'x'"))


def test_reading_is_one_snapshot(app, make, database):
    make.post("Before")
    assert db.session.scalar(text("SELECT title FROM post")) == "Before"
    with another.connection(database) as other:
        other.execute("UPDATE post SET title = 'After'")
    assert db.session.scalar(text("SELECT title FROM post")) == "Before"
    db.session.rollback()
    assert db.session.scalar(text("SELECT title FROM post")) == "After"


@ONLY_SQLITE
def test_writing_takes_the_lock_before_it_reads(app):
    begun = []
    db.session.connection().connection.driver_connection.set_trace_callback(begun.append)
    with writing():
        db.session.scalar(text("SELECT 1"))
    db.session.scalar(text("SELECT 1"))
    assert [said for said in begun if said != "ROLLBACK"] == [
        "BEGIN IMMEDIATE",
        "SELECT 1",
        "COMMIT",
        "BEGIN",
        "SELECT 1",
    ]


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


@pytest.fixture
def impatient(monkeypatch):
    """Asked for before `app`: a writer waits a second at most."""
    monkeypatch.setattr(core_db, "BUSY_SECONDS", 1)


def test_lock_held_too_long_is_an_error_not_a_wait_without_end(impatient, app, database):
    def write() -> None:
        with writing():
            pass

    with another.writer(database), pytest.raises(OperationalError) as caught:
        write()
    assert is_busy(caught.value)
    write()


def test_what_was_read_before_writing_is_read_anew_under_the_lock(app, make, database):
    post = make.post("Before")
    assert db.session.get(Post, post.id).title == "Before"
    with another.connection(database) as other:
        other.execute("UPDATE post SET title = 'By another'")
    with writing():
        assert db.session.get(Post, post.id).title == "By another"


def test_writer_sees_what_the_one_before_wrote_while_it_waited(app, make, database, monkeypatch):
    """A snapshot from before the lock would give the same number twice."""
    post = make.post()
    waiting = threading.Event()
    numbers = []
    begin = backend().begin

    def begin_visibly(connection, *, writes: bool) -> None:
        waiting.set()
        begin(connection, writes=writes)

    monkeypatch.setattr(backend(), "begin", begin_visibly)

    def count_up() -> None:
        with app.app_context(), writing():
            numbers.append(db.session.get(Post, post.id).next_number())

    with another.writer(database) as other:
        thread = threading.Thread(target=count_up)
        thread.start()
        assert waiting.wait(5)
        other.execute("UPDATE post SET last_number = 7")
        other.execute("COMMIT")
        thread.join()
    assert numbers == [8]


def test_snapshot_that_is_old_cannot_be_written_over_what_is_new(app, make, database):
    make.post("Before")
    with db.engine.connect() as connection, another.connection(database) as other:
        assert connection.scalar(text("SELECT title FROM post")) == "Before"
        other.execute("UPDATE post SET title = 'By another'")
        with pytest.raises((OperationalError, InternalError), match=r"locked|read-only"):
            connection.execute(text("UPDATE post SET title = title || ' lost'"))
        connection.rollback()
        assert other.execute("SELECT title FROM post").fetchone() == ("By another",)


def test_number_of_a_comment_is_not_given_again_after_an_import_brought_lower_ones(app, make):
    post = make.post()
    last = make.comment(post).id + 50
    with writing():
        db.session.add(Comment(id=last, post_id=post.id, root_id=last, text="", html=""))
        db.session.flush()
        backend().settle_sequence(db.session.connection(), "comment")
    for _ in range(2):
        with writing():
            db.session.execute(db.delete(Comment).where(Comment.id >= last))
            backend().settle_sequence(db.session.connection(), "comment")
    assert make.comment(post).id == last + 1


def test_ids_go_on_as_before_after_an_import_that_was_undone(app, make):
    post = make.post()
    first = make.comment(post).id

    def undo() -> None:
        with writing():
            db.session.add(Comment(id=first + 1000, post_id=post.id, root_id=1, text="", html=""))
            db.session.flush()
            backend().settle_sequence(db.session.connection(), "comment")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undo()
    assert make.comment(post).id == first + 1


@ONLY_POSTGRESQL
def test_connections_that_the_server_has_closed_are_replaced_without_an_error(app, client, make, database):
    slug = make.post().slug
    with another.connection(database) as other:
        for _ in range(3):
            assert client.get(f"/posts/{slug}").status_code == 200
            with writing():
                pass
            db.session.remove()
            # With a time to wait, it answers when they have ended.
            ended = other.execute(
                "SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            assert ended == (True,)


@ONLY_POSTGRESQL
def test_driver_that_is_missing_stops_the_start_with_one_sentence(monkeypatch, database, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingError, match="package psycopg is missing; install"):
        create_app(Settings.from_environ({"SECRET_KEY": "test", "DATABASE_URL": database}, tmp_path))


@pytest.fixture
def full_disk(app, database):
    """A database that takes nothing more, and says so as on a full disk."""
    db.session.remove()

    def shrink(connection, _record, _proxy) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count=1")
        cursor.close()

    if database.startswith("sqlite"):
        event.listen(db.engine, "checkout", shrink)
    else:
        with another.connection(database) as other:
            other.execute(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
            )
            other.execute("CREATE TRIGGER fail BEFORE INSERT ON comment FOR EACH ROW EXECUTE FUNCTION fail()")
    yield
    if database.startswith("sqlite"):
        event.remove(db.engine, "checkout", shrink)
    db.session.remove()
    db.engine.dispose()


@pytest.mark.parametrize("htmx", [False, True])
def test_full_disk_takes_no_comment_but_gives_every_word_back(app, client, make, request, caplog, htmx):
    post = make.post()
    data = comment_for(client, post, "x" * 9000)
    request.getfixturevalue("full_disk")
    answer = client.htmx("POST", f"/posts/{post.slug}/comments", data=data) if htmx else send(client, post, data)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert ("x" * 9000 in answer.text) is not htmx
    assert "nothing can be stored" in caplog.text
    assert client.get(f"/posts/{post.slug}").status_code == 200
    assert db.session.scalar(text("SELECT count(*) FROM comment")) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["restart", "power cut"])
def test_site_gives_every_word_back_while_its_server_is_away_and_goes_on_after(own_server, tmp_path, how):
    app = create_app(Settings.from_environ({"SECRET_KEY": "x", "DATABASE_URL": own_server.url("postgres")}, tmp_path))
    upgrade.run(app)
    app.test_client_class = Browser
    client = app.test_client()
    with app.app_context():
        post = Make().post()
        data = comment_for(client, post, "Kept through the restart")
        assert client.get(f"/posts/{post.slug}").status_code == 200
        db.session.remove()
        own_server.end(how)
        answer = send(client, post, data)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "Kept through the restart" in answer.text
        assert client.get("/").status_code == 503
        own_server.launch()
        servers.wait(own_server.url("postgres")).close()
        assert client.get(f"/posts/{post.slug}").status_code == 200
        assert send(client, post, data).status_code == 303
        db.session.remove()
        db.engine.dispose()


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
    data = {field["name"]: field.get("value", "") for field in page.select("#comment-form input[type=hidden]")}
    return {**data, "author": "Jo", "email": "jo@example.org", "comment": words}


def send(client, post, data: dict[str, str]):
    return client.post(f"/posts/{post.slug}/comments", data=data)
