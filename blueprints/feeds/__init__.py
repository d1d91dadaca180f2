"""Feeds: what programs read instead of people: Atom, JSON Feed, the sitemap, robots.txt. Pages are elsewhere."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the feeds, and where they are found."""
    from blueprints.feeds import addresses, entries, views

    for named in (
        addresses.author_feed_url,
        addresses.comments_feed_url,
        addresses.replies_feed_url,
        addresses.tag_feed_url,
    ):
        app.jinja_env.globals[named.__name__] = named
    app.jinja_env.filters["rfc3339"] = entries.rfc3339
    app.register_blueprint(views.bp)
