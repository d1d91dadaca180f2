"""The site itself: its name and the rules an editor sets while it runs. One row."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import g
from sqlalchemy import LargeBinary, String, Text, false, select, true
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import generations, markdown, rows, settings
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.generations import Changes

SETUP_HOURS = 24
HOLD_ALL, HOLD_NEW, HOLD_NONE = "all", "new", "none"
LOGO, BANNER = "logo", "banner"


class Site(Base):
    """Name, standfirst, disclaimer and comment policy of this publication."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), default="Hustings")
    standfirst: Mapped[str] = mapped_column(String(300), default="")
    disclaimer: Mapped[str] = mapped_column(String(1000), default="")
    language: Mapped[str] = mapped_column(String(35), default="en")
    hold: Mapped[str] = mapped_column(String(10), default=HOLD_NEW)
    rules: Mapped[str] = mapped_column(Text, default="", server_default="")
    rules_html: Mapped[str] = mapped_column(Text, default="", server_default="")
    shows_faces: Mapped[bool] = mapped_column(default=True, server_default=true())
    takes_marks: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Whether authors look after the comments below their own posts.
    authors_moderate: Mapped[bool] = mapped_column(default=True, server_default=true())
    # {rule: level} in JSON, as posts/gate.py has them: what is asked of a post before it is published.
    gate: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Whether editors and administrators need more than a password to work here.
    needs_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What the ids in the feeds are made from, so that no later change of address makes every entry a new one.
    uuid: Mapped[str | None] = mapped_column(String(36), default=lambda: str(uuid4()))
    passages_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    # An IANA name; where there is none, the TIME_ZONE of the settings holds.
    time_zone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # Whether search engines may list it, and whether those that train language models may take it.
    is_listed: Mapped[bool] = mapped_column(default=True, server_default=true())
    feeds_models: Mapped[bool] = mapped_column(default=True, server_default=true())
    # A colour like #8c2f1b, of which the tones of both themes are made (appearance.py); none is the house's own.
    accent: Mapped[str] = mapped_column(String(7), default="", server_default="")
    # The version of the picture and its size in pixels, like 0123456789abcdef-320x96.
    logo: Mapped[str] = mapped_column(String(40), default="", server_default="")
    logo_alt: Mapped[str] = mapped_column(String(200), default="", server_default="")
    banner: Mapped[str] = mapped_column(String(40), default="", server_default="")
    banner_alt: Mapped[str] = mapped_column(String(200), default="", server_default="")
    greeted: Mapped[bool] = mapped_column(default=False)
    setup_hash: Mapped[str | None] = mapped_column(String(64))
    setup_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def touches(self, changes: Changes) -> Iterator[str]:
        """Its name and texts stand on every page."""
        texts = ("name", "standfirst", "disclaimer", "language", "rules_html")
        looks = ("accent", "logo", "logo_alt", "banner", "banner_alt", "time_zone", "is_listed", "feeds_models")
        if changes.of(*texts, *looks, "shows_faces", "takes_marks", "passages_open"):
            yield "site"

    @property
    def zone(self) -> ZoneInfo:
        """On whose clock dates are told."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else settings.current().time_zone
        except (ZoneInfoNotFoundError, ValueError):  # this machine does not know it, another did
            return settings.current().time_zone

    def show(self, kind: str, image: bytes | None, size: tuple[int, int] = (0, 0)) -> None:
        """Inside `writing()`: set the logo or the banner (a WebP of this *size*), or take it away."""
        found = db.session.get(SitePicture, kind) or SitePicture(kind=kind)
        if image:
            found.image = image
            db.session.add(found)
        elif found in db.session:
            db.session.delete(found)
        version = f"{hashlib.sha256(image).hexdigest()[:16]}-{size[0]}x{size[1]}" if image else ""
        setattr(self, kind, version)

    def write_rules(self, text: str) -> None:
        """Set the house rules (Markdown) and render them, once."""
        self.rules = text
        self.rules_html = markdown.post_html(text) if text else ""

    def offer_setup(self) -> str:
        """A fresh one-time set-up token; the one before it stops working."""
        token = secrets.token_urlsafe(32)
        self.setup_hash = _digest(token)
        self.setup_expires_at = now() + timedelta(hours=SETUP_HOURS)
        return token

    def accepts_setup(self, token: str) -> bool:
        """Whether *token* is the one that was offered last, unused and not expired."""
        if self.setup_hash is None or self.setup_expires_at is None or self.setup_expires_at < now():
            return False
        return secrets.compare_digest(self.setup_hash, _digest(token))

    def close_setup(self) -> None:
        """Use the set-up token up."""
        self.setup_hash = self.setup_expires_at = None


class SitePicture(Base):
    """The logo or the banner of the site, apart from what every page reads of it."""

    __tablename__ = "site_picture"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    image: Mapped[bytes] = mapped_column(LargeBinary)


def zone() -> ZoneInfo:
    """On whose clock dates are told in this request."""
    found: ZoneInfo | None = g.get("zone")
    if found is None:
        found = g.zone = here().zone
    return found


def here() -> "Site":
    """The site as this request shows it."""
    found: Site | None = g.get("site")
    if found is None:
        found = g.site = shown()
    return found


def size_of(version: str) -> tuple[int, int]:
    """Width and height in pixels of the logo or banner with this *version*."""
    width, _, height = version.partition("-")[2].partition("x")
    return int(width), int(height)


def shown() -> Site:
    """The site as readers are shown it, read anew; not for changing: the same object as long as its row is the same."""
    generations.reads("site")
    found = rows.fetch(_ROW)
    return _made(found[0]) if found else current()


def current() -> Site:
    """The site's row; a database that has none yet is answered with the defaults, unsaved."""
    generations.reads("site")
    return db.session.get(Site, 1) or Site(
        id=1,
        name="Hustings",
        standfirst="",
        disclaimer="",
        language="en",
        hold=HOLD_NEW,
        rules="",
        rules_html="",
        shows_faces=True,
        takes_marks=True,
        authors_moderate=True,
        gate="",
        needs_second_factor=False,
        passages_open=True,
        time_zone="",
        is_listed=True,
        feeds_models=True,
        accent="",
        logo="",
        logo_alt="",
        banner="",
        banner_alt="",
        greeted=False,
    )


_ROW = select(Site.__table__).where(Site.__table__.c.id == 1)
_made = lru_cache(maxsize=2)(rows.Shape(Site, Site.__table__.c).of)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
