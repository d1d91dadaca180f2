"""A real `hustings serve` for tests: its own folder, a free port, its own process group."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

HUSTINGS = Path(sys.executable).with_name("hustings")


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to outgoing connections meanwhile."""
    while True:
        port = random.randrange(15_000, 32_000)  # noqa: S311 - any one will do
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(what: Callable[[], object], seconds: float = 60) -> None:
    """Return as soon as *what* holds; fail where it does not within *seconds*."""
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert what()


class Site:
    """A running site and what its terminal said."""

    # A folder with what any start makes of the program's own files, to spare each of many new sites the work.
    made_before: Path | None = None

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {"WORKERS": "2", **settings, "INSTANCE": str(folder), "PORT": str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None
        self.server_may_end = False

    @property
    def said(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def start(self, **options: object) -> "Site":
        """Start it and wait for its first page, asked for with httpx's *options*."""
        if self.made_before and not self.folder.exists():
            shutil.copytree(self.made_before, self.folder)
        with (self.folder.parent / f"{self.folder.name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [HUSTINGS, "serve"],
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                # Cheaper to try than a request, and on the same processor as what is waited for.
                socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
                if httpx.get(self.url, timeout=2, **options).status_code == 200:
                    return self
            except (httpx.TransportError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the site did not answer: {self.said}")

    def workers(self) -> list[int]:
        """The processes that the site's first one has started; read from /proc, `ps` is not on every machine."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # ended meanwhile
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    found.append(int(stat.parent.name))
        return sorted(found)

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=15)

    def kill(self) -> None:
        """SIGKILL to every process of the site at once."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=15)

    def set_up_link(self) -> str | None:
        found = re.search(r"http://\S+/set-up/\S+", self.said)
        return found[0] if found else None


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Site]:
    """A site that runs inside the block."""
    site = Site(folder, **settings).start()
    try:
        yield site
    finally:
        site.kill()
