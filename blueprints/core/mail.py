"""Mail: the outbox, and how a letter becomes a row of it. Sending is the postman's (`core/postman.py`).

The row is the job. It is written in the transaction of what it tells about, with its Message-ID, so nothing is lost
between the two and whatever is sent again is the same message. Its words are there at once (`write`), or are put
together when its turn has come (`queue`): then nobody waits for them, and what was taken back meanwhile is not told.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import Flask, current_app
from sqlalchemy import JSON, Index, String, Text, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import settings, site
from blueprints.core.db import Base, UTCDateTime, after_commit, after_rollback, db, notes, now

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
_COMPOSERS = "mail_composers"
# What a letter of one kind says, from what it was queued with: the arguments of `write` but the first two;
# nothing where it is of no use any longer.
Composer = Callable[[Mapping[str, Any]], dict[str, Any] | None]
_WRITTEN = "hustings_mail"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_BEGUN_BELOW = re.compile(r"(?<=^List-Unsubscribe):\r\n |(?<=^Message-ID):\r\n |(?<=^References):\r\n ", re.MULTILINE)
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
    about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    content: Mapped[str] = mapped_column(Text, default="")
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
    """Nobody is woken until a postman works for *app*, and no slice has letters of its own yet."""
    app.extensions[_WAKE] = []
    app.extensions[_COMPOSERS] = {}


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
    if not may_write(to, unasked=unasked):
        return None
    moment = now()
    row = Outbox(**_fields(template, to, moment, good_for), unasked=unasked)
    row.content = compose(
        row.kind,
        to,
        row.message_id,
        moment,
        language=language,
        reply_to=reply_to,
        answers=answers,
        leave_url=leave_url,
        **context,
    )
    db.session.add(row)
    notes()[_WRITTEN] = True
    return row


def queue(
    kind: str,
    letters: Iterable[tuple[str, dict[str, Any]]],
    *,
    unasked: bool = False,
    good_for: timedelta = GOOD_FOR,
    due_at: datetime | None = None,
) -> None:
    """Inside `writing()`: a letter of this *kind* for each (address, what it is about); composed when it is sent, now
    or when it is due.
    """
    moment = now()
    shared = {"unasked": unasked, **({"due_at": max(due_at, moment)} if due_at else {})}
    found = [{**_fields(kind, to, moment, good_for), **shared, "about": about} for to, about in letters]
    if found:
        db.session.connection().execute(insert(Outbox.__table__), found)  # type: ignore[arg-type]
        notes()[_WRITTEN] = True


def _fields(kind: str, to: str, moment: datetime, good_for: timedelta) -> dict[str, Any]:
    message_id = f"<{secrets.token_hex(16)}@{_domain()}>"
    dates = {"due_at": moment, "created_at": moment, "expires_at": moment + good_for}
    return {"message_id": message_id, "address": to.casefold(), "kind": kind, **dates}


def on_compose(app: Flask, kind: str, composer: Composer) -> None:
    """Have *composer* asked for the words of letters of this *kind*."""
    app.extensions[_COMPOSERS][kind] = composer


def composed(kind: str, about: Mapping[str, Any], to: str, message_id: str, moment: datetime) -> str | None:
    """The letter of this *kind*, whole; nothing where it is of no use any longer."""
    found = current_app.extensions[_COMPOSERS][kind](about)
    return None if found is None else compose(kind, to, message_id, moment, **found)


def compose(
    template: str,
    to: str,
    message_id: str,
    moment: datetime,
    *,
    language: str = "en",
    reply_to: str = "",
    answers: Sequence[str] = (),
    leave_url: str = "",
    **context: object,
) -> str:
    """The letter as it goes over the line (RFC 5322)."""
    address = ascii_address(to) or to
    message = EmailMessage(policy=SMTP if address.isascii() else SMTPUTF8)
    text, html, language = _draw(template, language, context | {"leave_url": leave_url})
    if not text.startswith(_SUBJECT):
        raise ValueError(f"mail/{template}.txt begins with its subject")
    subject, _, text = text.removeprefix(_SUBJECT).partition("\n")
    headers = {
        "From": _sender(),
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
    # A long word after a name is put on a line of its own, and not every mail program finds an address there.
    return _BEGUN_BELOW.sub(": ", message.as_bytes().decode())


def reaches_people() -> bool:
    """Whether letters leave this machine; else they are shown on the terminal, to whoever runs the site."""
    return settings.current().mail_line.scheme != "console"


def may_write(to: str, *, unasked: bool = False, states: Sequence[str] = STATES) -> bool:
    """Whether *to* may be sent one more letter now: there is such an address, it has not refused one lately, and has
    room left today, of which letters in these *states* take their share.
    """
    moment = now()
    lately = select(Outbox.state, Outbox.unasked).where(
        Outbox.address == to.casefold(),
        or_(Outbox.created_at > moment - STRANGER_DAY, (Outbox.state == REFUSED) & (Outbox.due_at > moment)),
    )
    found = [row for row in db.session.execute(lately) if row.state in states]
    if ascii_address(to) is None or any(row.state == REFUSED for row in found):
        return False
    if len(found) >= settings.current().mail_per_address:
        return False
    return not unasked or not (any(row.unasked for row in found) or _strangers(moment) >= STRANGERS_PER_HOUR)


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
    return f"<{name}@{_domain()}>"


def absolute(path: str) -> str:
    """The address under which the reader of a letter finds *path*; it begins at the root where SITE_URL is not set."""
    return f"{settings.current().site_url or ''}{path}"


def one_line(text: str) -> str:
    """*text* as it may stand in a header: whatever could begin another one is a space."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def forget(address: str) -> int:
    """Inside `writing()`: drop every letter to *address*, sent or not; how many there were."""
    db.session.flush()
    dropped = delete(Outbox).where(Outbox.address == address.casefold())
    return db.session.connection().execute(dropped).rowcount


