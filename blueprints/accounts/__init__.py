"""People: who writes here (bylines), who signs in (accounts), and what their role allows."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and the guards of accounts."""
    from blueprints.accounts import factors as factors  # its tables are part of the database
    from blueprints.accounts import guards, letters, views

    guards.init_app(app)
    letters.init_app(app)
    app.register_blueprint(views.bp)
