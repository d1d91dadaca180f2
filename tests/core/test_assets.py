"""Stylesheets and scripts: one address for each content, for ever, in the encoding that the browser likes best."""

import gzip
import hashlib
import os
import re
import time
from pathlib import Path

import brotli
import pytest

from blueprints.core.assets import BUNDLES, SECONDS_KEPT, Asset, Publisher, squeezed
from blueprints.core.encodings import zstd

DECODE = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}


@pytest.fixture
def publisher(app):
    return app.extensions["assets"]


def test_templates_name_every_bundle_by_its_content(app, client):
    asset = app.jinja_env.globals["asset"]
    for name, parts in BUNDLES.items():
        address = asset(name)
        stem, _, suffix = name.rpartition(".")
        assert re.fullmatch(rf"/static/{stem}-[0-9a-f]{{12}}\.{suffix}", address)
        content = b"\n".join(squeezed(Path(app.root_path, "static", part)) for part in parts)
        assert client.get(address, headers={"Accept-Encoding": "identity"}).data == content
    with pytest.raises(KeyError):
        asset("nothing.css")


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("*", "br"),
        ("deflate", None),
        ("br;q=x, =, ;;", None),
        ("", None),
    ],
)
def test_file_comes_in_the_smallest_encoding_that_is_liked_best(app, client, accepted, sent):
    for name in BUNDLES:
        address = app.jinja_env.globals["asset"](name)
        whole = client.get(address, headers={"Accept-Encoding": "identity"}).data
        answer = client.get(address, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == sent
        assert DECODE[sent](answer.data) == whole
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert len(answer.data) < len(whole) or sent is None


def test_file_may_be_kept_for_ever_and_is_never_taken_for_something_else(app, client):
    types = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
    for name in BUNDLES:
        for encoding in ("identity", "br"):
            answer = client.get(app.jinja_env.globals["asset"](name), headers={"Accept-Encoding": encoding})
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Content-Type"] == types[name.rpartition(".")[2]]
            assert "Set-Cookie" not in answer.headers


def test_file_is_not_sent_again_to_who_has_it(app, client):
    address = app.jinja_env.globals["asset"]("site.css")
    tags = {client.get(address, headers={"Accept-Encoding": each}).headers["ETag"] for each in ("br", "gzip", "")}
    assert len(tags) == 3, "each encoding is other bytes"
    tag = client.get(address, headers={"Accept-Encoding": "br"}).headers["ETag"]
    again = client.get(address, headers={"Accept-Encoding": "br", "If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in again.headers
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200


def test_head_says_what_get_would_and_nothing_can_be_written(app, client):
    address = app.jinja_env.globals["asset"]("site.css")
    head, whole = client.head(address), client.get(address)
    assert head.data == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert client.post(address).status_code in (404, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static",
        "/static/site.css",
        "/static/site-000000000000.css",
        "/static/../app.py",
        "/static/%2e%2e/hustings.db",
        "/static/..%2fsecret_key",
        "/static//etc/passwd",
        "/static/css/base.css",
    ],
)
def test_nothing_else_is_there(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["Cache-Control"]


def test_start_keeps_what_it_compressed_and_mends_what_is_damaged(app, publisher, tmp_path):
    folder = tmp_path / "static"
    publisher.keep(folder)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(kept) == 4 * len(BUNDLES)
    for address, asset in publisher.assets.items():
        assert kept[Path(address).name] == asset.content
        assert kept[Path(address).name + ".br"] == asset.encoded["br"]
    for path in folder.glob("*.br"):
        path.write_bytes(b"")
    for path in folder.glob("*.css"):
        path.write_bytes(b"body { display: none }")
    again = publisher.__class__(app.wsgi_app)
    for asset in list(publisher.assets.values()):
        again.put(Asset(asset.name, asset.content))
    again.keep(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept


def test_page_from_before_an_upgrade_still_finds_its_stylesheet_for_a_while(app, client, publisher, tmp_path):
    folder = tmp_path / "static"
    folder.mkdir()
    current, former = list(publisher.assets.values()), Publisher(app.wsgi_app)
    old = _versioned(b"body { color: black }")
    former.put(Asset(old, b"body { color: black }"))
    former.keep(folder)
    (folder / "notes.txt").write_text("not ours")
    (folder / "site-aaaaaaaaaaaa.css").write_text("its name does not say what it holds")
    publisher.keep(folder)
    answer = client.get(f"/static/{old}", headers={"Accept-Encoding": "br"})
    assert brotli.decompress(answer.data) == b"body { color: black }"
    assert client.get("/static/notes.txt").status_code == 404
    assert client.get("/static/site-aaaaaaaaaaaa.css").status_code == 404
    for path in folder.iterdir():
        os.utime(path, (0, time.time() - SECONDS_KEPT - 60))
    later = Publisher(app.wsgi_app)
    for asset in current:
        later.put(asset)
    later.keep(folder)
    assert {path.name.removesuffix(".br") for path in folder.glob("*.br")} == {asset.name for asset in current}


def _versioned(content: bytes) -> str:
    return f"site-{hashlib.sha256(content).hexdigest()[:12]}.css"


@pytest.mark.parametrize(
    ("name", "content", "sent"),
    [
        ("css/a.css", "/* why\n more */\n@layer a {\n  .b { c: d; } /* e */\n}\n", "@layer a{.b{c: d;}}"),
        (
            "js/a.js",
            '// why\n(() => {\n  const a = "//b"; // c\n\n  // d\n})();\n',
            '(() => {\nconst a = "//b"; // c\n})();',
        ),
        ("vendor/a.js", "  // as it came\n", "  // as it came\n"),
    ],
)
def test_comments_and_indentation_are_not_sent(tmp_path, name, content, sent):
    part = tmp_path / name
    part.parent.mkdir()
    part.write_text(content)
    assert squeezed(part) == sent.encode()


def test_scripts_that_come_late_do_not_wait_for_a_page_that_is_there(app):
    for part in BUNDLES["site.js"]:
        assert "DOMContentLoaded" not in Path(app.root_path, "static", part).read_text(), part
