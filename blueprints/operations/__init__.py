"""Operations: the `hustings` command, serving, what a new site starts with, and what it says of its own running."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the page that tells what is stored, and empty the trash; all else here is used from the terminal."""
    from blueprints.core import chores
    from blueprints.operations import trash, views

    app.register_blueprint(views.bp)
    chores.each(app, trash.SECONDS_TO_LOOK, trash.erase_what_is_old)
