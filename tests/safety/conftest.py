"""The same running site and the same watched browser as the browser tests have; a post with a comment to ask for."""

import pytest
from flask import Flask

from blueprints.core import site
from blueprints.core.db import db, writing
from tests.browser.conftest import chromium, playwright, server, visit

__all__ = ["chromium", "playwright", "server", "visit"]


@pytest.fixture
def app(app: Flask) -> Flask:
    """Answers as in service: a fault is a 500, not an exception in the test."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with writing():
        db.session.merge(site.current()).hold = "none"
    return app


@pytest.fixture
def post(make):
    return make.post("On paper", slug="on-paper", tags=["Ethics"], authors=[make.person("Ada")])


@pytest.fixture
def comment(make, post):
    return make.comment(post)
