"""How the database is opened, and what its history makes of it."""

import os
import subprocess
import sys
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app import create_app
from blueprints.core import db as database
from blueprints.core.db import Base, db, is_sound, sqlite_driver, writing
from blueprints.core.settings import SettingError, Settings
from blueprints.operations import upgrade
from blueprints.posts.models import Post

ROOT = Path(__file__).parents[2]
HUSTINGS = Path(sys.executable).with_name("hustings")


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
    assert is_sound(version) is sound


def test_this_process_uses_a_sound_library(app):
    version = db.session.scalar(text("SELECT sqlite_version()"))
    assert is_sound(tuple(map(int, version.split("."))))
    assert version == sqlite_driver().sqlite_version


def test_unsound_library_stops_the_start_with_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(database, "is_sound", lambda _version: False)
    with pytest.raises(SettingError, match="install pysqlite3"):
        create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000), ("mmap_size", 0)],
)
def test_every_connection_is_opened_for_durability(app, pragma, value):
    for _ in range(2):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_writing_takes_the_lock_before_it_reads(app):
    begun = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: begun.append(args[2]))
    with writing():
        db.session.scalar(text("SELECT 1"))
    db.session.scalar(text("SELECT 1"))
    assert [statement for statement in begun if statement.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_two_who_count_up_what_they_read_lose_nothing(app, make):
    import threading

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


def test_lock_held_too_long_is_an_error_not_a_wait_without_end(app, make, monkeypatch, tmp_path):
    holder = sqlite_driver().connect(tmp_path / "hustings.db", isolation_level=None)
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


@pytest.fixture
def empty(tmp_path):
    """An application on a database that does not exist yet."""
    app = create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def differences() -> list[object]:
    with db.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)


def test_history_ends_where_the_models_are(empty):
    upgrade.migrate(empty)
    assert differences() == []


def test_database_at_the_newest_revision_is_left_alone(app, monkeypatch):
    monkeypatch.setattr(upgrade, "migrate", lambda _app: pytest.fail("nothing was missing"))
    upgrade.run(app)


def test_history_goes_back_and_forth_with_rows_in_it(app, make):
    make.comment(make.post(authors=[make.person()], tags=["a"]))
    make.account()
    db.session.remove()
    upgrade.migrate(app)
    assert db.session.scalar(text("SELECT count(*) FROM comment")) == 1
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade()
    assert differences() == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "PORT must be a whole number from 1 to 65535"),
        ("PORT", "0", "PORT"),
        ("WORKERS", "-1", "WORKERS"),
        ("SITE_URL", "example.org", "SITE_URL must read like 'https://example.org'"),
        ("SITE_URL", "https://example.org/blog", "without a path"),
        ("TIME_ZONE", "Mars/Olympus", "TIME_ZONE must be a zone like"),
        ("TIME_ZONE", "../../etc/passwd", "TIME_ZONE"),
        ("TRUSTED_PROXIES", "everybody", "TRUSTED_PROXIES must list addresses"),
        ("COMMENT_LIMIT", "many", "COMMENT_LIMIT must read like '10 per minute'"),
        ("SECRET_KEY_FILE", "/no/such/file", "SECRET_KEY_FILE names a file that cannot be read"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL"),
    ],
)
def test_wrong_setting_stops_the_start_with_one_sentence(tmp_path, name, value, says):
    environ = {**os.environ, "INSTANCE": str(tmp_path), name: value}
    done = subprocess.run([HUSTINGS, "upgrade"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "hustings.db").exists()


def test_setting_may_lie_in_a_file(tmp_path):
    (tmp_path / "zone").write_text("Europe/Vienna\n")
    settings = Settings.from_environ({"TIME_ZONE_FILE": str(tmp_path / "zone")}, tmp_path)
    assert settings.time_zone.key == "Europe/Vienna"


def test_secret_key_is_made_once_and_is_the_owners_alone(tmp_path):
    first = Settings.from_environ({}, tmp_path).secret_key
    assert len(first) > 40
    assert Settings.from_environ({}, tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "words", [[], ["serve"], ["upgrade"], ["set-up-link"], ["remove-welcome"], ["import"], ["import", "wordpress"]]
)
def test_every_command_explains_itself(tmp_path, words):
    environ = {**os.environ, "INSTANCE": str(tmp_path)}
    done = subprocess.run(
        [HUSTINGS, *words, "--help"], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("Usage: hustings")
    assert len(done.stdout.splitlines()) > 4
