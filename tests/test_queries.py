"""What the public pages ask of either database: few questions, and none that is answered by reading a whole table."""

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest
from sqlalchemy import event, select, update

from blueprints.accounts.models import Person
from blueprints.comments import queries
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment
from blueprints.comments.stretches import SORTS
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.media import intake
from blueprints.media.addresses import file_url, rendition_url
from blueprints.posts import series, versions
from blueprints.posts.models import POST, PUBLISHED, Alias, Post
from tests.bench.big_site import BigSite, known
from tests.conftest import ONLY_SQLITE
from tests.media.samples import picture

POSTS, COMMENTS = 100, 4000
# Reads all that is in one state, which is nobody's business but the desk's.
QUEUE = "ix_comment_queue"
# What grows with a site; people, tags and the site's own row do not, and are found by their keys anyway.
LARGE = {"post", "comment", "tagging", "byline", "alias", "media_file", "media_rendition", "media_piece", "media_use"}
Asked = tuple[str, object]


class Visit:
    """One kind of request: what it asks, what it answers, and how many queries it may take."""

    def __init__(self, most: int, path: str, status: int = 200, *, scripts: bool = False, **fields: object) -> None:
        self.most, self.path, self.status, self.scripts, self.fields = most, path, status, scripts, fields

    def make(self, client) -> None:
        options = {"method": "POST", "data": self.fields} if self.fields else {"method": "GET"}
        headers = {"HX-Request-Type": "partial"} if self.scripts else {}
        assert client.open(self.path, headers=headers, **options).status_code == self.status, self.path


