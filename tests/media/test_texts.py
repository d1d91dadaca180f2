"""Pictures in posts: how they are drawn, which posts use them, and that a change of one is in the next page."""

import pytest
from bs4 import BeautifulSoup

from blueprints.core import markdown
from blueprints.core.db import db, writing
from blueprints.media import intake, queries, usage
from blueprints.media.addresses import file_url, markdown_of
from blueprints.media.models import MediaFile, Use
from blueprints.posts import versions
from blueprints.posts.models import Post
from tests.media import samples
from tests.media.samples import PDF, picture


@pytest.fixture
def photograph(make):
    return make.file(
        picture("JPEG", (1200, 800)), alt="Boats", caption="The *harbour*.", credit="[Jo](https://a.example)"
    )


def drawn(post: Post) -> BeautifulSoup:
    return BeautifulSoup(db.session.get(Post, post.id, populate_existing=True).body_html, "html.parser")


def used() -> list[tuple[int, int]]:
    return [(use.file_id, use.post_id) for use in db.session.scalars(db.select(Use).order_by(Use.post_id))]


def test_picture_alone_is_a_figure_in_every_size_with_its_caption(client, make, photograph):
    post = make.post(body=f"Some text.\n\n![]({file_url(photograph)})\n\nMore.\n\n![Ships]({file_url(photograph)})")
    first, second = drawn(post).select("figure")
    image, source = first.select_one("picture > img"), first.select_one("picture > source")
    assert (image["width"], image["height"], image["alt"]) == ("1200", "800", "Boats")
    for element, extension, widths in ((image, "jpg", (480, 960, 1200)), (source, "webp", (480, 960, 1200))):
        candidates = [each.split() for each in element["srcset"].split(", ")]
        assert [width for _address, width in candidates] == [f"{width}w" for width in widths]
        assert all(address.endswith(extension) for address, _width in candidates)
        assert all(client.get(address).status_code == 200 for address, _width in candidates)
        assert element["sizes"]
    assert client.get(image["src"]).content_type == "image/jpeg"
    caption = first.select_one("figcaption")
    assert caption.em.text == "harbour"
    assert caption.small.a["href"] == "https://a.example"
    assert second.img["alt"] == "Ships"
    assert (image.get("loading"), second.img.get("loading")) == (None, "lazy")
    assert "harbour" not in post.extract


def test_caption_alt_and_place_in_the_text_go_before_the_librarys(make, photograph):
    address = file_url(photograph)
    post = make.post(body=f'![]({address} "Another <b onclick=x>caption</b>.")\n\nA ![boat]({address}) in a line.')
    text = drawn(post)
    assert text.figcaption.b.attrs == {}
    assert "Another caption." in text.figcaption.text
    assert text.select_one("p picture img")["alt"] == "boat"
    assert len(text.select("figure")) == 1


def test_picture_that_moves_stands_still_for_who_wants_that(make):
    post = make.post(body=f"![]({file_url(make.file(samples.moving(), 'a.gif'))})")
    source = drawn(post).select_one("picture > source")
    assert source["media"] == "(prefers-reduced-motion: reduce)"
    assert source["srcset"] != drawn(post).img["src"]


@pytest.mark.parametrize(
    "element",
    [
        '<img srcset="https://elsewhere.example/a.png 480w" alt="">',
        '<img srcset="//elsewhere.example/a.png 480w" alt="">',
        '<img srcset="/a.png 480w, https://elsewhere.example/b.png 960w" alt="">',
        '<picture><source srcset="https://elsewhere.example/a.webp 1w"></picture>',
    ],
)
def test_page_asks_no_other_server_for_a_size(element):
    assert "elsewhere" not in markdown.clean_post(element)


def test_address_of_no_picture_is_drawn_as_it_was_typed(make, photograph):
    wrong = (f"/media/{photograph.id}-other.jpg", "/media/999-harbour.jpg", "/media/cat.png")
    post = make.post(body="\n\n".join(f"![a]({address})" for address in wrong))
    assert [image["src"] for image in drawn(post).select("p > img")] == list(wrong)
    assert queries.missing(post.body_html) == [999]


