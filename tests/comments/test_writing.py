"""Writing well: the preview that is what will be published."""

import pytest

from tests.comments.test_views import WORLDS, comments, hold, partials, send, soup


@pytest.fixture
def post(make):
    hold("none")
    return make.post("On paper")


def previewed(response, world, form_id="comment-form"):
    """The comment that a preview shows, without what a published one has besides: its number and its place."""
    page = partials(response)[f"#{form_id}-preview"] if world == "htmx" else soup(response)
    return page.select_one(".preview > .comment")


@pytest.mark.parametrize("world", WORLDS)
def test_preview_is_what_is_published_and_stores_nothing(client, post, world):
    text = "A *thought* on https://example.org, <b>raw</b>:\n\n> quoted\n\n```py\nreturn 1\n```"
    response = send(client, post, world, comment=text, url="example.org", preview="Preview")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    assert comments() == []
    shown = previewed(response, world)
    send(client, post, world, comment=text, url="example.org")
    published = soup(client.get(f"/posts/{post.slug}")).select_one("#comment-list .comment")
    for part in (".prose", ".comment__name"):
        assert str(shown.select_one(part)) == str(published.select_one(part))
    assert str(published.select_one("pre code")) == "<code><b>return</b> <samp>1</samp>\n</code>"
    if world == "plain":
        form = soup(response).find(id="comment-form")
        assert form.find("textarea").text.strip() == text
        assert form.find("input", {"name": "author"})["value"] == "Jo"
        assert form["action"] == f"/posts/{post.slug}/comments"


@pytest.mark.parametrize("world", WORLDS)
def test_preview_does_not_ask_who_writes(client, post, world):
    response = send(client, post, world, author="", email="", preview="Preview")
    assert response.status_code == 200
    assert previewed(response, world).select_one(".prose em").text == "thought"
    assert soup(response).select(".field--invalid, p.problem") == []


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"comment": ""}, "Write your comment."),
        ({"comment": "x" * 10_001}, "10,001 characters long"),
        ({"comment": "-"}, "nothing to read"),
        ({"token": "stale"}, "had been open for very long"),
    ],
)
def test_preview_has_the_same_limits(client, post, world, fields, says):
    response = send(client, post, world, preview="Preview", **fields)
    assert response.status_code == 422
    assert says in response.get_data(as_text=True)
    assert comments() == []


@pytest.mark.parametrize("world", WORLDS)
def test_preview_of_a_reply_stays_with_its_form(client, make, post, world):
    parent = make.comment(post, "First", name="Ada")
    slot = f"reply-{parent.id}-form"
    response = send(client, post, world, f"/comments/{parent.id}/reply", preview="Preview", slot=slot)
    assert previewed(response, world, slot).select_one(".prose em")
    if world == "plain":
        assert soup(response).find(id=slot)["action"] == f"/comments/{parent.id}/reply"


@pytest.mark.parametrize("world", WORLDS)
def test_previews_are_limited_but_leave_room_for_the_comment(client, app, post, world):
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = type(settings)(**{**vars(settings), "comment_limit": "2 per minute"})
    statuses = [send(client, post, world, preview="Preview").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert send(client, post, world).status_code in (201, 303)