def visits() -> dict[str, Visit]:
    """Every kind of public request, on a site that has something to show for each."""
    page, long = (f"/posts/post-{known(size, POSTS)}" for size in (30, 1000))
    newest = select(Comment.id).order_by(Comment.number.desc()).limit(1)
    last, last_of_long = (db.session.scalar(newest.where(Comment.post_id == known(size, POSTS))) for size in (30, 1000))
    answered = select(Comment).where(Comment.post_id == known(1000, POSTS), Comment.living > 1).order_by(Comment.number)
    first_of_long = db.session.scalars(answered.limit(1)).one()
    answer = db.session.scalar(select(Comment.number).where(Comment.parent_id == first_of_long.id).limit(1))
    first_of_long = first_of_long.id
    moved = select(Post).where(Post.path.is_not(None), Post.kind == POST, Post.state == PUBLISHED)
    here = db.session.scalars(moved).first()
    with writing():
        db.session.add(Alias(path="/posts/old-name", post_id=known(30, POSTS)))
    essay = db.session.get(Post, known(30, POSTS))
    words = " ".join(essay.extract.split()[:6])
    with writing():
        db.session.execute(update(Comment).where(Comment.id == last).values(passage=words))
    with writing():
        for body in ("As it was.", "As it is."):
            versions.begin(revised := db.session.get(Post, known(1000, POSTS)))
            revised.write(body)
            versions.keep(revised, None)
    somebody = db.session.scalar(select(Person.id).limit(1))
    with writing():
        db.session.add(file := intake.receive("Harbour.png", picture("PNG", (600, 400))).new(somebody))
    size = file.renditions[0]
    with writing():
        others = select(Post).where(Post.path.is_(None), Post.kind == POST, Post.state == PUBLISHED)
        part = db.session.scalars(others.where(Post.comment_count == 0)).first()
        series.put_into(part, series.begin("Method"))
    sent = {"author": "Jo", "email": "jo@example.org", "token": token_for(known(30, POSTS))}
    return {
        "front page": Visit(5, "/"),
        "front page, page 2": Visit(4, "/?page=2"),
        "post": Visit(6, page),
        "post, page 2": Visit(6, f"{long}?page=2"),
        **{f"post, {sort}": Visit(7, f"{long}?sort={sort}") for sort in SORTS[1:]},
        "post, far on": Visit(7, f"{long}?page=7&sort=flat"),
        "thread": Visit(6, f"{page}/comments"),
        "thread, page 2": Visit(6, f"{long}/comments?page=2"),
        "next page of a thread": Visit(7, f"{long}/comments?page=2&after=900", scripts=True),
        "refresh of a thread": Visit(5, f"{page}/comments?upto=1&after=20", scripts=True),
        "news": Visit(5, f"{page}/comments?after=20&skip=0&from=1&to=1", scripts=True),
        "permalink": Visit(9, f"/comments/{last}"),
        "permalink into a long thread": Visit(9, f"/comments/{last_of_long}"),
        "permalink, continued": Visit(10, f"/comments/{first_of_long}?after={answer}"),
        "place in a long thread": Visit(8, f"{long}/comments/{last_of_long}", 302),
        "number": Visit(4, f"{page}/c/20", 302),
        "comment alone": Visit(5, f"/comments/{last}", scripts=True),
        "history of a comment": Visit(5, f"/comments/{last}/history"),
        "history of a comment, in place": Visit(5, f"/comments/{last}/history", scripts=True),
        "reply form": Visit(5, f"/comments/{last}/reply"),
        "reply form in place": Visit(5, f"/comments/{last}/reply", scripts=True),
        "what is stored": Visit(3, "/what-is-stored"),
        "report form": Visit(5, f"/comments/{last}/report"),
        "report form in place": Visit(5, f"/comments/{last}/report", scripts=True),
        "report": Visit(10, f"/comments/{last}/report", 201, scripts=True, reason="spam"),
        "report of an error": Visit(4, f"{long}/error"),
        "own mark": Visit(8, f"/comments/{last}/mark"),
        "mark": Visit(10, f"/comments/{last}/mark", scripts=True, on="1"),
        "answers to a passage": Visit(6, f"/comments/{last}/passage"),
        "asking for my link": Visit(2, "/comments/mine"),
        "what I wrote here": Visit(5, f"{page}/comments/mine"),
        "what I wrote here, in place": Visit(5, f"{page}/comments/mine", scripts=True),
        "versions of a post": Visit(3, f"{long}/versions"),
        "former version": Visit(6, f"{long}/versions/1"),
        "citation": Visit(4, f"{page}/cite.bib"),
        "citation of a version": Visit(6, f"{long}/cite.json?version=1"),
        "tag": Visit(5, "/tags/tag-1"),
        "tag, page 2": Visit(5, "/tags/tag-1?page=2"),
        "author": Visit(6, "/authors/person-1"),
        "author, page 2": Visit(6, "/authors/person-1?page=2"),
        "authors": Visit(4, "/authors"),
        "part of a series": Visit(8, f"/posts/{part.slug}"),
        "series": Visit(4, "/series/method"),
        "all series": Visit(3, "/series"),
        "archive": Visit(6, "/archive"),
        "year": Visit(5, "/archive/2016"),
        "year, page 2": Visit(5, "/archive/2016?page=2", 404),
        "sitemap": Visit(5, "/sitemap.xml"),
        "feed": Visit(5, "/feed.atom"),
        "feed of a tag": Visit(6, "/tags/tag-1/feed.atom"),
        "feed of an author": Visit(6, "/authors/person-1/feed.atom"),
        "feed of comments": Visit(3, "/comments.atom"),
        "feed of a discussion": Visit(3, f"{long}/comments.atom"),
        "feed of its author's replies": Visit(3, f"{long}/comments/by-author.atom"),
        "address brought along": Visit(6, here.path),
        "its new address": Visit(3, f"/posts/{here.slug}", 301),
        "its page of comments": Visit(6, f"{here.path}comment-page-2/", 301),
        "its number": Visit(1, f"/?p={here.id}", 301),
        "former slug": Visit(2, "/posts/old-name", 301),
        "search": Visit(14, "/search?q=object"),
        "search for comments": Visit(15, "/search?q=object+method+-class&in=comments"),
        "search in place, two common words": Visit(16, "/search?q=the+of", scripts=True),
        "search for nothing that is there": Visit(8, '/search?q="no such word"'),
        "search, empty": Visit(3, "/search"),
        "search, described": Visit(1, "/search.xml"),
        "picture": Visit(3, file_url(file)),
        "picture, in one size": Visit(3, rendition_url(size)),
        "picture, in a size that is no more": Visit(3, rendition_url(size).replace(size.hash, "0" * 16), 302),
        "nothing": Visit(4, "/nothing/there", 404),
        "no such post": Visit(3, "/posts/nothing", 404),
        "comment": Visit(16, f"{page}/comments", 303, comment="One", **sent),
        "comment in place": Visit(17, f"{page}/comments", 201, comment="Two", scripts=True, **sent),
        "comment on a passage": Visit(20, f"{page}/comments", 303, comment="Four", passage=words, **sent),
        "comment on a comment's number": Visit(19, f"{page}/comments", 201, comment="As #3", scripts=True, **sent),
        "comment with nothing in it": Visit(4, f"{page}/comments", 422, comment="", **sent),
        "comment sent again": Visit(9, f"{page}/comments", 303, comment="One", **sent),
        "reply": Visit(18, f"/comments/{last}/reply", 303, comment="Three", **sent),
    }


@pytest.fixture
def environ(environ) -> dict[str, str]:
    """A site that knows its address: without it there is no sitemap."""
    return {**environ, "SITE_URL": "http://journal.example"}


@cache
def big_site() -> BigSite:
    """The rows, whose texts take a second to render: once for both databases."""
    return BigSite(POSTS, COMMENTS)


