"""Affiliations: where somebody works or worked, as what, and from when until when, as exactly as that is known."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core import site
from blueprints.core.db import Base
from blueprints.core.generations import Changes

# An affiliation as it is shown: the institution and, where there is one, the position there.
Shown = list[str]
_PART_OF_DATE = re.compile(r"([1-9][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")


class Affiliation(Base):
    """One affiliation of one person. *since* and *until* are "2019", "2019-03", "2019-03-15" or open."""

    __tablename__ = "affiliation"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    place: Mapped[int] = mapped_column(default=0)
    institution: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(200), default="")
    since: Mapped[str] = mapped_column(String(10), default="")
    until: Mapped[str] = mapped_column(String(10), default="")

    def touches(self, _changes: Changes) -> Iterator[str]:
        """It stands on its person's page."""
        yield f"person:{self.person_id}"

    @property
    def shown(self) -> Shown:
        """What a byline keeps of it."""
        return [self.institution, self.position]

    @property
    def facts(self) -> tuple[str, str, str, str]:
        """What it says: institution, position, since, until."""
        return self.institution, self.position, self.since, self.until

    @property
    def span(self) -> str:
        """ "2019–2023", "March 2019 – June 2023", "since 2019", "until 2023"; nothing where no date is known."""
        if self.since and self.until:
            between = "–" if len(self.since) == len(self.until) == 4 else " – "
            return f"{_in_words(self.since)}{between}{_in_words(self.until)}"
        if self.since:
            return f"since {_in_words(self.since)}"
        return f"until {_in_words(self.until)}" if self.until else ""

    def held_on(self, day: date) -> bool:
        """Whether it was theirs on *day*; a year or month counts from its first day to its last."""
        return not self.starts_after(day) and not self.ended_before(day)

    def starts_after(self, day: date) -> bool:
        """Whether it was still to come on *day*."""
        return bool(self.since) and first_day(self.since) > day

    def ended_before(self, day: date) -> bool:
        """Whether it was over on *day*."""
        return bool(self.until) and last_day(self.until) < day


def first_day(text: str) -> date:
    """The first day of a year, a month or a day; ValueError where *text* is none."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """The last day of a year, a month or a day; ValueError where *text* is none."""
    year, month, day = _parts(text)
    if day:
        return date(year, month, day)
    if year == date.max.year and month in (0, 12):
        return date.max
    return (date(year, month + 1, 1) if 0 < month < 12 else date(year + 1, 1, 1)) - timedelta(days=1)


def day_of(moment: datetime) -> date:
    """The day of *moment* by the site's clock."""
    return moment.astimezone(site.zone()).date()


def next_change(affiliations: Iterable[Affiliation], day: date) -> datetime | None:
    """The moment after *day* at which the next of *affiliations* begins or is over."""
    starts = [first_day(each.since) for each in affiliations if each.since]
    ends = [last_day(each.until) for each in affiliations if each.until]
    later = [start for start in starts if start > day] + [
        end + timedelta(days=1) for end in ends if day <= end < date.max
    ]
    if not later:
        return None
    then = min(later)
    return datetime(then.year, then.month, then.day, tzinfo=site.zone())


def _parts(text: str) -> tuple[int, int, int]:
    found = _PART_OF_DATE.match(text)
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part or 0) for part in found.groups())
    date(year, month if found[2] else 1, day if found[3] else 1)
    return year, month, day


def _in_words(text: str) -> str:
    year, month, day = _parts(text)
    words = [str(day)] if day else []
    if month:
        words.append(f"{date(year, month, 1):%B}")
    return " ".join([*words, str(year)])
