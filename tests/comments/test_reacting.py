"""Reacting without writing: marks, reports, and whose name somebody bears. Each write as a plain form and as htmx."""

import re
from datetime import timedelta
from email import message_from_string

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from blueprints.comments import impersonation, marks, reports
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment
from blueprints.comments.reports import Report
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from blueprints.operations.cli import hustings

WORLDS = ("plain", "htmx")


def send(client, world: str, path: str, **data: str):
    if world == "htmx":
        return client.htmx("POST", path, data=data)
    return client.post(path, data=data)


def page(response) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


@pytest.fixture
def post(make):
    return make.post("On paper", slug="paper")


@pytest.fixture
def comment(make, post) -> Comment:
    return make.comment(post, name="Jo")


def shown(client) -> str:
    """The count that all readers see."""
    button = page(client.get("/posts/paper")).select_one(".mark")
    return button.select_one(".mark__count").get_text() if button.select_one(".mark__count") else ""


@pytest.mark.parametrize("world", WORLDS)
def test_mark_is_set_and_pressed_again_it_is_taken_back(client, comment, world):
    first = send(client, world, f"/comments/{comment.id}/mark")
    assert marks.count(comment.id) == 1
    if world == "plain":
        assert (first.status_code, first.location) == (303, f"/comments/{comment.id}/mark")
        assert "You find it worth reading" in client.get(first.location).get_data(as_text=True)
    else:
        assert first.status_code == 200
        button = page(first).select_one("button.mark")
        assert (button["aria-pressed"], button.select_one(".mark__count").contents[0]) == ("true", "1")
    send(client, world, f"/comments/{comment.id}/mark")
    assert marks.count(comment.id) == 0


def test_marks_reach_every_reader_with_the_next_count_and_draw_the_page_anew_once(client, app, comment):
    client.get("/posts/paper")
    for _ in range(3):
        app.test_client().post(f"/comments/{comment.id}/mark", headers={"Sec-Fetch-Site": "same-origin"})
    number = db.session.scalar(db.text("SELECT number FROM generation WHERE name = 'post:1'"))
    assert shown(client) == ""
    assert marks.count_in(now()) == 1
    assert shown(client).startswith("3")
    assert db.session.scalar(db.text("SELECT number FROM generation WHERE name = 'post:1'")) == number + 1
    assert marks.count_in(now()) == 0, "nothing came since"


def test_marks_are_counted_for_each_comment_without_those_taken_back(make, post, comment):
    other = make.comment(post)
    with writing():
        for number, reader in ((comment.id, "a"), (comment.id, "b"), (other.id, "a"), (comment.id, "b")):
            marks.press(number, reader)
    marks.count_in(now())
    assert (reread(comment).marks, reread(other).marks) == (1, 1)
    with writing():
        marks.press(comment.id, "a")
    marks.count_in(now())
    assert (reread(comment).marks, reread(other).marks) == (0, 1)


def test_mark_is_of_one_browser_and_kept_as_a_hash(client, comment):
    answer = client.post(f"/comments/{comment.id}/mark")
    cookie = re.search(r"reader=([^;]+)", answer.headers["Set-Cookie"])[1]
    assert cookie not in str(db.session.execute(db.text("SELECT * FROM mark")).all())
    assert "Set-Cookie" not in client.get("/posts/paper").headers
    assert marks.has(comment.id, cookie)
    assert not marks.has(comment.id, "another")


@pytest.mark.parametrize("world", WORLDS)
def test_own_comment_and_what_is_gone_cannot_be_marked(client, make, post, world):
    own = make.comment(post, writer_hash=marks.writer_hash("me"))
    gone, held = make.comment(post), make.pending(post)
    with writing():
        reread(gone).move_to("trash")
    client.set_cookie("writer", "me")
    statuses = [send(client, world, f"/comments/{each.id}/mark").status_code for each in (own, gone, held)]
    assert statuses == [403, 410, 404]
    assert db.session.scalar(db.select(db.func.count()).select_from(marks.Mark)) == 0


