"""Moving the database: everything arrives as it was, or nothing is claimed to have."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from types import SimpleNamespace

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, inspect, select, text, update

from app import ROOT, create_app
from blueprints.accounts.models import Person
from blueprints.comments import keys
from blueprints.comments.impersonation import Likeness
from blueprints.comments.marks import Mark
from blueprints.comments.models import Comment
from blueprints.comments.reports import Report
from blueprints.core import mail
from blueprints.core.db import backend, db, writing
from blueprints.core.settings import Settings
from blueprints.core.site import Site
from blueprints.media.addresses import file_url
from blueprints.operations import move, upgrade
from blueprints.operations.cli import hustings
from blueprints.posts.models import Alias, Post
from blueprints.search import index
from tests.conftest import DATABASES, ONLY_POSTGRESQL, ONLY_SQLITE, Browser
from tests.media.samples import PDF, picture

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
PAGES = ["/", "/?page=2", "/posts/a-long-day", "/posts/a-long-day/comments", "/tags/law", "/comments/3", "/posts/none"]


@pytest.fixture
def target(request, app, databases, tmp_path):
    """The URL of an empty database, of the other system unless the test asks for one; of SQLite where it is alone."""
    other = DATABASES[-1] if db.engine.dialect.name == "sqlite" else "sqlite"
    (tmp_path / "there").mkdir()
    with databases(getattr(request, "param", other)).new(tmp_path / "there", migrated=False) as url:
        yield url


TO_SQLITE = pytest.mark.parametrize("target", ["sqlite"], indirect=True)


@pytest.fixture
def site(app, make):
    """A site that holds what is hard to carry."""
    ada = make.person("Ada", bio="Writes *engines*.", links=[["Π", "https://example.org/?a=1&b=ä"]], source="x")
    with writing():
        db.session.merge(ada).show_portrait(bytes(range(256)) * 40)
    account = make.account("administrator")
    make.sign_in(app.test_client(), account)
    post = make.post(
        "A long day", slug="a-long-day", authors=[ada], tags=["Law", "若水"], body="A 'quoted' \\ \u2028 text."
    )
    make.post("", slug="b", disclaimer="", published_at=datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), path="/old")
    with writing():
        db.session.add(Alias(path="/Ä", post_id=post.id))
        db.session.add(Alias(path="/z", post_id=post.id))
        db.session.add(Alias(path="/a", post_id=post.id))
        db.session.merge(Site(id=1, name="The Journal", greeted=True))
    first = make.comment(post, "😀 NULL\t'\"\\N\r\n.", source="", source_id=None, url="")
    for number in range(5):
        first = make.comment(post, f"Answer {number}", parent=first, person_id=ada.id)
    make.pending(post)
    make.file(PDF + bytes(range(256)) * 1500, "report.pdf")
    make.post(body=f"![]({file_url(make.file(picture('PNG', (500, 9))))})")
    gone = make.comment(post, "The last id that was given")
    with writing():  # an import may give a parent a higher number than its child's
        db.session.execute(update(Comment).where(Comment.id == 1).values(parent_id=7, root_id=7))
        db.session.delete(db.session.merge(gone))
        db.session.get(Comment, first.id).edit("Answer 5", "<p>Answer 5</p>")
        keys.admit("jo@example.org")
        mail.write("test", "jo@example.org")
        marked = {"comment_id": first.id}
        db.session.add_all([Mark(reader_hash="x", **marked), Report(reason="spam", **marked)])
        db.session.add(Likeness(person_id=ada.id, by="name", **marked))
        fill_what_is_empty()
    db.session.remove()
    return SimpleNamespace(app=app, last_id=gone.id, post=post)


def fill_what_is_empty() -> None:
    """A row in every table that has none yet: it, too, must arrive."""
    moment = datetime(2024, 2, 29, 12, tzinfo=UTC)
    samples = {int: 1, str: "é", bool: True, bytes: b"\0", date: moment.date(), object: moment}
    for table in db.metadata.sorted_tables:
        if table.name == "generation" or db.session.execute(select(table).limit(1)).first():
            continue
        row = {
            column.name: db.session.scalar(select(next(iter(column.foreign_keys)).column).limit(1))
            if column.foreign_keys
            else samples[column.type.python_type]
            for column in table.c
        }
        db.session.execute(insert(table).values(row))
        if table.autoincrement_column is not None:
            backend().settle_sequence(db.session.connection(), table.name)


def silent(_rows: int):
    return nullcontext(SimpleNamespace(update=lambda _steps: None))


def command(app, url: str, **environ: str):
    settings = {"INSTANCE": str(app.config["SETTINGS"].instance), "DATABASE_URL": app.config["SETTINGS"].database_url}
    words = ["database", "move", url]
    return CliRunner().invoke(hustings, words, obj=create_app, env=settings | environ, prog_name="hustings")


@contextmanager
def site_at(app, url: str):
    """The site on the database at *url*."""
    there = create_app(
        Settings.from_environ({"SECRET_KEY": "test", "DATABASE_URL": url}, app.config["SETTINGS"].instance)
    )
    there.config["TESTING"] = True
    there.test_client_class = Browser
    with there.app_context():
        yield there
        db.session.remove()
        there.extensions["cache"].close()
        db.engine.dispose()


def rows_of(engine=None) -> dict[str, list[tuple]]:
    """Every row of the database of the current application."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in db.metadata.sorted_tables
        }


