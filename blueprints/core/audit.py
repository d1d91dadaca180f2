"""Audit: who did what to which post, person, comment or setting. It is kept without anybody asking for it.

Every row that a session writes becomes a deed, in the transaction of the write, under the name of whoever is acting:
the account that the guard let through, the command line, or the site's own work. A bulk statement says so itself
(`note`, `say`). What readers do is no deed; what is done to what they wrote is one. Of secrets, of addresses and of
texts a deed says that they changed, never what they were.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import JSON, Index, String, bindparam, case, delete, event, func, insert, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from blueprints.core import rows
from blueprints.core.db import Base, UTCDateTime, after_rollback, before_commit, connection, db, notes, now, writing

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
# How long it is told, and how often the chore looks for what is older.
KEPT = timedelta(days=2 * 365)
SECONDS_BETWEEN_CLEARINGS = 3600
AT_ONCE = 1000
# Of these nothing is told. Every other table is told of as soon as it is there; `tests/test_house.py` wants each table
# either here, with the reason, or among the nouns that `blueprints/admin/audit.py` has words for.
NOT_AUDITED = {
    "alias": "follows a post's address, which is told",
    "appointment": "follows a post's date, which is told",
    "correspondent": "readers' addresses",
    "deed": "this record itself",
    "feed_reads": "counted by the site",
    "generation": "numbers for the page cache",
    "import_report": "what an import had to say of a post, which is told",
    "likeness": "made for readers' comments",
    "mail_turn": "the postman's own",
    "mark": "readers' clicks",
    "media_piece": "bytes of a file, which is told",
    "media_rendition": "follows a file, which is told",
    "media_use": "follows the text of a post, which is told",
    "outbox": "letters: personal, gone after a week",
    "person_alias": "follows the address of a person, which is told",
    "portrait": "told by its person",
    "post_reads": "counted by the site",
    "post_version": "is a record itself: what each save made of a post, and whose it was",
    "recovery_code": "made and used by their owner; that there are new ones follows the second step, which is told",
    "referrer": "counted by the site",
    "series_alias": "follows the address of a series, which is told",
    "sign_in": "changes with every visit",
    "site_picture": "told by its site",
    "subscription": "readers' wishes",
    "tag_alias": "follows the address of a tag, which is told",
    "tagging": "told by its post",
    "unsaved": "what somebody types and has not saved",
}
# Rows of these are told as a change of what they belong to: the table of that, the column that names it, the field.
PARTS = {"byline": ("post", "post_id", "authors")}
# Readers write these too. They are told only where somebody of the house acts, and of their fields no other values.
READERS = {"comment", "comment_version", "draft_link", "note", "report"}
_FOLLOWS_OF_READERS = {"published_at", "edited_at", "html"}
_SAID_OF_READERS = {
    "state",
    "picked_at",
    "removed_because",
    "is_hidden",
    "closed_at",
    "outcome",
    "resolved_at",
    "revoked_at",
}
# Fields that follow from others, or count.
_FOLLOWS = re.compile(
    r".*_html|skeleton|extract|last_number|comment_count|picks|changes|passages|passage_lost|marks|size|living|place|"
    r"root_id|depth|number|hold_reason|last_step|sign_count|used_at|created_at|greeted|uuid|source|source_id"
)
# Fields whose values are nobody's business, wherever they stand.
_UNSAID = re.compile(
    r"hash|token|secret|seed|password|key|email|address|text|body|note|content|credential|code|^(logo|banner|portrait)$"
)
_LONGEST_VALUE, _LONGEST_LABEL = 200, 300
_PENDING, _QUIET = "hustings_deeds", "hustings_quiet"

Change = tuple[str, Any, Any]


class Actor(NamedTuple):
    """Who is acting: an account, or one of those below."""

    id: int | None
    name: str


COMMAND_LINE, SITE = Actor(None, "command line"), Actor(None, "the site")
# A link from a letter, a reader: whoever it was, nobody had signed in.
NOBODY = Actor(None, "somebody not signed in")
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


class Deed(Base):
    """One thing that somebody did to one noun."""

    __tablename__ = "deed"
    __table_args__ = (
        Index("ix_deed_at", "at"),
        Index("ix_deed_noun", "kind", "noun_id"),
        Index("ix_deed_post_id", "post_id"),
        Index("ix_deed_actor", "actor", "actor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    # The account, which may be gone; its name as it was then.
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(120))
    verb: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    noun_id: Mapped[int | None]
    label: Mapped[str] = mapped_column(String(_LONGEST_LABEL), default="")
    # The post to which it belongs, if to any: what was done around a post is found by it.
    post_id: Mapped[int | None]
    # [field, from, to]; of what is not told, [field, null, null].
    changes: Mapped[list[Any]] = mapped_column(JSON, default=list)


@dataclass
class Pending:
    """A deed until its transaction ends; several flushes may add to it."""

    verb: str
    kind: str
    noun_id: int | None
    label: str = ""
    post_id: int | None = None
    changes: dict[str, Change] = field(default_factory=dict)

    def add(self, changes: Iterable[Change]) -> None:
        """Take *changes* in: the first value that was, the last one that is."""
        for name, former, value in changes:
            known = self.changes.get(name)
            self.changes[name] = (name, known[1] if known else former, value)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """What is written inside the block is *actor*'s doing."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> Actor:
    """Who is acting."""
    return _actor.get()


