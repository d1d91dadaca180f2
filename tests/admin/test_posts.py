"""Writing at the desk: every write as a plain form and as htmx."""

from datetime import timedelta

import pytest

from blueprints.core.db import db, now, writing
from blueprints.posts.models import Alias, Post
from tests.admin.browsing import WORLDS, fill, form_of, partials, press, soup, values


def posts() -> list[Post]:
    return list(db.session.scalars(db.select(Post).order_by(Post.id)))


def reread(post: Post) -> Post:
    return db.session.get(Post, post.id, populate_existing=True)


def edit(post: Post) -> str:
    return f"/admin/posts/{post.id}/edit"


@pytest.mark.parametrize("world", WORLDS)
def test_new_post_is_stored_as_a_draft(client, editor, world):
    response = fill(
        client,
        "/admin/posts/new",
        "#post-form",
        world,
        title="On paper",
        standfirst="Briefly.",
        body="Some *text*.",
        tags='Books, Arts，"Law, Order"',
    )
    [post] = posts()
    assert (post.title, post.slug, post.standfirst, post.body) == ("On paper", "on-paper", "Briefly.", "Some *text*.")
    assert (post.body_format, post.body_html) == ("markdown", "<p>Some <em>text</em>.</p>\n")
    assert (post.state, post.published_at, post.comments_open, post.disclaimer) == ("draft", None, True, None)
    assert post.authors == [editor.person]
    assert {tag.name for tag in post.tags} == {"Books", "Arts", "Law, Order"}
    if world == "plain":
        assert response.status_code == 303
        assert response.location == f"/admin/posts/{post.id}/edit?did=saved"
        assert "Saved." in client.get(response.location).get_data(as_text=True)
    else:
        assert response.status_code == 201
        assert soup(response).select_one("#post-form")["action"] == edit(post)
        assert partials(response)["#status"].get_text() == "Saved."


@pytest.mark.parametrize("world", WORLDS)
def test_new_post_can_be_published_at_once(client, editor, world):
    fill(client, "/admin/posts/new", "#post-form", world, title="Now", body="Text.", then="publish")
    [post] = posts()
    assert post.is_public
    assert client.get("/posts/now").status_code == 200


def test_new_post_that_is_sent_twice_is_stored_once(client, editor):
    form = form_of(client, "/admin/posts/new", "#post-form")
    first = press(client, form, title="Twice", body="Text.")
    second = press(client, form, title="Twice", body="Text.")
    assert len(posts()) == 1
    assert first.location == second.location


@pytest.mark.parametrize("world", WORLDS)
def test_invalid_post_is_shown_again_with_every_word(client, editor, world):
    response = fill(
        client,
        "/admin/posts/new",
        "#post-form",
        world,
        title="",
        standfirst="x" * 501,
        body="My <b>words</b>",
        tags="!!!, ok",
        slug="§§",
    )
    assert response.status_code == 422
    assert posts() == []
    form = soup(response).select_one("#post-form")
    kept = values(form)
    assert kept["body"] == "My <b>words</b>"
    assert kept["standfirst"] == "x" * 501
    assert kept["tags"] == "!!!, ok"
    for name in ("title", "standfirst", "tags", "slug"):
        field = form.select_one(f"#field-{name}")
        assert field["aria-invalid"] == "true"
        assert form.select_one(f"#field-{name}-errors").get_text(strip=True)


@pytest.mark.parametrize("world", WORLDS)
def test_post_without_text_is_not_published(client, make, editor, world):
    post = make.post(body="", state="draft", published_at=None)
    response = fill(client, edit(post), "#post-form", world, then="publish")
    assert response.status_code == 422
    assert reread(post).state == "draft"
    row = form_of(client, "/admin/posts", f"#post-row-{post.id} form")
    assert press(client, row, world).status_code == 422
    assert reread(post).state == "draft"


