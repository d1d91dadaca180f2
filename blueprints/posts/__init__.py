"""Posts: writing that has been published, its bylines and tags, and the addresses it is found under."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the reading pages; views look at later slices, so they are met only here."""
    from blueprints.posts import addresses, views

    for named in (
        addresses.post_url,
        addresses.author_url,
        addresses.portrait_url,
        addresses.tag_url,
        addresses.cite_url,
    ):
        app.jinja_env.globals[named.__name__] = named
    app.register_blueprint(views.bp)
