"""A large site in minutes: rows like the application's own, written many at once. The same rows at every run.

    INSTANCE=folder [DATABASE_URL=…] python -m tests.bench.big_site [--posts 100000] [--comments 1000000]

Most posts have no comments, some have many, one has a hundredth of all. A tenth of the posts came from another system
with addresses of their own. Comments wait, are spam, were approved late, were removed with and without replies.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Table, func, insert, select

from app import create_app
from blueprints.accounts.models import ADMINISTRATOR, Account, Person
from blueprints.comments import places
from blueprints.comments.models import APPROVED, COMMENT, MENTION, PENDING, SPAM, TRASH, Comment, writer_hash
from blueprints.core import site
from blueprints.core.db import backend, db, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.posts.bylines import Byline
from blueprints.posts.models import DRAFT, PAGE, POST, PUBLISHED, Alias, Post
from blueprints.posts.tags import Tag, tagging
from blueprints.search.index import fill
from tests.bench.prose import essay, remark, words

PEOPLE, TAGS, PAGES, READERS = 200, 500, 10, 20_000
# Posts with so many comments are on every site that has enough of both, to be compared with each other.
KNOWN = (0, 30, 1000)
BEGIN, END = datetime(2010, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
ROWS_AT_ONCE = 10_000
EDITOR = "editor@example.org"
# A word of one title, and words without blanks between them, which one in 200 posts and one in 100 comments say.
RARE, DENSE = "Quincunx", "读完这封公开信，我并不同意。"
# What holds in PostgreSQL without being the index of a constraint, as it says it again.
_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
Row = dict[str, Any]


@dataclass
class Thread:
    """The comments of one post, in the order in which they were sent; what they are below one another is an index."""

    post_id: int
    rows: list[Row] = field(default_factory=list)
    parents: list[int | None] = field(default_factory=list)
    numbers: int = 0

    @property
    def approved(self) -> int:
        """What the post's own count says."""
        return sum(row["state"] == APPROVED and row["kind"] == COMMENT for row in self.rows)


