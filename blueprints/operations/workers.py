"""Workers: what a process that `serve` has forked does beside answering."""

import os
import signal
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

from granian import wsgi as granian_wsgi

from blueprints.core.postman import Postman
from blueprints.operations import memory

# Threads that a worker may spend inside Python. Granian starts them as they are needed; the more of them compete, the
# dearer a page from the cache (processor time with 64 connections: 18 µs with 4 threads, 21 with 16, 30 with 64).
THREADS = 16
# Of these, how many may wait for bodies at once: however slowly others send, the rest is left to the readers.
SENDERS = 12
# How long a request waits for its turn (`Backend.AT_ONCE`). Whoever has waited so long goes ahead: somebody is signing
# in, or has brought a Word file.
LONGEST_WAIT = 0.1
# Up to this size a body is awaited before the application is asked; all forms of readers are smaller.
LARGEST_FORM = 256 * 1024
# How long a connection may say nothing. Granian sees to it between requests and in their heads; `_hang_up` sees to the
# rest: half a body, HTTP/2. Longer than REFRESH_SECONDS, so that an open page asks for news on the connection it has.
SILENT_SECONDS = 40
# How long a worker that is to leave waits for the last request on each connection, and what silence ends the waiting.
SECONDS_TO_LEAVE = 3
QUIET_SECONDS = 0.4
_BODY = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}
_READING = {"GET", "HEAD"}
_ENDINGS = {signal.SIGTERM, signal.SIGINT}

