"""Letters to who signs in: an invitation, a link for a new password or address, what was changed, a new browser.

A link is made when its letter is composed, so that asking for one takes as long, and leaves as much behind, whether an
account has that address or not, and a letter that waits holds no token.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from blueprints.accounts import access, queries
from blueprints.accounts.access import ADDRESS, GOOD_FOR, INVITATION, PASSWORD
from blueprints.accounts.models import Account
from blueprints.core import mail, site
from blueprints.core.db import db, writing

CHANGED, SIGNED_IN = "account-changed", "new-sign-in"
# What an account is told of that was changed.
CHANGES = ("password", "address", "factor", "app", "passkey", "passkey-off", "codes")
_KINDS = {INVITATION: "invitation", PASSWORD: "new-password", ADDRESS: "new-address"}


def init_app(app: Flask) -> None:
    """Say what the letters of this slice are made of."""
    mail.on_compose(app, _KINDS[INVITATION], invitation)
    mail.on_compose(app, _KINDS[PASSWORD], new_password)
    mail.on_compose(app, _KINDS[ADDRESS], new_address)
    mail.on_compose(app, CHANGED, changed)
    mail.on_compose(app, SIGNED_IN, signed_in)


def path_of(purpose: str, token: str) -> str:
    """Where the link with *token* leads."""
    return f"/{_KINDS[purpose]}/{token}"


def invite(account: Account) -> None:
    """Inside `writing()`: a letter to *account* with a link by which it chooses a password and comes in."""
    about = {"account": account.id}
    mail.queue(_KINDS[INVITATION], [(account.email, about)], good_for=GOOD_FOR[INVITATION])


def offer_password(email: str) -> None:
    """Inside `writing()`: a letter with a link for a new password, if somebody signs in with *email*."""
    mail.queue(_KINDS[PASSWORD], [(email, {"email": email.casefold()})], good_for=GOOD_FOR[PASSWORD])


def offer_address(account: Account, email: str) -> None:
    """Inside `writing()`: a letter to *email*, by which *account* confirms that it signs in with it from now on."""
    about = {"account": account.id, "email": email.casefold()}
    mail.queue(_KINDS[ADDRESS], [(email, about)], good_for=GOOD_FOR[ADDRESS])


def tell(account: Account, what: str, *, to: str = "") -> None:
    """Inside `writing()`: a letter to *account*, at its address or *to* the one before: *what* of CHANGES it was."""
    mail.queue(CHANGED, [(to or account.email, {"account": account.id, "what": what})])


def tell_of_sign_in(account: Account, device: str) -> None:
    """Inside `writing()`: a letter to *account* that it was used in a *device* where it had not been before."""
    mail.queue(SIGNED_IN, [(account.email, {"account": account.id, "device": device})])


def invitation(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody who shall write here; not if they have come in by now."""
    account = db.session.get(Account, about["account"])
    return _with_link(account, INVITATION) if account and account.is_invited else None


def new_password(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody who has lost theirs."""
    account = queries.account_by_email(about["email"])
    return _with_link(account, PASSWORD) if account and not account.is_invited else None


def new_address(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To the address that somebody wants to sign in with."""
    account = db.session.get(Account, about["account"])
    return _with_link(account, ADDRESS, email=about["email"]) if account else None


def changed(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody of whose account something was changed."""
    account = db.session.get(Account, about["account"])
    if account is None:
        return None
    return _to_owner(account, what=about["what"])


def signed_in(about: Mapping[str, Any]) -> dict[str, Any] | None:
    """To somebody who has come in from another browser, or whose password somebody else has."""
    account = db.session.get(Account, about["account"])
    return _to_owner(account, device=about["device"]) if account else None


def _to_owner(account: Account, **about: str) -> dict[str, Any]:
    """Whoever is not who did it is led to a new password."""
    link = mail.absolute(f"/{_KINDS[PASSWORD]}")
    return {"language": site.current().language, "person": account.person, "link": link, **about}


def _with_link(account: Account, purpose: str, *, email: str = "") -> dict[str, Any] | None:
    if account.is_off:
        return None
    number = account.id
    with writing():
        account = db.session.get_one(Account, number)
        token = access.issue(account, purpose, email=email)
    link = mail.absolute(path_of(purpose, token))
    return {"language": site.current().language, "person": account.person, "link": link}
