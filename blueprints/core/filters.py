"""How moments and numbers read on a page."""

from datetime import datetime

from flask import Flask
from markupsafe import Markup

from blueprints.core.settings import current

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def init_app(app: Flask) -> None:
    """Give the templates these filters."""
    app.jinja_env.filters.update(day=day, moment=moment, iso=iso, count=count)


def iso(value: datetime) -> str:
    """ISO 8601 in the site's time zone, for `datetime` attributes."""
    return value.astimezone(current().time_zone).isoformat(timespec="seconds")


def day(value: datetime) -> Markup:
    """A `time` element that reads "9 November 2026"."""
    local = value.astimezone(current().time_zone)
    return _time(local, f"{local.day} {_MONTHS[local.month - 1]} {local.year}")


def moment(value: datetime) -> Markup:
    """A `time` element that reads "9 November 2026, 14:05"."""
    local = value.astimezone(current().time_zone)
    return _time(local, f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}")


def _time(local: datetime, text: str) -> Markup:
    return Markup(f'<time datetime="{local.isoformat(timespec="seconds")}">{text}</time>')  # noqa: S704 - digits


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 comment", "12 comments", "1,024 comments"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