@pytest.mark.parametrize("world", WORLDS)
def test_edited_post_is_stored_and_stays_in_its_state(client, make, editor, world):
    post = make.post("Before", body="Old")
    response = fill(client, edit(post), "#post-form", world, title="After", body="New *text*")
    assert response.status_code == (303 if world == "plain" else 200)
    post = reread(post)
    assert (post.title, post.body, post.state, post.updated_at) == ("After", "New *text*", "published", None)
    assert "<em>text</em>" in post.body_html
    if world == "htmx":
        mark = partials(response)["#post-state"].select_one("[name=was]")["value"]
        assert mark == form_of(client, edit(post), "#post-form").select_one("[name=was]")["value"]


@pytest.mark.parametrize("world", WORLDS)
def test_update_is_dated_only_when_asked(client, make, editor, world):
    post = make.post()
    fill(client, edit(post), "#post-form", world, body="New", updated="y")
    assert reread(post).updated_at is not None


@pytest.mark.parametrize("world", WORLDS)
def test_post_is_published_taken_down_and_published_again(client, make, editor, world):
    post = make.post(state="draft", published_at=None)
    fill(client, edit(post), "#post-form", world, then="publish")
    published = reread(post).published_at
    assert reread(post).is_public
    fill(client, edit(post), "#post-form", world, then="withdraw", withdrawn_note="See the <b>new</b> one.")
    assert reread(post).was_public
    gone = client.get(f"/posts/{post.slug}")
    assert (gone.status_code, soup(gone).select_one(".notice-page__note").text) == (410, "See the <b>new</b> one.")
    row = form_of(client, "/admin/posts", f"#post-row-{post.id} form")
    response = press(client, row, world)
    assert response.status_code == (303 if world == "plain" else 200)
    assert reread(post).is_public
    assert reread(post).published_at == published
    if world == "htmx":
        assert soup(response).select_one(f"#post-row-{post.id} form")["action"].endswith("/withdraw")
    else:
        assert "is published" in soup(client.get(response.location)).select_one(".desk-notice").get_text()


@pytest.mark.parametrize("world", WORLDS)
def test_taken_slug_is_refused_with_one_that_is_free(client, make, editor, world):
    make.post(slug="taken")
    post = make.post(slug="mine")
    response = fill(client, edit(post), "#post-form", world, slug="Taken", body="Kept")
    assert response.status_code == 422
    form = soup(response).select_one("#post-form")
    assert "taken-2" in form.select_one("#field-slug-errors").get_text()
    assert values(form)["body"] == "Kept"
    assert (reread(post).slug, reread(post).body) == ("mine", "Some *text*.")


def test_slug_made_from_the_title_steps_aside(client, make, editor):
    make.post(slug="on-paper")
    fill(client, "/admin/posts/new", "#post-form", title="On paper", body="Text")
    assert posts()[-1].slug == "on-paper-2"


def test_chinese_title_makes_a_chinese_slug(client, editor):
    fill(client, "/admin/posts/new", "#post-form", title="论自由 与秩序", body="正文")
    assert posts()[0].slug == "论自由-与秩序"


@pytest.mark.parametrize("world", WORLDS)
def test_former_address_leads_to_the_post_for_ever(client, make, editor, world):
    post = make.post(slug="first")
    for slug in ("second", "third"):
        fill(client, edit(post), "#post-form", world, slug=slug)
    for old in ("first", "second"):
        response = client.get(f"/posts/{old}")
        assert (response.status_code, response.location) == (301, "/posts/third")
    fill(client, edit(post), "#post-form", world, slug="first")
    assert client.get("/posts/first").status_code == 200
    assert client.get("/posts/third").location == "/posts/first"
    assert set(db.session.scalars(db.select(Alias.path))) == {"/posts/second", "/posts/third"}


def test_former_address_is_not_given_to_another_post(client, make, editor):
    post, other = make.post(slug="first"), make.post(slug="other")
    fill(client, edit(post), "#post-form", slug="second")
    response = fill(client, edit(other), "#post-form", slug="first")
    assert response.status_code == 422
    assert "first-2" in response.get_data(as_text=True)


