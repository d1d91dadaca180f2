"""`hustings accounts …`: for whoever runs the site, when nobody gets in any more."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from flask import Flask

from blueprints.accounts import access, factors, letters, queries
from blueprints.accounts.access import INVITATION, PASSWORD, LastAdministratorError
from blueprints.accounts.models import AUTHOR, ROLES, Account, Person
from blueprints.core import mail
from blueprints.core.db import db, writing
from blueprints.core.filters import count
from blueprints.operations import upgrade

_ROLE = click.Choice(ROLES)


@click.group("accounts")
def accounts() -> None:
    """Who may sign in: list and invite them, and let in who is locked out.

    Nothing here sends a letter: a link is printed, for you to pass on.
    """


@accounts.command("list")
@click.pass_obj
def list_accounts(app: Flask) -> None:
    """Show who may sign in, as what, and in how many browsers they are."""
    upgrade.run(app)
    with app.app_context():
        if not (found := queries.all_accounts()):
            click.echo("Nobody can sign in yet; see `hustings set-up-link`.")
        for account in found:
            state = "switched off" if account.is_off else "invited" if account.is_invited else ""
            second = "second step" if factors.are_there(account) else ""
            browsers = count(len(queries.sign_ins(account)), "browser")
            words = ", ".join(filter(None, (account.person.name, state, second, browsers)))
            click.echo(f"{account.email:32} {account.role:14} {words}")


@accounts.command()
@click.argument("email")
@click.option("--name", default="", help="The name for a new byline.")
@click.option("--byline", default="", help="A byline that is here already, as its page is called: /authors/BYLINE.")
@click.option("--role", type=_ROLE, default=AUTHOR, show_default=True)
@click.pass_obj
def invite(app: Flask, email: str, name: str, byline: str, role: str) -> None:
    """Make an account for EMAIL and print the link by which it is entered, once, within seven days."""
    upgrade.run(app)
    with app.app_context():
        if mail.ascii_address(email) is None:
            _stop(f"{email} is no e-mail address")
        with writing():
            if queries.account_by_email(email):
                _stop(f"somebody signs in with {email} already; see `hustings accounts reset-link`")
            account = Account(email=email.casefold(), role=role, password_hash="", person=_byline(name, byline))
            db.session.add(account)
            db.session.flush()
            token = access.issue(account, INVITATION)
        _show(app, INVITATION, token)


@accounts.command("reset-link")
@click.argument("email")
@click.pass_obj
def reset_link(app: Flask, email: str) -> None:
    """Print a link by which EMAIL chooses a new password, once, within an hour; older links stop working."""
    with _changing(app, email) as account:
        if account.is_off:
            _stop(f"{email} is switched off; see `hustings accounts enable`")
        purpose = INVITATION if account.is_invited else PASSWORD
        token = access.issue(account, purpose)
    _show(app, purpose, token)


@accounts.command("role")
@click.argument("email")
@click.argument("role", type=_ROLE)
@click.pass_obj
def give_role(app: Flask, email: str, role: str) -> None:
    """Let EMAIL do from now on what ROLE may."""
    with _changing(app, email) as account:
        access.give_role(account, role)
    click.echo(f"{email}: {role}.")


@accounts.command()
@click.argument("email")
@click.pass_obj
def disable(app: Flask, email: str) -> None:
    """Keep EMAIL out, in every browser, until it is enabled again."""
    with _changing(app, email) as account:
        access.switch_off(account)
    click.echo(f"{email} is switched off and signed out everywhere.")


@accounts.command()
@click.argument("email")
@click.pass_obj
def enable(app: Flask, email: str) -> None:
    """Let EMAIL sign in again, with the password it had."""
    with _changing(app, email) as account:
        access.switch_on(account)
    click.echo(f"{email} can sign in again.")


@accounts.command("sign-out")
@click.argument("email")
@click.pass_obj
def sign_out(app: Flask, email: str) -> None:
    """Sign EMAIL out in every browser."""
    with _changing(app, email) as account:
        ended = access.sign_out(account)
    click.echo(f"{email} is signed out of {count(ended, 'browser')}.")


@accounts.command("drop-second-factor")
@click.argument("email")
@click.pass_obj
def drop_second_factor(app: Flask, email: str) -> None:
    """Let the password of EMAIL alone be enough again: no app, no passkey, no recovery codes."""
    with _changing(app, email) as account:
        if not factors.are_there(account):
            _stop(f"{email} has no second step")
        factors.drop_all(account)
        letters.tell(account, "factor")
    click.echo(f"The password of {email} alone is enough now.")


@contextmanager
def _changing(app: Flask, email: str) -> Iterator[Account]:
    """The account that signs in with *email*, inside `writing()`."""
    upgrade.run(app)
    with app.app_context(), _one_sentence(), writing():
        account = queries.account_by_email(email)
        yield account or _stop(f"nobody signs in with {email}; see `hustings accounts list`")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except LastAdministratorError as error:
        _stop(str(error).rstrip("."))


def _byline(name: str, byline: str) -> Person:
    if byline:
        return queries.person_by_slug(byline) or _stop(f"there is no byline /authors/{byline}")
    if not name.strip():
        _stop("give a --name for the byline, or a --byline that is here already")
    return Person(name=" ".join(name.split()), slug=queries.free_person_slug(name))


def _show(app: Flask, purpose: str, token: str) -> None:
    good_for = "seven days" if purpose == INVITATION else "an hour"
    click.echo(f"Good for {good_for}, once:\n{app.config['SETTINGS'].address}{letters.path_of(purpose, token)}")


def _stop(reason: str) -> NoReturn:
    click.echo(f"hustings: {reason}.", err=True)
    sys.exit(1)
