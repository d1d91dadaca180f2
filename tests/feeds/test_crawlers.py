"""What search engines and old feed readers ask for."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from blueprints.core.db import db, now, writing
from blueprints.feeds import sitemap
from blueprints.feeds.views import former
from blueprints.posts.models import Alias, Post

HERE = "https://journal.example"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
AT_HOME = pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "SITE_URL": HERE}])


def told(client, path: str = "/sitemap.xml") -> dict[str, str | None]:
    """Each address of a list with the moment of its last change."""
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/xml; charset=utf-8")
    root = etree.fromstring(answer.data)
    return {each.findtext(f"{MAP}loc"): each.findtext(f"{MAP}lastmod") for each in root}


@AT_HOME
def test_sitemap_names_every_public_page_and_its_last_change(client, make):
    day = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    make.post(slug="essay", published_at=day)
    make.post(path="/2019/ü & x/", published_at=day, updated_at=day + timedelta(days=1))
    make.post(slug="about", kind="page", published_at=day, updated_at=day - timedelta(days=1))
    make.post(slug="draft", state="draft", published_at=None)
    make.post(slug="gone", state="draft", published_at=day)
    make.post(slug="due", published_at=now() + timedelta(days=1))
    assert told(client) == {
        f"{HERE}/": None,
        f"{HERE}/archive": None,
        f"{HERE}/authors": None,
        f"{HERE}/posts/essay": "2020-02-03T04:05:06Z",
        f"{HERE}/2019/%C3%BC%20%26%20x/": "2020-02-04T04:05:06Z",
        f"{HERE}/posts/about": "2020-02-03T04:05:06Z",
    }


@AT_HOME
def test_sitemap_of_a_large_site_comes_in_parts(client, make, monkeypatch):
    monkeypatch.setattr(sitemap, "PART", 2)
    states = ["published", "draft", "draft", "draft", "published", "published", "published"]
    posts = [make.post(state=state) for state in states]
    assert [post.id for post in posts] == list(range(1, 8))
    index = told(client)
    assert list(index) == [f"{HERE}/sitemap-{part}.xml" for part in (1, 3, 4)]
    pages = [address for part in index for address in told(client, part.removeprefix(HERE))]
    assert pages == [
        f"{HERE}/",
        f"{HERE}/archive",
        f"{HERE}/authors",
        *(f"{HERE}/posts/{posts[at].slug}" for at in (0, 4, 5, 6)),
    ]
    for nothing in ("2", "5", "0", "01", "x"):
        assert client.get(f"/sitemap-{nothing}.xml").status_code == 404


@AT_HOME
def test_empty_site_has_a_sitemap(client):
    assert list(told(client)) == [f"{HERE}/", f"{HERE}/archive", f"{HERE}/authors"]
    assert client.get("/sitemap-1.xml").status_code == 404


@AT_HOME
def test_sitemap_shows_a_change_of_date_at_once(client, make):
    post = make.post(slug="essay", published_at=now() - timedelta(days=9))
    before = told(client)[f"{HERE}/posts/essay"]
    with writing():
        db.session.get(Post, post.id).updated_at = now()
    assert told(client)[f"{HERE}/posts/essay"] > before


@AT_HOME
def test_robots_are_told_where_the_sitemap_is(client):
    answer = client.get("/robots.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert f"Sitemap: {HERE}/sitemap.xml\n" in answer.text
    assert "Disallow: /admin\n" in answer.text


def test_without_an_address_there_is_no_sitemap_and_nobody_is_sent_there(client, make):
    make.post()
    for path in ("/sitemap.xml", "/sitemap-1.xml"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "SITE_URL" in answer.text
    assert "Sitemap" not in client.get("/robots.txt").text


def moved(client, path: str) -> str | None:
    answer = client.get(path)
    return answer.location if answer.status_code == 301 else None


def test_feeds_are_found_where_wordpress_had_them(client, make):
    ada = make.person()
    post = make.post(slug="essay", path="/2019/05/essay/", tags=["Ethics"], authors=[ada])
    with writing():
        db.session.add_all([Alias(path="/old/essay/", post_id=post.id), Alias(path="?p=12", post_id=post.id)])
    discussion = "/posts/essay/comments.atom"
    leads = dict.fromkeys((*former.SITE, "/feed/", "/rss/", "/?feed=rss2", "/?feed=x", "/?feed=atom"), "/feed.atom")
    leads |= dict.fromkeys((*former.COMMENTS, "/comments/feed/", "/?feed=comments-rss2"), "/comments.atom")
    leads |= {f"/2019/05/essay/feed{kind}": discussion for kind in ("", "/", "/atom/", "/rss2/")}
    leads |= {"/old/essay/feed/": discussion, "/?feed=rss2&p=12": discussion, "/?p=12": "/2019/05/essay/"}
    leads |= {f"/{kind}/ethics/feed/": "/tags/ethics/feed.atom" for kind in ("tag", "category", "category/above")}
    leads |= {"/tag/ethics/": "/tags/ethics", f"/author/{ada.slug}/feed/": f"/authors/{ada.slug}/feed.atom"}
    leads |= {"/wp-sitemap.xml": "/sitemap.xml", "/2019/05/essay/embed/": "/2019/05/essay/"}
    assert {path: moved(client, path) for path in leads} == leads
    for nothing in ("/nothing/feed/", "/tag/nothing/feed/", "/author/nobody/feed/", "/posts/feed/x/y"):
        assert client.get(nothing).status_code == 404
