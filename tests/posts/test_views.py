"""Reading pages: what stands on them, where they are found, and what they cost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event

from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.posts.models import PAGE, Alias, Post


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def titles(response) -> list[str]:
    return [title.text.strip() for title in soup(response).select(".summary__title")]


def set_site(**fields: str) -> None:
    with writing():
        row = db.session.merge(site.current())
        for name, value in fields.items():
            setattr(row, name, value)


@pytest.fixture
def queries(app):
    """The statements that were sent to the database."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_front_page_lists_the_newest_first_with_standfirst_byline_date_and_count(client, make):
    ada, bob = make.person("Ada"), make.person("Bob")
    make.post("Old", published_at=now() - timedelta(days=2))
    post = make.post("New", authors=[bob, ada], standfirst="Why it matters.")
    make.comment(post)
    page = client.get("/")
    assert titles(page) == ["New", "Old"]
    first = soup(page).find("article")
    assert first.select_one(".summary__standfirst").text == "Why it matters."
    assert " ".join(first.select_one(".byline").text.split()) == "By Bob and Ada"
    assert first.find("time").has_attr("datetime")
    assert "1 comment" in first.text


def test_front_page_has_a_pager_and_ends(client, make, app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], posts_per_page=2)
    for number in range(3):
        make.post(f"P{number}", published_at=now() - timedelta(days=number + 1))
    first = soup(client.get("/"))
    assert client.get(first.find(rel="next")["href"]).status_code == 200
    second = client.get("/?page=2")
    assert titles(second) == ["P2"]
    assert soup(second).find(rel="prev")["href"] == "/"
    assert soup(second).find(rel="next") is None
    assert client.get("/?page=3").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "02", "0001", "+1", "1_0", "9" * 30, "١"])
def test_what_is_no_page_number_is_not_found(client, page):
    assert client.get(f"/?page={page}").status_code == 404


def test_nothing_published_yet_is_said(client):
    assert "Nothing has been published" in soup(client.get("/")).text


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft", "published_at": None},
        {"published_at": now() + timedelta(hours=1)},
    ],
)
def test_draft_and_scheduled_posts_are_nowhere(client, make, fields):
    person = make.person()
    post = make.post("Secret", authors=[person], tags=["hidden"], **fields)
    assert client.get(f"/posts/{post.slug}").status_code == 404
    for path in ("/", f"/authors/{person.slug}"):
        assert "Secret" not in client.get(path).get_data(as_text=True)
    assert client.get("/tags/hidden").status_code == 404


def test_scheduled_post_appears_by_itself_at_its_minute(client, make):
    post = make.post(published_at=now() + timedelta(hours=1))
    with writing():
        db.session.get(Post, post.id).published_at = now() - timedelta(seconds=1)
    assert client.get(f"/posts/{post.slug}").status_code == 200


def test_post_that_was_taken_down_is_gone_not_missing(client, make):
    post = make.post()
    with writing():
        db.session.get(Post, post.id).withdraw()
    response = client.get(f"/posts/{post.slug}")
    assert response.status_code == 410
    assert "withdrawn" in soup(response).text
    assert soup(response).find(class_="masthead")


def test_post_page_has_its_parts_in_order(client, make):
    set_site(disclaimer="Not our view.")
    first = make.person("Zoë", affiliation="Institute", bio="Writes *much*.", links=[["Home", "https://zoe.example"]])
    second = make.person("Ada")
    post = make.post(
        "On paper",
        authors=[first, second],
        tags=["Print", "Ink"],
        standfirst="Shortly.",
        published_at=now() - timedelta(days=9),
        updated_at=now() - timedelta(days=1),
        body="## Part\n\nText.[^1]\n\n| a |\n|---|\n| b |\n\n[^1]: Note.",
    )
    page = soup(client.get(f"/posts/{post.slug}"))
    article = page.find("article", id="post")
    assert page.find("h1").text == "On paper"
    assert " ".join(article.select_one(".byline").text.split()) == "By Zoë, Institute and Ada"
    assert len(article.select(".article__meta time")) == 2
    assert article.find("table")
    assert article.find("sup")
    assert [tag.text for tag in article.select(".tags a")] == ["Ink", "Print"]
    assert article.select_one(".bio").find("em").text == "much"
    assert article.find("a", href="https://zoe.example")
    assert article.select_one(".disclaimer").text == "Not our view."
    order = [
        article.find(class_=name).sourceline
        for name in ("article__standfirst", "byline", "prose", "tags", "bio", "disclaimer")
    ]
    assert order == sorted(order)
    assert page.find(id="comments").sourceline > article.sourceline
    assert page.find("form", id="comment-form").sourceline > page.find(id="comments").sourceline
    assert page.find("link", rel="canonical")["href"] == f"/posts/{post.slug}"


