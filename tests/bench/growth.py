"""What a page costs on a site of 100,000 posts beside one of 1,000, nothing cached: processor time and time passed.

    python -m tests.bench.growth [--folder keep-the-sites-here] [--rounds 30]

Both sites are in one process and are asked by turns, so that whatever else the machine does meets both. Judged is the
processor time; on PostgreSQL (`--small URL --large URL`, two databases), whose own is not in it, the time passed.
Prints a table; asserts nothing.
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from blueprints.accounts.models import Account, SignIn
from blueprints.comments.forms import token_for
from blueprints.comments.models import Comment
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.posts.models import POST, PUBLISHED, Alias, Post
from tests.bench import big_site
from tests.bench.prose import remark

GOAL = 1.5
SMALL, LARGE = (1000, 10_000), (100_000, 1_000_000)
PARTIAL = {"HX-Request-Type": "partial"}


class Grown:
    """One of the two sites, asked in this process; every answer is drawn anew."""

    def __init__(self, folder: Path, url: str | None, posts: int, comments: int) -> None:
        environ = {"INSTANCE": str(folder), "SECRET_KEY": "bench", "CACHE_MB": "0"}
        environ |= {"SITE_URL": "https://journal.example", "SEARCH_LIMIT": "1000000 per minute"}
        environ |= {"COMMENT_LIMIT": "1000000 per minute"} | ({"DATABASE_URL": url} if url else {})
        if not (folder / "filled").exists():
            big_site.make(environ, posts, comments)
            (folder / "filled").touch()
        self.app = create_app(Settings.from_environ(environ, folder))
        upgrade.run(self.app)
        self.posts = posts
        self.has_server = bool(url)
        with self.app.app_context(), writing():
            site.current().hold = "none"
            row, self.token = SignIn.begin(db.session.scalars(select(Account)).first())
            db.session.add(row)

    def requests(self) -> dict[str, Iterator[dict[str, Any]]]:
        """What is asked, by name; each gives one WSGI environment after the other."""
        post_30 = big_site.known(30, self.posts)
        with self.app.app_context():
            longest = db.session.scalar(select(Post.id).order_by(Post.comment_count.desc()).limit(1))
            last = db.session.scalar(
                select(Comment.id).where(Comment.post_id == post_30).order_by(Comment.id.desc()).limit(1)
            )
            in_longest = db.session.scalar(
                select(Comment.id)
                .where(Comment.post_id == longest, Comment.number.is_not(None))
                .order_by(Comment.id.desc())
                .limit(1)
            )
            moved = db.session.scalars(
                select(Post).join(Alias).where(Post.kind == POST, Post.state == PUBLISHED).limit(1)
            ).first()
            token = token_for(post_30)
        page = f"/posts/post-{post_30}"
        signer = self.app.session_interface.get_signing_serializer(self.app)
        desk = {"Cookie": f"session={signer.dumps({'token': self.token})}"}
        gets = {
            "front page": ("/", {}),
            "front page, last page": (f"/?page={self.last_page('/')}", {}),
            "post, no comments": (f"/posts/post-{big_site.known(0, self.posts)}", {}),
            "post, 30 comments": (page, {}),
            "thread page": (f"{page}/comments", {}),
            "longest thread, page 1": (f"/posts/post-{longest}", {}),
            "longest thread, page 2": (f"/posts/post-{longest}?page=2", {}),
            "poll for news": (f"{page}/comments?after=20&skip=0&from=1&to=1", PARTIAL),
            "permalink": (f"/comments/{last}", {}),
            "permalink, longest thread": (f"/comments/{in_longest}", {}),
            "reply form": (f"/comments/{last}/reply", PARTIAL),
            "what waits for me": (f"{page}/comments/mine", {"Cookie": "writer=somebody", **PARTIAL}),
            "tag of one": (f"/tags/tag-{big_site.TAGS}", {}),
            "tag of few": ("/tags/tag-20", {}),
            "tag of many": ("/tags/tag-1", {}),
            "tag of many, last page": (f"/tags/tag-1?page={self.last_page('/tags/tag-1')}", {}),
            "author of one": (f"/authors/person-{big_site.PEOPLE}", {}),
            "author of few": ("/authors/person-20", {}),
            "author of many": ("/authors/person-1", {}),
            "author of many, last page": (f"/authors/person-1?page={self.last_page('/authors/person-1')}", {}),
            "archive": ("/archive", {}),
            "a year": ("/archive/2019", {}),
            "feed": ("/feed.atom", {}),
            "feed, tag of many": ("/tags/tag-1/feed.atom", {}),
            "feed, author of many": ("/authors/person-1/feed.atom", {}),
            "feed of all comments": ("/comments.atom", {}),
            "feed of the longest thread": (f"/posts/post-{longest}/comments.atom", {}),
            "feed of its author's replies": (f"/posts/post-{longest}/comments/by-author.atom", {}),
            "feed, JSON": ("/feed.json", {}),
            "sitemap": ("/sitemap.xml", {}),
            "search, rare word": (search(big_site.RARE), {}),
            "search, common word": (search("the"), {}),
            "search, common word, comments": (f"{search('the')}&in=comments", {}),
            "search, two words and one not": (search("object method -class"), {}),
            "search, Chinese": (search("公开信"), {}),
            "search, Chinese, comments": (f"{search('公开信')}&in=comments", {}),
            "search, a word that is nowhere": (search("nowhere-to-be-found-xyzzy"), {}),
            "search, common words that are nowhere together": (search("no-such-word-here"), {}),
            "address it brought along": (moved.path, {}),
            "former address": (f"/?p={moved.id}", {}),
            "nothing there": ("/posts/nothing-there", {}),
            "desk": ("/admin", desk),
            "queue": ("/admin/comments", desk),
            "queue, published": ("/admin/comments?state=approved", desk),
            "posts at the desk": ("/admin/posts", desk),
            "write a post": (f"/admin/posts/{post_30}/edit", desk),
        }
        posts = {"POST, plain": (f"{page}/comments", {}, token), "POST, htmx": (f"{page}/comments", PARTIAL, token)}
        return {name: gotten(*asked) for name, asked in gets.items()} | {
            name: posted(*sent) for name, sent in posts.items()
        }

    def last_page(self, path: str) -> int:
        """The number of a list's last page."""
        low, high = 1, 100_000
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.ask(environ(f"{path}?page={middle}"))[2] == 200 else (low, middle - 1)
        return low

    def ask(self, environ: dict[str, Any]) -> tuple[float, float, int]:
        """(CPU ms, ms passed, status) of one request."""
        passed, used = time.perf_counter(), time.process_time()
        _body, status, _headers = run_wsgi_app(self.app, environ, buffered=True)
        return (time.process_time() - used) * 1000, (time.perf_counter() - passed) * 1000, int(status[:3])


