"""Moments: WordPress writes site time and GMT without a zone, and zeros where it knows none."""

from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

_QUARTER = 900


class Clock:
    """How far the exported site's own time is from GMT, learned month by month from records that carry both."""

    def __init__(self, fallback: tzinfo) -> None:
        self.fallback = fallback
        self._by_month: dict[int, Counter[int]] = {}

    def learn(self, local: str, gmt: str) -> None:
        """Compare the two times of one record."""
        here, there = parse(local), parse(gmt)
        if here is None or there is None:
            return
        seconds = (here - there).total_seconds()
        if abs(seconds) <= 14 * 3600:  # the zones of the world lie between -12 and +14 hours
            offset = round(seconds / _QUARTER) * _QUARTER
            self._by_month.setdefault(here.month, Counter())[offset] += 1

    def moment(self, gmt: str, local: str, published: str = "") -> datetime | None:
        """The moment in UTC: from GMT, else from the site's time, else from an RFC 2822 date; None if all are empty."""
        if there := parse(gmt):
            return there.replace(tzinfo=UTC)
        if here := parse(local):
            return self._in_utc(here)
        return _mail_date(published)

    def _in_utc(self, here: datetime) -> datetime:
        known = self._by_month.get(here.month) or sum(self._by_month.values(), Counter())
        if not known:
            return here.replace(tzinfo=self.fallback).astimezone(UTC)
        offset = known.most_common(1)[0][0]
        return (here - timedelta(seconds=offset)).replace(tzinfo=UTC)


def parse(text: str) -> datetime | None:
    """ "2011-01-10 06:20:00" as a naive moment; None for zeros and everything that is no date."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment if moment.year > 1 else None


def _mail_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if moment.year > 1 else None
