"""The index of authors: who has published, in the order of their sort names."""

from datetime import timedelta

import pytest

from blueprints.core.db import db, now, writing
from blueprints.posts import authors
from blueprints.posts.models import Post
from tests.admin.browsing import soup
from tests.posts.test_bylines import affiliations


def listed(client) -> list[tuple[str, list[str]]]:
    page = soup(client.get("/authors"))
    return [
        (section.h2.text, [" ".join(line.text.split()) for line in section.select("li")])
        for section in page.select("section")
    ]


def test_authors_stand_under_their_letters_with_where_they_work(client, make):
    zola = make.person("Émile Zola", affiliations=affiliations(("Then", "", "", "1890"), ("Now", "", "1891", "")))
    wang, zoe = make.person("王若水"), make.person("Zoë")
    make.person("Without Posts")
    make.post(authors=[zola, wang])
    make.post(authors=[zola])
    make.post(authors=[zoe])
    make.post(authors=[make.person("Of Tomorrow")], published_at=now() + timedelta(days=1))
    make.post(authors=[make.person("Of Drafts")], state="draft")
    assert listed(client) == [
        ("Z", ["Zoë 1 post", "Zola, Émile Now 2 posts"]),
        ("汉字", ["王若水 1 post"]),
    ]


def test_index_of_nobody_says_so(client):
    assert soup(client.get("/authors")).select_one(".empty")
    assert client.get("/authors?page=2").status_code == 404


def test_index_has_pages_and_counts_only_so_far(client, make, monkeypatch):
    ada, ben = make.person("Ada"), make.person("Ben")
    for _ in range(authors.COUNTED + 1):
        make.post(authors=[ada, ben])
    assert listed(client)[0] == ("A", [f"Ada more than {authors.COUNTED} posts"])


def test_who_leaves_a_byline_leaves_the_index(client, make):
    ada, ben = make.person("Ada"), make.person("Ben")
    post = make.post(authors=[ada])
    assert [letter for letter, _ in listed(client)] == ["A"]
    with writing():
        db.session.get(Post, post.id).credit([db.session.merge(ben)])
    assert [letter for letter, _ in listed(client)] == ["B"]


@pytest.mark.parametrize("days", [0, 400])
def test_posts_of_an_author_stand_under_their_years(client, make, days):
    ada = make.person("Ada")
    make.post("New", authors=[ada], published_at=now() - timedelta(days=1))
    make.post("Old", authors=[ada], published_at=now() - timedelta(days=1 + days))
    page = soup(client.get(f"/authors/{ada.slug}"))
    years = [section.h2.text for section in page.select(".year")]
    assert len(years) == (2 if days else 1)
    assert [title.name for title in page.select(".summary__title")] == ["h3", "h3"]