def many_comments(post: Post, number: int) -> None:
    """So many that they are written in several transactions."""
    fields = {"post_id": post.id, "text": "Long " * 20, "html": "<p>Long</p>", "state": "approved", "source": "many"}
    with writing():
        db.session.execute(insert(Comment), [{**fields, "source_id": str(row)} for row in range(number)])
        backend().settle_sequence(db.session.connection(), "comment")
    db.session.remove()


@pytest.mark.parametrize("target", DATABASES, indirect=True)
def test_everything_arrives_as_it_was(site, target):
    before = rows_of()
    contents = move.run(site.app, target, silent, print)
    assert rows_of() == before
    with site_at(site.app, target) as there:
        assert rows_of() == before
        assert all(len(rows) > 0 for name, rows in before.items() if name != "generation")
        assert {content.table: content.rows for content in contents} == {
            name: len(rows) for name, rows in before.items()
        }
        assert upgrade.revisions(there)[-1] == db.session.scalar(text("SELECT version_num FROM alembic_version"))
        made = {name for name in inspect(db.engine).get_table_names() if not index.is_of_index(name)}
        assert made == {"alembic_version", *db.metadata.tables}


def test_pages_are_the_same_to_the_byte(site, target):
    site.app.test_client_class = Browser
    before = [site.app.test_client().get(page) for page in PAGES]
    move.run(site.app, target, silent, print)
    with site_at(site.app, target) as there:
        after = [there.test_client().get(page) for page in PAGES]
    assert [answer.status_code for answer in before] == [200, 404, 200, 200, 200, 200, 404]
    assert [answer.data for answer in after] == [answer.data for answer in before]


def test_there_and_back_is_where_it_was(site, target, databases, tmp_path):
    (tmp_path / "back").mkdir()
    kind = "postgresql" if db.engine.dialect.name == "postgresql" else "sqlite"
    there = move.run(site.app, target, silent, print)
    with databases(kind).new(tmp_path / "back", migrated=False) as url, site_at(site.app, target) as middle:
        back = move.run(middle, url, silent, print)
    assert [(content.rows, content.checksum) for content in back] == [(one.rows, one.checksum) for one in there]


def test_site_goes_on_after_the_last_id_that_was_given(site, target, make):
    move.run(site.app, target, silent, print)
    with site_at(site.app, target):
        assert make.comment(db.session.get(Post, site.post.id), "The first at the new place").id == site.last_id + 1
        last = db.session.scalar(select(func.max(Person.id)))
        assert make.person("New").id == last + 1


SCRIPT = """
import os, signal, sys
from contextlib import nullcontext
from types import SimpleNamespace
from app import create_app
from blueprints.operations import move

left = int(sys.argv[2])
def update(rows):
    global left
    left -= rows
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

move.run(create_app(), sys.argv[1], lambda _rows: nullcontext(SimpleNamespace(update=update)), print)
"""


