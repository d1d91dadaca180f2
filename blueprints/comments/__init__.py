"""Comments: threads below posts, what guests send in, and what a moderator does with it."""

from flask import Flask

from blueprints.core.http import FROM_ANYWHERE

# A post whose comments are being marked is drawn anew so often at most.
MARKS_SECONDS = 60
RETENTION_SECONDS = 3600


def init_app(app: Flask) -> None:
    """Add the pages and fragments of the thread."""
    from blueprints.comments import addresses, marks, notify, passages, queries, retention, thread, views
    from blueprints.comments import keys as keys  # a table that no page here needs yet is part of the database
    from blueprints.core import chores, site
    from blueprints.posts.models import Post

    def look(post: Post) -> thread.Look:
        """How the comments of *post* are drawn today."""
        shown = site.here()
        return thread.Look(post.comments_open, shown.shows_faces, shown.takes_marks, shown.time_zone)

    app.jinja_env.globals["look"] = look
    app.jinja_env.globals["picked"] = queries.picked
    app.jinja_env.globals["comment_url"] = addresses.comment_url
    app.jinja_env.globals["thread_url"] = addresses.thread_url
    chores.each(app, MARKS_SECONDS, marks.count_in)
    chores.each(app, RETENTION_SECONDS, retention.erase)
    app.jinja_env.globals["marked"] = passages.marked
    app.register_blueprint(views.bp)
    app.register_blueprint(views.reacting.bp)
    notify.init_app(app)
    app.extensions[FROM_ANYWHERE].add("comments.stop_mail")
