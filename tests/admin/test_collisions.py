"""Two people at one post, and texts that were not saved: nobody's words are lost."""

from datetime import timedelta

import pytest

from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post
from blueprints.posts.unsaved import Unsaved
from tests.admin.browsing import WORLDS, fill, form_of, press, soup, values

BODY = "First. Second.\n\nThird."


def reread(post: Post) -> Post:
    return db.session.get(Post, post.id, populate_existing=True)


def edit(post: Post) -> str:
    return f"/admin/posts/{post.id}/edit"


@pytest.fixture
def collide(client, make, editor):
    """Opens the form, saves *theirs* in another, sends *mine*; gives back the form of the answer."""

    def collide(post, world, theirs, mine):
        opened = form_of(client, edit(post), "#post-form")
        assert fill(client, edit(post), "#post-form", **theirs).status_code == 303
        response = press(client, opened, world, **mine)
        assert response.status_code == 409
        return soup(response).select_one("#post-form")

    return collide


@pytest.mark.parametrize("world", WORLDS)
def test_what_does_not_collide_is_put_together(client, make, collide, world):
    post = make.post("Title", body=BODY, tags=["Old"])
    form = collide(post, world, {"body": BODY.replace("First", "1st"), "tags": "Old, New"}, {"body": BODY + " End."})
    assert values(form)["body"] == "1st. Second.\n\nThird. End."
    assert set(values(form)["tags"].split(", ")) == {"Old", "New"}
    assert form.select(".collision") == []
    assert "Taken over from them: Text, Tags" in form.select_one(".problem").get_text()
    assert reread(post).body == BODY.replace("First", "1st")
    assert press(client, form, world).status_code in (200, 303)
    assert reread(post).body == "1st. Second.\n\nThird. End."
    assert {tag.name for tag in reread(post).tags} == {"Old", "New"}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("mine", "Mine. Second.\n\nThird."),
        ("theirs", "Theirs. Second.\n\nThird."),
        ("both", "Mine. Theirs. Second.\n\nThird."),
    ],
)
def test_what_collides_is_chosen(client, make, collide, world, choice, text):
    post = make.post(body=BODY)
    form = collide(post, world, {"body": BODY.replace("First", "Theirs")}, {"body": BODY.replace("First", "Mine")})
    assert [side.get_text() for side in form.select(".collision__text")] == ["Mine.", "Theirs."]
    assert values(form)["body"] == "Mine. Second.\n\nThird."
    press(client, form, world, **{"choice-0": choice})
    assert reread(post).body == text


@pytest.mark.parametrize("world", WORLDS)
def test_other_fields_are_put_together_too(client, make, editor, collide, world):
    post = make.post(body=BODY, authors=[editor.person])
    second = make.person()
    theirs = {"authors-1": str(second.id), "slug": "their-slug", "rules": "Theirs"}
    form = collide(post, world, theirs, {"body": BODY + " End.", "rules": "Mine"})
    assert (values(form)["authors-0"], values(form)["authors-1"]) == (str(editor.person_id), str(second.id))
    assert values(form)["rules"] == "Mine"
    assert "yours stands: Rules of this discussion" in form.select_one(".problem").get_text()
    press(client, form, world)
    assert (reread(post).authors, reread(post).slug) == ([editor.person, second], "their-slug")


def test_choice_for_a_place_that_is_gone_is_refused_and_keeps_every_word(client, make, collide):
    post = make.post(body=BODY)
    form = collide(post, "plain", {"body": BODY.replace("First", "Theirs")}, {"body": BODY.replace("First", "Mine")})
    response = press(client, form, body="Quite another text.", **{"choice-0": "theirs"})
    assert response.status_code == 422
    assert "put in by hand" in soup(response).select_one("#field-body-errors").get_text()
    assert values(soup(response).select_one("#post-form"))["body"] == "Quite another text."


def send(client, post: Post | None = None, **texts: str):
    data = values(form_of(client, edit(post) if post else "/admin/posts/new", "#post-form"))
    return client.post("/admin/posts/autosave", data={**data, **texts})


def test_unsaved_text_is_offered_and_taken_up(client, make, editor):
    post = make.post(body=BODY)
    assert send(client, post, body="Begun").status_code == 200
    assert send(client, post, body="Begun and gone on").status_code == 200
    assert reread(post).body == BODY
    assert db.session.scalar(db.select(db.func.count()).select_from(Unsaved)) == 1
    notice = soup(client.get(edit(post))).select_one("#post-unsaved")
    form = form_of(client, notice.select_one("a")["href"], "#post-form")
    assert values(form)["body"] == "Begun and gone on"
    press(client, form)
    assert reread(post).body == "Begun and gone on"
    assert db.session.scalar(db.select(Unsaved)) is None


def test_unsaved_text_of_an_older_state_is_merged_when_it_is_taken_up(client, make, editor):
    post = make.post(body=BODY)
    send(client, post, body=BODY + " End.")
    kept, other = db.session.scalar(db.select(Unsaved)).id, make.account("editor").id
    with writing():
        db.session.get(Unsaved, kept).account_id = other
    fill(client, edit(post), "#post-form", body=BODY.replace("First", "1st"))
    with writing():
        db.session.get(Unsaved, kept).account_id = editor.id
    response = fill(client, edit(post) + "?take=unsaved", "#post-form")
    assert response.status_code == 409
    assert values(soup(response).select_one("#post-form"))["body"] == "1st. Second.\n\nThird. End."


@pytest.mark.parametrize("world", WORLDS)
def test_unsaved_text_of_a_new_post_is_discarded(client, author, world):
    send(client, title="Working title", body="Begun")
    form = form_of(client, "/admin/posts/new", "#post-unsaved form")
    assert press(client, form, world).status_code == (303 if world == "plain" else 200)
    assert soup(client.get("/admin/posts/new")).select_one("#post-unsaved") is None


def test_who_writes_in_it_too_is_told(client, make, editor):
    post = make.post(body=BODY)
    send(client, post, body="Begun")
    other = make.account("editor")
    make.sign_in(client, other)
    assert editor.person.name in soup(client.get(edit(post))).select_one("#post-others").get_text()
    assert soup(client.get(edit(post))).select_one("#post-unsaved") is None
    assert editor.person.name in send(client, post, body="Too").get_data(as_text=True)
    with writing():
        db.session.scalar(db.select(Unsaved).where(Unsaved.account_id == editor.id)).sent_at = now() - timedelta(
            hours=1
        )
    assert editor.person.name not in soup(client.get(edit(post))).select_one("#post-others").get_text()


def test_what_cannot_be_stored_is_not_kept(client, make, editor):
    assert send(client, make.post(), body="a\0b").status_code == 422
    assert send(client, make.post(), title="x" * 301).status_code == 422