@contextmanager
def as_one() -> Iterator[None]:
    """Inside `writing()`: rows that are written in this block are no deeds of their own; `say` tells what they were."""
    db.session.flush()
    notes()[_QUIET] = True
    try:
        yield
        db.session.flush()
    finally:
        notes().pop(_QUIET, None)


def note(row: Base, verb: str, *changes: Change) -> None:
    """Inside `writing()`: *verb* was done to *row* by a statement that no row of a session tells of."""
    _collect(_pending(row, verb), changes)


def say(verb: str, kind: str, *, noun_id: int | None = None, label: str = "") -> None:
    """Inside `writing()`: *verb* was done to something that is no row at hand."""
    _collect(Pending(verb, kind, noun_id, label), ())


def clear(moment: datetime) -> int:
    """Forget the deeds of more than KEPT before *moment*; how many there were."""
    before, cleared = moment - KEPT, 0
    while rows.fetch(_OLD, before=before, most=1):
        with writing():
            numbers = [number for (number,) in rows.fetch(_OLD, before=before, most=AT_ONCE)]
            db.session.connection().execute(delete(Deed).where(Deed.id.in_(numbers)))
        cleared += len(numbers)
    return cleared


_D = Base.metadata.tables["deed"]
_OLD = select(_D.c.id).where(_D.c.at < bindparam("before")).order_by(_D.c.at).limit(bindparam("most"))
_INSERT = insert(_D)


def label_of(row: Any) -> str:
    """What people call *row*: its title or name. A reader's comment is called by the post that it stands below."""
    if row.__tablename__ in READERS:
        own = getattr(row, "comment", None) or row
        post = getattr(own, "post", None)
        return str(post.heading) if post is not None else ""
    for name in ("heading", "name", "title", "label", "filename", "slug", "path"):
        if isinstance(found := getattr(row, name, None), str) and found:
            return found
    for name in ("person", "account", "post"):
        if (owner := getattr(row, name, None)) is not None and hasattr(owner, "__tablename__"):
            return label_of(owner)
    return ""


def _pending(row: Any, verb: str) -> Pending:
    keys = inspect(row).mapper.primary_key_from_instance(row)
    noun_id = keys[0] if len(keys) == 1 and isinstance(keys[0], int) else None
    kind = row.__tablename__
    own = getattr(row, "comment", row) if kind in READERS else row
    post_id = noun_id if kind == "post" else getattr(own, "post_id", None)
    return Pending(verb, kind, noun_id, label_of(row)[:_LONGEST_LABEL], post_id)


def _collect(deed: Pending, changes: Iterable[Change]) -> None:
    found: dict[Any, Pending] = notes().setdefault(_PENDING, {})
    key = (deed.kind, deed.noun_id if deed.noun_id is not None else deed.label)
    known = found.setdefault(key, deed)
    if known.verb == CHANGED or deed.verb == REMOVED:
        known.verb = deed.verb
    known.label = deed.label or known.label
    known.add(changes)


def _is_told(row: Any) -> bool:
    table = row.__tablename__
    if table in NOT_AUDITED or _QUIET in notes():
        return False
    return table not in READERS or actor().id is not None


def _tell(session: Session, row: Any, verb: str) -> None:
    if not _is_told(row):
        return
    if row.__tablename__ in PARTS:
        kind, column, name = PARTS[row.__tablename__]
        if verb != CHANGED or session.is_modified(row):
            whole = Pending(CHANGED, kind, getattr(row, column), "", getattr(row, "post_id", None))
            _collect(whole, [(name, None, None)])
        return
    changes = list(_changes(row)) if verb == CHANGED else []
    if verb != CHANGED or changes:
        _collect(_pending(row, verb), changes)


