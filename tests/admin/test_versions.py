"""A comment's words at the desk: changed with a reason that readers see, and a version of them hidden."""

import pytest

from blueprints.comments.models import Comment
from blueprints.core.db import db, writing
from tests.admin.browsing import WORLDS, form_of, press, soup

SECRET = "Call me under 555 0199"


@pytest.fixture
def comment(make) -> Comment:
    return make.comment(make.post("On paper"), f"{SECRET}, please")


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


def change(client, comment, world="plain", **fields):
    fields = {"text": "Call me, please", "reason": "a telephone number taken out", **fields}
    return press(client, form_of(client, f"/admin/comments/{comment.id}/edit", "#words-form"), world, **fields)


@pytest.mark.parametrize("world", WORLDS)
def test_editor_changes_a_comment_and_readers_see_who_and_why(client, editor, comment, world):
    response = change(client, comment, world)
    assert response.status_code == (303 if world == "plain" else 200)
    assert reread(comment).text == "Call me, please"
    step = soup(client.get(f"/comments/{comment.id}/history")).select(".history__step")[1]
    assert "by an editor: a telephone number taken out" in " ".join(step.text.split())
    assert soup(client.get(f"/posts/{comment.post.slug}")).select_one(".comment__edited")


@pytest.mark.parametrize("world", WORLDS)
def test_hidden_version_is_shown_to_no_reader_not_even_as_struck_out(client, editor, comment, world):
    change(client, comment)
    first = reread(comment).versions[0].id
    form = form_of(client, f"/admin/comments/{comment.id}/edit", f"#version-{first}")
    assert "555" in client.get(f"/comments/{comment.id}/history").text
    press(client, form, world)
    history = client.get(f"/comments/{comment.id}/history").text
    assert "555" not in history
    assert "has hidden" in history
    assert "Call me, please" in history
    press(client, form_of(client, f"/admin/comments/{comment.id}/edit", f"#version-{first}"), world)
    assert "555" in client.get(f"/comments/{comment.id}/history").text


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("fields", [{"reason": ""}, {"text": " "}, {"text": "[](/)"}, {"reason": "x" * 201}])
def test_change_without_a_reason_or_words_is_given_back(client, editor, comment, world, fields):
    response = change(client, comment, world, **fields)
    assert response.status_code == 422
    assert soup(response).select_one("#words-form [aria-invalid=true]")
    assert SECRET in reread(comment).text


@pytest.mark.parametrize("world", WORLDS)
def test_change_of_what_was_changed_meanwhile_shows_both(client, editor, comment, world):
    form = form_of(client, f"/admin/comments/{comment.id}/edit", "#words-form")
    change(client, comment, text="By its writer meanwhile")
    response = press(client, form, world, text="By me", reason="why")
    assert response.status_code == 409
    areas = {area.text.strip() for area in soup(response).select("#words-form textarea")}
    assert areas == {"By me", "By its writer meanwhile"}
    assert reread(comment).text == "By its writer meanwhile"


@pytest.mark.parametrize("world", WORLDS)
def test_only_who_looks_after_the_post_changes_or_hides(client, make, author, comment, world):
    with writing():
        reread(comment).edit("Second", "<p>Second</p>")
    first = reread(comment).versions[0].id
    for tail in ("edit", f"versions/{first}/hide"):
        path = f"/admin/comments/{comment.id}/{tail}"
        token = form_of(client, "/admin", "form[action$='sign-out']").select_one("[name=csrf_token]")["value"]
        data = {"text": "x", "reason": "x", "csrf_token": token}
        response = client.htmx("POST", path, data=data) if world == "htmx" else client.post(path, data=data)
        assert response.status_code == 404
    assert (reread(comment).text, reread(comment).versions[0].is_hidden) == ("Second", False)


def test_withdrawn_comment_has_nothing_to_edit(client, editor, comment):
    with writing():
        reread(comment).withdraw()
    assert client.get(f"/admin/comments/{comment.id}/edit").status_code == 410
