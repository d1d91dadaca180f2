"""Sending files: what they are sent as, what is kept by browsers, parts of them, and what became of replaced ones."""

import io
import tracemalloc

import pytest
from PIL import Image
from sqlalchemy import event

from blueprints.core.db import db, writing
from blueprints.media import intake, queries
from blueprints.media.addresses import file_url, rendition_url
from blueprints.media.models import PIECE_BYTES, MediaFile, Piece
from tests.media import samples
from tests.media.samples import PDF, picture


@pytest.fixture
def photograph(make):
    return make.file(picture("JPEG", (1200, 800)), "Harbour at night.jpg")


def test_picture_is_sent_to_be_shown_and_asked_for_each_time(client, photograph):
    answer = client.get(f"/media/{photograph.id}-harbour-at-night.jpg")
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.data)).size == (1200, 800)
    assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    again = client.get(file_url(photograph), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = client.head(file_url(photograph))
    assert (head.content_length, head.data) == (len(answer.data), b"")


def test_rendition_is_kept_for_good(client, photograph):
    for each in photograph.renditions:
        answer = client.get(rendition_url(each))
        assert (answer.content_type, len(answer.data)) == (each.type, each.size)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("name", "content"), [("report.pdf", PDF), ("a.csv", b"a,b\n" * 500), ("x.zip", None)])
def test_other_file_is_saved_and_never_run(client, make, name, content):
    file = make.file(samples.archive("x.html") if content is None else content, name)
    answer = client.get(file_url(file), headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    assert answer.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'; frame-ancestors 'none'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert content in (None, answer.data)


@pytest.mark.parametrize(
    ("range_", "status", "expected"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        (f"bytes={PIECE_BYTES - 5}-{PIECE_BYTES + 4}", 206, slice(PIECE_BYTES - 5, PIECE_BYTES + 5)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=600000-", 206, slice(600_000, None)),
        ("bytes=9000000-", 416, None),
        ("lines=1-2", 200, slice(None)),
        ("bytes=0-1,5-9", 200, slice(None)),
    ],
)
def test_part_of_a_file_is_sent_where_it_is_asked_for(client, make, range_, status, expected):
    content = PDF + bytes(range(256)) * 3000
    file = make.file(content, "long.pdf")
    answer = client.get(file_url(file), headers={"Range": range_})
    assert answer.status_code == status
    if expected is not None:
        assert answer.data == content[expected]
        assert answer.content_length == len(answer.data)


def test_who_sends_a_large_file_holds_only_a_piece_of_it(app, client, make):
    file = make.file(PDF + b"x" * 8 * PIECE_BYTES, "long.pdf")
    db.session.expunge_all()
    client.get(file_url(file)).close()
    tracemalloc.start()
    answer = client.get(file_url(file), buffered=False)
    size = sum(len(block) for block in answer.iter_encoded())
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 8 * PIECE_BYTES
    assert most < 4 * PIECE_BYTES


def test_lists_load_no_bytes(app, client, make, photograph):
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    make.sign_in(client, make.account("editor"))
    make.post(body=f"![]({file_url(photograph)})")
    for path in ("/admin/media", f"/admin/media/{photograph.id}"):
        assert client.get(path).status_code == 200
    assert len(asked) > 10
    assert not [statement for statement in asked if Piece.__tablename__ in statement]


@pytest.mark.parametrize(
    "path",
    [
        "/media/{id}-harbour.jpg",
        "/media/{id}-",
        "/media/{id}",
        "/media/999-harbour-at-night.jpg",
        "/media/{id}/480.webp",
        "/media/999/480-0123456789abcdef.webp",
        "/media/{id}/..%2f..%2fx",
        "/media/99999999999999999999-x.jpg",
    ],
)
def test_what_is_not_there_is_not_found(client, photograph, path):
    assert client.get(path.format(id=photograph.id)).status_code == 404


def test_address_of_replaced_bytes_leads_to_what_came_in_their_place(client, photograph):
    former = [rendition_url(each) for each in photograph.renditions]
    with writing():
        intake.receive("b.png", picture("PNG", (1000, 700))).put_into(db.session.get(MediaFile, photograph.id))
    db.session.expire_all()
    assert db.session.scalar(db.select(db.func.count()).select_from(MediaFile)) == 1
    for address in former:
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert client.get(answer.location).status_code == 200
    stable = client.get(f"/media/{photograph.id}-harbour-at-night.jpg")
    assert stable.content_type == "image/png"
    assert 'filename="harbour-at-night.png"' in stable.headers["Content-Disposition"]
    assert queries.original(photograph).width == 1000


def test_deleted_file_leaves_nothing_and_its_number_is_given_to_no_other(client, make, photograph):
    address = file_url(photograph)
    with writing():
        db.session.delete(db.session.get(MediaFile, photograph.id))
    assert db.session.scalar(db.select(db.func.count()).select_from(Piece)) == 0
    assert client.get(address).status_code == 404
    assert make.file(PDF, "a.pdf").id > photograph.id
