"""Moving the site's database: to PostgreSQL, to SQLite, or to another of the same kind.

The source's write lock is held from the first look to the last, and nothing is written to it: readers go on reading,
writers are asked to wait. So there is one state to copy without a snapshot that would pin anything, and SQLite's log
cannot grow meanwhile. Every value is read and checked before the target is touched; the copy is read again at the end.

A move that was interrupted goes on after the last row of each table. What tells it from a full database is one table
more, the mark, which the last transaction drops. What was copied before is compared with the source first, and copied
anew if somebody has written since.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    exists,
    inspect,
    literal,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from blueprints.core import db as database
from blueprints.core.db import WRITES, backend, db
from blueprints.operations import upgrade
from blueprints.operations.sheet import Bar, Content, Faults, Sheet
from blueprints.search import index

MARK = Table(upgrade.UNFINISHED, MetaData(), Column("source", Text, nullable=False))
Progress = Callable[[int], AbstractContextManager[Bar]]
Announce = Callable[[str], object]


class MoveError(Exception):
    """Why the site is not at the target; the message is for the person who wants it there."""


def run(app: Flask, url: str, progress: Progress, announce: Announce) -> list[Content]:
    """Copy the database of *app* to the one at *url*, and say what is in it then.

    *progress* is told how many rows will be read or written and gives what counts them; *announce* receives what a
    person should read.
    Raises MoveError; SettingError where this machine cannot open *url*. Either way the source is as it was.
    """
    upgrade.run(app)
    there = _application_on(app, url)
    source, target = _engine(app), _engine(there)
    try:
        if name_of(source.url) == name_of(target.url):
            raise MoveError("this is where the site's database is already.")
        with _writing(source) as connection:
            return _move(connection, app, there, progress, announce)
    except DBAPIError as error:
        raise MoveError(f"the move has stopped, run it again to go on: {upgrade.reason(error)}.") from error
    finally:
        source.dispose()
        target.dispose()


def name_of(address: str | URL) -> str:
    """What tells one database from another, without what would open it."""
    url = make_url(address)
    place = {name: value for name, value in url.query.items() if name in ("host", "port")}
    return URL.create(
        url.drivername, host=url.host, port=url.port, database=url.database, query=place
    ).render_as_string()


def _move(source: Connection, here: Flask, there: Flask, progress: Progress, announce: Announce) -> list[Content]:
    target, name = _engine(there), name_of(_engine(here).url)
    is_begun = _is_begun(there, name)
    sheets = [Sheet(table) for table in db.metadata.sorted_tables]
    with progress(3 * sum(sheet.count(source) for sheet in sheets)) as bar:
        contents = _survey(source, sheets, bar)
        if is_begun:
            with there.app_context():
                upgrade.migrate(there)
            if not _is_part(source, target, sheets):
                announce("The site has been written to since this move began; it is copied anew.")
                is_begun = False
        if not is_begun:
            _begin(there, name)
        with target.connect().execution_options(**{WRITES: True}) as writer:
            for sheet in sheets:
                sheet.copy(source, writer, bar)
            for sheet in sheets:
                sheet.refer(source, writer)
        with target.connect() as reader:
            for sheet, content in zip(sheets, contents, strict=True):
                copied = sheet.content(sheet.rows(reader), bar)
                if not copied.agrees_with(content) or sheet.count(source) != content.rows:
                    raise MoveError(
                        f"the table {content.table} has {content.rows} rows with the checksum {content.checksum[:12]}, "
                        f"its copy {copied.rows} with {copied.checksum[:12]}: somebody has written to one of them "
                        "meanwhile; run the move again."
                    )
    _end(source, here, there)
    return contents


def _survey(source: Connection, sheets: list[Sheet], bar: Bar) -> list[Content]:
    """What each table holds; raises MoveError with every value that the target could not hold."""
    contents, faults = [], Faults()
    for sheet in sheets:
        content = Content(sheet.table.name)
        contents.append(content)
        for row in sheet.readable_rows(source, faults):
            faults.extend(sheet.faults(row))
            sheet.add(content, row)
            bar.update(1)
        faults.extend(sheet.orphans(source))
    if faults.number:
        raise MoveError(f"nothing was copied, because of what has to be corrected first.\n{faults}")
    return contents


def _is_begun(there: Flask, name: str) -> bool:
    """Whether an unfinished move from *name* is there; raises MoveError where there is anything else."""
    place = name_of(_engine(there).url)
    with there.app_context(), _connected(place) as connection:
        if fault := backend().fault(connection):
            raise MoveError(f"{place} cannot be used as a database: {fault}.")
        found = set(inspect(connection).get_table_names())
        if MARK.name in found:
            begun = connection.scalar(select(MARK.c.source))
            if begun != name:
                raise MoveError(f"{place} holds an unfinished move from another database, {begun}.")
            return True
        ours_anyway = {"alembic_version", *filter(index.is_of_index, found)}
        for table in sorted(found - ours_anyway):
            ours = db.metadata.tables.get(table)
            if ours is None or connection.scalar(select(exists(select(literal(1)).select_from(ours)))):
                raise MoveError(f"{place} is not empty, there is something in {table}; name an empty database.")
    return False


def _is_part(source: Connection, target: Engine, sheets: list[Sheet]) -> bool:
    """Whether what was copied before still is how the source begins."""
    with target.connect() as connection:
        for sheet in sheets:
            last = sheet.last_key(connection)
            if last is None:
                continue
            begun, copied = sheet.content(sheet.rows(source, until=last)), sheet.content(sheet.rows(connection))
            if not begun.agrees_with(copied, references=False):
                return False
    return True


def _begin(there: Flask, name: str) -> None:
    """Leave nothing at the target but the mark and empty tables."""
    with there.app_context():
        with _writing(db.engine) as connection:
            MARK.create(connection, checkfirst=True)
            connection.execute(MARK.delete())
            connection.execute(MARK.insert(), {"source": name})
            db.metadata.drop_all(connection)
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        upgrade.migrate(there)
        with _writing(db.engine) as connection:
            for table in reversed(db.metadata.sorted_tables):  # a migration may have written to them
                connection.execute(table.delete())


def _end(source: Connection, here: Flask, there: Flask) -> None:
    """Have the target give no id that the source has ever given, and take the mark away."""
    numbered = [table.name for table in db.metadata.sorted_tables if table.autoincrement_column is not None]
    with here.app_context():
        last = {name: backend().last_id(source, name) for name in numbered}
    with there.app_context():
        with _writing(db.engine) as connection:
            for name in numbered:
                backend().settle_sequence(connection, name, last[name])
            index.fill(connection)  # not carried over: each database has its own way
            MARK.drop(connection)
        backend().close(db.engine)


@contextmanager
def _connected(place: str) -> Iterator[Connection]:
    """A connection that reads from the database of the current application."""
    try:
        with db.engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise MoveError(f"{place} cannot be used as a database: {upgrade.reason(error)}.") from error


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes to *engine*."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


def _application_on(app: Flask, url: str) -> Flask:
    """An application that has nothing but the database at *url*, and that is enough to migrate it."""
    there = Flask(app.name, root_path=app.root_path, static_folder=None)
    there.config["SETTINGS"] = replace(app.config["SETTINGS"], database_url=url)
    database.init_app(there)
    return there


def _engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine
