"""Bringing the database to the shape that this version expects."""

import flask_migrate
from flask import Flask
from sqlalchemy.engine import make_url

from blueprints.core.db import db


def run(app: Flask) -> None:
    """Apply the migrations that are missing; none is applied by halves."""
    database = make_url(app.config["SETTINGS"].database_url).database
    if database and database != ":memory:":
        app.config["SETTINGS"].instance.mkdir(parents=True, exist_ok=True)
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
