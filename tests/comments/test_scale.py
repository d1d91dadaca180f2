"""Threads as large as any site has: in order over all pages, found again, answered, for the same few queries."""

import re
from random import Random

import pytest
from sqlalchemy import event, insert

from blueprints.comments import stretches
from blueprints.comments.models import APPROVED, Comment, settle
from blueprints.comments.places import LEVELS
from blueprints.core import rows
from blueprints.core.db import backend, db, now, writing
from blueprints.posts.models import Post
from tests.conftest import ONLY_SQLITE


def fill(post: Post, parents: list[int | None]) -> None:
    """One comment an entry; the entry is the number of the comment that it answers, or None."""
    roots: dict[int, int] = {}
    found = []
    for number, parent in enumerate(parents, 1):
        roots[number] = roots[parent] if parent else number
        found.append(
            {
                "id": number,
                "post_id": post.id,
                "parent_id": parent,
                "root_id": roots[number],
                "number": number,
                "state": APPROVED,
                "name": "Jo",
                "text": f"Comment {number}",
                "html": f"<p>Comment {number}</p>",
                "created_at": now(),
            }
        )
    with writing():
        if found:
            db.session.execute(insert(Comment), found)
            backend().settle_sequence(db.session.connection(), "comment")
            settle(db.session.connection(), post.id)
        db.session.get(Post, post.id).last_number = len(parents)
        db.session.get(Post, post.id).comment_count = len(parents)


def in_thread_order(parents: list[int | None]) -> list[int]:
    """The numbers as a reader meets them: each comment's way down from its root, compared number by number; what is
    more than ten steps down follows by its number."""
    ways: list[tuple[int, ...]] = []
    for number, parent in enumerate(parents, 1):
        ways.append((*(ways[parent - 1] if parent else ())[:LEVELS], number))
    return [way[-1] for way in sorted(ways)]


def thread_of(number: int, chain: int, seed: int) -> list[int | None]:
    """A chain of *chain* comments, then others that begin or answer anything before them."""
    choose = Random(seed)  # noqa: S311 - the same thread at every run
    parents: list[int | None] = [position or None for position in range(chain)]
    while len(parents) < number:
        parents.append(choose.randint(1, len(parents)) if parents and choose.random() < 0.7 else None)
    return parents


@pytest.fixture
def queries(app):
    seen: list[str] = []
    listener = lambda *args: seen.append(args[2]) if args[2].startswith("SELECT") else None  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    yield seen
    event.remove(db.engine, "before_cursor_execute", listener)


@pytest.mark.parametrize(
    "parents",
    [
        [],
        thread_of(30, 5, 1),
        thread_of(1000, 0, 2),
        [None] * 1000,
        thread_of(2000, 500, 3),
        thread_of(2000, 2000, 4),
    ],
    ids=["none", "30", "1000", "1000 roots", "2000, 500 deep", "2000 deep"],
)
def test_pages_show_every_comment_once_and_in_order_for_eight_queries(client, make, queries, parents):
    post = make.post(authors=[make.person(), make.person()], tags=["a", "b"])
    fill(post, parents)
    shown: list[int] = []

    def read(address: str, most: int) -> bool:
        """Whether there is something; a conversation that is cut is followed to its end, where it is."""
        queries.clear()
        response = client.get(address)
        assert 0 < len(queries) <= most
        if response.status_code == 404:
            return False
        assert response.status_code == 200
        count = len(shown)
        steps = re.findall(r'<article id="comment-(\d+)"|href="(/comments/\d+\?after=\d+)"', response.text)
        for number, rest in steps:
            shown.extend([int(number)] if number else [])
            if rest:
                assert read(rest, 11)
        assert len(shown) > count or not parents
        assert sum(bool(number) for number, _rest in steps) <= 501
        return True

    for page in range(1, 200):
        if not read(f"/posts/{post.slug}?page={page}", 8):
            break
    assert shown == in_thread_order(parents)


def test_check_of_the_order_knows_a_thread():
    #  1 ─ 2 ─ 4
    #    └ 5
    #  3
    assert in_thread_order([None, 1, None, 2, 1]) == [1, 2, 4, 5, 3]


def test_permalink_into_a_chain_of_five_hundred_leads_to_its_page(client, make):
    post = make.post()
    fill(post, thread_of(2000, 500, 5))
    for comment in (1, 250, 500, 1999):
        address = client.get(f"/posts/{post.slug}/comments/{comment}").location
        assert f'id="comment-{comment}"' in client.get(address.split("#")[0]).text


def test_reply_at_the_end_of_a_chain_of_five_hundred_is_taken(client, make):
    fill(make.post(), thread_of(500, 500, 6))
    page = client.htmx("GET", "/comments/500/reply").text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    data = {"author": "Jo", "email": "jo@example.org", "comment": "Deep", "token": token}
    assert client.post("/comments/500/reply", data=data).status_code == 303
    assert db.session.get(Comment, 501).parent_id == 500


@ONLY_SQLITE
@pytest.mark.parametrize("sort", stretches.SORTS[:-1])
@pytest.mark.usefixtures("app")
def test_no_order_of_conversations_is_sorted_for_a_page(sort):
    connection = db.session.connection()
    words = rows.Written(rows.Compiled(stretches._ROOTS[sort], connection.dialect), {})
    values = {**words.values, "post_id": 1, "limit": 50, "offset": 0}
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words.sql}", tuple(values[name] for name in words.order))
    steps = [step[-1] for step in plan]
    assert "USING INDEX ix_comment_" in steps[0]
    assert not [step for step in steps if "TEMP B-TREE" in step]
