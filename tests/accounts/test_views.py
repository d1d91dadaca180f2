"""Set-up, sign-in, sign-out."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from blueprints.accounts.models import Account, SignIn
from blueprints.core import site
from blueprints.core.db import db, now, writing
from tests.factories import PASSWORD


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def token(client, path: str) -> str:
    return soup(client.get(path)).find("input", {"name": "csrf_token"})["value"]


def sign_in(client, email: str, password: str = PASSWORD, path: str = "/sign-in"):
    return client.post(path, data={"email": email, "password": password, "csrf_token": token(client, "/sign-in")})


@pytest.fixture
def link(app) -> str:
    with writing():
        secret = db.session.merge(site.current()).offer_setup()
    return f"/set-up/{secret}"


def set_up(client, link: str, **fields: str):
    data = {"site_name": "The Review", "name": "Ada Grey", "email": "Ada@Example.org", "password": PASSWORD, **fields}
    return client.post(link, data={**data, "csrf_token": token(client, link)})


def test_set_up_makes_the_administrator_names_the_site_and_signs_in(client, link):
    response = set_up(client, link)
    assert response.status_code == 303
    account = db.session.scalar(db.select(Account))
    assert (account.email, account.role, account.person.name) == ("ada@example.org", "administrator", "Ada Grey")
    assert PASSWORD not in account.password_hash
    assert account.password_hash.startswith("$argon2id$")
    assert site.current().name == "The Review"
    assert client.get(response.location).status_code == 200


def test_set_up_link_works_once(client, link):
    page = soup(client.get(link))
    assert set_up(client, link).status_code == 303
    assert client.get(link).status_code == 410
    data = {"site_name": "x", "name": "y", "email": "z@example.org", "password": PASSWORD}
    again = client.post(link, data={**data, "csrf_token": page.find("input", {"name": "csrf_token"})["value"]})
    assert again.status_code == 410
    assert db.session.scalar(db.select(db.func.count()).select_from(Account)) == 1


def test_set_up_link_expires_and_a_newer_one_replaces_it(client, link):
    with writing():
        newer = site.current().offer_setup()
    assert client.get(link).status_code == 410
    assert client.get(f"/set-up/{newer}").status_code == 200
    with writing():
        current = site.current()
        current.setup_expires_at = current.setup_expires_at.replace(year=2020)
    assert client.get(f"/set-up/{newer}").status_code == 410


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "a" * 40}, "password"),
        ({"email": "ada"}, "email"),
        ({"name": " "}, "name"),
    ],
)
def test_set_up_says_what_is_wrong_and_keeps_the_rest(client, link, fields, field):
    response = set_up(client, link, **fields)
    assert response.status_code == 422
    page = soup(response)
    assert page.find(id=f"field-{field}")["aria-invalid"] == "true"
    assert page.find(id="field-site_name")["value"] == "The Review"
    assert len(page.select(".field__errors li")) == 1  # said once
    assert db.session.scalar(db.select(Account)) is None


def test_signing_in_and_out(client, make):
    account = make.account()
    response = sign_in(client, account.email.upper())
    assert (response.status_code, response.location) == (303, "/admin")
    assert client.get("/admin").status_code == 200
    page = soup(client.get("/admin"))
    value = page.find("input", {"name": "csrf_token"})["value"]
    assert client.post("/sign-out").status_code == 400, "a sign-out without the token is not ours"
    old = client.get_cookie("session").value
    assert client.post("/sign-out", data={"csrf_token": value}).status_code == 303
    client.set_cookie("session", old)
    assert client.get("/admin").status_code == 303, "the sign-in has ended in the database, not only in the cookie"
    assert db.session.scalar(db.select(SignIn)) is None


def test_sign_in_ends_by_itself_after_thirty_days(client, make):
    make.sign_in(client, make.account())
    row = db.session.scalar(db.select(SignIn))
    assert row.expires_at - row.created_at == timedelta(days=30)
    with writing():
        db.session.execute(db.update(SignIn).values(expires_at=now()))
    assert client.get("/admin").status_code == 303


def test_get_does_not_sign_out(client, make):
    make.sign_in(client, make.account())
    assert client.get("/sign-out").status_code == 404
    assert client.get("/admin").status_code == 200


def test_session_is_a_new_one_after_sign_in(client, make):
    account = make.account()
    client.get("/sign-in")
    before = client.get_cookie("session").value
    with client.session_transaction() as session:
        session["left"] = "by whoever was here before"
    sign_in(client, account.email)
    cookie = client.get_cookie("session")
    assert cookie.value != before
    assert cookie.expires is not None, "it outlasts the window of the browser"
    with client.session_transaction() as session:
        assert "left" not in session
    assert cookie.http_only
    assert cookie.same_site == "Lax"


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": "https://example.org"}])
def test_cookies_are_secure_where_the_site_is(client):
    assert client.get("/sign-in", base_url="https://example.org").headers["Set-Cookie"].count("Secure") == 1
    for path in ("/sign-in", "/"):  # however this request came: a proxy in front speaks TLS
        assert "max-age" in client.get(path).headers["Strict-Transport-Security"]


def test_unknown_and_known_name_get_the_same_words(client, make):
    account = make.account()
    known = sign_in(client, account.email, "wrong password here")
    unknown = sign_in(client, "nobody@example.org", "wrong password here")
    assert known.status_code == unknown.status_code == 422
    assert soup(known).find(class_="problem").text == soup(unknown).find(class_="problem").text


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SIGN_IN_LIMIT": "3 per 15 minutes"}])
def test_sign_in_is_throttled_per_name_and_address(app, client, make):
    account, other = make.account(), make.account()
    for _ in range(3):
        assert sign_in(client, account.email, "wrong password here").status_code == 422
    refused = sign_in(client, account.email)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 15 * 60
    assert sign_in(client, other.email).status_code == 303
    elsewhere = type(client)(app, app.response_class)
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert sign_in(elsewhere, account.email).status_code == 303, "the owner is never locked out elsewhere"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/admin\\@evil",
        "evil",
        "/posts/x",
    ],
)
def test_sign_in_leads_only_to_the_desk(client, make, target):
    account = make.account()
    from urllib.parse import quote

    assert sign_in(client, account.email, path=f"/sign-in?next={quote(target)}").location == "/admin"


def test_sign_in_goes_on_to_where_one_wanted_to(client, make):
    account = make.account()
    wanted = client.get("/admin/comments?state=spam").location
    assert sign_in(client, account.email, path=wanted).location == "/admin/comments?state=spam"


def test_sign_in_without_our_form_is_refused(client, make):
    response = client.post("/sign-in", data={"email": make.account().email, "password": PASSWORD})
    assert response.status_code == 422
    assert "too long" in soup(response).text


@pytest.mark.parametrize("path", ["/sign-in", "/admin"])
def test_pages_of_one_person_are_kept_by_nobody(client, path):
    assert "no-store" in client.get(path).headers["Cache-Control"]