@pytest.fixture
def walk(app, client) -> dict[str, tuple[Visit, list[Asked]]]:
    """Each visit with the statements, and their parameters, that it has sent to the database."""
    big_site().write()
    with writing():
        db.session.merge(site.current()).hold = "none"
    client.set_cookie("writer", "somebody")
    asked: list[Asked] = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        if re.match(r"SELECT(?! pg_advisory)|UPDATE|INSERT|DELETE|WITH", statement):
            asked.append((statement, parameters))

    planned = visits()
    event.listen(db.engine, "before_cursor_execute", note)
    walked = {}
    for name, visit in planned.items():
        asked.clear()
        visit.make(client)
        walked[name] = visit, list(asked)
    event.remove(db.engine, "before_cursor_execute", note)
    return walked


def scans(statement: str, parameters: object) -> Iterator[str]:
    """Where *statement* reads a large table, or all in one state, from end to end; in the database's own words."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        names = dict(re.findall(r"\b(\w+) AS (\w+)", statement))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        for *_numbers, step in plan:
            found = re.match(r"SCAN (\w+)", step)
            if QUEUE in step or (found and LARGE & {found[1], *(n for n, alias in names.items() if alias == found[1])}):
                yield step
    else:
        # A table of a few pages is read and joined whole even where there is an index; a larger one would not be.
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        steps = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
        steps = [step["Plan"] for step in (json.loads(steps) if isinstance(steps, str) else steps)]
        while steps:
            step = steps.pop()
            table = step.get("Relation Name")
            # The part of a bitmap scan that goes through the index names no table; the part above it does.
            steps += [{"Relation Name": table, **below} for below in step.get("Plans", [])]
            kind = step["Node Type"]
            whole = kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in step)
            if table in LARGE and (whole or step.get("Index Name") == QUEUE):
                yield f"{kind} on {table} {step.get('Filter', '')}"


def test_public_pages_ask_few_questions_and_find_everything_by_an_index(walk):
    taken = {name: (len(asked), visit.most) for name, (visit, asked) in walk.items()}
    assert all(number for number, _most in taken.values())
    assert not {name: counts for name, counts in taken.items() if counts[0] > counts[1]}
    found = [
        f"{name}: {scan}: {statement}"
        for name, (_visit, asked) in walk.items()
        for statement, parameters in asked
        if not statement.startswith("INSERT")
        for scan in scans(statement, parameters)
    ]
    assert not found, "\n\n".join(found)


@ONLY_SQLITE
def test_what_was_sent_twice_is_found_by_how_it_begins(app, make):
    """Not among all that an address has written below a post: that would grow with each comment."""
    comment, asked = make.comment(make.post()), []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note := lambda *told: asked.append(told[2:4]))
        queries.like(comment.post_id, comment, None)
        event.remove(db.engine, "before_cursor_execute", note)
        [(statement, parameters)] = [each for each in asked if "has_key" in each[0]]
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        assert any("ix_comment_repeat (email=? AND post_id=? AND <expr>=?)" in step for *_numbers, step in plan)


@ONLY_SQLITE
def test_whether_a_post_that_was_found_is_public_is_read_from_an_index(walk):
    """Its row has that behind its texts, which fill many pages of the file."""
    of_posts = {
        each
        for _visit, asked in walk.values()
        for each in asked
        if "search_post MATCH" in each[0] and "post.state" in each[0]
    }
    assert of_posts
    for statement, parameters in of_posts:
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        assert any("SEARCH post USING COVERING INDEX ix_post_shown (id=?" in step for *_numbers, step in plan), plan


@ONLY_SQLITE
def test_public_pages_have_no_statement_prepared_twice(app, client):
    """SQLite does so where a value that is given decides about the plan; its authorizer is asked each time."""
    big_site().write()
    with writing():
        db.session.merge(site.current()).hold = "none"
    planned = {name: visit for name, visit in visits().items() if not visit.fields}
    prepared: set[str] = set()
    driver_connection = db.session.connection().connection.driver_connection
    driver_connection.set_authorizer(lambda action, one, *_rest: prepared.add(f"{action} {one}") or 0)
    db.session.remove()
    app.wsgi_app = app.extensions["cache"].app  # as with CACHE_MB=0
    again = {}
    for name, visit in planned.items():
        visit.make(client)
        prepared.clear()
        visit.make(client)
        again[name] = {each for each in prepared if each.startswith("20 ")}  # SQLITE_READ
    assert not {name: found for name, found in again.items() if found}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM comment WHERE text = 'x'",
        "SELECT p.id FROM post AS p WHERE p.title = 'x'",
        "SELECT c.id FROM post p JOIN comment AS c ON c.name = p.title WHERE p.id = 1",
        "SELECT count(*) FROM comment",
        "SELECT id FROM comment WHERE state = 'pending' ORDER BY id",
        "UPDATE post SET title = 'x' WHERE title = 'y'",
    ],
)
@pytest.mark.usefixtures("app")
def test_check_knows_a_full_scan(statement):
    assert list(scans(statement, ()))
