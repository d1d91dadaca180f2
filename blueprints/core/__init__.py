"""The ground that every slice stands on: settings, database, htmx, Markdown, limits, errors."""

from flask import Flask, g
from flask_compress import Compress

from blueprints.core import assets, cache, db, errors, filters, http, limits, purge, site


def init_app(app: Flask) -> None:
    """Wire the ground floor into *app*."""
    app.config["SECRET_KEY"] = app.config["SETTINGS"].secret_key
    app.config["COMPRESS_REGISTER"] = False  # core/http.py asks for it where the page cache does not do it
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    app.extensions["compress"] = Compress(app)
    cache.init_app(app)  # behind the proxies' headers, in front of everything else
    purge.init_app(app)
    http.init_app(app)
    limits.init_app(app)
    filters.init_app(app)
    errors.init_app(app)
    assets.init_app(app)
    app.jinja_env.globals["refresh_seconds"] = app.config["SETTINGS"].refresh_seconds
    app.jinja_env.globals["site_url"] = http.site_url
    app.context_processor(lambda: {"site": g.get("site") or site.current()})
