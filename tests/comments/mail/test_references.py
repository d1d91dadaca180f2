"""Being referred to: whoever wrote comment 12 and asked for answers is told of "#12", once, and few by one comment."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from blueprints.comments import notify
from blueprints.comments.models import Comment
from blueprints.comments.notify import look
from blueprints.core.db import db, now, writing
from blueprints.core.postman import Postman
from tests.comments.mail.letterbox import ANN, BOB, hold, send_comment, subscribe, words


@pytest.fixture
def anns(client, make, post):
    """Ann's comment 1, who wants answers, and Bob's 2, who wants all there is."""
    hold("none")
    comment = make.comment(post, "Mine.", name="Ann", email=ANN)
    make.comment(post, "Bob's.", name="Bob", email=BOB)
    subscribe(ANN, "replies", post)
    subscribe(BOB, "thread", post)
    return comment


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("author", "text", "is_reply", "told"),
    [
        ("Dan", "As in #1, I say.", False, {ANN: "Dan refers to your comment 1:", BOB: "Dan wrote:"}),
        ("Dan", "§2 and #1", False, {ANN: "Dan refers to your comment 1:", BOB: "Dan refers to your comment 2:"}),
        ("Dan", "#1 and again #1", True, {ANN: "Dan answered you:", BOB: "Dan wrote:"}),
        ("Dan", "`#1` is not meant", False, {BOB: "Dan wrote:"}),
        ("Ann", "Look at #1, which is mine", False, {BOB: "Ann wrote:"}),
    ],
)
def test_who_is_referred_to_by_number_is_told_once(client, post, bag, anns, htmx, author, text, is_reply, told):
    send_comment(client, post, author, text, anns if is_reply else None, htmx=htmx)
    Postman(client.application, bag).round()
    assert {letter["To"]: words(letter).partition("\n")[0] for letter in bag.letters} == told
    assert len(bag.letters) == len(told)
    for letter in bag.letters:
        assert told[letter["To"]].split(maxsplit=1)[1].rstrip(":") in letter.get_body(("html",)).get_content()


def test_reference_is_told_when_it_is_published_and_not_before(client, post, post_round, anns):
    hold("everybody")
    send_comment(client, post, "Dan", "As #1 says.")
    assert post_round() == []
    with writing():
        held = db.session.scalar(select(Comment).order_by(Comment.id.desc()))
        held.move_to("approved")
        notify.moved(held, "pending", first=True)
    assert sorted(post_round()) == [(ANN, "Re: On trees"), (BOB, "Re: On trees")]


def test_comment_with_many_numbers_reaches_few(client, make, post, post_round):
    hold("none")
    for number in range(1, 8):
        make.comment(post, name=f"R{number}", email=f"r{number}@example.org")
        subscribe(f"r{number}@example.org", "replies", post)
    send_comment(client, post, "Dan", "#7 #6 #5 #7 #4 #3 #2 #1")
    assert sorted(address for address, _subject in post_round()) == [f"r{number}@example.org" for number in range(3, 8)]


def test_digest_of_answers_holds_what_refers_to_one(client, make, post, app, bag):
    hold("none")
    make.comment(post, "Mine.", name="Ann", email=ANN)
    subscribe(ANN, "replies", post, daily=True)
    for text in ("As #1 says.", "Not `#1`, and of no interest.", "Of #2, which is not hers."):
        send_comment(client, post, "Dan", text)
    moment = notify.last_digest(now()) + timedelta(days=1, minutes=1)
    postman = Postman(app, bag, lambda: moment)
    look(moment)
    postman.round()
    (letter,) = bag.letters
    assert "1 new comment in answer to you." in words(letter)
    assert "As #1 says." in words(letter)


def test_reference_costs_no_question_more(client, post, anns):
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: asked.append(statement))
    counts = []
    for text in ("Nothing special.", "As #1 says."):
        asked.clear()
        send_comment(client, post, "Dan", text)
        counts.append(sum("subscription" in statement for statement in asked))
    assert counts == [1, 1]
