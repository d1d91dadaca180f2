"""How a process learns that anybody has committed a write, before it serves what it keeps.

SQLite shows it in memory that all processes share. PostgreSQL tells by LISTEN/NOTIFY, on a connection of its own, and
being told takes a moment; so whoever serves holds a shared advisory lock there as a lease and lets go when told, and a
writer's answer waits until all have let go. Both are exact in the same sense: what was answered before a question is
in the answer to it.
"""

import logging
import os
import select
import struct
import threading
import time
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from typing import Any, NoReturn, Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger("hustings.watch")
_SINCE = "SELECT name, number FROM generation WHERE number > "
_NEWEST = "SELECT coalesce(max(number), 0) FROM generation"
# Bytes of the header, and the one version of it that there has been.
_HEADER, _HEADER_VERSION = 48, 3_007_000
_CHANNEL = "hustings_generation"
_NOTIFY = text(f"SELECT pg_notify('{_CHANNEL}', '')")
_LEASE = int.from_bytes(b"hustpage")
_END_HOLDERS = (
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
    "WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.mode = 'ShareLock' AND l.granted "
    "AND (l.classid::bigint << 32) + l.objid::bigint = %s"
)
_SECONDS_BETWEEN_TRIES = 1.0
# A process that has not let go by then is stuck, or gone without a word.
_SECONDS_TO_LET_GO = 2


class LostError(Exception):
    """Nobody can say at this moment whether something was written."""


class Watch(Protocol):
    """What the page cache asks of a database."""

    def moved(self) -> bool:
        """Whether anything may have been committed since this thread last caught up; LostError if unknown."""

    def since(self, number: int) -> list[tuple[str, int]]:
        """Catch up: the (name, number) of every generation above *number*; LostError if unknown."""

    def newest(self) -> int:
        """Catch up with everything: the number of the newest generation; LostError if unknown."""

    def settle(self) -> None:
        """After an own write: wait until nobody serves any more what it has changed."""

    def close(self) -> None:
        """Let go of the connections of this process."""


def of(engine: Engine) -> Watch:
    """The watch on the database of *engine*; opened in the process that asks first, not before."""
    return PostgreSQLWatch(engine) if engine.dialect.name == "postgresql" else SQLiteWatch(engine)


def announce(connection: Connection) -> None:
    """Inside a write that has moved generations: have every process told at its commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY)


def _connect(engine: Engine) -> Any:
    """A connection like those of the requests, which have theirs from a pool."""
    try:
        fairy = engine.raw_connection()
    except (engine.dialect.dbapi.Error, DBAPIError) as error:  # type: ignore[union-attr]
        raise LostError from error
    connection = fairy.driver_connection
    fairy.detach()
    return connection


class SQLiteWatch:
    """The header of the write-ahead log's index, which every commit changes, in memory shared with all processes.

    It is what SQLite itself compares to learn whether its snapshot is old ("WAL-Index File Format", sqlite.org). Asking
    for it by `PRAGMA data_version` gives the same answer, but costs a quarter of what a kept page costs in all.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.Lock()
        self.connection: Any = None
        self.index = -1
        self.header: Any = b""
        self.known = b"nothing"

    def moved(self) -> bool:
        """Whether anybody has committed since this process caught up."""
        return bool(self.header[:_HEADER] != self.known)

    def since(self, number: int) -> list[tuple[str, int]]:
        """The generations above *number*."""
        return self._rows(f"{_SINCE}{number:d}")

    def newest(self) -> int:
        """The number of the newest generation."""
        return int(self._rows(_NEWEST)[0][0])

    def _rows(self, query: str) -> list[Any]:
        with self.lock:
            try:
                if self.connection is None:
                    self._open()
                known = self.header[:_HEADER]  # before the rows: what comes between is asked for once more
                found: list[Any] = self.connection.execute(query).fetchall()
            except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
                raise LostError from error
            self.known = known
            return found

    def settle(self) -> None:
        """Whoever serves looks first."""

    def close(self) -> None:
        """Close what was opened; the last thing that this process does with the database.

        A process loses its locks on a file when it closes any handle of it (fcntl(2)), SQLite's own included.
        """
        with self.lock:
            if self.connection is not None:
                self.connection.close()
                self.header.close()
                os.close(self.index)
            self.connection, self.header, self.known = None, b"", b"nothing"

    def _open(self) -> None:
        connection = _connect(self.engine)  # as long as it is open, the index stays the same file
        connection.execute(_NEWEST).fetchall()
        try:
            self.index = os.open(f"{self.engine.url.database}-shm", os.O_RDONLY)
            self.header = mmap(self.index, _HEADER, access=ACCESS_READ)
        except (OSError, ValueError) as error:
            raise LostError from error
        if struct.unpack_from("=I", self.header)[0] != _HEADER_VERSION:
            log.error("this SQLite keeps its log's index in another form; pages are drawn for every request")
            raise LostError
        self.connection = connection


