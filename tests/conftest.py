"""Fixtures: an application with a database of its own for every test, and the browsers' two kinds of request."""

import contextvars
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from blueprints.accounts import models
from blueprints.core.db import db
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from tests import once, postgresql
from tests.factories import Make

IN_CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).parents[2] / "shared" / "data"
SERVER = "HUSTINGS_TEST_POSTGRESQL"  # the folder of its socket and its port, for the workers of this run
POSTGRESQL = postgresql.programs() is not None
DATABASES = ["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"]
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 2 * 1024**3
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class SQLiteFiles(AbstractContextManager):
    """Databases of this run in SQLite: each a file."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "hustings.db"
        upgrade.run(create_app(Settings.from_environ({"SECRET_KEY": "test"}, folder)))

    def __exit__(self, *_error: object) -> None:
        pass

    @contextmanager
    def new(self, folder: Path, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a database that is gone after the block."""
        if migrated:
            shutil.copy(self.template, folder / "hustings.db")
        yield f"sqlite:///{folder / 'hustings.db'}"


class PostgreSQLDatabases(AbstractContextManager):
    """Databases of this run, or of this worker of it, on the server that belongs to the run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = os.environ[SERVER].split()
        self.server = postgresql.wait(postgresql.address(self.folder, self.port, "postgres"))
        self.counter = itertools.count()
        self.left: list[str] = []
        self.template = self._create("template0")
        settings = {"SECRET_KEY": "test", "DATABASE_URL": self._url(self.template)}
        upgrade.run(create_app(Settings.from_environ(settings, folder)))

    def __exit__(self, *_error: object) -> None:
        self.server.close()

    @contextmanager
    def new(self, _folder: Path, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a database that nobody has after the block; it is gone after the next one's."""
        name = self._create(self.template if migrated else "template0")
        yield self._url(name)
        # Not at once: while one of its connections is on its way out, the server sleeps a tenth of a second at a time.
        for before in self.left:
            self.server.execute(f"DROP DATABASE {before} (FORCE)")
        self.left = [name]

    def _create(self, template: str) -> str:
        name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'all')}_{next(self.counter)}"
        # Copied as files, which is faster than through the log where nothing is forced to the disk (10 ms, not 18).
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def _url(self, name: str) -> str:
        return postgresql.address(self.folder, self.port, name)


def pytest_configure(config: pytest.Config) -> None:
    """Start the one PostgreSQL of this run in the process that the others are started from."""
    _keep_files_in_memory()
    once.remember()
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if POSTGRESQL:
        server = postgresql.Server(**postgresql.HASTE)
        os.environ[SERVER] = f"{server.folder} {server.port}"
        config.add_cleanup(server.stop)
    elif IN_CI:
        raise pytest.UsageError("no PostgreSQL: install the Debian package postgresql")


def pytest_collection_finish() -> None:
    """All modules are there now."""
    once.forget_what_is_there()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits most comes first, to a worker each: at the end of a run all have short tests left to share."""
    parts: dict[str, list[pytest.Item]] = {"browser": [], "operations": [], "": []}
    for item in items:
        slice_ = item.path.parent.name
        parts[slice_ if slice_ in parts else ""].append(item)
    first = max(0, len(items) // 4 - len(parts["browser"]))
    items[:] = [*parts["browser"], *parts[""][:first], *parts["operations"], *parts[""][first:]]


def pytest_xdist_auto_num_workers() -> int:
    """Four for two cores: a worker waits a part of its time, for a browser or for a server that is to start."""
    return (os.cpu_count() or 1) * 2


def _keep_files_in_memory() -> None:
    """Where there is room: a thousand databases, each committed to some twenty times, are all that a disk can bear.

    What a disk does for durability is not lost: who ends a process does not end the system's memory either.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line which half was left out."""
    if not POSTGRESQL:
        terminalreporter.write_line("PostgreSQL: not installed, its half of the suite is skipped")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable]:
    """Makes databases of one system or the other."""
    kinds = {"sqlite": SQLiteFiles, "postgresql": PostgreSQLDatabases}
    with ExitStack() as made:
        yield cache(lambda kind: made.enter_context(kinds[kind](tmp_path_factory.mktemp(f"migrated-{kind}"))))


def new_database(request: pytest.FixtureRequest, *, migrated: bool) -> AbstractContextManager[str]:
    if request.param not in DATABASES:
        pytest.skip("PostgreSQL: not installed")
    databases, folder = map(request.getfixturevalue, ("databases", "tmp_path"))
    return databases(request.param).new(folder, migrated=migrated)


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database at the newest revision and without rows, of each system in turn.

    What is about one of them alone says so: `@ONLY_SQLITE`, `@ONLY_POSTGRESQL`.
    """
    with new_database(request, migrated=True) as url:
        yield url


@pytest.fixture(params=DATABASES)
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database in which nothing has been made yet, of each system in turn."""
    with new_database(request, migrated=False) as url:
        yield url


ONLY_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def environ() -> dict[str, str]:
    """The settings of the test's application; a test may change them before it asks for `app`."""
    return {"SECRET_KEY": "test", "COMMENT_LIMIT": "1000 per minute"}


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> None:
    """What a password costs to try is a figure, not a promise of the suite; `tests/accounts` looks at the real one."""
    models._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def app(tmp_path: Path, database: str, environ: dict[str, str]) -> Iterator[Flask]:
    app = create_app(Settings.from_environ({**environ, "DATABASE_URL": database}, tmp_path))
    app.config["TESTING"] = True
    with app.app_context():
        once.share(app)
        yield app
        db.session.remove()
        db.engine.dispose()
        app.extensions["cache"].close()


@pytest.fixture
def make(app: Flask) -> Make:
    """Makes people, posts and comments; each call is committed."""
    return Make()


class Browser(FlaskClient):
    """A test client that sends what a browser on this site's own pages sends."""

    def open(self, *args, headers=None, **kwargs):
        merged = {**SAME_ORIGIN, **(headers or {})}
        try:
            # Outside the test's own application context: every request begins with an empty `g`.
            return contextvars.Context().run(super().open, *args, headers=merged, **kwargs)
        finally:
            db.session.rollback()  # what the test holds is read anew

    def htmx(self, method: str, path: str, **kwargs):
        """The same request as htmx 4 makes it."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", **kwargs.pop("headers", {})}
        return self.open(path, method=method, headers=headers, **kwargs)


@pytest.fixture
def client(app: Flask) -> Browser:
    app.test_client_class = Browser
    return app.test_client()


def shared_data(name: str) -> Path:
    """A file of the corpora beside the project; skipped with one line where there are none, never in CI."""
    path = SHARED / name
    if not path.exists():
        if IN_CI:
            pytest.fail(f"../shared/data/{name} is missing, and in CI it must not be")
        pytest.skip("needs the corpora in ../shared/data")
    return path
