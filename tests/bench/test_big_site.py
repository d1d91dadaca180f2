"""The measured site is one that the application could have written itself."""

import re
from functools import cache

import pytest
from sqlalchemy import select

from blueprints.comments.models import APPROVED, COMMENT, STATES, Comment
from blueprints.comments.queries import recount
from blueprints.core.db import db
from blueprints.posts.addresses import post_url
from blueprints.posts.models import POST, Post
from blueprints.posts.tags import tagging
from tests.bench.big_site import KNOWN, BigSite, known, longest

POSTS, COMMENTS = 60, 800


@cache
def rows() -> BigSite:
    """Their texts are rendered once, and written once a test."""
    return BigSite(POSTS, COMMENTS)


@pytest.fixture
def big_site(app):
    rows().write()


def read(client, path: str, pattern: str) -> list[int]:
    """What *pattern* finds on all pages of a list, in order."""
    found: list[int] = []
    for page in range(1, 100):
        response = client.get(path, query_string={"page": page})
        if response.status_code == 404:
            break
        assert response.status_code == 200
        found += map(int, re.findall(pattern, response.text))
    return found


@pytest.mark.usefixtures("big_site")
def test_every_published_post_and_comment_is_on_the_pages_once(client):
    posts = [post for post in db.session.scalars(select(Post).order_by(Post.id)) if post.is_public]
    listed = [post.id for post in posts if post.kind == POST]
    assert 40 < len(listed) < len(posts) < POSTS
    assert sorted(read(client, "/", r'<h2 class="summary.*href="[^"]*/post-(\d+)/?"')) == listed
    shown = [number for post in posts for number in read(client, post_url(post), r'<article id="comment-(\d+)"')]
    assert len(shown) == len(set(shown)) > COMMENTS * 0.8
    public = {post.id for post in posts}
    published = select(Comment).where(Comment.state == APPROVED, Comment.kind == COMMENT)
    assert {comment.id for comment in db.session.scalars(published) if comment.post_id in public} <= set(shown)


@pytest.mark.usefixtures("big_site")
def test_rows_are_those_that_the_application_writes():
    comments = db.session.scalars(select(Comment).order_by(Comment.id)).all()
    assert len(comments) == COMMENTS
    assert {comment.state for comment in comments} == set(STATES)
    numbers: dict[int, list[int]] = {}
    for comment in comments:
        kept, parent = comment.html, comment.parent
        comment.write(comment.text)
        assert kept == comment.html
        place = (parent.root_id, parent.depth + 1) if parent else (comment.id, 0)
        assert (comment.root_id, comment.depth) == place
        assert parent is None or parent.created_at <= comment.created_at
        if comment.number:
            numbers.setdefault(comment.post_id, []).append(comment.number)
        else:
            assert comment.state != APPROVED or comment.kind != COMMENT
    for post in db.session.scalars(select(Post)):
        kept = post.comment_count, post.body_html, post.extract
        recount(post)
        post.write(post.body)
        assert kept == (post.comment_count, post.body_html, post.extract)
        listed = [byline.published_at for byline in post.bylines]
        listed += db.session.scalars(select(tagging.c.published_at).where(tagging.c.post_id == post.id))
        assert set(listed) == {post.published_at}
        assert sorted(numbers.get(post.id, [])) == list(range(1, post.last_number + 1))


@pytest.mark.usefixtures("big_site")
def test_posts_to_measure_have_their_comments():
    sizes = {size: db.session.get(Post, known(size, POSTS)).comment_count for size in KNOWN[:2]}
    assert sizes == {0: 0, 30: 30}
    assert db.session.query(Comment).filter_by(post_id=longest(POSTS)).count() == COMMENTS // 100


@pytest.mark.usefixtures("big_site")
def test_next_comment_follows_the_last(make):
    post = db.session.get(Post, known(30, POSTS))
    comment = make.comment(post, "Next")
    assert (comment.id, comment.number) == (COMMENTS + 1, 31)


def test_same_rows_come_at_every_run():
    first, second = BigSite(POSTS, COMMENTS), BigSite(POSTS, COMMENTS)
    assert list(map(first.post, range(1, 20))) == list(map(second.post, range(1, 20)))
    dates = dict.fromkeys(range(1, POSTS + 1))
    assert list(first.taggings(dates)) == list(second.taggings(dates))
    assert first.thread(*first.sizes.popitem()) == second.thread(*second.sizes.popitem())
