"""Threads of thousands: they render, they page, and their pages cost the same number of queries."""

import re

import pytest
from sqlalchemy import event, insert

from blueprints.comments.models import APPROVED, Comment
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post


def fill(post: Post, number: int, chain: int) -> None:
    """*number* comments, of which the first *chain* answer each the one before; the others answer by turns."""
    rows = []
    for position in range(1, number + 1):
        parent = position - 1 if 1 < position <= chain else None
        if position > chain > 0 and position % 2:
            parent = position % chain + 1
        rows.append(
            {
                "id": position,
                "post_id": post.id,
                "parent_id": parent,
                "root_id": 1 if parent else position,
                "depth": 0,
                "number": position,
                "kind": "comment",
                "state": APPROVED,
                "name": "Jo",
                "email": "jo@example.org",
                "url": "",
                "text": f"Comment {position}",
                "text_format": "markdown",
                "html": f"<p>Comment {position}</p>",
                "hold_reason": "",
                "created_at": now(),
                "address_hash": "",
                "writer_hash": "",
            }
        )
    with writing():
        db.session.execute(insert(Comment), rows)
        db.session.get(Post, post.id).last_number = number
        db.session.get(Post, post.id).comment_count = number


@pytest.fixture
def queries(app):
    seen: list[str] = []
    listener = lambda *args: seen.append(args[2]) if args[2].startswith("SELECT") else None  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    yield seen
    event.remove(db.engine, "before_cursor_execute", listener)


@pytest.mark.parametrize(("number", "chain"), [(1000, 0), (1000, 20), (2000, 500)])
def test_long_thread_renders_and_pages_with_every_comment_once(client, make, queries, number, chain):
    post = make.post(authors=[make.person()], tags=["a"])
    fill(post, number, chain)
    shown: list[int] = []
    page = 1
    while True:
        queries.clear()
        response = client.get(f"/posts/{post.slug}?page={page}")
        assert len(queries) <= 6
        if response.status_code == 404:
            break
        html = response.get_data(as_text=True)
        shown += [int(found) for found in re.findall(r'<article id="comment-(\d+)"', html)]
        assert html.count("<ol") == html.count("</ol>")
        assert len(re.findall(r"<li[ >]", html)) == html.count("</li>")
        page += 1
    assert page > 2
    assert len(shown) == number
    assert sorted(shown) == list(range(1, number + 1))


def test_permalink_into_a_chain_of_five_hundred_leads_to_its_page(client, make):
    post = make.post()
    fill(post, 2000, 500)
    for comment in (1, 250, 500, 1999):
        address = client.get(f"/comments/{comment}").location
        assert f'id="comment-{comment}"' in client.get(address.split("#")[0]).get_data(as_text=True)


def test_reply_at_the_end_of_a_chain_of_five_hundred_is_taken(client, make):
    post = make.post()
    fill(post, 500, 500)
    page = client.htmx("GET", "/comments/500/reply").get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    data = {"author": "Jo", "email": "jo@example.org", "comment": "Deep", "token": token}
    assert client.post("/comments/500/reply", data=data).status_code == 303
    assert db.session.get(Comment, 501).parent_id == 500