class BigSite:
    """The rows of a site with so many *posts* and *comments*, table by table."""

    def __init__(self, posts: int, comments: int) -> None:
        self.posts = posts
        self.sizes = _sizes(posts, comments)
        self.known = {known(size, posts) for size in KNOWN}
        essays = [essay(number, 3, 80) for number in range(min(200, posts))]
        essays[0] += f"\n\n{DENSE}"
        self.essays = [_written(Post(), text) for text in essays]
        remarks = (remark(number) for number in range(min(5000, comments)))
        self.remarks = [
            _written(Comment(), text if at % 100 else f"{text}\n\n{DENSE}") for at, text in enumerate(remarks)
        ]
        self.readers = [writer_hash(f"reader {number}") for number in range(READERS)]

    def write(self) -> None:
        """Write all of it, in one transaction."""
        threads = [self.thread(post_id, size) for post_id, size in self.sizes.items()]
        with writing():
            connection = db.session.connection()
            if connection.dialect.name == "sqlite":  # the indexes of a million rows do not fit into the usual 2 MB
                connection.exec_driver_sql("PRAGMA cache_size = -1000000")
            self._write_people()
            with _bare(connection):
                self._write_posts(threads)
                _write(Comment.__table__, in_order(threads))
                for table in ("post", "comment"):
                    backend().settle_sequence(connection, table)
                if connection.dialect.name == "postgresql":  # by itself it would do so some minutes later
                    connection.exec_driver_sql("ANALYZE")
                fill(connection)

    def _write_posts(self, threads: list[Thread]) -> None:
        posts = list(map(self.post, range(1, self.posts + 1)))
        for thread in threads:
            posts[thread.post_id - 1]["last_number"] = thread.numbers
            posts[thread.post_id - 1]["comment_count"] = thread.approved
        _write(Post.__table__, posts)
        dates = {row["id"]: row["published_at"] for row in posts}
        _write(Byline.__table__, self.bylines(dates))
        _write(tagging, self.taggings(dates))
        _write(Alias.__table__, ({"path": f"?p={row['id']}", "post_id": row["id"]} for row in posts if row["path"]))

    def _write_people(self) -> None:
        """People, tags and the editor are few: the application's own objects."""
        people = [Person(slug=f"person-{number}", name=words(number * 50, 2)) for number in range(1, PEOPLE + 1)]
        for number, person in enumerate(people):
            person.write_bio(words(number * 500, 40))
        tags = [Tag(slug=f"tag-{number}", name=f"{words(number * 90, 1)} {number}") for number in range(1, TAGS + 1)]
        editor = Account(email=EDITOR, role=ADMINISTRATOR, password_hash="", person=people[0])
        db.session.add_all([*people, *tags, editor])
        db.session.merge(site.current()).greeted = True
        db.session.flush()

    def post(self, post_id: int) -> Row:
        """The row of one post; its counts follow from its thread."""
        draw = _draw("post", post_id)
        day = BEGIN + (END - BEGIN) * ((post_id - draw.random()) / self.posts)
        is_page = post_id > self.posts - PAGES
        is_draft = not is_page and post_id not in self.known and draw.random() < 0.02
        moved = draw.random() < 0.1
        return {
            "id": post_id,
            "kind": PAGE if is_page else POST,
            "state": DRAFT if is_draft else PUBLISHED,
            "slug": f"post-{post_id}",
            "path": f"/{day:%Y/%m}/post-{post_id}/" if moved and post_id not in self.known else None,
            "title": words(post_id * 13, 6) + (f" {RARE}" if post_id == known(30, self.posts) else ""),
            "standfirst": words(post_id * 17, 15),
            **self.essays[post_id % len(self.essays)],
            "comments_open": True,
            "created_at": day,
            "published_at": None if is_draft and draw.random() < 0.5 else day,
            "last_number": 0,
            "comment_count": 0,
        }

    def bylines(self, dates: dict[int, datetime | None]) -> Iterator[Row]:
        """One to three people a post; some write much, most little, the last one only the first post."""
        for post_id in range(1, self.posts + 1):
            draw = _draw("byline", post_id)
            people = [int((PEOPLE - 1) * draw.random() ** 3) + 1 for _ in range(draw.choice((1, 1, 1, 2, 3)))]
            people += [PEOPLE] if post_id == 1 else []
            for position, person_id in enumerate(dict.fromkeys(people)):
                row = {"post_id": post_id, "person_id": person_id, "position": position, "affiliations": []}
                yield {**row, "published_at": dates[post_id]}

    def taggings(self, dates: dict[int, datetime | None]) -> Iterator[Row]:
        """None to four tags a post; some tags are on many posts, most on few, the last one only on the first."""
        for post_id in range(1, self.posts + 1):
            draw = _draw("tagging", post_id)
            tags = {int((TAGS - 1) * draw.random() ** 3) + 1 for _ in range(draw.randrange(5))}
            for tag_id in tags | ({TAGS} if post_id == 1 else set()):
                yield {"post_id": post_id, "tag_id": tag_id, "published_at": dates[post_id]}

    def thread(self, post_id: int, size: int) -> Thread:
        """*size* comments below one post, most of them answers to one before."""
        draw, thread = _draw("thread", post_id, size), Thread(post_id)
        begin = self.post(post_id)["created_at"]
        moments = sorted(begin + (END - begin) * draw.random() ** 4 for _ in range(size))
        open_to_replies: list[int] = []
        late: list[int] = []
        for index, moment in enumerate(moments):
            fate = 1.0 if post_id in self.known else draw.random()
            parent = draw.choice(open_to_replies[-50:]) if open_to_replies and draw.random() < 0.6 else None
            row = {**self.comment(draw, post_id), "created_at": moment, "number": None, "kind": COMMENT}
            row["state"] = APPROVED if fate > 0.06 else PENDING if fate < 0.005 else SPAM if fate < 0.045 else TRASH
            row["hold_reason"] = "First comment" if row["state"] == PENDING else ""
            if 0.06 < fate < 0.065:
                row["kind"], parent = MENTION, None
            elif 0.065 < fate < 0.085:
                late.append(index)
            elif fate > 0.053:  # approved, or removed after it was
                thread.numbers += 1
                row["number"] = thread.numbers
                open_to_replies.append(index)
            row["published_at"] = moment if row["number"] else None
            thread.rows.append(row)
            thread.parents.append(parent)
        for index in late:
            thread.numbers += 1
            thread.rows[index]["number"] = thread.numbers
            thread.rows[index]["published_at"] = thread.rows[index]["created_at"]
        return thread

    def comment(self, draw: Random, post_id: int) -> Row:
        """What a reader has sent."""
        reader = int(READERS * draw.random() ** 2)
        return {
            "post_id": post_id,
            **self.remarks[draw.randrange(len(self.remarks))],
            "name": words(reader * 3, 2),
            "email": f"reader-{reader}@example.org",
            "url": f"https://example.org/{reader}" if reader % 4 == 0 else "",
            "address_hash": self.readers[reader][:32],
            "writer_hash": self.readers[reader],
            "submission_key": f"{draw.getrandbits(128):032x}",
        }


