"""Every save of a post is kept, can be compared and restored; what was public stays readable."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from blueprints.core.db import db, now, writing
from blueprints.posts import versions
from blueprints.posts.models import Post
from blueprints.posts.versions import PostVersion
from tests.admin.browsing import WORLDS, fill, form_of, press, soup


def saved(post: Post) -> list[tuple[int, str, str, bool]]:
    found = db.session.scalars(select(PostVersion).where(PostVersion.post_id == post.id).order_by(PostVersion.number))
    return [(each.number, each.title, each.body, each.was_public) for each in found]


def save(client, post: Post, world: str = "plain", **changes: str):
    return fill(client, f"/admin/posts/{post.id}/edit", "#post-form", world, **changes)


@pytest.fixture
def post(make, editor) -> Post:
    other = make.post("Another", body="Its versions are none of the essay's.")
    with writing():
        versions.begin(db.session.get(Post, other.id))
    return make.post("Essay", slug="essay", body="One.\n\nTwo words.", authors=[editor.person])


@pytest.mark.parametrize("world", WORLDS)
def test_each_save_that_changes_words_is_kept_with_who_and_when(client, editor, post, world):
    save(client, post, world, body="One.\n\nThree words.")
    save(client, post, world, tags="Law")
    save(client, post, world, title="Better")
    assert saved(post) == [
        (1, "Essay", "One.\n\nTwo words.", True),
        (2, "Essay", "One.\n\nThree words.", True),
        (3, "Better", "One.\n\nThree words.", True),
    ]
    rows = soup(client.get(f"/admin/posts/{post.id}/versions")).select(".row__more")
    assert ["What it says now" in row.text for row in rows] == [True, False, False]
    assert [editor.person.name in row.text for row in rows] == [True, True, False]


@pytest.mark.parametrize("world", WORLDS)
def test_draft_is_kept_from_its_first_save_and_is_public_from_its_publication_on(client, editor, world):
    fill(client, "/admin/posts/new", "#post-form", world, title="New", body="First.")
    [post] = db.session.scalars(select(Post))
    save(client, post, world, body="Second.")
    save(client, post, world, then="publish")
    assert saved(post) == [(1, "New", "First.", False), (2, "New", "Second.", True)]


def test_scheduled_text_counts_as_read_once_its_minute_has_come(client, make, editor):
    """Nobody saves anything in that minute: the next save notes it."""
    post = make.post(body="Then.", authors=[editor.person], published_at=now() + timedelta(days=1))
    save(client, post, body="Now.")
    with writing():
        db.session.get(Post, post.id).published_at = now() - timedelta(minutes=1)
    save(client, post, body="Later.")
    assert [was_public for *_rest, was_public in saved(post)] == [False, True, True]


@pytest.mark.parametrize("world", WORLDS)
def test_restored_version_is_what_everybody_reads_and_nothing_is_lost(client, editor, post, world):
    save(client, post, body="Worse.")
    form = form_of(client, f"/admin/posts/{post.id}/versions", ".row__actions")
    response = press(client, form, world)
    if world == "plain":
        assert response.status_code == 303
        assert "it says again" in client.get(response.location).text
    else:
        assert response.status_code == 200
        assert soup(response).select_one("#post-versions [role=status]").text.startswith("It says again what version 1")
    assert [body for _number, _title, body, _public in saved(post)] == [
        "One.\n\nTwo words.",
        "Worse.",
        "One.\n\nTwo words.",
    ]
    assert "Two words." in client.get("/posts/essay").text


@pytest.mark.parametrize("view", ["", "?view=side"])
def test_page_of_a_version_shows_what_it_changed_in_words(client, editor, post, view):
    save(client, post, body="One.\n\nTwo good words.")
    page = soup(client.get(f"/admin/posts/{post.id}/versions/2{view}"))
    assert [each.text for each in page.select(".changes ins")] == ["good "]
    assert not page.select(".changes del")
    assert [each.text for each in page.select(".changes h2")] == ["Text"]


def test_who_may_not_edit_a_post_sees_none_of_its_versions(client, make, author):
    post = make.post("Another's", authors=[make.person()])
    for path in (f"/admin/posts/{post.id}/versions", f"/admin/posts/{post.id}/versions/1"):
        assert client.get(path).status_code == 404
    assert client.post(f"/admin/posts/{post.id}/versions/1/restore").status_code in (400, 404)


def test_former_public_version_stays_readable_and_says_that_it_is_superseded(client, editor, post):
    save(client, post, body="One.\n\nThree words.", updated="y")
    assert client.get("/posts/essay/versions/2").location == "/posts/essay"
    page = soup(client.get("/posts/essay/versions/1"))
    assert "Two words." in page.select_one(".prose").text
    assert "superseded" in page.select_one("[role=note]").text
    assert page.select_one("[rel=canonical]")["href"].endswith("/posts/essay")
    links = [each["href"] for each in soup(client.get("/posts/essay/versions")).select(".archive a")]
    assert links == ["/posts/essay", "/posts/essay/versions/1"]


def test_what_was_never_public_is_not_read_by_anybody(client, editor):
    fill(client, "/admin/posts/new", "#post-form", title="New", body="Secret.")
    [post] = db.session.scalars(select(Post))
    save(client, post, body="Fit to print.", then="publish")
    assert client.get(f"/posts/{post.slug}/versions/1").status_code == 404
    save(client, post, then="withdraw")
    for tail in ("", "/1", "/2"):
        assert client.get(f"/posts/{post.slug}/versions{tail}").status_code == 410


def test_html_of_a_version_is_cleaned_like_the_posts(client, make, editor):
    post = make.post("Essay", slug="essay", body="<p>Old <script>alert(1)</script>text</p>", body_format="html")
    save(client, post, body="<p>New</p>")
    page = client.get("/posts/essay/versions/1")
    assert "alert(1)" not in page.text
    assert "<p>Old text</p>" in page.text
