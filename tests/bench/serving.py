"""What a served site carries, beside nginx with the same pages as files, and beside the goals.

    python -m tests.bench.serving [--seconds 4] [--rounds 3]

The site's one worker and nginx's one worker are pinned to the first core, the load (wrk, and writers in Python) to the
last, all on 127.0.0.1; both are asked by turns, and the medians of the rounds are shown. Needs two cores that do
nothing else, and the Debian packages wrk and nginx-light. Prints tables in Markdown; asserts nothing.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy import select

from app import create_app
from blueprints.accounts.models import Person
from blueprints.comments.forms import token_for
from blueprints.comments.models import APPROVED, Comment, add
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade, welcome
from blueprints.posts.models import Post
from blueprints.posts.tags import named as tags_named
from tests.bench import load
from tests.bench.granian import Granian
from tests.bench.load import Carried, Readers, Writer, median_of
from tests.bench.nginx import Nginx
from tests.bench.prose import essay, remark
from tests.operations.serving import Site

SIZES = (0, 30, 1000)
DISCUSSED = 20  # posts with 30 comments each, among which writers and readers of the mixed load are spread
PARTIAL = {"HX-Request-Type": "partial"}
GZIP = {"Accept-Encoding": "gzip"}
NGINX_SENDS = {"content-type", "content-length", "content-encoding", "etag", "vary", "date", "server"}
POLL = "/posts/post-30/comments?after=30&skip=0&from=1&to=1"
FEEDS = {
    "feed": "/feed.atom",
    "feed of all comments": "/comments.atom",
    "feed of 1,000 comments": "/posts/post-1000/comments.atom",
}
SEARCHES = {
    "search, 10 posts of 20": "/search?q=object",
    "search, 10 comments of 300": "/search?q=object&in=comments",
    "search, a common word": "/search?q=the",
    "search, nothing found": "/search?q=zymurgy",
}
PAGES = {"front page": "/", **{f"post, {size:,} comments": f"/posts/post-{size}" for size in SIZES}}


def seed(folder: Path) -> dict[str, str]:
    """A site with posts of 0, 30 and 1,000 comments, and some more; returns the form token of each, by path."""
    folder.mkdir()
    app = create_app(Settings.from_environ({"SECRET_KEY": "bench"}, folder))
    upgrade.run(app)
    tokens: dict[str, str] = {}
    with app.app_context():
        welcome.greet()
        with writing():
            site.current().hold = "none"
            authors = [
                Person(slug=f"person-{number}", name=name) for number, name in enumerate(("Ada Grey", "Bob Stone"))
            ]
            db.session.add_all(authors)
            named = {**{f"post-{size}": size for size in SIZES}, **{f"talk-{n}": 30 for n in range(DISCUSSED)}}
            for number, (slug, size) in enumerate(named.items()):
                post = Post(slug=slug, title=f"Essay with {size}")
                post.write(essay(number))
                post.publish()
                db.session.add(post)
                post.credit(authors)
                post.tags = tags_named(["Reading", "Writing"])
                db.session.flush()
                discuss(post, size)
                tokens[f"/posts/{slug}"] = token_for(post.id)
        db.session.remove()
        db.engine.dispose()
    return tokens


def discuss(post: Post, size: int) -> None:
    """*size* comments: conversations of four, each answering the one before."""
    parent = None
    for number in range(size):
        comment = Comment(name=f"Reader {number}", email="reader@example.org", state=APPROVED, created_at=now())
        comment.write(remark(post.id * 1000 + number))
        comment.post, comment.parent = post, parent if number % 4 else None
        parent = add(comment)


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[Site]:
    """The site with one worker on the server's core."""
    place = Site(folder, **{"SECRET_KEY": "bench", "WORKERS": "1", "TRUSTED_PROXIES": "127.0.0.1", **settings})
    place.start()
    try:
        load.pin([place.process.pid, *place.workers()])
        yield place
    finally:
        place.kill()