@pytest.mark.parametrize(
    ("of_author", "of_post", "shown"),
    [("", None, ["Site's."]), ("Hers.", None, ["Hers."]), ("Hers.", "The post's.", ["The post's."]), ("Hers.", "", [])],
)
def test_disclaimer_of_the_post_beats_the_authors_beats_the_sites(client, make, of_author, of_post, shown):
    set_site(disclaimer="Site's.")
    post = make.post(authors=[make.person(disclaimer=of_author)], disclaimer=of_post)
    page = soup(client.get(f"/posts/{post.slug}"))
    assert [text.text for text in page.select(".disclaimer")] == shown


def test_headings_of_the_text_begin_below_the_title(client, make):
    post = make.post(body="# One\n\n## Two")
    page = soup(client.get(f"/posts/{post.slug}"))
    assert [heading.name for heading in page.select(".article .prose :is(h1, h2, h3)")] == ["h2", "h3"]
    assert len(page.find_all("h1")) == 1


def test_post_without_a_title_is_called_by_its_first_words(client, make):
    post = make.post("", body="It was a bright cold day in April, and the clocks were striking thirteen.")
    with writing():
        db.session.get(Post, post.id).title = ""
    assert soup(client.get(f"/posts/{post.slug}")).find("h1").text == "It was a bright cold day in April,…"


def test_authors_page_shows_the_person_and_their_posts_only(client, make):
    ada, bob = make.person("Ada", bio="Counts."), make.person("Bob")
    make.post("Hers", authors=[ada])
    make.post("Theirs", authors=[bob, ada])
    make.post("His", authors=[bob])
    page = client.get(f"/authors/{ada.slug}")
    assert sorted(titles(page)) == ["Hers", "Theirs"]
    assert "Counts." in soup(page).text
    assert client.get("/authors/nobody").status_code == 404


def test_persons_address_is_on_no_page(client, make):
    ada = make.person("Ada", email="ada@private.example")
    post = make.post(authors=[ada])
    for path in ("/", f"/authors/{ada.slug}", f"/posts/{post.slug}"):
        assert "ada@private.example" not in client.get(path).get_data(as_text=True)


def test_tag_page_lists_its_posts(client, make):
    make.post("Inside", tags=["Öl & Gas"])
    make.post("Outside")
    page = client.get("/tags/ol-gas")
    assert titles(page) == ["Inside"]
    assert soup(page).find("h1").text == "Öl & Gas"
    assert client.get("/tags/none").status_code == 404


def test_page_outside_the_journal_is_read_but_not_listed(client, make):
    page = make.post("About us", kind=PAGE)
    assert client.get(f"/posts/{page.slug}").status_code == 200
    assert titles(client.get("/")) == []


