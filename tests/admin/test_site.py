"""The settings of the site: each takes effect at once, or is refused at its field; and a try of the mail."""

import io

import pytest
from PIL import Image

from blueprints.core import appearance, mail, site
from blueprints.core.db import db, now
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from tests.admin.browsing import WORLDS, fill, form_of, press, soup, values


def picture(size: tuple[int, int], colour="#884422", kind: str = "PNG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, colour).save(out, kind)
    return io.BytesIO(out.getvalue())


@pytest.mark.parametrize("world", WORLDS)
def test_colour_is_seen_by_readers_in_tones_that_can_be_read(client, editor, world):
    assert "appearance-" not in client.get("/").get_data(as_text=True)
    answer = fill(client, "/admin/site", "#site-form", world, accent="3AF")
    assert answer.status_code == (303 if world == "plain" else 200)
    assert site.current().accent == "#33aaff"
    sheet = soup(client.get("/")).select_one('link[href^="/appearance-"]')["href"]
    shown = client.get(sheet)
    tones = appearance.tones("#33aaff")
    assert f"--accent:light-dark({tones.light},{tones.dark})" in shown.text
    assert "immutable" in shown.headers["Cache-Control"]
    assert (tones.light != "#33aaff", tones.dark) == (True, "#33aaff")
    assert "adjusted" in soup(client.get("/admin/site")).select_one(".tones").get_text()
    fill(client, "/admin/site", "#site-form", world, accent="")
    assert "appearance-" not in client.get("/").get_data(as_text=True)
    assert client.get(sheet).status_code == 404


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffff00", "#0000ff", "#808080", "#8c2f1b"])
def test_every_colour_becomes_one_that_can_be_read(accent):
    tones = appearance.tones(accent)
    grounds = [(tones.light, ground) for ground in (*appearance.LIGHT, tones.on_light)]
    grounds += [(tones.dark, ground) for ground in (*appearance.DARK, tones.on_dark)]
    assert [pair for pair in grounds if appearance.contrast(*pair) < 4.5] == []


def test_contrast_is_that_of_the_guidelines_and_the_grounds_are_those_of_the_stylesheet():
    assert round(appearance.contrast("#ffffff", "#000000"), 2) == 21
    assert round(appearance.contrast("#767676", "#ffffff"), 2) == 4.54
    with open("static/css/tokens.css") as file:
        sheet = file.read()
    for light, dark in zip(appearance.LIGHT, appearance.DARK, strict=True):
        assert f"light-dark({light}, {dark})" in sheet


@pytest.mark.parametrize("world", WORLDS)
def test_dates_are_told_by_the_clock_of_the_site(client, make, editor, world):
    make.post(slug="essay", published_at=now().replace(year=2020, month=6, day=30, hour=22, minute=30))
    assert "30 June 2020" in client.get("/posts/essay").get_data(as_text=True)
    fill(client, "/admin/site", "#site-form", world, time_zone="Asia/Shanghai")
    assert "1 July 2020" in client.get("/posts/essay").get_data(as_text=True)
    assert values(form_of(client, "/admin/site", "#site-form"))["time_zone"] == "Asia/Shanghai"
    assert "Asia/Shanghai" in client.get("/admin/schedule").get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("accent", "reddish", "#8c2f1b"),
        ("accent", "#12345", "#8c2f1b"),
        ("time_zone", "Vienna", "Europe/Vienna"),
        ("time_zone", "../../etc/passwd", "Europe/Vienna"),
        ("logo_alt", "x" * 201, "200"),
    ],
)
def test_setting_that_cannot_be_is_told_at_its_field_and_nothing_is_lost(client, editor, world, name, value, says):
    answer = fill(client, "/admin/site", "#site-form", world, **{"standfirst": "Kept", name: value})
    assert answer.status_code == 422
    form = soup(answer).select_one("#site-form")
    assert says in form.select_one(f"#field-{name}-errors").get_text()
    assert (values(form)["standfirst"], values(form)[name]) == ("Kept", value)
    assert site.current().standfirst == ""