def test_use_is_noted_with_each_text(make, photograph):
    report = make.file(PDF, "Report.pdf")
    post = make.post(body=f"{markdown_of(report)} and ![]({file_url(photograph)})")
    third = make.post(body=f"[Report]({file_url(report)})")
    other = make.post(body="Nothing.")
    assert used() == [(photograph.id, post.id), (report.id, post.id), (report.id, third.id)]
    with writing():
        db.session.get(Post, other.id).write(f"See [it]({file_url(report)}), `/media/{photograph.id}-x`.")
        db.session.get(Post, post.id).write("Nothing any more.")
    assert used() == [(report.id, third.id), (report.id, other.id)]
    with writing():
        db.session.delete(db.session.get(Post, other.id))
    assert used() == [(report.id, third.id)]


def test_change_of_a_picture_is_in_the_next_page(client, make, photograph):
    post = make.post(slug="essay", body=f"![]({file_url(photograph)})")
    with writing():
        stored = db.session.get(Post, post.id)
        versions.begin(stored)
        stored.write(f"{stored.body}\n\nMore.")
        versions.keep(stored, None)
    for path in ("/posts/essay", "/posts/essay/versions/1"):
        assert "Boats" in client.get(path).text
    with writing():
        file = db.session.get(MediaFile, photograph.id)
        file.alt, file.caption = "Empty quays", "Later."
        assert usage.redraw(file) == 1
    for path in ("/posts/essay", "/posts/essay/versions/1"):
        page = client.get(path).text
        assert 'alt="Empty quays"' in page
        assert "Later." in page
    before = drawn(post).img["src"]
    with writing():
        file = db.session.get(MediaFile, photograph.id)
        intake.receive("b.jpg", picture("JPEG", (700, 700))).put_into(file)
        usage.redraw(file)
    image = BeautifulSoup(client.get("/posts/essay").text, "html.parser").select_one(".prose img")
    assert (image["width"], image["height"]) == ("700", "700")
    assert image["src"] != before


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": "https://journal.example"}])
def test_feed_has_whole_addresses_in_every_size(client, make, photograph):
    make.post(body=f"![]({file_url(photograph)})")
    html = client.get("/feed.json").json["items"][0]["content_html"]
    picture_ = BeautifulSoup(html, "html.parser").picture
    found = [picture_.img["src"], *(each for tag in picture_.select("[srcset]") for each in tag["srcset"].split(", "))]
    assert len(found) == 7
    assert all(address.startswith("https://journal.example/media/") for address in found)


def test_pictures_without_words_are_known(make, photograph):
    bare, pattern = make.file(picture("PNG")), make.file(picture("PNG", (9, 9)), is_decorative=True)
    body = "\n\n".join(f"![]({file_url(file)})" for file in (photograph, bare, pattern))
    html = make.post(body=f"{body}\n\n![](/old/picture.png)\n\n![Said]({file_url(bare)})").body_html
    assert html.count('role="presentation"') == 1
    assert "role" not in markdown.clean_post('<img src="/a.png" role="button" alt="">')
    first, second = queries.without_alt(html)
    assert first.startswith(f"/media/{bare.id}/")
    assert second == "/old/picture.png"


def test_figure_that_was_typed_keeps_its_own_caption(make, photograph):
    body = f"<figure>\n\n![]({file_url(photograph)})\n\n<figcaption>Mine.</figcaption>\n</figure>"
    text = drawn(make.post(body=f"{body}\n\n![]({file_url(photograph)})"))
    first, second = text.select("figure")
    assert [caption.text for caption in first.select("figcaption")] == ["Mine."]
    assert first.select_one("picture img")["alt"] == "Boats"
    assert second.figcaption.em is not None
