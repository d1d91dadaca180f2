"""Accounts at the desk: invited, given a role, switched off and on, let go; never the last administrator."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from blueprints.accounts import access
from blueprints.accounts.models import Account, Link, Person, SignIn, token_hash
from blueprints.core.db import db, writing
from blueprints.core.mail import Outbox
from blueprints.core.transports import Line
from tests.admin.browsing import WORLDS, fill, form_of, partials, press, soup


def found(email: str) -> Account | None:
    return db.session.scalar(select(Account).where(Account.email == email))


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


def link_shown(response) -> str:
    return re.search(r"http://localhost(/\S+)", soup(response).select_one(".given-link").get_text())[1]


@pytest.fixture
def sends_mail(app) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_line=Line("smtp", "127.0.0.1", 1))


@pytest.mark.parametrize("world", WORLDS)
def test_somebody_is_invited_by_a_letter(client, make, administrator, sends_mail, world):
    answer = fill(
        client, "/admin/accounts", "#account-form", world, name="Ben", email="Ben@Example.org", role="contributor"
    )
    assert answer.status_code == (303 if world == "plain" else 201)
    account = found("ben@example.org")
    assert (account.role, account.person.name, account.is_invited) == ("contributor", "Ben", True)
    (letter,) = db.session.scalars(select(Outbox))
    assert (letter.kind, letter.address) == ("invitation", "ben@example.org")
    assert "Invited" in soup(client.get("/admin/accounts")).select_one(f"#account-{account.id}").get_text()


@pytest.mark.parametrize("world", WORLDS)
def test_without_mail_the_link_is_shown_once_to_be_passed_on(app, client, make, administrator, world):
    answer = fill(client, "/admin/accounts", "#account-form", world, name="Ben", email="ben@example.org")
    assert answer.status_code == 201
    path = link_shown(answer)
    assert path.rpartition("/")[2] not in client.get("/admin/accounts").text
    assert db.session.scalar(select(Link)).token_hash == token_hash(path.rpartition("/")[2])
    assert db.session.scalars(select(Outbox)).all() == []
    guest = app.test_client()
    assert guest.get(path).status_code == 200

    account = found("ben@example.org")
    page = f"/admin/accounts/{account.id}/edit"
    again = press(client, form_of(client, page, f"form[action$='/{account.id}/link']"), world)
    assert guest.get(path).status_code == 410
    assert guest.get(link_shown(again)).status_code == 200


def test_account_takes_over_a_byline_that_is_here(client, make, administrator):
    person = make.person("Imported Author")
    offered = form_of(client, "/admin/accounts", "#account-form").select("[name=person] option")
    assert [option["value"] for option in offered if option["value"]] == [str(person.id)], "nobody has two accounts"
    fill(client, "/admin/accounts", "#account-form", person=str(person.id), email="x@example.org", role="author")
    assert found("x@example.org").person_id == person.id


@pytest.mark.parametrize("world", WORLDS)
def test_address_that_signs_in_already_is_refused(client, administrator, world):
    answer = fill(client, "/admin/accounts", "#account-form", world, name="Ben", email=administrator.email.upper())
    assert answer.status_code == 422
    assert "already" in soup(answer).select_one("#field-email-errors").get_text()


@pytest.mark.parametrize("world", WORLDS)
def test_access_ends_in_every_browser(app, client, make, administrator, world):
    other = make.account("editor")
    elsewhere = app.test_client()
    make.sign_in(elsewhere, other)
    assert elsewhere.get("/admin").status_code == 200
    answer = press(client, form_of(client, "/admin/accounts", f"#account-{other.id} form"), world)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert reread(other) is None
    assert db.session.get(Person, other.person_id) is not None
    assert len(db.session.scalars(select(SignIn)).all()) == 1
    assert elsewhere.get("/admin").status_code == 303


@pytest.mark.parametrize("world", WORLDS)
def test_account_that_is_switched_off_does_nothing_until_it_is_on_again(app, client, make, administrator, world):
    other = make.account("editor")
    elsewhere, former = app.test_client(), app.test_client()
    for browser in (elsewhere, former):
        make.sign_in(browser, other)
    page = f"/admin/accounts/{other.id}/edit"
    answer = press(client, form_of(client, page, "form[action$='/disable']"), world)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert reread(other).is_off
    assert elsewhere.get("/admin").status_code == 303
    make.sign_in(elsewhere, reread(other))
    assert elsewhere.get("/admin").status_code == 303
    press(client, form_of(client, page, "form[action$='/enable']"), world)
    assert (elsewhere.get("/admin").status_code, former.get("/admin").status_code) == (200, 303)


@pytest.mark.parametrize("world", WORLDS)
def test_role_is_changed_and_an_unknown_one_refused(client, make, administrator, world):
    other = make.account("author")
    page = f"/admin/accounts/{other.id}/edit"
    assert fill(client, page, "#role-form", world, role="owner").status_code == 422
    answer = fill(client, page, "#role-form", world, role="moderator")
    assert answer.status_code == (303 if world == "plain" else 200)
    assert reread(other).role == "moderator"


@pytest.mark.parametrize("verb", ["edit", "disable", "remove", "link"])
def test_nobody_changes_their_own_account_by_these_buttons(client, administrator, verb):
    token = soup(client.get("/admin/accounts")).select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "role": "author"}
    assert client.post(f"/admin/accounts/{administrator.id}/{verb}", data=data).status_code == 403
    kept = reread(administrator)
    assert (kept.role, kept.is_off) == ("administrator", False)


def test_last_administrator_is_never_lost(app, make):
    """Two who demote each other at the same time: the second one is refused inside the lock."""
    one, other = make.account("administrator"), make.account("administrator")
    with writing():
        access.give_role(db.session.get(Account, other.id), "author")
    for act in (lambda row: access.give_role(row, "editor"), access.switch_off, access.remove):
        with pytest.raises(access.LastAdministratorError), writing():
            act(db.session.get(Account, one.id))
    with writing():
        db.session.get(Account, other.id).role = "administrator"
    for cannot_help in ({"is_off": True}, {"is_off": False, "password_hash": ""}):  # the second was only invited
        with writing():
            db.session.execute(db.update(Account).where(Account.id == other.id).values(**cannot_help))
        with pytest.raises(access.LastAdministratorError), writing():
            access.remove(db.session.get(Account, one.id))


def test_switched_off_account_gets_no_link(client, make, administrator):
    other = make.account("editor")
    page = f"/admin/accounts/{other.id}/edit"
    form = form_of(client, page, "form[action$='/link']")
    press(client, form_of(client, page, "form[action$='/disable']"))
    assert press(client, form).status_code == 409
    assert soup(client.get(page)).select_one("form[action$='/link']") is None


def test_htmx_puts_the_new_account_into_the_list(client, administrator):
    answer = fill(client, "/admin/accounts", "#account-form", "htmx", name="Ben", email="ben@example.org")
    assert set(partials(answer)) == {"#account-list", "#account-notice", "#status"}
    assert "ben@example.org" in partials(answer)["#account-list"].get_text()