class PostgreSQLWatch:
    """One listening connection for all threads of the process, and a thread that lets go of the lease when told.

    While `held`, no write that moves a generation is answered; what was caught up with then is right until `told`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.Lock()
        self.connection: Any = None
        self.socket = -1
        self.told = self.held = False
        self.next_try = 0.0

    def moved(self) -> bool:
        """Whether the lease has been let go, or the server tells at this moment that it must be."""
        if self.connection is None or _has_news(self.socket, 0):
            with self.lock:
                self._hear()
        return not self.held

    def since(self, number: int) -> list[tuple[str, int]]:
        """The generations above *number*."""
        return self._rows(f"{_SINCE}{number:d}")

    def newest(self) -> int:
        """The number of the newest generation."""
        return int(self._rows(_NEWEST)[0][0])

    def settle(self) -> None:
        """Take the lease for oneself: all others have let go by then, and look at the database before they serve."""
        with self.lock:
            try:
                self._hear()
                self._let_go()
                try:
                    self._ask(f"SELECT pg_advisory_xact_lock({_LEASE})")
                except self.engine.dialect.dbapi.errors.LockNotAvailable:  # type: ignore[union-attr]
                    log.warning("a process does not let go of what it keeps: its connection is ended")
                    self._ask(_END_HOLDERS, (_LEASE,))
            except LostError:
                log.warning("a write was answered before every other process has let go of what it keeps")

    def close(self) -> None:
        """Stop listening."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection, self.held = None, False

    def _rows(self, query: str) -> list[Any]:
        with self.lock:
            self._hear()
            if not self.held:
                self._ask(f"SELECT pg_advisory_lock_shared({_LEASE})")
                self.held, self.told = True, False
            found = self._ask(query)
            self._let_go_if_told()
            return found

    def _ask(self, query: str, values: tuple[int, ...] = ()) -> list[Any]:
        try:
            found: list[Any] = self.connection.execute(query, values).fetchall()
        except self.engine.dialect.dbapi.errors.LockNotAvailable:  # type: ignore[union-attr]
            raise
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            self._lose(error)
        return found

    def _hear(self) -> None:
        """Read what the server has sent, and do as told."""
        if self.connection is None:
            self._open()
        libpq = self.connection.pgconn
        try:
            libpq.consume_input()
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            self._lose(error)
        while libpq.notifies():
            self.told = True
        self._let_go_if_told()

    def _let_go_if_told(self) -> None:
        if self.told:
            self._let_go()

    def _let_go(self) -> None:
        if self.held:
            self.held = False  # before the server hears of it: nothing is served from here on
            self._ask(f"SELECT pg_advisory_unlock_shared({_LEASE})")

    def _lose(self, error: Exception) -> NoReturn:
        log.warning("the connection that tells of writes is lost; pages are drawn for every request until it is back")
        self.held = False
        self.connection.close()
        self.connection, self.next_try = None, time.monotonic()
        raise LostError from error

    def _open(self) -> None:
        if time.monotonic() < self.next_try:
            raise LostError
        self.next_try = time.monotonic() + _SECONDS_BETWEEN_TRIES
        connection = _connect(self.engine)
        try:
            connection.rollback()
            connection.autocommit = True
            connection.add_notify_handler(lambda _notify: setattr(self, "told", True))
            connection.execute("SET application_name = 'hustings watch'")
            connection.execute(f"SET lock_timeout = '{_SECONDS_TO_LET_GO}s'")
            connection.execute(f"LISTEN {_CHANNEL}")
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise LostError from error
        self.connection, self.socket, self.held = connection, connection.pgconn.socket, False
        threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: Any) -> None:
        """Let go when told, also while nobody asks for a page."""
        while self.connection is connection:
            if _has_news(self.socket, 1000):
                with self.lock, suppress(LostError):
                    if self.connection is connection:
                        self._hear()


def _has_news(socket: int, milliseconds: int) -> bool:
    """Whether there is something to read; a poll object of its own, because no two threads may ask the same one."""
    look = select.poll()
    look.register(socket, select.POLLIN)
    return bool(look.poll(milliseconds))
