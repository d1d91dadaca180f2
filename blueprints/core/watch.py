"""How a process learns that anybody has committed a write, before it serves what it keeps.

SQLite is asked (`PRAGMA data_version`, 2 µs on a connection of its own); PostgreSQL tells (LISTEN/NOTIFY on a
connection of its own, whose socket is looked at, 0.4 µs). Both are exact in the same sense: what was committed before
the question is in the answer.
"""

import logging
import select
import threading
import time
from typing import Any, NoReturn, Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

log = logging.getLogger("hustings.watch")
_CHANNEL = "hustings_generation"
_NUMBER = "(SELECT max(number) FROM generation)"
_NOTIFY = text(f"SELECT {_NUMBER}, pg_notify('{_CHANNEL}', {_NUMBER}::text)")
_SINCE = "SELECT name, number FROM generation WHERE number > "
_NEWEST = "SELECT coalesce(max(number), 0) FROM generation"
_SECONDS_BETWEEN_TRIES = 1.0
_SECONDS_TO_BE_TOLD = 0.5
# The system gives a silent connection up after about ten seconds; until then nothing can be told from silence.
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "connect_timeout": 2,
    "application_name": "hustings watch",
}


class LostError(Exception):
    """Nobody can say at this moment whether something was written."""


class Watch(Protocol):
    """What the page cache asks of a database."""

    def moved(self) -> bool:
        """Whether anything may have been committed since the last `since` on this thread; LostError if unknown."""

    def since(self, number: int) -> list[tuple[str, int]]:
        """The (name, number) of every generation above *number*; LostError if unknown."""

    def newest(self) -> int:
        """The number of the newest generation; LostError if unknown."""

    def await_number(self, number: int) -> None:
        """After an own write: wait until the database has told its listeners of generation *number*."""

    def close(self) -> None:
        """Let go of the connections of this process."""


def of(engine: Engine) -> Watch:
    """The watch on the database of *engine*; opened in the process that asks first, not before."""
    return PostgreSQLWatch(engine) if engine.dialect.name == "postgresql" else SQLiteWatch(engine)


def announce(connection: Connection) -> int:
    """Inside a write that has moved generations: let every process be told at its commit.

    Returns the number that they will be told, 0 where they ask by themselves.
    """
    if connection.dialect.name != "postgresql":
        return 0
    number: int = connection.execute(_NOTIFY).one()[0]
    return number


class SQLiteWatch:
    """A connection for each thread: the data version is that of all others, as one connection sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.here = threading.local()
        self.opened: list[Any] = []

    def moved(self) -> bool:
        """Whether another connection has committed since this thread last looked."""
        try:
            for (version,) in self.here.execute("PRAGMA data_version"):
                return bool(version != self.here.version)
        except AttributeError:
            self._open()
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise LostError from error
        return True

    def since(self, number: int) -> list[tuple[str, int]]:
        """The generations above *number*."""
        return self._rows(f"{_SINCE}{number:d}")

    def newest(self) -> int:
        """The number of the newest generation."""
        return int(self._rows(_NEWEST)[0][0])

    def _rows(self, query: str) -> list[Any]:
        try:
            if not hasattr(self.here, "execute"):
                self._open()
            (version,) = self.here.execute("PRAGMA data_version").fetchone()
            found: list[Any] = self.here.execute(query).fetchall()
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise LostError from error
        self.here.version = version  # read before the rows: what came between is asked for once more
        return found

    def await_number(self, number: int) -> None:
        """Nobody is told: everybody asks."""

    def close(self) -> None:
        """Close every thread's connection."""
        while self.opened:
            self.opened.pop().close()
        self.here = threading.local()

    def _open(self) -> None:
        try:
            fairy = self.engine.raw_connection()
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise LostError from error
        connection: Any = fairy.driver_connection
        fairy.detach()  # the pool's connections are for requests
        self.opened.append(connection)
        self.here.version = None
        self.here.execute = connection.cursor().execute


class PostgreSQLWatch:
    """One listening connection for all threads of the process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.Lock()
        self.connection: Any = None
        self.socket = -1
        self.told = True
        self.heard = 0
        self.next_try = 0.0

    def moved(self) -> bool:
        """Whether the server has told of a write that `since` has not looked at yet."""
        if self.connection is None:
            self._connect()
        elif _has_news(self.socket, 0):
            with self.lock:
                self._hear()
        return self.told

    def since(self, number: int) -> list[tuple[str, int]]:
        """The generations above *number*."""
        return self._rows(f"{_SINCE}{number:d}")

    def newest(self) -> int:
        """The number of the newest generation."""
        return int(self._rows(_NEWEST)[0][0])

    def _rows(self, query: str) -> list[Any]:
        with self.lock:
            if self.connection is None:
                raise LostError
            self.told = False  # before the question: what is told meanwhile is asked for once more
            try:
                found: list[Any] = self.connection.execute(query).fetchall()
            except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
                self._lose(error)
            return found

    def await_number(self, number: int) -> None:
        """Wait for the server to tell us: it has then told all others, at the same moment, in their own sockets."""
        deadline = time.monotonic() + _SECONDS_TO_BE_TOLD
        while self.heard < number and self.connection is not None and time.monotonic() < deadline:
            _has_news(self.socket, 100)
            with self.lock:
                self._hear()

    def close(self) -> None:
        """Stop listening."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection, self.told = None, True

    def _hear(self) -> None:
        if self.connection is None:
            raise LostError
        libpq = self.connection.pgconn
        try:
            libpq.consume_input()
            while notify := libpq.notifies():
                self._take(notify.extra)
        except self.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            self._lose(error)

    def _take(self, number: bytes | str) -> None:
        self.told, self.heard = True, max(self.heard, int(number))

    def _lose(self, error: Exception) -> NoReturn:
        """Until the connection is back, nobody is told of anything: nothing that is kept may be served."""
        log.warning("the connection that tells of writes is lost; pages are drawn for every request until it is back")
        self.connection.close()
        self.connection, self.told, self.next_try = None, True, time.monotonic()
        raise LostError from error

    def _connect(self) -> None:
        with self.lock:
            if self.connection is not None:
                return
            if time.monotonic() < self.next_try:
                raise LostError
            self.next_try = time.monotonic() + _SECONDS_BETWEEN_TRIES
            driver = self.engine.dialect.dbapi
            words, options = self.engine.dialect.create_connect_args(self.engine.url)
            try:
                connection = driver.connect(*words, **{**options, **_KEEPALIVE}, autocommit=True)  # type: ignore[union-attr]
                connection.add_notify_handler(lambda notify: self._take(notify.payload))
                connection.execute(f"LISTEN {_CHANNEL}")
            except driver.Error as error:  # type: ignore[union-attr]
                raise LostError from error
            self.socket = connection.pgconn.socket
            self.told, self.connection = True, connection


def _has_news(socket: int, milliseconds: int) -> bool:
    """Whether there is something to read; a poll object of its own, because no two threads may ask the same one."""
    look = select.poll()
    look.register(socket, select.POLLIN)
    return bool(look.poll(milliseconds))
