"""The page cache: what it answers, what it keeps out, and that it is never wrong."""

import contextvars
import gzip
import re
import threading
from datetime import timedelta

import brotli
import pytest
from flask import session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from blueprints.accounts.affiliations import Affiliation
from blueprints.comments.models import Comment
from blueprints.core import cache as caching
from blueprints.core import watch
from blueprints.core.db import db, now, writing
from blueprints.core.encodings import zstd
from blueprints.core.http import shared
from blueprints.core.settings import Settings
from blueprints.core.site import Site
from blueprints.core.site import current as site_of_world
from blueprints.media import usage
from blueprints.media.addresses import file_url
from blueprints.media.models import MediaFile
from blueprints.posts import bylines, merging, series, versions
from blueprints.posts import models as post_models
from blueprints.posts import queries as post_queries
from blueprints.posts import tags as tag_order
from blueprints.posts.models import Post
from tests.conftest import ONLY_POSTGRESQL, ONLY_SQLITE
from tests.media.samples import picture

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def environ(environ):
    return {**environ, "DEBUG": "1", "SITE_URL": "http://journal.example"}


@pytest.fixture
def post(make):
    return make.post("Essay", slug="essay", tags=["Ethics"], authors=[make.person("Ada")])


@pytest.fixture
def app(app):
    app.extensions["cache"].seconds_before_packing = 0
    return app


def how(answer) -> str:
    return answer.headers["X-Cache"]


def answered(layer, path: str, headers: dict[str, str]) -> tuple[str, bytes]:
    """What *layer* answers, past the client, which takes a third of the time: how, if it says so, and the body."""
    environ = EnvironBuilder(path, headers=headers).get_environ()
    chunks, _status, said = contextvars.Context().run(run_wsgi_app, layer, environ)
    return said.get("X-Cache", ""), b"".join(chunks)


def test_second_reader_gets_the_bytes_of_the_first(client, post):
    first, second = client.get("/posts/essay"), client.get("/posts/essay")
    assert (how(first), how(second)) == ("miss", "hit")
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]


def test_outside_debug_mode_nothing_tells_of_the_cache(app, client, post):
    app.extensions["cache"].tells = False
    assert "X-Cache" not in client.get("/").headers
    assert "X-Cache" not in client.get("/").headers


