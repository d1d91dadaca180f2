"""Moderation: every decision as a plain form and as htmx, and its undoing."""

import pytest

from blueprints.comments import reports
from blueprints.comments.models import Comment, writer_hash
from blueprints.core.db import db, writing
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, form_of, partials, press, soup


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


def button(comment: Comment, state: str) -> str:
    return f'form[action="/admin/comments/{comment.id}/{state}"]'


@pytest.fixture
def post(make) -> Post:
    return make.post("On paper", authors=[make.person("Somebody Else")])


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("state", ["approved", "spam", "trash"])
def test_held_comment_is_moved_and_undone(client, make, editor, post, world, state):
    comment = make.pending(post)
    response = press(client, form_of(client, "/admin/comments", button(comment, state)), world)
    assert reread(comment).state == state
    assert reread(post).comment_count == (state == "approved")
    if world == "plain":
        assert response.status_code == 303
        assert response.location == f"/admin/comments?state=pending&done={comment.id}&was=pending"
        page = soup(client.get(response.location))
    else:
        assert response.status_code == 200
        page = soup(response)
        assert set(partials(response)) >= {"#queue-tabs", "#desk-waiting"}
        assert page.select_one(f"#queue-{comment.id}").has_attr("autofocus")
    undo = page.select_one(f"#queue-{comment.id} form.done")
    response = press(client, undo, world)
    assert reread(comment).state == "pending"
    assert reread(post).comment_count == 0
    if world == "plain":
        assert response.location == f"/admin/comments?state=pending#queue-{comment.id}"
    else:
        assert soup(response).select_one(f"#queue-{comment.id} .held")


def test_counts_follow_every_decision(client, make, editor, post):
    comments = [make.pending(post) for _ in range(3)]
    response = press(client, form_of(client, "/admin/comments", button(comments[0], "approved")), "htmx")
    counts = [tag.get_text() for tag in partials(response)["#queue-tabs"].select(".tabs__count")]
    assert counts == ["2", "1", "0", "0", "0"]
    assert partials(response)["#desk-waiting"].get_text(strip=True).startswith("2")


def test_tabs_count_what_waits_and_only_begin_to_count_the_rest(client, make, editor, post, monkeypatch):
    monkeypatch.setattr("blueprints.comments.queries.COUNTED", 2)
    for _ in range(3):
        make.pending(post)
        make.comment(post)
    make.comment(post, state="spam")
    make.comment(post, state="spam")
    page = soup(client.get("/admin/comments"))
    assert [tag.get_text() for tag in page.select("#queue-tabs .tabs__count")] == ["3", "2+", "2", "0", "0"]
    assert page.select_one("#desk-waiting").get_text(strip=True).startswith("3")


@pytest.mark.parametrize("world", WORLDS)
def test_approving_twice_is_approving_once(client, make, editor, post, world):
    comment = make.pending(post)
    form = form_of(client, "/admin/comments", button(comment, "approved"))
    press(client, form, world)
    again = press(client, form, world)
    assert again.status_code == (303 if world == "plain" else 200)
    assert (reread(comment).state, reread(comment).number, reread(post).comment_count) == ("approved", 1, 1)
    page = soup(client.get(again.location) if world == "plain" else again)
    assert page.select_one("form.done")["action"].endswith("/pending")


def test_number_survives_spam_and_return(client, make, editor, post):
    comment = make.comment(post)
    make.comment(post)
    for state, list_ in (("spam", "approved"), ("approved", "spam")):
        press(client, form_of(client, f"/admin/comments?state={list_}", button(comment, state)))
    assert reread(comment).number == 1


def test_queue_shows_what_a_moderator_needs(client, make, editor, post):
    parent = make.comment(post, name="若水")
    comment = make.pending(
        post,
        "Read [this](https://spam.example/offer?a=1&b=2) <script>",
        parent=parent,
        name="Jo",
        email="jo@example.org",
        url="https://jo.example",
        hold_reason="it holds 3 or more links",
    )
    row = soup(client.get("/admin/comments")).select_one(f"#queue-{comment.id}")
    text = row.get_text(" ", strip=True)
    for words in ("Jo", "jo@example.org", "https://jo.example", "On paper", "若水", "it holds 3 or more links"):
        assert words in text
    assert "https://spam.example/offer?a=1&b=2" in text
    assert not row.select('a[href^="https://spam.example"]')
    assert not row.select('a[href^="https://jo.example"]')
    assert row.select_one(".prose").has_attr("hx-ignore")
    assert row.select("script") == []


def test_queue_begins_with_what_waits_longest(client, make, editor, post):
    first, second = make.pending(post, "First"), make.pending(post, "Second")
    rows = soup(client.get("/admin/comments")).select(".queue__row")
    assert [row["id"] for row in rows] == [f"queue-{first.id}", f"queue-{second.id}"]


