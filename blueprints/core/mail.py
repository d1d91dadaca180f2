"""Mail: the outbox, and how a letter becomes a row of it. Sending is the postman's (`core/postman.py`).

The row is the job. It is written in the transaction of what it tells about, whole, with its Message-ID, so nothing
is lost between the two and whatever is sent again is the same message.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from email_validator import EmailNotValidError, validate_email
from flask import Flask, current_app
from sqlalchemy import Index, String, Text, event, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from blueprints.core import settings, site
from blueprints.core.db import Base, UTCDateTime, db, now

WAITING, SENDING = "waiting", "sending"
# How it ended: taken by the server; refused by it; too old to be of use; broken off twice after its last word.
SENT, REFUSED, EXPIRED, UNSURE = "sent", "refused", "expired", "unsure"
STATES = (WAITING, SENDING, SENT, REFUSED, EXPIRED, UNSURE)
ENDED = (SENT, REFUSED, EXPIRED, UNSURE)
# What has ended is remembered for so long without its words: limits count it, and a refused address is left alone.
KEPT = timedelta(days=7)
GOOD_FOR = timedelta(days=5)
# Letters that nobody can have asked for by a confirmed address: one a day to each, so many an hour from all of us.
STRANGER_DAY = timedelta(days=1)
STRANGERS_PER_HOUR = 200
_WAKE = "mail_wake"
_WRITTEN = "hustings_mail"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SUBJECT = "Subject: "


class Outbox(Base):
    """One letter to one address, from the moment it is due until a week after it has ended."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_address", "address", "created_at"),
        Index("ix_outbox_unasked", "unasked", "created_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(20))
    unasked: Mapped[bool] = mapped_column(default=False)
    content: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    # When it is looked at next: to be tried, to be taken from a sender who fell silent, or to be forgotten.
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    holder: Mapped[str] = mapped_column(String(32), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")


def init_app(app: Flask) -> None:
    """Nobody is woken until a postman works for *app*."""
    app.extensions[_WAKE] = []


def write(
    template: str,
    to: str,
    *,
    language: str = "en",
    unasked: bool = False,
    reply_to: str = "",
    answers: Sequence[str] = (),
    leave_url: str = "",
    good_for: timedelta = GOOD_FOR,
    **context: object,
) -> Outbox | None:
    """Inside `writing()`: put what `templates/mail/<language>/<template>` makes of *context* into the outbox.

    *answers* are the ids of the conversation it belongs to, from `conversation_id`, the first one first; *leave_url* is
    an absolute address that takes the POST of RFC 8058; *unasked* is a letter to an address that nobody has confirmed.
    Nothing, and no error, where the address cannot be written to or has had its share.
    """
    address = ascii_address(to)
    if address is None or not may_write(to, unasked=unasked):
        return None
    sender, moment = _sender(), now()
    message_id = f"<{secrets.token_hex(16)}@{sender.domain}>"
    message = EmailMessage(policy=SMTP if address.isascii() else SMTPUTF8)
    text, html = _draw(template, language, context | {"leave_url": leave_url})
    if not text.startswith(_SUBJECT):
        raise ValueError(f"mail/{template}.txt begins with its subject")
    subject, _, text = text.removeprefix(_SUBJECT).partition("\n")
    headers = {
        "From": sender,
        # Not as one word: that must be in ASCII.
        "To": Address(username=address.rpartition("@")[0], domain=address.rpartition("@")[2]),
        "Reply-To": reply_to or settings.current().mail_reply_to,
        "Subject": one_line(subject),
        "Date": format_datetime(moment),
        "Message-ID": message_id,
        "In-Reply-To": answers[-1] if answers else "",
        "References": " ".join(answers),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if leave_url.startswith("http"):  # without SITE_URL nobody could follow it
        headers |= {"List-Unsubscribe": f"<{leave_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    for name, value in headers.items():
        if value:
            message[name] = value
    message.set_content(text.strip() + "\n", cte="quoted-printable")
    message.add_alternative(html.strip() + "\n", subtype="html", cte="quoted-printable")
    message["Content-Language"] = language
    row = Outbox(
        message_id=message_id,
        address=to.casefold(),
        kind=template,
        unasked=unasked,
        content=message.as_bytes().decode(),
        due_at=moment,
        created_at=moment,
        expires_at=moment + good_for,
    )
    db.session.add(row)
    db.session.info[_WRITTEN] = True
    return row


def may_write(to: str, *, unasked: bool = False) -> bool:
    """Whether *to* may be sent one more letter now: it has not refused one lately and has room left today."""
    moment = now()
    lately = select(Outbox.state, Outbox.unasked).where(
        Outbox.address == to.casefold(),
        or_(Outbox.created_at > moment - STRANGER_DAY, (Outbox.state == REFUSED) & (Outbox.due_at > moment)),
    )
    found = db.session.execute(lately).all()
    if any(state == REFUSED for state, _ in found) or len(found) >= settings.current().mail_per_address:
        return False
    if not unasked:
        return True
    return not any(earlier for _, earlier in found) and _strangers(moment) < STRANGERS_PER_HOUR


def _strangers(moment: datetime) -> int:
    """How many letters to unconfirmed addresses were written in the last hour."""
    query = select(func.count()).where(Outbox.unasked, Outbox.created_at > moment - timedelta(hours=1))
    return db.session.scalar(query) or 0


def ascii_address(address: str) -> str | None:
    """*address* as a mail server takes it: its domain in IDNA; nothing where there is no such address.

    A name before the @ in other letters stays (RFC 6532), and needs a server that knows SMTPUTF8.
    """
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def conversation_id(name: str) -> str:
    """What stands in `References` for the post or comment called *name*, so that mail programs group a conversation."""
    return f"<{name}@{_sender().domain}>"


def absolute(path: str) -> str:
    """The address under which the reader of a letter finds *path*; it begins at the root where SITE_URL is not set."""
    return f"{settings.current().site_url or ''}{path}"


def one_line(text: str) -> str:
    """*text* as it may stand in a header: whatever could begin another one is a space."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def forget(address: str) -> int:
    """Inside `writing()`: drop every letter to *address*, sent or not; how many there were."""
    found = db.session.scalars(select(Outbox).where(Outbox.address == address.casefold())).all()
    for row in found:
        db.session.delete(row)
    return len(found)


def counts() -> dict[str, int]:
    """How many letters are in each state."""
    found = dict(db.session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).tuples().all())
    return {state: found.get(state, 0) for state in STATES}


def troubled(limit: int = 20) -> Sequence[Outbox]:
    """What has not arrived although it was tried, the latest first."""
    query = select(Outbox).where(Outbox.state != SENT, Outbox.last_error != "").order_by(Outbox.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def _sender() -> Address:
    """Who our letters are from: MAIL_FROM, under the site's name unless it gives one."""
    name, address = settings.current().mail_from
    return Address(one_line(name or site.shown().name), addr_spec=address)


def _draw(template: str, language: str, context: dict[str, object]) -> tuple[str, str]:
    """The text, with its subject in the first line, and the HTML; English where the language has no such letter."""
    languages = dict.fromkeys((language, language.partition("-")[0], "en"))
    text, html = (
        current_app.jinja_env.select_template([f"mail/{each}/{template}{end}" for each in languages]).render(
            language=language, absolute=absolute, **context
        )
        for end in (".txt", ".html")
    )
    return text, html


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.info.pop(_WRITTEN, False):
        for wake in current_app.extensions[_WAKE]:
            wake()


@event.listens_for(db.session, "after_rollback")
def _after_rollback(session: Session) -> None:
    session.info.pop(_WRITTEN, None)


def on_written(app: Flask, wake: object) -> None:
    """Have *wake* called whenever this process has put a letter into the outbox."""
    app.extensions[_WAKE].append(wake)
