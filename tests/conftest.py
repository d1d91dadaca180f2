"""Fixtures: an application with a database of its own for every test, and the browsers' two kinds of request."""

import contextvars
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from blueprints.core.db import db
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from tests.factories import Make

IN_CI = os.environ.get("CI") == "true"
SHARED = Path(__file__).parents[2] / "shared" / "data"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    upgrade.run(create_app(Settings.from_environ({"SECRET_KEY": "test"}, folder)))
    return folder / "hustings.db"


@pytest.fixture
def environ() -> dict[str, str]:
    """The settings of the test's application; a test may change them before it asks for `app`."""
    return {"SECRET_KEY": "test", "COMMENT_LIMIT": "1000 per minute"}


@pytest.fixture
def app(tmp_path: Path, migrated: Path, environ: dict[str, str]) -> Iterator[Flask]:
    shutil.copy(migrated, tmp_path / "hustings.db")
    app = create_app(Settings.from_environ(environ, tmp_path))
    app.config["TESTING"] = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


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
