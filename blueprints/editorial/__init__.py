"""Editorial: what is said about a text by those who make it, drafts shown to a few, and errors that readers report."""

from flask import Flask

RETENTION_SECONDS = 3600


def init_app(app: Flask) -> None:
    """Add the pages of private links and of error reports, and say what their letters are made of."""
    from blueprints.core import chores
    from blueprints.editorial import letters, notes, progress, views

    letters.init_app(app)
    progress.init_app(app)
    chores.each(app, RETENTION_SECONDS, notes.forget)
    app.register_blueprint(views.bp)
