"""Posts thrown away and taken back; nothing that was public is lost by one click."""

from datetime import timedelta

import pytest

from blueprints.comments.models import Comment
from blueprints.core.db import db, now, writing
from blueprints.operations.trash import DAYS, erase_what_is_old
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, press, soup


def row_of(client, post, state=""):
    page = soup(client.get(f"/admin/posts?state={state}"))
    return page.select_one(f"#post-row-{post.id}")


def push(client, row, label, world="plain"):
    """Press the button of *row* that begins with *label*, wherever it sends the row's form."""
    button = next(each for each in row.select("button") if each.get_text().startswith(label))
    form = row.select_one("form")
    form["action"] = button.get("formaction", form["action"])
    form["hx-post"] = button.get("hx-post", form["hx-post"])
    return press(client, form, world)


def stored(number: int) -> Post | None:
    db.session.expire_all()
    return db.session.get(Post, number)


@pytest.mark.parametrize("world", WORLDS)
def test_thrown_away_and_undone_a_post_is_what_it_was_with_its_discussion(client, make, editor, world):
    post = make.post("Essay", slug="essay", tags=["Ethics"])
    make.comment(post, "Worth keeping.")
    assert client.get("/posts/essay").status_code == 200
    answer = push(client, row_of(client, post), "Trash", world)
    assert client.get("/posts/essay").status_code == 410
    assert "/posts/essay" not in client.get("/").text
    assert client.get("/tags/ethics").status_code == 404
    assert "Essay" not in client.get("/search?q=essay").text
    assert row_of(client, post) is None
    if world == "plain":
        undo = soup(client.get(answer.location)).select_one(".desk-notice form")
        assert press(client, undo).status_code == 303
    else:
        push(client, soup(answer), "Restore", world)
    assert "Worth keeping." in client.get("/posts/essay").text
    assert "/posts/essay" in client.get("/").text
    assert stored(post.id).trashed_at is None


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_in_the_trash_is_erased_with_its_discussion_and_nothing_else_is(client, make, editor, world):
    post, other = make.post("Essay", slug="essay"), make.post("Other", slug="other")
    number = post.id
    make.comment(post, "Gone with it.")
    make.comment(other, "Stays.")
    push(client, row_of(client, post), "Trash")
    push(client, row_of(client, post, "trashed"), "Erase with 1 comment", world)
    assert stored(number) is None
    assert [comment.text for comment in db.session.scalars(db.select(Comment))] == ["Stays."]
    assert client.get("/posts/essay").status_code == 404
    token = soup(client.get("/admin/posts")).select_one(f"#post-row-{other.id} [name=csrf_token]")["value"]
    assert client.post(f"/admin/posts/{other.id}/erase", data={"csrf_token": token}).status_code == 409
    assert stored(other.id) is not None


def test_trash_is_emptied_after_its_days(client, make, editor):
    old, young = make.post(), make.post()
    number = old.id
    for post in (old, young):
        push(client, row_of(client, post), "Trash")
    with writing():
        stored(young.id).trashed_at += timedelta(hours=1)
    assert erase_what_is_old(now()) == 0
    assert erase_what_is_old(now() + timedelta(days=DAYS)) == 1
    assert stored(number) is None
    assert stored(young.id) is not None


def test_contributor_throws_away_a_draft_but_nothing_that_is_public(client, make):
    account = make.account("contributor")
    make.sign_in(client, account)
    draft = make.post("Draft", authors=[account.person], state="draft", published_at=None)
    public = make.post("Public", authors=[account.person])
    push(client, row_of(client, draft), "Trash")
    assert stored(draft.id).state == "trashed"
    push(client, row_of(client, draft, "trashed"), "Restore")
    assert stored(draft.id).state == "draft"
    token = soup(client.get("/admin/posts/new")).select_one("[name=csrf_token]")["value"]
    assert client.post(f"/admin/posts/{public.id}/trash", data={"csrf_token": token}).status_code == 403
    assert stored(public.id).is_public
