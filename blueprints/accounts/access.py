"""What opens an account and what closes it: links that were sent, passwords, sign-ins, the role.

All of it happens inside `writing()`, on rows that were read there. A link's token is known to whoever got the letter;
here is its hash. One of each purpose is good at a time: a newer one replaces it, and using it uses it up.
"""

from datetime import timedelta

from sqlalchemy import delete, exists, select

from blueprints.accounts.models import (
    ADMINISTRATOR,
    Account,
    Link,
    SignIn,
    new_token,
    token_hash,
)
from blueprints.core.db import db, now

INVITATION, PASSWORD, ADDRESS = "invitation", "password", "address"
GOOD_FOR = {INVITATION: timedelta(days=7), PASSWORD: timedelta(hours=1), ADDRESS: timedelta(days=1)}


class LastAdministratorError(Exception):
    """Nobody would be left to administer the site."""

    def __init__(self) -> None:
        super().__init__("This is the only administrator who can sign in. Make somebody else one first.")


def issue(account: Account, purpose: str, *, email: str = "") -> str:
    """A new link of *purpose* for *account*: its token; those before it stop working."""
    withdraw(account, purpose)
    token = new_token()
    moment = now()
    expires_at = moment + GOOD_FOR[purpose]
    db.session.add(
        Link(
            account_id=account.id,
            purpose=purpose,
            token_hash=token_hash(token),
            email=email.casefold(),
            created_at=moment,
            expires_at=expires_at,
        )
    )
    return token


def opened(token: str, purpose: str) -> Link | None:
    """The link that *token* is, unless it is used up, out of date, or its account is switched off."""
    query = select(Link).join(Account).where(Link.token_hash == token_hash(token), Link.purpose == purpose)
    return db.session.scalar(query.where(Link.expires_at > now(), ~Account.is_off))


def withdraw(account: Account, *purposes: str) -> None:
    """Let links of these *purposes* work no longer; all of them where none is named."""
    query = delete(Link).where(Link.account_id == account.id)
    db.session.execute(query.where(Link.purpose.in_(purposes)) if purposes else query)


def sign_out(account: Account, *, but: str = "") -> int:
    """End the sign-ins of *account* everywhere, *but* that with this hash; how many there were."""
    ended = delete(SignIn).where(SignIn.account_id == account.id, SignIn.token_hash != but)
    return db.session.connection().execute(ended).rowcount


def take_password(account: Account, password_hash: str, *, but: str = "") -> None:
    """Make this the password: whoever came in by an older one is out, *but* the sign-in with this hash."""
    account.password_hash = password_hash
    withdraw(account)
    sign_out(account, but=but)


def give_role(account: Account, role: str) -> None:
    """Let *account* do from now on what *role* may. LastAdministratorError where nobody else is one."""
    if role != ADMINISTRATOR:
        _refuse_last(account)
    account.role = role


def switch_off(account: Account) -> None:
    """Let *account* do nothing until it is switched on; byline and posts stay. LastAdministratorError."""
    _refuse_last(account)
    account.is_off = True
    withdraw(account)
    sign_out(account)


def switch_on(account: Account) -> None:
    """Let *account* sign in again, with the password it had."""
    account.is_off = False


def remove(account: Account) -> None:
    """Forget *account*; byline and posts stay. LastAdministratorError."""
    _refuse_last(account)
    db.session.delete(account)


def _refuse_last(account: Account) -> None:
    others = exists().where(
        Account.role == ADMINISTRATOR, Account.id != account.id, ~Account.is_off, Account.password_hash != ""
    )
    is_one = account.role == ADMINISTRATOR and not account.is_off and not account.is_invited
    if is_one and not db.session.scalar(select(others)):
        raise LastAdministratorError
