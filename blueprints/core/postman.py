"""The postman: sends what is in the outbox, one letter after the other, one postman at a time for the whole site.

Whose turn it is, is a row with an end: every worker of every server has a postman, the one who finds letters due takes
the turn and keeps it while there are any. One who was killed loses it at once to a postman of the same machine, who
gets the lock that the dead one held (`core/presence.py`), and by the clock to any other; the letter that he held is
sent again. Who comes too late to write down what became of a letter finds that it is no longer his.

What is a letter's own trouble puts that letter off; a server that is away stops the round and costs no letter an
attempt, so that a day without it changes nothing but the hour.
"""

import logging
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import String, bindparam, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import mail, rows, settings
from blueprints.core.db import Base, UTCDateTime, db, now, writing
from blueprints.core.mail import ENDED, EXPIRED, KEPT, REFUSED, SENDING, SENT, UNSURE, WAITING, Outbox
from blueprints.core.presence import Presence
from blueprints.core.transports import (
    AwayError,
    DeferredError,
    RefusedError,
    Transport,
    UnsureError,
    transport,
)

log = logging.getLogger("hustings.mail")
# Longer than a letter can take, connecting included (core/transports.py); only after a kill does anybody wait for it.
LEASE = timedelta(minutes=4)
# Before the second, third … attempt at a letter; then again after the last of them, until it is too old.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 10))
# Before looking again whether a server that was away is back.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 80, 160, 300))
# How often a postman looks whether another process has written a letter, or one has come due.
SECONDS_TO_LOOK = 5
_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_T = Outbox.__table__.c
# The application's extension that holds what is asked before each round, with this moment: what becomes a letter by the
# clock alone (a digest) is written then.
ROUNDS = "mail_rounds"


class Turn(Base):
    """Whose turn it is to send, until when; and until when nobody shall, because the server is away. One row."""

    __tablename__ = "mail_turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(String(32), default="")
    until: Mapped[datetime] = mapped_column(UTCDateTime, default=_BEGINNING)
    paused_until: Mapped[datetime] = mapped_column(UTCDateTime, default=_BEGINNING)
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(300), default="")


_TURN = select(Turn.__table__.c.holder, Turn.__table__.c.until, Turn.__table__.c.paused_until)
_DUE = select(_T.id).where(_T.state.in_(mail.STATES), _T.due_at <= bindparam("moment")).limit(1)