def test_faces_are_drawn_from_a_keyed_hash_and_can_be_switched_off(client, make, post, comment):
    same = make.comment(post, name="Jo Again", email=comment.email)
    kinds = {" ".join(face["class"]): face.get_text() for face in page(client.get("/posts/paper")).select("i.face")}
    assert len(kinds) == 1, "one address, one face"
    assert set(kinds.values()) == {same.name[0]}
    with writing():
        db.session.merge(site.current()).shows_faces = False
    assert not page(client.get("/posts/paper")).select(".face")


def test_staff_show_their_portrait(client, make, post):
    person = make.person("Ada")
    make.comment(post, person_id=person.id, name="Ada")
    assert page(client.get("/posts/paper")).select("i.face")
    with writing():
        reread(person).show_portrait(b"picture")
    [face] = page(client.get("/posts/paper")).select("#comments .face")
    assert face["src"].startswith(f"/authors/{person.slug}/portrait?v=")


def test_marks_can_be_switched_off(client, comment):
    assert page(client.get("/posts/paper")).select_one(".mark")
    with writing():
        db.session.merge(site.current()).takes_marks = False
    assert not page(client.get("/posts/paper")).select_one(".mark")
    assert client.post(f"/comments/{comment.id}/mark").status_code == 404


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "MARK_LIMIT": "2 per minute"}])
@pytest.mark.parametrize("world", WORLDS)
def test_marking_is_limited(client, comment, world):
    statuses = [send(client, world, f"/comments/{comment.id}/mark").status_code for _ in range(3)]
    assert statuses[2] == 429


@pytest.mark.parametrize("world", WORLDS)
def test_report_reaches_the_editors_and_is_thanked_for(client, comment, world):
    answer = send(
        client, world, f"/comments/{comment.id}/report", reason="abuse", note="Line 2.", email="Me@Example.org"
    )
    [report] = db.session.scalars(db.select(Report))
    assert (report.reason, report.note, report.email) == ("abuse", "Line 2.", "me@example.org")
    assert "127.0.0.1" not in report.address_hash
    if world == "plain":
        assert answer.status_code == 303
        answer = client.get(answer.location)
    else:
        assert answer.status_code == 201
        assert page(answer).select_one("[autofocus]")
    assert "Thank you" in answer.get_data(as_text=True)
    assert "Line 2." not in client.get("/posts/paper").get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("fields", "wrong"), [({}, "reason"), ({"reason": "x"}, "reason"), ({"reason": "spam", "email": "no"}, "email")]
)
def test_report_that_cannot_be_taken_comes_back_with_every_word(client, comment, world, fields, wrong):
    answer = send(client, world, f"/comments/{comment.id}/report", note="My words.", **fields)
    form = page(answer).select_one(f"#report-{comment.id}")
    assert answer.status_code == 422
    assert form.select_one("textarea").get_text(strip=True) == "My words."
    assert form.select_one(".field__errors")
    assert form.select_one("[autofocus]")["name"] == wrong
    assert not db.session.scalars(db.select(Report)).all()


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "REPORT_LIMIT": "1 per hour"}])
@pytest.mark.parametrize("world", WORLDS)
def test_reports_are_limited_and_nothing_typed_is_lost(client, comment, world):
    send(client, world, f"/comments/{comment.id}/report", reason="spam")
    answer = send(client, world, f"/comments/{comment.id}/report", reason="spam", note="My words.")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "My words." in page(answer).select_one("textarea").get_text()


def test_second_report_from_the_same_address_takes_up_the_first(client, make, post, comment):
    client.post(f"/comments/{comment.id}/report", data={"reason": "spam", "note": "First.", "email": "me@example.org"})
    client.post(f"/comments/{comment.id}/report", data={"reason": "abuse"})
    [report] = db.session.scalars(db.select(Report))
    assert (report.reason, report.note, report.email) == ("abuse", "First.", "me@example.org")
    other = make.comment(post)
    client.post(f"/comments/{other.id}/report", data={"reason": "spam"})
    with writing():
        assert reports.close(comment.id, reports.DISMISSED) == [(report.id, "me@example.org")]
    assert [each.comment.id for each in reports.waiting(1, 9)[0]] == [other.id]
    client.post(f"/comments/{comment.id}/report", data={"reason": "spam", "note": "Again."})
    assert [each.note for each in reports.about(comment).reports] == ["Again."], "what is settled is not taken up"
    assert reports.count() == 2
    with writing():
        assert len(reports.close(comment.id, reports.REMOVED)) == 1, "who was answered is not answered again"
        reports.close(other.id, reports.DISMISSED)
        reports.reopen(comment.id)
    assert [each.note for each in reports.about(comment).reports] == ["Again."]


