"""How a post is shown: each setting as its readers meet it."""

import json
from datetime import timedelta

import pytest

from blueprints.core.db import db, now, writing
from blueprints.posts import series
from blueprints.posts.closing import close_what_is_due
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, press, soup


@pytest.fixture
def environ(environ):
    return {**environ, "SITE_URL": "http://journal.example"}


def settings_of(post) -> str:
    return f"/admin/posts/{post.id}/settings"


def save(client, post, world="plain", **changes):
    return fill(client, settings_of(post), "#post-settings-form", world, **changes)


@pytest.mark.parametrize("world", WORLDS)
def test_post_in_another_language_says_so_and_is_quoted_in_its_way(client, make, editor, world):
    post = make.post("Essai", slug="essai", body='Il dit "non".')
    assert client.get("/posts/essai").status_code == client.get("/").status_code == 200
    assert save(client, post, world, language="fr").status_code == (303 if world == "plain" else 200)
    page = soup(client.get("/posts/essai"))
    assert page.select_one("#post")["lang"] == "fr"
    assert "«" in page.select_one("#post .prose").get_text()
    assert page.html["lang"] == "en"
    assert soup(client.get("/")).select_one(".summary")["lang"] == "fr"
    assert save(client, post, world, language="not a tag").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_series_is_begun_in_a_post_and_leads_on_and_back(client, make, editor, world):
    first, second, third = (make.post(f"Part {name}", slug=name) for name in ("one", "two", "three"))
    save(client, first, world, series="new", new_series="On method")
    [begun] = series.everything()
    save(client, second, world, series=str(begun.id))
    assert 'rel="next"' not in client.get("/posts/two").text
    save(client, third, world, series=str(begun.id), series_number="7")
    page = soup(client.get("/posts/two"))
    assert page.select_one(".article__series").get_text(" ", strip=True) == "On method Part 2"
    assert page.select_one("a[rel=prev]")["href"] == "/posts/one"
    assert page.select_one("a[rel=next]")["href"] == "/posts/three"
    listed = soup(client.get("/series/on-method")).select(".series__part")
    assert [(part["value"], part.a["href"]) for part in listed] == [
        ("1", "/posts/one"),
        ("2", "/posts/two"),
        ("7", "/posts/three"),
    ]
    assert "/series/on-method" in client.get("/series").text
    assert "/series" in client.get("/archive").text
    save(client, first, world, series="")
    assert "article__series" not in client.get("/posts/one").text
    assert soup(client.get("/posts/two")).select_one("a[rel=prev]") is None


def test_new_series_wants_a_title(client, make, editor):
    answer = save(client, make.post(), series="new", first_in="Kept words")
    assert answer.status_code == 422
    assert "Give the new series a title." in answer.text
    assert "Kept words" in answer.text
    assert not series.everything()


def test_title_of_a_new_series_is_not_lost(client, make, editor):
    save(client, make.post(), new_series="On method")
    [begun] = series.everything()
    assert begun.title == "On method"
    answer = save(client, make.post(), series=str(begun.id), new_series="On style")
    assert answer.status_code == 422
    assert "Another series is chosen above" in answer.text
    assert "On style" in answer.text


def test_drafts_of_a_series_are_neither_listed_nor_pointed_at(client, make, editor):
    with writing():
        number = series.begin("Secret").id
    make.post(slug="one", series_id=number, series_number=1)
    make.post("Hidden", slug="two", series_id=number, series_number=2, state="draft", published_at=None)
    assert "Hidden" not in client.get("/posts/one").text
    assert "Hidden" not in client.get("/series/secret").text


@pytest.mark.parametrize("world", WORLDS)
def test_parts_are_put_in_another_order(client, make, editor, world):
    with writing():
        number = series.begin("On method").id
    posts = [make.post(f"P{at}", slug=f"p{at}", series_id=number, series_number=at) for at in (1, 2, 3)]
    form = form_of(client, f"/admin/series/{number}/edit", "#series-order")
    assert press(client, form, world, up=str(posts[2].id)).status_code == (303 if world == "plain" else 200)
    hrefs = [part.a["href"] for part in soup(client.get("/series/on-method")).select(".series__part")]
    assert hrefs == ["/posts/p1", "/posts/p3", "/posts/p2"]


@pytest.mark.parametrize("world", WORLDS)
def test_series_is_renamed_and_taken_away_and_its_former_address_leads_on(client, make, editor, world):
    with writing():
        number = series.begin("On methd").id
    make.post(slug="one", series_id=number, series_number=1)
    assert client.get("/series/on-methd").status_code == 200
    answer = fill(client, f"/admin/series/{number}/edit", "#series-form", world, title="On method", slug="on-method")
    assert answer.status_code == (303 if world == "plain" else 200)
    assert client.get("/series/on-methd").location == "/series/on-method"
    assert "On method" in client.get("/posts/one").text
    form = soup(client.get(f"/admin/series/{number}/edit")).select_one("form[action$=remove]")
    assert press(client, form).status_code == 303
    assert client.get("/series/on-method").status_code == 404
    assert "On method" not in client.get("/posts/one").text


