"""Limits that all workers share and a restart keeps: moving windows of the `limits` package in a SQLite file.

Several servers share them in Valkey or Redis: `LIMITS_URL=redis://…` or `valkey://…`.
The file is not the site's database, so that a flood of attempts never waits for a comment or makes one wait.
"""

import hmac
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Flask, current_app
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import MemoryStorage, MovingWindowSupport, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from blueprints.core import sqlite
from blueprints.core.settings import SettingError, current

log = logging.getLogger("hustings.limits")
# A store that did not answer is left alone for so long.
SECONDS_AWAY = 5


class TooFastError(Exception):
    """A limit is used up; *retry_after* is the number of whole seconds until it is not."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too fast, {retry_after} s left")
        self.retry_after = retry_after


class SQLiteStorage(Storage, MovingWindowSupport):
    """Hits of moving windows in one small SQLite file, one row a hit."""

    STORAGE_SCHEME = ["sqlite"]  # noqa: RUF012 - the base class asks for this form

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.driver = sqlite.driver()
        self.path = uri.removeprefix("sqlite://")
        self.kept: Any = None
        # One connection for all threads of a process, which finds what it wrote in its own memory; they take turns in
        # order, where SQLite would have each ask again, ever more seldom.
        self.turn = threading.RLock()
        # Closed at once: workers are forked from the process that runs this, and a SQLite handle that is carried
        # over a fork breaks the locks of those that are opened after it.
        with closing(self._open()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS hit (key TEXT NOT NULL, at REAL NOT NULL)")
            connection.execute("CREATE INDEX IF NOT EXISTS hit_key_at ON hit (key, at)")
            connection.execute("CREATE INDEX IF NOT EXISTS hit_at ON hit (at)")  # else each attempt reads a whole day

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a fault of this store looks like."""
        error: type[Exception] = self.driver.Error
        return error

    def _open(self) -> Any:
        connection = self.driver.connect(self.path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # a power cut may forgive the last hits
        return connection

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with self.turn:
            if self.kept is None:
                self.kept = self._open()
            yield self.kept

    def close(self) -> None:
        """Let go of the file."""
        with self.turn:
            if self.kept is not None:
                self.kept.close()
            self.kept = None

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count one attempt if the window of *expiry* seconds has room for it."""
        with self._connection() as connection:
            return self._count(connection, key, limit, expiry, amount)

    def _count(self, connection: Any, key: str, limit: int, expiry: int, amount: int) -> bool:
        moment = time.time()
        connection.execute("BEGIN IMMEDIATE")
        try:
            # A clock that was set back leaves hits in the future: they would block for ever.
            connection.execute("DELETE FROM hit WHERE key = ? AND (at <= ? OR at > ?)", (key, moment - expiry, moment))
            (used,) = connection.execute("SELECT count(*) FROM hit WHERE key = ?", (key,)).fetchone()
            allowed: bool = used + amount <= limit
            if allowed:
                connection.executemany("INSERT INTO hit VALUES (?, ?)", [(key, moment)] * amount)
                connection.execute("DELETE FROM hit WHERE at < ?", (moment - 86_400,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            raise
        return allowed

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest counted attempt was, and how many there are."""
        moment = time.time()
        query = "SELECT min(at), count(*) FROM hit WHERE key = ? AND at > ?"
        with self._connection() as connection:
            first, used = connection.execute(query, (key, moment - expiry)).fetchone()
        return (moment if first is None else first), used

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """How often *key* was counted."""
        with self._connection() as connection:
            count: int = connection.execute("SELECT count(*) FROM hit WHERE key = ?", (key,)).fetchone()[0]
        return count

    def get_expiry(self, key: str) -> float:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    def check(self) -> bool:
        """Whether the file can be read."""
        with self._connection() as connection:
            return bool(connection.execute("SELECT 1").fetchone())

    def reset(self) -> int | None:
        """Forget every attempt."""
        with self._connection() as connection:
            removed: int = connection.execute("DELETE FROM hit").rowcount
        return removed

    def clear(self, key: str) -> None:
        """Forget the attempts under *key*."""
        with self._connection() as connection:
            connection.execute("DELETE FROM hit WHERE key = ?", (key,))


def init_app(app: Flask) -> None:
    """Open the store that the settings name, and one in memory for the time when it does not answer."""
    url = app.config["SETTINGS"].limits_url
    shared = re.match(r"(redis|valkey)(s?|\+unix)://", url)
    # Valkey speaks Redis's language. A server that does not answer must not make anybody wait for it.
    options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5} if shared else {}
    try:
        storage = storage_from_string(re.sub("^valkey", "redis", url), **options)
    except (ConfigurationError, sqlite.driver().Error) as error:
        reason = str(error).replace(url, "unknown address").rstrip(".")  # it may hold a password
        raise SettingError(f"LIMITS_URL names a store that cannot be used: {reason}.") from error
    app.extensions["limits"] = MovingWindowRateLimiter(storage)
    app.extensions["limits_in_reserve"] = MovingWindowRateLimiter(MemoryStorage())
    app.extensions["limits_away_until"] = 0.0


def spend(limit: str, name: str, *who: str) -> None:
    """Count an attempt at *name* by *who* against *limit* ("10 per minute"); TooFastError when it is used up."""
    limiter: MovingWindowRateLimiter = current_app.extensions["limits"]
    item = _parsed(limit)
    keys = (name, *(pseudonym(word) for word in who))
    if time.monotonic() >= current_app.extensions["limits_away_until"]:
        try:
            _spend(limiter, item, keys)
            return
        except limiter.storage.base_exceptions as error:
            current_app.extensions["limits_away_until"] = time.monotonic() + SECONDS_AWAY
            log.warning("the store of the limits does not answer, each worker counts for itself meanwhile: %s", error)
    # A looser limit, but neither none nor a site that takes no comments.
    _spend(current_app.extensions["limits_in_reserve"], item, keys)


@cache
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)


def _spend(limiter: MovingWindowRateLimiter, item: RateLimitItem, keys: tuple[str, ...]) -> None:
    if not limiter.hit(item, *keys):
        reset_at, _ = limiter.get_window_stats(item, *keys)
        raise TooFastError(max(1, round(reset_at - time.time() + 0.5)))


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return f"{ip_address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def pseudonym(text: str) -> str:
    """A keyed hash of an address or name: the same one is recognised, none can be read back."""
    return hmac.digest(current().secret_key.encode(), text.encode("utf-8", "replace"), "sha256").hex()[:32]
