"""Searching: what is found, by whom it is never found, and how it is shown; on both databases."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select, table

from blueprints.accounts.models import Person
from blueprints.comments.models import Comment
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post
from blueprints.posts.tags import Tag
from blueprints.search import index, postgresql, queries, sqlite
from blueprints.search.found import COMMENT, MOST, POST
from blueprints.transfer import welcome
from tests.conftest import ONLY_POSTGRESQL


def titles(query: str) -> list[str]:
    """The headings of the posts that *query* finds, in their order."""
    return [hit.post.heading for hit in queries.found(query, POST, 1).hits]


def numbers(query: str) -> list[int]:
    """The numbers of the comments that *query* finds, in their order."""
    return [hit.number for hit in queries.found(query, COMMENT, 1).hits]


def page(client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).text, "html.parser")


@pytest.mark.parametrize(
    ("body", "found_by", "not_by"),
    [
        ("Über die Straße nach Łódź.", ["uber", "STRASSE", "lodz", "straße"], ["oder", "ber"]),
        ("我们在东京大学读书。", ["东京", "京", "大学读书", "东京大学", "我"], ["西京", "读大"]),
        ("私は東京タワーへ行った。", ["東京タワー", "へ", "行った", "タワー"], ["京東", "ワタ"]),
        ("한국에서 왔습니다", ["한국", "국", "왔습니다"], ["국한"]),
        ("ฉันรักภาษาไทย", ["ภาษา", "ไท", "ก", "รักภาษา"], ["ษาภ"]),
        ("وَصَلَ أَحْمَدُ إلى المدرسة", ["أحمد", "احمد", "المدرسه", "الى"], ["محمد"]),
        ("Learn Python入門 today", ["python", "入門", "Python入門", "門"], ["門入"]),
        ("It's a well-known e-mail", ["it's", "well-known", '"well known"', '"a well"'], ['"well a"', '"known well"']),
    ],
)
def test_words_of_many_languages_are_found(app, make, body, found_by, not_by):
    make.post("One", body=body)
    make.comment(make.post("Two", body="Nothing."), body)
    assert {query: titles(query) for query in found_by} == {query: ["One"] for query in found_by}
    assert {query: numbers(query) for query in found_by} == {query: [1] for query in found_by}
    assert {query: titles(query) + numbers(query) for query in not_by} == {query: [] for query in not_by}


def test_last_word_may_be_a_beginning_and_phrases_and_minus_count(app, make):
    make.post("A", body="The committee wrote an open letter.")
    make.post("B", body="The letter was not open, said the commission.")
    assert sorted(titles("comm")) == ["A", "B"]
    assert titles("comm letter") == []
    assert titles('"open letter"') == ["A"]
    assert sorted(titles("letter open")) == ["A", "B"]
    assert titles("letter -committee") == ["B"]
    assert titles('letter -"open letter"') == ["B"]
    assert titles("-letter") == []


def test_title_counts_more_than_text_and_of_equals_the_newer_is_first(app, make):
    make.post("Old", body="One sheep here.", published_at=now() - timedelta(days=9))
    make.post("New", body="One sheep there.", published_at=now() - timedelta(days=1))
    make.post("Of sheep", body="Short words here.", published_at=now() - timedelta(days=30))
    assert titles("sheep") == ["Of sheep", "New", "Old"]


def test_everything_public_of_a_post_is_found(app, make):
    ada = make.person("Ada Lovelace", email="secret@example.org")
    make.post("Engines", standfirst="On brass", tags=["Looms"], authors=[ada], kind="page")
    for query in ("engines", "brass", "looms", "lovelace", "lovelace looms brass"):
        assert titles(query) == ["Engines"], query
    assert titles("secret") == []


def test_nothing_that_is_not_public_is_ever_found(app, make):
    post = make.post("Public")
    make.post("zebra", state="draft", published_at=None)
    make.post("zebra", state="draft")
    make.post("zebra", published_at=now() + timedelta(hours=1))
    taken_down = make.post("Taken down")
    make.comment(taken_down, "zebra")
    for state in ("pending", "spam", "trash"):
        make.comment(post, "zebra", state=state)
    make.comment(post, "zebra", kind="mention")
    make.comment(post, "A [link](https://example.org/zebra).", email="zebra@example.org", url="https://zebra.example")
    with writing():
        db.session.get(Post, taken_down.id).withdraw()
    for query in ("zebra", "zeb", '"zebra"', "example"):
        assert titles(query) + numbers(query) == [], query


def test_post_that_waits_is_found_from_its_minute_on(app, make, monkeypatch):
    post = make.post("Later", body="A lynx.", published_at=now() + timedelta(hours=1))
    make.comment(post, "A lynx, too.")
    assert titles("lynx") + numbers("lynx") == []
    monkeypatch.setattr(queries, "now", lambda: now() + timedelta(hours=2))
    assert (titles("lynx"), numbers("lynx")) == (["Later"], [1])


def test_index_follows_every_write(app, make):
    post = make.post("First", body="An otter.", authors=[ada := make.person("Ada")], tags=["Water"])
    comment = make.comment(post, "A beaver.", name="Bob")
    steps = [
        (lambda: db.session.get(Post, post.id).write("A heron."), "heron", "otter"),
        (lambda: setattr(db.session.get(Post, post.id), "title", "Second"), "second", "first"),
        (lambda: setattr(db.session.get(Person, ada.id), "name", "Eve"), "eve", "ada"),
        (lambda: setattr(db.session.query(Tag).one(), "name", "Fire"), "fire", "water"),
        (lambda: db.session.get(Post, post.id).credit([]), "heron", "eve"),
        (lambda: db.session.get(Post, post.id).withdraw(), None, "heron"),
        (lambda: db.session.get(Post, post.id).publish(), "heron", None),
        (lambda: db.session.get(Comment, comment.id).write("A crane."), "crane", "beaver"),
        (lambda: db.session.get(Comment, comment.id).move_to("trash"), None, "crane"),
        (lambda: db.session.get(Comment, comment.id).move_to("approved"), "bob crane", None),
        (lambda: db.session.delete(db.session.get(Post, post.id)), None, "heron"),
    ]
    for step, (write, found_by, not_by) in enumerate(steps):
        with writing():
            write()
        assert found_by is None or titles(found_by) + numbers(found_by), step
        assert not_by is None or titles(not_by) + numbers(not_by) == [], step


def test_write_that_fails_leaves_the_index_as_it_was(app, make):
    post = make.post("First", body="An otter.")

    def fail() -> None:
        with writing():
            db.session.get(Post, post.id).write("A heron.")
            db.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    make.post("Other")
    assert (titles("otter"), titles("heron")) == (["First"], [])


def test_index_made_anew_is_the_same(app, make, monkeypatch):
    monkeypatch.setattr(index, "_AT_ONCE", {POST: 2, COMMENT: 2})
    posts = [make.post(f"Post {name}", tags=["Ants"], authors=[make.person("Ada")]) for name in "abcde"]
    for number in range(5):
        make.comment(posts[0], f"Bee {number}.")
    make.pending(posts[0], "Bee.")
    before = titles("ants ada"), numbers("bee")
    with writing():
        index.backend(db.session.connection()).clear(db.session.connection(), POST)
    assert (titles("ants"), numbers("bee")) == ([], before[1])
    with writing():
        index.settle(db.session.connection())
    assert (titles("ants ada"), numbers("bee")) == before
    with writing():
        index.fill(db.session.connection())
    assert (titles("ants ada"), numbers("bee")) == before
    assert list(map(len, before)) == [5, 5]


def test_what_is_longer_than_an_index_takes_is_stored_all_the_same(app, make):
    words = " ".join(f"w{number}x{'y' * 50}" for number in range(30_000))
    make.post("Long", body=f"Begin {words}", body_format="html")
    assert titles("begin") == ["Long"]


def test_common_word_finds_the_newest_and_titles(app, make, monkeypatch):
    for module in (queries, *index._BACKENDS.values()):
        monkeypatch.setattr(module, "MOST", 3, raising=False)
    assert MOST > 10
    make.post("The gnu")
    for number in range(6):
        make.post(f"Post {number}", body="A gnu.")
    for common in (1000, 0):  # SQLite weighs no word that is more common than that
        monkeypatch.setattr(sqlite, "COMMON", common)
        found = queries.found("gnu", POST, 1)
        assert found.counts[POST] == 4
        assert [hit.post.title for hit in found.hits] == ["The gnu", "Post 5", "Post 4"]


def test_last_word_is_taken_for_a_beginning_unless_it_is_a_common_one(app, make, monkeypatch):
    for number in range(4):
        make.post(f"Gnu {number}")
    make.post("A yak and gnus")
    assert titles("yak gnu") == ["A yak and gnus"]
    monkeypatch.setattr(queries, "MOST", 3)
    assert titles("yak gnu") == []
    assert titles("yak gnus") == titles("gnus yak") == ["A yak and gnus"]


@ONLY_POSTGRESQL
def test_every_way_through_the_index_finds_the_same(app, make, monkeypatch):
    for module in (queries, postgresql):
        monkeypatch.setattr(module, "MOST", 4)
    make.post("The old gnu", body="It is an emu.", published_at=now() - timedelta(days=9))
    for number in range(5):
        make.post(f"Post {number}", body=f"A gnu, never w{number}.")
    expected = None
    # In turn: looked up or gone back for, always gone back for, by what the newest three say, never gone back for.
    for entries, frequent in ((400, 4), (400, 1), (3, 1), (0, 1)):
        monkeypatch.setattr(postgresql, "_NEWEST_ENTRIES", entries)
        monkeypatch.setattr(postgresql, "_FREQUENT", frequent)
        found = {query: titles(query) for query in ("gnu", "gnu -w3", "emu", "w2", '"never w2"', "gnu emu", "yak")}
        assert found == (expected := expected or found)
    assert expected == {
        "gnu": ["The old gnu", "Post 4", "Post 3", "Post 2"],
        "gnu -w3": ["The old gnu", "Post 4", "Post 2", "Post 1"],
        "emu": ["The old gnu"],
        "w2": ["Post 2"],
        '"never w2"': ["Post 2"],
        "gnu emu": ["The old gnu"],
        "yak": [],
    }


def test_page_shows_what_was_found_with_its_words_marked(client, make):
    post = make.post(
        "Of <i>cats</i> & Dogs", body="x " * 300 + "These cats <script>alert(1)</script> & dogs &amp; cafés."
    )
    make.comment(post, "No **cats** at the café.", name="<b>Cat</b>")
    soup = page(client, "/search?q=cats")
    assert [mark.text for mark in soup.select(".result mark")] == ["cats", "cats"]
    assert soup.select_one(".result__title").text == "Of <i>cats</i> & Dogs"
    snippet = soup.select_one(".result__text").text
    assert snippet.startswith("… x x")
    assert snippet.endswith("These cats & dogs & cafés.")
    assert soup.select_one("#search-count").text.strip() == "1 post and 1 comment."
    assert soup.select_one("meta[name=robots]")["content"] == "noindex"
    soup = page(client, "/search?q=cafe&in=comments")
    assert [mark.text for mark in soup.select(".result mark")] == ["café"]
    [link, on] = soup.select(".result a")
    assert link.text.startswith("<b>Cat</b>, comment 1")
    assert client.get(link["href"]).status_code in (200, 302)
    assert on.text == post.title


def test_letters_that_fold_into_two_are_marked_where_they_stand(client, make):
    make.post("A", body="Die große Straße, eine weiße Straße.")
    soup = page(client, "/search?q=strasse")
    assert [mark.text for mark in soup.select(".result mark")] == ["Straße", "Straße"]


def test_fragment_holds_the_results_alone(client, make):
    make.post("A", body="A cat.")
    answer = client.htmx("GET", "/search?q=cat")
    assert "<!doctype" not in answer.text
    assert 'id="results"' in answer.text
    assert "1 post." in answer.text
    for headers in (answer.headers, client.get("/search?q=cat").headers):
        assert headers["Cache-Control"] == "private, no-cache"
        assert "HX-Request-Type" in headers["Vary"]


def test_comments_are_shown_where_no_post_was_found(client, make):
    make.comment(make.post(), "Only here.")
    assert page(client, "/search?q=only").select_one("[aria-current=page]").text == "Comments 1"
    assert page(client, "/search?q=only&in=posts").select_one(".results__help")


def test_long_lists_have_pages(client, make):
    post = make.post()
    for _ in range(12):
        make.comment(post, "Again.")
    first, second = (page(client, f"/search?q=again&in=comments&page={number}") for number in (1, 2))
    assert [len(soup.select(".result")) for soup in (first, second)] == [10, 2]
    assert first.select_one("[rel=next]")["href"] == "/search?q=again&in=comments&page=2"
    assert client.get("/search?q=again&in=comments&page=3").status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("", 200, "Looks through posts"),
        ("nowhere", 200, "No post and no published comment has this word"),
        ("no where", 200, "has all of these words"),
        ("%22%22", 200, "no word in this"),
        ("-a", 200, "no word in this"),
        ("a" * 10_000, 200, "ten at most"),
        ("a+b+c+d+e+f+g+h+i+j+k", 200, "ten at most"),
        ("%E6%9D%B1" * 150, 200, "ten at most"),
        ("%00", 400, "no address can hold"),
        ("%ED%A0%80", 200, "Nothing found"),
        ("a%27)%20OR%20%22x%22*%20NEAR(%20%3A%5C%5E%7B%7D%26%7C!", 200, "Nothing found"),
        ("x&in=people", 404, ""),
        ("x&page=0", 404, ""),
    ],
)
def test_odd_queries_are_answered_with_help(client, query, status, says):
    answer = client.get(f"/search?q={query}")
    assert answer.status_code == status
    assert says in answer.text
    assert "a" * 201 not in answer.text


def test_searching_is_limited_and_an_empty_form_is_not(app, client, make):
    object.__setattr__(app.config["SETTINGS"], "search_limit", "2 per minute")
    assert [client.get(f"/search?q={word}").status_code for word in ("a", "b", "c")] == [200, 200, 429]
    assert client.htmx("GET", "/search?q=d").status_code == 429
    assert client.get("/search").status_code == 200


@pytest.mark.parametrize("path", ["/?s=open+letter", "/search/open%20letter", "/search/open%20letter/page/2/"])
def test_address_of_wordpress_leads_here(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/search?q=open+letter")


def test_queries_fill_no_cache(app, client, make):
    make.post("A", body="A cat.")
    kept = len(app.extensions["cache"].store)
    for number in range(5):
        client.get(f"/search?q=cat+{number}")
        client.get(f"/?s={number}")
    assert len(app.extensions["cache"].store) == kept


def test_every_public_page_has_the_field_and_the_search_page_one_alone(client, make):
    make.post(slug="a")
    for path in ("/", "/posts/a", "/posts/a/comments", "/nowhere", "/search"):
        assert len(page(client, path).select("form[role=search] input[name=q]")) == 1, path


def test_welcome_leaves_no_word_behind(app, make):
    from blueprints.operations import welcome as greeting

    greeting.greet()
    with writing():
        welcome.discard()
    for kind in (POST, COMMENT):
        assert db.session.scalar(select(func.count()).select_from(table(f"search_{kind}"))) == 0


def test_every_page_tells_browsers_of_the_search(client, make):
    make.post(slug="essay")
    for path in ("/", "/posts/essay", "/search"):
        link = BeautifulSoup(client.get(path).data, "html.parser").find("link", rel="search")
        assert link["type"] == "application/opensearchdescription+xml"
        assert b"{searchTerms}" in client.get(link["href"]).data
