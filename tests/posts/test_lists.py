"""Lists of one tag and one person: the date that stands beside both follows the post's own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, union_all

from blueprints.core.db import db, now, writing
from blueprints.posts import milestones, queries
from blueprints.posts.bylines import Byline
from blueprints.posts.models import DRAFT, PAGE, Post
from blueprints.posts.tags import named as tags_named
from blueprints.posts.tags import tagging
from blueprints.transfer.wordpress import importer

JOURNAL = Path(__file__).parents[1] / "transfer" / "fixtures" / "journal.xml"


def titles(client, path: str) -> list[str]:
    page = BeautifulSoup(client.get(path).get_data(as_text=True), "html.parser")
    return [title.text.strip() for title in page.select(".summary__title")]


def stray_dates() -> list[object]:
    """The posts whose date differs from the one that a list has of them."""
    listed = union_all(
        select(Byline.post_id, Byline.published_at), select(tagging.c.post_id, tagging.c.published_at)
    ).subquery()
    query = select(Post.id).join(listed, listed.c.post_id == Post.id)
    return list(db.session.scalars(query.where(Post.published_at.is_distinct_from(listed.c.published_at))))


@pytest.fixture
def paths(make):
    """The lists of a tag and of a person with three posts: the newest is Three."""
    person = make.person()
    for days, title in enumerate(("Three", "Two", "One"), 1):
        make.post(title, slug=title.lower(), authors=[person], tags=["a"], published_at=now() - timedelta(days=days))
    return f"/authors/{person.slug}", "/tags/a"


def change(slug: str, **fields: object) -> None:
    with writing():
        post = db.session.scalars(select(Post).where(Post.slug == slug)).one()
        for name, value in fields.items():
            setattr(post, name, value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["Three", "Two", "One"]),
        ({"published_at": now() - timedelta(hours=1)}, ["One", "Three", "Two"]),
        ({"published_at": now() + timedelta(hours=1)}, ["Three", "Two"]),
        ({"published_at": None, "state": DRAFT}, ["Three", "Two"]),
        ({"state": DRAFT}, ["Three", "Two"]),
        ({"kind": PAGE}, ["Three", "Two"]),
    ],
    ids=["as it is", "newer", "scheduled", "never published", "taken down", "a page"],
)
def test_lists_follow_a_post_to_another_date_and_state(client, paths, fields, expected):
    change("one", **fields)
    assert not stray_dates()
    for path in paths:
        assert titles(client, path) == expected


def test_draft_is_listed_where_it_belongs_once_it_is_published(client, make, paths):
    person = make.person()
    make.post("Late", slug="late", state=DRAFT, published_at=None, authors=[person], tags=["a"])
    with writing():
        db.session.scalars(select(Post).where(Post.slug == "late")).one().publish()
    assert titles(client, f"/authors/{person.slug}") == ["Late"]
    assert titles(client, "/tags/a") == ["Late", "Three", "Two", "One"]


def test_post_is_listed_by_its_date_under_a_tag_and_a_person_that_it_gets_later(client, make, paths):
    person = make.person()
    with writing():
        for slug in ("two", "three", "one"):
            post = db.session.scalars(select(Post).where(Post.slug == slug)).one()
            post.tags = tags_named(["b"])
            post.credit([*post.authors, db.session.merge(person)])
    assert not stray_dates()
    assert titles(client, "/tags/b") == titles(client, f"/authors/{person.slug}") == ["Three", "Two", "One"]


@pytest.mark.usefixtures("app")
def test_imported_posts_are_listed_by_their_dates():
    importer.run([JOURNAL], dry_run=False)
    assert db.session.scalars(select(tagging.c.published_at)).first()
    assert not stray_dates()


def all_pages(client, path: str) -> list[str]:
    """What a list shows from its first page to its last, and that it ends there."""
    found, number = [], 1
    while part := titles(client, f"{path}?page={number}"):
        found += part
        number += 1
    assert {client.get(f"{path}?page={beyond}").status_code for beyond in (number, number + 20)} == {404}
    return found


def test_far_pages_go_on_where_the_page_before_ends_whatever_comes_between(app, client, make, monkeypatch):
    monkeypatch.setattr(milestones, "EVERY", 3)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], posts_per_page=2)
    person, day = make.person(), now() - timedelta(days=9)
    for number in range(11):  # three by three at the same moment
        date = day + timedelta(hours=number // 3)
        make.post(f"P{number}", slug=f"p{number}", authors=[person], tags=["a"], published_at=date)
    lists, newest_first = ("/", f"/authors/{person.slug}", "/tags/a"), [f"P{number}" for number in range(10, -1, -1)]
    assert [all_pages(client, path) for path in lists] == [newest_first] * 3
    change("p10", state=DRAFT)
    make.post("New", slug="new", authors=[person], tags=["a"], published_at=now())
    make.post("Due", slug="due", authors=[person], tags=["a"], published_at=now() + timedelta(hours=1))
    newest_first = ["New", *newest_first[1:]]
    assert [all_pages(client, path) for path in lists] == [newest_first] * 3
    later = now() + timedelta(hours=2)
    monkeypatch.setattr(queries, "now", lambda: later)  # nothing is written at that minute
    app.extensions["cache"].store.clear()
    assert [all_pages(client, path) for path in lists] == [["Due", *newest_first]] * 3
