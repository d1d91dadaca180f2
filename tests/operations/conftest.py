"""Sites that start quickly, and a server that a test may end."""

from collections.abc import Callable, Iterator

import pytest

from app import create_app
from blueprints.core.settings import Settings
from blueprints.operations import serve
from tests import postgresql
from tests.conftest import POSTGRESQL
from tests.operations.serving import Site


@pytest.fixture(scope="session", autouse=True)
def _made_before(tmp_path_factory: pytest.TempPathFactory, databases: Callable) -> None:
    """Pack the static files, compile the templates and migrate a database once, not at the first start of each site.

    A test that is about a place where nothing is yet asks for `empty_database`.
    """
    folder = tmp_path_factory.mktemp("made-before")
    app = create_app(Settings.from_environ({"SECRET_KEY": "test"}, folder))
    app.extensions["assets"].keep(folder / "static")
    serve.prepare(app, folder / "templates")
    for rest in folder.iterdir():
        if rest.is_file():
            rest.unlink()
    with databases("sqlite").new(folder):
        Site.made_before = folder


@pytest.fixture
def own_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL of the test's own; it forces what it stores to the disk."""
    if not POSTGRESQL:
        pytest.skip("PostgreSQL: not installed")
    server = postgresql.Server()
    postgresql.wait(server.url("postgres")).close()
    yield server
    server.stop()
