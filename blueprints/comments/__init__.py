"""Comments: threads below posts, what guests send in, and what a moderator does with it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages and fragments of the thread."""
    from blueprints.comments import addresses, views
    from blueprints.comments import keys as keys  # a table that no page here needs yet is part of the database

    app.jinja_env.globals["comment_url"] = addresses.comment_url
    app.jinja_env.globals["thread_url"] = addresses.thread_url
    app.register_blueprint(views.bp)