StartResponse = Callable[..., Any]
AtHand = Callable[[dict[str, Any]], tuple[int, list[tuple[str, str]], bytes] | None]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Doorkeeper:
    """The outermost WSGI layer of a worker: receives bodies, and at the end says goodbye with each answer.

    *at_hand* is what can answer at once (core/cache.py), given no more than what the request said. Of all others, so
    many are worked on *at_once*.
    """

    def __init__(self, app: Application, at_hand: AtHand | None = None, at_once: int = 1) -> None:
        self.app = app
        self.at_hand = at_hand
        self.seats = threading.BoundedSemaphore(SENDERS)
        self.turns = threading.BoundedSemaphore(at_once)
        self.closing = False
        self.last_request = 0.0

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if self.closing:
            self.last_request = time.monotonic()
            if environ["SERVER_PROTOCOL"] == "HTTP/1.1":  # HTTP/2 has a message of its own for this, granian sends it
                start_response = _last_answer(start_response)
        if environ["REQUEST_METHOD"] in _READING and _BODY.isdisjoint(environ):
            return self._in_turn(environ, start_response)
        return self._receive(environ, start_response)

    def _in_turn(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        has_turn = self.turns.acquire(timeout=LONGEST_WAIT)
        try:
            return self.app(environ, start_response)
        finally:
            if has_turn:
                self.turns.release()

    def _receive(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """A seat for the sender until the body of a form is here; a large one is read by whoever wants it."""
        if not self.seats.acquire(blocking=False):
            return _refuse(
                start_response, "503 Service Unavailable", "Too many are sending at once; please send it again."
            )
        seated = True
        try:
            length = environ.get("CONTENT_LENGTH", "")
            if length.isdecimal() and int(length) <= LARGEST_FORM:
                body = environ["wsgi.input"].read()
                if len(body) != int(length):
                    return _refuse(start_response, "400 Bad Request", "The end of it is missing.")
                environ["wsgi.input"] = BytesIO(body)
                self.seats.release()
                seated = False
                return self._in_turn(environ, start_response)
            return self.app(environ, start_response)
        finally:
            if seated:
                self.seats.release()

    def close(self) -> None:
        """Take no new connection; return when those that are here have had their last answer, or ask nothing."""
        begin = self.last_request = time.monotonic()
        self.closing = True
        _leave_listeners_to_others()
        while (moment := time.monotonic()) < min(begin + SECONDS_TO_LEAVE, self.last_request + QUIET_SECONDS):
            time.sleep(min(begin + SECONDS_TO_LEAVE, self.last_request + QUIET_SECONDS) - moment)


def answering(
    door: Doorkeeper, scope_options: dict[str, Any], log_format: str | None = None
) -> Callable[[Any, dict[str, Any]], int]:
    """What granian calls for each request: its own way to a WSGI application, behind a shorter one to what is at hand.

    Its own copies the whole environment of the process for each request, and makes objects to collect the answer in.
    """
    by_wsgi = granian_wsgi._callback_wrapper(door, scope_options, log_format)

    def answer(protocol: Any, scope: dict[str, Any]) -> int:
        if (
            door.at_hand is None
            or door.closing
            or not _BODY.isdisjoint(scope)
            or (found := door.at_hand(scope)) is None
        ):
            status: int = by_wsgi(protocol, scope)
            return status
        protocol.response_bytes(*found)
        return found[0]

    return answer


def attend(door: Doorkeeper, postman: Postman, tell: int) -> Doorkeeper:
    """In a new worker: its *door*, with threads that look after signals, parent, connections, mail.

    On the pipe *tell* the parent hears that the worker is there, and from then on that it lives.
    """
    # Granian's threads inherit this: the two signals reach nobody but the thread that waits for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    threading.Thread(target=_leave_when_told, args=(door, postman), daemon=True).start()
    threading.Thread(target=_look_around, args=(os.getppid(), tell), daemon=True).start()
    threading.Thread(target=postman.work, name="postman", daemon=True).start()
    return door


def _leave_when_told(door: Doorkeeper, postman: Postman) -> None:
    signal.sigwait(_ENDINGS)
    postman.stop()
    door.close()
    postman.idle.wait(SECONDS_TO_LEAVE)  # a letter that is broken off now would be sent a second time
    if callable(stop := signal.getsignal(signal.SIGTERM)):  # granian's
        stop(signal.SIGTERM, None)


def _look_around(parent: int, tell: int) -> None:
    """See whether the parent has been killed, so that its successor finds the port free; hang up on the silent."""
    seconds = 0
    while os.getppid() == parent:
        with suppress(OSError):  # the parent is busy, or listens to our successor by now
            os.write(tell, b".")
        time.sleep(1)
        seconds += 1
        memory.give_back()
        if seconds % 10 == 0:
            _hang_up()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2 * SECONDS_TO_LEAVE)
    os._exit(1)


def _last_answer(start_response: StartResponse) -> StartResponse:
    return lambda status, headers, *error: start_response(status, [*headers, ("Connection", "close")], *error)


def _refuse(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text))), ("Retry-After", "5")]
    start_response(status, [*headers, ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")])
    return [text.encode()]


def _sockets() -> Iterator[tuple[int, socket.socket]]:
    """Each TCP socket that this process has open: its number, and itself under another number."""
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # closed meanwhile
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                with socket.socket(fileno=os.dup(int(name))) as one:
                    if one.family in (socket.AF_INET, socket.AF_INET6):
                        yield int(name), one


def _listens(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _leave_listeners_to_others() -> None:
    """Put a socket to which nobody connects in the place of each that listens.

    Granian stops listening only as it hangs up, and would hang up on those who have just come. What waits in the queue
    is taken by whoever else listens there; when nobody does, the address refuses, which every client understands.
    """
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        nobody.setblocking(False)
        for number, one in _sockets():
            if _listens(one) and one.getsockname() != nobody.getsockname():
                os.dup2(nobody.fileno(), number, inheritable=False)


def _hang_up() -> None:
    """End the connections to our address on which neither side has said anything for SILENT_SECONDS (Linux only)."""
    if not hasattr(socket, "TCP_INFO"):
        return
    ours = {one.getsockname()[1] for _number, one in _sockets() if _listens(one)}
    for _number, one in _sockets():
        if not _listens(one) and one.getsockname()[1] in ours:
            # linux/tcp.h, struct tcp_info: milliseconds since the last data were sent, and received
            info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 56)
            sent, _acknowledged, received = struct.unpack_from("=3I", info, 44)
            if min(sent, received) > SILENT_SECONDS * 1000:
                one.shutdown(socket.SHUT_RDWR)
