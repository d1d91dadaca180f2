"""Keys: a private link opens its own address, for as long as it is wanted."""

import pytest

from blueprints.comments import keys
from blueprints.core.db import writing


def key_for(email: str) -> str:
    with writing():
        return keys.key_for(email)


def test_key_is_the_same_every_time_and_opens_its_own_address_alone(app):
    key = key_for("Ada@example.org")
    assert key_for("ada@EXAMPLE.org") == key
    assert keys.email_of(key) == "ada@example.org"
    other = key_for("bob@example.org")
    assert other != key
    assert keys.email_of(f"{other.partition('-')[0]}-{key.partition('-')[2]}") is None


def test_rotated_key_opens_nothing_and_the_next_one_does(app):
    key = key_for("ada@example.org")
    with writing():
        keys.rotate("ada@example.org")
    assert keys.email_of(key) is None
    assert keys.email_of(key_for("ada@example.org")) == "ada@example.org"


def test_key_of_another_site_secret_opens_nothing(app, monkeypatch):
    key = key_for("ada@example.org")
    assert keys.email_of(key) is not None
    monkeypatch.setattr(keys.settings, "current", lambda: type("Other", (), {"secret_key": "other"}))
    assert keys.email_of(key) is None


@pytest.mark.parametrize(
    "key", ["", "1", "1-", "x-y", "9" * 30 + "-" + "a" * 32, f"{2**63}-{'a' * 32}", "1-é" + "a" * 31, "\0"]
)
def test_odd_key_opens_nothing(app, key):
    key_for("ada@example.org")
    assert keys.email_of(key) is None


def test_address_is_confirmed_once(app):
    with writing():
        first = keys.admit("ada@example.org")
        assert first.confirmed_at is None
        keys.confirm(first)
        assert (moment := first.confirmed_at) is not None
        keys.confirm(first)
    assert keys.correspondent("ADA@example.org").confirmed_at == moment