def test_migrated_post_lives_at_its_own_path_and_all_others_lead_there(client, make):
    post = make.post("Moved", path="/2009/03/über-uns/")
    make.comment(post)
    with writing():
        db.session.add_all([Alias(path="?p=17", post_id=post.id), Alias(path="/posts/older", post_id=post.id)])
    here = "/2009/03/%C3%BCber-uns/"
    assert soup(client.get(here)).find("h1").text == "Moved"
    for path in (
        f"/posts/{post.slug}",
        "/posts/older",
        "/?p=17",
        here.rstrip("/"),
        here + "comment-page-2/",
    ):
        response = client.get(path)
        assert (response.status_code, response.location) == (301, here), path
    assert soup(client.get("/")).select_one(".summary__title a")["href"] == here
    comment = soup(client.get(here)).find("article", class_="comment")
    number = comment["id"].removeprefix("comment-")
    assert client.get(f"/posts/{post.slug}/comments/{number}").location == f"{here}#comment-{number}"


def test_alias_of_a_draft_leads_nowhere(client, make):
    draft = make.post(state="draft", published_at=None, path="/2009/secret/")
    with writing():
        db.session.add(Alias(path="?p=18", post_id=draft.id))
    for path in ("/2009/secret/", "/2009/secret"):
        assert client.get(path).status_code == 404
    assert client.get("/?p=18").status_code in (200, 404)
    assert "secret" not in (client.get("/?p=18").location or "")


def test_wordpress_lists_lead_to_ours(client, make):
    ada = make.person()
    make.post(authors=[ada], tags=["Ink"])
    assert client.get("/category/print/ink/").location == "/tags/ink"
    assert client.get("/tag/ink/").location == "/tags/ink"
    assert client.get(f"/author/{ada.slug}/").location == f"/authors/{ada.slug}"
    assert client.get("/category/none/").status_code == 404


def test_unknown_address_is_a_page_of_the_site(client):
    response = client.get("/no/such/thing")
    assert response.status_code == 404
    assert soup(response).find(class_="masthead")
    assert response.headers["Cache-Control"] == "no-store"


def test_fault_is_a_page_of_the_site_that_tells_nothing(client, make, monkeypatch, caplog):
    client.application.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*_args):
        raise RuntimeError("secret words")

    monkeypatch.setattr("blueprints.posts.queries.newest_published", broken)
    response = client.get("/")
    assert response.status_code == 500
    assert soup(response).find(class_="masthead")
    assert "secret words" not in response.get_data(as_text=True)
    assert "secret words" in caplog.text


@pytest.mark.parametrize("number", [0, 30])
def test_post_page_costs_at_most_six_queries(client, make, queries, number):
    post = make.post(authors=[make.person(), make.person()], tags=["a", "b"])
    parent = None
    for _ in range(number):
        parent = make.comment(post, parent=parent)
    queries.clear()
    assert client.get(f"/posts/{post.slug}").status_code == 200
    assert len(queries) <= 6, queries


def test_lists_cost_the_same_for_one_post_and_for_ten(client, make, queries):
    make.post(authors=[make.person()])
    queries.clear()
    client.get("/")
    one = len(queries)
    for _ in range(9):
        make.post(authors=[make.person(), make.person()])
    queries.clear()
    client.get("/")
    assert len(queries) == one


def test_portrait_is_served_as_a_picture_for_ever_under_its_version(client, make):
    person = make.person()
    with writing():
        db.session.get(type(person), person.id).show_portrait(b"RIFF-webp")
    post = make.post(authors=[person])
    source = soup(client.get(f"/posts/{post.slug}")).find("img", class_="bio__portrait")["src"]
    response = client.get(source)
    assert (response.data, response.content_type) == (b"RIFF-webp", "image/webp")
    assert "immutable" in response.headers["Cache-Control"]
    with writing():
        db.session.get(type(person), person.id).show_portrait(None)
    assert client.get(source).status_code == 404


def test_pages_are_named_below_the_front_page(client, make):
    make.post("Imprint", kind=PAGE)
    assert soup(client.get("/")).select_one(".pages a").text == "Imprint"


def test_extract_is_the_running_text(client, make):
    make.post(
        "Titled",
        body="![Pic](https://elsewhere.example/a.png)\n\n## Abstract\n\nIt begins here.[^1]\n\n[^1]: Not a note.",
    )
    assert soup(client.get("/")).select_one(".summary__standfirst").text.strip() == "It begins here."
