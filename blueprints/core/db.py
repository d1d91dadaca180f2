"""The database: one engine, one kind of transaction for reading and one for writing.

Reading opens a snapshot that ends with the request. Writing happens inside `writing()`, which takes the
write lock before it looks at anything and commits at its end. SQLite's durability is set here.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from blueprints.core.settings import SettingError

BUSY_SECONDS = 5
LARGEST_ID = 2**63 - 1  # what a row's number can be, in every database
# WAL-reset fault: two connections that write and checkpoint at once can damage the file.
# Fixed in 3.51.3, 3.50.7 and 3.44.6 (sqlite.org, release notes of these versions).
_SOUND_FROM = (3, 51, 3)
_SOUND_BRANCHES = {(3, 50): 7, (3, 44): 6}
_WRITES = "hustings_writes"


class Base(DeclarativeBase):
    """The root of all tables; constraints have names, so that a migration can find them."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        # SQLite's integers hold 64 bits by themselves; PostgreSQL must be asked.
        type_annotation_map={int: BigInteger().with_variant(Integer, "sqlite")},
    )


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"expire_on_commit": False, "autoflush": True},
)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python and naive in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite's library is free of the WAL-reset fault."""
    if version >= _SOUND_FROM:
        return True
    fixed = _SOUND_BRANCHES.get((version[0], version[1]))
    return fixed is not None and version[2] >= fixed


def sqlite_driver() -> ModuleType:
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
    driver: ModuleType = dbapi2
    return driver


def init_app(app: Flask) -> None:
    """Bind the database named in the settings to *app*."""
    url = app.config["SETTINGS"].database_url
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options: dict[str, Any] = {}
    if make_url(url).get_backend_name() == "sqlite":
        options["module"] = sqlite_driver()
        options["connect_args"] = {"timeout": BUSY_SECONDS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, never by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing() -> Iterator[None]:
    """One short write transaction: the lock first, then the block, then the commit.

    A snapshot that was only read cannot be turned into a write, so what was read before is let go.
    """
    db.session.rollback()
    db.session.expire_all()  # a rollback forgets nothing where nothing had begun
    db.session.connection(execution_options={_WRITES: True})
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
