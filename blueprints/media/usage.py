"""Which posts use which files, in their texts or on their cards, kept at each save of a post; and the posts are drawn
anew when a file changes.
"""

from sqlalchemy import BigInteger, Connection, delete, event, insert, inspect, literal, select

from blueprints.core import site
from blueprints.core.db import db
from blueprints.media.addresses import numbers_in
from blueprints.media.models import MediaFile, Use
from blueprints.posts.models import MARKDOWN, Post


def follow() -> None:
    """From now on note, with each text of a post that is stored, what it uses."""
    for moment, note in (("after_insert", _note_new), ("after_update", _note_changed)):
        if not event.contains(Post, moment, note):
            event.listen(Post, moment, note)


def redraw(file: MediaFile) -> int:
    """Inside a write transaction, after *file* was changed: draw the texts that show it anew; how many there were.

    Their words stay, so no version comes of it, and no date changes.
    """
    db.session.flush()
    posts = db.session.scalars(select(Post).join(Use, Use.post_id == Post.id).where(Use.file_id == file.id)).all()
    for post in posts:
        if post.body_format == MARKDOWN:
            post.write(post.body, post.body_format, language=site.current().language)
    return len(posts)


def _note_new(_mapper: object, connection: Connection, post: Post) -> None:
    _note(connection, post)


def _note_changed(_mapper: object, connection: Connection, post: Post) -> None:
    found = inspect(post).attrs
    if found.body_html.history.has_changes() or found.card_image.history.has_changes():
        connection.execute(delete(Use).where(Use.post_id == post.id))
        _note(connection, post)


def _note(connection: Connection, post: Post) -> None:
    if numbers := numbers_in(post.body_html or "") | numbers_in(f'="{post.card_image or ""}"'):
        found = select(MediaFile.id, literal(post.id, BigInteger)).where(MediaFile.id.in_(numbers))
        connection.execute(insert(Use).from_select(["file_id", "post_id"], found))
