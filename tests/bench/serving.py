"""What a served site carries: requests a second, median, p99, processor time, bytes, memory, start.

    python -m tests.bench.serving [--seconds 4]

The server is pinned to one core and the load to another, both on 127.0.0.1. GETs are loaded by wrk where it is
installed, else by threads of this process. Prints tables; asserts nothing.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics

import httpx

from app import create_app
from blueprints.comments.forms import token_for
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.core.settings import Settings
from blueprints.operations import upgrade, welcome
from tests.factories import Make
from tests.operations.serving import Site

SIZES = (0, 30, 1000)
PROMISED_REQUESTS, PROMISED_BYTES = 4, 32 * 1024
# Python's own manual as prose: the same sentence a thousand times over would be packed to nothing.
PROSE = re.findall(r"(?<![\w`])[A-Za-z,]+[.;]?(?!\S)", " ".join(topics[name] for name in sorted(topics)))


def words(start: int, number: int) -> str:
    """*number* words of running English, from the word at *start* on."""
    start %= len(PROSE) - number
    return " ".join(PROSE[start : start + number])


def remark(number: int) -> str:
    """What a reader answers: some forty words, emphasis and a link."""
    link = f"[see](https://example.org/{number})"
    return f"{number}. {words(number * 40, 25)} *{words(number * 7, 2)}*, {link}: {words(number * 31, 12)}"


ESSAY = "\n\n".join(f"## {words(part * 900, 4)}\n\n{words(part * 5000, 300)}" for part in range(6))


def seed(folder: Path) -> dict[int, str]:
    """A site with posts of 0, 30 and 1,000 comments; returns the form token of each."""
    folder.mkdir()
    app = create_app(Settings.from_environ({"SECRET_KEY": "bench"}, folder))
    upgrade.run(app)
    with app.app_context():
        welcome.greet()
        with writing():
            site.current().hold = "none"
        make, tokens = Make(), {}
        authors = [make.person("Ada Grey", bio="Writes."), make.person("Bob Stone", affiliation="An institute")]
        for size in SIZES:
            post = make.post(f"Essay with {size}", slug=f"post-{size}", authors=authors, body=ESSAY, tags=["a", "b"])
            tokens[size] = token_for(post.id)
            parent = None
            for number in range(size):
                parent = make.comment(post, remark(number), parent=parent if number % 4 else None)
        db.session.remove()
        db.engine.dispose()
    return tokens


def load(url: str, headers: dict[str, str], seconds: float) -> tuple[float, float, float]:
    """(requests/s, median ms, p99 ms) of GET *url* over 8 connections."""
    if wrk := shutil.which("wrk"):
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        told = subprocess.run(
            ["taskset", "-c", "1", wrk, "-t1", "-c8", f"-d{seconds}s", "--latency", *words, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
        quantile = {name: to_ms(value) for name, value in re.findall(r"(?m)^\s+(50|99)%\s+(\S+)$", told)}
        if failed := re.search(r"Non-2xx.*", told):
            raise SystemExit(f"{url}: {failed[0]}")
        return rate, quantile["50"], quantile["99"]
    return by_threads(lambda browser, _number: browser.get(url, headers=headers), seconds, 4)


def to_ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def by_threads(
    ask: Callable[[httpx.Client, int], httpx.Response], seconds: float, threads: int
) -> tuple[float, float, float]:
    """(requests/s, median ms, p99 ms) of *ask*, made by *threads* clients with one connection each."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def work(number: int) -> None:
        with httpx.Client() as browser:
            while (start := time.perf_counter()) < end:
                ask(browser, number).raise_for_status()
                times.append((time.perf_counter() - start) * 1000)
                number += threads

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return len(times) / seconds, statistics.median(times), sorted(times)[int(len(times) * 0.99)]


def memory(place: Site) -> float:
    """Proportional set size of all processes of the site, MB."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in [place.process.pid, *place.workers()]]
    return sum(int(re.search(r"Pss:\s+(\d+)", rollup)[1]) for rollup in rollups) / 1024


def processor_ms(place: Site) -> float:
    """What all workers have used of the processor, ms."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in place.workers()]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) * 1000 / os.sysconf("SC_CLK_TCK")


