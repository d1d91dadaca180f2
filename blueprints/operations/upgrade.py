"""Bringing the database to the shape that this version expects."""

import time
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from blueprints.core.db import backend, db, let_go

UNFINISHED = "unfinished_move"  # the table that marks the target of one (operations/move.py)
SECONDS_FOR_ANOTHER = 60


def run(app: Flask) -> None:
    """Apply the migrations that are missing; none is applied by halves, and of many who start at once one does it."""
    patience = time.monotonic() + SECONDS_FOR_ANOTHER
    with app.app_context():
        try:
            while not _is_newest(app):
                try:
                    migrate(app)
                except DatabaseError as error:
                    if backend().is_busy(error) and time.monotonic() < patience:
                        continue  # somebody else is at it; asking for the lock has taken its time already
                    raise SystemExit(
                        f"hustings: {_place()} could not be brought up to date and is as it was: {reason(error)}."
                    ) from error
        finally:
            let_go()
            db.engine.dispose()


def _is_newest(app: Flask) -> bool:
    """Whether nothing is missing; SystemExit where more has been applied than this version knows."""
    current, known = _revision(), revisions(app)
    if current is not None and current not in known:
        raise SystemExit(
            f"hustings: the database is at revision {current}, which this version does not know; "
            "run the version that wrote it, or a newer one."
        )
    return current == known[-1]


def revisions(app: Flask) -> list[str]:
    """The numbers of all migrations, which are numbered in their order."""
    scripts = Path(app.root_path, "migrations", "versions").glob("[0-9]*.py")
    return sorted(script.name.partition("_")[0] for script in scripts)


def migrate(app: Flask, revision: str = "head") -> None:
    """Upgrade to *revision* with Alembic, which is loaded only where there is something to do."""
    import flask_migrate

    flask_migrate.Migrate(app, db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    flask_migrate.upgrade(revision=revision)


def _revision() -> str | None:
    try:
        with db.engine.connect() as connection:
            if fault := backend().fault(connection):
                raise SystemExit(f"hustings: {_place()} cannot be used as a database: {fault}.")
            inspector = inspect(connection)
            if inspector.has_table(UNFINISHED):
                raise SystemExit(
                    f"hustings: {_place()} holds an unfinished move; finish it with `hustings database move` from "
                    "the database that it comes from."
                )
            if not inspector.has_table("alembic_version"):
                return None
            revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return revision
    except DatabaseError as error:
        raise SystemExit(f"hustings: {_place()} cannot be used as a database: {reason(error)}.") from error


def _place() -> str:
    """Where the database is, without what would open it."""
    return str(db.engine.url.set(query={}))


def reason(error: DBAPIError) -> str:
    """What the database says, in one line."""
    return str(error.orig).strip().partition("\n")[0].rstrip(".")
