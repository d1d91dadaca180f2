# ruff: noqa: N802 - the names that aiosmtpd asks for
"""A mail server for tests: a real one (aiosmtpd) that takes, defers, refuses, breaks off or is slow, as it is told."""

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.operations.serving import free_port


class MailServer:
    """What has arrived, and what is answered: *on_mail*, *on_rcpt*, *on_data* give a reply, "break" or "silence"."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.on_mail: Callable[[str], str] = lambda _address: "250 OK"
        self.on_rcpt: Callable[[str], str] = lambda _address: "250 OK"
        self.on_data: Callable[[EmailMessage], str] = lambda _message: "250 OK"

    @property
    def ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.messages]

    async def handle_MAIL(self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]):
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer(server, self.on_mail(address))

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]):
        answer = self.on_rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return await self._answer(server, answer)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        answer = self.on_data(message)
        if answer.startswith("250") or answer == "break":  # broken off after it was taken: the worst case
            self.messages.append(message)
            self.recipients += envelope.rcpt_tos
        return await self._answer(server, answer)

    async def _answer(self, server: SMTP, answer: str) -> str:
        if answer == "break":
            server.transport.abort()
        if answer == "silence":  # until whoever asked hangs up
            await asyncio.Event().wait()
        return answer


@contextmanager
def running(port: int | None = None, **options: object) -> Iterator[MailServer]:
    """A mail server inside the block."""
    server = MailServer(port or free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=True, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