def test_author_moderates_own_posts_only(client, make, author, post):
    own = make.pending(make.post("Mine", authors=[author.person]), "Mine to judge")
    other = make.pending(post, "Not mine")
    response = client.get("/admin/comments")
    assert soup(response).select_one("#queue-tabs .tabs__count").get_text() == "1"
    page = response.get_data(as_text=True)
    assert "Mine to judge" in page
    assert "Not mine" not in page
    form = form_of(client, "/admin/comments", button(own, "approved"))
    form["action"] = f"/admin/comments/{other.id}/approved"
    assert press(client, form).status_code == 404
    assert reread(other).state == "pending"
    assert f"done={other.id}" not in client.get(f"/admin/comments?done={other.id}&was=spam").get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
def test_decision_without_its_token_is_refused(client, make, editor, post, world):
    comment = make.pending(post)
    form = form_of(client, "/admin/comments", button(comment, "approved"))
    assert press(client, form, world, csrf_token="").status_code == 400
    assert reread(comment).state == "pending"


def test_empty_lists_say_so(client, editor):
    for state in ("pending", "approved", "spam", "trash"):
        page = soup(client.get(f"/admin/comments?state={state}"))
        assert page.select_one("#queue .empty").get_text(strip=True)
    assert client.get("/admin/comments?state=nonsense").status_code == 404


def test_page_that_has_become_empty_leads_to_the_one_before(client, make, editor, post):
    make.pending(post)
    response = client.get("/admin/comments?page=2&done=1&was=pending")
    assert response.status_code == 303
    assert client.get(response.location).status_code == 200


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"because": "rules"}, "because it breaks the house rules"),
        ({"because": "rules", "own_words": "it names  a patient."}, "because it names a patient."),
        ({}, None),
    ],
)
def test_reason_is_told_to_readers_and_to_the_writer(client, make, editor, post, world, said, told):
    comment = make.comment(post, writer_hash=writer_hash("jo"))
    press(client, form_of(client, "/admin/comments?state=approved", button(comment, "trash")), world, **said)
    gone = client.get(f"/comments/{comment.id}")
    client.set_cookie("writer", "jo")
    own = client.get(f"/posts/{post.slug}/comments/mine").get_data(as_text=True)
    assert gone.status_code == 410
    assert (comment.anchor in own) == (told is not None), "what is taken away without a word is not spoken of"
    assert ("took it away" in gone.get_data(as_text=True)) == (told is not None)
    if told:
        assert told in gone.get_data(as_text=True)
        assert told.rstrip(".") in own
    undone = form_of(client, "/admin/comments?state=trash", button(comment, "approved"))
    press(client, undone, world)
    assert reread(comment).removed_because == ""


@pytest.mark.parametrize("world", WORLDS)
def test_pick_is_labelled_and_listed_and_goes_with_the_comment(client, make, editor, post, world):
    comment = make.comment(post, name="Jo")
    pick = f'form[action="/admin/comments/{comment.id}/pick"]'
    response = press(client, form_of(client, "/admin/comments?state=approved", pick), world)
    assert response.status_code == (303 if world == "plain" else 200)
    page = soup(client.get(f"/posts/{post.slug}"))
    assert page.select_one(f"#comment-{comment.id} .comment__pick")
    assert page.select_one(".picks a")["href"] == f"/comments/{comment.id}"
    press(client, form_of(client, "/admin/comments?state=approved", button(comment, "trash")), world)
    assert (reread(post).picks, reread(comment).picked_at) == (0, None)
    assert not soup(client.get(f"/posts/{post.slug}")).select(".picks")


@pytest.fixture
def reported(make, post) -> Comment:
    comment = make.comment(post, "Buy this.", name="Jo")
    with writing():
        for number, reason in enumerate(("spam", "spam", "abuse")):
            reports.file(comment.id, reason=reason, note=f"Note {number}.", email="", address_hash=f"{number}" * 32)
    return comment


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("verb", "state"), [("dismiss", "approved"), ("remove", "trash")])
def test_report_is_decided_and_undone(client, make, editor, post, reported, world, verb, state):
    make.comment(post)
    row = soup(client.get("/admin/reports")).select_one(f"#report-{reported.id}")
    assert [line.get_text(" ", strip=True)[:3] for line in row.select(".held__reports li")] == ["2 ×", "1 ×"]
    assert "Note 2." in row.get_text()
    form = row.select_one(f'form[action="/admin/reports/{reported.id}/{verb}"]')
    response = press(client, form, world)
    assert (reread(reported).state, reports.count()) == (state, 0)
    assert reread(reported).removed_because == ("it is advertising" if verb == "remove" else "")
    page = soup(client.get(response.location) if world == "plain" else response)
    press(client, page.select_one(f"#report-{reported.id} form.done"), world)
    assert (reread(reported).state, reports.count()) == ("approved", 1)


def test_author_sees_and_decides_reports_on_own_posts_only(client, make, author, reported):
    assert not soup(client.get("/admin/reports")).select(".held")
    form = form_of(client, "/admin/reports", "form")
    form["action"] = f"/admin/reports/{reported.id}/remove"
    assert press(client, form).status_code == 404
    assert reports.count() == 1


@pytest.mark.parametrize("world", WORLDS)
def test_report_is_not_decided_without_the_token(client, editor, reported, world):
    form = form_of(client, "/admin/reports", f'form[action$="/{reported.id}/remove"]')
    assert press(client, form, world, csrf_token="").status_code == 400
    assert reread(reported).state == "approved"
