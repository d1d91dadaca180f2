"""Limits: shared, kept, and counted by what is one address."""

import pytest

from app import create_app
from blueprints.core import limits
from blueprints.core.limits import TooFastError
from blueprints.core.settings import Settings


def spend_until_refused(limit: str, who: str) -> int:
    """How many attempts *limit* lets *who* make."""
    for number in range(100):
        try:
            limits.spend(limit, "test", who)
        except TooFastError:
            return number
    return 100


def test_limit_is_shared_by_applications_and_survives_them(tmp_path):
    made = [create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path)) for _ in range(2)]
    for app in made:
        with app.app_context():
            limits.spend("3 per minute", "test", "somebody")
    restarted = create_app(Settings.from_environ({"SECRET_KEY": "test"}, tmp_path))
    with restarted.app_context():
        assert spend_until_refused("3 per minute", "somebody") == 1
        assert spend_until_refused("3 per minute", "somebody else") == 3


def test_attempts_of_a_clock_that_was_set_back_do_not_block_for_ever(app, monkeypatch):
    later = limits.time.time() + 10 * 365 * 86_400
    with monkeypatch.context() as clock:
        clock.setattr(limits.time, "time", lambda: later)
        assert spend_until_refused("2 per minute", "somebody") == 2
    assert spend_until_refused("2 per minute", "somebody") == 2


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
    ],
)
def test_ipv6_is_counted_by_household(address, network):
    assert limits.network_of(address) == network


def test_store_holds_no_address(app, tmp_path):
    limits.spend("3 per minute", "test", "192.0.2.7")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("limits.db*"))  # its log as well
    assert b"test" in stored
    assert b"192.0.2.7" not in stored
