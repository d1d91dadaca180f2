"""A site that can be written from, and a bag in which its letters land."""

from datetime import timedelta

import pytest

from blueprints.core import chores
from blueprints.core.db import now
from blueprints.core.postman import Postman
from tests.comments.mail.letterbox import SITE, Bag


@pytest.fixture
def environ() -> dict[str, str]:
    return {"SECRET_KEY": "test", "COMMENT_LIMIT": "1000 per minute", "SITE_URL": SITE, "TIME_ZONE": "Europe/Vienna"}


@pytest.fixture(autouse=True)
def _chores_are_done_when_they_are_asked_for(app) -> None:
    app.extensions[chores.CHORES].clear()


@pytest.fixture
def bag() -> Bag:
    return Bag()


@pytest.fixture
def post_round(app, bag):
    """Sends what is due, and says to whom."""
    passed = timedelta()
    postman = Postman(app, bag, lambda: now() + passed)

    def send(after: timedelta = timedelta()) -> list[tuple[str, str]]:
        nonlocal passed
        passed += after
        postman.round()
        return bag.take()

    return send


@pytest.fixture
def post(make):
    return make.post("On trees")
