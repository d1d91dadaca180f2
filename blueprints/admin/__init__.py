"""The desk: the authors' and editors' pages."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages of the desk."""
    from blueprints.admin import (  # noqa: F401 - these add their views
        accounts,
        audit,
        comments,
        editor,
        factors,
        finding,
        gate,
        imports,
        mail,
        media,
        notes,
        own_account,
        people,
        post_settings,
        post_versions,
        posts,
        publishing,
        reading,
        reports,
        schedule,
        series,
        site,
        tags,
        versions,
    )
    from blueprints.admin.desk import bp

    # A form may stay open for as long as its writer stays signed in: the token ends with the session.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    imports.init_app(app)
    media.init_app(app)
    app.register_blueprint(bp)
