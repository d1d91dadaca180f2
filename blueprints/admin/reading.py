"""Reading at the desk: how posts are read, where readers come from, and how soon they are answered."""

from datetime import date, timedelta

from flask import render_template
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, scope, signed_in
from blueprints.admin.posts import mine
from blueprints.comments import pace
from blueprints.core import plot
from blueprints.core.filters import count
from blueprints.posts import reads
from blueprints.posts.reads import Reading

SHOWN = 10


@bp.get("/reading")
@writers_only
def reading() -> ResponseReturnValue:
    """How the posts are read that are somebody's to look after: the site's to editors, else one's own."""
    person = scope()
    found = reads.of_site(person)
    return render_template(
        "admin/reading.html",
        found=found,
        plot=_plot(found),
        most_read=reads.most_read(SHOWN, person),
        ever=reads.most_read(SHOWN, person, ever=True),
        referrers=reads.referrers(SHOWN, person=person),
        feeds=reads.feeds() if signed_in().is_editor else [],
        pace=pace.lately(of=person),
        wait=wait,
        days=pace.DAYS,
        span=reads.DAYS,
    )


@bp.get("/posts/<id:number>/reading")
@writers_only
def post_reading(number: int) -> ResponseReturnValue:
    """How one post is read."""
    post = mine(number)
    found = reads.of_post(post.id)
    return render_template(
        "admin/post_reading.html",
        post=post,
        found=found,
        plot=_plot(found),
        referrers=reads.referrers(SHOWN, post_id=post.id),
        pace=pace.lately(post_id=post.id),
        wait=wait,
        days=pace.DAYS,
        span=reads.DAYS,
    )


def wait(time: timedelta) -> str:
    """A time as it is said: in minutes, hours or days."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 120:
        return count(minutes, "minute")
    if minutes < 48 * 60:
        return count(round(minutes / 60), "hour")
    return count(round(minutes / 60 / 24), "day")


def _plot(found: Reading) -> plot.Plot:
    return plot.bars([(f"{_short(day)}: {count(number, 'reading')}", number) for day, number in found.days])


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"
