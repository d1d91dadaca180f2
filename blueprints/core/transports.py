"""Transports: how a letter leaves this machine, by SMTP (RFC 5321) or onto the terminal; MAIL_URL says which."""

import logging
import re
import smtplib
import ssl
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

log = logging.getLogger("hustings.mail")
# How long the server may think about each thing that we say.
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 15, 30
_PORTS = {"smtp": 587, "smtps": 465}
_NEVER, _OFFERED, _REQUIRED = "never", "offered", "required"
_NEAR = {"localhost", "127.0.0.1", "::1"}


class AwayError(Exception):
    """The server cannot be used at the moment, for no letter."""


class DeferredError(Exception):
    """The server does not take this letter now."""


class RefusedError(Exception):
    """The server will never take this letter; *for_address*: nor any other to that address."""

    def __init__(self, reason: str, *, for_address: bool = False) -> None:
        super().__init__(reason)
        self.for_address = for_address


class UnsureError(Exception):
    """The line broke after the last word of the letter: whether it was taken nobody knows."""


class Transport(Protocol):
    """What carries letters."""

    def open(self) -> None:
        """Be ready to send; AwayError where that cannot be."""

    def send(self, sender: str, address: str, content: bytes) -> None:
        """Return when the letter was taken; DeferredError, RefusedError or UnsureError where it was not."""

    def close(self) -> None:
        """Let go of the line."""


@dataclass(frozen=True)
class Line:
    """What MAIL_URL says: where letters are taken and how we make ourselves known there."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: str = _NEVER

    @classmethod
    def parse(cls, url: str) -> "Line":
        """Read `smtp://user:pass@host:587`, `smtps://…` or `console:`; ValueError, which repeats nothing, else."""
        if url in ("console:", "console"):
            return cls("console")
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise ValueError("not an address of a mail server")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        # A password is told to nobody in clear; a server on this machine often has a certificate of its own making.
        usual = _REQUIRED if user else _NEVER if parts.hostname in _NEAR else _OFFERED
        options = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        tls = options.pop("tls", [usual])[-1]
        if options or tls not in (_NEVER, _OFFERED, _REQUIRED):
            raise ValueError("an option that is not known")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], user, password, tls)


def transport(line: Line, *, name: str) -> Transport:
    """What carries letters as *line* says; *name* is what this machine is called there."""
    return Console() if line.scheme == "console" else Smtp(line, name)


class Console:
    """Prints each letter where the site's other messages go; for a site that has no mail server yet."""

    def open(self) -> None:
        """It is always there."""

    def send(self, sender: str, address: str, content: bytes) -> None:
        """Show who it is to, its subject and its words."""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes nothing else
        body = message.get_body(("plain",))
        words = body.get_content().strip() if body else ""
        frame = "\n".join(
            f"  | {line}" for line in (f"To: {address}", f"Subject: {message['Subject']}", "", *words.splitlines())
        )
        print(f"Mail, shown here because MAIL_URL names no server:\n{frame}", flush=True)

    def close(self) -> None:
        """Nothing is held."""


class Smtp:
    """One line to a mail server, kept from one letter to the next."""

    def __init__(self, line: Line, name: str) -> None:
        self.line, self.name = line, name
        self.server: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, unless the line is still there: with TLS where it is asked for, signed in where we have a name."""
        if self.server is not None:
            try:
                if self.server.noop()[0] == 250:
                    return
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        try:
            self.server = self._connect()
        except smtplib.SMTPResponseException as error:
            raise AwayError(_said(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise AwayError(_reason(error)) from error

    def _connect(self) -> smtplib.SMTP:
        line = self.line
        if line.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                line.host, line.port, self.name, timeout=SECONDS_TO_CONNECT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(line.host, line.port, self.name, timeout=SECONDS_TO_CONNECT)
        try:
            server.ehlo_or_helo_if_needed()
            if line.scheme == "smtp" and line.tls != _NEVER:
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                elif line.tls == _REQUIRED:
                    raise smtplib.SMTPException("it offers no STARTTLS; ?tls=never in MAIL_URL does without")
            if line.user:
                server.login(line.user, line.password)
            if server.sock is not None:
                server.sock.settimeout(SECONDS_TO_ANSWER)
        except BaseException:
            server.close()
            raise
        return server

    def send(self, sender: str, address: str, content: bytes) -> None:
        """One letter, word by word, because what an error means depends on where it comes."""
        server = self.server
        assert server is not None  # noqa: S101 - opened before
        try:
            self._introduce(server, sender, address)
        except (RefusedError, DeferredError):
            self._begin_anew()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise DeferredError(_reason(error)) from error
        try:
            server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise UnsureError(_reason(error)) from error
        _expect(250, reply)

    def _introduce(self, server: smtplib.SMTP, sender: str, address: str) -> None:
        """Say who writes to whom, up to the server's "go ahead"."""
        options = [] if address.isascii() else ["SMTPUTF8"]
        if options and not server.has_extn("smtputf8"):
            raise RefusedError("the mail server takes only addresses in ASCII (it has no SMTPUTF8)", for_address=True)
        reply = server.mail(sender, options)
        if reply[0] != 250:  # it wants nothing from us, whoever it is to
            self.close()
            raise AwayError(_said(*reply))
        reply = server.rcpt(address)
        if reply[0] not in (250, 251):
            _expect(250, reply, for_address=True)
        _expect(354, server.docmd("DATA"))

    def _begin_anew(self) -> None:
        """Have the server forget the letter that was begun."""
        try:
            if self.server is not None and self.server.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Say goodbye; whoever does not answer is left without."""
        server, self.server = self.server, None
        if server is not None:
            try:
                if server.sock is not None:
                    server.sock.settimeout(1)
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()


def _expect(code: int, reply: tuple[int, bytes], *, for_address: bool = False) -> None:
    """What the server says unless it is *code*, as an error that tells for ever from not now."""
    if reply[0] >= 500:
        raise RefusedError(_said(*reply), for_address=for_address)
    if reply[0] != code:
        raise DeferredError(_said(*reply))


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"the mail server says {code} {' '.join(text.split())}"[:300]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the mail server does not answer"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the mail server broke the line off"
    if isinstance(error, UnicodeError):
        return "MAIL_URL holds a name or password that the mail server cannot be told"
    return f"the mail server cannot be used: {getattr(error, 'strerror', None) or error}"[:300]
