"""The history of a comment: its versions in order, each as what it changed in the one before."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from blueprints.comments.difference import KEPT, Stretch, between
from blueprints.comments.models import HTML, Version, render
from blueprints.core import markdown, rows

_V = Version.__table__.c
_OF = select(Version.__table__).where(_V.comment_id == bindparam("comment_id")).order_by(_V.id)


class Step(NamedTuple):
    """One version: when it was written, by whom, why if an editor did it, and how it differs; nothing where hidden."""

    id: int
    number: int
    written_at: datetime
    by_editor: bool
    reason: str
    is_hidden: bool
    stretches: list[Stretch]


def of(comment_id: int) -> list[Step]:
    """The versions of a comment, the first one first; none if it was never changed.

    A hidden version shows nothing of itself, neither in its own place nor as what the next one struck out.
    """
    steps: list[Step] = []
    before: str | None = None
    for number, version in enumerate(rows.fetch(_OF, comment_id=comment_id), 1):
        text = _words(version.text, version.text_format)
        stretches = [Stretch(KEPT, text)] if before is None else between(before, text)
        hidden = version.is_hidden
        shown = (version.id, number, version.written_at, version.by_editor, version.reason, hidden)
        steps.append(Step(*shown, [] if hidden else stretches))
        before = before if hidden else text
    return steps


def _words(text: str, text_format: str) -> str:
    """A text as it is compared: as it was typed, or the words of what came as HTML."""
    return markdown.plain_text(render(text, text_format)) if text_format == HTML else text
