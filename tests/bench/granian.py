"""Granian beside the site: the same bytes with the same headers from memory, by an application of two lines.

What it carries is the most that any kept page can, behind this server and on this machine.
"""

import gzip
import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from granian.constants import Interfaces
from granian.server.mp import MPServer

from blueprints.operations import memory, workers
from tests.bench.load import SERVER_CORE
from tests.operations.serving import free_port


class Granian:
    """One worker that serves *pages* (name: HTML), packed, with *headers* besides its own, while the block runs."""

    def __init__(self, pages: dict[str, bytes], headers: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        packed = {f"/{name}": gzip.compress(page, 9) for name, page in pages.items()}
        listed = [("Content-Encoding", "gzip"), *headers.items()]
        self.answers = {path: ([*listed, ("Content-Length", str(len(body)))], body) for path, body in packed.items()}

    def _app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers, body = self.answers[environ["PATH_INFO"]]
        start_response("200 OK", headers)
        return [body]

    def _serve(self) -> None:
        os.setsid()
        os.sched_setaffinity(0, {int(SERVER_CORE)})
        memory.keep_low()
        options = {"interface": Interfaces.WSGI, "blocking_threads": workers.THREADS, "websockets": False}
        server = MPServer("", address="127.0.0.1", port=self.port, workers=1, log_enabled=False, **options)
        server.serve(target_loader=lambda *_: self._app, wrap_loader=False)

    def __enter__(self) -> "Granian":
        context = multiprocessing.get_context("fork")
        multiprocessing.set_start_method("fork", force=True)
        self.process = context.Process(target=self._serve)
        self.process.start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.is_alive():
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.02)
        raise SystemExit("granian did not start")

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.join(timeout=10)
