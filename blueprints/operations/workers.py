"""Workers: what a process that `serve` has forked does beside answering."""

import multiprocessing
import os
import signal
import threading
import time

SECONDS_TO_LEAVE = 10


def leave_with_parent() -> None:
    """In a worker: end when the process that started it has been killed, so that its successor finds the port free."""
    parent = multiprocessing.parent_process()
    if parent and parent.pid:
        threading.Thread(target=_leave_after, args=(parent.pid,), daemon=True).start()


def _leave_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_LEAVE)
    os._exit(1)