def test_draft_that_was_never_public_leaves_no_address_behind(client, make, editor):
    post = make.post(slug="first", state="draft", published_at=None)
    fill(client, edit(post), "#post-form", slug="second")
    assert db.session.scalars(db.select(Alias)).all() == []


def test_authors_are_stored_in_the_order_chosen(client, make, editor):
    ada, ben = make.person("Ada"), make.person("Ben")
    post = make.post(authors=[ada])
    form = form_of(client, edit(post), "#post-form")
    assert [select["name"] for select in form.select("select")] == ["authors-0", "authors-1"]
    press(client, form, **{"authors-0": str(ben.id), "authors-1": str(ada.id)})
    assert [person.name for person in reread(post).authors] == ["Ben", "Ada"]
    form = form_of(client, edit(post), "#post-form")
    assert len(form.select("select")) == 3
    press(client, form, **{"authors-0": ""})
    assert [person.name for person in reread(post).authors] == ["Ada"]


@pytest.mark.parametrize("world", WORLDS)
def test_author_cannot_lose_a_post_by_accident(client, make, author, world):
    post = make.post(authors=[author.person])
    response = fill(client, edit(post), "#post-form", world, **{"authors-0": ""}, body="Kept")
    assert response.status_code == 422
    assert "Keep your own name" in response.get_data(as_text=True)
    assert reread(post).authors == [author.person]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("kind", "text"), [("disclaimer_kind", "disclaimer"), ("interests_kind", "competing_interests")]
)
def test_words_are_not_dropped_because_of_the_choice_above_them(client, make, editor, world, kind, text):
    post = make.post(**{text: "The old words."})
    answer = fill(client, edit(post), "#post-form", world, **{kind: "usual", text: "New words."})
    assert answer.status_code == 422
    assert "New words." in answer.text
    assert "for these words to count" in answer.text
    fill(client, edit(post), "#post-form", world, **{kind: "usual"})
    assert getattr(reread(post), text) is None


@pytest.mark.parametrize(
    ("kind", "text", "stored"), [("usual", "left over", None), ("own", "Mine.", "Mine."), ("none", "left over", "")]
)
def test_disclaimer_is_the_usual_one_or_its_own_or_none(client, make, editor, kind, text, stored):
    post = make.post(disclaimer="left over")
    fill(client, edit(post), "#post-form", disclaimer_kind=kind, disclaimer=text)
    assert reread(post).disclaimer == stored
    assert values(form_of(client, edit(post), "#post-form"))["disclaimer_kind"] == kind


@pytest.mark.parametrize("box", ["comments_open", "passages_open"])
def test_discussion_and_passages_are_closed_by_an_empty_box(client, make, editor, box):
    post = make.post()
    form = form_of(client, edit(post), "#post-form")
    press(client, form, without=(box,))
    assert not getattr(reread(post), box)


def test_imported_html_stays_html(client, make, editor):
    post = make.post(body="<p>Old <em>text</em></p>", body_format="html")
    form = form_of(client, edit(post), "#post-form")
    assert "came as HTML" in form.select_one("#field-body-hint").get_text()
    press(client, form, body="<p>New <em>text</em><script>alert(1)</script></p>")
    assert reread(post).body_format == "html"
    assert reread(post).body_html == "<p>New <em>text</em></p>"


def test_imported_post_without_title_stays_without(client, make, editor):
    post = make.post(source="somewhere", source_id="1")
    with writing():
        reread(post).title = ""
    response = fill(client, edit(post), "#post-form", body="New")
    assert response.status_code == 303
    assert (reread(post).title, reread(post).body) == ("", "New")


