"""Rows for readers: what a page shows is read past the session, whose bookkeeping is for what will be changed; and the
few rows that every comment writes.

Statements are built once, when their module is imported, and take their values as parameters. They are also compiled
once, and then the driver is asked directly: to prepare and to unpack a statement by way of SQLAlchemy costs four times
what the database needs to answer it (30 µs, not 8).
"""

from bisect import bisect_left
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Delete,
    Insert,
    Integer,
    Select,
    String,
    TextClause,
    Update,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql import visitors

from blueprints.core.db import Base, connection

T = TypeVar("T", bound=Base)
Processor = Callable[[Any], Any]
Question = Select[Any] | CompoundSelect[Any]
Write = Insert | Update | Delete | TextClause
# The lengths that a list of values may have, its last one said again where it is between two: each length is another
# statement, of which a connection keeps a few hundred prepared. What is longer is left to SQLAlchemy.
LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128)
# The statements that were compiled, by their identity and their database; they live as long as their modules.
_compiled: dict[tuple[int, str], "Compiled"] = {}


class Compiled:
    """One statement in the words of one database, with what its values must be turned into on the way in and out."""

    def __init__(self, statement: Question | Write, dialect: Dialect) -> None:
        self.statement = statement = _with_constants(statement)
        self.dialect = dialect
        self.writes = not isinstance(statement, Select | CompoundSelect)
        self.error: type[Exception] = dialect.dbapi.Error  # type: ignore[union-attr]
        self.compiled = statement.compile(dialect=dialect)
        self.lists = [name for name, bind in self.compiled.binds.items() if bind.expanding and bind.required]
        self.written: dict[tuple[int, ...], Written] = {}
        columns: list[Any] = [] if isinstance(statement, TextClause) else list(statement.exported_columns)
        self.on_the_way_out = _processors(
            {at: col.type.dialect_impl(dialect).result_processor(dialect, None) for at, col in enumerate(columns)}
        )
        self.answers = bool(columns)
        self.row = namedtuple("Row", [column.key for column in columns], rename=True)._make  # type: ignore[attr-defined]

    def fetch(self, connection: Connection, values: dict[str, object]) -> Sequence[Any]:
        """The rows for these *values*."""
        lengths: tuple[int, ...] = ()
        if self.lists:
            lists = {name: _filled_up(values[name]) for name in self.lists}
            lengths = tuple(map(len, lists.values()))
            values = {**values, **lists}
        is_odd = lengths and not (0 < min(lengths) <= max(lengths) <= LENGTHS[-1])
        if is_odd or connection.engine.dispatch.before_cursor_execute:  # or somebody wants to see it
            return self._ask_slowly(connection, values)
        written = self.written.get(lengths)
        if written is None:
            written = self.written[lengths] = Written(self, dict(zip(self.lists, lengths, strict=True)))
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor = driver.execute(written.sql, written.given(values))
            found = cursor.fetchall() if self.answers else ()
        except self.error as error:
            if self.writes:  # never twice: SQLite may have ended the transaction, and this would be one of its own
                raise DBAPIError.instance(written.sql, None, error, self.error, hide_parameters=True) from error
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


class Written:
    """A compiled statement as the driver is given it; a list of values makes another one for each length."""

    def __init__(self, found: Compiled, lengths: dict[str, int]) -> None:
        compiled, dialect = found.compiled, found.dialect
        unsaid: dict[str, Any] = {
            name: [None] * lengths[name] if name in lengths else [] if bind.expanding else None
            for name, bind in compiled.binds.items()
            if bind.required
        }
        state = compiled.construct_expanded_state(unsaid)
        self.sql = state.statement
        self.order: Sequence[str] | None = state.positiontup if compiled.positional else None
        self.values = dict(state.parameters)
        self.lists = [(name, state.parameter_expansion[name]) for name in lengths]
        self.listed = {name for _, names in self.lists for name in names}
        binds = [(name, bind) for name, bind in compiled.binds.items() if name not in lengths]
        turns = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds}
        self.on_the_way_in = _processors({**state.processors, **turns})
        self.values.update(
            {name: turn(self.values[name]) for name, turn in self.on_the_way_in if self.values.get(name)}
        )

    def given(self, values: dict[str, object]) -> Any:
        """These *values* as the driver takes them."""
        given: dict[str, Any] = {**self.values, **values}
        for name, names in self.lists:
            given.update(zip(names, given.pop(name), strict=True))
        for name, turn in self.on_the_way_in:
            if name in values or name in self.listed:
                given[name] = turn(given[name])
        return given if self.order is None else [given[name] for name in self.order]


def _filled_up(values: Any) -> list[Any]:
    """*values* in the next of the lengths that a list may have."""
    found = list(values)
    if 0 < len(found) < LENGTHS[-1]:
        found += found[-1:] * (LENGTHS[bisect_left(LENGTHS, len(found))] - len(found))
    return found


def _with_constants(statement: Any) -> Any:
    """*statement* with the texts, numbers and truths that never change written into it, not given each time.

    Only so can the database know beforehand that an index on a part of a table holds all that is asked for. SQLite
    else looks at the value when it is given, and prepares the whole statement anew each time (30 to 100 µs).
    """

    def constant(element: Any, **_: Any) -> Any:
        # What is given has a name of its own; SQLAlchemy names the others, so that each is unique.
        is_constant = isinstance(element, BindParameter) and element.unique and not element.expanding
        if is_constant and isinstance(element.type, String | Integer | Boolean) and element.value is not None:
            return element.render_literal_execute()
        return None

    return visitors.replacement_traverse(statement, {}, constant)


def _processors(found: dict[Any, Processor | None]) -> list[tuple[Any, Processor]]:
    return [(key, processor) for key, processor in found.items() if processor is not None]


def fetch(statement: Question, **values: object) -> Sequence[Any]:
    """The rows of *statement*, in the transaction of this request: tuples with the names of the columns."""
    return _ask(statement, connection(), values)


def write(through: Connection, statement: Write, **values: object) -> Sequence[Any]:
    """Have *statement* done; the rows that it returns, if it says so. The session is not told of them."""
    return _ask(statement, through, values)


def _ask(statement: Question | Write, through: Connection, values: dict[str, object]) -> Sequence[Any]:
    key = id(statement), through.dialect.name
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = Compiled(statement, through.dialect)
    return found.fetch(through, values)


class Whole(tuple[Any, ...]):
    """All rows of something, which are found by their ids and then compared: to hash all words takes longer.

    What is made of them and kept by them is right; if it is the same object again, what is drawn of it is kept too.
    """

    def __hash__(self) -> int:
        return hash(tuple([row[0] for row in self]))


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
