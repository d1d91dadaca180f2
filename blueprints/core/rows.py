"""Rows for readers: what a page shows is read past the session, whose bookkeeping is for what will be changed; and the
few rows that every comment writes.

Statements are built once, when their module is imported, and take their values as parameters. They are also compiled
once, and then the driver is asked directly: to prepare and to unpack a statement by way of SQLAlchemy costs four times
what the database needs to answer it (30 µs, not 8).
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Delete, Insert, Select, TextClause, Update
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.attributes import instance_state

from blueprints.core.db import Base, db

T = TypeVar("T", bound=Base)
Processor = Callable[[Any], Any]
Question = Select[Any] | CompoundSelect[Any]
Write = Insert | Update | Delete | TextClause
# The statements that were compiled, by their identity and their database; they live as long as their modules.
_compiled: dict[tuple[int, str], "Compiled"] = {}


class Compiled:
    """One statement in the words of one database, with what its values must be turned into on the way in and out."""

    def __init__(self, statement: Question | Write, dialect: Dialect) -> None:
        self.statement = statement
        self.writes = not isinstance(statement, Select | CompoundSelect)
        self.error: type[Exception] = dialect.dbapi.Error  # type: ignore[union-attr]
        compiled = statement.compile(dialect=dialect)
        # A list of values makes another statement for each length, unless it is written in the statement itself.
        self.is_fixed = not any(bind.expanding and bind.required for bind in compiled.binds.values())
        unsaid: dict[str, Any] = {
            name: [] if bind.expanding else None for name, bind in compiled.binds.items() if bind.required
        }
        written = compiled.construct_expanded_state(unsaid)
        self.sql = written.statement
        self.order: Sequence[str] | None = written.positiontup if compiled.positional else None
        self.values = dict(written.parameters)
        turns = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        self.on_the_way_in = _processors({**written.processors, **turns})
        self.values.update(
            {name: turn(self.values[name]) for name, turn in self.on_the_way_in if self.values.get(name)}
        )
        columns: list[Any] = [] if isinstance(statement, TextClause) else list(statement.exported_columns)
        self.on_the_way_out = _processors(
            {at: col.type.dialect_impl(dialect).result_processor(dialect, None) for at, col in enumerate(columns)}
        )
        self.answers = bool(columns)
        self.row = namedtuple("Row", [column.key for column in columns], rename=True)._make  # type: ignore[attr-defined]

    def fetch(self, connection: Connection, values: dict[str, object]) -> Sequence[Any]:
        """The rows for these *values*."""
        if not self.is_fixed or connection.engine.dispatch.before_cursor_execute:  # somebody wants to see it
            return self._ask_slowly(connection, values)
        given: dict[str, Any] = {**self.values, **values}
        for name, turn in self.on_the_way_in:
            if name in values:
                given[name] = turn(given[name])
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, given if self.order is None else [given[name] for name in self.order])
            found = cursor.fetchall() if self.answers else ()
        except self.error as error:
            cursor.close()
            if self.writes:  # never twice: SQLite may have ended the transaction, and this would be one of its own
                raise DBAPIError.instance(self.sql, None, error, self.error, hide_parameters=True) from error
            # Asked once more by way of SQLAlchemy, which knows what becomes of a connection after this error.
            return self._ask_slowly(connection, values)
        cursor.close()
        if not self.on_the_way_out:
            return [self.row(row) for row in found]
        rows = []
        for each in found:
            row = list(each)
            for at, turn in self.on_the_way_out:
                if row[at] is not None:
                    row[at] = turn(row[at])
            rows.append(self.row(row))
        return rows

    def _ask_slowly(self, connection: Connection, values: dict[str, object]) -> Sequence[Any]:
        found = connection.execute(self.statement, values)
        return found.all() if found.returns_rows else ()


def _processors(found: dict[Any, Processor | None]) -> list[tuple[Any, Processor]]:
    return [(key, processor) for key, processor in found.items() if processor is not None]


def fetch(statement: Question, **values: object) -> Sequence[Any]:
    """The rows of *statement*, in the transaction of this request: tuples with the names of the columns."""
    return _ask(statement, db.session.connection(), values)


def write(connection: Connection, statement: Write, **values: object) -> Sequence[Any]:
    """Have *statement* done; the rows that it returns, if it says so. The session is not told of them."""
    return _ask(statement, connection, values)


def _ask(statement: Question | Write, connection: Connection, values: dict[str, object]) -> Sequence[Any]:
    key = id(statement), connection.dialect.name
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = Compiled(statement, connection.dialect)
    return found.fetch(connection, values)


class Shape(Generic[T]):
    """What a row with these *columns* makes: a *model* that belongs to no session.

    What was not read is not there: to ask for it raises an error, to write it is never stored.
    """

    def __init__(self, model: type[T], columns: Iterable[ColumnElement[Any]]) -> None:
        self.model = model
        self.names = [str(column.key) for column in columns]
        self.set_up = model.__mapper__.class_manager.setup_instance
        self.key = [str(column.key) for column in model.__mapper__.primary_key]
        self.unread = {attribute.key for attribute in model.__mapper__.column_attrs}.difference(self.names)

    def of(self, row: Sequence[Any], **others: object) -> T:
        """The one with the values of *row*, which begins with the columns, and the *others*."""
        found = self.model.__new__(self.model)
        self.set_up(found)  # all that we need of what the constructor and a session would do
        state = instance_state(found)
        values = state.dict
        values.update(zip(self.names, row, strict=False), **others)
        state.key = (self.model, tuple(values.get(name) for name in self.key), None)
        state.expired_attributes.update(self.unread)
        return found
