"""One's own comment: changed within its time, with a history that everybody can read, and withdrawn at any time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app import create_app
from blueprints.comments.models import APPROVED, PENDING, SPAM, TRASH, WITHDRAWN, Comment, Version
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, form_of, partials, press, soup
from tests.comments.test_views import comments, hold, post_of, send
from tests.comments.test_writing import previewed


@pytest.fixture
def post(make) -> Post:
    hold("none")
    return make.post("On paper")


@pytest.fixture
def comment(client, post) -> Comment:
    """Published, sent from this browser."""
    send(client, post, comment="First words")
    return comments()[0]


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


def set_row(row, **values) -> None:
    with writing():
        for name, value in values.items():
            setattr(db.session.get(type(row), row.id), name, value)


def edit_form(client, comment: Comment):
    return form_of(client, f"/comments/{comment.id}/edit", f"#edit-{comment.id}-form")


def change(client, comment: Comment, world: str = "plain", text: str = "Second words", **fields: str):
    return press(client, edit_form(client, comment), world, comment=text, **fields)


def withdraw(client, comment: Comment, world: str = "plain"):
    path = f"/comments/{comment.id}/delete"
    return press(client, form_of(client, path, f"#withdraw-{comment.id}-form"), world)


def versions(comment: Comment) -> list[tuple[str, bool]]:
    found = db.session.scalars(db.select(Version).where(Version.comment_id == comment.id).order_by(Version.id))
    return [(version.text, version.by_editor) for version in found]


def told(response) -> str:
    return soup(response).get_text(" ", strip=True)


@pytest.mark.parametrize("world", WORLDS)
def test_writer_changes_a_comment_and_everybody_sees_that_it_was(client, post, comment, world):
    response = change(client, comment, world, "Second *words*")
    if world == "plain":
        assert response.status_code == 303
        assert response.location == f"/posts/{post.slug}#comment-{comment.id}"
        article = soup(client.get(response.location)).find(id=f"comment-{comment.id}")
    else:
        assert response.status_code == 200
        assert "published" in partials(response)["#status"].text
        article = partials(response)[f"#comment-{comment.id}"].find("article")
        assert article.has_attr("autofocus")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert article.find("em").text == "words"
    mark = article.find(class_="comment__edited")
    assert mark["href"] == f"/comments/{comment.id}/history"
    assert mark.find("time")
    assert versions(comment) == [("First words", False), ("Second *words*", False)]
    assert (reread(comment).number, post_of(comment).comment_count) == (1, 1)


@pytest.mark.parametrize("world", WORLDS)
def test_preview_of_a_change_is_what_is_published_and_stores_nothing(client, post, comment, world):
    text = "See #1, *so*: https://example.org"
    response = change(client, comment, world, text, preview="Preview")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    assert reread(comment).text == "First words"
    shown = previewed(response, world, f"edit-{comment.id}-form")
    assert shown["id"] != f"comment-{comment.id}"
    change(client, comment, world, text)
    published = soup(client.get(f"/posts/{post.slug}")).find(id=f"comment-{comment.id}")
    for part in (".prose", ".comment__name"):
        assert str(shown.select_one(part)) == str(published.select_one(part))
    if world == "plain":
        assert soup(response).find("textarea", {"name": "comment"}).text.strip() == text
    assert change(client, comment, world, " ", preview="Preview").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_history_shows_every_version_with_what_changed(client, comment, world):
    change(client, comment, text="First <b>words</b> & more")
    change(client, comment, text="Last <b>words</b> & more")
    path = f"/comments/{comment.id}/history"
    response = client.htmx("GET", path) if world == "htmx" else client.get(path)
    steps = soup(response).select(".history__step")
    assert [step.select_one(".history__head").text.split()[0] for step in steps] == ["Sent", "Edited", "Edited"]
    assert all("by its writer" in step.text for step in steps)
    assert [(tag.name, tag.text) for tag in steps[2].select("del, ins")] == [("del", "First"), ("ins", "Last")]
    assert steps[2].select_one(".history__text").find("b") is None, "what was typed is text"
    assert bool(soup(response).find("html")) == (world == "plain")


def test_comment_that_was_never_changed_has_an_empty_history(client, make, post):
    comment = make.comment(post)
    assert "never changed" in told(client.get(f"/comments/{comment.id}/history"))


@pytest.mark.parametrize("world", WORLDS)
def test_what_nobody_has_seen_leaves_no_trace_when_it_is_changed(client, post, world):
    hold("new")
    send(client, post, comment="First words")
    [comment] = comments()
    response = change(client, comment, world)
    assert (reread(comment).text, reread(comment).state, reread(comment).edited_at) == ("Second words", PENDING, None)
    assert versions(comment) == []
    if world == "plain":
        assert response.location == f"/posts/{post.slug}/comments/mine#comment-{comment.id}"
    else:
        assert "Second words" in partials(response)[f"#comment-{comment.id}"].text
        assert "Second words" in client.htmx("GET", f"/comments/{comment.id}").text, "Cancel brings it back"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (" ", "Write your comment"),
        ("x" * 10_001, "10,001 characters"),
        ("a\0b", "U+0000"),
        ("[](/)", "nothing to read"),
    ],
)
def test_change_passes_the_checks_of_a_new_comment_and_nothing_is_lost(client, comment, world, text, says):
    response = change(client, comment, world, text)
    assert response.status_code == 422
    form = soup(response).find(id=f"edit-{comment.id}-form")
    control = form.find("textarea")
    assert control["aria-invalid"] == "true"
    assert control.text.lstrip("\r\n") == text.rstrip()
    assert says in form.text
    assert reread(comment).text == "First words"


@pytest.mark.parametrize("world", WORLDS)
def test_change_that_adds_links_waits_for_an_editor_with_its_words(client, post, comment, world):
    links = "http://a.example http://b.example http://c.example"
    response = change(client, comment, world, links)
    stored = reread(comment)
    assert (stored.state, stored.text, stored.number) == (PENDING, links, 1)
    assert "3 or more links" in stored.hold_reason
    assert post_of(comment).comment_count == 0
    assert "a.example" not in client.get(f"/posts/{post.slug}").text
    assert client.get(f"/comments/{comment.id}/history").status_code == 410
    seen = client.get(response.location) if world == "plain" else response
    assert "3 or more links" in told(seen)
    set_row(comment, state=APPROVED)
    assert [text for text, _ in versions(comment)] == ["First words", links]


def test_change_of_what_waits_again_is_one_version_for_readers(client, comment):
    change(client, comment, text="http://a.example http://b.example http://c.example")
    change(client, comment, text="No links after all")
    assert [text for text, _ in versions(comment)] == ["First words", "No links after all"]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("arrange", "status", "says"),
    [
        (lambda comment: set_row(comment, created_at=now() - timedelta(minutes=16)), 403, "15 minutes"),
        (lambda comment: set_row(comment.post, comments_open=False), 403, "closed"),
        (lambda comment: set_row(comment, state=TRASH), 410, "An editor has removed"),
        (lambda comment: set_row(comment, state=SPAM), 410, "An editor has removed"),
        (lambda comment: set_row(comment, state=WITHDRAWN), 410, "You have withdrawn"),
    ],
    ids=["late", "closed", "removed", "spam", "withdrawn"],
)
def test_change_that_comes_too_late_is_told_why_and_given_back(client, comment, world, arrange, status, says):
    form = edit_form(client, comment)
    arrange(comment)
    response = press(client, form, world, comment="Typed with care")
    assert response.status_code == status
    assert says in told(response)
    assert reread(comment).text == "First words"
    assert client.get(f"/comments/{comment.id}/edit").status_code == status
    if world == "plain":
        assert "Typed with care" in soup(response).find("textarea").text
        assert "Your change is not stored" in told(response)
        assert "no longer here" in told(response) or status != 410
        assert soup(response).select("main button") == []  # sent again it would be refused again


def test_site_that_allows_no_changes_says_so_and_still_lets_withdraw(app, client, comment):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], edit_minutes=0)
    assert "not changed here" in told(client.get(f"/comments/{comment.id}/edit"))
    page = soup(client.get(f"/posts/{comment.post.slug}/comments/mine"))
    assert [link.text.split()[0] for link in page.select(".comment__own a")] == ["Withdraw"]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_nobody_else_changes_or_withdraws_it(app, client, make, comment, world, verb):
    stranger = type(client)(app, app.response_class)
    held = make.pending(comment.post)
    path = f"/comments/{comment.id}/{verb}"
    data = {"comment": "Not mine", "author": comment.name, "email": comment.email}
    for browser in (stranger, client):
        browser.set_cookie("writer", "guessed")
        response = browser.htmx("POST", path, data=data) if world == "htmx" else browser.post(path, data=data)
        assert response.status_code == 403
        assert browser.get(path).status_code == 403
        assert browser.get(f"/comments/{held.id}/{verb}").status_code == 404, "that it waits is not to be known"
        assert browser.post(f"/comments/{held.id}/{verb}", data=data).status_code == 404
    assert (reread(comment).text, reread(comment).state) == ("First words", APPROVED)


@pytest.mark.parametrize("world", WORLDS)
def test_change_in_a_second_tab_is_not_lost_to_the_first(client, comment, world):
    form = edit_form(client, comment)
    change(client, comment, text="From the second tab")
    response = press(client, form, world, comment="From the first tab")
    assert response.status_code == 409
    typed, stored = [area.text.strip() for area in reversed(soup(response).find_all("textarea"))]
    assert (typed, stored) == ("From the first tab", "From the second tab")
    assert reread(comment).text == "From the second tab"
    press(client, soup(response).find("form", class_="comment-form"), world, comment="Both")
    assert reread(comment).text == "Both"


def test_same_change_sent_twice_is_made_once(client, comment):
    form = edit_form(client, comment)
    first, again = (press(client, form, comment="Second words") for _ in range(2))
    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert len(versions(comment)) == 2


def test_comment_is_not_changed_without_end(client, comment, monkeypatch):
    monkeypatch.setattr("blueprints.comments.views.editing.MOST_VERSIONS", 2)
    change(client, comment)
    assert "very often" in told(client.get(f"/comments/{comment.id}/edit"))


def test_form_of_another_post_changes_nothing(client, make, comment):
    from blueprints.comments.forms import token_for

    response = change(client, comment, token=token_for(make.post().id))
    assert response.status_code == 422
    assert reread(comment).text == "First words"


def test_site_where_every_comment_is_read_first_reads_changes_too(client, comment):
    hold("all")
    assert "An editor reads every change" in edit_form(client, comment).text
    change(client, comment)
    assert reread(comment).state == PENDING


def test_own_comment_can_be_changed_after_a_restart(app, client, comment):
    again = create_app(app.config["SETTINGS"])
    browser = type(client)(again, again.response_class)
    browser.set_cookie("writer", client.get_cookie("writer").value)
    path, data = f"/comments/{comment.id}/edit", {"comment": "After the restart"}
    form = soup(browser.get(path)).find(id=f"edit-{comment.id}-form")
    data |= {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert browser.post(path, data=data).status_code == 303
    with again.app_context():
        db.engine.dispose()
    again.extensions["cache"].close()
    assert reread(comment).text == "After the restart"


def test_only_the_answer_to_a_post_sets_the_cookie(app, client, post):
    client.get(f"/posts/{post.slug}")
    assert client.get_cookie("writer") is None
    answer = send(client, post)
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get(f"/posts/{post.slug}/comments/mine").headers


def test_buttons_come_to_the_writer_alone_and_the_page_is_the_same_for_all(app, client, make, post, comment):
    make.comment(post, "By somebody else")
    stranger = type(client)(app, app.response_class)
    path = f"/posts/{post.slug}"
    assert client.get(path).data == stranger.get(path).data
    assert f"/comments/{comment.id}/edit" not in client.get(path).text
    own = client.htmx("GET", f"{path}/comments/mine")
    assert own.headers["Cache-Control"] == "private, no-store"
    [actions] = soup(own).select("[data-own-of]")
    assert actions["data-own-of"] == str(comment.id)
    assert [link["href"] for link in actions.find_all("a")] == [
        f"/comments/{comment.id}/{v}" for v in ("edit", "delete")
    ]
    assert "15 minutes left" in actions.text
    assert soup(stranger.htmx("GET", f"{path}/comments/mine")).select("[data-own-of]") == []


def test_buttons_are_there_as_soon_as_the_comment_is(client, post):
    response = send(client, post, "htmx")
    assert partials(response)["#own-comments"].select_one("[data-own-of]")


@pytest.mark.parametrize("world", WORLDS)
def test_withdrawn_comment_that_nobody_answered_is_gone(client, make, post, comment, world):
    change(client, comment)
    response = withdraw(client, comment, world)
    stored = reread(comment)
    assert (stored.state, stored.text, stored.html, stored.number) == (WITHDRAWN, "", "", 1)
    assert versions(comment) == []
    assert post_of(comment).comment_count == 0
    if world == "plain":
        assert (response.status_code, response.location) == (303, f"/posts/{post.slug}#comments")
    else:
        assert partials(response)[f"#branch-{comment.id}"]["hx-swap"] == "delete"
        assert "withdrawn" in partials(response)["#status"].text
    assert soup(client.get(f"/posts/{post.slug}")).find(id=f"comment-{comment.id}") is None
    for path in (f"/comments/{comment.id}", f"/comments/{comment.id}/history", f"/comments/{comment.id}/edit"):
        assert client.get(path).status_code == 410
        assert "words" not in told(client.get(path))
    assert "withdrawn by its writer" in told(client.get(f"/comments/{comment.id}"))
    assert make.comment(post).number == 2, "a number is never given twice"


@pytest.mark.parametrize("world", WORLDS)
def test_withdrawn_comment_that_was_answered_leaves_a_line(client, make, post, comment, world):
    make.comment(post, "An answer", parent=comment)
    response = withdraw(client, comment, world)
    place = client.get(f"/posts/{post.slug}") if world == "plain" else response
    line = soup(place).find(id=f"comment-{comment.id}")
    assert "Withdrawn by its writer" in line.text
    assert "Jo" not in line.text
    assert "An answer" in client.get(f"/posts/{post.slug}").text


@pytest.mark.parametrize("arrange", [{"state": PENDING}, {"state": TRASH}, {"created_at": now() - timedelta(days=900)}])
def test_comment_can_be_withdrawn_at_any_time(client, comment, arrange):
    set_row(comment, **arrange)
    assert withdraw(client, comment).status_code == 303
    assert reread(comment).text == ""


def test_withdrawing_twice_is_withdrawing_once(client, make, post, comment):
    make.comment(post)
    form = form_of(client, f"/comments/{comment.id}/delete", ".comment-form")
    assert {press(client, form).status_code for _ in range(2)} == {303}
    assert post_of(comment).comment_count == 1
    assert "You have withdrawn" in told(client.get(f"/comments/{comment.id}/delete"))


def test_asking_for_the_page_withdraws_nothing(client, comment):
    assert "Withdraw your comment?" in told(client.get(f"/comments/{comment.id}/delete"))
    client.head(f"/comments/{comment.id}/delete")
    assert reread(comment).state == APPROVED


def test_nobody_brings_a_withdrawn_comment_back(client, comment):
    withdraw(client, comment)
    with writing():
        reread(comment).move_to(APPROVED)
    assert reread(comment).state == WITHDRAWN
    assert post_of(comment).comment_count == 0


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "COMMENT_LIMIT": "1 per minute"}])
@pytest.mark.parametrize("world", WORLDS)
def test_changing_counts_against_the_limit_and_gives_the_text_back(client, comment, world):
    response = change(client, comment, world, "Typed in haste")
    assert response.status_code == 429
    assert response.headers["Retry-After"]
    if world == "plain":
        page = soup(response)
        assert "Typed in haste" in page.find("textarea").text
        assert page.find("input", {"name": "basis"})["value"]
        assert page.find(id="comment-form-author") is None
