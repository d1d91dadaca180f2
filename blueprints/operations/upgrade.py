"""Bringing the database to the shape that this version expects."""

from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from blueprints.core.db import db


def run(app: Flask) -> None:
    """Apply the migrations that are missing; none is applied by halves."""
    database = make_url(app.config["SETTINGS"].database_url).database
    if database and database != ":memory:":
        app.config["SETTINGS"].instance.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        if _revision() != newest(app):
            migrate(app)
        db.session.remove()
        db.engine.dispose()


def newest(app: Flask) -> str:
    """The number of the newest migration; they are numbered in their order."""
    scripts = Path(app.root_path, "migrations", "versions").glob("[0-9]*.py")
    return max(script.name.partition("_")[0] for script in scripts)


def migrate(app: Flask, revision: str = "head") -> None:
    """Upgrade to *revision* with Alembic, which is loaded only where there is something to do."""
    import flask_migrate

    flask_migrate.Migrate(app, db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    flask_migrate.upgrade(revision=revision)


def _revision() -> str | None:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision
