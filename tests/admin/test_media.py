"""The library at the desk: every write as a plain form and as htmx."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.media import intake
from blueprints.media.addresses import file_url
from blueprints.media.models import MediaFile
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, partials, press, soup
from tests.media.samples import PDF, picture


def files() -> list[MediaFile]:
    return list(db.session.scalars(db.select(MediaFile).order_by(MediaFile.id)))


def upload(client, world: str, *sent: tuple[bytes, str]):
    form = form_of(client, "/admin/media", "#upload-form")
    return press(client, form, world, files=[(io.BytesIO(content), name) for content, name in sent])


def titles(response) -> list[str]:
    return [title.text.strip() for title in soup(response).select("#media-grid .media-item__title")]


@pytest.mark.parametrize("world", WORLDS)
def test_one_bad_file_of_five_loses_none_of_the_others(client, editor, world):
    good = [(picture("PNG", (20 + number, 20)), f"Plate {number}.png") for number in range(3)]
    response = upload(client, world, *good, (b"words", "text.png"), (PDF, "Report.pdf"))
    assert [file.title for file in files()] == ["Plate 0", "Plate 1", "Plate 2", "Report"]
    assert response.status_code == (422 if world == "plain" else 201)
    rows = soup(response).select(".upload")
    assert [row.select_one(".problem") is not None for row in rows] == [False, False, False, True, False]
    assert "text.png" in rows[3].text
    assert rows[4]["data-markdown"] == f"[Report (PDF, 1 KB)]({file_url(files()[-1])})"
    grid = partials(response)["#media-grid"] if world == "htmx" else soup(response).select_one("#media-grid")
    assert len(grid.select(".media-item")) == 4
    assert titles(client.get("/admin/media")) == ["Report", "Plate 2", "Plate 1", "Plate 0"]


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_sent_again_is_stored_once(client, make, author, world):
    sent = (picture("PNG", (20, 20)), "Plate.png")
    upload(client, world, sent)
    response = upload(client, world, sent)
    [file] = files()
    assert file.person_id == author.person_id
    if world == "plain":
        assert response.location == f"/admin/media/{file.id}?did=known"
        assert "already" in client.get(response.location).text
    else:
        assert "here already" in response.text
    make.sign_in(client, make.account("author"))  # who may not change what somebody else brought
    upload(client, world, sent)
    assert len({file.person_id for file in files()}) == 2


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_chosen_is_said_at_the_field(client, editor, world):
    response = press(client, form_of(client, "/admin/media", "#upload-form"), world)
    assert response.status_code == 422
    assert "Choose a file first." in response.text


def test_limits_stand_beside_the_field(client, editor):
    form = form_of(client, "/admin/media", "#upload-form")
    limits = form.select_one(f"#{form.select_one('[type=file]')['aria-describedby']}").text
    assert all(words in limits for words in ("20 MB", "50 million pixels", "300 frames", "No SVG", "PDF"))


@pytest.mark.parametrize("world", WORLDS)
def test_only_who_may_bring_files_may_send_much(client, make, world):
    make.sign_in(client, make.account("author"))
    token = form_of(client, "/admin/media", "#upload-form").select_one("[name=csrf_token]")["value"]
    large = FileStorage(io.BytesIO(PDF + b"x" * 5 * 2**20), "Large.pdf")
    boundary, body = encode_multipart({"csrf_token": token, "files": large})

    def send(path: str = "/admin/media") -> int:
        sent = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
        return (client.htmx("POST", path, **sent) if world == "htmx" else client.post(path, **sent)).status_code

    assert send() == (303 if world == "plain" else 201)
    assert send("/admin/posts/preview") == 413
    make.sign_in(client, make.account("moderator"))
    assert send() == 413
    client.delete_cookie("session")
    assert send() == 413
    assert len(files()) == 1


@pytest.mark.parametrize("world", WORLDS)
def test_words_of_a_picture_change_in_the_posts_as_well(client, make, editor, world):
    file = make.file(picture("JPEG", (600, 400)))
    make.post(slug="essay", body=f"![]({file_url(file)})")
    client.get("/posts/essay")
    path = f"/admin/media/{file.id}"
    words = {"alt": "Boats", "caption": "The *harbour*.", "credit": "Jo Doe"}
    response = fill(client, path, "#media-form", world, title="Harbour", **words)
    assert response.status_code == (303 if world == "plain" else 200)
    page = client.get("/posts/essay").text
    assert 'alt="Boats"' in page
    assert "The <em>harbour</em>. <small>Jo Doe</small>" in page
    assert soup(client.get(path)).select_one(".media-file__facts .desk-list a").text == db.session.get(Post, 1).title
    refused = fill(client, path, "#media-form", world, title="", is_decorative="y", credit="Kept")
    assert refused.status_code == 422
    form = soup(refused).select_one("#media-form")
    assert form.select_one("#field-credit")["value"] == "Kept"
    assert len(form.select(".field__errors")) == 2
    assert db.session.get(MediaFile, file.id, populate_existing=True).title == "Harbour"


@pytest.mark.parametrize("world", WORLDS)
def test_file_is_replaced_at_its_address_by_its_like_alone(client, make, editor, world):
    file, report = make.file(picture("JPEG", (600, 400))), make.file(PDF, "Report.pdf")
    make.post(slug="essay", body=f"![]({file_url(file)})")
    path = f"/admin/media/{file.id}"

    def replace(number: int, content: bytes, name: str):
        form = form_of(client, f"/admin/media/{number}", "#media-replace")
        return press(client, form, world, file=(io.BytesIO(content), name))

    for answer in (
        replace(file.id, PDF, "a.pdf"),
        replace(file.id, b"words", "a.png"),
        replace(report.id, picture("PNG"), "a.png"),
        press(client, form_of(client, path, "#media-replace"), world),
    ):
        assert answer.status_code == 422
        assert soup(answer).select_one("#field-file-errors") is not None
    response = replace(file.id, picture("PNG", (300, 300)), "other.png")
    assert response.status_code == (303 if world == "plain" else 200)
    assert client.get(file_url(file)).content_type == "image/png"
    assert 'width="300" height="300"' in client.get("/posts/essay").text


@pytest.mark.parametrize("world", WORLDS)
def test_file_that_a_post_uses_is_not_deleted(client, make, editor, world):
    file, other = make.file(PDF, "Report.pdf"), make.file(picture("PNG", (20, 20)))
    make.post(body=f"![Another]({file_url(other)})")
    form = form_of(client, f"/admin/media/{file.id}", "#media-delete form")
    post = make.post(body=f"[Report]({file_url(file)})")
    assert press(client, form, world).status_code == 409
    assert soup(client.get(f"/admin/media/{file.id}")).select_one("#media-delete form") is None
    with writing():
        db.session.get(Post, post.id).write("Nothing.")
        db.session.get(Post, post.id).card_image = file_url(file)
    assert press(client, form, world).status_code == 409
    with writing():
        db.session.get(Post, post.id).card_image = ""
        db.session.merge(site.current()).write_rules(f"[Read]({file_url(file)}).")
    assert press(client, form, world).status_code == 409
    with writing():
        db.session.merge(site.current()).write_rules("")
    response = press(client, form, world)
    assert response.status_code == (303 if world == "plain" else 200)
    assert [each.id for each in files()] == [other.id]
    if world == "plain":
        assert "“Report” is deleted" in client.get(response.location).text


def test_library_is_searched_and_sifted(client, make, editor):
    make.file(picture("PNG", (20, 20)), "Map of 100% of Vienna.png", alt="A map")
    make.file(picture("PNG", (21, 20)), "Chart.png", caption="Rainfall in Vienna")
    make.post(body=f"![]({file_url(make.file(PDF, 'Report.pdf'))}) ![]({file_url(make.file(picture(), 'Sea.jpg'))})")
    for query, expected in (
        ("q=vienna", ["Chart", "Map of 100% of Vienna"]),
        ("q=100%25", ["Map of 100% of Vienna"]),
        ("q=rainfall+chart", ["Chart"]),
        ("kind=attachment", ["Report"]),
        ("no_alt=1", ["Sea", "Chart"]),
        ("unused=1", ["Chart", "Map of 100% of Vienna"]),
        ("unused=1&no_alt=1&q=nothing", []),
    ):
        assert titles(client.get(f"/admin/media?{query}")) == expected, query
    assert client.get("/admin/media?page=2").status_code == 404


def test_authors_find_and_change_what_they_brought(client, make):
    account, other = make.account("contributor"), make.account("author")
    own = make.file(picture("PNG"), "Own.png", person=account.person)
    foreign = make.file(PDF, "Foreign.pdf", person=other.person)
    make.sign_in(client, account)
    assert titles(client.get("/admin/media")) == ["Own"]
    assert client.get(f"/admin/media/{foreign.id}").status_code == 404
    post = make.post("Of another", authors=[other.person], body=f"![]({file_url(own)})")
    page = client.get(f"/admin/media/{own.id}")
    assert "1 post of others" in page.text
    assert post.title not in page.text
    for form, changes in (("#media-form", {"alt": "New"}), ("#media-replace", {"file": (io.BytesIO(PDF), "a.pdf")})):
        sent = changes if form == "#media-form" else {"file": (io.BytesIO(picture("PNG", (9, 9))), "a.png")}
        assert fill(client, f"/admin/media/{own.id}", form, **sent).status_code == 409
    assert 'alt=""' in client.get(f"/posts/{post.slug}").text


def test_library_is_at_hand_beside_a_text(client, make, editor):
    file = make.file(picture("PNG"), "Map.png", alt="A [map]")
    picker = soup(client.get("/admin/posts/new")).select_one("#picker")
    assert picker.select_one("a")["href"] == "/admin/media"
    found = soup(client.htmx("GET", f"{picker['hx-get']}?q=map"))
    assert found.select_one("[data-insert]")["data-insert"] == f"![A \\[map\\]]({file_url(file)})"
    assert soup(client.htmx("GET", f"{picker['hx-get']}?q=nothing")).select_one("[data-insert]") is None


def test_library_has_pages(client, make, editor, monkeypatch):
    monkeypatch.setattr("blueprints.admin.media.PAGE_SIZE", 1)
    for name in ("a", "b"):
        make.file(PDF, f"{name}.pdf")
    page = soup(client.get("/admin/media?kind=attachment"))
    assert page.select_one("a[rel=next]")["href"] == "/admin/media?page=2&kind=attachment"
    assert titles(client.get("/admin/media?page=2")) == ["a"]


def test_too_many_files_at_once_are_refused_before_any_is_stored(client, editor, monkeypatch):
    monkeypatch.setattr("blueprints.admin.forms.media.MOST_FILES", 1)
    response = upload(client, "plain", (PDF, "a.pdf"), (PDF, "b.pdf"))
    assert response.status_code == 422
    assert "at most 1 go at once" in response.text
    assert files() == []
    assert intake.MOST_FILES > 1
