"""What a feed reader is given: valid, whole, and nothing that a page would not show."""

import json
from datetime import timedelta
from uuid import UUID

import feedparser
import flask_migrate
import pytest
from bs4 import BeautifulSoup
from lxml import etree
from sqlalchemy import select

from blueprints.comments.models import Comment
from blueprints.core.db import db, now, writing
from blueprints.core.site import Site
from blueprints.operations import upgrade
from blueprints.posts.models import Alias, Post
from tests.feeds.validity import ATOM, THREAD, faults

HERE = "https://journal.example"
ODD = "Ünïcode 若水 مرحبا <b>&amp;</b> ]]> \x0b\x1f\ufffe\uffff \"quoted\" 'so'"
AT_HOME = pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": HERE}])
ANYWHERE = pytest.mark.parametrize(
    "environ", [{"SECRET_KEY": "test", "SITE_URL": HERE}, {"SECRET_KEY": "test"}], ids=["at home", "no address"]
)


@pytest.fixture
def ada(make):
    return make.person(f"Ada {ODD}", disclaimer="My own view & nobody's else.", email="ada@example.org")


@pytest.fixture
def essay(make, ada):
    body = f'{ODD}\n\nA [page](/about), a [site](https://example.org/) and a note.[^1]\n\n[^1]: The `href="/note"`.'
    return make.post(f"Essay {ODD}", slug="essay", authors=[ada, make.person("Bob")], tags=["Ethics"], body=body)


@pytest.fixture
def thread(make, essay, ada):
    first = make.comment(
        essay, f"First. {ODD} https://example.org/a?b=1&c=2", name=f"Jo {ODD}", url="https://jo.example/"
    )
    second = make.comment(essay, "Second.", parent=first, person_id=ada.id, name="Ada", url="not an address")
    return first, second


def every_feed(essay, ada) -> list[str]:
    of_essay = [f"/posts/{essay.slug}/comments.atom", f"/posts/{essay.slug}/comments/by-author.atom"]
    return ["/feed.atom", "/comments.atom", "/tags/ethics/feed.atom", f"/authors/{ada.slug}/feed.atom", *of_essay]


def entries(client, path: str) -> list[etree._Element]:
    return etree.fromstring(client.get(path).data).findall(f"{ATOM}entry")


def titles(client, path: str) -> list[str]:
    return [entry.findtext(f"{ATOM}title") for entry in entries(client, path)]


def ids(client, path: str) -> list[str]:
    return [entry.findtext(f"{ATOM}id") for entry in entries(client, path)]


@ANYWHERE
def test_every_feed_is_valid_and_read(client, essay, ada, thread):
    for path in every_feed(essay, ada):
        answer = client.get(path)
        assert answer.content_type == "application/atom+xml; charset=utf-8"
        assert faults(answer.data) == [], path
        read = feedparser.parse(answer.data)
        assert not read.bozo
        assert read.entries


def test_feed_with_nothing_in_it_is_valid(client, make, ada):
    for path in ("/feed.atom", "/comments.atom", f"/authors/{ada.slug}/feed.atom"):
        answer = client.get(path)
        assert faults(answer.data) == []
        assert not feedparser.parse(answer.data).entries


@AT_HOME
def test_entry_holds_the_whole_post(client, essay, ada):
    feed = feedparser.parse(client.get("/feed.atom").data)
    [entry] = feed.entries
    assert (feed.feed.link, entry.link) == (f"{HERE}/", f"{HERE}/posts/essay")
    assert [author.name.split()[0] for author in entry.authors] == ["Ada", "Bob"]
    assert entry.authors[0].href == f"{HERE}/authors/{ada.slug}"
    assert [(tag.term, tag.label) for tag in entry.tags] == [("ethics", "Ethics")]
    [replies] = [link for link in entry.links if link.rel == "replies"]
    assert replies.href == f"{HERE}/posts/essay/comments.atom"
    [written] = [element.text for element in etree.fromstring(client.get("/feed.atom").data).iter(f"{ATOM}content")]
    page = BeautifulSoup(written, "html.parser")
    assert "若水" in page.text
    links = [link["href"] for link in page.find_all("a")]
    assert links[:3] == [f"{HERE}/about", "https://example.org/", f"{HERE}/posts/essay#fn1"]
    assert page.code.text == 'href="/note"', "what only looks like a link stays"
    assert page.find_all("p")[-1].text == "My own view & nobody's else."
    assert "\x0b" not in written


