"""Limits that several servers share through Valkey or Redis: a real one, which may die."""

import logging
import os

import pytest

from app import create_app
from blueprints.core import limits
from blueprints.core.limits import TooFastError
from blueprints.core.settings import Settings
from tests import redis


@pytest.fixture
def server():
    if redis.program() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Redis: install the Debian package redis-server")
        pytest.skip("needs valkey-server or redis-server")
    with redis.running() as running:
        yield running


@pytest.fixture
def two_servers(tmp_path, server):
    """Two applications that share nothing but the store of their limits."""
    folders = [tmp_path / "one", tmp_path / "two"]
    settings = {"SECRET_KEY": "test", "LIMITS_URL": server.url}
    return [create_app(Settings.from_environ(settings, folder)) for folder in folders]


def spend(app, limit: str = "3 per minute") -> bool:
    """Whether somebody may do it once more there."""
    with app.app_context():
        try:
            limits.spend(limit, "test", "somebody")
        except TooFastError:
            return False
        return True


def test_two_servers_count_together(two_servers):
    one, two = two_servers
    assert [spend(one), spend(two), spend(one)] == [True] * 3
    assert [spend(one), spend(two)] == [False] * 2


def test_refusal_says_how_long_to_wait(two_servers):
    for app in two_servers:
        spend(app, "2 per minute")
    with two_servers[0].app_context(), pytest.raises(TooFastError) as refused:
        limits.spend("2 per minute", "test", "somebody")
    assert 0 < refused.value.retry_after <= 61


def test_site_goes_on_with_limits_of_its_own_and_a_warning_while_the_store_is_gone(two_servers, server, caplog):
    one, two = two_servers
    spend(one)
    server.kill()
    with caplog.at_level(logging.WARNING, "hustings.limits"):
        assert [spend(one) for _ in range(4)] == [True, True, True, False], "each counts for itself"
        assert spend(two)
    assert len(caplog.records) == 2, "one line an outage and server, not one an attempt"
    assert str(server.port) in caplog.text


def test_limits_are_shared_again_when_the_store_is_back(two_servers, server):
    one, two = two_servers
    server.kill()
    spend(one)
    server.start()
    for app in two_servers:
        app.extensions["limits_away_until"] = 0
    assert [spend(one), spend(two), spend(one), spend(two)] == [True, True, True, False]


def test_site_starts_though_the_store_is_not_there(tmp_path, server):
    server.kill()
    app = create_app(Settings.from_environ({"SECRET_KEY": "test", "LIMITS_URL": server.url}, tmp_path))
    assert spend(app)
