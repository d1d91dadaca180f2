"""`hustings search …`."""

import sys

import click
from flask import Flask

from blueprints.core.db import db, writing
from blueprints.search import index


@click.group("search")
def search() -> None:
    """Look after the search index."""


@search.command()
@click.pass_obj
def rebuild(app: Flask) -> None:
    """Make the search index anew from what is published.

    Needed only when the database was written by something other than Hustings. Readers can read meanwhile, but nobody
    can write.
    """
    with app.app_context(), writing():
        connection = db.session.connection()
        with click.progressbar(length=index.size(connection), label="Reading", file=sys.stderr) as bar:
            index.fill(connection, bar.update)
    click.echo("The search index is made anew.")
