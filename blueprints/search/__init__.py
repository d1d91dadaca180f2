"""Search: posts and published comments by their words, in many languages, on either database."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the page; its views are met only here. `index` keeps itself right from when it is imported."""
    from blueprints.search import views

    app.register_blueprint(views.bp)