def test_without_an_address_links_lead_from_where_the_feed_was_found(client, essay, thread):
    for path in ("/feed.atom", "/comments.atom"):
        place = {"content-location": f"http://127.0.0.1:8000{path}"}
        read = feedparser.parse(client.get(path).data, response_headers=place)
        assert read.entries[0].link.startswith("http://127.0.0.1:8000/")
    place = {"content-location": "http://127.0.0.1:8000/feed.atom"}
    written = feedparser.parse(client.get("/feed.atom").data, response_headers=place).entries[0].content[0].value
    assert 'href="http://127.0.0.1:8000/about"' in written
    assert 'href="http://127.0.0.1:8000/posts/essay#fn1"' in written


def test_comments_say_what_they_answer(client, essay, thread):
    second, first = entries(client, "/posts/essay/comments.atom")
    [post_id] = ids(client, "/feed.atom")
    for entry, ref, href in (
        (first, post_id, "/posts/essay"),
        (second, first.findtext(f"{ATOM}id"), f"/comments/{thread[0].id}"),
    ):
        answered = entry.find(f"{THREAD}in-reply-to")
        assert (answered.get("ref"), answered.get("href")) == (ref, href)
    assert first.findtext(f"{ATOM}author/{ATOM}uri") == "https://jo.example/"
    assert second.find(f"{ATOM}author/{ATOM}uri") is None, "not an address"
    assert titles(client, "/posts/essay/comments.atom") == [
        "Comment 2 by Ada",
        second.getnext().findtext(f"{ATOM}title"),
    ]
    assert titles(client, "/comments.atom")[0].startswith("Comment 2 on Essay")


def test_feed_of_the_author_holds_nobody_else(client, make, essay, thread):
    make.comment(essay, "Of the house, but not its author.", person_id=make.person("Staff").id)
    assert titles(client, "/posts/essay/comments/by-author.atom") == ["Comment 2 by Ada"]


def test_ids_stay_whatever_moves(app, client, essay, ada, thread, monkeypatch):
    paths = every_feed(essay, ada)
    before = [(etree.fromstring(client.get(path).data).findtext(f"{ATOM}id"), ids(client, path)) for path in paths]
    with writing():
        post = db.session.get(Post, essay.id)
        post.slug, post.path, post.title = "moved", "/2020/essay/", "Other"
        db.session.get(type(ada), ada.id).slug = "ada"
    object.__setattr__(app.config["SETTINGS"], "site_url", HERE)
    app.extensions["cache"].store.clear()
    essay.slug, ada.slug = "moved", "ada"
    after = [
        (etree.fromstring(client.get(path).data).findtext(f"{ATOM}id"), ids(client, path))
        for path in every_feed(essay, ada)
    ]
    assert before == after


def test_ids_of_two_sites_differ(client, make, essay):
    ours = ids(client, "/feed.atom")
    with writing():
        db.session.add(Site(id=1, name="Journal"))
    assert ids(client, "/feed.atom") != ours
    assert ids(client, "/feed.atom") == ids(client, f"/authors/{essay.authors[0].slug}/feed.atom")


def test_post_from_elsewhere_keeps_its_id_once(client, make):
    for title in ("Copy", "Original"):
        make.post(title, guid="http://www.journal.example/?p=12")
    assert faults(client.get("/feed.atom").data) == []
    assert ids(client, "/feed.atom")[0] == "http://www.journal.example/?p=12"


