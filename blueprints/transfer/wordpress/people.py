"""Bylines: the accounts of an export, the guest authors of Co-Authors Plus, and logins that only a post names."""

import re
from urllib.parse import urlsplit

from sqlalchemy import select

from blueprints.accounts.models import Account, Person
from blueprints.accounts.queries import free_person_slug, person_from
from blueprints.core.db import db
from blueprints.core.slugs import slugify
from blueprints.transfer.report import Report
from blueprints.transfer.wordpress.fitting import fit
from blueprints.transfer.wordpress.survey import Guest
from blueprints.transfer.wordpress.text import plain
from blueprints.transfer.wordpress.wxr import Author, Item

_NAMED_ONLY = "authors named only in posts"


class People:
    """The people of one exported site and the rows they have here; *site* is their source."""

    def __init__(self, site: str, report: Report) -> None:
        self.site = site
        self.report = report
        self._by_key: dict[str, int] = {}
        self._by_user_id: dict[str, int] = {}
        self._by_email: dict[str, int] = {}

    def add_author(self, author: Author) -> None:
        """Somebody with an account there; an account with the same e-mail address here is the same person."""
        if not author.login:
            self.report.leave_out("authors", author.name or author.id or "without name", "has no login name")
            return
        person_id = self._by_key.get(_key(author.login))
        if person_id is None:
            name = plain(author.name) or author.login
            person_id, is_new = self._person(author.login, name, author.email, kind="authors")
            (self.report.take if is_new else self.report.know)("authors")
        else:
            self.report.know("authors")
        self._know(author.login, person_id)
        if author.id:
            self._by_user_id[author.id] = person_id
        if author.email:
            self._by_email.setdefault(author.email.casefold(), person_id)

    def add_guest(self, guest: Guest) -> None:
        """A byline without an account; one that is linked to an account gives that its bio and website."""
        linked = self._by_key.get(_key(guest.linked_login)) if guest.linked_login else None
        if linked is None:
            person_id, is_new = self._person(f"guest:{guest.key}", guest.name, guest.email, kind="guest-author")
        else:
            person_id, is_new = linked, False
        person = db.session.get_one(Person, person_id)
        is_ours = person.source == self.site
        if guest.bio and not person.bio and is_ours:
            person.write_bio(_as_markdown(guest.bio))
            is_new = True
        if not guest.website.startswith(("http://", "https://")):
            if guest.website:
                self.report.note("website left out, it is no web address", f"{guest.name}: {guest.website}")
        elif not person.links and is_ours:
            person.links = [[urlsplit(guest.website).netloc, guest.website]]
            is_new = True
        (self.report.take if is_new else self.report.know)("guest-author")
        self._know(guest.key, person_id)

    def byline(self, item: Item) -> list[int]:
        """The ids of those who are named as authors of *item*, in its order, each once."""
        labels = [label for label in item.labels if label.taxonomy == "author"]
        if labels:
            return list(dict.fromkeys(self._named(label.slug.removeprefix("cap-"), label.name) for label in labels))
        return [self._named(item.creator, item.creator)] if item.creator else []

    def of_user(self, user_id: str, email: str) -> int | None:
        """Who wrote a comment while signed in; whoever was not signed in could have typed any address."""
        if user_id in ("", "0"):
            return None
        return self._by_user_id.get(user_id) or self._by_email.get(email.casefold())

    def _named(self, login: str, name: str) -> int:
        person_id = self._by_key.get(_key(login)) or self._by_key.get(_key(name))
        if person_id is None:
            person_id, is_new = self._person(login or name, plain(name) or login, "", kind=_NAMED_ONLY)
            (self.report.take if is_new else self.report.know)(_NAMED_ONLY)
            self._know(login or name, person_id)
        return person_id

    def _know(self, login: str, person_id: int) -> None:
        self._by_key[_key(login)] = person_id

    def _person(self, key: str, name: str, email: str, *, kind: str) -> tuple[int, bool]:
        """The row for *key* and whether it was made now."""
        source_id = fit(key, 255, self.report, "name used for recognition shortened")
        if merged := person_from(self.site, source_id):
            return merged.id, False
        found = _known_here(email)
        if found is not None:
            if found.source is None:
                found.source, found.source_id = self.site, source_id
                self.report.note("joined with the person who has this e-mail address here", f"{kind}: {name}")
            return found.id, False
        name = fit(name, 120, self.report, "name of an author shortened to 120 characters")
        login = key.removeprefix("guest:")
        # A login that is an e-mail address stays private.
        stem = name if "@" in login else login
        person = Person(
            slug=free_person_slug(slugify(stem)[:100] or name),
            name=name,
            email=fit(email, 254, self.report, "e-mail address of an author left out, it is too long", drop=True),
            source=self.site,
            source_id=source_id,
        )
        db.session.add(person)
        db.session.flush()
        return person.id, True


def _known_here(email: str) -> Person | None:
    """The person of this site, not of another import, to whom the address belongs."""
    if not email:
        return None
    account = db.session.scalar(select(Account).where(Account.email == email.casefold()))
    if account is not None:
        return account.person
    return db.session.scalar(select(Person).where(Person.email == email, Person.source.is_(None)).limit(1))


def _key(login: str) -> str:
    """A login as WordPress puts it in an address: Co-Authors Plus names its bylines so."""
    return slugify(login) or login.casefold()


def _as_markdown(text: str) -> str:
    """A bio as it was shown: tags stay, signs that Markdown would read as markup are kept from it."""
    parts = re.split(r"(<[^<>]*>)", text)
    parts[::2] = [re.sub(r"([\\`*_\[\]#~])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)
