"""The database: one engine, one kind of transaction for reading and one for writing.

Reading opens a snapshot that ends with the request. Writing happens inside `writing()`, which takes the
write lock before it looks at anything and commits at its end. What differs between SQLite and PostgreSQL is in
`core/sqlite.py` and `core/postgresql.py`, and nowhere else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import Flask, g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import URL, BigInteger, DateTime, Dialect, Integer, MetaData, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from blueprints.core import postgresql, sqlite

BUSY_SECONDS = 5
LARGEST_ID = 2**63 - 1  # what a row's number can be, in every database
# The execution option of a connection whose transactions begin with the write lock.
WRITES = "hustings_writes"
# The threads of a process take turns here, in order; SQLite would have each ask again, ever more seldom.
_turn = threading.RLock()


def id_in(text: str | None) -> int | None:
    """The id that *text* is; nothing if no row can have it."""
    if text and text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST_ID:
        return int(text)
    return None


class Backend(Protocol):
    """What each of the two database modules can be asked."""

    # How many requests of a process use it at once; more of them compete for Python, and each gets dearer.
    AT_ONCE: int

    def options(self, _url: URL, busy_seconds: int, /) -> dict[str, Any]:
        """What `create_engine` must be told."""

    def prepare(self, engine: Engine) -> None:
        """Have the engine's connections opened or kept as they must be."""

    def begin(self, connection: Connection, *, writes: bool) -> None:
        """Begin a transaction."""

    def is_busy(self, error: DBAPIError) -> bool:
        """Whether trying again later will help."""

    def is_full(self, error: DBAPIError) -> bool:
        """Whether there is no room left."""

    def describe(self, _connection: Connection, /) -> str:
        """Its name and version."""

    def fault(self, _connection: Connection, /) -> str | None:
        """Why it cannot hold a site."""

    def settle(self, _connection: Connection, _tables: list[str], /) -> None:
        """What is left to do after a migration."""

    def last_id(self, _connection: Connection, _table: str, /) -> int:
        """The largest id that is known to have been given."""

    def own_id(self, _table: str, /) -> str:
        """In the SQL of an INSERT: the id that the row is given by it."""

    def settle_sequence(self, _connection: Connection, _table: str, _last: int = 0, /) -> None:
        """What is left to do after ids were given by hand, the *last* of them perhaps no longer there."""

    def close(self, engine: Engine) -> None:
        """Let go, as the site's last process."""


_BACKENDS: dict[str, Backend] = {"sqlite": sqlite, "postgresql": postgresql}


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


class Session(FlaskSession):
    """Takes part in the transaction of `writing()` or of what was read past it; without one it begins its own."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """The connection that writes or reads, else the engine."""
        return g.get("connection") or super().get_bind(*args, **kwargs)

    def rollback(self) -> None:
        """Let go of what was read as well; inside `writing()` all that was written until here is taken back."""
        super().rollback()
        if "is_writing" in g:
            g.connection.rollback()
            for step in _undone:
                step(notes())
        _let_go()

    def close(self) -> None:
        """Let go of what was read as well."""
        super().close()
        _let_go()


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"class_": Session, "expire_on_commit": False, "autoflush": True},
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

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """From what the driver gives: a text from SQLite, else a moment. A thread has one for each comment."""
        return aware


class OwnId(FunctionElement[int]):
    """In an INSERT into *table*: the id that the row is given by it, for a column that begins with that."""

    type = BigInteger()
    inherit_cache = False

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table_name = table


@compiles(OwnId)
def _own_id(element: OwnId, compiler: SQLCompiler, **_options: Any) -> str:
    return _BACKENDS[compiler.dialect.name].own_id(element.table_name)


def aware(value: Any) -> datetime | None:
    """The moment that a driver gives as a text or without its time zone."""
    if value is None:
        return None
    if type(value) is str:
        return datetime.fromisoformat(value + "+00:00")
    moment: datetime = value.replace(tzinfo=UTC)
    return moment


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def backend() -> Backend:
    """The module that knows what is particular about the database in use."""
    return _BACKENDS[db.engine.dialect.name]


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` must be told to open *url* as this site does; raises SettingError where it cannot."""
    address = make_url(url)
    return _BACKENDS[address.get_backend_name()].options(address, BUSY_SECONDS)


def prepare(engine: Engine) -> None:
    """Give *engine* the two kinds of transaction."""
    module = _BACKENDS[engine.dialect.name]
    module.prepare(engine)
    event.listen(
        engine,
        "begin",
        lambda connection: module.begin(connection, writes=WRITES in connection.get_execution_options()),
    )


def init_app(app: Flask) -> None:
    """Bind the database named in the settings to *app*."""
    url = app.config["SETTINGS"].database_url
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    app.teardown_appcontext(_let_go)  # after the session, if there was one
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def connection() -> Connection:
    """That of this transaction. What only reads begins one without a session, which takes 35 µs to make and end."""
    found: Connection | None = g.get("connection")
    if found is None:
        if (session := _session()) and session.in_transaction():
            found = session.connection()
        else:
            found = db.engine.connect()
            found.begin()
        g.connection = found
    return found


def flush() -> None:
    """Write what the session holds of changed rows, if anybody has asked for one."""
    if session := _session():
        session.flush()


def notes() -> dict[str, Any]:
    """What the slices have noted for the end of this write."""
    found: dict[str, Any] = g.setdefault("notes", {})
    return found


def _session() -> FlaskSession | None:
    return db.session.registry() if db.session.registry.has() else None


def let_go() -> None:
    """End what was read here, by the session and past it; what follows reads anew."""
    db.session.remove()
    _let_go()


def _let_go(_error: BaseException | None = None) -> None:
    if "is_writing" not in g and (held := g.pop("connection", None)):
        held.close()


Step = Callable[[dict[str, Any]], object]
# What a slice has to do at the end of every write; each is given the `notes` that were made on the way.
_last: list[Step] = []
_done: list[Step] = []
_undone: list[Step] = []


def before_commit(step: Step) -> Step:
    """Have *step* taken as the last thing in every write, when its rows are written."""
    _last.append(step)
    return step


def after_commit(step: Step) -> Step:
    """Have *step* taken when a write is stored."""
    _done.append(step)
    return step


def after_rollback(step: Step) -> Step:
    """Have *step* taken when a write has failed."""
    _undone.append(step)
    return step


@contextmanager
def writing() -> Iterator[None]:
    """One short write transaction: the lock first, then the block, then the commit.

    A snapshot that was only read cannot be turned into a write, so what was read before is let go. The transaction is
    the connection's: a write that goes past the session needs none.
    """
    if "is_writing" in g:
        raise RuntimeError("a write inside a write: what the outer one has written would be taken back")
    if session := _session():
        session.rollback()
        session.expire_all()  # a rollback forgets nothing where nothing had begun
    _let_go()
    if not _turn.acquire(timeout=BUSY_SECONDS):
        raise OperationalError("BEGIN", None, TimeoutError("busy: other threads of this process are writing"))
    try:
        with db.engine.connect() as held:
            held.execution_options(**{WRITES: True}).begin()
            g.connection, g.is_writing = held, True
            try:
                yield
                flush()
                for step in _last:
                    step(notes())
                held.commit()
                if (session := _session()) and session.in_transaction():
                    session.commit()
            except BaseException:
                db.session.rollback()
                raise
            finally:
                del g.connection, g.is_writing
        for step in _done:
            step(notes())
    finally:
        _turn.release()
