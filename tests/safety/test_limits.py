"""Limits, as workers share them and restarts keep them."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app import create_app
from blueprints.core.db import db
from blueprints.core.settings import Settings
from tests.conftest import SAME_ORIGIN
from tests.safety.asking import WORLDS, form_fields


@pytest.fixture
def sites(tmp_path, database):
    """Starts applications on one instance folder, as workers and restarts do."""
    started = []

    def start() -> Flask:
        limits = {"COMMENT_LIMIT": "2 per hour", "TRUSTED_PROXIES": "127.0.0.1"}
        environ = {"SECRET_KEY": "test", "DATABASE_URL": database, **limits}
        app = create_app(Settings.from_environ(environ, tmp_path))
        started.append(app)
        return app

    yield start
    for app in started:
        with app.app_context():
            db.engine.dispose()
        app.extensions["limits"].storage.close()


def say(app: Flask, slug: str, text: str, address: str = "203.0.113.9", world: str = "plain"):
    headers = {**SAME_ORIGIN, **WORLDS[world], "X-Forwarded-For": address}
    with app.app_context():
        from blueprints.posts.queries import by_slug

        data = {**form_fields(by_slug(slug)), "comment": text, "key": ""}
        db.session.remove()
    return app.test_client().post(f"/posts/{slug}/comments", data=data, headers=headers)


@pytest.mark.parametrize("world", WORLDS)
def test_limit_is_shared_by_workers_and_kept_over_a_restart(sites, world):
    from tests.factories import Make

    first, second = sites(), sites()
    with first.app_context():
        slug = Make().post().slug
        db.session.remove()
    assert say(first, slug, "One").status_code == 303
    assert say(second, slug, "Two").status_code == 303
    for app in (first, second, sites()):
        response = say(app, slug, "Three & <more>", world=world)
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        if world == "plain":
            assert BeautifulSoup(response.data, "lxml").find("textarea").text.strip() == "Three & <more>"


def test_limit_counts_an_ipv6_household_as_one(sites):
    from tests.factories import Make

    app = sites()
    with app.app_context():
        slug = Make().post().slug
        db.session.remove()
    answers = [
        say(app, slug, f"From {address}", address).status_code
        for address in (
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff::9",
            "2001:db8:1:2:aaaa::",
            "2001:db8:1:3::1",
            "::ffff:203.0.113.9",
        )
    ]
    assert answers == [303, 303, 429, 303, 303]