def test_report_of_what_nobody_sees_is_no_report(client, make, post):
    held, gone = make.pending(post), make.comment(post)
    with writing():
        reread(gone).move_to("spam")
    assert client.post(f"/comments/{held.id}/report", data={"reason": "spam"}).status_code == 404
    assert client.post(f"/comments/{gone.id}/report", data={"reason": "spam"}).status_code == 410
    assert reports.count() == 0


def questions() -> list[Outbox]:
    """The letters that ask somebody whether a comment is theirs."""
    return list(db.session.scalars(db.select(Outbox).where(Outbox.kind == "is-it-you")))


def write(client, post, world: str = "plain", **fields: str):
    data = {"author": "Jo", "email": "jo@example.org", "comment": "Mine.", "token": token_for(post.id), **fields}
    return send(client, world, "/posts/paper/comments", **data)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    "fields",
    [
        {"author": "ada  LOVELACE"},
        {"author": "Аdа Lоvеlасе"},
        {"author": "A\u200bdá-Lovelace \u2713"},
        {"email": "ADA@example.org"},
    ],
    ids=["case and spaces", "Cyrillic", "unseen and accents", "address"],
)
def test_name_or_address_of_the_house_is_held_and_the_writer_told_why(client, make, post, world, fields):
    account = make.account(email="ada@example.org", person=make.person("Ada Lovelace"))
    with writing():
        db.session.merge(site.current()).hold = "none"
    write(client, post, world, **fields)
    [comment] = db.session.scalars(db.select(Comment))
    assert comment.state == "pending"
    assert impersonation.of(comment.id).person_id == account.person_id
    [letter] = questions()
    assert letter.address == "ada@example.org"
    link = re.search(
        r"/comments/\S+", message_from_string(letter.content).get_payload(0).get_payload(decode=True).decode()
    )
    assert client.get(link[0]).status_code == 200
    told = page(client.get("/posts/paper/comments/mine")).main.get_text()
    assert "somebody who writes here" in told
    assert "Author" not in told
    make.sign_in(client, make.account())
    assert "Ada Lovelace" in page(client.get("/admin/comments")).select_one(".held__reason").get_text()


@pytest.mark.parametrize("name", ["Ada", "Adam Lovelace", "Jo"])
def test_other_names_are_not_taken_for_it(client, make, post, name):
    make.person("Ada Lovelace")
    with writing():
        db.session.merge(site.current()).hold = "none"
    write(client, post, author=name)
    assert db.session.scalars(db.select(Comment)).one().state == "approved"


def test_namesake_is_let_through_once_and_then_known_by_browser_address_and_name(client, make, post):
    make.person("Ada Lovelace")
    client.set_cookie("writer", "namesake")
    known = {"writer_hash": marks.writer_hash("namesake"), "email": "jo@example.org"}
    make.comment(post, name="Somebody Else", **known)
    write(client, post, author="Ada Lovelace")
    held = db.session.scalars(db.select(Comment).order_by(Comment.id.desc())).first()
    assert held.state == "pending", "let through under another name"
    with writing():
        reread(held).move_to("approved")
    write(client, post, author="Ada Lovelace", comment="More.")
    assert db.session.scalars(db.select(Comment).order_by(Comment.id.desc())).first().state == "approved"