@pytest.mark.parametrize("world", WORLDS)
def test_pinned_post_stands_first_and_once_and_a_featured_one_is_recommended(client, make, editor, world):
    old, older = (
        make.post(name, slug=name.lower(), published_at=now() - timedelta(days=days))
        for name, days in (("Old", 30), ("Older", 40))
    )
    make.post("Newest", slug="newest")
    assert "Pinned" not in client.get("/").text
    save(client, old, world, prominence="pinned")
    save(client, older, world, prominence="featured")
    page = soup(client.get("/"))
    titles = [each.get_text(strip=True) for each in page.select(".summary__title")]
    assert titles == ["Old", "Newest", "Older"]
    assert page.select_one(".featured li a")["href"] == "/posts/older"
    save(client, old, world, prominence="")
    assert "Pinned" not in client.get("/").text


def test_author_cannot_pin_a_post(client, make, author):
    post = make.post(authors=[author.person])
    save(client, post, prominence="pinned", language="de")
    stored = db.session.get(Post, post.id, populate_existing=True)
    assert (stored.prominence, stored.language) == ("", "de")


@pytest.mark.parametrize("world", WORLDS)
def test_reprint_names_where_it_comes_from_and_sends_search_engines_there(client, make, editor, world):
    post = make.post(slug="essay")
    assert "/posts/essay" in client.get("/sitemap.xml").text
    save(client, post, world, first_in="The Review", canonical_url="https://review.example/essay")
    page = soup(client.get("/posts/essay"))
    assert page.select_one("link[rel=canonical]")["href"] == "https://review.example/essay"
    assert "First published in The Review" in page.select_one("#post").get_text(" ", strip=True)
    assert "/posts/essay" not in client.get("/sitemap.xml").text
    assert save(client, post, world, canonical_url="javascript:alert(1)").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_card_and_facts_are_what_was_set(client, make, editor, world):
    post = make.post('Essay </script><b> "quoted"', slug="essay", authors=[make.person("Ada")])
    save(client, post, world, card_title="Read this", card_text="In short.", card_image="/media/map.jpg")
    page = soup(client.get("/posts/essay"))
    card = {meta["property"]: meta["content"] for meta in page.select("meta[property]")}
    assert card["og:title"] == "Read this"
    assert card["og:description"] == "In short."
    assert card["og:image"] == "http://journal.example/media/map.jpg"
    facts = json.loads(page.select_one("script[type='application/ld+json']").string)
    assert facts["headline"] == 'Essay </script><b> "quoted"'
    assert facts["author"][0]["name"] == "Ada"
    assert facts["dateModified"] == facts["datePublished"]
    assert save(client, post, world, card_image="//other.example/x.png").status_code == 422


def test_date_of_change_follows_every_change_of_the_public_text(client, make, editor):
    post = make.post(slug="essay", published_at=now() - timedelta(days=9))
    fill(client, f"/admin/posts/{post.id}/edit", "#post-form", body="Other words.")
    facts = json.loads(soup(client.get("/posts/essay")).select_one("script[type='application/ld+json']").string)
    assert facts["dateModified"][:10] == f"{now():%Y-%m-%d}"
    assert facts["datePublished"] < facts["dateModified"]
    assert f"{now():%Y-%m-%d}" in client.get("/sitemap.xml").text


@pytest.mark.parametrize(("hold", "status"), [("all", "pending"), ("none", "approved")])
def test_comments_wait_as_this_post_says(client, make, editor, hold, status):
    post = make.post(slug="essay")
    save(client, post, hold=hold)
    client.delete_cookie("session")
    form = form_of(client, "/posts/essay", "#comment-form")
    press(client, form, author="Jo", email="jo@example.org", comment="Words.")
    stored = db.session.get(Post, post.id, populate_existing=True)
    assert stored.comment_count == (1 if status == "approved" else 0)


@pytest.mark.parametrize("world", WORLDS)
def test_discussion_closes_by_itself_at_the_end_of_its_last_day(client, make, editor, world):
    post = make.post(slug="essay")
    save(client, post, world, closes_on="2026-05-03")
    assert soup(client.get(settings_of(post))).select_one("#field-closes_on")["value"] == "2026-05-03"
    due = db.session.get(Post, post.id, populate_existing=True).closes_at
    assert close_what_is_due(due - timedelta(seconds=1)) == 0
    assert "comment-form" in client.get("/posts/essay").text
    assert close_what_is_due(due) == 1
    assert close_what_is_due(due) == 0
    assert 'id="comment-form"' not in client.get("/posts/essay").text
    assert save(client, post, world, closes_on="tomorrow").status_code == 422
