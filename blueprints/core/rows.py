"""Rows for readers: what a page shows is read past the session, whose bookkeeping is for what will be changed.

Statements are built once, when their module is imported, and take their values as parameters: building and
hashing them anew costs more than the database needs to answer.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Executable, Row
from sqlalchemy.orm import make_transient_to_detached

from blueprints.core.db import Base, db

T = TypeVar("T", bound=Base)


def fetch(statement: Executable, **values: object) -> Sequence[Row[Any]]:
    """The rows of *statement*, in the transaction of this request."""
    return db.session.connection().execute(statement, values).all()


def detached(model: type[T], columns: Iterable[Any], row: Sequence[Any], **others: object) -> T:
    """A *model* that belongs to no session, with the values of *row*, which begins with *columns*, and the *others*.

    What was not read is not there: to ask for it raises an error, to write it is never stored.
    """
    found = model()
    found.__dict__.update({column.name: value for column, value in zip(columns, row, strict=False)}, **others)
    make_transient_to_detached(found)
    return found
