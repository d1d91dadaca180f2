"""Presence: a lock that the system lets go of when its holder ends, however it ends.

A turn that is written in the database has an end by the clock, for nobody can say that a process on another machine is
gone. Of one on this machine the kernel can: whoever gets the lock knows that nobody else lives who holds it.
"""

import fcntl
import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path


class Presence:
    """One process's hold on the file at *path*; `place` names the file, and no other on any machine."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, ""
        self._file: int | None = None

    def take(self) -> bool:
        """Whether the lock is ours; nobody waits for it, and without a file that can be written nobody has it."""
        if self._file is None:
            with suppress(OSError):
                file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(file)
                    raise
                self._file, self.place = file, _place(os.fstat(file))
        return self._file is not None

    def leave(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _place(found: os.stat_result) -> str:
    """The same for all processes of this machine, until it starts anew, that look at one file."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        machine = socket.gethostname()
    return hashlib.sha256(f"{machine} {found.st_dev} {found.st_ino}".encode()).hexdigest()[:12]