@pytest.mark.parametrize(
    ("accepts", "encoding", "read"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("zstd, gzip", "zstd", zstd.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_each_browser_gets_its_encoding_with_a_tag_of_its_own(app, client, post, accepts, encoding, read):
    plain = client.get("/posts/essay")
    packed = client.get("/posts/essay", headers={"Accept-Encoding": accepts})
    app.extensions["cache"].settle()
    again = client.get("/posts/essay", headers={"Accept-Encoding": accepts})
    for answer in (packed, again):
        assert answer.headers.get("Content-Encoding") == encoding
        assert read(answer.data) == plain.data
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert {"Accept-Encoding"} <= set(re.split(r",\s*", answer.headers["Vary"]))
        assert not answer.headers["ETag"].startswith("W/")
    assert (packed.headers["ETag"] == again.headers["ETag"]) == (packed.data == again.data)
    if encoding:
        assert packed.headers["ETag"] != plain.headers["ETag"]


def test_page_is_packed_well_only_when_it_has_lasted(app, client, post):
    cache = app.extensions["cache"]
    cache.seconds_before_packing = 3600
    quick = [client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"] for _ in range(3)]
    cache.settle()
    quick.append(client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"])
    assert len(set(quick)) == 1
    cache.store.plain["/posts/essay"].unseen_until = 0
    client.get("/posts/essay", headers={"Accept-Encoding": "br"})
    cache.settle()
    assert client.get("/posts/essay", headers={"Accept-Encoding": "br"}).headers["ETag"] != quick[0]
    assert set(cache.store.plain["/posts/essay"].variants) == {"br"}, "nobody asked for another"


@pytest.mark.parametrize("warm", [False, True])
def test_reader_who_has_the_page_gets_304_without_a_body(app, client, post, warm):
    tag = client.get("/posts/essay").headers["ETag"]
    if not warm:
        app.extensions["cache"].store.clear()
    answer = client.get("/posts/essay", headers={"If-None-Match": f'"other", W/{tag}', "Accept-Encoding": "gzip"})
    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == tag
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert how(answer) == ("hit" if warm else "miss")


@pytest.mark.parametrize(("tag", "status"), [('"other"', 200), ('"other", {}', 304), ("{}", 304), ("W/{}", 304)])
def test_tag_of_another_page_gets_this_one_however_often_it_was_asked_for(client, post, tag, status):
    for _ in range(3):
        page = client.get("/posts/essay")
    answer = client.get("/posts/essay", headers={"If-None-Match": tag.format(page.headers["ETag"])})
    assert (answer.status_code, how(answer)) == (status, "hit")
    assert answer.data == (page.data if status == 200 else b"")


def test_after_a_change_the_old_tag_gets_the_new_page(client, make, post):
    tag = client.get("/posts/essay").headers["ETag"]
    make.comment(post, "Brand new words.")
    answer = client.get("/posts/essay", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Brand new words." in answer.text


def test_head_is_answered_like_get_without_a_body(client, post):
    cold, page = client.head("/posts/essay"), client.get("/posts/essay")
    warm = client.head("/posts/essay")
    assert (how(cold), how(page), how(warm)) == ("miss", "hit", "hit")
    for answer in (cold, warm):
        assert answer.data == b""
        assert {**answer.headers, "X-Cache": ""} == {**page.headers, "X-Cache": ""}


def test_page_and_fragment_are_never_confused(client, make, post):
    comment = make.comment(post)
    for path in ("/posts/essay/comments", f"/comments/{comment.id}/reply"):
        for _ in range(2):
            page, fragment = client.get(path), client.get(path, headers=PARTIAL)
            assert page.text.startswith("<!doctype html>")
            assert "<!doctype" not in fragment.text
            assert "private" in fragment.headers["Cache-Control"]
            assert "HX-Request-Type" in page.headers["Vary"]
        assert (how(page), how(fragment)) == ("hit", "hit")


@pytest.mark.parametrize("query", ["utm_source=mail", "fbclid=1", "after=4", "x=" + "y" * 400])
def test_unknown_parameters_neither_split_nor_fill_the_cache(app, client, post, query):
    client.get("/posts/essay")
    client.get("/")
    kept = len(app.extensions["cache"].store)
    assert how(client.get(f"/posts/essay?{query}")) == "hit"
    assert how(client.get(f"/?{query}")) == "hit"
    assert len(app.extensions["cache"].store) == kept


def test_a_hostile_reader_fills_the_cache_with_nothing(app, client, make, post):
    for _ in range(30):
        make.comment(post)
    client.get("/posts/essay")
    kept = len(app.extensions["cache"].store)
    for number in range(40):
        client.get(f"/posts/essay?page={number + 2}")
        client.get(f"/posts/essay?x={number}" + "y" * 600)
        client.get(f"/posts/essay?page=0{number}")
        client.get(f"/nothing-{number}")
        client.get(f"/?page={number + 2}")
        client.get(f"/?p={number + 2}")
        client.get(f"/?feed={number}")
        client.get(f"/sitemap-{number + 2}.xml")
        client.get(f"/archive/{number:04}")
        client.get(f"/posts/essay/comments?after={number}&skip=1", headers=PARTIAL)
        client.get(f"/posts/essay/comments?after={number}&to={number}", headers=PARTIAL)
        client.get(f"/posts/essay/comments?upto={number + 2}", headers=PARTIAL)
        client.get(f"/posts/essay/comments?after={1000 + number}", headers=PARTIAL)
    assert len(app.extensions["cache"].store) <= kept + 1, "the news since one of the last comments is for keeping"


@pytest.mark.parametrize(
    "path", ["/nowhere", "/posts/nowhere", "/posts/draft", "/posts/gone", "/?page=9", "/sign-in", "/admin", "/?page=0"]
)
def test_errors_and_personal_pages_are_not_kept(app, client, make, path):
    make.post(slug="draft", state="draft", published_at=None)
    make.post(slug="gone", state="draft")
    assert how(client.get(path)) == "bypass"
    assert how(client.get(path)) == "bypass"
    assert len(app.extensions["cache"].store) == 0


def test_what_a_signed_in_browser_reads_is_what_everybody_reads(app, client, make, post):
    anonymous = client.get("/posts/essay")
    make.sign_in(client, make.account())
    assert how(client.get("/posts/essay")) == "hit"
    make.comment(post)
    signed_in = client.get("/posts/essay")
    assert how(signed_in) == "miss"
    assert "Set-Cookie" not in signed_in.headers
    assert "Set-Cookie" not in app.test_client().get("/posts/essay").headers
    assert signed_in.headers["Cache-Control"] == anonymous.headers["Cache-Control"]


def test_answer_that_sets_a_cookie_or_looks_at_an_account_is_not_kept(app, make):
    from blueprints.accounts.guards import me

    app.add_url_rule("/with-cookie", "cookie", shared()(lambda: ("x", 200, {"Set-Cookie": "a=b"})))
    app.add_url_rule("/with-account", "account", shared()(lambda: str(me())))
    client = app.test_client()
    for path in ("/with-cookie", "/with-account"):
        assert [how(client.get(path)) for _ in range(2)] == ["bypass", "bypass"]


def test_cookie_of_one_reader_is_never_kept_whoever_sets_it(app, client, make):
    make.sign_in(client, make.account())
    app.add_url_rule("/with-session", "written", shared()(lambda: session.update(seen=1) or "x"))
    assert "Set-Cookie" not in client.get("/with-session").headers
    app.session_interface = SecureCookieSessionInterface()  # one that knows nothing of kept pages
    app.config["SESSION_REFRESH_EACH_REQUEST"] = True
    assert "Set-Cookie" in client.get("/").headers
    assert "Set-Cookie" not in app.test_client().get("/").headers


def test_pages_do_not_depend_on_the_host_that_was_asked_for(app, client, post):
    first = client.get("/posts/essay", headers={"Host": "evil.example"})
    assert "evil.example" not in first.text
    assert client.get("/posts/essay", headers={"Host": "localhost"}).data == first.data


def test_many_who_ask_at_once_get_one_drawing(app, post):
    cache = app.extensions["cache"]
    flask, count, begin = cache.app, [], threading.Event()

    def slow(environ, start_response):
        count.append(1)
        begin.wait(5)
        return flask(environ, start_response)

    cache.app = slow
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(app.test_client().get("/posts/essay"))) for _ in range(20)]
    for thread in asking:
        thread.start()
    while len(cache.drawing) == 0:
        pass
    begin.set()
    for thread in asking:
        thread.join()
    assert len(count) == 1
    assert len({answer.data for answer in answers}) == 1
    assert sorted(map(how, answers)) == ["hit"] * 19 + ["miss"]


def test_page_that_was_being_drawn_while_somebody_wrote_is_not_kept(app, client, make, post):
    cache = app.extensions["cache"]
    flask = cache.app

    def overtaken(environ, start_response):
        cache.app = flask
        answer = flask(environ, start_response)
        with app.app_context():
            make.comment(post, "Came in between.")
            app.test_client().get("/")  # somebody else catches up with that write before this page is kept
        return answer

    cache.app = overtaken
    assert "Came in between." not in client.get("/posts/essay").text
    answer = client.get("/posts/essay")
    assert how(answer) == "miss"
    assert "Came in between." in answer.text


def test_while_nobody_can_say_what_was_written_every_page_is_drawn(app, client, post, monkeypatch):
    cache = app.extensions["cache"]
    client.get("/posts/essay")

    def lost(*_):
        raise watch.LostError

    with monkeypatch.context() as broken:
        broken.setattr(cache.watch, "moved", lost)
        assert [how(client.get("/posts/essay")) for _ in range(2)] == ["bypass", "bypass"]
    assert [how(client.get("/posts/essay")) for _ in range(2)] == ["miss", "hit"]


def test_cache_without_room_leaves_pages_to_flask(tmp_path, database):
    settings = {"SECRET_KEY": "test", "CACHE_MB": "0", "DATABASE_URL": database}
    bare = create_app(Settings.from_environ(settings, tmp_path))
    assert "cache" not in bare.extensions
    answer = bare.test_client().get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"]
    assert "X-Cache" not in answer.headers
    with bare.app_context():
        db.engine.dispose()


class World:
    """A small site and every address at which something of it can be read."""

    def __init__(self, make) -> None:
        self.make = make
        self.ada, self.bob = make.person("Ada", bio="Writes.", affiliation="Institute"), make.person("Bob")
        self.essay = make.post("Essay", slug="essay", tags=["Ethics", "Logic"], authors=[self.ada, self.bob])
        self.reply_to = make.comment(self.essay, "First.", passage="Some text.")
        self.reply = make.comment(self.essay, "Second.", parent=self.reply_to, person_id=self.ada.id)
        self.edited = make.comment(self.essay, "Befor.")
        self.change(self.edited, "Before.")
        self.picture = make.file(picture("PNG", (8, 8)), alt="A chart")
        shows = {"body": f"Some *text*.\n\n![]({file_url(self.picture)})", "path": "/2019/other/"}
        self.other = make.post("Other", slug="other", tags=["Logic"], authors=[self.bob], **shows)
        self.draft = make.post("Draft", slug="draft", state="draft", published_at=None, authors=[self.ada])
        self.about = make.post("About", slug="about", kind="page")
        self.held = make.pending(self.essay, "Held.")
        with writing():
            series.put_into(self.get(Post, self.essay), series.begin("Method"))
        self.secret = make.post("Secret", slug="secret", state="draft", published_at=None)
        with writing():
            series.put_into(self.get(Post, self.secret), series.begin("Not begun"))

    def addresses(self) -> list[tuple[str, dict[str, str]]]:
        pages = ["/", "/?page=2", "/about", "/tags/ethics", "/tags/logic", "/tags/new", "/2019/other/", "/search.xml"]
        pages += ["/what-is-stored", "/authors", "/posts/essay/versions", "/posts/essay/versions/1"]
        pages += [f"/authors/{person.slug}" for person in (self.ada, self.bob)]
        pages += ["/posts/essay/cite.bib", "/posts/essay/cite.json?version=1", "/posts/other/cite.ris"]
        pages += [f"/posts/{slug}" for slug in ("essay", "other", "draft", "about", "moved", "due")]
        threads = ["/posts/essay/comments", "/posts/other/comments", "/posts/essay/comments?page=1&upto=1&after=1"]
        threads += [f"/posts/essay{tail}?sort={sort}" for tail in ("", "/comments") for sort in ("newest", "flat")]
        threads += [f"/comments/{self.reply_to.id}"]
        threads += ["/comments/mine"]
        threads += [f"/comments/{row.id}/history" for row in (self.reply, self.edited)]
        threads += [f"/comments/{self.reply.id}", f"/comments/{self.reply.id}/reply", f"/comments/{self.held.id}"]
        threads += [f"/comments/{self.reply.id}/report", f"/comments/{self.reply.id}/report?sent=1"]
        threads += [f"/comments/{self.reply_to.id}/passage"]
        news = [f"/posts/essay/comments?after={after}&skip=0&from=1&to=1" for after in (0, 1, 2, 3)]
        news += [f"/posts/essay/comments?after=2&skip=0&from=1&to=1&changes={changes}" for changes in (0, 1)]
        feeds = ["/feed.atom", "/comments.atom", "/tags/ethics/feed.atom", "/tags/logic/feed.atom"]
        feeds += [f"/authors/{person.slug}/feed.atom" for person in (self.ada, self.bob)]
        feeds += [f"/posts/{slug}/comments.atom" for slug in ("essay", "other", "about")]
        feeds += ["/posts/essay/comments/by-author.atom", "/feed.json", "/sitemap.xml", "/robots.txt"]
        lists = [
            "/series",
            "/series/method",
            "/archive",
            f"/archive/{now():%Y}",
            f"/archive/{now() - timedelta(days=400):%Y}",
        ]
        return [(path, {}) for path in pages + threads + feeds + lists] + [(path, PARTIAL) for path in threads + news]

    def change(self, comment, text: str) -> None:
        with writing():
            db.session.get(Comment, comment.id).edit(text, f"<p>{text}</p>")

    def get(self, model, row):
        return db.session.get(model, row.id)


def _publish_draft(world):
    world.get(Post, world.draft).publish()


def _publish_first_part(world):
    world.get(Post, world.secret).publish()


def _publish_part(world):
    series.put_into(world.get(Post, world.draft), series.by_slug("method"))
    _publish_draft(world)


def _schedule(world):
    post = world.get(Post, world.draft)
    post.state, post.published_at = "published", now() + timedelta(days=1)


def _new_post(world):
    world.make.post("New", slug="due", tags=["new"], authors=[world.ada])


def _rename_person(world):
    person = world.get(type(world.ada), world.ada)
    person.name = "Ada Grey"
    person.write_bio("Writes *more*.")


def _move_person(world):
    person = world.get(type(world.ada), world.ada)
    person.affiliations = [Affiliation(institution="University", since="2001-02")]
    bylines.restate(bylines.restated(person.id, person.affiliations))


def _rename_tag(world):
    world.get(Post, world.essay).tags[0].name = "Moral philosophy"


def _merge_tags(world):
    ethics, logic = sorted(world.get(Post, world.essay).tags, key=lambda tag: tag.slug)
    tag_order.merge(ethics, into=logic)


def _set(**fields):
    def write(world):
        for name, value in fields.items():
            setattr(world.get(Post, world.essay), name, value)

    return write


def _site(world):
    site = db.session.get(Site, 1) or Site(id=1)
    site.name, site.disclaimer = "The Hustings", "Opinions are their authors'."
    db.session.add(site)


def _looks(world):
    site = db.session.merge(site_of_world())
    site.accent, site.time_zone, site.feeds_models = "#1f5c8b", "Pacific/Kiritimati", False
    site.show("logo", b"picture", (100, 20))


def _save(world):
    post = world.get(Post, world.essay)
    versions.begin(post)
    post.write("Other *words*.")
    versions.keep(post, None)


def _house_rules(world):
    db.session.merge(site_of_world()).write_rules("Be *kind*.")


def _removed_for_a_reason(world):
    comment = world.get(type(world.reply), world.reply)
    comment.move_to("trash")
    comment.removed_because = "it was there already"


def _described(world):
    file = world.get(MediaFile, world.picture)
    file.caption = "A chart of *everything*."
    usage.redraw(file)


def _portrait(world):
    person = world.get(type(world.bob), world.bob)
    world.get(type(world.reply), world.reply).person_id = person.id
    db.session.flush()
    person.show_portrait(b"picture")


WRITES = {
    "publish": _publish_draft,
    "schedule": _schedule,
    "unpublish": lambda world: world.get(Post, world.essay).withdraw(),
    "new post": _new_post,
    "new title": _set(title="A better title"),
    "new text": lambda world: world.get(Post, world.essay).write("Other *words*."),
    "new version": _save,
    "corrected": lambda world: world.get(Post, world.essay).correct("The year was 1848."),
    "new slug": _set(slug="moved"),
    "new path": _set(path="/2020/essay/"),
    "becomes a page": _set(kind="page"),
    "another day": lambda world: setattr(world.get(Post, world.other), "published_at", now() - timedelta(days=400)),
    "discussion closed": _set(comments_open=False),
    "rules of a discussion": lambda world: world.get(Post, world.essay).write_rules("Be *kind*."),
    "why it is closed": _set(comments_open=False, closed_because="It is over."),
    "house rules": _house_rules,
    "no faces": lambda world: setattr(db.session.merge(site_of_world()), "shows_faces", False),
    "no marks": lambda world: setattr(db.session.merge(site_of_world()), "takes_marks", False),
    "marks": lambda world: setattr(world.get(type(world.reply), world.reply), "marks", 3),
    "picked": lambda world: world.get(type(world.reply), world.reply).pick(True),
    "removed for a reason": _removed_for_a_reason,
    "staff comment, and its portrait": _portrait,
    "picture described": _described,
    "passages closed": _set(passages_open=False),
    "another answer to a passage": lambda world: world.make.comment(
        world.get(Post, world.essay), "Third.", passage="Some text."
    ),
    "disclaimer": _set(disclaimer="Not legal advice."),
    "other authors": lambda world: world.get(Post, world.essay).credit([world.get(type(world.bob), world.bob)]),
    "other order of authors": lambda world: world.get(Post, world.essay).credit(
        [world.get(type(world.bob), world.bob), world.get(type(world.ada), world.ada)]
    ),
    "no tags": lambda world: world.get(Post, world.essay).tags.clear(),
    "further tag": lambda world: world.get(Post, world.essay).tags.extend(tag_order.named(["new"])),
    "tag renamed": _rename_tag,
    "tag moved": lambda world: tag_order.move(world.get(Post, world.essay).tags[0], "elsewhere"),
    "tags merged": _merge_tags,
    "pinned": _set(prominence="pinned"),
    "in another language": _set(language="fr"),
    "first published elsewhere": _set(canonical_url="https://review.example/essay"),
    "another card": _set(card_title="Read this"),
    "another number in its series": _set(series_number=3),
    "out of its series": _set(series_id=None, series_number=None),
    "series renamed": lambda world: setattr(series.by_slug("method"), "title", "On method"),
    "series taken away": lambda world: series.remove(series.by_slug("method")),
    "draft of a series published": _publish_part,
    "first part of a series published": _publish_first_part,
    "further part": lambda world: series.put_into(world.get(Post, world.other), series.by_slug("method")),
    "person renamed": _rename_person,
    "person moved": _move_person,
    "people merged": lambda world: merging.merge(
        world.get(type(world.ada), world.ada), world.get(type(world.bob), world.bob)
    ),
    "affiliation of one post": lambda world: world.get(Post, world.essay).credit(
        [world.get(type(world.ada), world.ada)], ["Visiting Fellow"]
    ),
    "site": _site,
    "looks and clock of the site": _looks,
    "not for search engines": lambda world: setattr(db.session.merge(site_of_world()), "is_listed", False),
    "deleted": lambda world: db.session.delete(world.get(Post, world.other)),
    "comment approved": lambda world: world.get(type(world.held), world.held).move_to("approved"),
    "comment removed": lambda world: world.get(type(world.reply), world.reply).move_to("trash"),
    "parent removed": lambda world: world.get(type(world.reply_to), world.reply_to).move_to("spam"),
    "comment edited": lambda world: world.get(Comment, world.edited).edit("Once more.", "<p>Once more.</p>"),
    "comment edited for the first time": lambda world: world.get(Comment, world.reply).edit(
        "Edited.", "<p>Edited.</p>"
    ),
    "version hidden": lambda world: setattr(world.get(Comment, world.edited).versions[0], "is_hidden", True),
    "comment withdrawn": lambda world: world.get(Comment, world.edited).withdraw(),
    "answered comment withdrawn": lambda world: world.get(Comment, world.reply_to).withdraw(),
    "new comment": lambda world: world.make.comment(world.get(Post, world.essay), "Third."),
    "new comment elsewhere": lambda world: world.make.comment(world.get(Post, world.other), "Third."),
    "comment held": lambda world: world.make.pending(world.get(Post, world.essay)),
}
# These make posts and comments, each in a transaction of its own.
_WRITE_BY_THEMSELVES = {
    "new post",
    "new comment",
    "new comment elsewhere",
    "comment held",
    "another answer to a passage",
}


def write(world, name: str) -> None:
    if name in _WRITE_BY_THEMSELVES:
        WRITES[name](world)
        return
    with writing():
        WRITES[name](world)


def check_every_address_after(name: str, app, make) -> None:
    world = World(make)
    cache = app.extensions["cache"]
    for path, headers in world.addresses():
        answered(app.wsgi_app, path, headers)
    assert len(cache.store) >= 12
    write(world, name)
    db.session.rollback()
    given = [(path, headers, *answered(app.wsgi_app, path, headers)) for path, headers in world.addresses()]
    # Elements that are kept as drawn (core/filters.py) are drawn anew as well.
    app.jinja_env.globals["kept"].cache_clear()
    for path, headers, said, body in given:
        # Of what no cache keeps there is nothing to compare.
        if said in ("hit", "miss"):
            assert body == answered(cache.app, path, headers)[1], path


@ONLY_SQLITE
@pytest.mark.parametrize("name", WRITES)
def test_after_every_kind_of_write_every_address_is_as_if_nothing_were_kept(app, make, name):
    check_every_address_after(name, app, make)


# A write touches the same on both systems; how that is stored and heard of is tried with one write of each sort.
@ONLY_POSTGRESQL
@pytest.mark.parametrize(
    "name", ["publish", "new post", "no tags", "deleted", "site", "new comment", "marks", "comment held"]
)
def test_after_a_write_of_each_sort_every_address_is_as_if_nothing_were_kept(app, make, name):
    check_every_address_after(name, app, make)


ADA, BOB = "/authors/person-1", "/authors/person-2"
OF_ESSAY = {"/", "/tags/ethics", "/tags/logic", ADA, BOB, "/posts/essay"}


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("comment held", set()),
        ("new comment elsewhere", {"/", "/tags/logic", BOB, "/2019/other/"}),
        ("new comment", OF_ESSAY),
        ("publish", {"/", ADA}),
        ("schedule", {"/", ADA}),
        ("person renamed", OF_ESSAY),
        ("further tag", OF_ESSAY),
        ("deleted", {"/", "/tags/logic", BOB, "/2019/other/"}),
    ],
)
def test_a_write_drops_only_what_it_touches(client, make, name, dropped):
    world = World(make)
    paths = [*OF_ESSAY, "/2019/other/", "/posts/about"]
    for path in paths:
        client.get(path)
    write(world, name)
    assert {path for path in paths if how(client.get(path)) != "hit"} == dropped


def test_scheduled_post_appears_in_its_minute_without_anybody_writing(client, make, monkeypatch):
    world = World(make)
    write(world, "schedule")
    paths = ("/", f"/authors/{world.ada.slug}")
    for path in paths:
        client.get(path)
        answer = client.get(path)
        assert how(answer) == "hit"
        assert "Draft" not in answer.text
    later = now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(caching.time, "time", later.timestamp)
    monkeypatch.setattr(post_queries, "now", lambda: later)
    monkeypatch.setattr(post_models, "now", lambda: later)
    for path in paths:
        answer = client.get(path)
        assert how(answer) == "miss"
        assert "Draft" in answer.text
    assert client.get("/posts/draft").status_code == 200


def test_write_of_another_process_shows_at_the_next_request(app, client, make, post, tmp_path):
    """Another application on the same database stands for the other process: nothing is shared but the database."""
    other = create_app(app.config["SETTINGS"])
    elsewhere = other.test_client()
    for number in range(20):
        assert how(client.get("/posts/essay")) == how(elsewhere.get("/posts/essay"))
        make.comment(post, f"Comment number {number}.")
        for browser in (client, elsewhere):
            assert f"Comment number {number}." in browser.get("/posts/essay").text
    with other.app_context():
        db.engine.dispose()
    other.extensions["cache"].close()
