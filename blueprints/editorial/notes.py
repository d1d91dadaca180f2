"""Notes on a text: of the staff, of whoever has a private link, and readers' reports of an error in it.

A note may be about a passage, found in the text as the passages that comments answer (`comments/passages.py`). Replies
stand one step below the note that began. None of them is ever public, searched or exported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person
from blueprints.comments import archive
from blueprints.comments.passages import Passage, found
from blueprints.core import settings
from blueprints.core.db import Base, UTCDateTime, db, now, writing
from blueprints.editorial.links import DraftLink
from blueprints.posts.models import TRASHED, Post

NOTE, ERROR = "note", "error"
# What came of a reader's report.
CORRECTED, DISMISSED = "corrected", "dismissed"
LONGEST = 5000


class Note(Base):
    """Something said about a text, or an answer to that."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_post", "post_id", "resolved_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("note.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default=NOTE)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("draft_link.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(35), default="")
    address_hash: Mapped[str] = mapped_column(String(32), default="")
    text: Mapped[str] = mapped_column(Text)
    passage: Mapped[str] = mapped_column(Text, default="")
    passage_before: Mapped[str] = mapped_column(String(200), default="")
    passage_after: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str] = mapped_column(String(10), default="")

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person | None] = relationship(lazy="joined")
    link: Mapped[DraftLink | None] = relationship(lazy="joined")

    @property
    def writer(self) -> str:
        """Who says it."""
        if self.person is not None:
            return self.person.name
        return self.name or ("A reader" if self.kind == ERROR else "A guest")

    @property
    def is_error(self) -> bool:
        """Whether a reader reports an error."""
        return self.kind == ERROR

    @property
    def place(self) -> Passage:
        """The passage that it is about, as the text had it."""
        return Passage(self.passage, self.passage_before, self.passage_after)


@dataclass(frozen=True)
class Thread:
    """A note and what was answered; *is_lost*: its passage is not in the text any more."""

    note: Note
    replies: list[Note]
    is_lost: bool


def add(post: Post, note: Note, *, words: str = "", before: str = "") -> Note:
    """Inside `writing()`: keep *note*, about the passage of *post* that reads *words*.

    Words that the text does not have are kept above the note, as it was meant.
    """
    if words and (passage := found(post.body_html, words, before)):
        note.passage, note.passage_before, note.passage_after = passage
    elif words:
        quoted = words if len(words) <= 1000 else words[:1000] + "…"
        note.text = "\n".join(f"> {line}" for line in quoted.splitlines()) + "\n\n" + note.text
    note.post = post
    db.session.add(note)
    db.session.flush()
    return note


def threads(post: Post, *, of: DraftLink | None = None) -> list[Thread]:
    """The notes on *post*, what is open first, in the order in which they came; only those *of* one link if given."""
    rows = db.session.scalars(select(Note).where(Note.post_id == post.id).order_by(Note.id)).all()
    replies: dict[int, list[Note]] = {}
    for row in rows:
        if row.parent_id is not None:
            replies.setdefault(row.parent_id, []).append(row)
    begun = [row for row in rows if row.parent_id is None and (of is None or row.link_id == of.id)]
    begun.sort(key=lambda row: (row.resolved_at is not None, row.id))
    return [Thread(row, replies.get(row.id, []), _is_lost(post, row)) for row in begun]


def _is_lost(post: Post, note: Note) -> bool:
    return bool(note.passage) and found(post.body_html, note.passage, note.passage_before) is None


def on(post: Post, number: int) -> Note | None:
    """The note on *post* with this id, if it begins a thread."""
    note = db.session.get(Note, number)
    return note if note is not None and note.post_id == post.id and note.parent_id is None else None


def open_count(post: Post) -> int:
    """How many notes on *post* nobody has resolved."""
    query = select(func.count()).where(Note.post_id == post.id, Note.parent_id.is_(None), Note.resolved_at.is_(None))
    return db.session.scalar(query) or 0


def open_counts(posts: Sequence[Post]) -> dict[int, int]:
    """How many notes nobody has resolved, by the id of the post; only where there are any."""
    query = (
        select(Note.post_id, func.count().label("number"))
        .where(Note.post_id.in_([post.id for post in posts]), Note.parent_id.is_(None), Note.resolved_at.is_(None))
        .group_by(Note.post_id)
    )
    return {row.post_id: row.number for row in db.session.execute(query)}


def resolve(note: Note, outcome: str = "") -> None:
    """Inside `writing()`: nothing is left to do about it."""
    note.resolved_at, note.outcome = now(), outcome


def reopen(note: Note) -> None:
    """Inside `writing()`: something is."""
    note.resolved_at, note.outcome = None, ""


def same_report(post: Post, address_hash: str, text: str) -> bool:
    """Whether the same words have come from the same network already: a second click, a reload."""
    query = select(Note.id).where(
        Note.post_id == post.id, Note.kind == ERROR, Note.address_hash == address_hash, Note.text == text
    )
    return bool(address_hash) and db.session.scalar(query.limit(1)) is not None


def waiting(*, of: Person | None, limit: int) -> Sequence[Post]:
    """The posts with open notes, *of* one person where given, those with the latest first."""
    last = func.max(Note.id)
    query = (
        select(Post)
        .join(Note, Note.post_id == Post.id)
        .where(Note.resolved_at.is_(None), Note.parent_id.is_(None), Post.state != TRASHED)
        .group_by(Post.id)
        .order_by(last.desc())
        .limit(limit)
    )
    if of is not None:
        query = query.where(Post.bylines.any(person_id=of.id))
    return db.session.scalars(query).all()


def forget(moment: datetime) -> int:
    """Drop readers' reports that were settled more than ADDRESS_DAYS before *moment*; how many there were."""
    before = moment - timedelta(days=settings.current().address_days)
    old = (Note.kind == ERROR, Note.resolved_at < before)
    if db.session.scalar(select(Note.id).where(*old).limit(1)) is None:
        return 0
    with writing():
        return int(db.session.connection().execute(delete(Note).where(*old)).rowcount)


@archive.asked.connect
def _reported_by(email: str) -> list[dict[str, Any]]:
    """The errors that were reported under this address."""
    found = db.session.scalars(select(Note).where(Note.email == email).order_by(Note.id))
    return [archive.told(f"/posts/{note.post.slug}", note.text, note.made_at) for note in found]


@archive.left.connect
def _disown(email: str) -> None:
    """Keep the reports of this address without it."""
    db.session.execute(update(Note).where(Note.email == email).values(email=""))
