"""What is made of files that people and attackers send."""

import io

import pytest
from PIL import Image

from blueprints.core import pictures
from blueprints.media import intake
from blueprints.media.intake import RefusedError, receive
from tests.media import samples
from tests.media.samples import PDF, archive, picture

SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def opened(encoded: pictures.Encoded) -> Image.Image:
    return Image.open(io.BytesIO(encoded.content))


@pytest.mark.parametrize(
    ("kind", "kept"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("GIF", "PNG"), ("WEBP", "WEBP"), ("AVIF", "WEBP")]
)
def test_picture_is_encoded_anew_in_every_size_that_is_smaller(kind, kept):
    incoming = receive("Harbour at night.xyz", picture(kind, (1000, 500)))
    assert opened(incoming.original).format == kept
    assert (incoming.original.width, incoming.original.height) == (1000, 500)
    own = {(variant.type, variant.width, variant.height) for variant in incoming.variants}
    both = {"image/webp", f"image/{kept.lower()}"}
    expected = {(type_, *size) for type_ in both for size in ((480, 240), (960, 480))}
    assert own == expected | ({("image/webp", 1000, 500)} if kept != "WEBP" else set())
    assert incoming.name == f"harbour-at-night.{'jpg' if kept == 'JPEG' else kept.lower()}"
    assert incoming.title == "Harbour at night"
    for variant in incoming.variants:
        assert opened(variant).size == (variant.width, variant.height)


def test_no_rendition_says_where_or_with_what_it_was_taken_and_all_stand_upright():
    sent = samples.from_camera()
    assert sent.count(b"taken at home") == 3
    incoming = receive("a.jpg", sent)
    assert (incoming.original.width, incoming.original.height) == (400, 640)
    for encoded in (incoming.original, *incoming.variants):
        found = opened(encoded)
        assert b"taken at home" not in encoded.content
        assert dict(found.getexif()) == {}
        assert not {"icc_profile", "comment", "xmp", "exif"} & set(found.info)
    # What was the left edge of the file is the top of the picture.
    left, right = (opened(incoming.original).getpixel((x, 320))[0] for x in (5, 395))
    assert abs(left - right) > 150


@pytest.mark.parametrize(
    ("mode", "kind", "kept"),
    [("L", "PNG", "L"), ("1", "PNG", "L"), ("P", "PNG", "RGB"), ("I;16", "PNG", "L"), ("CMYK", "JPEG", "RGB")],
)
def test_colours_of_every_kind_become_those_of_screens(mode, kind, kept):
    if mode == "I;16":
        out = io.BytesIO()
        Image.new("I;16", (40, 40), 32_768).save(out, "PNG")
        sent = out.getvalue()
    else:
        sent = picture(kind, (40, 40), mode)
    original = opened(receive("a", sent).original)
    assert original.mode == kept
    if mode == "I;16":
        assert original.getpixel((0, 0)) in (127, 128)


def test_transparency_stays():
    out = io.BytesIO()
    Image.new("RGBA", (600, 20), (10, 200, 30, 100)).save(out, "PNG")
    incoming = receive("a.png", out.getvalue())
    assert {opened(each).mode for each in (incoming.original, *incoming.variants)} == {"RGBA"}


