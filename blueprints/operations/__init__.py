"""Operations: the `hustings` command, serving, what a new site starts with, and what it says of its own running."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the page that tells what is stored; all else here is used from the terminal."""
    from blueprints.operations import views

    app.register_blueprint(views.bp)
