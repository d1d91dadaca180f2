"""Which encoding a browser gets, and that it can read it."""

import gzip

import brotli
import pytest

from blueprints.core.encodings import ENCODINGS, accepted, decode, encode, zstd

READ = {"br": brotli.decompress, "zstd": zstd.decompress, "gzip": gzip.decompress, "identity": bytes}


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("zstd, gzip", "zstd"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, *", "zstd"),
        ("*;q=0.5, identity", "identity"),
        ("gzip;q=0", "identity"),
        ("identity;q=0", "identity"),
        ("GZIP;Q=0.5", "gzip"),
        ("br;q=much, gzip", "gzip"),
        ("br;q=nan, gzip;q=0.2", "gzip"),
        ("", "identity"),
        ("deflate", "identity"),
        (",;,;q=1,", "identity"),
    ],
)
def test_browser_gets_the_smallest_encoding_that_it_likes_best(header: str, encoding: str) -> None:
    assert accepted(header) == encoding


@pytest.mark.parametrize("well", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_encoded_can_be_read(encoding: str, well: bool) -> None:
    body = "Ein Satz, 一句话, جملة. ".encode() * 200
    packed = encode(body, encoding, well=well)
    assert READ[encoding](packed) == body == decode(packed, encoding)
    assert encoding == "identity" or len(packed) < len(body) / 10


def test_what_nobody_keeps_is_packed_too_with_a_tag_of_its_own(client, make):
    """What was found: the browser asks for it again, and is told that it has it."""
    make.post("Essay on ethics")
    path = "/search?q=ethics"
    first = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in first.headers["Vary"]
    assert decode(first.data, "gzip") == client.get(path).data
    assert first.headers["ETag"] != client.get(path).headers["ETag"]
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
