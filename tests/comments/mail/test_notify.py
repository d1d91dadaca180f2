"""Being told by mail: of what one asked for and confirmed, once, never of one's own words, never before approval."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, select

from blueprints.comments import keys, letters, notify, reports, subscriptions
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment
from blueprints.comments.notify import look
from blueprints.comments.subscriptions import Subscription
from blueprints.core import mail, site
from blueprints.core.db import db, now, writing
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from blueprints.core.transports import AwayError
from tests.comments.mail.letterbox import ANN, BOB, EVE, SITE, hold, link_in, send_comment, subscribe, words


@pytest.mark.parametrize("htmx", [False, True])
def test_nothing_is_mailed_before_the_address_has_said_yes(client, post, make, bag, post_round, htmx):
    hold("none")
    answer = send_comment(client, post, "Ann", "First.", notify="replies", htmx=htmx)
    assert answer.status_code == (201 if htmx else 303)
    if htmx:
        assert "Now look into your mail" in answer.text
    else:
        assert "Now look into your mail" in client.get(answer.location).text
    first = db.session.scalar(select(Comment))
    send_comment(client, post, "Bob", "To you.", first)
    Postman(client.application, bag).round()
    (letter,) = bag.letters
    assert (letter["To"], letter["Subject"]) == (ANN, "Do you want mail from Hustings?")
    assert 'replies to you below "On trees"' in words(letter)
    link = link_in(words(letter), "/mail/")
    bag.take()
    page = client.get(link)
    assert "Yes, send them to me" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    send_comment(client, post, "Bob", "Still unconfirmed.", first)
    assert post_round() == []  # a GET has done nothing
    method = client.htmx if htmx else lambda m, p, **k: client.open(p, method=m, **k)
    answer = method("POST", link, data={"do": "confirm"})
    shown = answer.text if htmx else client.get(answer.location).text
    assert "You get these from now on" in shown
    send_comment(client, post, "Bob", "And now?", first)
    assert post_round() == [(ANN, "Re: On trees")]


@pytest.mark.parametrize(
    ("accepts", "asked", "said", "footer"),
    [
        ("de-AT, en;q=0.5", "Möchten Sie Post von Hustings?", "Bob hat Ihnen geantwortet:", "gebeten haben"),
        ("fr", "Voulez-vous recevoir du courrier de Hustings ?", "Bob vous a répondu :", "demandé"),
        ("zh-CN,zh;q=0.9", "您要接收 Hustings 的邮件吗？", "Bob 回复了您：", "订阅"),
        ("eo", "Do you want mail from Hustings?", "Bob answered you:", "asked for it"),
        ("*", "Möchten Sie Post von Hustings?", "Bob hat Ihnen geantwortet:", "gebeten haben"),
    ],
)
def test_letters_are_in_the_language_that_the_readers_browser_likes(
    client, post, app, bag, accepts, asked, said, footer
):
    hold("none")
    with writing():  # whose browser says nothing reads the site's
        db.session.merge(site.current()).language = "de" if accepts == "*" else "en"
    data = {"author": "Ann", "email": ANN, "comment": "First.", "token": token_for(post.id), "notify": "replies"}
    client.post(f"/posts/{post.slug}/comments", data=data, headers={"Accept-Language": accepts})
    Postman(app, bag).round()
    (letter,) = bag.letters
    assert letter["Subject"] == asked
    client.post(link_in(words(letter), "/mail/"), data={"do": "confirm"})
    bag.take()
    send_comment(client, post, "Bob", "To you.", db.session.scalar(select(Comment)))
    Postman(app, bag).round()
    (letter,) = bag.letters
    assert said in words(letter)
    assert footer in words(letter)
    assert f'lang="{letter["Content-Language"]}"' in letter.get_body(("html",)).get_content()


def test_recipients_come_from_the_thread_and_a_stranger_hears_nothing(client, post, make, bag, post_round):
    hold("none")
    other = make.post("On stones")
    for email, kind, place in (
        (ANN, "replies", post),
        (BOB, "thread", post),
        ("cid@example.org", "replies", post),
        (EVE, "thread", other),
    ):
        subscribe(email, kind, place)
    anns = make.comment(post, "Mine.", name="Ann", email=ANN)
    make.comment(other, "Elsewhere.", email=EVE)
    post_round()
    send_comment(client, post, "Dan", "To you, Ann.", anns)
    assert sorted(post_round()) == [(ANN, "Re: On trees"), (BOB, "Re: On trees")]
    send_comment(client, post, "Dan", "To all.")
    assert post_round() == [(BOB, "Re: On trees")]
    send_comment(client, post, "Bob", "My own words.", anns)
    assert post_round() == [(ANN, "Re: On trees")]
    send_comment(client, post, "Ann", "Answering myself.", anns)
    assert post_round() == [(BOB, "Re: On trees")]


def test_letter_says_what_was_said_and_groups_with_its_conversation(client, post, make, bag, app):
    hold("none")
    anns = make.comment(post, "Mine.", name="Ann", email=ANN)
    row = subscribe(ANN, "replies", post)
    send_comment(client, post, "Bob", "**Strong** words & <b>no</b> tricks https://example.net/", anns)
    Postman(app, bag).round()
    (letter,) = bag.letters
    answer = db.session.scalar(select(Comment).order_by(Comment.id.desc()))
    text, html = words(letter), letter.get_body(("html",)).get_content()
    assert "Bob answered you:" in text
    assert "**Strong** words & <b>no</b> tricks" in text
    assert f"{SITE}/comments/{answer.id}" in text
    assert "<strong>Strong</strong>" in html
    assert not re.search(r"<(img|link|script)|src=|url\(", html)
    assert letter["References"] == f"<post-{post.id}@localhost> <comment-{anns.id}@localhost>"
    assert letter["List-Unsubscribe"] == f"<{SITE}/mail/leave/{row.leave_key}>"
    assert ANN not in text + html
    assert BOB not in letter.as_string()  # the address of whoever wrote is nobody's business
    assert keys.correspondent(ANN).key not in letter.as_string()  # who passes the letter on gives nothing away


def test_letter_gives_the_sentence_of_the_article_that_was_answered(client, post, bag, app):
    hold("none")
    subscribe(ANN, "thread", post)
    send_comment(client, post, "Bob", "Is it so?", passage="Some text.")
    Postman(app, bag).round()
    (letter,) = bag.letters
    assert "> Some text.\n\nIs it so?" in words(letter)
    assert "<blockquote><p>Some text.</p></blockquote>" in letter.get_body(("html",)).get_content()


def test_who_works_here_is_told_when_a_comment_waits_and_readers_when_it_is_published(client, make, post_round):
    editor, author = (
        make.account("editor", email="editor@example.org"),
        make.account("author", email="author@example.org"),
    )
    make.account("author", email="other@example.org")
    post = make.post("On trees", authors=[author.person])
    anns = make.comment(post, "Mine.", name="Ann", email=ANN)
    subscribe(ANN, "replies", post)
    send_comment(client, post, "Bob", "Held.", anns)
    told = [("author@example.org", "Waits for you: On trees"), ("editor@example.org", "Waits for you: On trees")]
    assert sorted(post_round()) == told
    held = db.session.scalar(select(Comment).where(Comment.state == "pending"))
    with writing():
        comment = db.session.get(Comment, held.id)
        comment.move_to("approved")
        notify.moved(comment, "pending", first=True)
    assert post_round() == [(ANN, "Re: On trees")]
    for state, first in (("pending", False), ("approved", False)):  # undone, and approved again: no news to anybody
        with writing():
            comment = db.session.get(Comment, held.id)
            was = comment.state
            comment.move_to(state)
            notify.moved(comment, was, first=first)
    assert post_round() == []
    assert editor.comment_mail == "mine"


def approve(*names: str) -> None:
    for name in names:
        with writing():
            comment = db.session.scalar(select(Comment).where(Comment.name == name))
            comment.move_to("approved")
            notify.moved(comment, "pending", first=True)


def test_what_waits_is_told_only_to_who_may_decide_on_it(client, make, bag, post_round):
    roles = ("author", "contributor", "moderator")
    people = {role: make.account(role, email=f"{role}@example.org").person for role in roles}
    quiet = [make.account("contributor", **fields).person for fields in ({"comment_mail": "none"}, {"is_off": True})]
    make.post(authors=[make.account("contributor").person])  # of this post they hear nothing
    post = make.post("On trees", authors=[people["author"], people["contributor"], *quiet])
    send_comment(client, post, "Bob", "Held.")
    assert sorted(address for address, _ in post_round()) == ["author@example.org", "moderator@example.org"]
    with writing():
        db.session.merge(site.current()).authors_moderate = False
    for name in ("Cid", "Fay"):
        send_comment(client, post, name, f"By {name}, held, too.")
    assert [address for address, _ in post_round(after=notify.PAUSE)] == ["moderator@example.org"]
    hold("none")
    send_comment(client, post, "Dee", "Seen by all.")
    told = post_round(after=notify.PAUSE * 2)
    assert sorted(address for address, _ in told) == ["author@example.org", "contributor@example.org"]

    # Let through, it is news for them, together with what else was, and of nothing that they know.
    approve("Cid", "Fay")
    Postman(client.application, bag, lambda: now() + notify.PAUSE * 4).round()
    letters = {letter["To"]: words(letter) for letter in bag.letters}
    assert set(letters) == {"author@example.org", "contributor@example.org"}
    for text in letters.values():
        assert "By Cid" in text
        assert "By Fay" in text
        assert "Seen by all" not in text
        assert "/admin/comments" not in text
    bag.take()
    assert post_round(after=notify.PAUSE * 8) == []


def test_account_that_is_off_or_was_only_invited_is_told_nothing(client, make, post_round):
    off, invited = make.account("editor"), make.account("moderator")
    with writing():
        db.session.merge(off).is_off, db.session.merge(invited).password_hash = True, ""
    send_comment(client, make.post(authors=[off.person]), "Bob", "Held.")
    approve("Bob")
    assert post_round(after=notify.PAUSE) == []


def test_published_comment_is_told_to_its_posts_authors_and_to_who_wants_all(client, make, post_round):
    hold("none")
    author = make.account("author", email="author@example.org")
    make.account("editor", email="editor@example.org")
    make.account(
        "editor",
        email="all@example.org",
    )
    make.account("author", email="nothing@example.org", person=make.person())
    with writing():
        for row in db.session.scalars(select(type(author))):
            row.comment_mail = {"all@example.org": "all", "nothing@example.org": "none"}.get(row.email, "mine")
    post = make.post("On trees", authors=[author.person])
    send_comment(client, post, "Bob", "Hello.")
    assert sorted(address for address, _ in post_round()) == ["all@example.org", "author@example.org"]
    make.sign_in(client, author)
    send_comment(client, post, "Author", "My own answer.")
    assert post_round() == []
    assert [address for address, _ in post_round(after=notify.PAUSE)] == ["all@example.org"]


def test_wave_of_comments_is_two_letters_and_nothing_in_it_is_lost_or_told_twice(client, make, bag, app):
    author = make.account("author", email="author@example.org")
    make.account("editor", email="editor@example.org")
    trees, stones = make.post("On trees", authors=[author.person]), make.post("On stones")
    postman = Postman(app, bag, lambda: moment)
    send_comment(client, trees, "R0", "Words 0.")
    moment = now()
    postman.round()
    assert sorted(bag.take()) == [(f"{who}@example.org", "Waits for you: On trees") for who in ("author", "editor")]
    for number in range(1, 35):
        send_comment(client, trees if number % 2 else stones, f"R{number}", f"Words {number}.")
    with writing():
        db.session.scalar(select(Comment).where(Comment.name == "R3")).move_to("spam")
        db.session.scalar(select(Comment).where(Comment.name == "R5")).move_to("approved")
    postman.round()
    assert bag.letters == []
    moment = now() + notify.PAUSE
    postman.round()
    to_author, to_editor = sorted(bag.letters, key=lambda letter: letter["To"])
    assert to_author["Subject"] == "15 comments wait for you: On trees"
    assert "And 1 new comment." in words(to_author)
    assert set(re.findall(r"Words (\d+)", words(to_author))) == {str(n) for n in range(1, 35, 2) if n != 3}
    assert to_author["References"] == f"<post-{trees.id}@localhost>"
    assert to_editor["Subject"] == "32 comments wait for you"
    assert to_editor["References"] == "<comments@localhost>"
    assert "R2 wrote a comment that waits below On stones" in words(to_editor)
    assert len(re.findall(r"Words \d+", words(to_editor))) == letters.SHOWN
    assert "And 2 more." in words(to_editor)
    assert f"{SITE}/admin/comments" in words(to_editor)
    html = to_editor.get_body(("html",)).get_content()
    assert "Approve them or take them down" in html
    bag.take()
    send_comment(client, stones, "R35", "Words 35.")
    moment += 2 * notify.PAUSE
    postman.round()
    (letter,) = bag.letters
    assert (letter["To"], letter["Subject"]) == ("editor@example.org", "Waits for you: On stones")
    assert re.findall(r"Words \d+", words(letter)) == ["Words 35"]


def test_letter_to_staff_that_could_not_leave_takes_no_further_comments_and_loses_none(client, make, bag, app, post):
    make.account("editor", email="editor@example.org")
    postman = Postman(app, bag, lambda: moment)
    send_comment(client, post, "R0", "Words 0.")
    send_comment(client, post, "R1", "Words 1.")
    moment = now()
    bag.trouble = AwayError("down")
    postman.round()
    send_comment(client, post, "R2", "Words 2.")
    send_comment(client, post, "R3", "Words 3.")
    bag.trouble = None
    moment += timedelta(hours=1)
    postman.round()
    assert [re.findall(r"Words \d", words(letter)) for letter in bag.letters] == [
        ["Words 0", "Words 1"],
        ["Words 2", "Words 3"],
    ]


@pytest.mark.parametrize(
    ("verb", "undone", "says"),
    [
        ("remove", False, "taken the comment down"),
        ("dismiss", False, "the comment stays"),
        ("remove", True, None),
    ],
)
def test_who_reported_a_comment_and_left_an_address_is_told_what_came_of_it(
    client, app, make, post, bag, verb, undone, says
):
    comment = make.comment(post, "Buy this now.", name="Shop https://example.net/")
    for email in (ANN, "", ANN):
        with writing():
            reports.file(comment.id, reason="spam", note="", email=email, address_hash="")
    desk = app.test_client()
    make.sign_in(desk, make.account("editor"))
    page = BeautifulSoup(desk.get("/admin/reports").text, "html.parser")
    token = page.select_one("[name=csrf_token]")["value"]
    for each in (verb, "reopen") if undone else (verb,):
        assert desk.post(f"/admin/reports/{comment.id}/{each}", data={"csrf_token": token}).status_code == 303
    moment = now()
    postman = Postman(app, bag, lambda: moment)
    postman.round()
    assert bag.letters == []
    moment += notify.SECOND_THOUGHT
    postman.round()
    assert [letter["To"] for letter in bag.letters] == ([ANN] if says else [])
    for letter in bag.letters:
        assert says in words(letter)
        assert f"{SITE}/comments/{comment.id}" in words(letter)
        assert "example.net" not in letter.as_string()  # nobody has confirmed the address


def test_comment_that_is_gone_before_its_letter_leaves_is_not_told(client, post, make, post_round):
    hold("none")
    subscribe(ANN, "thread", post)
    send_comment(client, post, "Bob", "Oops.")
    with writing():
        db.session.scalar(select(Comment)).move_to("trash")
    assert post_round() == []


@pytest.mark.parametrize("do", ["approved", "trash"])
def test_desk_tells_the_writer_what_became_of_it(client, app, make, post, post_round, bag, do):
    subscribe(BOB, "replies", post, browser="bobs")
    client.set_cookie("writer", "bobs")
    send_comment(client, post, "Bob", "Held words.")
    held = db.session.scalar(select(Comment))
    desk = app.test_client()
    make.sign_in(desk, make.account("editor"))
    post_round()
    page = BeautifulSoup(desk.get("/admin/comments").text, "html.parser")
    token = page.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "own_words": "It names\r\na person."}
    assert desk.post(f"/admin/comments/{held.id}/{do}", data=data).status_code == 303
    Postman(app, bag).round()
    (letter,) = bag.letters
    assert letter["To"] == BOB
    if do == "approved":
        assert "Your comment is published, as number 1" in words(letter)
    else:
        assert "The reason given: It names a person." in words(letter)
        assert "Held words." in words(letter)


def test_who_uses_the_address_of_another_gets_them_no_letters(client, make, post, post_round):
    subscribe(BOB, "thread", post, browser="bobs")
    client.set_cookie("writer", "somebody-else")
    send_comment(client, post, "Bob", "Not Bob.", notify="thread-daily")
    with writing():
        comment = db.session.scalar(select(Comment))
        comment.move_to("approved")
        notify.moved(comment, "pending", first=True)
    assert post_round() == [(BOB, "Do you want mail from Hustings?")]
    assert [(row.is_daily, row.is_pending) for row in subscriptions.of(keys.correspondent(BOB))] == [
        (True, True),
        (False, False),
    ]


def test_browser_that_an_address_has_vouched_for_needs_no_second_letter(client, make, post, post_round):
    subscribe(BOB, "thread", make.post("On stones"), browser="bobs")
    client.set_cookie("writer", "bobs")
    send_comment(client, post, "Bob", "Hello.", notify="thread-daily")
    assert post_round() == []
    assert [row.is_pending for row in subscriptions.of(keys.correspondent(BOB))] == [False, False]


def test_strangers_wishes_cost_an_address_one_letter_a_day(client, make, post_round):
    hold("none")
    for number in range(3):
        send_comment(client, make.post(f"Post {number}"), "Bob", f"Hello {number}.", notify="thread")
    assert len(post_round()) == 1
    assert len(subscriptions.of(keys.correspondent(BOB))) == 3  # one yes is for all of them


@pytest.mark.parametrize("htmx", [False, True])
def test_leaving_takes_a_button_and_a_mail_program_may_press_it(app, client, post, make, bag, htmx):
    row = subscribe(ANN, "thread", post)
    kept = subscribe(ANN, "thread", make.post("On stones"))
    path = f"/mail/leave/{row.leave_key}"
    assert "Stop these letters" in client.get(path).text
    client.head(path)
    assert len(subscriptions.of(keys.correspondent(ANN))) == 2  # mail scanners follow links
    plain = app.test_client()  # a mail program: no cookie, no Origin, no Sec-Fetch-Site
    if htmx:
        answer = client.htmx("POST", path, data={"do": "leave"})
        assert "You get no more of these letters" in answer.text
    else:
        answer = plain.open(
            path, method="POST", data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
        )
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "Set-Cookie" not in answer.headers
    assert [each.id for each in subscriptions.of(keys.correspondent(ANN))] == [kept.id]
    assert "It has stopped" in client.get(path).text
    again = client.post(path, data={"do": "leave-all"})
    assert "You get no more mail from here" in client.get(again.location).text
    assert subscriptions.of(keys.correspondent(ANN)) == []


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("do", "left"), [("leave", []), ("leave-all", []), ("daily", [(True, False)]), ("decline", [(False, False)])]
)
def test_address_changes_and_ends_its_mail(client, post, htmx, do, left):
    row = subscribe(ANN, "thread", post)
    link = f"/mail/{row.correspondent.key}"
    sent = {"do": do if do in ("leave-all", "decline") else f"{do} {row.id}"}
    method = client.htmx if htmx else lambda m, p, **k: client.open(p, method=m, **k)
    answer = method("POST", link, data=sent)
    assert answer.status_code == (200 if htmx else 303)
    assert [(each.is_daily, each.is_pending) for each in subscriptions.of(keys.correspondent(ANN))] == left


def test_key_changes_no_mail_of_another_address(client, post):
    anns, bobs = subscribe(ANN, "thread", post), subscribe(BOB, "thread", post)
    with writing():
        more = {"daily": False, "asked_by": "", "language": "en", "post": db.session.merge(post)}
        subscriptions.choose(BOB, "replies", **more)
    link, forged = f"/mail/{anns.correspondent.key}", anns.leave_key.rpartition("-")[0] + f"-{bobs.id}"
    for do in (f"leave {bobs.id}", f"daily {bobs.id}", "decline", "confirm", "leave-all"):
        client.post(link, data={"do": do})
    assert client.post(f"/mail/leave/{forged}", data={"do": "leave"}).status_code == 410
    found = subscriptions.of(keys.correspondent(BOB))
    assert [(row.kind, row.is_daily, row.is_pending) for row in found] == [
        ("replies", False, True),
        ("thread", False, False),
    ]


@pytest.mark.parametrize(
    "path",
    [
        *("/mail/1-x", "/mail/leave/x", "/mail/leave/1-2-3", f"/mail/{'9' * 40}-{'a' * 32}", f"/mail/7-{'a' * 32}"),
        *(f"/mail/leave/{key}" for key in (f"7-{'a' * 32}-1", f"7-{'a' * 32}-x", f"{'9' * 19}-{'a' * 32}-1")),
    ],
)
def test_odd_link_says_that_it_is_no_longer_good(client, path):
    for method in ("GET", "POST"):
        answer = client.open(path, method=method, data={"do": "leave"})
        assert answer.status_code == 410
        assert "no longer good" in answer.text


def test_write_of_another_site_is_refused_but_for_leaving(app, client, post):
    row = subscribe(ANN, "thread", post)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"/mail/{row.correspondent.key}", data={"do": "leave-all"}, headers=foreign).status_code == 400
    assert len(subscriptions.of(keys.correspondent(ANN))) == 1


def test_digest_comes_once_a_day_at_its_hour_with_what_is_new(client, make, post, app, bag):
    row = subscribe(ANN, "thread", post, daily=True)
    subscribe(BOB, "replies", post, daily=True)
    for text in ("One.", "Two."):
        make.comment(post, text, name="Dan", email="dan@example.org")
    make.comment(post, "Mine.", name="Ann", email=ANN)
    postman = Postman(app, bag, lambda: moment)
    moment = notify.last_digest(now()) + timedelta(days=1, minutes=-1)
    look(moment)
    postman.round()
    assert bag.letters == []
    moment += timedelta(minutes=2)
    look(moment)
    postman.round()
    (letter,) = bag.letters  # Bob has written nothing that could be answered
    assert letter["To"] == ANN
    assert "2 new comments." in words(letter)
    assert "1. Dan:\n\nOne." in words(letter)
    assert "Mine." not in words(letter)
    assert letter["List-Unsubscribe"] == f"<{SITE}/mail/leave/{row.leave_key}>"
    bag.take()
    for _ in range(3):
        moment += timedelta(hours=20)
        look(moment)
        postman.round()
    assert bag.letters == []  # nothing new


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-03-29 09:00", "2026-03-29 07:00"),
        ("2026-03-29 06:59", "2026-03-28 07:00"),
        ("2026-10-25 07:00", "2026-10-25 07:00"),
    ],
)
def test_hour_of_digests_is_on_the_clock_of_the_site(app, moment, due):
    vienna = ZoneInfo("Europe/Vienna")
    found = notify.last_digest(datetime.fromisoformat(moment).replace(tzinfo=vienna))
    assert found == datetime.fromisoformat(due).replace(tzinfo=vienna)


@pytest.mark.parametrize("htmx", [False, True])
def test_new_post_of_an_author_is_told_when_it_is_due(client, make, app, bag, htmx):
    person = make.person("Cleo")
    make.post("Older", authors=[person])
    method = client.htmx if htmx else lambda m, p, **k: client.open(p, method=m, **k)
    assert 'id="follow"' in client.get(f"/authors/{person.slug}").text
    wrong = method("POST", f"/authors/{person.slug}/mail", data={"email": "ann", "pace": "now"})
    assert wrong.status_code == 422
    assert "not an e-mail address" in wrong.text
    asked = method("POST", f"/authors/{person.slug}/mail", data={"email": ANN, "pace": "now"})
    assert asked.status_code == (200 if htmx else 303)
    assert "Look into your mail" in (asked.text if htmx else client.get(asked.location).text)
    moment = now()
    postman = Postman(app, bag, lambda: moment)
    postman.round()
    (letter,) = bag.letters
    assert "new posts by Cleo" in words(letter)
    client.post(link_in(words(letter), "/mail/"), data={"do": "confirm"})
    bag.take()
    make.post("Due tomorrow", authors=[person], published_at=now() + timedelta(days=1))
    make.post("Of another", authors=[make.person()])
    moment += timedelta(hours=1)
    look(moment)
    postman.round()
    assert bag.letters == []
    moment += timedelta(hours=24)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters, "now", lambda: moment)
        look(moment)
        postman.round()
        assert bag.take() == [(ANN, "Due tomorrow")]
        moment += timedelta(hours=1)
        look(moment)
        postman.round()
    assert bag.letters == []


def test_comment_asks_one_question_more_where_nobody_is_subscribed(client, post):
    hold("none")
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_rest: asked.append(statement))
    send_comment(client, post, "Bob", "Hello.")
    assert sum("subscription" in statement or "outbox" in statement for statement in asked) == 1


def test_wish_is_forgotten_after_a_week_without_a_yes(client, app, make, post, bag):
    hold("none")
    send_comment(client, post, "Ann", "First.", notify="replies")
    look(now() + timedelta(days=6))
    assert len(subscriptions.of(keys.correspondent(ANN))) == 1
    look(now() + timedelta(days=8))
    assert subscriptions.of(keys.correspondent(ANN)) == []


def test_odd_wish_gives_the_form_back_with_every_word(client, post):
    answer = send_comment(client, post, "Ann", "Keep these words.", notify="everything")
    assert answer.status_code == 422
    assert "Keep these words." in answer.text


def test_erasing_an_address_takes_its_letters_along(app, post):
    subscribe(ANN, "thread", post)
    with writing():
        assert mail.write("test", ANN)
        assert mail.write("test", BOB)
    with writing():
        keys.forget("Ann@example.org")
        assert mail.forget("Ann@example.org") == 1
    assert keys.correspondent(ANN) is None
    assert db.session.scalar(select(Subscription)) is None
    assert db.session.scalars(select(Outbox.address)).all() == [BOB]
