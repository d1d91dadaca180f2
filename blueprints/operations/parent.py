"""The parent: what the first process of a served site is once its workers are there.

It keeps the listening sockets, sees to it that there are workers, and hands signals on. It is a program of its own that
loads nothing but a little of the standard library, and takes 4 MB: as the process that has loaded the application for
the workers it would keep, for nobody, a copy of every page of memory that they have changed since (40 MB).

`serve` begins it in its own place, with what it has to know in the environment (`serve.hand_over`); a reload, and the
death of a worker, begin `serve` anew in this place. Number, sockets and children stay the same all along.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import time
from array import array
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

HANDOVER = "HUSTINGS_HANDOVER"  # from `serve` to its parent
PREDECESSORS = "HUSTINGS_PREDECESSORS"  # back: the workers that are to leave once others are there
FIRST_INHERITED = 3  # sd_listen_fds(3)
# Blocked before the first worker is there, and asked for here: none comes at a wrong moment.
SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
# A worker says every second that it lives. Whoever is stopped, or turns round in one call, is ended after so long.
SECONDS_OF_SILENCE = 60
# Before another attempt, where workers die as soon as they are there, or what is on the disk does not work.
SECONDS_TO_RECOVER = 2
SECONDS_OF_YOUTH = 5
# How long the workers have to take those who had connected before the stop.
SECONDS_TO_ENTER = 0.2
# linux/filter.h, struct sock_filter: BPF_RET | BPF_K with 0, "keep no byte of it"; asm-generic/socket.h.
_RETURN_NOTHING = (0x06, 0, 0, 0)
_SO_ATTACH_FILTER = 26


class Parent:
    """The *workers*, each with the pipe on which it is heard, and their *predecessors*, which leave after a reload."""

    def __init__(
        self, program: list[str], listeners: int, workers: dict[int, int], predecessors: list[int], patience: float
    ) -> None:
        self.program = program
        self.listeners = listeners
        self.workers = workers
        self.predecessors = predecessors
        self.patience = patience  # seconds that a worker has for its farewell
        self.unheard = set(workers)
        self.silence = dict.fromkeys(workers, 0.0)
        self.began = self.looked = time.monotonic()
        self.dismissed: float | None = None
        self.renewal: float | None = None

    def run(self) -> None:
        """Look after the workers until the site is told to stop."""
        while True:
            told = signal.sigtimedwait(SIGNALS, 0.05 if self.unheard or self.predecessors else 1)
            if told and told.si_signo in (signal.SIGTERM, signal.SIGINT):
                self.stop()
                return
            self.bury()
            self.hear()
            self.dismiss()
            if told and told.si_signo == signal.SIGHUP:
                self.reload()
            elif self.renewal is not None and time.monotonic() >= self.renewal:
                self.renewal = time.monotonic() + SECONDS_TO_RECOVER
                self.reload()

    def bury(self) -> None:
        """Take note of those who have ended; a worker that did so by itself is replaced."""
        for pid in _ended():
            if pid in self.predecessors:
                self.predecessors.remove(pid)
            if (pipe := self.workers.pop(pid, None)) is None:
                continue
            os.close(pipe)
            self.unheard.discard(pid)
            if self.renewal is None:
                moment = time.monotonic()
                self.renewal = moment + (SECONDS_TO_RECOVER if moment < self.began + SECONDS_OF_YOUTH else 0)
                say("a worker has died and is replaced.")

    def hear(self) -> None:
        """Listen to each worker, and end one that has been silent for too long."""
        # What counts is the time in which we were running as well: all of us may have been suspended.
        passed, self.looked = min(time.monotonic() - self.looked, 2), time.monotonic()
        for pid, pipe in self.workers.items():
            if _reads(pipe):
                self.unheard.discard(pid)
                self.silence[pid] = 0
                continue
            self.silence[pid] += passed
            if self.silence[pid] > SECONDS_OF_SILENCE:
                say(f"a worker has not moved for {SECONDS_OF_SILENCE} seconds and is ended.")
                self.silence[pid] = 0
                os.kill(pid, signal.SIGKILL)

    def dismiss(self) -> None:
        """Tell the workers of before a reload to leave, once those that follow are there or will not come."""
        if self.predecessors and not self.unheard:
            if self.dismissed is None:
                self.dismissed = time.monotonic()
                _tell(self.predecessors, signal.SIGTERM)
            elif time.monotonic() > self.dismissed + self.patience:
                _tell(self.predecessors, signal.SIGKILL)

    def reload(self) -> None:
        """Begin anew with what is on the disk by now, if that works; else go on with what is there."""
        import subprocess  # half a megabyte that an ordinary life does without

        tried = subprocess.run(
            [*self.program[:-1], "upgrade"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            preexec_fn=_hear_all,
        )
        if signal.sigpending() & {signal.SIGTERM, signal.SIGINT}:
            return
        if tried.returncode:
            say(f"not reloaded, for `hustings upgrade` says: {tried.stderr.strip()}")
        else:
            self.begin_anew()

    def begin_anew(self) -> NoReturn:
        """Run `serve` again in this process."""
        for pipe in self.workers.values():
            os.set_inheritable(pipe, False)
        environ = {
            **os.environ,
            "LISTEN_PID": str(os.getpid()),
            "LISTEN_FDS": str(self.listeners),
            PREDECESSORS: " ".join(map(str, [*self.workers, *self.predecessors])),
        }
        os.execve(self.program[0], self.program, environ)  # noqa: S606 - the words that started us

    def stop(self) -> None:
        """Refuse who comes now, let the workers answer what they have taken, and see them off."""
        listeners = range(FIRST_INHERITED, FIRST_INHERITED + self.listeners)
        for number in listeners:
            _let_nobody_in(number)
        time.sleep(SECONDS_TO_ENTER)
        for number in listeners:
            os.close(number)
        rest = {*self.workers, *self.predecessors}
        _tell(rest, signal.SIGTERM)
        deadline = time.monotonic() + self.patience
        while (rest := rest - set(_ended())) and (left := deadline - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, left)
        _tell(rest, signal.SIGKILL)


def _let_nobody_in(number: int) -> None:
    """Have the system drop whoever begins to connect to this socket (Linux): they try again, and are refused by then.

    Whoever is in its queue already would be cut off if it were closed at once; the workers take them meanwhile.
    """
    if sys.platform == "linux":
        drop_all = array("B", struct.pack("=HBBI", *_RETURN_NOTHING))
        with socket.socket(fileno=os.dup(number)) as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HL", 1, drop_all.buffer_info()[0]))


def say(words: str) -> None:
    """One line for whoever reads the terminal."""
    print(f"hustings: {words}", flush=True)


def _ended() -> list[int]:
    """The children that have ended since they were asked for last."""
    found = []
    with suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            found.append(pid)
    return found


def _tell(pids: Any, what: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def _reads(pipe: int) -> bool:
    """Whether anything was said on *pipe*; the end of it says nothing."""
    try:
        return bool(os.read(pipe, 4096))
    except BlockingIOError:
        return False


def _hear_all() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def main() -> None:
    """Take over from `serve`."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    given = json.loads(os.environ.pop(HANDOVER))
    given["workers"] = {int(pid): pipe for pid, pipe in given["workers"].items()}
    Parent(**given).run()


if __name__ == "__main__":
    main()
