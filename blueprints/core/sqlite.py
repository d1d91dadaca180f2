"""SQLite: what is particular about it. `core/postgresql.py` answers the same calls for the other database.

One file, one writer. Durability is set here: a log that is written through to the disk at every commit.
"""

import sqlite3
from types import ModuleType
from typing import Any

from sqlalchemy import URL, BindParameter, ColumnElement, FromClause, event, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from blueprints.core.settings import SettingError

# WAL-reset fault: two connections that write and checkpoint at once can damage the file.
# Fixed in 3.51.3, 3.50.7 and 3.44.6 (sqlite.org, release notes of these versions).
_SOUND_FROM = (3, 51, 3)
_SOUND_BRANCHES = {(3, 50): 7, (3, 44): 6}

# What each connection keeps of the file (by itself 2 MB); anybody's write makes it worthless, and the system has the
# file in memory. A page with 30 comments finds all it needs in it, one with 1,000 asks 170 times more, 1 µs each.
PAGES_KB = 512
# How many statements a connection keeps prepared. By itself 100, and of what comes after those each would put out the
# one before: the public pages alone have some 120.
STATEMENTS = 250

# It answers in this process, and lets another thread have Python at each row. One request after another, 32 readers'
# pages cost a fourteenth less, and four writers beside four readers get in 185 comments a second, not 127.
AT_ONCE = 1


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite's library is free of the WAL-reset fault."""
    if version >= _SOUND_FROM:
        return True
    fixed = _SOUND_BRANCHES.get((version[0], version[1]))
    return fixed is not None and version[2] >= fixed


def driver() -> ModuleType:
    """The one module through which this process opens SQLite files: the standard one if it is sound.

    Raises SettingError where neither it nor pysqlite3 brings a sound library.
    """
    if is_sound(sqlite3.sqlite_version_info):
        return sqlite3
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        dbapi2 = None
    if dbapi2 is None or not is_sound(dbapi2.sqlite_version_info):
        raise SettingError(
            f"SQLite {sqlite3.sqlite_version} can damage a database that several processes write; "
            "install pysqlite3 0.6.1 or newer."
        )
    module: ModuleType = dbapi2
    return module


def options(_url: URL, busy_seconds: int) -> dict[str, Any]:
    """What `create_engine` must be told; a writer waits *busy_seconds* for another. May raise SettingError."""
    return {
        "module": driver(),
        "connect_args": {"timeout": busy_seconds, "cached_statements": STATEMENTS},
        "pool_use_lifo": True,
    }


class _Compiler(SQLiteCompiler):
    """Writes a LIMIT or OFFSET that is given at each call as a sum, which SQLite does not look into; and hints.

    As a plain parameter it is looked at while the statement is prepared, so that each new value has all of it prepared
    again (sqlite3_bind, "automatically recompiled"): 30 to 100 µs a statement.
    """

    def limit_clause(self, select: Any, **kw: Any) -> str:
        limit, offset = select._limit_clause, select._offset_clause
        text = f"\n LIMIT {'-1' if limit is None else self._number(limit, **kw)}"
        return text if offset is None else f"{text} OFFSET {self._number(offset, **kw)}"

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        """A hint (`INDEXED BY …`) as it stands behind the name of its table."""
        return text

    def _number(self, clause: ColumnElement[int], **kw: Any) -> str:
        is_given = isinstance(clause, BindParameter) and not clause.literal_execute
        return ("0 + " if is_given else "") + self.process(clause, **kw)


def prepare(engine: Engine) -> None:
    """Have every connection of *engine* opened for durability, and its statements prepared once."""
    engine.dialect.statement_compiler = _Compiler
    event.listen(engine, "connect", _open)


def _open(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by `begin`, never by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{PAGES_KB}")
    cursor.close()


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin a transaction: a snapshot at its first look, or the write lock at once."""
    # The driver is asked directly, at every request: by way of SQLAlchemy it takes 30 µs, not 2.
    driver_connection: Any = connection.connection.driver_connection
    try:
        driver_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except driver().Error as error:
        raise OperationalError("BEGIN", None, error) from error


def is_busy(error: DBAPIError) -> bool:
    """Whether another writer held the file for too long."""
    reason = str(error.orig)
    return "locked" in reason or "busy" in reason


def is_full(error: DBAPIError) -> bool:
    """Whether there is no room on the disk."""
    return "disk is full" in str(error.orig)


def describe(_connection: Connection) -> str:
    """The library and its version."""
    return f"SQLite {driver().sqlite_version}"


def fault(_connection: Connection) -> str | None:
    """Why this database cannot hold a site: nothing that opening it would not have said."""
    return None


def settle(_connection: Connection, _tables: list[str]) -> None:
    """After a migration: texts are compared byte by byte without being told."""


def last_id(connection: Connection, table: str) -> int:
    """The largest id that AUTOINCREMENT has seen in *table*; 0 where ids may return."""
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return connection.scalar(query, {"table": table}) or 0


def own_id(table: str) -> str:
    """In an INSERT: the id that AUTOINCREMENT gives to the row."""
    # The name is that of a table of ours, which code gives, never a request.
    return f"(SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = '{table}')"  # noqa: S608


def settle_sequence(connection: Connection, table: str, last: int = 0) -> None:
    """After ids were given by hand: AUTOINCREMENT has seen them, and goes on after *last* all the same."""
    names = {"table": table, "last": last}
    connection.execute(
        text(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE type = 'table' "
            "AND name = :table AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)"
        ),
        names,
    )
    connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :table"), names)


def close(engine: Engine) -> None:
    """Let go, as the site's last process: the last connection writes the log back, the file alone is then the site."""
    engine.connect().close()
    engine.dispose()
