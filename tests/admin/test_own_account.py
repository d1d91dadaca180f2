"""Your account: password, address, where you are signed in."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from blueprints.accounts.models import Account, SignIn, password_matches
from blueprints.core.db import db, now, writing
from tests.admin.browsing import WORLDS, fill, form_of, press, soup
from tests.factories import PASSWORD

NEW = "another short sentence"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML) Version/18.0 Safari/604.1"


def reread(account: Account) -> Account:
    return db.session.get(Account, account.id, populate_existing=True)


def come(client, account: Account, agent: str) -> None:
    headers = {"User-Agent": agent}
    token = form_of(client, "/sign-in", "form.card__form").select_one("[name=csrf_token]")["value"]
    data = {"email": account.email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=data, headers=headers).status_code == 303


@pytest.mark.parametrize("world", WORLDS)
def test_password_is_changed_by_who_knows_it_and_ends_other_sign_ins(app, client, make, author, world):
    elsewhere = app.test_client()
    make.sign_in(elsewhere, author)
    wrong = fill(client, "/admin/account", "#own-password", world, current_password="not it", password=NEW)
    assert wrong.status_code == 422
    assert "not your password" in soup(wrong).select_one("#field-current_password-errors").get_text()
    assert NEW not in wrong.text
    answer = fill(client, "/admin/account", "#own-password", world, current_password=PASSWORD, password=NEW)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert password_matches(reread(author), NEW)
    assert client.get("/admin").status_code == 200
    assert elsewhere.get("/admin").status_code == 303


@pytest.mark.parametrize("world", WORLDS)
def test_address_is_changed_at_once_where_the_site_sends_no_mail(client, make, author, world):
    other = make.account("editor")
    for fields, wrong in (
        ({"email": "new@example.org", "address_password": "not it"}, "#field-address_password-errors"),
        ({"email": other.email, "address_password": PASSWORD}, "#field-email-errors"),
        ({"email": "no address", "address_password": PASSWORD}, "#field-email-errors"),
    ):
        answer = fill(client, "/admin/account", "#own-address", world, **fields)
        assert answer.status_code == 422
        assert soup(answer).select_one(wrong)
        assert soup(answer).select_one("#field-email")["value"] == fields["email"]
    answer = fill(client, "/admin/account", "#own-address", world, email="New@example.org", address_password=PASSWORD)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert reread(author).email == "new@example.org"


def test_guesses_at_the_password_count_like_those_of_a_sign_in(client, author):
    answers = [
        fill(client, "/admin/account", "#own-password", current_password="not it", password=NEW).status_code
        for _ in range(12)
    ]
    assert answers[0] == 422
    assert answers[-1] == 429


@pytest.mark.parametrize("world", WORLDS)
def test_browsers_are_listed_in_words_and_signed_out(app, client, make, world):
    account = make.account("author")
    here, phone, other = client, app.test_client(), app.test_client()
    come(here, account, LINUX)
    come(phone, account, IPHONE)
    come(other, account, "")
    come(app.test_client(), stranger := make.account("editor"), IPHONE.replace("iPhone", "iPad"))
    with writing():
        over, _ = SignIn.begin(db.session.merge(account), "A browser of last year")
        over.expires_at = now()
        db.session.add(over)
    page = soup(here.get("/admin/account"))
    rows = {row.select_one("h3").get_text(): row for row in page.select("#sign-ins .row")}
    assert set(rows) == {"Firefox on Linux", "Safari on iPhone", "A browser"}
    assert "This one" in rows["Firefox on Linux"].get_text()
    assert rows["Firefox on Linux"].select_one("form") is None
    answer = press(here, rows["Safari on iPhone"].select_one("form"), world)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert [each.get("/admin").status_code for each in (here, phone, other)] == [200, 303, 200]
    press(here, form_of(here, "/admin/account", "form[action$='sign-out-everywhere']"), world)
    assert [each.get("/admin").status_code for each in (here, other)] == [200, 303]
    assert sorted(db.session.scalars(select(SignIn.account_id))) == [account.id, stranger.id]


def test_nobody_ends_somebody_elses_sign_in(app, client, make, author):
    make.sign_in(app.test_client(), make.account("editor"))
    make.sign_in(app.test_client(), author)
    theirs = db.session.scalar(select(SignIn).where(SignIn.account_id != author.id))
    form = form_of(client, "/admin/account", "#sign-ins .row form")
    form["action"] = f"/admin/account/sign-ins/{theirs.id}/end"
    assert press(client, form).status_code == 404
    assert db.session.get(SignIn, theirs.id, populate_existing=True) is not None


def test_last_visit_is_written_down_once_an_hour(client, author):
    written = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    for _ in range(2):
        client.get("/admin")
    assert not any(statement.startswith("UPDATE") for statement in written)
    with writing():
        db.session.execute(db.update(SignIn).values(seen_at=now() - timedelta(minutes=61)))
    written.clear()
    for _ in range(2):
        assert client.get("/admin").status_code == 200
    assert sum(statement.startswith("UPDATE sign_in") for statement in written) == 1