@pytest.mark.parametrize("world", WORLDS)
def test_logo_and_header_picture_are_sent_shown_and_taken_away(client, editor, world):
    fill(client, "/admin/site", "#site-form", world, logo_file=(picture((3000, 600)), "logo.png"), logo_alt="A lamp")
    fill(client, "/admin/site", "#site-form", world, banner_file=(picture((900, 300), kind="JPEG"), "sea.jpg"))
    page = soup(client.get("/"))
    logo, banner = page.select_one(".masthead__name img"), page.select_one(".banner img")
    assert (logo["alt"], logo["width"], logo["height"]) == ("A lamp", "640", "128")
    assert (banner["alt"], banner["width"], banner["height"]) == ("", "900", "300")
    shown = client.get(logo["src"])
    assert (shown.content_type, shown.data[:4]) == ("image/webp", b"RIFF")
    assert Image.open(io.BytesIO(shown.data)).size == (640, 128)
    answer = fill(client, "/admin/site", "#site-form", world, logo_file=(io.BytesIO(b"<svg/>"), "logo.svg"))
    assert answer.status_code == 422
    assert "cannot be read" in soup(answer).select_one("#field-logo_file-errors").get_text()
    fill(client, "/admin/site", "#site-form", world, without_logo="y", without_banner="y")
    assert soup(client.get("/")).select(".masthead__name img, .banner img") == []
    assert client.get(logo["src"]).status_code == 404


def test_what_is_transparent_in_a_logo_stays_so():
    image, size = appearance.emblem(picture((20, 10), (0, 0, 0, 0)).getvalue(), appearance.LOGO)
    assert (size, Image.open(io.BytesIO(image)).convert("RGBA").getpixel((5, 5))[3]) == ((20, 10), 0)


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": "http://journal.example"}])
def test_search_engines_and_crawlers_are_asked_to_stay_away(client, editor, environ):
    robots = client.get("/robots.txt").get_data(as_text=True)
    assert "GPTBot" not in robots
    assert "Sitemap:" in robots
    assert "X-Robots-Tag" not in client.get("/").headers
    form = form_of(client, "/admin/site", "#site-form")
    press(client, form, without=("is_listed", "feeds_models"))
    robots = client.get("/robots.txt").get_data(as_text=True)
    groups = [group.splitlines() for group in robots.strip().split("\n\n")]
    assert groups[0][0] == "User-agent: GPTBot"
    assert groups[0][-1] == "Disallow: /"
    assert groups[1][:2] == ["User-agent: *", "Disallow: /admin"]
    assert "Sitemap:" not in robots
    assert client.get("/").headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("world", WORLDS)
def test_letter_is_sent_to_whoever_asks_and_they_are_told_what_became_of_it(app, client, make, editor, world):
    answer = press(client, form_of(client, "/admin/site", 'form[action$="mail-test"]'), world)
    letter = db.session.scalars(db.select(Outbox)).one()
    assert (letter.address, letter.kind) == (editor.email, "test")
    place = f"/admin/site/mail-test/{letter.id}"
    if world == "plain":
        assert (answer.status_code, answer.location) == (303, place)
        shown = soup(client.get(place))
    else:
        assert answer.status_code == 201
        shown = soup(answer)
    assert "waits" in shown.select_one("#mail-tested").get_text()
    assert shown.select_one("#mail-tested")["hx-get"] == place
    Postman(app).round()
    told = soup(client.htmx("GET", place)).select_one("#mail-tested")
    assert "shown in the terminal" in told.get_text()
    assert not told.has_attr("hx-get")
    make.sign_in(client, make.account("editor"))
    assert client.get(place).status_code == 404


@pytest.mark.parametrize("world", WORLDS)
def test_address_that_has_refused_mail_is_told_at_once(client, editor, world, monkeypatch):
    monkeypatch.setattr(mail, "may_write", lambda *_to, **_how: False)
    answer = press(client, form_of(client, "/admin/site", 'form[action$="mail-test"]'), world)
    shown = soup(client.get(answer.location) if world == "plain" else answer)
    assert "No letter was written" in shown.select_one("#mail-tested").get_text()
