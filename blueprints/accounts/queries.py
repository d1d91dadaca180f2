"""Finding people and accounts."""

from sqlalchemy import bindparam, exists, select

from blueprints.accounts.models import ADMINISTRATOR, Account, Person, SignIn, token_hash
from blueprints.core import generations, rows
from blueprints.core.db import db, now
from blueprints.core.slugs import slugify

_PERSON = Person.__table__
_BY_SLUG = select(_PERSON).where(_PERSON.c.slug == bindparam("slug"))
_person = rows.Shape(Person, _PERSON.c)


def account_by_email(email: str) -> Account | None:
    """The account that signs in with *email*, in whatever case."""
    return db.session.scalar(select(Account).where(Account.email == email.casefold()))


def valid_sign_in(token: str) -> SignIn | None:
    """The sign-in that *token* proves, unless it was ended or has expired."""
    return db.session.scalar(select(SignIn).where(SignIn.token_hash == token_hash(token), SignIn.expires_at > now()))


def has_administrator() -> bool:
    """Whether somebody administers this site."""
    return bool(db.session.scalar(select(exists().where(Account.role == ADMINISTRATOR))))


def person_by_slug(slug: str) -> Person | None:
    """The person whose page is /authors/*slug*."""
    return db.session.scalar(select(Person).where(Person.slug == slug))


def person_to_read(slug: str) -> Person | None:
    """The same, for reading only."""
    found = rows.fetch(_BY_SLUG, slug=slug)
    if not found:
        return None
    generations.reads(f"person:{found[0].id}")
    return _person.of(found[0])


def everybody() -> list[Person]:
    """All people, by name."""
    return list(db.session.scalars(select(Person).order_by(Person.name, Person.id)))


def all_accounts() -> list[Account]:
    """Everybody who may sign in, by e-mail address."""
    return list(db.session.scalars(select(Account).order_by(Account.email)))


def without_account() -> list[Person]:
    """The people who have a byline and cannot sign in, by name."""
    query = select(Person).where(~exists().where(Account.person_id == Person.id)).order_by(Person.name, Person.id)
    return list(db.session.scalars(query))


def free_person_slug(name: str) -> str:
    """A slug for a new person called *name* that nobody has."""
    stem = slugify(name) or "author"
    taken = set(db.session.scalars(select(Person.slug).where(Person.slug.startswith(stem, autoescape=True))))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
