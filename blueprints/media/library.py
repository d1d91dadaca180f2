"""Bringing a file into the library: it is looked at first, and then stored in a transaction of its own."""

from blueprints.core.db import db, writing
from blueprints.media import intake, queries
from blueprints.media.models import MediaFile


def bring(filename: str, content: bytes, person_id: int, *, alt: str = "") -> tuple[MediaFile, bool]:
    """The file of the library that holds *content*, and whether this person had brought it before.

    *alt* is what a new picture is said to show. Raises RefusedError (media/intake.py) where it is not taken.
    """
    if known := queries.sent_before(intake.hash_of(content), person_id):
        return known, True
    file = intake.receive(filename, content).new(person_id)
    if file.is_picture:
        file.alt = alt[: intake.LONGEST_ALT]
    with writing():
        db.session.add(file)
    return file, False