@dataclass(frozen=True)
class Letter:
    """What a postman takes along: enough to send it without another look."""

    id: int
    address: str
    message_id: str
    kind: str
    about: dict[str, Any]
    content: str
    attempts: int
    doubts: int
    due_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of a letter; *away* is the trouble of the server, not its own."""

    letter: Letter
    state: str
    reason: str = ""
    content: str = ""
    for_address: bool = False
    doubtful: bool = False
    away: bool = False


def init_app(app: Flask) -> None:
    """Nothing in *app* becomes a letter by the clock alone, until somebody says so."""
    app.extensions[ROUNDS] = []


def look(moment: datetime) -> tuple[bool, Any]:
    """Whether a letter is due at *moment*, and the row of whose turn it is, if any: what an idle site pays."""
    is_due, turns = bool(rows.fetch(_DUE, moment=moment)), rows.fetch(_TURN)
    db.session.rollback()
    return is_due, turns[0] if turns else None


class Postman:
    """Sends what is due; *clock* is this moment."""

    def __init__(self, app: Flask, carrier: Transport | None = None, clock: Callable[[], datetime] = now) -> None:
        self.app, self.clock = app, clock
        chosen = app.config["SETTINGS"]
        self.sender = mail.ascii_address(chosen.mail_from[1]) or chosen.mail_from[1]
        self.carrier = carrier or transport(chosen.mail_line, name=_own_name())
        self.presence = Presence(chosen.instance / "postman.lock")
        # As it is known to the database: with the place of its lock before it while it holds that.
        self.own_name = self.name = secrets.token_hex(8)
        # What became of a letter, when the database was away as it should have been written down.
        self.unwritten: Outcome | None = None
        self.bell = threading.Event()
        self.stopping = False
        self.idle = threading.Event()
        self.idle.set()

    def work(self) -> None:
        """Go on sending until told to stop; for a thread of its own."""
        with self.app.app_context():
            mail.on_written(self.app, self.bell.set)
        while not self.stopping:
            try:
                with self.app.app_context():
                    self.round()
            except DBAPIError as error:
                log.warning("the outbox cannot be read at the moment: %s", str(error.orig).partition("\n")[0])
            except Exception:
                log.exception("a letter could not be handled")
            self.bell.wait(SECONDS_TO_LOOK)
            self.bell.clear()

    def stop(self) -> None:
        """Begin no further letter; `idle` says when the one that is on its way has been dealt with."""
        self.stopping = True
        self.bell.set()

    def round(self) -> int:
        """Send all that is due; how many letters were sent."""
        sent = 0
        self._prepare()
        self.idle.clear()
        try:
            if not self.unwritten and not self._is_due():
                return 0
            if self.presence.take():
                self.name = f"{self.presence.place}:{self.own_name}"
            while letter := self._next(self.unwritten):
                self.unwritten = None
                self.unwritten = outcome = self._deliver(letter)
                sent += outcome.state == SENT
                # Not the reason: servers repeat the address in it, and that belongs in no log. `mail status` shows it.
                log.info("letter %d, attempt %d: %s", letter.id, letter.attempts, outcome.state)
                self._prepare()  # a server that takes its time with many letters holds up nothing else
            self.unwritten = None
        finally:
            self.idle.set()
            self.carrier.close()
            if not self.unwritten:
                self.presence.leave()
                self.name = self.own_name
        return sent

    def _prepare(self) -> None:
        for prepare in self.app.extensions[ROUNDS]:
            prepare(self.clock())

    def _is_due(self) -> bool:
        """Whether there is anything to do and nobody else does it, seen without the lock."""
        moment = self.clock()
        is_due, turn = look(moment)
        if turn is None or turn.until <= moment:
            return is_due and (turn is None or turn.paused_until <= moment)
        return self._has_ended(turn.holder)

    def _has_ended(self, holder: str) -> bool:
        """Whether the postman of that name is surely gone: he had the lock of this machine, and has it no longer."""
        place, _, name = holder.partition(":")
        return bool(name) and self.presence.take() and place == self.presence.place

    def _next(self, outcome: Outcome | None) -> Letter | None:
        """In one transaction: what became of the letter before, and the next one, if it is this postman's turn."""
        moment = self.clock()
        with writing():
            turn = db.session.get(Turn, 1) or Turn(id=1, holder="", until=_BEGINNING, paused_until=_BEGINNING)
            db.session.add(turn)
            if outcome:
                self._settle(outcome, turn, moment)
            db.session.execute(delete(Outbox).where(_T.state.in_(ENDED), _T.due_at <= moment))
            if turn.holder != self.name and turn.until > moment:
                if not self._has_ended(turn.holder):
                    return None
                mine = update(Outbox).where(_T.state == SENDING, _T.holder == turn.holder)
                db.session.execute(mine.values(due_at=moment))
            letter = None if self.stopping or turn.paused_until > moment else self._take(moment)
            turn.holder, turn.until = (self.name, moment + LEASE) if letter else ("", _BEGINNING)
        return letter

    def _take(self, moment: datetime) -> Letter | None:
        """The letter that has waited longest, marked as on its way; nothing while the hour's share is used up."""
        hour = func.count()
        sent = select(hour).where(_T.state == SENT, _T.due_at > moment + KEPT - timedelta(hours=1))
        if (db.session.scalar(sent) or 0) >= settings.current().mail_per_hour:
            return None
        due = (
            select(Outbox)
            .where(_T.state.in_((WAITING, SENDING)), _T.due_at <= moment)
            .order_by(_T.due_at, _T.id)
            .limit(1)
        )
        while row := db.session.scalar(due):
            if row.state == SENDING:  # whoever held it fell silent: it may have been taken
                row.doubts += 1
                row.last_error = "the process that was sending it ended"
            if row.expires_at <= moment or row.doubts > 1:
                _end(row, UNSURE if row.doubts > 1 else EXPIRED, moment)
                continue
            if not row.attempts and not mail.may_write(row.address, states=ENDED):
                row.last_error = "the address has refused mail lately, or has had its share for today"
                _end(row, EXPIRED, moment)
                continue
            row.attempts += 1
            letter = Letter(
                row.id,
                row.address,
                row.message_id,
                row.kind,
                row.about,
                row.content,
                row.attempts,
                row.doubts,
                row.due_at,
            )
            row.state, row.holder, row.due_at = SENDING, self.name, moment + LEASE
            return letter
        return None

    def _deliver(self, letter: Letter) -> Outcome:
        """Send *letter*; whatever happens has a name."""
        address = mail.ascii_address(letter.address)
        if address is None:
            return Outcome(letter, REFUSED, "this is not an address that can be written to", for_address=True)
        try:
            content = letter.content or self._compose(letter)
        except Exception:
            log.exception("letter %d (%s) could not be composed", letter.id, letter.kind)
            return Outcome(letter, WAITING, "it could not be composed; the log says why")
        if content is None:
            return Outcome(letter, EXPIRED)
        try:
            self.carrier.open()
            self.carrier.send(self.sender, address, content.encode())
        except AwayError as error:
            return Outcome(letter, WAITING, str(error), content, away=True)
        except DeferredError as error:
            return Outcome(letter, WAITING, str(error), content)
        except RefusedError as error:
            return Outcome(letter, REFUSED, str(error), for_address=error.for_address)
        except UnsureError as error:
            return Outcome(letter, WAITING, str(error), content, doubtful=True)
        return Outcome(letter, SENT)

    def _compose(self, letter: Letter) -> str | None:
        """The words of *letter*, as things are now; nothing is read any longer when it is sent."""
        try:
            return mail.composed(letter.kind, letter.about, letter.address, letter.message_id, self.clock())
        finally:
            db.session.rollback()

    def _settle(self, outcome: Outcome, turn: Turn, moment: datetime) -> None:
        """Write down what became of a letter, if it is still this postman's."""
        letter = outcome.letter
        mine = (_T.id == letter.id, _T.state == SENDING, _T.holder == self.name)
        row = db.session.scalar(select(Outbox).where(*mine))
        if outcome.away:
            pause = PAUSES[min(turn.failures, len(PAUSES) - 1)]
            if turn.failures == 0:
                log.warning("no letter leaves at the moment: %s", outcome.reason)
            turn.failures, turn.trouble, turn.paused_until = turn.failures + 1, outcome.reason, moment + pause
        else:
            turn.failures, turn.trouble, turn.paused_until = 0, "", _BEGINNING
        if row is None:
            return  # it took longer than the turn, and somebody else has it
        row.last_error = outcome.reason
        row.content = row.content or outcome.content
        row.doubts = letter.doubts + outcome.doubtful
        if outcome.state != WAITING or row.doubts > 1:
            _end(row, UNSURE if outcome.state == WAITING else outcome.state, moment)
        else:
            row.state, row.holder, row.due_at = WAITING, "", moment + WAITS[min(letter.attempts, len(WAITS)) - 1]
            if outcome.away:
                row.attempts, row.due_at = letter.attempts - 1, letter.due_at
        if outcome.for_address:
            others = update(Outbox).where(_T.address == letter.address, _T.state == WAITING)
            db.session.execute(
                others.values(state=REFUSED, due_at=moment + KEPT, content="", last_error=outcome.reason)
            )


def _end(row: Outbox, state: str, moment: datetime) -> None:
    """Nothing more happens to it, and nobody needs its words."""
    row.state, row.holder, row.content, row.due_at = state, "", "", moment + KEPT


def hurry() -> None:
    """Inside `writing()`: let nothing wait any longer, neither for its next attempt nor for the server to be back."""
    moment = now()
    db.session.execute(update(Outbox).where(_T.state == WAITING, _T.due_at > moment).values(due_at=moment))
    db.session.execute(update(Turn).values(paused_until=_BEGINNING))


def trouble() -> str:
    """Why no letter leaves at the moment; nothing where they do."""
    turn = db.session.get(Turn, 1)
    return turn.trouble if turn else ""


def _own_name() -> str:
    """What this machine calls itself towards a mail server, in letters that it can read."""
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"