def on_the_wire(url: str, headers: dict[str, str], encoding: str) -> int:
    """The size of the answer's body as it was sent."""
    with httpx.stream("GET", url, headers={**headers, "Accept-Encoding": encoding}) as answer:
        answer.raise_for_status()
        return sum(len(part) for part in answer.iter_raw())


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")


def measure(folder: Path, seconds: float) -> None:
    tokens = seed(folder)
    place = Site(folder, SECRET_KEY="bench", WORKERS="1", COMMENT_LIMIT="1000000 per minute")
    begin = time.perf_counter()
    place.start()
    started = time.perf_counter() - begin
    for pid in [place.process.pid, *place.workers()]:
        subprocess.run(["taskset", "-a", "-p", "-c", "0", str(pid)], capture_output=True, check=True)
    try:
        report(place, tokens, seconds)
        print(f"\nFrom `hustings serve` to the first page: {started:.2f} s (an existing database, one worker)")
        print(f"Memory after load: {memory(place):.0f} MB (proportional set size, master and one worker)")
    finally:
        place.kill()


def report(place: Site, tokens: dict[int, str], seconds: float) -> None:
    partial = {"HX-Request-Type": "partial"}
    pages = {
        "home": ("/", {}),
        **{f"post, {size:,} comments": (f"/posts/post-{size}", {}) for size in SIZES},
        "poll for news": ("/posts/post-30/comments?after=30&skip=0&from=1&to=1", partial),
    }
    row("one core, one worker", "requests/s", "median ms", "p99 ms", "CPU ms each", "bytes", "gzip", "br")
    row("---", *["--:"] * 7)
    for name, (path, headers) in pages.items():
        url = place.url + path
        sizes = [f"{on_the_wire(url, headers, encoding):,}" for encoding in ("identity", "gzip", "br")]
        before = processor_ms(place)
        rate, median, p99 = load(url, {**headers, "Accept-Encoding": "br"}, seconds)
        row(name, rate, median, p99, (processor_ms(place) - before) / (rate * seconds), *sizes)

    def send(browser: httpx.Client, number: int, headers: dict[str, str]) -> httpx.Response:
        data = {"author": "Jo", "email": "jo@example.org", "comment": remark(number), "token": tokens[0]}
        data["key"] = f"{os.getpid()}-{threading.get_ident()}-{number}-{len(headers)}"
        answer = browser.post(
            f"{place.url}/posts/post-0/comments", data=data, headers={"Sec-Fetch-Site": "same-origin", **headers}
        )
        return httpx.Response(200, request=answer.request) if answer.status_code == 303 else answer

    for name, headers in (("POST, htmx", partial), ("POST, plain", {})):
        for threads in (1, 4):
            before = processor_ms(place)
            rate, median, p99 = by_threads(lambda b, n, h=headers: send(b, n, h), seconds, threads)
            each = (processor_ms(place) - before) / (rate * seconds)
            row(f"{name}, {threads} at once", rate, median, p99, each, "", "", "")
    first_view(place)


def first_view(place: Site) -> None:
    """What a browser fetches to show a post with 30 comments, compressed."""
    headers = {"Accept-Encoding": "br"}
    with httpx.Client(base_url=place.url, headers=headers) as browser:
        page = browser.get("/posts/post-30")
        sizes = {"page": int(page.headers["Content-Length"])}
        for name in re.findall(r'(?:rel="stylesheet" href|script src)="([^"]+)"', page.text):
            sizes[name.rsplit("/", 1)[1]] = int(browser.get(name).headers["Content-Length"])
    total = sum(sizes.values())
    kept = "kept" if total <= PROMISED_BYTES and len(sizes) <= PROMISED_REQUESTS else "broken"
    print(
        f"\nFirst view of a post with 30 comments, favicon apart: {len(sizes)} requests, {total:,} bytes (br): {sizes}."
        f"\nPromised: at most {PROMISED_REQUESTS} requests and {PROMISED_BYTES:,} bytes: {kept}."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each row")
    options = parser.parse_args()
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary) / "site", options.seconds)
    sys.stdout.flush()