def test_flood_under_a_name_floods_nobodys_letter_box(client, make, post):
    other, account = (make.account(person=make.person(name)) for name in ("Grace Hopper", "Ada Lovelace"))
    for number in range(8):
        write(client, post, author="Ada Lovelace", comment=f"Number {number}.")
    write(client, post, author="Grace Hopper")  # a flood under one name keeps nobody else from being asked
    a_day = [account.email] * impersonation.QUESTIONS_A_DAY
    assert [letter.address for letter in questions()] == [*a_day, other.email]
    with writing():
        db.session.execute(db.update(Comment).values(created_at=now() - timedelta(days=1)))
    write(client, post, author="Ada Lovelace", comment="The day after.")
    assert [letter.address for letter in questions()] == [*a_day, other.email, account.email]


def test_staff_who_are_signed_in_imitate_nobody(client, make, post):
    account = make.account(person=make.person("Ada Lovelace"))
    make.sign_in(client, account)
    write(client, post)
    comment = db.session.scalars(db.select(Comment)).one()
    assert (comment.state, comment.name) == ("approved", "Ada Lovelace")


@pytest.fixture
def like(make, post) -> impersonation.Likeness:
    person = make.person("Ada Lovelace")
    comment = make.pending(post, name="Ada Lovelace", hold_reason=impersonation.REASONS["name"])
    with writing():
        return impersonation.note(db.session.merge(comment), person.id, "name")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("said", "state"), [("yes", "approved"), ("no", "pending")])
def test_person_who_is_asked_decides_and_nothing_happens_on_the_way(client, make, like, world, said, state):
    path, key = f"/comments/{like.comment_id}/is-it-you", impersonation.key_for(like)
    asked = client.get(f"{path}?key={key}")
    assert asked.headers["Cache-Control"] == "private, no-store"
    assert [button["value"] for button in page(asked).select("button[name=answer]")] == ["yes", "no"]
    assert reread(like.comment).state == "pending"
    for answer in (said, "yes" if said == "no" else "no"):  # the first one counts
        send(client, world, path, key=key, answer=answer)
    comment = db.session.get(Comment, like.comment_id, populate_existing=True)
    assert comment.state == state
    assert comment.person_id == (like.person_id if said == "yes" else None)
    assert not page(client.get(f"{path}?key={key}")).select("button[name=answer]")
    if said == "no":
        make.sign_in(client, make.account())
        assert "this is not by me" in client.get("/admin/comments").get_data(as_text=True)


@pytest.mark.parametrize("key", ["", "x", "é\ud800"])
def test_question_is_open_to_nobody_else(client, like, key):
    path = f"/comments/{like.comment_id}/is-it-you"
    assert client.get(path, query_string={"key": key.encode("utf-8", "replace")}).status_code == 404
    assert client.post(path, data={"key": key.encode("utf-8", "replace"), "answer": "yes"}).status_code == 404


def test_settled_reports_and_addresses_are_forgotten_when_their_time_is_over(app, client, make, post):
    from blueprints.core import chores

    made = [make.comment(post, created_at=now() - timedelta(days=days), address_hash="a" * 32) for days in (31, 29)]
    ids = [comment.id for comment in made]
    for days, closed in ((40, True), (40, False), (2, True)):
        with writing():
            ago = now() - timedelta(days=days)
            db.session.add(Report(comment_id=ids[0], reason="spam", created_at=ago, closed_at=ago if closed else None))
    chores.run(now(), all_of_them=True)
    assert [db.session.get(Comment, number).address_hash for number in ids] == ["", "a" * 32]
    assert db.session.scalar(db.select(db.func.count()).select_from(Report)) == 2
    chores.run(now() + timedelta(days=2), all_of_them=True)
    assert db.session.get(Comment, ids[1]).address_hash == ""


@pytest.mark.parametrize("how", ["served", "by command"])
def test_served_site_forgets_without_a_visit_and_so_does_the_command(app, make, post, how):
    number = make.comment(post, created_at=now() - timedelta(days=31), address_hash="a" * 32).id
    db.session.remove()
    if how == "served":
        Postman(app).round()
    else:
        result = CliRunner().invoke(hustings, ["tidy"], obj=lambda: app)
        assert result.exit_code == 0, result.output
    assert db.session.get(Comment, number).address_hash == ""