def test_nothing_is_in_a_feed_that_readers_do_not_see(client, make, essay, ada, thread):
    make.post("Secret draft", state="draft", published_at=None, authors=[ada], tags=["Ethics"])
    due = make.post("Secret plan", published_at=now() + timedelta(days=1), authors=[ada], tags=["Ethics"])
    make.comment(due, "Secret comment, below a post that is due.", person_id=ada.id)
    gone = make.post("Secret past", state="draft", authors=[ada], tags=["Ethics"])
    make.comment(gone, "Secret comment, below a post that was taken down.", person_id=ada.id)
    for state in ("pending", "spam", "trash"):
        make.comment(essay, f"Secret, {state}.", state=state, person_id=ada.id, email="secret@example.org")
    removed = make.comment(essay, "Secret, removed.", name="Secret Removed", person_id=ada.id)
    make.comment(essay, "Answers what is gone.", parent=removed, person_id=ada.id)
    make.comment(essay, "Secret mention.", kind="mention", url="https://secret.example/")
    with writing():
        db.session.get(type(removed), removed.id).move_to("trash")
    for path in every_feed(essay, ada):
        text = client.get(path).text
        assert "secret" not in text.lower(), path
        assert "@" not in text, path
    assert len(ids(client, "/posts/essay/comments.atom")) == 3


def test_comment_that_waited_comes_first_when_it_is_let_through(client, make, essay):
    held = make.pending(essay, "Waited.", created_at=now() - timedelta(days=3))
    make.comment(essay, "Did not.")
    with writing():
        db.session.get(type(held), held.id).move_to("approved")
    first = entries(client, "/comments.atom")[0]
    assert "Waited." in first.findtext(f"{ATOM}content")
    assert first.findtext(f"{ATOM}published") >= f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"


def test_entry_says_when_it_was_changed(client, make):
    changed = now() - timedelta(days=2)
    make.post(published_at=now() - timedelta(days=9), updated_at=changed)
    [entry] = entries(client, "/feed.atom")
    assert entry.findtext(f"{ATOM}published") < entry.findtext(f"{ATOM}updated") == f"{changed:%Y-%m-%dT%H:%M:%SZ}"


def test_comment_says_when_it_was_changed_and_what_it_answers(client, make, essay):
    comment = make.comment(essay, "Said.", passage="1 < 2 & so on")
    with writing():
        db.session.get(Comment, comment.id).published_at -= timedelta(days=2)
    path = f"/posts/{essay.slug}/comments.atom"
    before = entries(client, path)[0].findtext(f"{ATOM}updated")
    with writing():
        db.session.get(Comment, comment.id).edit("Said better.", "<p>Said better.</p>")
    [entry] = entries(client, path)
    assert entry.findtext(f"{ATOM}published") == before < entry.findtext(f"{ATOM}updated")
    assert BeautifulSoup(entry.findtext(f"{ATOM}content"), "html.parser").blockquote.text == "1 < 2 & so on"
    assert faults(client.get(path).data) == []


def test_reader_who_has_the_feed_gets_304_until_something_is_new(client, make, essay, ada, thread):
    for path in every_feed(essay, ada):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304, path
    tag = client.get("/comments.atom").headers["ETag"]
    make.comment(essay, "New.")
    assert client.get("/comments.atom", headers={"If-None-Match": tag}).status_code == 200


def test_comments_leave_the_feed_of_posts_as_it_is(client, make, essay):
    tag = client.get("/feed.atom").headers["ETag"]
    make.comment(essay, "New.")
    assert client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("tail", ["comments.atom", "comments/by-author.atom"])
def test_feed_of_a_discussion_is_where_its_post_is(client, make, essay, tail):
    make.post(slug="draft", state="draft", published_at=None)
    make.post(slug="withdrawn", state="draft")
    with writing():
        db.session.add(Alias(path="/posts/old", post_id=essay.id))
    assert client.get(f"/posts/draft/{tail}").status_code == 404
    assert client.get(f"/posts/nowhere/{tail}").status_code == 404
    assert client.get(f"/posts/withdrawn/{tail}").status_code == 410
    moved = client.get(f"/posts/old/{tail}")
    assert (moved.status_code, moved.location) == (301, f"/posts/essay/{tail}")


