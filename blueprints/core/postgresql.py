"""PostgreSQL: what is particular about it. `core/sqlite.py` answers the same calls for the other database.

Many may write at once here, and we do not let them: see `begin`. Texts are compared byte by byte, as in SQLite,
whatever the language of the server: the same lists on both, and no index that an upgrade of its language data
leaves out of order.
"""

from importlib import import_module
from select import POLLIN, poll
from typing import Any

from sqlalchemy import URL, event, func, select, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError

from blueprints.core.settings import SettingError

# Threads of a worker, and one to spare; ten more may be opened for a moment.
POOL_SIZE = 5
# A server that cannot be reached is given up after so many seconds, and so is a client by the server: one that lost
# its power inside a transaction would keep the lock for as long as its end of the connection is believed in.
SECONDS_TO_CONNECT = 5
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2}
WRITE_LOCK = int.from_bytes(b"hustings")
# SQLSTATE (PostgreSQL, appendix A): connection, resources, rolled back for another, lock, server going or coming.
_BUSY = ("08", "53", "40", "55P03", "57P0")
_FULL = "53100"

# It works while we wait. Four at once are drawn half as fast again as one by one; with sixteen, writers get in fewer
# comments beside readers (58 a second, not 75).
AT_ONCE = 4


def options(url: URL, busy_seconds: int) -> dict[str, Any]:
    """What `create_engine` must be told; a writer waits *busy_seconds* for another. May raise SettingError."""
    try:
        import_module("psycopg")
    except ImportError as error:
        raise SettingError(
            "DATABASE_URL names a PostgreSQL server, for which the package psycopg is missing; "
            'install "psycopg[binary]".'
        ) from error
    settings = {
        "synchronous_commit": "on",  # whatever the server's default: an answered comment is on its disk
        "lock_timeout": f"{busy_seconds}s",
        # What a page asks is answered before a second process is started for it (4 ms) or a plan compiled (100 ms).
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        **{f"tcp_{name}": value for name, value in KEEPALIVES.items()},
    }
    given = url.query.get("options", "")
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {
        "pool_size": POOL_SIZE,
        "use_native_hstore": False,
        "client_encoding": "utf8",
        "connect_args": {
            "connect_timeout": SECONDS_TO_CONNECT,
            "application_name": "hustings",
            **KEEPALIVES,
            **url.query,
            "options": f"{given if isinstance(given, str) else ' '.join(given)} {ours}".strip(),
        },
    }


def prepare(engine: Engine) -> None:
    """Have every connection of *engine* looked at before it is used again."""
    event.listen(engine, "checkout", _replace_dead)


def _replace_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that ended has said goodbye, and one that waits for us is silent: no question to it is needed.

    A question (`pool_pre_ping`) would cost a round trip a request.
    """
    line = poll()
    line.register(connection.fileno(), POLLIN)
    if line.poll(0):
        raise DisconnectionError("the server has closed this connection")  # the pool opens another


def begin(connection: Connection, *, writes: bool) -> None:
    """Begin a transaction: a snapshot that cannot write, or the one write lock and then whatever is newest.

    The lock makes writers take turns, as SQLite does. What is decided from what was read inside `writing()` (the next
    number of a comment, a free slug, whether a text was sent before) then still holds when it is written, without a
    second mechanism for each; and ids, numbers and moments are in the order in which others come to see them, so that
    "what came after number 12" never skips one that was begun earlier and ended later. A write takes about a
    millisecond: turns cost less than retries would. It must be the first statement and READ COMMITTED, since a
    snapshot from before the lock would not see what the writer before us has written.
    """
    raw: Any = connection.connection.dbapi_connection
    if raw.read_only is not (not writes):
        connection.dialect.set_isolation_level(raw, "READ COMMITTED" if writes else "REPEATABLE READ")
        raw.read_only = not writes
    if writes:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def is_busy(error: DBAPIError) -> bool:
    """Whether another writer held the lock for too long, or the server is not there at this moment."""
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(_BUSY)


def is_full(error: DBAPIError) -> bool:
    """Whether there is no room on the server's disk."""
    return getattr(error.orig, "sqlstate", None) == _FULL


def describe(connection: Connection) -> str:
    """The server and its version."""
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one().partition(' ')[0]}"


def fault(connection: Connection) -> str | None:
    """Why this database cannot hold a site, if it cannot."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    return None if encoding == "UTF8" else f"its encoding is {encoding} and must be UTF8"


def settle(connection: Connection, tables: list[str]) -> None:
    """After a migration: have the texts in *tables* compared byte by byte ("C"), not by the server's language."""
    columns = connection.execute(
        text("""
            SELECT a.attrelid::regclass AS "table", string_agg(
                format('ALTER COLUMN %I TYPE %s COLLATE "C"', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
            ) AS changes
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation
            WHERE c.relname = ANY(:tables) AND c.relnamespace = current_schema()::regnamespace
              AND c.relkind = 'r' AND l.collname = 'default' AND NOT a.attisdropped AND a.attnum > 0
            GROUP BY 1
        """),
        {"tables": tables},
    )
    for table, changes in columns.all():
        connection.exec_driver_sql(f"ALTER TABLE {table} {changes}")


def last_id(connection: Connection, table: str) -> int:
    """The largest id that its sequence has given to *table*."""
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table, "id")))
    last: int = connection.exec_driver_sql(
        f"SELECT last_value - 1 + is_called::int FROM {sequence}"  # noqa: S608
    ).scalar_one()
    return last


def own_id(table: str) -> str:
    """In an INSERT: the id that the row has been given. Columns are worked out in order, and `id` is the first."""
    return f"currval(pg_get_serial_sequence('{table}', 'id'))"


def settle_sequence(connection: Connection, table: str, last: int = 0) -> None:
    """After ids were given by hand: go on after the largest and after *last*, never back to one that was given before.

    Unlike setval(), ALTER SEQUENCE is undone with its transaction, as after a dry run.
    """
    largest = connection.exec_driver_sql(f"SELECT max(id) FROM {table}").scalar() or 0  # noqa: S608
    following = max(last_id(connection, table), largest, last) + 1
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table, "id")))
    connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART WITH {following}")


def close(engine: Engine) -> None:
    """Let go, as the site's last process."""
    engine.dispose()
