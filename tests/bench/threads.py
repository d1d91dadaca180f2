"""What a page costs in threads of 100, 1,000 and 10,000 comments, and in one 3,000 deep; nothing cached.

    python -m tests.bench.threads [--rounds 20]

Processor time in this process on SQLite; bytes as brotli sends them. Prints a table; asserts nothing.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import brotli
from sqlalchemy import insert
from werkzeug.test import run_wsgi_app

from app import create_app
from blueprints.comments.models import APPROVED, Comment, settle
from blueprints.core.db import db, now, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.posts.models import Post
from tests.bench.growth import environ
from tests.bench.prose import essay, remark

Parent = Callable[[int], int | None]
# By the number of a comment, the number of what it answers: conversations of four, or one chain.
FOURS: Parent = lambda number: number - 1 if (number - 1) % 4 else None  # noqa: E731
CHAIN: Parent = lambda number: number - 1 or None  # noqa: E731
THREADS = {"100": (100, FOURS), "1,000": (1000, FOURS), "10,000": (10_000, FOURS), "3,000 deep": (3000, CHAIN)}


def discuss(slug: str, size: int, parent: Parent, first: int) -> None:
    """A post with *size* comments, whose ids begin with *first*."""
    post = Post(slug=slug, title=f"Essay with {size}")
    post.write(essay(size))
    post.publish()
    with writing():
        db.session.add(post)
        db.session.flush()
        rows = []
        for number in range(1, size + 1):
            comment = Comment(name=f"Reader {number}", email="reader@example.org", state=APPROVED, created_at=now())
            comment.write(remark(first + number))
            written = {name: value for name, value in vars(comment).items() if not name.startswith("_")}
            above = parent(number)
            place = {"id": first + number, "parent_id": first + above if above else None, "number": number}
            rows.append({"post_id": post.id, **written, **place})
        db.session.execute(insert(Comment.__table__), rows)
        settle(db.session.connection(), post.id)
        post.last_number = post.comment_count = size


def measure(folder: Path, rounds: int) -> None:
    """The table."""
    app = create_app(Settings.from_environ({"SECRET_KEY": "bench", "CACHE_MB": "0"}, folder))
    upgrade.run(app)
    with app.app_context():
        for at, (size, parent) in enumerate(THREADS.values()):
            discuss(f"talk-{at}", size, parent, at * 100_000)
        db.session.remove()
    print("| thread | page | CPU ms | comments shown | bytes, br |\n|---|---|--:|--:|--:|")
    for at, (name, (size, _parent)) in enumerate(THREADS.items()):
        post, last = f"/posts/talk-{at}", at * 100_000 + size
        pages = {"first": post, "second": f"{post}?page=2", "newest first": f"{post}?sort=newest"}
        pages |= {"most replies": f"{post}?sort=replies", "one by one": f"{post}?sort=flat"}
        pages |= {"permalink of the last": f"/comments/{last}", "its place": f"{post}/comments/{last}"}
        for page, path in pages.items():
            taken = []
            for _ in range(rounds):
                asked: dict[str, object] = environ(path)
                begun = time.process_time()
                body, status, _headers = run_wsgi_app(app, asked)
                content = b"".join(body)
                taken.append((time.process_time() - begun) * 1000)
            if status.startswith("404"):
                continue
            packed = len(brotli.compress(content, quality=5))
            shown = content.count(b'<article id="comment-')
            print(f"| {name} | {page} | {statistics.median(taken[2:]):.2f} | {shown} | {packed:,} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary), options.rounds)
