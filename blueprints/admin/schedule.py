"""The schedule at the desk: what is to come, what has appeared and how late, and whether the worker is there."""

from datetime import timedelta

from flask import render_template

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, scope
from blueprints.core import site
from blueprints.core.db import now
from blueprints.posts import queries, schedule
from blueprints.posts.schedule import Appointment

SHOWN = 100
FIRED = 30
# So long the desk goes on saying that a minute was missed.
TOLD_FOR = timedelta(days=2)


@bp.context_processor
def scheduled() -> dict[str, object]:
    """What the desk says of the schedule, where it asks."""
    return {"missed": missed, "worker": schedule.worker, "duration": duration, "to_come": to_come, "clock": clock}


@bp.get("/schedule")
@writers_only
def schedule_page() -> str:
    """What comes and when, and what has been done."""
    return render_template(
        "admin/schedule.html",
        coming=queries.to_come(of=scope(), limit=SHOWN),
        fired=schedule.fired(of=scope(), limit=FIRED),
        moment=now(),
    )


def to_come(limit: int = 5) -> list[object]:
    """What appears next."""
    return list(queries.to_come(of=scope(), limit=limit))


def clock() -> str:
    """The name of the time zone in which the desk says every time, and takes it."""
    return site.zone().key


def missed() -> list[Appointment]:
    """What has lately appeared later than it should have."""
    recent = schedule.fired(of=scope(), limit=FIRED)
    return [each for each in recent if each.was_missed and each.fired_at and each.fired_at > now() - TOLD_FOR]


def duration(time: timedelta) -> str:
    """How long, in one or two words: "12 seconds", "3 hours", "2 days"."""
    seconds = max(0, int(time.total_seconds()))
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and size > 60):
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