def _changes(row: Any) -> Iterator[Change]:
    """What a flush changes of *row*, as it may be told."""
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes() or _FOLLOWS.fullmatch(attribute.key):
            continue
        if row.__tablename__ in READERS and attribute.key in _FOLLOWS_OF_READERS:
            continue
        former, value = (side[0] if side else None for side in (history.deleted, history.added))
        if former == value:
            continue
        is_said = history.deleted and _is_said(row.__tablename__, attribute.key)  # what was never read is not known
        is_said = is_said and _is_short(former) and _is_short(value)
        yield (attribute.key, _plain(former), _plain(value)) if is_said else (attribute.key, None, None)
    for relation in state.mapper.relationships:
        history = state.attrs[relation.key].history
        if relation.uselist and relation.secondary is not None and history.has_changes():
            kept = list(history.unchanged or ())
            sides = (
                ", ".join(sorted(label_of(one) for one in [*kept, *side])) for side in (history.deleted, history.added)
            )
            former, value = sides
            yield (
                (relation.key, former, value)
                if _is_short(former) and _is_short(value)
                else (
                    relation.key,
                    None,
                    None,
                )
            )


def _is_said(table: str, name: str) -> bool:
    if table in READERS:
        return name in _SAID_OF_READERS
    return not _UNSAID.search(name)


def _is_short(value: Any) -> bool:
    return value is None or (
        isinstance(value, bool | int | float | datetime | str) and len(str(value)) <= _LONGEST_VALUE
    )


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


@event.listens_for(db.session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    for row in session.deleted:
        _tell(session, row, REMOVED)  # what it is called by may go with it


@event.listens_for(db.session, "after_flush")
def _after_flush(session: Session, _context: object) -> None:
    for row in session.new:
        _tell(session, row, ADDED)
    for row in session.dirty:
        if row not in session.deleted:
            _tell(session, row, CHANGED)


@before_commit
def _before_commit(noted: dict[str, Any]) -> None:
    found: dict[Any, Pending] = noted.pop(_PENDING, {})
    if not found:
        return
    who, moment = actor(), now()
    told = [
        {
            "at": moment,
            "actor_id": who.id,
            "actor": who.name[:120],
            "verb": deed.verb,
            "kind": deed.kind,
            "noun_id": deed.noun_id,
            "label": deed.label,
            "post_id": deed.post_id,
            "changes": list(deed.changes.values()),
        }
        for deed in found.values()
    ]
    connection().execute(_INSERT, told)


@after_rollback
def _after_rollback(noted: dict[str, Any]) -> None:
    noted.pop(_PENDING, None)


@dataclass(frozen=True)
class Found:
    """A page of deeds."""

    deeds: list[Deed]
    number: int
    has_next: bool


def find(
    number: int,
    size: int,
    *,
    who: str = "",
    kind: str = "",
    post_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Found:
    """Page *number* of what was done, the latest first; *until* is the moment after the last."""
    query = select(Deed)
    if who:
        query = query.where(Deed.actor_id == int(who) if who.isdigit() else Deed.actor == who)
    if kind:
        query = query.where(Deed.kind == kind)
    if post_id is not None:
        query = query.where(Deed.post_id == post_id)
    if since is not None:
        query = query.where(Deed.at >= since)
    if until is not None:
        query = query.where(Deed.at < until)
    query = query.order_by(Deed.id.desc()).limit(size + 1).offset((number - 1) * size)
    deeds = list(db.session.scalars(query))
    return Found(deeds[:size], number, len(deeds) > size)


def actors() -> list[tuple[str, str]]:
    """(value for `find`, name) of everybody who has done anything that is still told."""
    newest = select(func.max(_D.c.id)).group_by(_D.c.actor_id, case((_D.c.actor_id.is_(None), _D.c.actor), else_=""))
    found = db.session.execute(select(_D.c.actor_id, _D.c.actor).where(_D.c.id.in_(newest)).order_by(_D.c.actor))
    return [(str(actor_id) if actor_id is not None else name, name) for actor_id, name in found]


def kinds() -> list[str]:
    """What deeds were done to, that are still told."""
    return list(db.session.scalars(select(_D.c.kind).distinct().order_by(_D.c.kind)))
