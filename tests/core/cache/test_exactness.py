"""The page cache is never wrong: after each write, every address is as if nothing were kept."""

import sys
from datetime import timedelta
from functools import _lru_cache_wrapper

import pytest

from app import create_app
from blueprints.core import cache as caching
from blueprints.core.db import db, now
from blueprints.posts import models as post_models
from blueprints.posts import queries as post_queries
from tests.conftest import ONLY_POSTGRESQL, ONLY_SQLITE
from tests.core.cache.asking import answered, how
from tests.core.cache.world import WRITES, World, write


def forget_what_is_kept(app) -> None:
    """Elements that are kept as drawn (core/filters.py), and all that is made of rows and kept by them."""
    app.jinja_env.filters["kept"].cache_clear()
    for name, module in tuple(sys.modules.items()):
        if name.startswith("blueprints."):
            for each in vars(module).values():
                if isinstance(each, _lru_cache_wrapper):
                    each.cache_clear()


def check_every_address_after(name: str, app, make) -> None:
    world = World(make)
    cache = app.extensions["cache"]
    for path, headers in world.addresses():
        answered(app.wsgi_app, path, headers)
    assert len(cache.store) >= 12
    write(world, name)
    db.session.rollback()
    given = [(path, headers, *answered(app.wsgi_app, path, headers)) for path, headers in world.addresses()]
    forget_what_is_kept(app)
    for path, headers, said, body in given:
        # Of what no cache keeps there is nothing to compare.
        if said in ("hit", "miss"):
            assert body == answered(cache.app, path, headers)[1], path


@ONLY_SQLITE
@pytest.mark.parametrize("name", WRITES)
def test_after_every_kind_of_write_every_address_is_as_if_nothing_were_kept(app, make, name):
    check_every_address_after(name, app, make)


# A write touches the same on both systems; how that is stored and heard of is tried with one write of each sort.
@ONLY_POSTGRESQL
@pytest.mark.parametrize(
    "name", ["publish", "new post", "no tags", "deleted", "site", "new comment", "marks", "comment held"]
)
def test_after_a_write_of_each_sort_every_address_is_as_if_nothing_were_kept(app, make, name):
    check_every_address_after(name, app, make)


ADA, BOB = "/authors/person-1", "/authors/person-2"
OF_ESSAY = {"/", "/tags/ethics", "/tags/logic", ADA, BOB, "/posts/essay"}


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("comment held", set()),
        ("new comment elsewhere", {"/", "/tags/logic", BOB, "/2019/other/"}),
        ("new comment", OF_ESSAY),
        ("publish", {"/", ADA}),
        ("schedule", {"/", ADA}),
        ("person renamed", OF_ESSAY),
        ("further tag", OF_ESSAY),
        ("deleted", {"/", "/tags/logic", BOB, "/2019/other/"}),
    ],
)
def test_a_write_drops_only_what_it_touches(client, make, name, dropped):
    world = World(make)
    paths = [*OF_ESSAY, "/2019/other/", "/posts/about"]
    for path in paths:
        client.get(path)
    write(world, name)
    assert {path for path in paths if how(client.get(path)) != "hit"} == dropped


def test_scheduled_post_appears_in_its_minute_without_anybody_writing(client, make, monkeypatch):
    world = World(make)
    write(world, "schedule")
    paths = ("/", f"/authors/{world.ada.slug}")
    for path in paths:
        client.get(path)
        answer = client.get(path)
        assert how(answer) == "hit"
        assert "Draft" not in answer.text
    later = now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(caching.time, "time", later.timestamp)
    monkeypatch.setattr(post_queries, "now", lambda: later)
    monkeypatch.setattr(post_models, "now", lambda: later)
    for path in paths:
        answer = client.get(path)
        assert how(answer) == "miss"
        assert "Draft" in answer.text
    assert client.get("/posts/draft").status_code == 200


def test_write_of_another_process_shows_at_the_next_request(app, client, make, post, tmp_path):
    """Another application on the same database stands for the other process: nothing is shared but the database."""
    other = create_app(app.config["SETTINGS"])
    elsewhere = other.test_client()
    for number in range(20):
        assert how(client.get("/posts/essay")) == how(elsewhere.get("/posts/essay"))
        make.comment(post, f"Comment number {number}.")
        for browser in (client, elsewhere):
            assert f"Comment number {number}." in browser.get("/posts/essay").text
    with other.app_context():
        db.engine.dispose()
    other.extensions["cache"].close()
