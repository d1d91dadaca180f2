"""People, site and accounts: every write as a plain form and as htmx."""

import io

import pytest
from PIL import Image

from blueprints.accounts.models import Person
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.operations import welcome
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, partials, press, soup, values


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


@pytest.mark.parametrize("world", WORLDS)
def test_person_is_added_and_changed(client, editor, world):
    response = fill(
        client,
        "/admin/people/new",
        "#person-form",
        world,
        name="Ada Lovelace",
        **{"affiliations-0-institution": "Analytical Society"},
        bio="Writes *notes*.",
        links="My notes https://example.org/notes\nhttps://example.org/\n",
        disclaimer="My own views.",
    )
    person = db.session.scalar(db.select(Person).where(Person.slug == "ada-lovelace"))
    assert (person.name, person.affiliation) == ("Ada Lovelace", "Analytical Society")
    assert person.links == [["My notes", "https://example.org/notes"], ["example.org", "https://example.org/"]]
    assert "<em>notes</em>" in person.bio_html
    assert response.status_code == (303 if world == "plain" else 201)

    response = fill(client, f"/admin/people/{person.id}/edit", "#person-form", world, name="Augusta Ada King")
    assert response.status_code == (303 if world == "plain" else 200)
    assert (reread(person).name, reread(person).slug) == ("Augusta Ada King", "ada-lovelace")
    if world == "htmx":
        assert partials(response)["#status"].get_text() == "Saved."


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("links", "My page javascript:alert(1)"),
        ("links", "no address here"),
    ],
)
def test_person_that_cannot_be_is_shown_again(client, editor, world, name, value):
    words = {"name": "Ada", "bio": "Kept", name: value}
    response = fill(client, "/admin/people/new", "#person-form", world, **words)
    assert response.status_code == 422
    form = soup(response).select_one("#person-form")
    assert form.select_one(f"#field-{name}")["aria-invalid"] == "true"
    assert values(form)["bio"] == "Kept"
    assert db.session.scalar(db.select(Person).where(Person.bio == "Kept")) is None


@pytest.mark.parametrize("world", WORLDS)
def test_portrait_is_sent_shown_and_taken_away(client, editor, make, world):
    person = make.person("Ada")
    path = f"/admin/people/{person.id}/edit"
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#884422").save(out, "JPEG")
    fill(client, path, "#person-form", world, portrait=(io.BytesIO(out.getvalue()), "ada.jpg"))
    picture = soup(client.get(path)).select_one(".portrait-choice img")["src"]
    assert client.get(picture).data.startswith(b"RIFF")
    response = fill(client, path, "#person-form", world, portrait=(io.BytesIO(b"<svg/>"), "ada.png"))
    assert response.status_code == 422
    assert "cannot be read" in soup(response).select_one("#field-portrait-errors").text
    fill(client, path, "#person-form", world, without_portrait="y")
    assert reread(person).portrait == ""
    assert client.get(picture).status_code == 404


@pytest.mark.parametrize("world", WORLDS)
def test_site_is_changed(client, editor, world):
    response = fill(
        client,
        "/admin/site",
        "#site-form",
        world,
        name="The Forum",
        standfirst="Argued in public.",
        disclaimer="Views are the authors’ own.",
        language="zh-Hans",
        hold="all",
    )
    assert response.status_code == (303 if world == "plain" else 200)
    current = site.current()
    assert (current.name, current.standfirst, current.language, current.hold) == (
        "The Forum",
        "Argued in public.",
        "zh-Hans",
        "all",
    )
    assert "The Forum" in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("name", "value"), [("name", ""), ("language", "en us"), ("hold", "some")])
def test_site_that_cannot_be_is_shown_again(client, editor, world, name, value):
    response = fill(client, "/admin/site", "#site-form", world, **{"standfirst": "Kept", name: value})
    assert response.status_code == 422
    assert soup(response).select_one("#field-standfirst")["value"] == "Kept"
    assert site.current().standfirst == ""


@pytest.mark.parametrize("world", WORLDS)
def test_one_click_removes_the_welcome_post(client, editor, world):
    with writing():
        welcome._add()
    response = press(client, form_of(client, "/admin", "#welcome"), world)
    assert response.status_code == (303 if world == "plain" else 200)
    assert db.session.scalars(db.select(Post)).all() == []
    assert soup(client.get("/admin")).select_one("#welcome") is None


def test_desk_shows_what_waits_and_what_is_begun(client, make, editor):
    make.pending(make.post("Out"))
    make.post("In work", state="draft", published_at=None, authors=[editor.person])
    page = soup(client.get("/admin"))
    text = page.get_text(" ", strip=True)
    assert "1 comment waits for a decision" in text
    assert "In work" in text
    assert "What to do next" not in text


def test_new_site_says_what_to_do_next(client, editor):
    assert "What to do next" in client.get("/admin").get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
def test_account_chooses_of_which_comments_it_is_told(client, author, editor, world):
    form = form_of(client, "/admin/mail", "#mail-form")
    assert [choice["value"] for choice in form.select("[type=radio]")] == ["mine", "all", "none"]
    assert press(client, form, world, comment_mail="everything").status_code == 422
    answer = press(client, form, world, comment_mail="none")
    assert answer.status_code == (303 if world == "plain" else 200)
    assert (reread(editor).comment_mail, reread(author).comment_mail) == ("none", "mine")
