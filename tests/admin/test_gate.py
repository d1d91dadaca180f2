"""The publish gate: what is found in a text, what it keeps from being published, and who may let it pass."""

import pytest

from blueprints.core.db import db, writing
from blueprints.media.addresses import file_url
from blueprints.posts import gate
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, press, soup
from tests.media.samples import picture


@pytest.fixture
def environ(environ):
    return {**environ, "SITE_URL": "https://journal.example"}


@pytest.fixture
def needed(client, editor):
    """Everything is needed."""
    fill(client, "/admin/gate", "#gate-form", **dict.fromkeys(gate.RULES, "refuse"))


def edit(post: Post) -> str:
    return f"/admin/posts/{post.id}/edit"


def said(response) -> list[str]:
    return [" ".join(line.get_text().split()) for line in soup(response).select(".checks__faults li")]


def reread(post: Post) -> Post:
    return db.session.get(Post, post.id, populate_existing=True)


@pytest.mark.parametrize("world", WORLDS)
def test_gate_is_set_and_shows_what_it_is(client, editor, world):
    response = fill(client, "/admin/gate", "#gate-form", world, tags="refuse", alt="off")
    assert response.status_code == (303 if world == "plain" else 200)
    form = form_of(client, "/admin/gate", "#gate-form")
    assert [box["value"] for box in form.select("[name=tags][checked], [name=alt][checked]")] == ["off", "refuse"]
    assert fill(client, "/admin/gate", "#gate-form", world, tags="perhaps").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_needed_keeps_a_post_from_being_published_and_loses_nothing(client, make, needed, world):
    person = make.person("Ada")
    post = make.post(authors=[person], state="draft", published_at=None)
    text = "First.\n\n![](/static/x.png)\n\nA claim[^1].\n"
    for step in ({"then": "publish"}, {"then": "schedule", "publish_at": "2050-01-01T09:00"}):
        response = fill(client, edit(post), "#post-form", world, body=text, **step)
        assert response.status_code == 422
        assert soup(response).select_one("[name=body]").get_text().strip() == text.strip()
        assert said(response) == [
            "There is no standfirst. Go there",
            "The image /static/x.png has no alternative text. Line 3",
            "The footnote [^1] has no text. Line 5",
            "It has no tag. Go there",
            "Ada has no affiliation. Add it for Ada",
            "Neither it nor its authors nor the site have a disclaimer. Go there",
        ]
    assert (reread(post).stage, reread(post).body) == ("draft", "Some *text*.")
    assert fill(client, edit(post), "#post-form", world, body=text).status_code in (200, 303), "it can be saved"
    row = press(client, form_of(client, "/admin/posts", f"#post-row-{post.id} form"), world)
    assert (row.status_code, reread(post).stage) == (422, "draft")
    assert "There is no standfirst." in row.text


@pytest.mark.parametrize("world", WORLDS)
def test_editor_lets_a_post_pass_with_a_reason_and_an_author_does_not(client, make, needed, editor, world):
    author = make.account("author")
    post = make.post(authors=[author.person], state="draft", published_at=None)
    make.sign_in(client, author)
    response = fill(client, edit(post), "#post-form", world, then="publish", override="I say so")
    assert (response.status_code, reread(post).stage) == (422, "draft")
    assert soup(response).select_one("#field-override") is None

    make.sign_in(client, editor)
    fill(client, edit(post), "#post-form", world, then="publish", override="A notice of two lines")
    assert reread(post).is_public
    [override] = db.session.scalars(db.select(gate.Override))
    assert (override.person_id, override.reason) == (editor.person_id, "A notice of two lines")
    assert "There is no standfirst." in override.faults
    assert "A notice of two lines" in soup(client.get(edit(post))).select_one("#post-checks").text


LINKS = {
    "[a](/posts/essay)": "",
    "[a](https://journal.example/posts/essay)": "",
    "[a](/posts/essay#x)": "",
    "[a](/posts/nowhere)": "no such page",
    "[a](https://journal.example/posts/nowhere)": "no such page",
    "[a](/posts/secret)": "nobody can read",
    "[a](/posts/gone)": "withdrawn",
    "[a](/tags/nothing)": "no such tag",
    "[a](/authors/nobody)": "no such author",
    "[a](/admin/posts)": "cannot open the desk",
    "[a](/archive)": "",
    "[a](/2009/lost/)": "no such page",
    "[a](archive)": "neither with https",
    "[a](https://example.org/x)": "",
    "[a](https://exampleorg/x)": "no host",
    "[a](https:///x)": "no host",
    "[a](mailto:ada@example.org)": "",
    "[a](mailto:ada)": "not an e-mail address",
    "[a](#comments)": "",
    "[a](#nowhere)": "no such place",
    "[a](#heading)\n\n## Heading": None,
    "a[^x]\n\n[^x]: A note.": "",
    "a\n\n[^x]: A note.": "Nothing refers to the footnote",
    "`a[^x]`": "",
}


@pytest.mark.parametrize("text", LINKS)
def test_links_are_looked_at_and_not_followed(client, make, editor, text):
    make.post(slug="essay")
    make.post(slug="secret", state="draft", published_at=None)
    make.post(slug="gone", state="withdrawn")
    post = make.post(body=text)
    page = soup(client.get(edit(post)))
    found = [line.get_text() for line in page.select(".checks__faults li")]
    expected = LINKS[text]
    if expected is None:  # whether headings have ids is for the Markdown to say
        expected = "" if ' id="heading"' in post.body_html else "no such place"
    assert [expected in line for line in found] == ([True] if expected else [])


def test_preview_says_what_the_text_in_the_form_lacks(client, make, editor):
    post = make.post()
    form = form_of(client, edit(post), "#post-form")
    assert not said(client.get(edit(post)))
    response = client.htmx("POST", "/admin/posts/preview", data={"post": post.id, "title": "T", "body": "![](/x.png)"})
    assert said(response) == ["The image /x.png has no alternative text. Line 1"]
    assert form.select_one("#post-checks .unseen")


def test_what_is_public_already_can_still_be_saved(client, make, needed):
    post = make.post()
    assert fill(client, edit(post), "#post-form", body="![](/x.png)").status_code == 303
    with writing():
        assert reread(post).is_public


def test_pictures_and_files_of_the_library_are_looked_for(client, make, editor):
    bare, pattern = make.file(picture("PNG", (600, 9))), make.file(picture("PNG", (9, 9)), is_decorative=True)
    body = f"![]({file_url(pattern)})\n\n![]({file_url(bare)})\n\n![Gone](/media/99-a.png) [too](/media/98-b.pdf)"
    body += f"\n\n[Here]({file_url(bare)})"
    assert said(client.get(edit(make.post(body=body)))) == [
        f"The image {file_url(bare)} has no alternative text. Line 3",
        "The image /media/99-a.png: there is no such file in the library. Line 5",
        "“too” leads to /media/98-b.pdf: there is no such file in the library. Line 5",
    ]
