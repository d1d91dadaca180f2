"""Bylines: who wrote a post, and what stands beside their names, their affiliations of the day of publication.

That is kept in the byline, so that a page asks nothing more, and so that it changes only where somebody means it to.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.affiliations import Affiliation, Shown, day_of
from blueprints.accounts.models import Person
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.generations import Changes
from blueprints.posts.dates import date_of_post


def _affiliations_of_byline(context: Any) -> list[Shown]:
    """For a byline that goes past the session, as an import writes it: what stands beside the name."""
    row = context.get_current_parameters()
    if own := row.get("own_affiliation"):
        return [[own, ""]]
    theirs = select(Affiliation.__table__).where(Affiliation.person_id == row["person_id"]).order_by(Affiliation.place)
    found = [Affiliation(**each._mapping) for each in context.connection.execute(theirs)]
    return affiliations_on(date_of_post(context), found) if found else []


def affiliations_on(moment: datetime | None, affiliations: Iterable[Affiliation]) -> list[Shown]:
    """Which of *affiliations* stand beside the name on a post of *moment*; on one without a date, those of today."""
    day = day_of(moment or now())
    return [each.shown for each in affiliations if each.held_on(day)]


class Byline(Base):
    """One author of one post, in the order in which they are named."""

    __tablename__ = "byline"
    __table_args__ = (Index("ix_byline_list", "person_id", "published_at", "post_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    position: Mapped[int]
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=date_of_post)
    # What stands beside the name on this post alone: a reprint, a visiting position.
    own_affiliation: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # What does stand there: that, else what was theirs on the day of publication (`restate`).
    affiliations: Mapped[list[Shown]] = mapped_column(JSON, default=_affiliations_of_byline, server_default="[]")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    def settle(self, moment: datetime | None) -> None:
        """Say where they worked at *moment*, or what this post says instead."""
        shown = (
            [[self.own_affiliation, ""]] if self.own_affiliation else affiliations_on(moment, self.person.affiliations)
        )
        if shown != self.affiliations:
            self.affiliations = shown

    def touches(self, changes: Changes) -> Iterator[str]:
        """It stands on its post, and the post on its author's page; the index of authors counts it."""
        yield from (f"post:{self.post_id}", f"by:{self.person_id}")
        if changes.of("person_id"):
            yield "people"


class Restated(NamedTuple):
    """A byline that would say something else."""

    byline: Byline
    now: list[Shown]


def restated(person_id: int, affiliations: Sequence[Affiliation]) -> list[Restated]:
    """The bylines of a person that would say something else if these were the person's *affiliations*."""
    found = db.session.scalars(
        select(Byline)
        .where(Byline.person_id == person_id, Byline.own_affiliation == "")
        .order_by(Byline.published_at.desc().nulls_first(), Byline.post_id.desc())
    )
    then = [Restated(byline, affiliations_on(byline.published_at, affiliations)) for byline in found]
    return [each for each in then if each.now != each.byline.affiliations]


def restate(changes: Iterable[Restated]) -> None:
    """Inside a write transaction: have them say it."""
    for byline, affiliations in changes:
        byline.affiliations = affiliations


def count(person_id: int) -> int:
    """On how many posts somebody is named."""
    return db.session.scalar(select(func.count()).where(Byline.person_id == person_id)) or 0
