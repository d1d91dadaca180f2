"""The second step: what it asks for, what it takes, and that a password alone opens nothing any more."""

import json
import time

import pyotp
import pytest
from sqlalchemy import select
from webauthn.helpers import bytes_to_base64url

from blueprints.accounts import factors, guards, passkeys
from blueprints.accounts.factors import Authenticator, Passkey, RecoveryCode
from blueprints.accounts.models import Account, SignIn, token_hash
from blueprints.core import site
from blueprints.core.audit import Deed
from blueprints.core.db import db, writing
from blueprints.core.mail import Outbox
from tests.admin.browsing import fill, form_of, press, soup
from tests.factories import PASSWORD

PAGE = "/admin/account/factors"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until a test moves it."""

    class Clock:
        now = 1_800_000_000.0

    monkeypatch.setattr(time, "time", lambda: Clock.now)
    return Clock


def field(page, name: str) -> str:
    return soup(page).select_one(f"[name={name}]")["value"]


def send(client, path: str, page: str | None = None, **data: str):
    """A form of *page* that holds *data*, sent to *path*."""
    return client.post(path, data={**data, "csrf_token": field(client.get(page or path), "csrf_token")})


def password(client, account: Account):
    return send(client, "/sign-in", email=account.email, password=PASSWORD)


def second(client, code: str):
    return send(client, "/sign-in/second", code=code)


def with_app(account: Account) -> tuple[pyotp.TOTP, list[str]]:
    """*account* with an app, and its recovery codes."""
    with writing():
        stored = db.session.get(Account, account.id)
        factors.offer_app(stored).is_confirmed = True
        codes = factors.make_recovery_codes(stored)
    return pyotp.TOTP(db.session.get(Authenticator, account.id).secret), codes


def test_password_alone_opens_nothing_once_there_is_an_app(client, make, clock):
    account = make.account("author")
    app, _ = with_app(account)
    came = password(client, account)
    assert (came.status_code, came.location) == (303, "/sign-in/second")
    assert client.get("/admin").status_code == 303
    assert db.session.scalars(select(SignIn)).all() == []
    assert second(client, "000000").status_code == 422
    came = second(client, app.at(int(clock.now)))
    assert (came.status_code, came.location) == (303, "/admin")
    assert client.get("/admin").status_code == 200


def test_code_is_taken_once_and_for_a_minute_and_a_half(app, client, make, clock):
    account = make.account("author")
    codes, _ = with_app(account)
    moment = int(clock.now)
    for code, is_taken in (
        (codes.at(moment - 60), False),
        (codes.at(moment + 60), False),
        (codes.at(moment - 30), True),
        (codes.at(moment - 30), False),
        (codes.at(moment)[:3] + " " + codes.at(moment)[3:], True),
        (codes.at(moment), False),
        (codes.at(moment - 30), False),
        (codes.at(moment + 30), True),
    ):
        with app.app_context(), writing():
            assert factors.takes(db.session.get(Account, account.id), code) is is_taken, code


def test_recovery_code_works_once_and_the_last_ones_are_warned_of(app, client, make):
    account = make.account("author")
    _, codes = with_app(account)
    assert len(set(codes)) == factors.RECOVERY_CODES
    hashes = set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert all(code not in hashes and code.replace("-", "") not in hashes for code in codes)
    password(client, account)
    assert second(client, codes[0].upper()).location == "/admin"
    again = app.test_client()
    password(again, account)
    assert second(again, codes[0]).status_code == 422
    with writing():
        for row in db.session.scalars(select(RecoveryCode).limit(5)):
            db.session.delete(row)
    other = make.account("author")
    left = [code for code in codes[1:] if factors_left(account, code)]
    password(again, account)
    assert second(again, left[0]).location == "/admin/account?did=few"
    assert "Only 3 of your recovery codes are left" in again.get("/admin/account").text
    with writing():
        assert not factors.takes(db.session.get(Account, other.id), left[1])


def factors_left(account: Account, code: str) -> bool:
    hashed = token_hash(f"{account.id}:{factors.normal(code)}")
    return bool(db.session.scalar(select(RecoveryCode.id).where(RecoveryCode.code_hash == hashed)))


def test_guesses_have_a_limit_whatever_network_they_come_from(client, make):
    account = make.account("author")
    app, _ = with_app(account)
    password(client, account)
    token = field(client.get("/sign-in/second"), "csrf_token")
    answers = [
        client.post(
            "/sign-in/second",
            data={"code": "000000", "csrf_token": token},
            environ_base={"REMOTE_ADDR": f"203.0.113.{number}"},
        ).status_code
        for number in range(11)
    ]
    assert answers == [422] * 10 + [429]
    assert second(client, app.now()).status_code == 429


def test_second_step_belongs_to_the_password_just_typed(client, make):
    account = make.account("author")
    app, _ = with_app(account)
    assert client.get("/sign-in/second").location == "/sign-in"
    password(client, account)
    with client.session_transaction() as session:
        number, hashed, moment = session["half"]
        session["half"] = [number, hashed, moment - guards.SECONDS_HALF_WAY]
    assert client.get("/sign-in/second").location == "/sign-in", "a browser that was left opens no longer with a code"
    password(client, account)
    page = client.get("/sign-in/second")
    with writing():
        db.session.get(Account, account.id).set_password("another short sentence")
    answer = client.post("/sign-in/second", data={"code": app.now(), "csrf_token": field(page, "csrf_token")})
    assert answer.location == "/sign-in"
    assert client.get("/admin").status_code == 303


def test_app_is_set_up_with_a_code_and_recovery_codes_are_shown_once(client, make, clock):
    account = make.account("author")
    make.sign_in(client, account)
    assert fill(client, PAGE, "#prove-form", password="not it").status_code == 422
    assert fill(client, PAGE, "#prove-form", password=PASSWORD).location == PAGE
    shown = press(client, form_of(client, PAGE, "form[action='/admin/account/app']"))
    page = soup(shown)
    assert page.select_one("svg.qr path")["d"].startswith("M4 4")
    assert "style" not in page.select_one("svg.qr").attrs
    app = pyotp.TOTP(page.select_one(".secret").get_text().replace(" ", ""))
    assert not factors.are_there(account)
    form = page.select_one("#app-form")
    assert {press(client, form, code=wrong).status_code for wrong in ("000000", "１２３４５６", "é")} == {422}
    done = press(client, form, code=app.at(int(clock.now)))
    assert done.status_code == 201
    assert len(soup(done).select(".codes__code")) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert soup(client.get(PAGE)).select(".codes__code") == []
    stored = db.session.get(Authenticator, account.id, populate_existing=True)
    assert stored.secret not in str(vars(stored))
    former = set(db.session.scalars(select(RecoveryCode.code_hash)))
    press(client, form_of(client, PAGE, "form[action$='recovery-codes']"))
    assert former.isdisjoint(db.session.scalars(select(RecoveryCode.code_hash)))
    press(client, form_of(client, PAGE, "form[action='/admin/account/app/remove']"))
    assert not factors.are_there(account)
    assert db.session.scalars(select(RecoveryCode)).all() == []
    told = db.session.scalars(select(Outbox.about).where(Outbox.kind == "account-changed").order_by(Outbox.id))
    assert [about["what"] for about in told] == ["app", "codes", "factor"]


def test_nothing_is_changed_without_the_password_just_typed(app, client, make):
    account = make.account("author")
    make.sign_in(client, account)
    fill(client, PAGE, "#prove-form", password=PASSWORD)
    form = form_of(client, PAGE, "form[action='/admin/account/app']")
    with client.session_transaction() as session:
        session["proven"] = [session["proven"][0], session["proven"][1] - 601]
    assert press(client, form).status_code == 403
    assert client.get("/admin/account/passkeys/new").location == PAGE
    elsewhere = app.test_client()  # what was proven in one sign-in counts in no other
    make.sign_in(elsewhere, account)
    with elsewhere.session_transaction() as session:
        session["proven"] = ["another", int(time.time())]
    assert soup(elsewhere.get(PAGE)).select_one("#prove-form")


def test_site_may_want_a_second_step_of_editors(client, make):
    author, editor = make.account("author"), make.account("editor")
    with writing():
        db.session.merge(site.current()).needs_second_factor = True
    make.sign_in(client, author)
    assert client.get("/admin/posts").status_code == 200
    make.sign_in(client, editor)
    assert client.get("/admin/posts").location == PAGE
    assert client.post("/admin/site", data={"name": "Taken"}).status_code == 403
    for path in ("/admin/account", PAGE):
        assert client.get(path).status_code == 200
    with_app(editor)
    assert client.get("/admin/posts").status_code == 200


def with_passkey(account: Account, credential: str = "abc") -> int:
    key = Passkey(account_id=account.id, name="Phone", credential_id=credential, public_key=b"key", sign_count=5)
    with writing():
        db.session.add(key)
    return key.id


def answer_to(question: str, **fields: object) -> str:
    """What a browser might send: the challenge that it was asked, signed by nobody."""
    client_data = {"type": "webauthn.get", "challenge": json.loads(question)["challenge"], "origin": "http://localhost"}
    encoded = bytes_to_base64url(json.dumps(client_data).encode())
    response = {"clientDataJSON": encoded, "authenticatorData": "AAAA", "signature": "AAAA"}
    return json.dumps({"id": "abc", "rawId": "abc", "type": "public-key", "response": response, **fields})


def test_passkey_is_asked_for_only_where_somebody_has_one(client, make):
    assert "passkey" not in client.get("/sign-in").text
    with_passkey(make.account("author"))
    page = soup(client.get("/sign-in"))
    assert page.select_one("form[data-passkey=get]").has_attr("hidden")
    assert "needs scripts" in page.select_one("[data-without]").get_text()
    assert json.loads(page.select_one("form[data-passkey]")["data-question"])["rpId"] == "localhost"


@pytest.mark.parametrize(
    "credential",
    ["", "[]", "{}", "null", '{"response": {}}', '{"response": {"clientDataJSON": "!"}, "id": 7}', "x" * 20_001],
)
def test_what_is_no_passkey_is_refused_with_words(client, make, credential):
    with_passkey(make.account("author"))
    answer = send(client, "/sign-in/passkey", "/sign-in", credential=credential)
    assert answer.status_code in (400, 422)
    assert client.get("/admin").status_code == 303


def test_challenge_is_ours_for_this_and_works_once(client, make):
    account = make.account("author")
    with_passkey(account)
    page = client.get("/sign-in")
    question = soup(page).select_one("form[data-passkey]")["data-question"]
    first = send(client, "/sign-in/passkey", "/sign-in", credential=answer_to(question))
    assert "not accepted" in first.text
    again = send(client, "/sign-in/passkey", "/sign-in", credential=answer_to(question))
    assert "sent before" in again.text
    with pytest.raises(passkeys.PasskeyError, match="open for too long"):
        passkeys.signed(answer_to(passkeys.question("http://localhost", account)), "http://localhost")
    with pytest.raises(passkeys.PasskeyError, match="open for too long"):
        passkeys.signed(answer_to(passkeys.question("http://localhost")), "http://localhost", account)
    with pytest.raises(passkeys.PasskeyError, match="Nobody"):
        passkeys.signed(answer_to(passkeys.question("http://localhost"), id="other"), "http://localhost")


def test_copy_of_a_passkey_is_found_by_its_count(app, make):
    account = make.account("author")
    with_passkey(account)
    number = db.session.scalar(select(Passkey.id))
    with writing():
        assert passkeys.use(number, 6).id == account.id
    for count in (6, 3):
        with pytest.raises(passkeys.PasskeyError), writing():
            passkeys.use(number, count)
    with writing():
        db.session.get(Account, account.id).is_off = True
    with pytest.raises(passkeys.PasskeyError), writing():
        passkeys.use(number, 7)


def test_passkey_is_dropped_by_its_owner_alone_and_the_last_one_takes_the_codes_along(client, make):
    account, other = make.account("author"), make.account("editor")
    own, others = with_passkey(account), with_passkey(other, "def")
    with_app(other)
    with writing():
        factors.offer_app(db.session.get(Account, account.id))
        factors.make_recovery_codes(account)
    assert [factors.recovery_codes_left(each) for each in (account, other)] == [factors.RECOVERY_CODES] * 2
    assert factors.authenticator(other) is not None
    make.sign_in(client, account, proven=True)
    [form] = soup(client.get(PAGE)).select("form[action^='/admin/account/passkeys/']")
    assert form["action"] == f"/admin/account/passkeys/{own}/remove"
    form["action"] = f"/admin/account/passkeys/{others}/remove"
    assert press(client, form).status_code == 404
    form["action"] = f"/admin/account/passkeys/{own}/remove"
    assert press(client, form).status_code == 303
    assert [factors.are_there(each) for each in (account, other)] == [False, True]
    assert [factors.recovery_codes_left(each) for each in (account, other)] == [0, factors.RECOVERY_CODES]


@pytest.mark.parametrize(
    ("origin", "host"),
    [("https://example.org", "example.org"), ("http://localhost:8000", "localhost"), ("https://[::1]:8", "[::1]")],
)
def test_keys_are_kept_under_the_name_of_the_site(app, origin, host):
    assert passkeys.host_of(origin) == host


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": "https://journal.example"}])
def test_passkey_is_asked_for_by_the_name_of_the_site_under_whatever_name_it_was_called(client, make):
    with_passkey(make.account("author"))
    page = soup(client.get("/sign-in", base_url="http://10.0.0.5"))
    assert json.loads(page.select_one("form[data-passkey]")["data-question"])["rpId"] == "journal.example"


def test_administrator_lets_the_password_alone_be_enough_again(client, make):
    account = make.account("author")
    with_app(account)
    with_passkey(account)
    make.sign_in(client, make.account("administrator"))
    page = f"/admin/accounts/{account.id}/edit"
    press(client, form_of(client, page, "form[action$='/factors/remove']"))
    assert not factors.are_there(account)
    assert soup(client.get(page)).select_one("form[action$='/factors/remove']") is None


def test_audit_names_what_was_set_up_and_dropped_and_no_sign_in(client, make, clock):
    account = make.account("author", person=make.person("Ben"))
    app, _ = with_app(account)
    with_passkey(account)
    with writing():
        db.session.execute(db.delete(Deed))
    password(client, account)
    assert second(client, app.at(int(clock.now))).status_code == 303
    with writing():
        passkeys.use(db.session.scalar(select(Passkey.id)), 6)
    assert db.session.scalars(select(Deed)).all() == []
    administrator = make.account("administrator", person=make.person("Ada"))
    make.sign_in(client, administrator)
    press(client, form_of(client, f"/admin/accounts/{account.id}/edit", "form[action$='/factors/remove']"))
    deeds = db.session.scalars(select(Deed).where(Deed.actor_id == administrator.id))
    assert {(deed.verb, deed.kind, deed.label) for deed in deeds} == {
        ("removed", "authenticator", "Ben"),
        ("removed", "passkey", "Phone, Ben"),
    }
