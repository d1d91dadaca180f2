"""The media library: pictures and other files that the authors bring, in all sizes in which they are shown."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Serve the files, and tell whoever renders a text which pictures there are."""
    from blueprints.core import figures
    from blueprints.media import addresses, queries, usage, views

    app.extensions[figures.LIBRARY] = queries.shown
    for named in (addresses.file_url, addresses.rendition_url, addresses.markdown_of):
        app.jinja_env.globals[named.__name__] = named
    app.jinja_env.filters["size"] = addresses.size_text
    usage.follow()
    app.register_blueprint(views.bp)
