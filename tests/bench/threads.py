"""What a page costs in threads of 100, 1,000 and 10,000 comments, and in one 3,000 deep; nothing cached.

    python -m tests.bench.threads [--rounds 20]

Processor time in this process on SQLite, the threads by turns; bytes as brotli sends them. Conversations are pairs, so
that 100 comments fill a page of 50 conversations, and the longer ones show as many. Prints a table; asserts nothing.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
from flask import Flask
from sqlalchemy import insert
from werkzeug.test import run_wsgi_app

from app import create_app
from blueprints.comments.forms import token_for
from blueprints.comments.models import APPROVED, Comment, settle
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.posts.models import Post
from tests.bench.growth import PARTIAL, gotten, posted
from tests.bench.prose import essay, remark

Parent = Callable[[int], int | None]
# By the number of a comment, the number of what it answers: a remark and an answer, or one chain.
PAIRS: Parent = lambda number: None if number % 2 else number - 1  # noqa: E731
CHAIN: Parent = lambda number: number - 1 or None  # noqa: E731
THREADS = {"100": (100, PAIRS), "1,000": (1000, PAIRS), "10,000": (10_000, PAIRS), "3,000 deep": (3000, CHAIN)}
GOAL = 1.5


def discuss(slug: str, size: int, parent: Parent, first: int) -> Post:
    """A post with *size* comments, whose ids begin with *first*."""
    post = Post(slug=slug, title=f"Essay with {size}")
    post.write(essay(size))
    post.publish()
    with writing():
        db.session.add(post)
        db.session.flush()
        rows = []
        for number in range(1, size + 1):
            comment = Comment(name=f"Reader {number}", email="reader@example.org", state=APPROVED)
            comment.created_at = comment.published_at = now()
            comment.write(remark(first + number))
            written = {name: value for name, value in vars(comment).items() if not name.startswith("_")}
            above = parent(number)
            place = {"id": first + number, "parent_id": first + above if above else None, "number": number}
            rows.append({"post_id": post.id, **written, **place})
        db.session.execute(insert(Comment.__table__), rows)
        settle(db.session.connection(), post.id)
        post.last_number = post.comment_count = size
    return post


def requests(at: int, size: int, token: str) -> dict[str, Iterator[dict[str, Any]]]:
    """What is asked of one thread, by name."""
    post, first, last = f"/posts/talk-{at}", at * 100_000 + 1, at * 100_000 + size
    gets = {
        "first page": (post, {}),
        "last page": (f"{post}?page={-(-size // 100)}" if at < len(THREADS) - 1 else post, {}),
        "newest first": (f"{post}?sort=newest", {}),
        "most replies": (f"{post}?sort=replies", {}),
        "worth reading": (f"{post}?sort=marks", {}),
        "one by one": (f"{post}?sort=flat", {}),
        "permalink of the first": (f"/comments/{first}", {}),
        "permalink of the last": (f"/comments/{last}", {}),
        "the place of the last": (f"{post}/comments/{last}", {}),
        "#number": (f"{post}/c/{size}", {}),
        "more comments (htmx)": (
            f"{post}/comments?page={2 if size > 100 and at < len(THREADS) - 1 else 1}&after={size}",
            PARTIAL,
        ),
        "poll, nothing new (htmx)": (f"{post}/comments?after={size + 10_000}&skip=0&from=1&to=1", PARTIAL),
        "poll, 20 new (htmx)": (f"{post}/comments?after={size - 20}&skip=0&from=1&to=1", PARTIAL),
        "reply form (htmx)": (f"/comments/{last}/reply", PARTIAL),
        "my own below it (htmx)": (f"{post}/comments/mine", {"Cookie": "writer=somebody", **PARTIAL}),
        "feed": (f"{post}/comments.atom", {}),
    }
    posts = {
        "comment (htmx)": (f"{post}/comments", PARTIAL, token, {"after": str(size)}),
        "comment (plain)": (f"{post}/comments", {}, token, {}),
        "answer to the last (htmx)": (f"/comments/{last}/reply", PARTIAL, token, {"after": str(size)}),
        "page after a comment": (post, {}),
    }
    sent = {name: posted(*each) if len(each) > 2 else gotten(*each) for name, each in posts.items()}
    return {name: gotten(*each) for name, each in gets.items()} | sent


def ask(app: Flask, environ: dict[str, Any]) -> tuple[float, int, bytes]:
    """CPU ms, status and body of one request."""
    begun = time.process_time()
    body, status, _headers = run_wsgi_app(app, environ)
    content = b"".join(body)
    return (time.process_time() - begun) * 1000, int(status[:3]), content


def measure(folder: Path, rounds: int) -> None:
    """The table."""
    settings = {"SECRET_KEY": "bench", "CACHE_MB": "0", "COMMENT_LIMIT": "1000000 per minute"}
    app = create_app(Settings.from_environ(settings, folder))
    upgrade.run(app)
    asked = []
    with app.app_context():
        with writing():
            db.session.merge(site.current()).hold = "none"
        for at, (size, parent) in enumerate(THREADS.values()):
            post = discuss(f"talk-{at}", size, parent, at * 100_000)
            asked.append(requests(at, size, token_for(post.id)))
        db.session.remove()
    print(f"| CPU ms | {' | '.join(THREADS)} | 10,000 : 100 | at most {GOAL} | shown | bytes, br |")
    print("|---|--:|--:|--:|--:|--:|---|--:|--:|")
    for name in asked[0]:
        taken: list[list[float]] = [[] for _ in THREADS]
        for _ in range(rounds):
            for at, each in enumerate(asked):
                used, status, content = ask(app, next(each[name]))
                assert status < 400, (name, at, status)
                taken[at].append(used)
                if list(THREADS)[at] == "10,000":
                    shown, packed = content.count(b'id="comment-'), len(brotli.compress(content, quality=5))
        figures = [statistics.median(each[2:]) for each in taken]
        ratio = figures[2] / figures[0]
        cells = " | ".join(f"{figure:.2f}" for figure in figures)
        kept = "kept" if ratio <= GOAL else "missed"
        print(f"| {name} | {cells} | {ratio:.2f} | {kept} | {shown} | {packed:,} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary), options.rounds)