@pytest.mark.parametrize("world", WORLDS)
def test_change_made_meanwhile_is_never_written_over_unseen(client, make, editor, world):
    post = make.post("Title", body="Old")
    mine = form_of(client, edit(post), "#post-form")
    fill(client, edit(post), "#post-form", body="Theirs", title="Their title")
    response = press(client, mine, world, body="Mine")
    assert response.status_code == 409
    assert reread(post).body == "Theirs"
    page = soup(response)
    form = page.select_one("#post-form")
    assert values(form)["body"] == "Mine"
    assert page.select_one("#stored-body").get_text().strip() == "Theirs"
    assert values(form)["title"] == "Their title"
    assert "Taken over from them: Title" in form.select_one(".problem").get_text()
    press(client, form, world)
    assert (reread(post).title, reread(post).body) == ("Their title", "Mine")


def test_same_change_sent_twice_is_no_conflict(client, make, editor):
    post = make.post(body="Old")
    form = form_of(client, edit(post), "#post-form")
    assert press(client, form, body="New").status_code == 303
    assert press(client, form, body="New").status_code == 303


@pytest.mark.parametrize("world", WORLDS)
def test_preview_shows_the_text_and_stores_nothing(client, make, editor, world):
    post = make.post("Before", body="Old")
    data = values(form_of(client, edit(post), "#post-form"))
    data.update(title="Working title", body="Some **strong** words <script>alert(1)</script>", tags="Fresh")
    path = "/admin/posts/preview"
    response = client.htmx("POST", path, data=data) if world == "htmx" else client.post(path, data=data)
    assert response.status_code == 200
    page = soup(response)
    shown = page.select_one("#post-preview")
    assert shown.select_one("h1").get_text() == "Working title"
    assert shown.select_one(".prose[hx-ignore] strong").get_text() == "strong"
    assert shown.select("script") == []
    if world == "plain":
        assert page.select_one("#field-title")["value"] == "Working title"
        assert page.select_one("#post-form")["action"] == edit(post)
    assert (reread(post).title, reread(post).body) == ("Before", "Old")
    assert [post.title for post in posts()] == ["Before"]


@pytest.mark.parametrize("world", WORLDS)
def test_preview_offers_a_line_for_one_more_author(client, make, editor, world):
    person = make.person()
    form = form_of(client, "/admin/posts/new", "#post-form")
    data = {**values(form), "authors-1": str(person.id)}
    path = "/admin/posts/preview"
    response = client.htmx("POST", path, data=data) if world == "htmx" else client.post(path, data=data)
    page = partials(response)["#post-authors"] if world == "htmx" else soup(response)
    assert [values(page)[f"authors-{number}"] for number in range(3)] == [
        str(editor.person_id),
        str(person.id),
        "",
    ]


def test_preview_of_a_new_post_needs_no_valid_form(client, editor):
    response = client.htmx("POST", "/admin/posts/preview", data={"body": "# Early"})
    assert response.status_code == 200
    assert posts() == []


def test_list_shows_drafts_first_and_filters(client, make, editor):
    make.post("Gone", state="withdrawn", published_at=now() - timedelta(2))
    make.post("Out", published_at=now() - timedelta(1))
    make.post("To come", published_at=now() + timedelta(1))
    make.post("In work", state="draft", published_at=None)
    titles = [title.get_text() for title in soup(client.get("/admin/posts")).select(".row__title")]
    assert titles == ["In work", "To come", "Out", "Gone"]
    stages = {"draft": ["In work"], "published": ["Out"], "scheduled": ["To come"], "withdrawn": ["Gone"]}
    for state, expected in stages.items():
        page = soup(client.get(f"/admin/posts?state={state}"))
        assert [title.get_text() for title in page.select(".row__title")] == expected


@pytest.mark.parametrize("world", WORLDS)
def test_button_without_its_token_does_nothing(client, make, editor, world):
    post = make.post()
    row = form_of(client, "/admin/posts", f"#post-row-{post.id} form")
    assert press(client, row, world, csrf_token="").status_code == 400
    assert reread(post).is_public