def test_large_picture_is_made_smaller_and_none_larger():
    incoming = receive("a.jpg", picture("JPEG", (5000, 20)))
    assert incoming.original.width == pictures.LONGEST_SIDE
    tiny = receive("a.jpg", picture("JPEG", (30, 20)))
    assert [(each.type, each.width) for each in tiny.variants] == [("image/webp", 30)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_picture_that_moves_goes_on_moving_and_has_a_still(kind):
    incoming = receive("a.gif", samples.moving(kind=kind))
    with opened(incoming.original) as moving:
        assert (moving.format, moving.n_frames) == ("WEBP", 3)
    assert incoming.still is not None
    assert getattr(opened(incoming.still), "n_frames", 1) == 1
    assert incoming.name == "a.webp"


def test_frame_that_reaches_over_the_edge_is_fitted_in():
    frame = b"\x2c\0\0\0\0\x40\0\x30\0"  # where a frame begins, and its size
    first, second, *others = samples.moving().split(frame)
    over = frame.join([first, second]) + frame.replace(b"\x2c\0", b"\x2c\x0a") + frame.join(others)
    with opened(receive("a.gif", over).original) as moving:
        assert (moving.n_frames, moving.size) == (3, (64, 48))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"", "empty"),
        ("a.png", b"Only words.", "no picture that can be read"),
        ("a.jpg", picture("JPEG", (300, 300))[:2000], "cannot be read as a JPEG, PNG, WebP, GIF or AVIF"),
        ("a.png", samples.bomb(), "50 million pixels"),
        ("a.png", samples.claiming(60_000, 60_000), "50 million pixels"),
        ("a.png", samples.claiming(2**31 - 1, 2**31 - 1), "50 million pixels"),
        ("a.png", samples.claiming(100, 100), "cannot be read"),
        ("a.gif", b"GIF89a<script>alert(1)</script>", "cannot be read"),
        ("a.gif", samples.moving(pictures.MOST_FRAMES + 1, size=(2, 2)), "300 frames"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "cannot be read"),
        ("a.svg", SVG, "SVG"),
        ("a.png", SVG, "SVG"),
        ("a.txt", SVG, "SVG"),
        ("a.html", b"<!doctype html><script>alert(1)</script>", "no file of a kind that is taken"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        ("a.csv", b"\x00\x01", "no text in UTF-8"),
        ("a.txt", "é".encode("latin-1"), "no text in UTF-8"),
        ("a.docx", b"PK\x03\x04 not really", "damaged"),
        ("a.docm", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        ("a.jar", archive("META-INF/MANIFEST.MF"), "no file of a kind that is taken"),
        ("a.exe", b"MZ\x90\0", "no file of a kind that is taken"),
    ],
)
def test_what_is_not_taken_is_refused_with_one_sentence(name, content, reason):
    with pytest.raises(RefusedError, match=reason):
        receive(name, content)


def test_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(intake, "MOST_BYTES", 1000)
    with pytest.raises(RefusedError, match="larger than the 20 MB"):
        receive("a.txt", b"x" * 1001)


def test_picture_that_is_a_page_as_well_is_only_a_picture_afterwards():
    sent = picture("GIF") + b"<script>alert(1)</script>"
    incoming = receive("a.gif", sent)
    assert all(b"script" not in each.content for each in (incoming.original, *incoming.variants))


@pytest.mark.parametrize(
    ("name", "content", "kept", "type_"),
    [
        ("../../etc/Report.PDF", PDF, "report.pdf", "application/pdf"),
        ("scan.jpg", PDF, "scan.pdf", "application/pdf"),
        ("C:\\temp\\x.html.csv", b"a,b\n1,2\n", "x-html.csv", "text/csv; charset=utf-8"),
        ("..", PDF, "untitled.pdf", "application/pdf"),
        ("\u202egpj.txt", b"words", "gpj.txt", "text/plain; charset=utf-8"),
        ("港口.zip", archive("a"), "港口.zip", "application/zip"),
        ("a.bin", archive("a", first=("mimetype", "application/epub+zip")), "a.epub", "application/epub+zip"),
        (
            "a.zip",
            archive("[Content_Types].xml", "word/document.xml"),
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
def test_other_file_is_what_is_in_it_and_its_name_leads_nowhere(name, content, kept, type_):
    incoming = receive(name, content)
    assert (incoming.name, incoming.original.type) == (kept, type_)
    assert incoming.original.content == content
    assert not incoming.variants


def test_name_of_a_page_is_no_name_for_a_picture():
    assert receive("../../x.html", picture("PNG")).name == "x.png"