def search(words: str) -> str:
    """Where *words* are looked for."""
    return f"/search?{urlencode({'q': words})}"


def environ(path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A GET of *path*, as a server hands it on."""
    path, _, query = path.partition("?")
    return EnvironBuilder(path, query_string=query, headers=headers).get_environ()


def gotten(path: str, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The same GET again and again."""
    asked = environ(path, headers)
    while True:
        yield dict(asked)


def posted(
    path: str, headers: dict[str, str], token: str, fields: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """One comment after the other, no two the same."""
    number = 0
    while True:
        number += 1
        data = {"author": "Jo", "email": "jo@example.org", "comment": remark(time.time_ns() % 10**9), "token": token}
        body = urlencode({**data, **(fields or {}), "key": f"{time.time_ns():x}"}).encode()
        yield EnvironBuilder(
            path,
            method="POST",
            headers={"Sec-Fetch-Site": "same-origin", **headers},
            input_stream=io.BytesIO(body),
            content_length=len(body),
            content_type="application/x-www-form-urlencoded",
        ).get_environ()


def compare(small: Grown, large: Grown, rounds: int) -> None:
    """Ask both for everything, *rounds* times, and print the table."""
    print("| | CPU ms, 1,000 posts | CPU ms, 100,000 | ratio | ms passed | ms passed | ratio | at most 1.5 |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    asked = large.requests()
    for name, of_small in small.requests().items():
        of_large = asked[name]
        taken: tuple[list[Any], list[Any]] = ([], [])
        for _ in range(rounds):
            taken[0].append(small.ask(next(of_small)))
            taken[1].append(large.ask(next(of_large)))
        statuses = {status for times in taken for _cpu, _passed, status in times}
        used, passed = (
            [statistics.median(each[at] for each in times[2:] or times) for times in taken] for at in (0, 1)
        )
        ratios = used[1] / used[0], passed[1] / passed[0]
        kept = "kept" if ratios[large.has_server] <= GOAL else "missed"
        print(
            f"| {name} | {used[0]:.2f} | {used[1]:.2f} | {ratios[0]:.2f} | {passed[0]:.2f} | {passed[1]:.2f} "
            f"| {ratios[1]:.2f} | {kept} |" + ("" if max(statuses) < 400 else f" {statuses}"),
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="keeps the two sites, so that the next run need not make them")
    parser.add_argument("--small", metavar="URL", help="the empty database of the small site")
    parser.add_argument("--large", metavar="URL", help="the empty database of the large site")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        compare(
            Grown(folder / "small", options.small, *SMALL),
            Grown(folder / "large", options.large, *LARGE),
            options.rounds,
        )
