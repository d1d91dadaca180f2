"""Posts and their former addresses."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from blueprints.accounts.models import Account, Person
from blueprints.core import markdown
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.generations import Changes
from blueprints.core.site import Site
from blueprints.core.slugs import slugify
from blueprints.posts.bylines import Byline
from blueprints.posts.length import Length
from blueprints.posts.length import of as length_of
from blueprints.posts.tags import Tag, tagging

# What is stored; a post that is scheduled is one that is published, with a date in the future (`Post.stage`).
DRAFT, REVIEW, PUBLISHED, WITHDRAWN, TRASHED = "draft", "review", "published", "withdrawn", "trashed"
SCHEDULED = "scheduled"
NOT_PUBLISHED = (DRAFT, REVIEW, WITHDRAWN, TRASHED)
POST, PAGE = "post", "page"
FEATURED, PINNED = "featured", "pinned"
MARKDOWN, HTML = "markdown", "html"


_BESIDE_THE_TEXT = re.compile(
    r"<(h[2-6]|aside|figure|pre|table|section)\b.*?</\1>|<p>\s*<a\b[^>]*>[^<]*</a>\s*</p>|<sup>.*?</sup>", re.DOTALL
)


class Correction(NamedTuple):
    """What was wrong with a post and has been put right, as its readers are told; *made_at* is its name as well."""

    made_at: datetime
    text: str


class Where(NamedTuple):
    """What the addresses of a post are made of, hashable."""

    slug: str
    path: str | None


class Post(Base):
    """A piece of writing with an address: a post in the journal's order, or a page outside it."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_post_kind_state_published_at", "kind", "state", "published_at", "id"),
        # The desk's lists: whatever kind it is, in one state and in both.
        Index("ix_post_state_published_at", "state", "published_at", "id"),
        Index("ix_post_published_at", "published_at", "id"),
        # Whether one is public, and from when: its row has that behind its texts, which fill many pages.
        Index("ix_post_shown", "id", "state", "published_at"),
        # The few that stand out; the front page asks for them.
        Index(
            "ix_post_prominence",
            "published_at",
            "id",
            sqlite_where=text("prominence != ''"),
            postgresql_where=text("prominence != ''"),
        ),
        Index("ix_post_series", "series_id", "state", "published_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default=POST)
    state: Mapped[str] = mapped_column(String(10), default=DRAFT)
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    path: Mapped[str | None] = mapped_column(String(1000), unique=True)
    title: Mapped[str] = mapped_column(Text, default="")
    standfirst: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    body_format: Mapped[str] = mapped_column(String(10), default=MARKDOWN)
    body_html: Mapped[str] = mapped_column(Text, default="")
    extract: Mapped[str] = mapped_column(String(400), default="")
    disclaimer: Mapped[str | None] = mapped_column(String(1000))
    # None: what its authors declare, each for themselves; "": that there is nothing to declare.
    competing_interests: Mapped[str | None] = mapped_column(String(1000))
    funding: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    comments_open: Mapped[bool] = mapped_column(default=True)
    closed_because: Mapped[str] = mapped_column(String(300), default="", server_default="")
    rules: Mapped[str] = mapped_column(Text, default="", server_default="")
    rules_html: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Whether a comment may answer a passage of the text; which ones do is gathered in comments/passages.py.
    passages_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    passages: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When what everybody reads last became another: a save of a public post, marked as an update or not.
    modified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # [[when, what], …] in JSON: a page shows them without a further query.
    corrections_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    last_number: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    # How many of its comments the editors have picked.
    picks: Mapped[int] = mapped_column(default=0, server_default="0")
    # When it was last taken down, and what its readers are told of it.
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    # When it was thrown away, and the state to which it returns if that is undone.
    trashed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    trashed_from: Mapped[str] = mapped_column(String(10), default="", server_default="")
    guid: Mapped[str | None] = mapped_column(String(500))
    # How it is shown, beside what it says (the desk's page "Settings" of a post). Its language, where that is not the
    # site's; where it was published first; what stands on the card that other sites draw of it.
    language: Mapped[str] = mapped_column(String(35), default="", server_default="")
    canonical_url: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    first_in: Mapped[str] = mapped_column(String(300), default="", server_default="")
    card_title: Mapped[str] = mapped_column(String(300), default="", server_default="")
    card_text: Mapped[str] = mapped_column(String(500), default="", server_default="")
    card_image: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    # FEATURED or PINNED, where editors give it more than its place by date.
    prominence: Mapped[str] = mapped_column(String(10), default="", server_default="")
    # Which of its comments wait, where that is not as on the site (core/site.py); and when its discussion closes.
    hold: Mapped[str] = mapped_column(String(10), default="", server_default="")
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    # No foreign key: SQLite would want the whole table made anew to add one; `series.remove` takes its posts out.
    series_id: Mapped[int | None] = mapped_column()
    series_number: Mapped[int | None]
    # How often a published comment has become another since, or was removed.
    changes: Mapped[int] = mapped_column(default=0, server_default="0")
    source: Mapped[str | None] = mapped_column(String(255))
    source_id: Mapped[str | None] = mapped_column(String(255))

    bylines: Mapped[list[Byline]] = relationship(
        order_by=Byline.position, cascade="all, delete-orphan", passive_deletes=True
    )
    tags: Mapped[list[Tag]] = relationship(secondary=tagging, order_by=Tag.name, passive_deletes=True)

    def touches(self, changes: Changes) -> Iterator[str]:
        """What everybody reads: its own page, the lists in which it appears or moves, and the list of all addresses."""
        if PUBLISHED not in (self.state, *changes.former("state")):
            return
        yield f"post:{self.id}"
        if changes.of("kind", "state", "slug", "path", "published_at", "title", "series_id", "series_number"):
            numbers = [number for number in (self.series_id, *changes.former("series_id")) if number]
            yield from (f"series:{number}" for number in numbers)
            if numbers:
                yield "all-series"  # which lists those of which something can be read
        if changes.of("prominence"):
            yield "posts"
        if changes.of("kind", "state", "slug", "path", "published_at", "tags"):
            yield "posts"
            yield from (f"by:{number}" for number in self.author_ids)
            yield from (f"tagged:{tag.id}" for tag in (*self.tags, *changes.former("tags")))
        if changes.of("state", "slug", "path", "published_at", "updated_at", "modified_at", "canonical_url"):
            yield "addresses"
        if changes.of("bylines"):
            yield "people"

    @property
    def where(self) -> Where:
        """All that its addresses depend on."""
        return Where(self.slug, self.path)

    @property
    def authors(self) -> list[Person]:
        """The people of the byline, in its order."""
        return [byline.person for byline in self.bylines]

    @property
    def author_ids(self) -> set[int]:
        """The ids of the people of the byline."""
        return {byline.person_id for byline in self.bylines}

    @property
    def heading(self) -> str:
        """The title, or for a post without one the first words of its text."""
        return heading_of(self.title, self.extract)

    @property
    def is_public(self) -> bool:
        """Whether anybody may read it at this moment; a due date in the future waits for its minute."""
        return self.state == PUBLISHED and self.published_at is not None and self.published_at <= now()

    @property
    def last_change(self) -> datetime | None:
        """When what is published here last changed."""
        return max((each for each in (self.published_at, self.updated_at, self.modified_at) if each), default=None)

    @property
    def was_public(self) -> bool:
        """Whether it could once be read and has been taken down."""
        return self.state != PUBLISHED and self.published_at is not None and self.published_at <= now()

    @property
    def stage(self) -> str:
        """Its state as people speak of it: one that waits for its minute is scheduled, not published."""
        return SCHEDULED if self.state == PUBLISHED and not self.is_public else self.state

    @property
    def length(self) -> Length:
        """How long it is to read."""
        return length_of(self.body_html)

    @property
    def shows_update(self) -> bool:
        """Whether a reader gains from the date of the last update: it differs from the day of publication."""
        return bool(
            self.updated_at and self.published_at and (self.updated_at - self.published_at).total_seconds() > 86_400
        )

    @property
    def corrections(self) -> list[Correction]:
        """What readers are told was corrected, the oldest first."""
        stored = json.loads(self.corrections_json) if self.corrections_json else []
        return [Correction(datetime.fromisoformat(made_at), text) for made_at, text in stored]

    def disclaimers(self, site: Site) -> list[str]:
        """What stands below the text: the post's own disclaimer, else its authors', else the site's."""
        if self.disclaimer is not None:
            texts = [self.disclaimer]
        else:
            texts = [person.disclaimer or site.disclaimer for person in self.authors] or [site.disclaimer]
        return [text for text in dict.fromkeys(texts) if text]

    @property
    def declarations(self) -> list[tuple[str, str]]:
        """What is declared below the text, as (of what, text): competing interests and who paid for it."""
        label = "Competing interests"
        if self.competing_interests is not None:
            found = [(label, self.competing_interests or "none declared.")]
        else:
            declared = [(person.name, person.competing_interests) for person in self.authors]
            several = len(declared) > 1
            found = [(label, f"{name}: {text}" if several else text) for name, text in declared if text]
        return found + ([("Funding", self.funding)] if self.funding else [])

    def is_editable_by(self, account: Account) -> bool:
        """Editors edit everything; authors what bears their name; contributors that, until it is published."""
        if account.is_editor:
            return True
        return self.is_by(account) and account.may_write and (account.may_publish or self.state != PUBLISHED)

    def is_by(self, account: Account) -> bool:
        """Whether the byline names whoever signs in with *account*."""
        return account.person_id in self.author_ids

    def write(self, body: str, body_format: str = MARKDOWN, *, language: str = "en") -> None:
        """Set the text and render it, once, for all readers; in the site's *language* if it has none of its own."""
        language = self.language or language
        self.body, self.body_format = body, body_format
        if body_format == MARKDOWN:
            self.body_html = markdown.post_html(body, language=language, has_figures=True)
        else:
            self.body_html = markdown.clean_post(body)
        self.extract = _extract(self.body_html)

    def correct(self, text: str) -> None:
        """Tell readers, with the date of today, what has been corrected; once, if it is said twice in a row."""
        if not self.corrections or self.corrections[-1].text != text:
            moment = now()
            self._keep([*self.corrections, Correction(moment, text)])
            self.updated_at = moment

    def take_back(self, moments: set[datetime]) -> None:
        """Tell readers no more of the corrections made at these *moments*."""
        self._keep([correction for correction in self.corrections if correction.made_at not in moments])

    def _keep(self, corrections: list[Correction]) -> None:
        stored = [[correction.made_at.isoformat(), correction.text] for correction in corrections]
        self.corrections_json = json.dumps(stored, ensure_ascii=False) if stored else ""

    def write_rules(self, text: str) -> None:
        """Set what holds for its discussion beside the house rules (Markdown) and render it, once."""
        self.rules = text
        self.rules_html = markdown.post_html(text) if text else ""

    def credit(self, people: list[Person], own_affiliations: Sequence[str] | None = None) -> None:
        """Name *people* as the authors, in this order, with those of *own_affiliations* that are not empty, if any
        are given, beside their names in the place of what was theirs at the time.
        """
        kept = {byline.person_id: byline for byline in self.bylines}
        self.bylines = [kept.get(person.id) or Byline(person=person) for person in dict.fromkeys(people)]
        own = dict(zip(people, own_affiliations or (), strict=False))
        for position, byline in enumerate(self.bylines):
            byline.position = position
            if own_affiliations is not None:
                byline.own_affiliation = own.get(byline.person, "")
            with db.session.no_autoflush:  # nothing is stored by halves
                byline.settle(self.published_at)

    def publish(self) -> None:
        """Let everybody read it; the first time sets its date."""
        moment = now()
        self.state = PUBLISHED
        self.published_at = min(self.published_at or moment, moment)

    def schedule(self, moment: datetime) -> None:
        """Let everybody read it from *moment* on."""
        self.state, self.published_at = PUBLISHED, moment

    def put_back(self, state: str) -> None:
        """Make it a draft, or one that waits for review; a date that has not come is given up."""
        if not self.is_public and not self.was_public:
            self.published_at = None
        self.state = state

    def withdraw(self, note: str = "") -> None:
        """Take it down; its address says so, and with *note* why."""
        self.state, self.withdrawn_at, self.withdrawn_note = WITHDRAWN, now(), note

    def throw_away(self) -> None:
        """Put it into the trash: nobody reads it, and its address says that it was withdrawn if it ever was public."""
        if self.state != TRASHED:
            self.trashed_from, self.trashed_at, self.state = self.state, now(), TRASHED

    def take_out_of_trash(self) -> None:
        """Let it be what it was before it was thrown away."""
        if self.state == TRASHED:
            self.state, self.trashed_from, self.trashed_at = self.trashed_from or DRAFT, "", None

    def next_number(self) -> int:
        """The number of the next comment to be published here; none is ever given twice."""
        self.last_number += 1
        return self.last_number


@event.listens_for(Post, "after_update")
def _date_lists(_mapper: object, connection: Connection, post: Post) -> None:
    """Move the post in the lists of its people and tags."""
    if inspect(post).attrs.published_at.history.has_changes():
        date = {"published_at": post.published_at}
        connection.execute(update(Byline).where(Byline.post_id == post.id).values(date))
        connection.execute(update(tagging).where(tagging.c.post_id == post.id).values(date))


@event.listens_for(db.session, "before_flush")
def _settle_bylines(session: Session, _context: object, _instances: object) -> None:
    """A post that gets another date says where its authors worked then."""
    for row in (*session.new, *session.dirty):
        if isinstance(row, Post) and inspect(row).attrs.published_at.history.has_changes():
            for byline in row.bylines:
                byline.settle(row.published_at)


class Alias(Base):
    """A former address of a post; it redirects for ever."""

    __tablename__ = "alias"

    path: Mapped[str] = mapped_column(String(1000), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), index=True)

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)


def heading_of(title: str, extract: str) -> str:
    """The title of a post, or for one without it the first words of its text."""
    if title:
        return title
    words = extract.split()
    return " ".join(words[:8]) + "…" if len(words) > 8 else " ".join(words) or "Untitled"


def _extract(html: str) -> str:
    """The first words of the running text: no headings, figures, code, tables, notes or lone links."""
    running = _BESIDE_THE_TEXT.sub(" ", html)
    text = markdown.plain_text(running) or markdown.plain_text(html)
    return text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0] + "…"


def slug_for(title: str) -> str:
    """The slug that *title* suggests."""
    return slugify(title) or "post"
