"""People and accounts. A person has a byline; an account signs in; one may belong to the other.

Public: everything about a Person but the e-mail address. Private: everything about an Account.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from blueprints.accounts.affiliations import Affiliation, day_of
from blueprints.accounts.names import sort_key, sort_name_of
from blueprints.core import markdown
from blueprints.core.db import Base, UTCDateTime, now
from blueprints.core.generations import Changes
from blueprints.core.lookalikes import skeleton
from blueprints.core.site import Site

ADMINISTRATOR, EDITOR, AUTHOR = "administrator", "editor", "author"
CONTRIBUTOR, MODERATOR = "contributor", "moderator"
ROLES = (ADMINISTRATOR, EDITOR, AUTHOR, CONTRIBUTOR, MODERATOR)
# Whose posts, whose comments: those below one's own posts; all; none. Of which comments an account is told by mail says
# it so, too: MINE is then, of whoever looks after all comments, what waits besides.
MINE, ALL, NOTHING = "mine", "all", "none"
# Whoever looks after all comments.
MODERATORS = (ADMINISTRATOR, EDITOR, MODERATOR)
SIGN_IN_DAYS = 30
_hasher = PasswordHasher()  # argon2id with the RFC 9106 low-memory profile


class Person(Base):
    """Somebody who writes here, with or without an account."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    # Follows the name: by it, whoever writes under a name like this one is found.
    skeleton: Mapped[str] = mapped_column(String(500), default="", server_default="", index=True)
    # As it stands in an index and a citation, and what it is sorted by there.
    sort_name: Mapped[str] = mapped_column(String(160), default="", server_default="")
    sort_key: Mapped[str] = mapped_column(String(200), default="", server_default="", index=True)
    orcid: Mapped[str] = mapped_column(String(19), default="", server_default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    bio_html: Mapped[str] = mapped_column(Text, default="")
    portrait: Mapped[str] = mapped_column(String(64), default="")
    portrait_alt: Mapped[str] = mapped_column(String(300), default="", server_default="")
    links: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    disclaimer: Mapped[str] = mapped_column(String(1000), default="")
    competing_interests: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    source: Mapped[str | None] = mapped_column(String(255))
    source_id: Mapped[str | None] = mapped_column(String(255))

    picture: Mapped["Portrait | None"] = relationship(
        back_populates="person", cascade="all, delete-orphan", passive_deletes=True
    )
    affiliations: Mapped[list[Affiliation]] = relationship(
        order_by=Affiliation.place, cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def affiliation(self) -> str:
        """Where they work today, in one line."""
        today = day_of(now())
        return "; ".join(each.institution for each in self.affiliations if each.held_on(today))

    @validates("name")
    def _follow_name(self, _key: str, name: str) -> str:
        self.skeleton = skeleton(name)
        if not self.sort_name or self.sort_name == sort_name_of(self.name or ""):
            self.sort_name = sort_name_of(name)
        return name

    @validates("sort_name")
    def _follow_sort_name(self, _key: str, sort_name: str) -> str:
        self.sort_key = sort_key(sort_name)
        return sort_name

    @validates("email")
    def _fold_email(self, _key: str, email: str) -> str:
        return email.casefold()

    def touches(self, changes: Changes) -> Iterator[str]:
        """Everything public about somebody stands on their page and below what they write."""
        said = ("slug", "name", "sort_name", "orcid", "bio_html", "portrait", "portrait_alt", "links")
        if changes.of(*said, "disclaimer", "competing_interests"):
            yield f"person:{self.id}"
        if changes.of("slug", "name", "sort_name"):
            yield "people"

    def show_portrait(self, image: bytes | None) -> None:
        """Set the portrait (a WebP that core/pictures.py made), or take it away; `portrait` names its version."""
        self.picture = Portrait(image=image) if image else None
        self.portrait = hashlib.sha256(image).hexdigest()[:16] if image else ""

    def write_bio(self, text: str) -> None:
        """Set the bio (Markdown) and render it."""
        self.bio = text
        self.bio_html = markdown.post_html(text) if text else ""


class PersonAlias(Base):
    """A former slug of somebody; it redirects for ever. Of a record merged into another also where that came from."""

    __tablename__ = "person_alias"
    __table_args__ = (Index("ix_person_alias_source", "source", "source_id"),)

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    source: Mapped[str | None] = mapped_column(String(255))
    source_id: Mapped[str | None] = mapped_column(String(255))


class Portrait(Base):
    """The picture of a person, in a table of its own so that no list of people loads it."""

    __tablename__ = "portrait"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    image: Mapped[bytes] = mapped_column(LargeBinary)

    person: Mapped[Person] = relationship(back_populates="picture")


class Account(Base):
    """Somebody who signs in."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    comment_mail: Mapped[str] = mapped_column(String(10), default=MINE)
    # Whether it is told what becomes of its own texts, and what is noted on them; and of those that wait for review.
    text_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    review_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Whether it can do nothing until an administrator switches it on again.
    is_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    person: Mapped[Person] = relationship(lazy="joined")

    @property
    def is_invited(self) -> bool:
        """Whether nobody has come in yet: there is no password until the invitation is taken."""
        return not self.password_hash

    @property
    def is_editor(self) -> bool:
        """Whether every post and comment is theirs to edit, and what is said of people and site."""
        return self.role in (EDITOR, ADMINISTRATOR)

    @property
    def may_write(self) -> bool:
        """Whether they write posts."""
        return self.role != MODERATOR

    @property
    def may_publish(self) -> bool:
        """Whether they let everybody read a post of theirs, change one that is public, and take one down."""
        return self.role in (AUTHOR, EDITOR, ADMINISTRATOR)

    def moderates(self, site: Site) -> str:
        """Which comments they judge: ALL; MINE (below their own posts, if the site leaves it to authors); NOTHING."""
        if self.role in MODERATORS:
            return ALL
        return MINE if self.role == AUTHOR and site.authors_moderate else NOTHING

    def may_moderate(self, site: Site, author_ids: Collection[int]) -> bool:
        """Whether comments below a post by the people with these ids are theirs to judge."""
        scope = self.moderates(site)
        return scope == ALL or (scope == MINE and self.person_id in author_ids)

    @property
    def is_administrator(self) -> bool:
        """Whether the site's own settings are theirs."""
        return self.role == ADMINISTRATOR

    def set_password(self, password: str) -> None:
        """Keep an argon2id hash of *password*."""
        self.password_hash = password_hash(password)


class SignIn(Base):
    """One browser in which somebody is signed in; deleting the row signs it out."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # The browser and its system in words.
    device: Mapped[str] = mapped_column(String(100), default="", server_default="")
    # When it was last at the desk, to the hour: every write lets go of what is known of kept pages.
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship(lazy="joined")

    @classmethod
    def begin(cls, account: Account, device: str = "") -> tuple["SignIn", str]:
        """A new sign-in of *account* and the token that its browser keeps."""
        token, moment = new_token(), now()
        row = cls(
            account=account,
            token_hash=token_hash(token),
            created_at=moment,
            seen_at=moment,
            expires_at=moment + timedelta(days=SIGN_IN_DAYS),
            device=device,
        )
        return row, token


class Link(Base):
    """A link that opens one thing, once, for whoever got the letter."""

    __tablename__ = "account_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # The address that is to be signed in with, where the link confirms one.
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship(lazy="joined")


def new_token() -> str:
    """A secret that nobody can guess, as it stands in a link or cookie."""
    return secrets.token_urlsafe(32)


def password_hash(password: str) -> str:
    """An argon2id hash of *password*; takes a while, so it is made before the write lock is taken."""
    return _hasher.hash(password)


def token_hash(token: str) -> str:
    """What the database keeps of a token: enough to recognise it, nothing to use."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@cache
def _nobody() -> str:
    """Compared against where there is no account, so that an unknown address takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(16))


def password_matches(account: Account | None, password: str) -> bool:
    """Whether *password* opens *account*; takes as long where there is none, or none that can sign in."""
    nobody = _nobody()
    known = account is not None and not account.is_invited and not account.is_off
    try:
        return _hasher.verify(account.password_hash if account and known else nobody, password) and known
    except (VerificationError, InvalidHashError):
        return False
