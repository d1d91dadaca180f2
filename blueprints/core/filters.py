"""How moments and numbers read on a page, and elements that are kept as they were drawn."""

from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from functools import lru_cache, partial
from itertools import groupby
from typing import Protocol

from flask import Flask
from markupsafe import Markup

from blueprints.core import site

# Elements kept as drawn: the comments of the longest page, about 3 KB each, and as many again or summaries of posts.
KEPT = 2000
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


class Drawable(Hashable, Protocol):
    """One of many elements of a page: all that its drawing depends on."""

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be kept as it was drawn."""


def init_app(app: Flask) -> None:
    """Give the templates these filters; `macro|kept(*inputs)` is what a macro makes of them, drawn once."""
    kept = app.jinja_env.filters["kept"] = lru_cache(maxsize=KEPT)(_draw)
    app.jinja_env.filters["drawn"] = partial(_drawn, kept)
    app.jinja_env.filters.update(day=day, month_name=month_name, moment=moment, clock=clock, iso=iso, count=count)


def _draw(macro: Callable[..., Markup], *inputs: Hashable) -> Markup:
    """What *macro* makes of *inputs*. It is asked once, so it may look at nothing else, and they at nothing that moves:
    an element is then right as long as it is found under them.
    """
    return macro(*inputs)


def _drawn(
    kept: Callable[..., Markup], entries: Iterable[Drawable], macro: Callable[..., Markup], *inputs: Hashable
) -> list[Markup]:
    """What *macro* makes of each of *entries*: a thread has a thousand, and a template takes thrice as long.

    Joined in runs that are ASCII or are not, since only the others take time to become bytes (`htmx.rendered`).
    """
    each = [macro(entry, *inputs) if entry.is_long else kept(macro, entry, *inputs) for entry in entries]
    return [Markup("".join(run)) for _is_ascii, run in groupby(each, str.isascii)]  # noqa: S704 - drawn by templates


def iso(value: datetime) -> str:
    """ISO 8601 in the site's time zone, for `datetime` attributes."""
    return value.astimezone(site.zone()).isoformat(timespec="seconds")


def day(value: datetime) -> Markup:
    """A `time` element that reads "9 November 2026"."""
    local = value.astimezone(site.zone())
    return _time(local, f"{local.day} {_MONTHS[local.month - 1]} {local.year}")


def month_name(value: date) -> str:
    """ "November"."""
    return _MONTHS[value.month - 1]


def moment(value: datetime) -> Markup:
    """A `time` element that reads "9 November 2026, 14:05"."""
    local = value.astimezone(site.zone())
    return _time(local, f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}")


def clock(value: datetime) -> Markup:
    """A `time` element that reads "14:05"."""
    local = value.astimezone(site.zone())
    return _time(local, f"{local:%H:%M}")


def _time(local: datetime, text: str) -> Markup:
    return Markup(f'<time datetime="{local.isoformat(timespec="seconds")}">{text}</time>')  # noqa: S704 - digits


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 comment", "12 comments", "1,024 comments"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
