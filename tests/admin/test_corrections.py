"""Corrections: said with their date above and below the text, in the feed, and taken back."""

import pytest

from blueprints.core.db import db
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, partials, soup

WRONG = "The year was 1848, not 1849. <b>Sorry</b>"


@pytest.fixture
def post(make, editor) -> Post:
    return make.post("Essay", slug="essay", body="It was 1848.", authors=[editor.person])


def save(client, post: Post, world: str = "plain", **changes):
    return fill(client, f"/admin/posts/{post.id}/edit", "#post-form", world, **changes)


def said(client) -> list[str]:
    return [each.text for each in soup(client.get("/posts/essay")).select(".article__foot .disclaimer")]


@pytest.mark.parametrize("world", WORLDS)
def test_readers_are_told_of_a_correction_with_its_date_wherever_they_read(client, editor, post, world):
    response = save(client, post, world, correction=WRONG)
    if world == "htmx":
        assert soup(response).select_one("#field-correction").text.strip() == "", "said once"
        assert WRONG in partials(response)["#post-switches"].text
    page = soup(client.get("/posts/essay"))
    [told] = said(client)
    assert told.startswith("Corrected ")
    assert told.endswith(WRONG)
    assert page.select_one(".article__meta a[href='#corrections']").text.startswith("Corrected ")
    assert page.select_one("#corrections")
    feed = client.get("/feed.atom").text
    assert "Corrected on" in feed
    assert db.session.get(Post, post.id, populate_existing=True).updated_at.isoformat()[:19] in feed


@pytest.mark.parametrize("world", WORLDS)
def test_corrections_stand_in_their_order_and_one_is_taken_back(client, editor, post, world):
    save(client, post, world, correction="First.")
    save(client, post, world, correction="Second.")
    save(client, post, world, correction="Second.")
    assert [each.rpartition(": ")[2] for each in said(client)] == ["First.", "Second."]
    first = db.session.get(Post, post.id, populate_existing=True).corrections[0]
    save(client, post, world, taken_back=first.made_at.isoformat())
    assert [each.rpartition(": ")[2] for each in said(client)] == ["Second."]


@pytest.mark.parametrize("world", WORLDS)
def test_correction_is_still_in_the_form_when_something_else_is_wrong(client, editor, post, world):
    response = save(client, post, world, correction=WRONG, title="")
    assert response.status_code == 422
    assert soup(response).select_one("#field-correction").text.strip() == WRONG
    assert said(client) == []


def test_draft_has_nothing_to_correct(client, make, editor):
    draft = make.post(state="draft", published_at=None, authors=[editor.person])
    assert soup(client.get(f"/admin/posts/{draft.id}/edit")).select_one("#field-correction") is None


def test_correction_that_nobody_made_is_not_taken_back(client, editor, post):
    save(client, post, correction="First.")
    assert save(client, post, taken_back="yesterday").status_code == 303
    assert len(said(client)) == 1
