"""`hustings accounts …`: whoever runs the site lets in who is locked out, and never locks everybody out."""

import re

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from blueprints.accounts import factors
from blueprints.accounts.models import Account
from blueprints.core.db import db, writing
from blueprints.operations.cli import hustings


@pytest.fixture
def run(app):
    def run(*words: str) -> Result:
        db.session.remove()  # a command opens the database anew
        return CliRunner().invoke(hustings, ["accounts", *words], obj=lambda: app, prog_name="hustings")

    return run


def link(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return re.search(r"http://[^/]+(/\S+)", result.output)[1]


def read(email: str) -> Account:
    return db.session.scalar(select(Account).where(Account.email == email).execution_options(populate_existing=True))


def test_list_tells_who_may_sign_in_and_in_what_state(run, make):
    assert "hustings set-up-link" in run("list").output
    make.account("administrator", email="ada@example.org", person=make.person("Ada Grey"))
    run("invite", "ben@example.org", "--name", "Ben")
    shown = run("list").output
    assert re.search(r"ada@example\.org +administrator +Ada Grey, 0 browsers", shown)
    assert re.search(r"ben@example\.org +author +Ben, invited, 0 browsers", shown)


def test_invitation_and_new_password_are_links_that_open(run, client, make):
    path = link(run("invite", "Ben@Example.org", "--name", "Ben", "--role", "moderator"))
    assert client.get(path).status_code == 200
    assert read("ben@example.org").role == "moderator"
    assert client.get(link(run("reset-link", "ben@example.org"))).status_code == 200
    assert client.get(path).status_code == 410
    person = make.person("Imported")
    run("invite", "cid@example.org", "--byline", person.slug)
    assert read("cid@example.org").person_id == person.id
    make.account("editor", email="ada@example.org")
    assert "new password" in client.get(link(run("reset-link", "ada@example.org"))).text.lower()


def test_account_is_switched_off_and_on_signed_out_and_given_a_role(run, client, make):
    make.account("administrator")
    account = make.account("author", email="ada@example.org")
    make.sign_in(client, account)
    assert "1 browser" in run("sign-out", "ada@example.org").output
    assert client.get("/admin").status_code == 303
    make.sign_in(client, account)
    assert run("disable", "ada@example.org").exit_code == 0
    assert client.get("/admin").status_code == 303
    assert "enable" in run("reset-link", "ada@example.org").output
    assert run("enable", "ada@example.org").exit_code == 0
    assert run("role", "ada@example.org", "editor").exit_code == 0
    assert (read("ada@example.org").role, read("ada@example.org").is_off) == ("editor", False)


def test_second_factor_is_dropped(run, make):
    account = make.account("author", email="ada@example.org")
    with writing():
        factors.offer_app(db.session.get(Account, account.id)).is_confirmed = True
    assert "second step" in run("list").output
    assert run("drop-second-factor", "ada@example.org").exit_code == 0
    assert not factors.are_there(account)
    assert "no second step" in run("drop-second-factor", "ada@example.org").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("role", "ada@example.org", "author"), "only administrator"),
        (("disable", "ada@example.org"), "only administrator"),
        (("role", "nobody@example.org", "author"), "nobody signs in with nobody@example.org"),
        (("reset-link", "nobody@example.org"), "nobody signs in"),
        (("invite", "ada@example.org", "--name", "Ada"), "already"),
        (("invite", "no address", "--name", "Ada"), "no e-mail address"),
        (("invite", "new@example.org"), "--name"),
        (("invite", "new@example.org", "--byline", "nowhere"), "no byline"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(run, make, words, says):
    make.account("administrator", email="ada@example.org")
    result = run(*words)
    assert result.exit_code == 1
    assert says in result.output
    assert read("ada@example.org").role == "administrator"
    assert not read("ada@example.org").is_off
