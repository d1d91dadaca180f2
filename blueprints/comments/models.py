"""Comments, their states and their numbers."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from blinker import Signal
from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    event,
    false,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, make_transient_to_detached, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from blueprints.accounts.models import Person
from blueprints.comments import places
from blueprints.core import generations, markdown, rows
from blueprints.core.db import Base, OwnId, UTCDateTime, connection, flush, now
from blueprints.core.generations import Changes
from blueprints.posts.models import Post

PENDING, APPROVED, SPAM, TRASH = "pending", "approved", "spam", "trash"
STATES = (PENDING, APPROVED, SPAM, TRASH)
# Its writer has taken it back: the words are gone, nobody can bring them back, and no list of the desk shows it.
WITHDRAWN = "withdrawn"
# A mention is a page elsewhere that says it links here (pingback, trackback): listed below the thread, unnumbered.
COMMENT, MENTION = "comment", "mention"
MARKDOWN, HTML = "markdown", "html"
# Sent with each comment that is stored past the session, which tells later slices of all others.
stored = Signal()
# How the words of a comment begin, as the index of what was sent twice has it.
BEGINNING = "substr(text, 1, 40)"
_HOUSE = text("person_id IS NOT NULL")
_IS_PICKED = text("picked_at IS NOT NULL")
_IS_QUOTING = text("passage <> ''")
_HAS_ADDRESS = text("address_hash <> ''")
# What readers see of a published comment.
_SEEN = ("state", "name", "url", "html", "person_id", "parent_id", "created_at")


def _some(name: str, condition: str, *columns: str) -> Index:
    """An index of those comments only for which *condition* is true."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