def move_until_killed(app, url: str, rows: int) -> None:
    """A move that is killed after it has read and written so many rows."""
    settings = app.config["SETTINGS"]
    environ = os.environ | {"INSTANCE": str(settings.instance), "DATABASE_URL": settings.database_url}
    words = [sys.executable, "-c", SCRIPT, url, str(rows)]
    done = subprocess.run(words, env=environ, cwd=ROOT, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL


def comments_at(app, url: str) -> int:
    with site_at(app, url):
        return db.session.scalar(text("SELECT count(*) FROM comment"))


def test_move_that_is_killed_goes_on_where_it_was(site, target, monkeypatch):
    many_comments(site.post, 3_000)
    total = sum(map(len, rows_of().values()))
    move_until_killed(site.app, target, total + 2_000)
    copied = comments_at(site.app, target)
    assert 0 < copied < 3_000
    written = []
    original = move.Sheet.copy

    def copy(self, source, there, bar):
        counted = SimpleNamespace(update=lambda rows: written.append((self.table.name, rows)))
        original(self, source, there, counted)

    monkeypatch.setattr(move.Sheet, "copy", copy)
    move.run(site.app, target, silent, print)
    assert ("comment", copied) in written
    before = rows_of()
    with site_at(site.app, target):
        assert rows_of() == before


@ONLY_SQLITE
def test_site_is_not_served_from_half_a_database(site, target):
    move_until_killed(site.app, target, sum(map(len, rows_of().values())) + 10)
    with site_at(site.app, target) as there, pytest.raises(SystemExit, match="holds an unfinished move"):
        upgrade.run(there)


@ONLY_SQLITE
@pytest.mark.parametrize(
    "change",
    ["UPDATE comment SET name = 'Other' WHERE id = 2", "DELETE FROM alias", "UPDATE post SET slug = 'c' WHERE id = 2"],
)
def test_what_was_changed_between_two_attempts_is_copied_anew(site, target, change):
    many_comments(site.post, 3_000)
    move_until_killed(site.app, target, sum(map(len, rows_of().values())) + 2_000)
    with writing():
        db.session.execute(text(change))
    said = []
    move.run(site.app, target, silent, said.append)
    assert said == ["The site has been written to since this move began; it is copied anew."]
    before = rows_of()
    with site_at(site.app, target):
        assert rows_of() == before


@ONLY_SQLITE
def test_what_was_added_between_two_attempts_comes_along(site, target, make):
    many_comments(site.post, 3_000)
    move_until_killed(site.app, target, sum(map(len, rows_of().values())) + 2_000)
    make.comment(make.post("Another"), "Written meanwhile")
    db.session.remove()
    move.run(site.app, target, silent, print)
    before = rows_of()
    with site_at(site.app, target):
        assert rows_of() == before


def test_nobody_writes_while_it_runs_and_everybody_reads(site, target, client):
    answers = []

    def visit(_rows):
        if not answers:
            data = {"author": "Jo", "email": "jo@example.org", "comment": "Meanwhile"}
            page = client.get("/posts/a-long-day")
            answers.append(page.status_code)
            fields = dict(FIELD.findall(page.text)) | data
            answers.append(client.post("/posts/a-long-day/comments", data=fields).status_code)

    move.run(site.app, target, lambda _rows: nullcontext(SimpleNamespace(update=visit)), print)
    assert answers == [200, 503]


@pytest.mark.parametrize(
    "change",
    ["UPDATE comment SET name = 'Other' WHERE id = 2", "DELETE FROM alias", "INSERT INTO alias VALUES ('/b', 1)"],
)
@ONLY_POSTGRESQL
@TO_SQLITE
def test_change_by_somebody_who_asks_for_no_lock_is_found(site, target, change):
    """SQLite has no way past its lock."""
    left = [sum(map(len, rows_of().values()))]

    def touch(rows):
        left[0] -= rows
        if rows and left[0] == 0:  # everything was read once, and nothing was copied yet
            with psycopg.connect(site.app.config["SETTINGS"].database_url.replace("+psycopg", "")) as connection:
                connection.execute(change)

    with pytest.raises(move.MoveError, match="somebody has written"):
        move.run(site.app, target, lambda _rows: nullcontext(SimpleNamespace(update=touch)), print)
    move.run(site.app, target, silent, print)
    before = rows_of()
    with site_at(site.app, target):
        assert rows_of() == before


@ONLY_SQLITE
def test_target_that_is_not_empty_is_refused(site, target, make):
    with site_at(site.app, target) as there:
        upgrade.run(there)
        make.person("Already here")
        db.session.remove()
        before = rows_of()
        done = command(site.app, target)
        assert done.exit_code == 1
        assert "is not empty, there is something in " in done.stderr
        assert rows_of() == before


@ONLY_SQLITE
def test_target_with_tables_of_something_else_is_refused(site, target):
    with site_at(site.app, target):
        with writing():
            db.session.execute(text("CREATE TABLE wp_posts (id INTEGER)"))
        db.session.remove()
        assert "there is something in wp_posts" in command(site.app, target).stderr
        assert inspect(db.engine).get_table_names() == ["wp_posts"]


def test_target_that_was_only_migrated_is_taken(site, target):
    with site_at(site.app, target) as there:
        upgrade.run(there)
    assert command(site.app, target).exit_code == 0


@ONLY_SQLITE
@TO_SQLITE
def test_unfinished_move_of_another_site_is_refused(site, target, tmp_path):
    move_until_killed(site.app, target, sum(map(len, rows_of().values())) + 10)
    other = create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path / "other"))
    done = command(other, target)
    assert f"unfinished move from another database, sqlite:///{tmp_path}/hustings.db" in done.stderr