def in_order(threads: list[Thread]) -> Iterator[Row]:
    """The comments of all posts as they came in; ids follow the clock, so parents stand before their answers."""
    order = sorted(
        (row["created_at"], thread.post_id, index, thread)
        for thread in threads
        for index, row in enumerate(thread.rows)
    )
    roots: dict[int, Row] = {}
    for comment_id, (_moment, _post_id, index, thread) in enumerate(order, 1):
        row, parent = thread.rows[index], thread.parents[index]
        above = None if parent is None else thread.rows[parent]
        row["id"] = comment_id
        row["parent_id"] = above["id"] if above else None
        row["root_id"] = above["root_id"] if above else comment_id
        row["depth"] = above["depth"] + 1 if above else 0
        row["place"] = places.below(above and above["place"], row["number"]) if row["number"] else None
        row["size"] = row["living"] = 0
        root = row if above is None else roots[row["root_id"]]
        if above is None:
            roots[comment_id] = row
        root["size"] += row["number"] is not None
        root["living"] += row["number"] is not None and row["state"] == APPROVED
    for _moment, _post_id, index, thread in order:
        yield thread.rows[index]


def known(size: int, posts: int) -> int:
    """The id of the post with that many comments; they lie in the middle of the site."""
    return posts // 2 + KNOWN.index(size)


def longest(posts: int) -> int:
    """The id of the post with a hundredth of all comments."""
    return posts // 2 + len(KNOWN)


def _sizes(posts: int, comments: int) -> dict[int, int]:
    """How many comments each post has, where it has any or is known for its number."""
    sizes = {known(size, posts): size for size in KNOWN if size * 4 <= comments} | {longest(posts): comments // 100}
    others = [post_id for post_id in range(1, posts - PAGES + 1) if post_id not in sizes]
    draw = _draw("sizes", posts)
    weights = [min(draw.paretovariate(1.1), 300) if draw.random() < 0.4 else 0.0 for _ in others]
    rest = comments - sum(sizes.values())
    return sizes | Counter(draw.choices(others, cum_weights=list(accumulate(weights)), k=rest))


def _draw(*seed: object) -> Random:
    return Random(repr(seed))  # noqa: S311 - the same site at every run


def _written(thing: Post | Comment, source: str) -> Row:
    """What the application makes of a text."""
    thing.write(source)
    return {name: value for name, value in vars(thing).items() if not name.startswith("_")}


def _write(table: Table, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        db.session.execute(insert(table), chunk)


@contextmanager
def _bare(connection: Connection) -> Iterator[None]:
    """On PostgreSQL, without foreign keys and indexes: to make them for all rows takes a tenth of the time."""
    if connection.dialect.name != "postgresql":
        yield
        return
    keys, indexes = (connection.exec_driver_sql(query).all() for query in (_FOREIGN_KEYS, _INDEXES))
    for table, name, _definition in keys:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for _name, definition in indexes:
        connection.exec_driver_sql(definition)
    for table, name, definition in keys:
        connection.exec_driver_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    connection.exec_driver_sql("ANALYZE")


def make(environ: dict[str, str], posts: int, comments: int) -> Flask:
    """A new site with so many of both, in the folder and database that *environ* names."""
    app = create_app(Settings.from_environ(environ, Path(environ["INSTANCE"])))
    upgrade.run(app)
    with app.app_context():
        if db.session.scalar(select(func.count()).select_from(Post)):
            raise SystemExit("big_site: there are posts already; name an empty database.")
        BigSite(posts, comments).write()
        db.session.remove()
        db.engine.dispose()
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--comments", type=int, default=1_000_000)
    options = parser.parse_args()
    begun = time.perf_counter()
    make({"INSTANCE": "instance", **os.environ}, options.posts, options.comments)
    print(f"{options.posts:,} posts and {options.comments:,} comments in {time.perf_counter() - begun:.0f} s")
