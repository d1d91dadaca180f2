"""Reads: how often each post and each kind of feed was read, by day, and from which hosts readers came.

Every process counts for itself (`core/tally.py`); a chore adds its sums to these tables, once a minute at most and as
the process leaves. Nobody who reads is in them: no address, no hash of one, no cookie.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy import Date, ForeignKey, Index, Select, String, TextClause, bindparam, case, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.accounts.models import Person
from blueprints.core.db import Base, db, now, writing
from blueprints.core.tally import FEED, Read, Tally
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post

POST = "post:"
# A process writes its sums so often at most.
FLUSH_SECONDS = 60
# The time that is shown day by day.
DAYS = 30
# So many hosts are told apart for one post; any further one counts as "others".
HOSTS = 200
OTHERS = "others"
Rows = Select[*tuple[Any, ...]]


class PostReads(Base):
    """How often one post was read on one day (UTC)."""

    __tablename__ = "post_reads"
    __table_args__ = (Index("ix_post_reads_day", "day", "post_id", "number"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int]


class FeedReads(Base):
    """How often feeds of one kind were fetched on one day (UTC)."""

    __tablename__ = "feed_reads"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int]


class Referrer(Base):
    """How often readers of one post came from one host."""

    __tablename__ = "referrer"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int]


def _add_to(table: str, *key: str) -> TextClause:
    """A statement that adds :number to the row with this *key*, made if need be."""
    columns, values = ", ".join(key), ", ".join(f":{name}" for name in key)
    statement = text(
        f"INSERT INTO {table} ({columns}, number) VALUES ({values}, :number) "  # noqa: S608 - our own names
        f"ON CONFLICT ({columns}) DO UPDATE SET number = {table}.number + excluded.number"
    )
    return statement.bindparams(bindparam("day", type_=Date)) if "day" in key else statement


_ADD_POST = _add_to("post_reads", "post_id", "day")
_ADD_FEED = _add_to("feed_reads", "kind", "day")
_ADD_HOST = _add_to("referrer", "post_id", "host")


def flush(_moment: datetime) -> int:
    """Add what this process has counted to what is stored; how many readings that were.

    It touches no page: what is kept stays right, and each process looks once at what has changed.
    """
    tally = cast(Tally, current_app.extensions["tally"])
    sums = tally.take()
    if not sums:
        return 0
    try:
        with writing():
            _store(sums)
    except BaseException:
        tally.give_back(sums)
        raise
    return sums.total()


def _store(sums: Counter[Read]) -> None:
    posts: Counter[tuple[int, date]] = Counter()
    hosts: Counter[tuple[int, str]] = Counter()
    feeds: Counter[tuple[str, date]] = Counter()
    for read, number in sums.items():
        if read.what.startswith(POST):
            post_id = int(read.what.removeprefix(POST))
            posts[post_id, read.day] += number
            if read.host:
                hosts[post_id, read.host] += number
        elif read.what.startswith(FEED):
            feeds[read.what.removeprefix(FEED), read.day] += number
    here = set(db.session.scalars(select(Post.id).where(Post.id.in_({post_id for post_id, _ in posts}))))
    connection = db.session.connection()
    if rows := [{"post_id": key[0], "day": key[1], "number": n} for key, n in posts.items() if key[0] in here]:
        connection.execute(_ADD_POST, rows)
    if rows := [{"post_id": key[0], "host": key[1], "number": n} for key, n in _told_apart(hosts, here).items()]:
        connection.execute(_ADD_HOST, rows)
    if rows := [{"kind": key[0], "day": key[1], "number": n} for key, n in feeds.items()]:
        connection.execute(_ADD_FEED, rows)


def _told_apart(hosts: Counter[tuple[int, str]], here: set[int]) -> Counter[tuple[int, str]]:
    """*hosts* with those that are too many for their post put together."""
    known: dict[int, set[str]] = {}
    numbers = {post_id for post_id, _ in hosts if post_id in here}
    for row in db.session.execute(select(Referrer.post_id, Referrer.host).where(Referrer.post_id.in_(numbers))):
        known.setdefault(row.post_id, set()).add(row.host)
    told: Counter[tuple[int, str]] = Counter()
    for (post_id, host), number in hosts.items():
        if post_id in here:
            of_post = known.setdefault(post_id, set())
            if host not in of_post and len(of_post) >= HOSTS:
                host = OTHERS
            of_post.add(host)
            told[post_id, host] += number
    return told


@dataclass(frozen=True)
class Reading:
    """How something was read: on each of the last days, in these days, and in all."""

    days: list[tuple[date, int]]
    total: int

    @property
    def today(self) -> int:
        """On the last day."""
        return self.days[-1][1]

    @property
    def lately(self) -> int:
        """In the days that are told."""
        return sum(number for _day, number in self.days)


def of_post(post_id: int) -> Reading:
    """How a post was read."""
    by_day = select(PostReads.day, PostReads.number).where(PostReads.post_id == post_id, PostReads.day >= _first())
    total = select(func.sum(PostReads.number)).where(PostReads.post_id == post_id)
    return Reading(_every_day(by_day), int(db.session.scalar(total) or 0))


def of_site(person: Person | None = None) -> Reading:
    """How all posts were read; only those of one *person* where given."""
    by_day = select(PostReads.day, func.sum(PostReads.number)).where(PostReads.day >= _first())
    total = select(func.sum(PostReads.number))
    return Reading(
        _every_day(_by(by_day, PostReads, person).group_by(PostReads.day)),
        int(db.session.scalar(_by(total, PostReads, person)) or 0),
    )


def most_read(size: int, person: Person | None = None, *, ever: bool = False) -> list[tuple[Post, int]]:
    """The posts that were read most in the last days, or *ever*, with how often."""
    number = func.sum(PostReads.number)
    every = select(PostReads.post_id, number)
    query = _by(every, PostReads, person)
    if not ever:
        query = query.where(PostReads.day >= _first())
    rows = db.session.execute(query.group_by(PostReads.post_id).order_by(number.desc(), PostReads.post_id).limit(size))
    found = {post_id: int(times) for post_id, times in rows}
    posts = {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(found)))}
    return [(posts[post_id], times) for post_id, times in found.items() if post_id in posts]


def numbers_of(posts: list[Post]) -> dict[int, int]:
    """How often each of these was read in all."""
    query = select(PostReads.post_id, func.sum(PostReads.number)).where(
        PostReads.post_id.in_([post.id for post in posts])
    )
    return {post_id: int(number) for post_id, number in db.session.execute(query.group_by(PostReads.post_id))}


def referrers(size: int, *, post_id: int | None = None, person: Person | None = None) -> list[tuple[str, int]]:
    """The hosts that most readers came from, with how many; of one post or of all."""
    number = func.sum(Referrer.number)
    every = select(Referrer.host, number)
    query = _by(every, Referrer, person)
    if post_id is not None:
        query = query.where(Referrer.post_id == post_id)
    rows = db.session.execute(query.group_by(Referrer.host).order_by(number.desc(), Referrer.host).limit(size))
    return [(host, int(times)) for host, times in rows]


def feeds() -> list[tuple[str, int, int]]:
    """(kind, in the last days, in all) of each kind of feed, what is fetched most first."""
    recent = func.sum(case((FeedReads.day >= _first(), FeedReads.number), else_=0))
    query = select(FeedReads.kind, recent, func.sum(FeedReads.number)).group_by(FeedReads.kind)
    rows = [(kind, int(lately), int(total)) for kind, lately, total in db.session.execute(query)]
    return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))


def _first() -> date:
    """The first of the days that are told."""
    return now().date() - timedelta(days=DAYS - 1)


def _every_day(query: Rows) -> list[tuple[date, int]]:
    found = {day: int(number) for day, number in db.session.execute(query)}
    return [(day, found.get(day, 0)) for day in (_first() + timedelta(days=at) for at in range(DAYS))]


def _by(query: Rows, table: type[PostReads | Referrer], person: Person | None) -> Rows:
    """*query* for the posts of one *person* alone, where given."""
    if person is None:
        return query
    return query.where(table.post_id.in_(select(Byline.post_id).where(Byline.person_id == person.id)))