def test_place_where_the_site_is_already_is_refused(site, database):
    before = rows_of()
    done = command(site.app, database)
    assert (done.exit_code, done.stderr) == (1, "hustings: this is where the site's database is already.\n")
    assert rows_of() == before


@ONLY_SQLITE
def test_place_where_the_site_is_already_is_refused_under_another_name(site, tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "hustings.db")
    before = rows_of()
    assert command(site.app, f"sqlite:///{tmp_path}/link.db").exit_code == 1
    assert rows_of() == before


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense://me:sesame@127.0.0.1/x", "URL must read like"),
        ("postgresql://me:sesame@127.0.0.1:1/x", "127.0.0.1"),
        ("sqlite:////no/such/folder/site.db", "URL names a file in /no/such/folder"),
    ],
)
@ONLY_SQLITE
def test_wrong_address_is_one_sentence_without_its_password(app, url, says):
    done = command(app, url)
    assert done.exit_code == 1
    assert says in done.stderr
    assert "sesame" not in done.output
    assert len(done.stderr.strip().splitlines()) == 1


def test_name_of_a_database_does_not_open_it():
    spelled = "postgresql+psycopg://me:sesame@example.org:5433/site?sslmode=require&sslpassword=sesame"
    assert move.name_of(spelled) == "postgresql+psycopg://example.org:5433/site"
    assert move.name_of("sqlite:////var/lib/site.db") == "sqlite:////var/lib/site.db"


@ONLY_SQLITE
def test_file_that_is_something_else_is_left_alone(app, tmp_path):
    (tmp_path / "novel.txt").write_text("It was a dark and stormy night. " * 200)
    done = command(app, f"sqlite:///{tmp_path}/novel.txt")
    assert "novel.txt cannot be used as a database: file is not a database." in done.stderr
    assert (tmp_path / "novel.txt").read_text() == "It was a dark and stormy night. " * 200


@ONLY_SQLITE
def test_end_says_what_to_do_without_the_password(site, target):
    done = command(site.app, target)
    assert done.exit_code == 0, done.output
    assert "set DATABASE_URL" in done.stdout
    assert f"the old database is still at {site.app.config['SETTINGS'].database_url}." in done.stdout
    assert "sesame" not in done.output
    assert "comment" in done.stdout


DAMAGE = {
    "UPDATE comment SET name = 'a' || char(0) || 'b' WHERE id = 2": "comment 2: name holds the character U+0000.",
    "UPDATE comment SET number = 'twelve' WHERE id = 3": "comment 3: number is str, not int.",
    "UPDATE comment SET text = x'ff' WHERE id = 4": "comment 4: text is bytes, not str.",
    "UPDATE comment SET parent_id = 99 WHERE id = 5": "comment 5: parent_id names 99, and there is no such comment.",
    "UPDATE comment SET html = CAST(x'ff' AS TEXT) WHERE id = 6": "comment 6: html cannot be read.",
    "UPDATE post SET extract = printf('%.500c', 0) WHERE id=2": "post 2: extract has 500 characters, at most 400 fit.",
    "UPDATE account SET created_at = 'yesterday'": "account 1: created_at cannot be read.",
    "UPDATE person SET links = '[' WHERE id = 1": "person 1: links cannot be read.",
    "UPDATE alias SET path = '/' || char(0) WHERE path = '/a'": "alias /\0: path holds the character U+0000.",
    "UPDATE byline SET position = 1.5": "byline 1, 1: position is float, not int.",
    "UPDATE tag SET name = CAST(x'eda080' AS TEXT) WHERE id = 1": "tag 1: name cannot be read.",  # half a character
}


@ONLY_SQLITE
def test_values_that_cannot_be_carried_are_named_before_anything_is_copied(site, target):
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        for statement in DAMAGE:
            raw.execute(statement)
    db.engine.dispose()
    done = command(site.app, target)
    assert done.exit_code == 1
    heading, *faults = done.stderr.splitlines()[1:]
    assert "nothing was copied" in heading
    assert sorted(faults) == sorted(DAMAGE.values())
    with site_at(site.app, target):
        assert inspect(db.engine).get_table_names() == []


@ONLY_SQLITE
@TO_SQLITE
def test_long_list_of_faults_is_cut(site, target):
    many_comments(site.post, 30)
    with writing():
        db.session.execute(text("UPDATE comment SET name = char(0) WHERE source = 'many'"))
    faults = command(site.app, target).stderr.splitlines()[2:]
    assert (len(faults), faults[-1]) == (21, "And 10 more.")
