"""Chores: small regular work of the served site that no visit brings about.

Each slice says what it has (`each`); `run` does what is due. Every worker asks every few seconds, so a chore looks
first, without the write lock, whether there is anything to do.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from blueprints.core import audit, postman
from blueprints.core.db import let_go

CHORES = "chores"


@dataclass
class Chore:
    """What is done every so many *seconds*, where it *ends* so once more at the end; *work* is given this moment."""

    work: Callable[[datetime], object]
    seconds: float
    ends: bool = False
    due: float = 0.0


def init_app(app: Flask) -> None:
    """There is nothing to do yet; whoever looks into the outbox from time to time looks here as well."""
    app.extensions[CHORES] = []
    app.extensions[postman.ROUNDS].append(run)


def each(app: Flask, seconds: float, work: Callable[[datetime], object], *, ends: bool = False) -> None:
    """Have *work* done every so many *seconds* while *app* is served; where it *ends* so, also as a process leaves."""
    app.extensions[CHORES].append(Chore(work, seconds, ends))


def run(moment: datetime, *, all_of_them: bool = False, at_the_end: bool = False) -> None:
    """Do what is due at *moment*, or *all_of_them*, or what is to be done *at_the_end* of this process."""
    for chore in current_app.extensions[CHORES]:
        if all_of_them or (chore.ends if at_the_end else time.monotonic() >= chore.due):
            chore.due = time.monotonic() + chore.seconds
            try:
                with audit.acting(audit.SITE):
                    chore.work(moment)
            finally:
                let_go()
