"""The parent of the workers: a worker that does not move is ended, and only such a one."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from blueprints.operations.parent import SECONDS_OF_SILENCE, Parent


@contextmanager
def child() -> Iterator[tuple[subprocess.Popen, Parent, int]]:
    """A process that does nothing, its parent, and the pipe on which it would say that it lives."""
    heard, tell = os.pipe()
    os.set_blocking(heard, False)
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process, Parent(["nothing"], 0, {process.pid: heard}, [], 1), tell
        process.kill()
    os.close(heard)
    os.close(tell)


def test_worker_that_does_not_move_is_ended(capsys):
    with child() as (process, parent, _tell):
        for _ in range(SECONDS_OF_SILENCE):
            parent.looked -= 2
            parent.hear()
        assert process.wait(timeout=10) == -signal.SIGKILL
        assert "has not moved for 60 seconds" in capsys.readouterr().out


def test_worker_that_says_that_it_lives_goes_on():
    with child() as (process, parent, tell):
        assert parent.unheard == {process.pid}
        for _ in range(SECONDS_OF_SILENCE):
            os.write(tell, b".")
            parent.looked -= 2
            parent.hear()
        assert parent.unheard == set()
        assert process.poll() is None


def test_time_in_which_all_were_suspended_is_nobodys_silence():
    with child() as (process, parent, _tell):
        parent.looked -= 3600
        parent.hear()
        assert process.poll() is None