class Comment(Base):
    """What somebody answered. The number is given at first publication and never changes or returns."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("post_id", "number"),
        UniqueConstraint("post_id", "source", "source_id"),
        Index("ix_comment_thread", "post_id", "root_id", "place"),
        # The conversations of a post in each of their orders; the comments that were changed; the mentions.
        _some("ix_comment_begun", "living > 0", "post_id", "number"),
        _some("ix_comment_replied", "living > 0", "post_id", "living", "number"),
        _some("ix_comment_marked", "living > 0", "post_id", "marks", "number"),
        _some("ix_comment_changed", "changed > 0", "post_id", "changed"),
        _some("ix_comment_mention", "kind = 'mention'", "post_id"),
        _some("ix_comment_parent_id", "parent_id IS NOT NULL", "parent_id"),
        Index("ix_comment_queue", "state", "id"),
        Index("ix_comment_writer", "writer_hash", "post_id", "state"),
        # All that an address has written; and what was sent twice, by how its words begin: whoever writes much below
        # one post makes no comment dearer.
        Index("ix_comment_repeat", "email", "post_id", text(BEGINNING)),
        Index("ix_comment_picked", "post_id", sqlite_where=_IS_PICKED, postgresql_where=_IS_PICKED),
        Index("ix_comment_address", "created_at", sqlite_where=_HAS_ADDRESS, postgresql_where=_HAS_ADDRESS),
        # The newest of the site; and of one post, what people of the house have written.
        Index("ix_comment_newest", "state", "published_at", "id"),
        Index("ix_comment_person", "post_id", "person_id", "number", sqlite_where=_HOUSE, postgresql_where=_HOUSE),
        # The few that answer a passage of their article (passages.py).
        Index("ix_comment_passage", "post_id", sqlite_where=_IS_QUOTING, postgresql_where=_IS_QUOTING),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"))
    root_id: Mapped[int | None]
    depth: Mapped[int] = mapped_column(default=0)
    number: Mapped[int | None]
    # Set together with the number: see places.py.
    place: Mapped[str | None] = mapped_column(String(120))
    # Of a conversation, on its first comment: how many were ever published in it, and how many can be read.
    size: Mapped[int] = mapped_column(default=0, server_default="0")
    living: Mapped[int] = mapped_column(default=0, server_default="0")
    # The post's count of changes to what had been published, when this comment was last changed.
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    kind: Mapped[str] = mapped_column(String(10), default=COMMENT)
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    text: Mapped[str] = mapped_column(Text)
    text_format: Mapped[str] = mapped_column(String(10), default=MARKDOWN)
    html: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    hold_reason: Mapped[str] = mapped_column(String(200), default="")
    # Why an editor took it away, as the end of a sentence that begins with "because".
    removed_because: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # How many readers found it worth reading, as readers are shown it: see marks.py.
    marks: Mapped[int] = mapped_column(default=0, server_default="0")
    picked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Words of the article that it answers, the characters on either side of them, and whether the article lost them.
    passage: Mapped[str] = mapped_column(Text, default="", server_default="")
    passage_before: Mapped[str] = mapped_column(String(40), default="", server_default="")
    passage_after: Mapped[str] = mapped_column(String(40), default="", server_default="")
    passage_lost: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address_hash: Mapped[str] = mapped_column(String(32), default="")
    writer_hash: Mapped[str] = mapped_column(String(64), default="")
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    source: Mapped[str | None] = mapped_column(String(255))
    source_id: Mapped[str | None] = mapped_column(String(255))

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)
    parent: Mapped["Comment | None"] = relationship(remote_side=[id])
    person: Mapped[Person | None] = relationship()
    versions: Mapped[list["Version"]] = relationship(
        order_by="Version.id", cascade="all, delete-orphan", passive_deletes=True, back_populates="comment"
    )

    def touches(self, changes: Changes) -> Iterator[str]:
        """The page of its post, and the newest of the site: what was never published changes nothing."""
        if self.number is None and APPROVED not in (self.state, *changes.former("state")):
            return
        if changes.of(
            "state",
            "number",
            "parent_id",
            "name",
            "url",
            "html",
            "person_id",
            "created_at",
            "edited_at",
            "removed_because",
            "marks",
            "picked_at",
        ):
            yield f"post:{self.post_id}"
        if changes.of("state", "number", "parent_id", "name", "url", "html", "published_at"):
            yield "comments"

    @property
    def is_public(self) -> bool:
        """Whether every reader of its post sees it."""
        return self.state == APPROVED

    @property
    def anchor(self) -> str:
        """The id of its element on the page."""
        return f"comment-{self.id}"

    @property
    def fingerprint(self) -> str:
        """What tells its words from others; a form that was opened on them remembers it."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()[:16]

    def write(self, text: str, text_format: str = MARKDOWN, *, below: Post | None = None) -> None:
        """Set the text and render it, once; numbers in it are of its post, or of the one that it will be *below*."""
        post = below or (self.post if markdown.names_number(text) else None)
        self.text, self.text_format, self.html = text, text_format, render(text, text_format, post)

    def move_to(self, state: str) -> None:
        """Change the state; the first approval gives number and date, and the post's count follows.

        What its writer has withdrawn stays so: there is nothing left to bring back.
        """
        if state not in STATES:
            raise ValueError(f"no such state: {state}")
        if self.state == WITHDRAWN:
            return
        was_counted = self.is_public
        self.state = state
        if self.kind == COMMENT:
            if self.is_public and self.number is None:
                self.published_at = now()
                self._take_place()
            self.post.comment_count += self.is_public - was_counted
        if self.is_public:
            self.removed_because = ""
        else:
            self.pick(False)

    def pick(self, is_picked: bool) -> None:
        """Put it among what the editors point at, or take it from there."""
        if is_picked != (self.picked_at is not None):
            self.picked_at = now() if is_picked else None
            self.post.picks += 1 if is_picked else -1

    def _take_place(self) -> None:
        """Get the number, and the place below what is answered; if that was never published, at the top."""
        self.number = self.post.next_number()
        above = self.parent.place if self.parent else None
        self.place = places.below(above, self.number)
        self.root_id = self.parent.root_id if self.parent and above else self.id

    def is_by(self, writer: str | None) -> bool:
        """Whether the browser that holds the cookie value *writer* sent it."""
        return bool(writer) and bool(self.writer_hash) and self.writer_hash == writer_hash(str(writer))

    def editable_until(self, minutes: int) -> datetime | None:
        """When its writer can no longer change it, who has so many *minutes*; nothing if that is over or never was."""
        until = self.created_at + timedelta(minutes=minutes)
        return until if self.state in (PENDING, APPROVED) and until > now() else None

    def edit(self, text: str, html: str, *, by_editor: bool = False, reason: str = "") -> None:
        """Put other words in its place. What readers have seen is kept as a version; what nobody saw is not."""
        if text == self.text:
            return
        if self.is_public:
            self.edited_at = now()
            if not self.versions:
                self.versions.append(Version.of(self, self.created_at))
        self.text, self.html = text, html
        if self.is_public:
            self.versions.append(Version.of(self, self.edited_at, by_editor=by_editor, reason=reason))
        elif self.versions:  # held again after a change, and changed once more before an editor saw it
            self.versions[-1].take(self)

    def withdraw(self) -> None:
        """Take the words back for good, all versions of them; the number stays, for what was answered."""
        self.post.comment_count -= self.is_public and self.kind == COMMENT
        self.state, self.hold_reason = WITHDRAWN, ""
        self.text, self.html, self.url, self.removed_because = "", "", "", ""
        self.pick(False)
        self.versions, self.edited_at = [], None

    def anonymise(self) -> None:
        """Take out who wrote it: name, addresses, and what would lead back to a browser or a network."""
        self.name, self.email, self.url, self.person_id = "Anonymous", "", "", None
        self.address_hash, self.writer_hash, self.submission_key = "", "", None


