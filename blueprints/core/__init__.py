"""The ground that every slice stands on: settings, database, htmx, Markdown, limits, errors."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment

from blueprints.core import (
    appearance,
    assets,
    audit,
    cache,
    chores,
    db,
    errors,
    filters,
    http,
    limits,
    mail,
    postman,
    purge,
    site,
    tally,
)


class Templates(Environment):
    """Flask's templates; each with its globals in one dict, which every import in a template looks through."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What is known everywhere, and in one template."""
        return {**self.globals, **(d or {})}


class Shown:
    """The site as this request shows it, to the templates. A LocalProxy would do; its way to an attribute is longer.

    A page has the site itself in its place (layout.html). This is the same whatever the site is, so nothing may be
    kept by it.
    """

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(site.here(), name)


def init_app(app: Flask) -> None:
    """Wire the ground floor into *app*."""
    app.config["SECRET_KEY"] = app.config["SETTINGS"].secret_key
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # else each is asked if it is a coroutine
    app.jinja_environment = Templates
    app.jinja_options = {**app.jinja_options, "cache_size": -1}  # all of them, in a dict: there are no more than ours
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    purge.init_app(app)
    http.init_app(app)
    limits.init_app(app)
    mail.init_app(app)
    postman.init_app(app)
    chores.init_app(app)
    chores.each(app, audit.SECONDS_BETWEEN_CLEARINGS, audit.clear)
    filters.init_app(app)
    errors.init_app(app)
    assets.init_app(app)
    app.extensions["tally"] = tally.Tally()
    cache.init_app(app)  # last, in front of everything else: what it answers asks for nothing behind it
    app.jinja_env.globals["refresh_seconds"] = app.config["SETTINGS"].refresh_seconds
    app.jinja_env.globals["site_url"] = http.site_url
    # Asked of the database by the first template that says its name: a fragment has no use for it.
    app.jinja_env.globals.update(site=Shown(), this_site=site.here)
    app.jinja_env.globals["appearance_url"] = appearance.address
    app.jinja_env.globals["site_picture"] = appearance.picture
