"""Keys: the private link of an e-mail address. Whoever holds it has read a mail to that address.

A key is signed with a salt that its address keeps, so that it lasts as long as it is wanted and not a day longer:
`rotate` gives the address another salt, and every link of before leads nowhere. The database alone opens nothing, nor
does the site's secret.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import settings
from blueprints.core.db import LARGEST_ID, Base, UTCDateTime, db, now

_OPENS, _LEAVES = "private link", "leave"
_NUMBER = re.compile("[1-9][0-9]{0,18}", re.ASCII)
_SHAPE = re.compile(r"([1-9][0-9]{0,18})-([A-Za-z0-9_-]{32})", re.ASCII)


class Correspondent(Base):
    """An address that we write to or that has a private link; *confirmed_at* is when its owner first said so."""

    __tablename__ = "correspondent"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number that comes back would bring old links back

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    salt: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(35), default="en")
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The browser whose wishes its owner has confirmed, as the hash of its cookie.
    vouches_for: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @property
    def key(self) -> str:
        """What its private links carry."""
        return f"{self.id}-{_signature(self, _OPENS)}"


def correspondent(email: str) -> Correspondent | None:
    """The one with this address, if we have it."""
    return db.session.scalar(select(Correspondent).where(Correspondent.email == email.casefold()))


def admit(email: str, language: str = "en") -> Correspondent:
    """Inside `writing()`: the one with this address, made if need be, unconfirmed."""
    if found := correspondent(email):
        return found
    made = Correspondent(email=email.casefold(), salt=secrets.token_urlsafe(16), language=language)
    db.session.add(made)
    db.session.flush()
    return made


def key_for(email: str) -> str:
    """Inside `writing()`: the key of this address, the same every time until it is rotated."""
    return admit(email).key


def holder(key: str) -> Correspondent | None:
    """Whose key it is; nothing for a key that was never given or is no longer good."""
    if not (parts := _SHAPE.fullmatch(key)) or int(parts[1]) > LARGEST_ID:
        return None
    found = db.session.get(Correspondent, int(parts[1]))
    return found if found and hmac.compare_digest(_signature(found, _OPENS), parts[2]) else None


def leave_key(of: Correspondent, subscription: int) -> str:
    """What a link carries that can do nothing but end mail; a letter that is passed on gives no more away."""
    return f"{of.id}-{_signature(of, f'{_LEAVES} {subscription}')}-{subscription}"


def leaver(key: str) -> tuple[Correspondent, int] | None:
    """Whose mail ends with this key, and which subscription; it may have ended before."""
    key, _, number = key.rpartition("-")
    parts = _SHAPE.fullmatch(key)
    if not parts or not _NUMBER.fullmatch(number) or max(int(parts[1]), int(number)) > LARGEST_ID:
        return None
    found = db.session.get(Correspondent, int(parts[1]))
    if found is None or not hmac.compare_digest(_signature(found, f"{_LEAVES} {number}"), parts[2]):
        return None
    return found, int(number)


def email_of(key: str) -> str | None:
    """The address whose key it is; nothing for a key that was never given or is no longer good."""
    found = holder(key)
    return found.email if found else None


def confirm(correspondent: Correspondent) -> None:
    """Inside `writing()`: its owner has said that it is theirs."""
    correspondent.confirmed_at = correspondent.confirmed_at or now()


def rotate(email: str) -> None:
    """Inside `writing()`: make every link of this address useless; the next `key_for` gives another."""
    if found := correspondent(email):
        found.salt = secrets.token_urlsafe(16)


def forget(email: str) -> None:
    """Inside `writing()`: the address is not known here any more, nor what it asked for; its links open nothing."""
    if found := correspondent(email):
        db.session.delete(found)


def _signature(of: Correspondent, purpose: str) -> str:
    words = f"{purpose}\0{of.id}\0{of.email}\0{of.salt}".encode()
    digest = hmac.new(settings.current().secret_key.encode(), words, hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()
