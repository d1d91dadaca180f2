"""What the migrations make of a database: nothing by halves, and the same as the models."""

import os
import subprocess
import sys
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect, text

from app import create_app
from blueprints.accounts.names import sort_key, sort_name_of
from blueprints.accounts.queries import everybody
from blueprints.core import db as core_db
from blueprints.core.db import Base, db, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.search import index
from tests import another
from tests.admin.browsing import soup
from tests.conftest import ONLY_POSTGRESQL, ONLY_SQLITE


@pytest.fixture
def empty(tmp_path, empty_database, monkeypatch):
    """An application on a database in which nothing has been made yet; a writer waits a second for another."""
    monkeypatch.setattr(core_db, "BUSY_SECONDS", 1)
    app = create_app(Settings.from_environ({"SECRET_KEY": "test", "DATABASE_URL": empty_database}, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


# SQLAlchemy does not read an index on an expression from SQLite; tests/test_queries.py sees that this one is used.
pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index .?ix_comment_repeat")


def differences() -> list[object]:
    options = {"include_name": lambda name, kind, _parents: kind != "table" or not index.is_of_index(name)}
    with db.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def before(name: str) -> str:
    """The revision that the migration *name* follows."""
    [script] = (Path(__file__).parents[2] / "migrations" / "versions").glob(f"*_{name}.py")
    return f"{int(script.name[:4]) - 1:04}"


def test_history_ends_where_the_models_are(empty):
    upgrade.migrate(empty)
    assert differences() == []


def test_check_of_the_history_can_fail(empty):
    upgrade.migrate(empty)
    with writing():
        db.session.execute(text("ALTER TABLE site DROP COLUMN disclaimer"))
    assert "disclaimer" in str(differences())


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
    with db.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    flask_migrate.upgrade()
    assert differences() == []


def test_threads_from_before_their_places_were_kept_are_laid_as_new_ones_are(app, make):
    post, parent = make.post(), None
    for number in range(14):
        parent = make.comment(post, parent=parent)
        make.comment(post, parent=parent if number % 3 else None)
    with writing():
        db.session.get(type(parent), 4).move_to("trash")
        db.session.get(type(parent), parent.id).move_to("spam")
    laid = text("SELECT id, root_id, place, size, living FROM comment ORDER BY id")
    before = db.session.execute(laid).all()
    db.session.remove()
    upgrade.migrate(app)
    flask_migrate.downgrade(revision="0007")
    flask_migrate.upgrade()
    assert db.session.execute(laid).all() == before
    db.session.remove()


def test_affiliation_from_before_it_had_dates_stands_on_every_post_and_has_none(app, client, make):
    person, other = make.person("Ada", affiliation="Institute"), make.person("Ben")
    post = make.post(authors=[person, other])
    db.session.remove()
    upgrade.migrate(app)
    flask_migrate.downgrade(revision=before("affiliations"))
    assert db.session.execute(text("SELECT name, affiliation FROM person ORDER BY id")).all() == [
        ("Ada", "Institute"),
        ("Ben", ""),
    ]
    db.session.remove()
    flask_migrate.upgrade()
    [only] = db.session.execute(text("SELECT person_id, institution, position, since, until FROM affiliation")).all()
    assert only == (person.id, "Institute", "", "", "")
    assert "By Ada, Institute and Ben" in " ".join(
        soup(client.get(f"/posts/{post.slug}")).select_one(".byline").text.split()
    )


def test_search_finds_what_was_written_before_there_was_an_index(app, client, make):
    make.comment(make.post("Lighthouse"), "A foghorn.")
    db.session.remove()
    upgrade.migrate(app)
    flask_migrate.downgrade(revision="0008")
    flask_migrate.upgrade()
    assert "Lighthouse" in client.get("/search?q=lighthouse").text
    assert "foghorn" in client.get("/search?q=foghorn&in=comments").text


@ONLY_SQLITE
def test_titles_from_before_they_stood_by_themselves_are_found_among_them(app, make):
    post = make.post("Lighthouse")
    with_title = text("""SELECT count(*) FROM search_post WHERE search_post MATCH '"§lighthouse"'""")
    db.session.remove()
    upgrade.migrate(app)
    flask_migrate.downgrade(revision=before("titles_by_themselves"))
    with writing():
        entry = {"own": post.id, "head": "lighthouse"}
        put = text("INSERT OR REPLACE INTO search_post (rowid, head, beside, body) VALUES (:own, :head, '', '')")
        db.session.execute(put, entry)
    assert db.session.scalar(with_title) == 0
    db.session.remove()
    flask_migrate.upgrade()
    assert db.session.scalar(with_title) == 1


def test_migration_that_fails_leaves_the_database_as_it_was(empty):
    tables = []

    def fail(_connection, _cursor, statement, *_more) -> None:
        tables.append("CREATE TABLE" in statement)
        if sum(tables) == 4:
            raise KeyError("in the middle")

    event.listen(db.engine, "before_cursor_execute", fail)
    with pytest.raises(KeyError, match="in the middle"):
        upgrade.migrate(empty)
    event.remove(db.engine, "before_cursor_execute", fail)
    with db.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    upgrade.run(empty)
    assert differences() == []


def test_database_of_a_newer_version_is_refused_with_one_sentence(app):
    with writing():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SystemExit, match="revision 9999, which this version does not know"):
        upgrade.run(app)


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_file_that_is_no_database_is_refused_with_one_sentence(empty, tmp_path):
    (tmp_path / "hustings.db").write_bytes(b"The dog ate the database. " * 200)
    with pytest.raises(SystemExit, match="cannot be used as a database: file is not a database"):
        upgrade.run(empty)
    assert (tmp_path / "hustings.db").read_bytes().startswith(b"The dog")


def test_many_may_open_a_new_database_at_once_and_one_of_them_makes_its_tables(tmp_path, empty_database):
    words = "from app import create_app; from blueprints.operations import upgrade; upgrade.run(create_app())"
    environ = {**os.environ, "INSTANCE": str(tmp_path), "DATABASE_URL": empty_database}
    starting = [
        subprocess.Popen([sys.executable, "-c", words], env=environ, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0], said


def test_who_finds_another_at_it_waits_longer_than_for_a_comment(empty, empty_database, monkeypatch):
    migrate, tries = upgrade.migrate, []

    def migrate_after_another(app) -> None:
        tries.append(1)
        if len(tries) < 3:
            with another.writer(empty_database):
                migrate(app)
        migrate(app)

    monkeypatch.setattr(upgrade, "migrate", migrate_after_another)
    upgrade.run(empty)
    assert len(tries) == 3
    assert differences() == []


def test_lists_are_in_the_same_order_on_both_whatever_the_language_of_the_server(app, make):
    names = ["Zoë", "apple", "Äpfel", "Banana", "banana split", "Éire", "zebra", "a b", "ab", "a-b"]
    for name in names:
        make.person(name)
    assert [person.name for person in everybody()] == sorted(names, key=lambda name: sort_key(sort_name_of(name)))


@ONLY_POSTGRESQL
def test_every_text_of_ours_is_compared_byte_by_byte(app):
    query = """
        SELECT a.attrelid::regclass::text, a.attname FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND l.collname <> 'C' AND NOT a.attisdropped
    """
    assert db.session.execute(text(query)).all() == [("alembic_version", "version_num")]
