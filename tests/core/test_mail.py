"""Mail: what is in the outbox arrives once, whatever the mail server does meanwhile; a real conversation each time."""

import logging
import re
import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner
from jinja2 import Environment, nodes
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app import ROOT
from blueprints.core import mail, postman, transports
from blueprints.core.db import db, now, writing
from blueprints.core.mail import EXPIRED, REFUSED, SENDING, SENT, UNSURE, WAITING, Outbox
from blueprints.core.postman import LEASE, Postman
from blueprints.core.presence import Presence
from blueprints.core.transports import Line, Smtp
from blueprints.operations.cli import hustings
from tests import mailserver

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Clock:
    """This moment, which moves when it is told to."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self):
        return now() + self.passed

    def pass_(self, time: timedelta) -> None:
        self.passed += time


@pytest.fixture
def server():
    with mailserver.running() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def postman_to(app, clock):
    """Makes a postman who delivers at this port of this machine."""
    return lambda port: Postman(app, Smtp(Line("smtp", "127.0.0.1", port), "test.example"), clock)


@pytest.fixture
def post(postman_to, server) -> Postman:
    return postman_to(server.port)


def write(*addresses: str, **options: object) -> list[Outbox | None]:
    with writing():
        return [mail.write("test", address, **options) for address in addresses]


def states() -> list[str]:
    return list(db.session.scalars(select(Outbox.state).order_by(Outbox.id)))


def hold_out(post: Postman, clock: Clock, time: timedelta, step: timedelta = MINUTE) -> None:
    """Let the postman look again and again for so long."""
    end = clock.passed + time
    while clock.passed < end:
        clock.pass_(step)
        post.round()


def test_letter_arrives_once_with_what_mail_programs_need(app, server, post):
    (row,) = write(
        "ada@example.org",
        answers=[mail.conversation_id("post-1"), mail.conversation_id("comment-2")],
        leave_url="https://example.org/mail/leave/x",
        language="en-GB",
        reply_to="editors@example.org",
    )
    assert post.round() == 1
    assert post.round() == 0
    (message,) = server.messages
    assert message["From"] == "Hustings <hustings@localhost>"
    assert message["To"] == "ada@example.org"
    assert message["Reply-To"] == "editors@example.org"
    assert message["Subject"] == "A letter from Hustings"
    assert message["Message-ID"] == row.message_id
    assert message["In-Reply-To"] == "<comment-2@localhost>"
    assert message["References"] == "<post-1@localhost> <comment-2@localhost>"
    assert message["List-Unsubscribe"] == "<https://example.org/mail/leave/x>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "It can." in message.get_body(("plain",)).get_content()
    assert "It can." in message.get_body(("html",)).get_content()
    assert states() == [SENT]
    assert db.session.scalar(select(Outbox.content)) == ""  # nobody needs its words any longer


def test_letter_belongs_to_the_transaction_of_what_it_tells(app, server, post):
    def fail():
        with writing():
            mail.write("test", "ada@example.org")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert post.round() == 0
    assert states() == []


def test_words_of_guests_make_no_header_and_no_second_recipient(app, server, post, make):
    with writing():
        found = db.session.get(postman.Turn, 1)
        assert found is None
        site = mail.site.current()
        db.session.merge(site).name = "A\r\nBcc: eve@example.org\r\n\r\nB\u2028 若水 " + "x" * 60
    write("ada@example.org", reply_to="")
    post.round()
    (message,) = server.messages
    assert server.recipients == ["ada@example.org"]
    assert message["Bcc"] is None
    assert message["Subject"] == "A letter from A"
    assert message["From"].addresses[0].display_name.startswith("A Bcc: eve@example.org B 若水 xxx")
    assert message["From"].addresses[0].addr_spec == "hustings@localhost"
    assert write("ada@example.org\r\nBcc: eve@example.org", "ada", "") == [None, None, None]


@pytest.mark.parametrize(
    ("address", "arrives"),
    [
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("Ada.Lovelace+x@EXAMPLE.org", "ada.lovelace+x@example.org"),
        ("若水@例子.example", "若水@xn--fsqu00a.example"),
    ],
)
def test_address_in_other_letters_arrives(app, server, post, address, arrives):
    write(address)
    post.round()
    assert server.recipients == [arrives]


def test_server_that_defers_is_asked_again_until_it_takes_the_letter_once(app, server, post, clock):
    server.on_rcpt = lambda address: "451 later" if address.startswith("ada") else "250 OK"
    write("ada@example.org", "bob@example.org")
    assert post.round() == 1
    assert states() == [WAITING, SENT]
    assert post.round() == 0  # not at once
    hold_out(post, clock, 26 * HOUR, HOUR)
    server.on_rcpt = lambda _address: "250 OK"
    hold_out(post, clock, 10 * MINUTE)
    assert server.recipients == ["bob@example.org", "ada@example.org"]
    assert states() == [SENT, SENT]


def test_refused_address_is_left_alone_and_others_are_not(app, server, post, clock):
    server.on_rcpt = lambda address: "550 no such user" if address.startswith("ada") else "250 OK"
    write("ada@example.org", "ada@example.org", "bob@example.org")
    post.round()
    assert server.recipients == ["bob@example.org"]
    assert states() == [REFUSED, REFUSED, SENT]
    assert write("Ada@example.org") == [None]
    server.on_rcpt = lambda _address: "250 OK"
    hold_out(post, clock, DAY, HOUR)
    assert server.recipients == ["bob@example.org"]


def test_refused_words_do_not_condemn_the_address(app, server, post):
    server.on_data = lambda _message: "554 this looks like spam"
    write("ada@example.org")
    post.round()
    server.on_data = lambda _message: "250 OK"
    write("ada@example.org")
    post.round()
    assert states() == [REFUSED, REFUSED] or states() == [REFUSED]


def test_server_that_is_down_for_a_day_gets_everything_once_in_the_order_it_was_written(app, postman_to, clock):
    port = mailserver.free_port()
    post = postman_to(port)
    write(*(f"reader{number}@example.org" for number in range(5)))
    hold_out(post, clock, DAY, HOUR)
    assert states() == [WAITING] * 5
    assert {row.attempts for row in db.session.scalars(select(Outbox))} == {0}  # it was not the letters' fault
    with mailserver.running(port) as server:
        hold_out(post, clock, 10 * MINUTE)
        assert server.recipients == [f"reader{number}@example.org" for number in range(5)]
    assert states() == [SENT] * 5
    assert postman.trouble() == ""


def test_server_that_wants_nothing_from_us_costs_no_letter(app, server, post, clock):
    server.on_mail = lambda _address: "530 authentication required"
    write("ada@example.org")
    hold_out(post, clock, HOUR)
    assert states() == [WAITING]
    assert "530 authentication required" in postman.trouble()
    server.on_mail = lambda _address: "250 OK"
    hold_out(post, clock, 5 * MINUTE)
    assert server.recipients == ["ada@example.org"]


def test_line_broken_before_the_letter_is_out_loses_and_doubles_nothing(app, server, post, clock):
    server.on_rcpt = lambda _address: "break"
    write("ada@example.org")
    post.round()
    server.on_rcpt = lambda _address: "250 OK"
    hold_out(post, clock, 10 * MINUTE)
    assert server.recipients == ["ada@example.org"]


def test_line_broken_after_the_letter_was_taken_sends_it_twice_at_most_as_the_same_message(app, server, post, clock):
    server.on_data = lambda _message: "break"
    (row,) = write("ada@example.org")
    hold_out(post, clock, DAY, 5 * MINUTE)
    assert server.ids == [row.message_id] * 2
    assert states() == [UNSURE]


@pytest.mark.parametrize("when", ["on_mail", "on_rcpt", "on_data"])
def test_server_that_says_nothing_is_not_waited_for_and_loses_no_letter(app, server, post, clock, monkeypatch, when):
    monkeypatch.setattr(transports, "SECONDS_TO_ANSWER", 0.05)
    setattr(server, when, lambda _what: "silence")
    write("ada@example.org")
    assert post.round() == 0
    assert states() == [WAITING]
    setattr(server, when, lambda _what: "250 OK")
    hold_out(post, clock, 10 * MINUTE)
    assert server.recipients == ["ada@example.org"]


def test_server_with_a_password_is_told_it_over_tls(app, clock, tmp_path, monkeypatch):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*words, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    told = []

    def check(_server, _session, _envelope, _mechanism, data):
        told.append((data.login, data.password))
        return AuthResult(success=data.password == b"sesame", handled=False)

    with mailserver.running(tls_context=ours, require_starttls=True, auth_required=True, authenticator=check) as server:
        write("ada@example.org")
        for password, trusted, trouble in (
            ("sesame", False, "certificate verify failed"),
            ("wrong", True, "535"),
            ("sesame", True, ""),
        ):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            line = Line("smtp", "127.0.0.1", server.port, "me", password, "required")
            clock.pass_(10 * MINUTE)
            Postman(app, Smtp(line, "test.example"), clock).round()
            assert trouble in postman.trouble()
        assert server.recipients == ["ada@example.org"]
    assert set(told) == {(b"me", b"wrong"), (b"me", b"sesame")}


def test_postman_who_was_killed_loses_his_turn_and_the_letter_is_sent_by_the_next(app, server, postman_to, clock):
    killed, next_ = postman_to(server.port), postman_to(server.port)
    write("ada@example.org", "bob@example.org")
    assert killed._next(None).address == "ada@example.org"
    assert next_.round() == 0  # it is not his turn
    clock.pass_(LEASE - MINUTE)
    assert next_.round() == 0
    clock.pass_(2 * MINUTE)
    assert next_.round() == 2
    assert sorted(server.recipients) == ["ada@example.org", "bob@example.org"]


class Kill(BaseException):
    """The end of a process: nothing of its own is done any more, and the system lets go of its locks."""


def test_postman_who_was_killed_on_this_machine_is_followed_at_once(app, server, postman_to, clock, tmp_path):
    write("ada@example.org", "bob@example.org")
    killed, next_, elsewhere = (postman_to(server.port) for _ in range(3))
    elsewhere.presence = Presence(tmp_path / "elsewhere.lock")
    killed.carrier.send = lambda *_letter: others()
    alive = []

    def others():
        alive.extend(each.round() for each in (next_, elsewhere))
        raise Kill

    with pytest.raises(Kill):
        killed.round()
    assert alive == [0, 0]
    assert elsewhere.round() == 0  # it cannot know
    assert next_.round() == 2
    assert sorted(server.recipients) == ["ada@example.org", "bob@example.org"]


def test_letter_that_left_as_the_database_went_away_is_written_down_later_and_not_sent_again(
    app, server, postman_to, monkeypatch
):
    write("ada@example.org", "bob@example.org")
    first, second = postman_to(server.port), postman_to(server.port)

    def fail(*_what):
        raise OperationalError("", None, OSError())

    with monkeypatch.context() as patch:
        patch.setattr(first, "_settle", fail)
        with pytest.raises(OperationalError):
            first.round()
    assert second.round() == 0
    assert first.round() == 1
    assert server.recipients == ["ada@example.org", "bob@example.org"]
    assert states() == [SENT, SENT]


def test_postman_who_overslept_writes_nothing_over_what_another_did(app, server, postman_to, clock):
    slow, next_ = postman_to(server.port), postman_to(server.port)
    write("ada@example.org")
    letter = slow._next(None)
    clock.pass_(LEASE + MINUTE)
    next_.round()
    slow._next(postman.Outcome(letter, REFUSED, "too late"))
    assert states() == [SENT]
    assert server.recipients == ["ada@example.org"]


def test_letter_that_ended_two_senders_is_not_sent_a_third_time(app, server, postman_to, clock):
    write("ada@example.org", "bob@example.org")
    for _ in range(2):
        assert postman_to(server.port)._next(None).address == "ada@example.org"
        db.session.rollback()
        clock.pass_(LEASE + MINUTE)
        with writing():  # the other letter is not looked at yet
            db.session.execute(Outbox.__table__.update().where(Outbox.state == WAITING).values(due_at=clock()))
    postman_to(server.port).round()
    assert server.recipients == ["bob@example.org"]
    assert states() == [UNSURE, SENT]


def test_two_postmen_send_each_letter_once(app, server, postman_to, clock):
    write(*(f"reader{number}@example.org" for number in range(8)))
    first, second = postman_to(server.port), postman_to(server.port)

    letter = first._next(None)
    assert second.round() == 0
    outcome = first._deliver(letter)
    assert second.round() == 0
    while letter := first._next(outcome):
        outcome = first._deliver(letter)
    first.carrier.close()
    assert second.round() == 0
    assert len(set(server.ids)) == len(server.ids) == 8


def test_old_letter_is_of_no_use_any_more(app, server, postman_to, clock):
    write("ada@example.org", good_for=2 * HOUR)
    down = postman_to(mailserver.free_port())
    down.round()
    clock.pass_(3 * HOUR)
    postman_to(server.port).round()
    assert server.messages == []
    assert states() == [EXPIRED]


def test_what_has_ended_is_forgotten_after_a_week(app, server, post, clock):
    write("ada@example.org")
    post.round()
    clock.pass_(mail.KEPT + MINUTE)
    post.round()
    assert states() == []


def test_strangers_get_one_letter_a_day_from_all_of_the_site(app, server, post):
    first, second = write("ada@example.org", "ADA@example.org", unasked=True)
    assert (first is None, second is None) == (False, True)
    assert write("bob@example.org", unasked=True) != [None]
    assert write("ada@example.org") != [None]  # confirmed meanwhile


WITHOUT_SERVER = {"SECRET_KEY": "test"}
WITH_SERVER = {
    **WITHOUT_SERVER,
    "SITE_URL": "https://site.example",
    "MAIL_FROM": "post@site.example",
    "MAIL_URL": "smtp://127.0.0.1:1",
}


@pytest.mark.parametrize(
    ("environ", "answer", "told"),
    [
        (WITH_SERVER, "250 OK", "The mail server has taken it."),
        (WITH_SERVER, "550 no such box", "not sent: the mail server says 550 no such box."),
        (WITHOUT_SERVER, "250 OK", "No mail server is set"),
    ],
)
def test_try_of_the_settings_says_what_the_mail_server_answers(app, environ, server, monkeypatch, answer, told):
    server.on_rcpt = lambda _address: answer
    monkeypatch.setattr(postman, "transport", lambda *_, **__: Smtp(Line("smtp", "127.0.0.1", server.port), "test"))
    db.session.remove()  # a command opens the database anew
    result = CliRunner().invoke(hustings, ["mail", "test", "ada@example.org"], obj=lambda: app)
    assert told in result.output
    assert result.exit_code == (0 if server.messages else 1)


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "MAIL_PER_ADDRESS": "3", "MAIL_PER_HOUR": "2"}])
def test_no_address_and_no_hour_gets_more_than_its_share(app, server, post, clock):
    assert [row is not None for row in write(*["ada@example.org"] * 4)] == [True, True, True, False]
    assert post.round() == 2  # the rest is late, not lost
    assert states() == [SENT, SENT, WAITING]
    clock.pass_(HOUR + MINUTE)
    assert post.round() == 1


def test_letter_of_this_process_rings_the_bell(app, post):
    with app.app_context():
        mail.on_written(app, post.bell.set)
    write("ada@example.org")
    assert post.bell.is_set()


def test_address_and_reason_stand_in_no_log(app, server, post, caplog):
    server.on_rcpt = lambda address: f"550 {address} is unknown"
    write("ada@example.org")
    with caplog.at_level(logging.DEBUG, "hustings"):
        post.round()
    assert "letter" in caplog.text
    assert "ada@" not in caplog.text
    assert [row.last_error for row in mail.troubled()] == ["the mail server says 550 ada@example.org is unknown"]


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("smtp://mail.example.org", Line("smtp", "mail.example.org", 587, "", "", "offered")),
        ("smtp://me:p%40ss@mail.example.org:25", Line("smtp", "mail.example.org", 25, "me", "p@ss", "required")),
        ("smtps://me:x@mail.example.org", Line("smtps", "mail.example.org", 465, "me", "x", "required")),
        ("smtp://127.0.0.1:25", Line("smtp", "127.0.0.1", 25, "", "", "never")),
        ("smtp://127.0.0.1:25?tls=required", Line("smtp", "127.0.0.1", 25, "", "", "required")),
        ("console:", Line("console")),
    ],
)
def test_address_of_the_mail_server_says_how_it_is_spoken_to(url, line):
    assert Line.parse(url) == line


def test_password_is_told_to_no_server_in_clear(app, clock):
    with mailserver.running() as server:
        line = Line("smtp", "127.0.0.1", server.port, "me", "sesame", "required")
        post = Postman(app, Smtp(line, "test.example"), clock)
        write("ada@example.org")
        post.round()
        assert states() == [WAITING]
        assert "no STARTTLS" in postman.trouble()


def test_console_shows_the_letter_on_the_terminal(app, capsys):
    write("ada@example.org")
    Postman(app).round()
    shown = capsys.readouterr().out
    assert "To: ada@example.org" in shown
    assert "Subject: A letter from Hustings" in shown
    assert "It can." in shown
    assert states() == [SENT]


ENGLISH = Path(ROOT, "templates", "mail", "en")
TRANSLATED = sorted(path for path in ENGLISH.parent.glob("*/*.*") if path.parent != ENGLISH)


@pytest.mark.parametrize("language", sorted({path.parent.name for path in TRANSLATED}))
def test_translated_letters_say_all_that_the_english_ones_say(language):
    def said(letter: Path) -> set[str]:
        tree = Environment().parse(letter.read_text())  # noqa: S701 - nothing is drawn
        names = {node.name for node in tree.find_all(nodes.Name)} - {"total"}
        return names | {node.attr for node in tree.find_all(nodes.Getattr)}

    for path in TRANSLATED:
        if path.parent.name != language:
            continue
        assert said(path) == said(ENGLISH / path.name), path
        assert path.with_suffix(".html").exists()
        assert path.with_suffix(".txt").exists()
        mine, theirs = (set(letter.read_text().splitlines()) for letter in (path, ENGLISH / path.name))
        wordy = {line for line in mine & theirs if re.search(r"[a-z]{3}", re.sub(r"{[{%].*?[}%]}|<.*?>", "", line))}
        assert wordy <= {"Subject: Re: {{ post.heading }}"}, f"{path} is still in English"


def test_language_that_has_no_letters_gets_english(app):
    (row,) = write("ada@example.org", language="zh-Hant")
    assert "Content-Language: en\r\n" in row.content
    assert "It can." in row.content


def test_sending_is_marked_while_the_letter_is_on_its_way(app, server, post):
    seen = []

    def look(_message):
        with app.app_context():
            seen.extend(states())
        return "250 OK"

    server.on_data = look
    write("ada@example.org")
    post.round()
    assert seen == [SENDING]