def counts() -> dict[str, int]:
    """How many letters are in each state."""
    found = dict(db.session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).tuples().all())
    return {state: found.get(state, 0) for state in STATES}


def troubled(limit: int = 20) -> Sequence[Outbox]:
    """What has not arrived although it was tried, the latest first."""
    query = select(Outbox).where(Outbox.state != SENT, Outbox.last_error != "").order_by(Outbox.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def failed(limit: int = 5) -> tuple[int, Sequence[Outbox]]:
    """How many letters of the last days have ended without being taken, and the latest of them."""
    lost = Outbox.state.in_((REFUSED, EXPIRED, UNSURE))
    number = db.session.scalar(select(func.count()).select_from(Outbox).where(lost)) or 0
    return number, db.session.scalars(select(Outbox).where(lost).order_by(Outbox.id.desc()).limit(limit)).all()


def _sender() -> Address:
    """Who our letters are from: MAIL_FROM, under the site's name unless it gives one."""
    name, address = settings.current().mail_from
    return Address(one_line(name or site.shown().name), addr_spec=address)


def _domain() -> str:
    """What our Message-IDs end with."""
    return settings.current().mail_from[1].rpartition("@")[2]


def _draw(template: str, language: str, context: dict[str, object]) -> tuple[str, str, str]:
    """The text, with its subject in the first line, the HTML, and their language: English where there is none such."""
    languages = dict.fromkeys((language, language.partition("-")[0], "en"))
    found = current_app.jinja_env.select_template([f"mail/{each}/{template}.txt" for each in languages])
    spoken = str(found.name).split("/")[1]
    html = current_app.jinja_env.get_template(f"mail/{spoken}/{template}.html")
    known = {"language": spoken, "absolute": absolute, **context}
    return found.render(known), html.render(known), spoken


@after_commit
def _after_commit(noted: dict[str, Any]) -> None:
    if noted.pop(_WRITTEN, False):
        for wake in current_app.extensions[_WAKE]:
            wake()


@after_rollback
def _after_rollback(noted: dict[str, Any]) -> None:
    noted.pop(_WRITTEN, None)


def on_written(app: Flask, wake: Callable[[], object]) -> None:
    """Have *wake* called whenever this process has put a letter into the outbox."""
    app.extensions[_WAKE].append(wake)
