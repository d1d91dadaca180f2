"""Finding people and accounts."""

from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import selectinload

from blueprints.accounts.affiliations import Affiliation, day_of, next_change
from blueprints.accounts.models import ADMINISTRATOR, Account, Person, PersonAlias, SignIn, token_hash
from blueprints.core import generations, rows
from blueprints.core.db import db, now
from blueprints.core.slugs import slugify

# Who can sign in: the invitation is taken, and nobody has switched the account off.
SIGNS_IN = and_(Account.password_hash != "", ~Account.is_off)
_PERSON = Person.__table__
_BY_SLUG = select(_PERSON).where(_PERSON.c.slug == bindparam("slug"))
_AFFILIATION = Affiliation.__table__
_CAREER = (
    select(*_AFFILIATION.c).where(_AFFILIATION.c.person_id == bindparam("person_id")).order_by(_AFFILIATION.c.place)
)
_person, _affiliation = rows.Shape(Person, _PERSON.c), rows.Shape(Affiliation, _AFFILIATION.c)


class Career(NamedTuple):
    """Where somebody works, and where they worked before, the latest first."""

    present: list[Affiliation]
    former: list[Affiliation]


def account_by_email(email: str) -> Account | None:
    """The account that signs in with *email*, in whatever case."""
    return db.session.scalar(select(Account).where(Account.email == email.casefold()))


def valid_sign_in(token: str) -> SignIn | None:
    """The sign-in that *token* proves, unless it was ended or has expired."""
    query = select(SignIn).where(SignIn.token_hash == token_hash(token), SignIn.expires_at > now())
    return db.session.scalar(query.join(SignIn.account).where(~Account.is_off))


def sign_ins(account: Account) -> list[SignIn]:
    """Where *account* is signed in, the last seen first."""
    query = select(SignIn).where(SignIn.account_id == account.id, SignIn.expires_at > now())
    return list(db.session.scalars(query.order_by(SignIn.seen_at.desc().nulls_last(), SignIn.id.desc())))


def has_administrator() -> bool:
    """Whether somebody administers this site."""
    return bool(db.session.scalar(select(exists().where(Account.role == ADMINISTRATOR))))


def person_by_slug(slug: str) -> Person | None:
    """The person whose page is /authors/*slug*."""
    return db.session.scalar(select(Person).where(Person.slug == slug))


def person_from(source: str, source_id: str) -> Person | None:
    """Who came from there under this name; also where that record was merged into another."""
    found = db.session.scalar(select(Person).where(Person.source == source, Person.source_id == source_id))
    merged = select(Person).join(PersonAlias, PersonAlias.person_id == Person.id)
    return found or db.session.scalar(
        merged.where(PersonAlias.source == source, PersonAlias.source_id == source_id).limit(1)
    )


def person_formerly(slug: str) -> Person | None:
    """The person whose page was /authors/*slug* once."""
    query = select(Person).join(PersonAlias, PersonAlias.person_id == Person.id)
    return db.session.scalar(query.where(PersonAlias.slug == slug))


def person_to_read(slug: str) -> Person | None:
    """The same, for reading only."""
    return generations.read_one(_person, _BY_SLUG, slug=slug)


def career_of(person: Person) -> Career:
    """The affiliations of *person* as they are today; for reading only."""
    found = [_affiliation.of(row) for row in rows.fetch(_CAREER, person_id=person.id)]
    today = day_of(now())
    generations.lasts_until(next_change(found, today))
    former = sorted((each for each in found if each.ended_before(today)), key=lambda each: each.until, reverse=True)
    return Career([each for each in found if each.held_on(today)], former)


def with_affiliations() -> list[Person]:
    """All people, by their sort names, with where they work."""
    query = select(Person).order_by(Person.sort_key, Person.id).options(selectinload(Person.affiliations))
    return list(db.session.scalars(query))


def everybody() -> list[Person]:
    """All people, by their sort names."""
    return list(db.session.scalars(select(Person).order_by(Person.sort_key, Person.id)))


def all_accounts() -> list[Account]:
    """Everybody who may sign in, by e-mail address."""
    return list(db.session.scalars(select(Account).order_by(Account.email)))


def without_account() -> list[Person]:
    """The people who have a byline and cannot sign in, by their sort names."""
    query = select(Person).where(~exists().where(Account.person_id == Person.id)).order_by(Person.sort_key, Person.id)
    return list(db.session.scalars(query))


def free_person_slug(name: str) -> str:
    """A slug for a new person called *name* that nobody has."""
    stem = slugify(name) or "author"
    now = select(Person.slug).where(Person.slug.startswith(stem, autoescape=True))
    formerly = select(PersonAlias.slug).where(PersonAlias.slug.startswith(stem, autoescape=True))
    taken = {*db.session.scalars(now), *db.session.scalars(formerly)}
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def is_person_slug_taken(slug: str, *, but_by: Person) -> bool:
    """Whether somebody else has this slug, now or formerly."""
    found = person_by_slug(slug) or person_formerly(slug)
    return found is not None and found.id != but_by.id