@pytest.mark.parametrize("path", ["/tags/nothing/feed.atom", "/tags/empty/feed.atom", "/authors/nobody/feed.atom"])
def test_feed_of_nothing_is_not_found(client, make, path):
    make.post(tags=["Empty"], state="draft")
    assert client.get(path).status_code == 404


@AT_HOME
def test_json_feed_says_what_the_atom_feed_says(client, essay, ada):
    answer = client.get("/feed.json")
    assert answer.content_type == "application/feed+json"
    assert "</" not in answer.text
    feed = json.loads(answer.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["home_page_url"], feed["feed_url"], feed["language"]) == (f"{HERE}/", f"{HERE}/feed.json", "en")
    [item], [entry] = feed["items"], entries(client, "/feed.atom")
    assert (item["id"], item["url"]) == (entry.findtext(f"{ATOM}id"), f"{HERE}/posts/essay")
    assert item["content_html"].replace("\x0b\x1f\ufffe\uffff", "") == entry.findtext(f"{ATOM}content")
    assert item["date_published"] == entry.findtext(f"{ATOM}published")
    assert item["authors"][0] == {"name": ada.name, "url": f"{HERE}/authors/{ada.slug}"}
    assert item["tags"] == ["Ethics"]


@AT_HOME
def test_what_is_in_another_language_says_so_in_both(client, make):
    made = {language: make.post(language=language) for language in ("", "ar")}
    names = {post.slug: language for language, post in made.items()}
    listed = entries(client, "/feed.atom")
    assert len(listed) == len(made)
    for entry in listed:
        assert (
            entry.get("{http://www.w3.org/XML/1998/namespace}lang", "")
            == names[entry.find(f"{ATOM}link").get("href").rpartition("/")[2]]
        )
    for item in json.loads(client.get("/feed.json").data)["items"]:
        assert item.get("language", "") == names[item["url"].rpartition("/")[2]]


def test_json_feed_without_an_address_says_what_is_missing(client, essay):
    answer = client.get("/feed.json")
    assert answer.status_code == 404
    assert "SITE_URL" in answer.text


@AT_HOME
def test_pages_name_their_feeds_to_programs_and_to_people(client, essay, ada, thread):
    pages = {
        "/": {"/feed.atom", "/feed.json", "/comments.atom"},
        "/posts/essay": {"/feed.atom", "/posts/essay/comments.atom"},
        "/posts/essay/comments": {"/posts/essay/comments.atom"},
        "/tags/ethics": {"/feed.atom", "/tags/ethics/feed.atom"},
        f"/authors/{ada.slug}": {"/feed.atom", f"/authors/{ada.slug}/feed.atom"},
    }
    for path, named in pages.items():
        page = BeautifulSoup(client.get(path).text, "html.parser")
        links = page.find_all("link", rel="alternate")
        assert {link["href"] for link in links} == named
        for link in links:
            assert link["title"]
            assert client.get(link["href"]).content_type.startswith(link["type"])
        seen = {link["href"] for link in page.find_all("a")}
        assert named - {"/feed.json", "/comments.atom"} <= seen
        assert all(client.get(address).status_code == 200 for address in seen if address.endswith(".atom"))


def test_older_database_gets_its_ids_and_dates(app, make, essay, thread):
    make.pending(essay)
    with writing():
        db.session.add(Site(id=1, name="Journal"))
    db.session.remove()
    upgrade.migrate(app)
    flask_migrate.downgrade(revision="0006")
    flask_migrate.upgrade()
    read = db.session.execute(
        select(Comment.number, Comment.created_at, Comment.published_at).order_by(Comment.id)
    ).all()
    assert [(row.number, row.published_at) for row in read] == [
        (1, read[0].created_at),
        (2, read[1].created_at),
        (None, None),
    ]
    assert UUID(db.session.get(Site, 1).uuid).version == 4
