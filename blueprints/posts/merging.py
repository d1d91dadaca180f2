"""Merging: two records of one person, as an import makes them, become one.

What posts say beside the name stays as it is. Tables that know people and are not named here have their rows moved as
they are, whichever slice they belong to; of two rows that may stand there only once, the one of the kept record stays.
"""

from collections.abc import Iterator

from sqlalchemy import Column, Table, UniqueConstraint, and_, delete, exists, select, update

from blueprints.accounts.affiliations import Affiliation
from blueprints.accounts.models import Account, Person, PersonAlias, Portrait
from blueprints.core import generations
from blueprints.core.db import Base, db
from blueprints.posts.bylines import Byline

# Whose rows are moved one by one, or not at all.
_APART = {Affiliation.__tablename__, Byline.__tablename__, Portrait.__tablename__}
_WORDS = ("bio", "orcid", "disclaimer", "competing_interests", "portrait_alt", "email")


class TwoAccountsError(Exception):
    """Both records sign in; *emails* are the addresses of the two accounts."""

    def __init__(self, emails: list[str]) -> None:
        super().__init__(emails)
        self.emails = emails


def merge(gone: Person, kept: Person) -> None:
    """Inside a write transaction: move everything of *gone* to *kept*, whose own words stay, and remove *gone*."""
    emails = {
        account.person_id: account.email
        for account in db.session.scalars(select(Account).where(Account.person_id.in_([gone.id, kept.id])))
    }
    if len(emails) > 1:
        raise TwoAccountsError([emails[kept.id], emails[gone.id]])
    _move_bylines(gone, kept)
    for table, column in _columns():
        _move_rows(table, column, gone.id, kept.id)
    _complete(gone, kept)
    origin = gone.source, gone.source_id
    slug = gone.slug
    db.session.delete(gone)
    db.session.flush()
    db.session.add(PersonAlias(slug=slug, person_id=kept.id, source=origin[0], source_id=origin[1]))
    generations.touch(generations.EVERYTHING)


def _move_bylines(gone: Person, kept: Person) -> None:
    """Name *kept* where *gone* was named; where both are, *gone* leaves."""
    both = select(Byline.post_id).where(Byline.person_id == kept.id)
    for byline in db.session.scalars(select(Byline).where(Byline.person_id == gone.id, Byline.post_id.in_(both))):
        db.session.delete(byline)
    db.session.flush()
    for byline in db.session.scalars(select(Byline).where(Byline.person_id == gone.id)):
        byline.person = kept
    db.session.flush()


def _columns() -> Iterator[tuple[Table, Column[int]]]:
    """Every other column that holds the number of a person."""
    for table in Base.metadata.sorted_tables:
        if table.name not in _APART:
            for column in table.columns:
                if any(key.column is Person.__table__.c.id for key in column.foreign_keys):
                    yield table, column


def _move_rows(table: Table, column: Column[int], gone: int, kept: int) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and column in constraint.columns.values():
            theirs = table.alias()
            same = [theirs.c[other.name] == other for other in constraint.columns if other is not column]
            there = exists().where(and_(theirs.c[column.name] == kept, *same))
            db.session.execute(delete(table).where(column == gone, there))
    db.session.execute(update(table).where(column == gone).values({column.name: kept}))


def _complete(gone: Person, kept: Person) -> None:
    """What *kept* does not say and *gone* does."""
    for name in _WORDS:
        if not getattr(kept, name) and (words := getattr(gone, name)):
            kept.write_bio(words) if name == "bio" else setattr(kept, name, words)
    known = {address for _label, address in kept.links or []}
    kept.links = [*(kept.links or []), *(link for link in gone.links or [] if link[1] not in known)]
    if gone.picture and not kept.picture:
        kept.show_portrait(gone.picture.image)
    own = {each.facts for each in kept.affiliations}
    for each in gone.affiliations:
        if each.facts not in own:
            place = len(kept.affiliations)
            kept.affiliations.append(
                Affiliation(
                    place=place, **dict(zip(("institution", "position", "since", "until"), each.facts, strict=True))
                )
            )
