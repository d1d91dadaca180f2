"""The gate before publishing: what an editor wants a post to have, looked for in its text; nothing is fetched."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person
from blueprints.core import figures
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.site import Site
from blueprints.posts.models import MARKDOWN, Post

OFF, WARN, REFUSE = "off", "warn", "refuse"
LEVELS = (OFF, WARN, REFUSE)
LONG_TITLE = 100
# What can be asked of a post, and what is asked while no editor has said otherwise.
RULES = {
    "title": ("A title, not longer than a list shows", WARN),
    "standfirst": ("A standfirst", OFF),
    "alt": ("Alternative text for every image", WARN),
    "links": ("Links and footnotes that lead somewhere", WARN),
    "tags": ("At least one tag", OFF),
    "affiliation": ("An affiliation for every author", OFF),
    "disclaimer": ("A disclaimer", OFF),
}
# Places of the page itself that a text may point at.
_PLACES = {"comments", "corrections", "main", "post"}
_NOTE = re.compile(r"\[\^([^\]\s]+)\](?!:)")
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)|`[^`\n]*`", re.MULTILINE | re.DOTALL)
# What is wrong with an address on this site, if anything is: asked with its path and query.
Nowhere = Callable[[str], str]


@dataclass(frozen=True)
class Fault:
    """Something that is not as the gate wants it: what, and where: a field of the form, a line of it, a person."""

    rule: str
    words: str
    field: str = ""
    line: int | None = None
    person: Person | None = None


@dataclass(frozen=True)
class Check:
    """A rule that is asked for, and what was found against it."""

    rule: str
    level: str
    faults: list[Fault]

    @property
    def label(self) -> str:
        """What it asks for."""
        return RULES[self.rule][0]

    @property
    def refuses(self) -> bool:
        """Whether the post may not be published as it is."""
        return self.level == REFUSE and bool(self.faults)


@dataclass(frozen=True)
class Piece:
    """What the gate looks at: a post as it is stored, or as somebody writes it."""

    title: str
    standfirst: str
    body: str
    html: str
    is_markdown: bool
    # The authors beside whose names no affiliation stands.
    unaffiliated: list[Person]
    tags: list[str]
    disclaimers: list[str]

    @classmethod
    def of(cls, post: Post, site: Site, tags: list[str] | None = None) -> "Piece":
        """What *post* says, under these *tags* where it is not stored."""
        named = [tag.name for tag in post.tags] if tags is None else tags
        is_markdown, said = post.body_format == MARKDOWN, post.disclaimers(site)
        alone = [byline.person for byline in post.bylines if not byline.affiliations]
        return cls(post.title, post.standfirst, post.body, post.body_html, is_markdown, alone, named, said)


class Override(Base):
    """An editor let a post pass the gate as it was: who, when, why, and what was wrong with it."""

    __tablename__ = "gate_override"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    reason: Mapped[str] = mapped_column(Text)
    faults: Mapped[str] = mapped_column(Text)

    person: Mapped[Person | None] = relationship(lazy="joined")


def levels(site: Site) -> dict[str, str]:
    """What the gate of *site* does about each rule."""
    said: Mapping[str, str] = json.loads(site.gate) if site.gate else {}
    return {rule: said.get(rule, usual) for rule, (_label, usual) in RULES.items()}


def checks(piece: Piece, site: Site, leads_nowhere: Nowhere, own_host: str = "") -> list[Check]:
    """What the gate asks of *piece*, and what is wrong with it."""
    asked = {rule: level for rule, level in levels(site).items() if level != OFF}
    found: dict[str, list[Fault]] = {rule: [] for rule in asked}
    for fault in _faults(piece, leads_nowhere, own_host):
        if fault.rule in found:
            found[fault.rule].append(fault)
    return [Check(rule, level, found[rule]) for rule, level in asked.items()]


def let_pass(post: Post, by: int | None, reason: str, refused: list[Check]) -> None:
    """Inside `writing()`: note that an editor publishes *post* as it is, and why."""
    words = "\n".join(fault.words for check in refused for fault in check.faults)
    db.session.add(Override(post_id=post.id, person_id=by, reason=reason, faults=words))


def overrides(post: Post) -> list[Override]:
    """How often *post* was let pass as it was, the last time first."""
    query = select(Override).where(Override.post_id == post.id).order_by(Override.id.desc())
    return list(db.session.scalars(query))


def _faults(piece: Piece, leads_nowhere: Nowhere, own_host: str) -> Iterator[Fault]:
    if not piece.title:
        yield Fault("title", "It has no title.", "title")
    elif len(piece.title) > LONG_TITLE:
        yield Fault(
            "title", f"The title is {len(piece.title)} characters long; lists show about {LONG_TITLE}.", "title"
        )
    if not piece.standfirst:
        yield Fault("standfirst", "There is no standfirst.", "standfirst")
    if not piece.tags:
        yield Fault("tags", "It has no tag.", "tags")
    if not piece.disclaimers:
        yield Fault("disclaimer", "Neither it nor its authors nor the site have a disclaimer.", "disclaimer")
    for person in piece.unaffiliated:
        yield Fault("affiliation", f"{person.name} has no affiliation.", person=person)
    yield from _in_text(piece, leads_nowhere, own_host)


def _in_text(piece: Piece, leads_nowhere: Nowhere, own_host: str) -> Iterator[Fault]:
    if not piece.html.strip():
        return
    import lxml.html

    root = lxml.html.fragment_fromstring(piece.html, create_parent="div")
    ids = {element.get("id") or "" for element in root.iter()} | _PLACES
    for image in root.iter("img"):
        if not (image.get("alt") or "").strip() and image.get("role") != figures.DECORATION:
            source = _as_typed(image.get("src") or "", piece.body)
            words = f"The image {_name(source)} has no alternative text."
            yield Fault("alt", words, "body", _line(piece.body, source))
        source = image.get("src") or ""
        if figures.ADDRESS.fullmatch(source) and (why := leads_nowhere(unquote(source))):
            yield Fault("links", f"The image {_name(source)}: {why}.", "body", _line(piece.body, source))
    told: set[str] = set()
    for link in root.iter("a"):
        address = link.get("href")
        if address is None or address in told:
            continue
        told.add(address)
        why = _wrong(address, ids, leads_nowhere, own_host)
        if why:
            words = f"“{' '.join(link.text_content().split())[:60]}” leads to {address or 'nothing'}: {why}."
            yield Fault("links", words, "body", _line(piece.body, address))
    if piece.is_markdown:
        yield from _notes(piece.body)


def _wrong(address: str, ids: set[str], leads_nowhere: Nowhere, own_host: str) -> str:
    """What is wrong with the *address* of a link, as far as that can be known without asking anybody else."""
    if address.startswith("#"):
        return "" if unquote(address[1:]) in ids else "the text has no such place"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "this is not an address"
    if parts.scheme == "mailto":
        try:
            validate_email(unquote(parts.path), check_deliverability=False)
        except EmailNotValidError:
            return "this is not an e-mail address"
        return ""
    if parts.scheme not in ("", "http", "https"):
        return ""
    if parts.scheme and not host:
        return "this address has no host"
    if host and f"{parts.netloc}".lower() != own_host.lower():
        return "" if "." in host or host == "localhost" or ":" in host else f"“{host}” is no host"
    path = parts.path or "/"
    if not path.startswith("/"):
        return "it begins neither with https:// nor with /"
    return leads_nowhere(unquote(path) + (f"?{parts.query}" if parts.query else ""))


def _notes(body: str) -> Iterator[Fault]:
    """Footnotes without a text, and texts of footnotes that nothing refers to: neither would be seen."""
    plain = _FENCED.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), body)
    written = {found[1]: found.start() for found in _NOTE_TEXT.finditer(plain)}
    named = {found[1]: found.start() for found in reversed(list(_NOTE.finditer(plain)))}
    for name, at in sorted(named.items(), key=lambda item: item[1]):
        if name not in written:
            yield Fault("links", f"The footnote [^{name}] has no text.", "body", body.count("\n", 0, at) + 1)
    for name, at in sorted(written.items(), key=lambda item: item[1]):
        if name not in named:
            words = f"Nothing refers to the footnote [^{name}], so nobody sees it."
            yield Fault("links", words, "body", body.count("\n", 0, at) + 1)


def _as_typed(source: str, body: str) -> str:
    """The address of an image as it stands in *body*: what the library shows lies at one of its own."""
    stem = figures.FILE.sub(r"\1-", source)
    found = re.search(rf"{re.escape(stem)}[^\s()\"'<>]*", body) if stem != source else None
    return found[0] if found else source


def _line(body: str, words: str) -> int | None:
    """The line of *body* in which *words* stand first."""
    at = body.find(words) if words else -1
    at = body.find(unquote(words)) if words and at < 0 else at
    return body.count("\n", 0, at) + 1 if at >= 0 else None


def _name(address: str) -> str:
    return "without an address" if not address else address if len(address) <= 60 else f"…{address[-60:]}"