class Version(Base):
    """What a published comment said from one moment to the next; the last one is what it says now."""

    __tablename__ = "comment_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    text_format: Mapped[str] = mapped_column(String(10))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_editor: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
    is_hidden: Mapped[bool] = mapped_column(default=False)

    comment: Mapped[Comment] = relationship(back_populates="versions")

    @classmethod
    def of(
        cls, comment: Comment, written_at: datetime | None, *, by_editor: bool = False, reason: str = ""
    ) -> "Version":
        """What *comment* says now."""
        version = cls(written_at=written_at, by_editor=by_editor, reason=reason)
        version.take(comment)
        return version

    def take(self, comment: Comment) -> None:
        """Say what *comment* says now."""
        self.text, self.text_format = comment.text, comment.text_format

    def touches(self, changes: Changes) -> Iterator[str]:
        """The page of its history; a new one comes with a change of the comment itself."""
        if changes.of("is_hidden"):
            yield f"post:{self.comment.post_id}"


def render(text: str, text_format: str = MARKDOWN, post: Post | None = None) -> str:
    """The HTML that readers see of a comment's *text*; numbers in it are those of the comments of *post*."""
    if text_format != MARKDOWN:
        return markdown.clean_comment(text)
    if post is None:
        return markdown.comment_html(text)
    return markdown.comment_html(text, numbers_at=f"/posts/{post.slug}/c/", highest=post.last_number or 0)


