"""A table as it is copied from one database to another: its rows in order, what they come to, what is wrong in them."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Tuple,
    bindparam,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.exc import DBAPIError

# Rows that are fetched at once; those of one transaction, which ends earlier where they are large.
FETCHED, ROWS, SIZE = 100, 1_000, 2_000_000
SHOWN = 20  # faults that are told one by one
Key = tuple[Any, ...]
UNREADABLE = (DBAPIError, ValueError, TypeError)


class Bar(Protocol):
    """What shows how far it is."""

    def update(self, n_steps: int, /) -> object:
        """So many rows were read or written."""


@dataclass
class Content:
    """What a table holds: its rows and a checksum over every value, the same in whichever database they are."""

    table: str
    rows: int = 0
    first: Any = field(default_factory=hashlib.sha256, compare=False)
    later: Any = field(default_factory=hashlib.sha256, compare=False)

    @property
    def checksum(self) -> str:
        """SHA-256 in hexadecimal digits."""
        return hashlib.sha256(self.first.digest() + self.later.digest()).hexdigest()

    def agrees_with(self, other: "Content", *, references: bool = True) -> bool:
        """Whether the rows are the same, with or without the references that are set after all rows are there."""
        mine, theirs = (self.checksum, other.checksum) if references else (self.first.digest(), other.first.digest())
        return (self.rows, mine) == (other.rows, theirs)


class Sheet:
    """A table as it is copied: in the order of its primary key, references to later rows of its own at the end."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.names = [column.name for column in table.columns]
        self.key = list(table.primary_key.columns)
        self.key_at = [self.names.index(column.name) for column in self.key]
        self.inward = [reference.parent for reference in table.foreign_keys if reference.column.table is table]
        self.inward_at = [self.names.index(column.name) for column in self.inward]
        self.json_at = [at for at, column in enumerate(table.columns) if isinstance(column.type, JSON)]
        self.kinds = [
            (at, column, kind, getattr(column.type, "length", None))
            for at, column in enumerate(table.columns)
            if (kind := _kind(column))
        ]

    def key_of(self, row: Row[Any]) -> Key:
        """The primary key of *row*."""
        return tuple(row[at] for at in self.key_at)

    def count(self, connection: Connection) -> int:
        """How many rows there are."""
        return connection.scalar(select(func.count()).select_from(self.table)) or 0

    def last_key(self, connection: Connection) -> Key | None:
        """The key of the last row, if there is any."""
        row = connection.execute(select(*self.key).order_by(*(column.desc() for column in self.key)).limit(1)).first()
        return None if row is None else tuple(row)

    def rows(self, connection: Connection, *, after: Key | None = None, until: Key | None = None) -> Iterator[Row[Any]]:
        """The rows in the order of their keys, perhaps those *after* one and *until* one; few are in memory at once."""
        query = select(self.table).order_by(*self.key).execution_options(yield_per=FETCHED)
        if after is not None:
            query = query.where(tuple_(*self.key) > self._values(after))
        if until is not None:
            query = query.where(tuple_(*self.key) <= self._values(until))
        with connection.execute(query) as result:
            yield from result

    def add(self, content: Content, row: Row[Any]) -> None:
        """Count *row* in and let it count for the checksum.

        `repr` of Python's own values is one to one: NULL is not '', 1 is not '1', and no separator can be forged.
        """
        values, later = self.split(row)
        for at in self.json_at:
            values[at] = json.dumps(values[at], sort_keys=True)
        content.rows += 1
        content.first.update(repr(values).encode())
        if later:
            content.later.update(repr((self.key_of(row), later)).encode())

    def split(self, row: Row[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The values of *row* as they can be written in its turn, and the references that must wait for later rows."""
        values, later = list(row), {}
        for at in self.inward_at:
            if values[at] is not None and (values[at],) > self.key_of(row):
                later[self.names[at]] = values[at]
                values[at] = None
        return values, later

    def content(self, rows: Iterable[Row[Any]], bar: Bar | None = None) -> Content:
        """What *rows* come to."""
        content = Content(self.table.name)
        for row in rows:
            self.add(content, row)
            if bar:
                bar.update(1)
        return content

    def copy(self, source: Connection, target: Connection, bar: Bar) -> None:
        """Write the rows that the target does not have yet."""
        with target.begin():
            last = self.last_key(target)
            bar.update(self.count(target))
        for batch in batches(self.rows(source, after=last)):
            values = [dict(zip(self.names, self.split(row)[0], strict=True)) for row in batch]
            with target.begin():
                target.execute(self.table.insert(), values)
            bar.update(len(batch))

    def refer(self, source: Connection, target: Connection) -> None:
        """Set the references that had to wait until every row was there."""
        for column in self.inward:
            (key,) = self.key
            query = select(key.label("row"), column.label("to")).where(column > key).order_by(key)
            change = self.table.update().where(key == bindparam("row")).values({column.name: bindparam("to")})
            with source.execute(query.execution_options(yield_per=ROWS)) as result:
                for batch in result.mappings().partitions():
                    with target.begin():
                        target.execute(change, [dict(row) for row in batch])

    def faults(self, row: Row[Any]) -> Iterator[str]:
        """What in *row* is not what the table promises; SQLite keeps it all the same, PostgreSQL would not."""
        for at, column, kind, length in self.kinds:
            value = row[at]
            if value is None:
                continue
            if not isinstance(value, kind):
                yield self.fault(self.key_of(row), column, f"is {type(value).__name__}, not {kind.__name__}")
            elif isinstance(value, str):
                if "\0" in value:
                    yield self.fault(self.key_of(row), column, "holds the character U+0000")
                if length is not None and len(value) > length:
                    yield self.fault(self.key_of(row), column, f"has {len(value)} characters, at most {length} fit")

    def fault(self, key: Iterable[Any], column: Column[Any], what: str) -> str:
        """A sentence that leads to the value."""
        return f"{self.table.name} {', '.join(map(str, key))}: {column.name} {what}."

    def readable_rows(self, connection: Connection, faults: "Faults") -> Iterator[Row[Any]]:
        """The rows, but those with a value that cannot be read as what it should be; these are *faults*."""
        last: Key | None = None
        while True:
            try:
                for row in self.rows(connection, after=last):
                    yield row
                    last = self.key_of(row)
                return
            except UNREADABLE as error:  # somewhere in what was fetched together
                known = faults.number
                for key in self._next_keys(connection, last):
                    try:
                        yield connection.execute(select(self.table).where(*self._is(key))).one()
                    except UNREADABLE:
                        faults.extend(self._unreadable(connection, key))
                    last = key
                if faults.number == known:
                    raise error

    def _next_keys(self, connection: Connection, after: Key | None) -> list[Key]:
        query = select(*self.key).order_by(*self.key).limit(FETCHED)
        if after is not None:
            query = query.where(tuple_(*self.key) > self._values(after))
        return [tuple(row) for row in connection.execute(query)]

    def _unreadable(self, connection: Connection, key: Key) -> Iterator[str]:
        for column in self.table.columns:
            try:
                connection.execute(select(column).where(*self._is(key))).one()
            except UNREADABLE:
                yield self.fault(key, column, "cannot be read")

    def _is(self, key: Key) -> Iterator[ColumnElement[bool]]:
        return (column == value for column, value in zip(self.key, key, strict=True))

    def orphans(self, connection: Connection) -> Iterator[str]:
        """References to rows that are not there, which only a hand beside the application can have made."""
        for reference in sorted(self.table.foreign_keys, key=lambda found: found.parent.name):
            column, parent = reference.parent, reference.column.table.alias()
            there = exists().where(parent.c[reference.column.name] == column)
            lost = select(column, *self.key).where(column.is_not(None), ~there).order_by(*self.key).limit(SHOWN)
            for value, *key in connection.execute(lost):
                yield self.fault(key, column, f"names {value}, and there is no such {reference.column.table.name}")

    def _values(self, key: Key) -> Tuple:
        return tuple_(*(literal(value, column.type) for value, column in zip(key, self.key, strict=True)))


@dataclass
class Faults:
    """What has to be corrected: how many, and the first of them as sentences."""

    number: int = 0
    shown: list[str] = field(default_factory=list)

    def extend(self, faults: Iterable[str]) -> None:
        """Add *faults*."""
        for fault in faults:
            self.number += 1
            if self.number <= SHOWN:
                self.shown.append(fault)

    def __str__(self) -> str:
        more = self.number - len(self.shown)
        return "\n".join([*self.shown, f"And {more} more."] if more else self.shown)


def _kind(column: Column[Any]) -> type | None:
    """What a value must be in Python, where SQLite does not see to it and reading would not fail."""
    kinds: dict[type, type] = {String: str, Integer: int, LargeBinary: bytes}
    return next((kind for type_, kind in kinds.items() if isinstance(column.type, type_)), None)


def batches(rows: Iterable[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """*rows* by the number or the size that one transaction writes."""
    batch: list[Row[Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(batch) == ROWS or size >= SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
