"""What the links in letters open: an invitation, a new password, another address; each once, for a while."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from blueprints.accounts import access
from blueprints.accounts import letters as writing_of
from blueprints.accounts.models import Account, Link, SignIn, password_matches
from blueprints.core import site
from blueprints.core.audit import Deed
from blueprints.core.db import db, now, writing
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from blueprints.core.transports import Line
from tests.admin.browsing import fill, form_of
from tests.comments.mail.letterbox import SITE, words
from tests.factories import PASSWORD

NEW = "another short sentence"


@pytest.fixture
def environ() -> dict[str, str]:
    return {
        "SECRET_KEY": "test",
        "SITE_URL": SITE,
        "MAIL_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "post@example.org",
    }


def ask(client, email: str):
    return client.post(
        "/new-password",
        data={
            "email": email,
            "csrf_token": form_of(client, "/new-password", "form.card").select_one("[name=csrf_token]")["value"],
        },
    )


def choose(client, path: str, password: str = NEW):
    token = form_of(client, path, "form.card").select_one("[name=csrf_token]")["value"]
    return client.post(path, data={"password": password, "csrf_token": token})


def invited(make, role: str = "author") -> Account:
    account = Account(email="ben@example.org", role=role, person=make.person("Ben"), password_hash="")
    with writing():
        db.session.add(account)
        db.session.flush()
        writing_of.invite(account)
    return account


def test_invitation_lets_in_once_with_the_password_that_was_chosen(client, make, letters):
    account = invited(make)
    ((address, subject, path),) = letters()
    assert (address, subject) == ("ben@example.org", "Hustings invites you")
    token = path.rpartition("/")[2]
    assert token not in str(db.session.execute(select(Link.__table__)).all())
    assert token not in str(db.session.execute(select(Outbox.__table__)).all())
    assert "author" in client.get(path).text
    assert choose(client, path, "short").status_code == 422
    token = form_of(client, path, "form.card").select_one("[name=csrf_token]")["value"]
    came = client.post(path, data={"password": NEW, "csrf_token": token})
    assert (came.status_code, came.location) == (303, "/admin")
    assert client.get("/admin").status_code == 200
    assert password_matches(db.session.get(Account, account.id, populate_existing=True), NEW)
    assert client.get(path).status_code == 410
    assert client.post(path, data={"password": NEW, "csrf_token": token}).status_code == 410


def test_nobody_signs_in_before_the_invitation_is_taken(client, make):
    invited(make)
    token = form_of(client, "/sign-in", "form.card__form").select_one("[name=csrf_token]")["value"]
    for password in ("", NEW):
        answer = client.post("/sign-in", data={"email": "ben@example.org", "password": password, "csrf_token": token})
        assert answer.status_code == 422


@pytest.mark.parametrize("purpose", ["invitation", "password", "address"])
def test_link_works_no_longer_when_it_is_old_replaced_withdrawn_or_the_account_is_off(client, make, purpose):
    account, neighbour = make.account("editor"), make.account("administrator")
    others = {"invitation", "password", "address"} - {purpose}
    with writing():  # of somebody else, and for something else: these are not replaced
        apart = [(purpose, access.issue(db.session.merge(neighbour), purpose, email="more@example.org"))]
        apart += [(each, access.issue(db.session.merge(account), each, email="new@example.org")) for each in others]

    def issue() -> str:
        with writing():
            return access.issue(db.session.merge(account), purpose, email="new@example.org")

    def opens(token: str) -> bool:
        return client.get(writing_of.path_of(purpose, token)).status_code == 200

    first, second = issue(), issue()
    assert (opens(first), opens(second)) == (False, True)
    assert {client.get(writing_of.path_of(*link)).status_code for link in apart} == {200}
    assert {client.get(writing_of.path_of(other, second)).status_code for other in others} == {410}
    with writing():
        db.session.execute(db.update(Link).values(expires_at=now() - timedelta(seconds=1)))
    assert not opens(second)
    third = issue()
    with writing():
        access.switch_off(db.session.get(Account, account.id))
    assert not opens(third)
    with writing():
        access.switch_on(db.session.get(Account, account.id))
    assert not opens(third)


def test_forgotten_password_is_set_anew_and_ends_every_sign_in(app, client, make, letters):
    account = make.account("editor", email="ada@example.org")
    elsewhere = app.test_client()
    make.sign_in(elsewhere, account)
    assert ask(client, "Ada@Example.org").location == "/new-password?sent=1"
    assert "letter is on its way" in client.get("/new-password?sent=1").text
    ((address, _, path),) = letters()
    assert address == "ada@example.org"
    assert choose(client, path).location == "/sign-in?did=password"
    account = db.session.get(Account, account.id, populate_existing=True)
    assert password_matches(account, NEW)
    assert not password_matches(account, PASSWORD)
    assert elsewhere.get("/admin").status_code == 303
    assert db.session.scalars(select(SignIn)).all() == []
    changed = select(Deed).where(Deed.kind == "account", Deed.noun_id == account.id, Deed.verb == "changed")
    assert {deed.actor_id for deed in db.session.scalars(changed)} == {account.id}
    assert client.get(path).status_code == 410
    assert [(to, subject) for to, subject, _ in letters()] == [
        ("ada@example.org", "Your account at Hustings was changed")
    ]


def test_answer_is_the_same_whether_anybody_signs_in_with_the_address(client, make, letters):
    make.account("editor", email="ada@example.org")
    off = make.account("author", email="off@example.org")
    with writing():
        db.session.merge(off).is_off = True
    invited(make)
    letters()
    answers = set()
    for email in ("ada@example.org", "nobody@example.org", "off@example.org", "ben@example.org"):
        answer = ask(client, email)
        answers.add((answer.status_code, answer.location, answer.text))
    assert len(answers) == 1
    # As much is written for each: what becomes of it is seen when its turn has come.
    assert {row.kind for row in db.session.scalars(select(Outbox).where(Outbox.state == "waiting"))} == {"new-password"}
    assert [to for to, _, _ in letters()] == ["ada@example.org"]


def test_letters_for_one_address_and_from_one_network_have_a_limit(client, make, letters):
    make.account("editor", email="ada@example.org")
    answers = [ask(client, "ada@example.org").status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]
    assert [ask(client, f"nobody{number}@example.org").status_code for number in range(15)] == [303] * 14 + [429]


@pytest.mark.parametrize("language", ["de", "fr", "zh-Hans"])
def test_letters_speak_the_language_of_the_site(client, make, letters, language, bag):
    with writing():
        db.session.merge(site.current()).language = language
    account = invited(make)
    with writing():
        writing_of.tell(db.session.get(Account, account.id), "password")
    said = {"de": "lädt Sie ein", "fr": "vous invite", "zh-Hans": "邀请您加入"}[language]
    assert said in letters()[0][1]


def test_new_address_counts_when_its_owner_has_said_yes(client, make, letters):
    account = make.account("editor", email="ada@example.org")
    make.sign_in(client, account)
    answer = fill(client, "/admin/account", "#own-address", email="Grey@example.org", address_password=PASSWORD)
    assert answer.location == "/admin/account?did=asked"
    ((address, _, path),) = letters()
    assert address == "grey@example.org"
    client.delete_cookie("session")
    page = form_of(client, path, "form.card")
    assert db.session.get(Account, account.id, populate_existing=True).email == "ada@example.org"
    token = page.select_one("[name=csrf_token]")["value"]
    assert client.post(path, data={"csrf_token": token}).location == "/sign-in?did=address"
    assert db.session.get(Account, account.id, populate_existing=True).email == "grey@example.org"
    assert [(to, subject) for to, subject, _ in letters()] == [
        ("ada@example.org", "Your account at Hustings was changed")
    ]


def test_address_that_somebody_took_meanwhile_is_not_taken_over(client, make, letters):
    account = make.account("editor")
    make.sign_in(client, account)
    fill(client, "/admin/account", "#own-address", email="grey@example.org", address_password=PASSWORD)
    ((_, _, path),) = letters()
    make.account("author", email="grey@example.org")
    token = form_of(client, path, "form.card").select_one("[name=csrf_token]")["value"]
    assert client.post(path, data={"csrf_token": token}).status_code == 409
    assert db.session.get(Account, account.id, populate_existing=True).email == account.email


def test_site_without_mail_says_who_can_help(client, make, app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_line=Line("console"))
    assert "sends no mail" in client.get("/new-password").text
    client.post("/new-password", data={"email": "ada@example.org"})
    assert db.session.scalars(select(Outbox)).all() == []


def comes_in(client, email: str, **headers: str):
    token = form_of(client, "/sign-in", "form.card__form").select_one("[name=csrf_token]")["value"]
    data = {"email": email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=data, headers=headers).status_code == 303
    client.delete_cookie("session")


def test_sign_in_from_another_browser_is_told(app, client, make, letters):
    ann, ben = "ann@example.org", "ben@example.org"
    make.account("editor", email=ann)
    make.account("author", email=ben)
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
    comes_in(client, ann, **firefox)
    assert letters() == [(ann, "New sign-in at Hustings", "/new-password")]
    comes_in(client, ben)
    assert [to for to, *_ in letters()] == [ben]
    comes_in(client, ann)
    comes_in(client, ben)
    assert letters() == []
    elsewhere = app.test_client()
    elsewhere.set_cookie("browser", "WyIxLTEiXQ.forged", path="/sign-in")
    comes_in(elsewhere, ann)
    assert [to for to, *_ in letters()] == [ann]


def test_browser_in_which_an_invitation_was_taken_is_known(client, make, letters):
    invited(make)
    ((_address, _subject, path),) = letters()
    cookie = choose(client, path).headers.getlist("Set-Cookie")
    assert any(each.startswith("browser=") and "Path=/sign-in" in each and "HttpOnly" in each for each in cookie)
    assert letters() == []


@pytest.mark.parametrize("language", ["en", "de", "fr", "zh"])
def test_every_change_is_told_in_the_words_of_the_site(app, make, bag, language):
    account = make.account("editor")
    with writing():
        db.session.merge(site.current()).language = language
        for what in writing_of.CHANGES:
            writing_of.tell(account, what)
        writing_of.tell_of_sign_in(account, "Firefox on Linux")
    Postman(app, bag).round()
    told = [words(letter) for letter in bag.letters]
    assert [letter["Content-Language"] for letter in bag.letters] == [language] * (len(writing_of.CHANGES) + 1)
    assert len(set(told)) == len(told)
    assert all(f"{SITE}/new-password" in each for each in told)
    assert "Firefox on Linux" in told[-1]
