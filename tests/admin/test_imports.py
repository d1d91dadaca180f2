"""A file that becomes a draft at the desk."""

import io

import pytest

from blueprints.admin import imports
from blueprints.core.db import db
from blueprints.media.addresses import file_url
from blueprints.media.models import MediaFile
from blueprints.posts.models import Post
from blueprints.transfer.models import ImportReport
from tests.admin.browsing import WORLDS, form_of, press, soup
from tests.transfer.manuscripts.documents import built, paragraph, run, with_picture


def send(client, name: str, content: bytes, **changes):
    form = form_of(client, "/admin/import", "#import-form")
    token = form.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "file": (io.BytesIO(content), name), **changes}
    return client.post("/admin/import", data=data)


def test_file_becomes_a_draft_with_a_report(client, author):
    response = send(client, "harbour.docx", with_picture("The harbour"))
    [post] = db.session.scalars(db.select(Post))
    assert response.status_code == 303
    [file] = db.session.scalars(db.select(MediaFile))
    assert (post.title, post.state, post.published_at) == ("harbour", "draft", None)
    assert post.body == f"Before.\n\n![The harbour]({file_url(file)})\n\nAfter."
    assert (file.alt, file.person_id) == ("The harbour", author.person_id)
    assert post.authors == [author.person]
    page = soup(client.get(response.location))
    assert page.select_one("#import-report h2").get_text() == "From harbour.docx"
    assert page.select_one("#field-title")["value"] == "harbour"


@pytest.mark.parametrize("world", WORLDS)
def test_report_stays_until_it_is_put_away(client, author, world):
    place = send(client, "x.md", b"---\ntitle: T\nslug: t-t\ntags: one\n---\nText.").location
    post = db.session.scalar(db.select(Post))
    assert (post.slug, [tag.name for tag in post.tags]) == ("t-t", ["one"])
    client.get(place)
    response = press(client, form_of(client, place, "#import-report form"), world)
    assert response.status_code == (303 if world == "plain" else 200)
    assert db.session.scalar(db.select(ImportReport)) is None
    assert soup(client.get(place)).select_one("#import-report") is None


def test_tracked_changes_are_settled_as_chosen(client, author):
    inserted = '<w:ins w:id="1" w:author="A"><w:r><w:t>new</w:t></w:r></w:ins>'
    send(client, "x.docx", built(paragraph(run("Old and "), inserted)), changes="refuse")
    assert db.session.scalar(db.select(Post)).body == "Old and"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.docx", b"no archive", "not a Word file"),
        ("x.pdf", b"%PDF", "not taken"),
        ("x.md", b"---\ntitle: only\n---\n", "no text"),
        ("x.md", b"a" * 101, "at most 100"),
    ],
)
def test_file_that_cannot_be_read_is_refused_at_its_field(client, author, monkeypatch, name, content, reason):
    monkeypatch.setattr(imports, "BODY", 100)
    response = send(client, name, content)
    assert response.status_code == 422
    assert reason in soup(response).select_one("#field-file-errors").get_text()
    assert db.session.scalar(db.select(Post)) is None


def test_missing_and_too_large_files_are_refused(client, author, monkeypatch):
    form = form_of(client, "/admin/import", "#import-form")
    assert "Choose a file" in press(client, form).get_data(as_text=True)
    monkeypatch.setattr(imports, "MOST_MEGABYTES", 1)
    sent = {"data": b"a" * 4_200_000, "content_type": "multipart/form-data; boundary=x"}
    for path, most in (("/admin/import", "1 MB"), ("/admin/mail", "4 MB")):
        answer = client.post(path, **sent)
        assert answer.status_code == 413
        assert f"larger than the {most} that can be sent here" in answer.text


def test_paste_is_answered_in_markdown(client, author):
    token = form_of(client, "/admin/posts/new", "#post-form").select_one("[name=csrf_token]")["value"]
    html = "<p>One <b>two</b><a href='#b' id='a'>[1]</a></p><div><a href='#a' id='b'>1</a> Note</div>"
    response = client.post("/admin/posts/paste", data={"csrf_token": token, "html": html, "note": "3"})
    assert response.get_data(as_text=True) == "One **two**[^3]\n\n[^3]: Note"
    assert response.mimetype == "text/plain"
    assert client.post("/admin/posts/paste", data={"html": html}).status_code == 400
