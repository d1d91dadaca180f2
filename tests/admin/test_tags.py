"""Tags put in order: described, renamed, merged, taken away; no address that was ever public is lost."""

import pytest

from blueprints.core.db import db, writing
from blueprints.posts import tags
from blueprints.posts.models import Post
from blueprints.posts.tags import Tag
from tests.admin.browsing import WORLDS, fill, press, soup


def numbers(client) -> dict[str, str]:
    rows = soup(client.get("/admin/tags")).select("#tag-list .row")
    return {row.h2.get_text(): row.select_one(".row__more span").get_text() for row in rows}


def page_of(name: str) -> str:
    return f"/admin/tags/{tags.by_slug(name).id}/edit"


@pytest.mark.parametrize("world", WORLDS)
def test_tag_is_described_and_renamed_and_its_former_address_leads_on(client, make, editor, world):
    make.post("Essay", slug="essay", tags=["Ethcs"])
    assert client.get("/tags/ethcs").status_code == 200
    answer = fill(
        client, page_of("ethcs"), "#tag-form", world, name="Ethics", slug="ethics", description="What we <owe> others."
    )
    assert answer.status_code == (303 if world == "plain" else 200)
    page = client.get("/tags/ethics")
    assert "What we &lt;owe&gt; others." in page.text
    assert client.get("/tags/ethcs").location == "/tags/ethics"
    assert client.get("/tags/ethcs/feed.atom").location == "/tags/ethics/feed.atom"
    assert client.get("/category/ethcs/").location == "/tags/ethcs"
    assert "Ethics" in client.get("/posts/essay").text
    assert "Essay" in client.get("/search?q=ethics").text


@pytest.mark.parametrize("world", WORLDS)
def test_slug_of_another_tag_is_refused_and_nothing_is_lost(client, make, editor, world):
    make.post(tags=["Logic", "Ethics"])
    answer = fill(client, page_of("logic"), "#tag-form", world, slug="ethics", description="Kept words.")
    assert answer.status_code == 422
    assert "Another tag has this slug" in answer.text
    assert "Kept words." in answer.text
    assert tags.by_slug("logic").description == ""
    assert fill(client, page_of("logic"), "#tag-form", world, name="!!!", slug="").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_merged_tags_are_one_with_all_posts_and_addresses(client, make, editor, world):
    make.post("Both", slug="both", tags=["Ethik", "Ethics"])
    make.post("Old", slug="old", tags=["Ethik"])
    make.post("New", slug="new", tags=["Ethics"])
    for path in ("/tags/ethik", "/tags/ethics", "/posts/old", "/posts/both", "/tags/ethics/feed.atom"):
        assert client.get(path).status_code == 200
    into = str(tags.by_slug("ethics").id)
    answer = fill(client, page_of("ethik"), "#tag-merge", world, into=into)
    assert answer.status_code == (303 if world == "plain" else 200)
    assert numbers(client) == {"Ethics": "3 posts"}
    shown = client.get("/tags/ethics").text
    assert all(f"/posts/{slug}" in shown for slug in ("both", "old", "new"))
    assert "/posts/old" in client.get("/tags/ethics/feed.atom").text
    assert client.get("/tags/ethik").location == "/tags/ethics"
    assert "Ethik" not in client.get("/posts/old").text
    assert "Old" not in client.get("/search?q=ethik").text
    with writing():
        assert [tag.slug for tag in tags.named(["Ethik", "ethics"])] == ["ethics"]


def test_addresses_of_a_tag_that_was_merged_twice_lead_to_the_last(client, make, editor):
    make.post(tags=["One", "Two", "Three"])
    for name, into in (("one", "two"), ("two", "three")):
        fill(client, page_of(name), "#tag-merge", into=str(tags.by_slug(into).id))
    assert client.get("/tags/one").location == "/tags/three"
    assert client.get("/tags/two").location == "/tags/three"


@pytest.mark.parametrize("world", WORLDS)
def test_merging_into_nothing_says_so(client, make, editor, world):
    make.post(tags=["Ethik"])
    answer = fill(client, page_of("ethik"), "#tag-merge", world)
    assert answer.status_code == 422
    assert "Choose the tag that stays." in answer.text


def test_tag_is_taken_off_all_posts_which_stay(client, make, editor):
    post = make.post("Essay", slug="essay", tags=["Ethics", "Logic"])
    assert "Ethics" in client.get("/posts/essay").text
    form = soup(client.get(page_of("ethics"))).select_one("form[action$=remove]")
    assert press(client, form).status_code == 303
    assert "Ethics" not in client.get("/posts/essay").text
    assert client.get("/tags/ethics").status_code == 404
    assert [tag.name for tag in db.session.get(Post, post.id).tags] == ["Logic"]
    assert db.session.query(Tag).count() == 1
