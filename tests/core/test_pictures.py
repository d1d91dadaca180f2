"""Uploaded pictures."""

import io

import pytest
from PIL import Image

from blueprints.core.pictures import PORTRAIT_SIDE, PictureError, portrait


def picture(kind: str, size: tuple[int, int] = (640, 400), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_portrait_is_a_square_webp(kind):
    with Image.open(io.BytesIO(portrait(picture(kind)))) as made:
        assert (made.format, made.size) == ("WEBP", (PORTRAIT_SIDE, PORTRAIT_SIDE))


def test_where_a_picture_was_taken_is_not_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    assert b"taken at home" in picture("JPEG", exif=exif)
    assert b"taken at home" not in portrait(picture("JPEG", exif=exif))


@pytest.mark.parametrize(
    "file",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a<script>", b"%PDF-1.7", picture("PNG")[:200]],
    ids=["empty", "svg", "half gif", "pdf", "cut off"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(file):
    with pytest.raises(PictureError, match="cannot be read"):
        portrait(file)


def test_picture_with_too_many_pixels_is_refused():
    with pytest.raises(PictureError):
        portrait(picture("PNG", (10_000, 9_000)))