def row(*cells: object) -> None:
    """One line of a table."""
    print(
        "| " + " | ".join(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def head(*cells: str) -> None:
    """The first two lines of a table."""
    print()
    row(*cells)
    row("---", *["--:"] * (len(cells) - 1))


def at_most(figure: float, bound: float, unit: str = "") -> str:
    """What a goal that must not be passed says about *figure*."""
    return f"at most {bound:,g}{unit}: {'kept' if figure <= bound else 'missed'}"


def at_least(figure: float, bound: float, unit: str = "") -> str:
    """What a goal that must be reached says about *figure*."""
    return f"at least {bound:,g}{unit}: {'kept' if figure >= bound else 'missed'}"


def fetched(url: str, encoding: str, headers: dict[str, str] | None = None) -> tuple[bytes, httpx.Headers]:
    """The body as it was sent, and the headers."""
    with httpx.stream("GET", url, headers={**(headers or {}), "Accept-Encoding": encoding}) as answer:
        answer.raise_for_status()
        return b"".join(answer.iter_raw()), answer.headers


def by_turns(rounds: int, *asked: Callable[[], Carried]) -> list[Carried]:
    """The medians of *rounds* in which each was asked once."""
    taken = [[ask() for ask in asked] for _ in range(rounds)]
    return [median_of(each) for each in zip(*taken, strict=True)]


def beside_nginx(place: Site, folder: Path, seconds: float, rounds: int) -> None:
    """Pages that are kept: the site, and the same bytes with the same headers from a file and from granian alone."""
    pages = {path.rpartition("/")[2] or "front": fetched(place.url + path, "identity")[0] for path in PAGES.values()}
    columns = (
        "requests/s",
        "median ms",
        "p99 ms",
        "µs CPU",
        "granian alone",
        "nginx",
        "ratio",
        "… files kept open",
        "ratio",
    )
    head("kept pages, gzip", *columns, "goal")
    goals = {"post, 30 comments": 0.5, "post, 1,000 comments": 0.7}
    sent = fetched(f"{place.url}/posts/post-30", "gzip")[1]
    headers = {name: value for name, value in sent.items() if name not in NGINX_SENDS}
    with Nginx(folder, pages, headers) as nginx, Granian(pages, headers) as granian:
        for name, path in PAGES.items():
            file = "/" + (path.rpartition("/")[2] or "front")
            urls = (place.url + path, granian.url + file, nginx.url + file, nginx.url_of_open + file)
            (ours, alone, *theirs), used = compared(place, [(url, GZIP) for url in urls], seconds, rounds)
            goal = at_least(ours.rate / theirs[0].rate, goals[name], " of nginx") if name in goals else ""
            row(name, *_told(ours), used, f"{alone.rate:,.0f}", *_ratios(ours, theirs), goal)
            if name == "post, 30 comments":
                whole = ours.rate
        asked = [
            (url, {**GZIP, "If-None-Match": fetched(url, "gzip")[1]["ETag"]})
            for url in (f"{place.url}/posts/post-30", f"{nginx.url}/post-30", f"{nginx.url_of_open}/post-30")
        ]
        (ours, *theirs), used = compared(place, asked, seconds, rounds)
        goal = at_least(ours.rate / whole, 1, " of the 200")
        row("post, 30 comments, 304", *_told(ours), used, "", *_ratios(ours, theirs), goal)
    (poll,), used = compared(place, [(place.url + POLL, {**GZIP, **PARTIAL})], seconds, rounds)
    row("asking for news", *_told(poll), used, "", "", "", "", "", "")


def _told(carried: Carried) -> tuple[object, ...]:
    return f"{carried.rate:,.0f}", carried.median, carried.p99


def _ratios(ours: Carried, theirs: Sequence[Carried]) -> Iterator[object]:
    for each in theirs:
        yield from (f"{each.rate:,.0f}", ours.rate / each.rate)


def compared(
    place: Site, asked: Sequence[tuple[str, dict[str, str]]], seconds: float, rounds: int
) -> tuple[list[Carried], float]:
    """What each (address, headers) carries, by turns; and the µs of processor time of a request to the first, ours."""
    before = load.processor_ms(place.workers())
    carried = by_turns(
        rounds, *(partial(load.read, *_parted(url), seconds=seconds, headers=headers) for url, headers in asked)
    )
    used = (load.processor_ms(place.workers()) - before) * 1000 / (carried[0].rate * seconds * rounds)
    return carried, used


def _parted(url: str) -> tuple[str, str]:
    scheme, _, host, path = url.split("/", 3)
    return f"{scheme}//{host}", f"/{path}"


def uncached(folder: Path, seconds: float) -> None:
    """Pages that are drawn for each request, and not packed."""
    head("drawn anew, CACHE_MB=0", "ms CPU", "median ms, one reader", "goal for the CPU")
    goals = {
        "post, 30 comments": 1.5,
        "post, 1,000 comments": 15,
        **dict.fromkeys(FEEDS, 3),
        **dict.fromkeys(SEARCHES, 3),
    }
    with served(folder, CACHE_MB="0", SEARCH_LIMIT="1000000 per second") as place:
        for name, path in {
            **PAGES,
            "tag": "/tags/reading",
            "author": "/authors/person-0",
            "archive": "/archive",
            "a year": f"/archive/{now():%Y}",
            **FEEDS,
            **SEARCHES,
            "asking for news": POLL,
        }.items():
            headers = {"Accept-Encoding": "identity", **(PARTIAL if path == POLL else {})}
            Readers(place.url, [path], 1, headers, 1).result()
            before = load.processor_ms(place.workers())
            carried = Readers(place.url, [path], seconds, headers, 1).result()
            used = (load.processor_ms(place.workers()) - before) / (carried.rate * seconds)
            row(name, used, carried.median, at_most(used, goals[name], " ms") if name in goals else "")


def writes(place: Site, tokens: dict[str, str], seconds: float, rounds: int) -> list[str]:
    """Comments; returns the texts of those that were accepted."""
    talks = {path: token for path, token in tokens.items() if "/talk-" in path}
    stored: list[str] = []
    head("comments", "a second", "median ms", "p99 ms", "ms CPU", "refused", "goal")
    for name, scripts, number in (
        ("one writer, htmx", True, 1),
        ("one writer, plain", False, 1),
        ("four writers, htmx", True, 4),
    ):
        taken, used, posted = [], 0.0, 0
        for _ in range(rounds):
            writers = [Writer(place.url, talks, scripts=scripts) for _ in range(number)]
            before = load.processor_ms(place.workers())
            taken.append(load.write(writers, seconds))
            used += load.processor_ms(place.workers()) - before
            stored += (texts := [text for writer in writers for text in writer.stored])
            posted += len(texts)
        carried = median_of(taken)
        cells = (f"{carried.rate:,.0f}", carried.median, carried.p99, used / posted, carried.refused)
        goal = at_least(carried.rate, 500, "/s")
        if number == 1 and scripts:
            size = writers[0].bytes
            goal += f"; {at_most(carried.median, 3, ' ms')}; {size:,} bytes, {at_most(size, 2048)}"
        row(name, *cells, goal)
    return stored + mixed(place, talks) + misses(place, talks)


def mixed(place: Site, talks: dict[str, str], seconds: float = 15) -> list[str]:
    """Four writers and four readers of the same posts, each as fast as it is answered."""
    writers = [Writer(place.url, talks) for _ in range(4)]
    readers = Readers(place.url, list(talks), seconds, GZIP, 4)
    wrote, read = load.write(writers, seconds), readers.result()
    goal = f"{at_least(wrote.rate, 180, '/s')}; p99 {at_most(wrote.p99, 150, ' ms')}"
    row("four writers beside …", f"{wrote.rate:,.0f}", wrote.median, wrote.p99, "", wrote.refused, goal)
    row("… four readers (pages)", f"{read.rate:,.0f}", read.median, read.p99, "", read.refused, "")
    return [text for writer in writers for text in writer.stored]


def misses(place: Site, talks: dict[str, str], number: int = 200) -> list[str]:
    """The page of a post right after each comment below it, which nobody has read since."""
    writer = Writer(place.url, talks)
    times = sorted(writer.read(writer.write()) for _ in range(number))
    row("a page right after a comment", "", statistics.median(times), times[int(number * 0.99)], "", "", "")
    return writer.stored


def check(folder: Path, stored: list[str]) -> None:
    """Say whether every comment that was accepted is there, once."""
    app = create_app(Settings.from_environ({"SECRET_KEY": "bench"}, folder))
    with app.app_context():
        there = Counter(db.session.scalars(select(Comment.text)))
        db.session.remove()
        db.engine.dispose()
    wrong = [text for text in stored if there[text] != 1]
    print(f"\nOf {len(stored):,} comments that were accepted, {len(stored) - len(wrong):,} are there once.")


def sizes(place: Site) -> None:
    """Bytes of the bodies, as they are sent."""
    encodings = ("identity", "gzip", "br", "zstd")
    head("bytes on the wire", *encodings, "goal for br")
    for name, path in {**PAGES, "asking for news": POLL}.items():
        headers = PARTIAL if path == POLL else {}
        sent = [len(fetched(place.url + path, encoding, headers)[0]) for encoding in encodings]
        goal = at_most(sent[2], 70 * 1024) if "1,000" in name else ""
        row(name, *(f"{size:,}" for size in sent), goal)
    first_view(place)


def first_view(place: Site) -> None:
    """What a browser fetches to show a post with 30 comments, packed, favicon apart."""
    page, _ = fetched(f"{place.url}/posts/post-30", "identity")
    files = re.findall(r'(?:rel="stylesheet" href|script src)="([^"]+)"', page.decode())
    total = sum(len(fetched(place.url + path, "br")[0]) for path in ("/posts/post-30", *files))
    goals = f"{at_most(1 + len(files), 4)}; {at_most(total, 32 * 1024, ' bytes')}"
    print(f"\nFirst view of a post with 30 comments: {1 + len(files)} requests, {total:,} bytes in br ({goals}).")


def starts(folder: Path) -> None:
    """How long from the command to the first page."""
    taken = []
    for _ in range(4):
        place = Site(folder, SECRET_KEY="bench", WORKERS="2")
        begun = time.perf_counter()
        place.start()
        taken.append(time.perf_counter() - begun)
        place.kill()
    first, seconds = taken[0], statistics.median(taken[1:])
    print(
        f"\nFrom `hustings serve` to the first page: {seconds:.2f} s, median of 3 ({at_most(seconds, 1.5, ' s')}); "
        f"{first:.2f} s the first time."
    )


def memory(folder: Path, when: str) -> None:
    """What two workers and their parent hold after load."""
    place = Site(folder, SECRET_KEY="bench", WORKERS="2").start()
    try:
        for path in PAGES.values():
            load.read(place.url, path, 1, GZIP)
        Readers(place.url, [*PAGES.values(), *(f"/posts/talk-{n}" for n in range(DISCUSSED))], 3, GZIP).result()
        megabytes = load.memory([place.process.pid, *place.workers()])
        goal = at_most(megabytes, 130, " MB")
        print(f"Memory of two workers and their parent after load, {when}: {megabytes:.0f} MB ({goal}).")
    finally:
        place.kill()


def measure(folder: Path, seconds: float, rounds: int) -> None:
    """All tables."""
    tokens = seed(folder / "site")
    starts(folder / "site")
    memory(folder / "site", "on this site")
    with served(folder / "site") as place:
        beside_nginx(place, folder / "nginx", seconds, rounds)
        sizes(place)
        stored = writes(place, tokens, seconds, rounds)
    check(folder / "site", stored)
    uncached(folder / "site", seconds)
    memory(folder / "site", f"with {len(stored):,} comments more")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of load in each round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.sched_setaffinity(0, {int(load.LOAD_CORE)})
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary), options.seconds, options.rounds)