def writer_hash(token: str) -> str:
    """What the database keeps of a writer's cookie."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


_COMMENT, _POST = Base.metadata.tables["comment"], Base.metadata.tables["post"]
_WRITTEN: dict[str, Any] = {column.name: column.default for column in _COMMENT.c if column.name != "id"}
_ROOT = func.coalesce(bindparam("new_root_id", type_=_COMMENT.c.root_id.type), OwnId("comment"))
_INSERT = (
    insert(_COMMENT)
    .values({name: bindparam(f"new_{name}") for name in _WRITTEN} | {"root_id": _ROOT})
    .returning(_COMMENT.c.id, _COMMENT.c.root_id)
)
_JOIN_THREAD = (
    update(_COMMENT)
    .where(_COMMENT.c.id == bindparam("own"))
    .values(size=_COMMENT.c.size + bindparam("more_size"), living=_COMMENT.c.living + bindparam("more_living"))
)
_COUNT_IN = (
    update(_POST)
    .where(_POST.c.id == bindparam("own"))
    .values(last_number=_POST.c.last_number + 1, comment_count=_POST.c.comment_count + 1)
    .returning(_POST.c.last_number, _POST.c.comment_count)
)
_CHANGE = (
    update(_POST).where(_POST.c.id == bindparam("own")).values(changes=_POST.c.changes + 1).returning(_POST.c.changes)
)
_LAID = ("root_id", "place", "size", "living")
_NUMBERED = (
    select(_COMMENT.c.id, _COMMENT.c.parent_id, _COMMENT.c.number, _COMMENT.c.state, *(_COMMENT.c[n] for n in _LAID))
    .where(_COMMENT.c.post_id == bindparam("post_id"), _COMMENT.c.number.is_not(None), _COMMENT.c.kind == COMMENT)
    .order_by(_COMMENT.c.number)
)
_LAY = (
    update(_COMMENT).where(_COMMENT.c.id == bindparam("own")).values({name: bindparam(f"new_{name}") for name in _LAID})
)


def add(comment: Comment) -> Comment:
    """Store *comment*, which is new, and give it its place in the thread; a public one also gets its number.

    Two or three statements, past the session's bookkeeping: every reader's comment comes this way.
    """
    flush()  # its post, its parent
    post, parent, values = comment.post, comment.parent, vars(comment)
    through = connection()
    above = parent if parent and parent.place else None
    if comment.state == APPROVED and comment.kind in (None, COMMENT):
        [counted] = rows.write(through, _COUNT_IN, own=post.id)
        values["number"] = counted.last_number
        for name in ("last_number", "comment_count"):
            set_committed_value(post, name, getattr(counted, name))
        values["published_at"] = comment.created_at or now()
        values["place"] = places.below(above.place if above else None, counted.last_number)
        if above:
            rows.write(through, _JOIN_THREAD, own=above.root_id, more_size=1, more_living=1)
        else:
            values["size"] = values["living"] = 1
        generations.touch(f"post:{post.id}", "comments")
    values["post_id"], values["parent_id"] = post.id, parent.id if parent else None
    values["root_id"], values["depth"] = above.root_id if above else None, parent.depth + 1 if parent else 0
    for name, default in _WRITTEN.items():
        if values.get(name) is None:
            values[name] = default and (default.arg(None) if default.is_callable else default.arg)
    [inserted] = rows.write(through, _INSERT, **{f"new_{name}": values[name] for name in _WRITTEN})
    values["id"], values["root_id"] = inserted
    values.setdefault("person")
    make_transient_to_detached(comment)
    stored.send(comment)
    return comment


def settle(connection: Connection, post_id: int) -> None:
    """Lay the thread of a post anew, from who answers whom, after many comments were added, or one was deleted."""
    found = {row.id: row for row in connection.execute(_NUMBERED, {"post_id": post_id})}
    below: dict[int | None, list[int]] = {}
    for row in found.values():
        below.setdefault(row.parent_id if row.parent_id in found else None, []).append(row.id)
    laid: dict[int, dict[str, object]] = {}
    for root_id in below.get(None, ()):
        conversation: list[int] = []
        stack = [(root_id, "")]
        while stack:
            own, above = stack.pop()
            conversation.append(own)
            place = places.below(above, found[own].number)
            laid[own] = {"root_id": root_id, "place": place, "size": 0, "living": 0}
            stack += [(child, place) for child in below.get(own, ())]
        living = sum(found[own].state == APPROVED for own in conversation)
        laid[root_id] |= {"size": len(conversation), "living": living}
    moved = [
        {"own": own, **{f"new_{name}": value for name, value in place.items()}}
        for own, place in laid.items()
        if any(getattr(found[own], name) != value for name, value in place.items())
    ]
    if moved:
        connection.execute(_LAY, moved)


@event.listens_for(Comment, "before_update")
def _count_change(_mapper: object, connection: Connection, comment: Comment) -> None:
    """Whatever becomes of a comment, its conversation counts it, and who reads the page at this moment is told."""
    attributes = inspect(comment).attrs
    if comment.number is None or comment.kind != COMMENT:
        return
    is_first = attributes.number.history.has_changes()
    former = attributes.state.history.deleted or [comment.state]
    more = {"more_size": int(is_first), "more_living": comment.is_public - (former[0] == APPROVED)}
    if any(more.values()):
        connection.execute(_JOIN_THREAD, {"own": comment.root_id, **more})
    if not is_first and any(attributes[name].history.has_changes() for name in _SEEN):
        comment.changed = connection.execute(_CHANGE, {"own": comment.post_id}).scalar_one()


@event.listens_for(Comment, "after_delete")
def _close_gap(_mapper: object, connection: Connection, comment: Comment) -> None:
    """What answered a comment that is gone altogether begins conversations of its own."""
    settle(connection, comment.post_id)
