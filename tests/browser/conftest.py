"""A real site behind granian, and a real Chromium in front of it.

Every page is watched: an error in its console, a breach of the policy, a dialog, or a request to another host fails
the test. Nothing sleeps; what takes time is waited for.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from app import create_app
from blueprints.comments.models import APPROVED, Comment
from blueprints.core import limits, site
from blueprints.core.db import db, writing
from blueprints.core.settings import Settings
from blueprints.posts.models import Post
from tests.conftest import IN_CI
from tests.factories import Make

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
LIMIT = 100_000
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# The first is Chromium without windows of its own: a page takes a third of the processor time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
NO_BROWSER = "no browser: install the Debian package chromium-headless-shell"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

expect.set_options(timeout=5_000)


class Server:
    """The site as its readers meet it, and beside it the same site's database for the test to arrange and look at."""

    def __init__(self, instance: Path, **environ: str) -> None:
        self.instance = instance
        self.environ = {
            "SECRET_KEY": "browser tests",
            "COMMENT_LIMIT": f"{LIMIT} per minute",
            "THREADS_PER_PAGE": "2",
            # The tests ask for news themselves.
            "REFRESH_SECONDS": "3600",
            "WORKERS": "1",
            **environ,
        }
        self.log = instance / "server.log"
        for _ in range(3):
            if self.start():
                break
        else:
            raise AssertionError(f"the site did not start:\n{self.log.read_text()}")
        self.app: Flask = create_app(Settings.from_environ(self.environ, instance))
        self.make = Make()

    @property
    def url(self) -> str:
        """Where the site answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> bool:
        """Serve from a free port; False where somebody else was quicker to take it."""
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from app import main; main()", "serve"],
                cwd=ROOT,
                env={**kept, **self.environ, "INSTANCE": str(self.instance), "PORT": str(self.port)},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            try:
                with urlopen(f"{self.url}/sign-in", timeout=1):
                    return True
            except (URLError, OSError):
                with suppress(subprocess.TimeoutExpired):  # not yet; look again at once if it ends
                    self.process.wait(0.05)
        self.stop()
        return False

    def stop(self) -> None:
        """End the process and its workers."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def database(self) -> Iterator[Make]:
        """The site's own database; what is made in it is on its pages at once."""
        with self.app.app_context():
            try:
                yield self.make
            finally:
                db.session.remove()

    def hold(self, policy: str) -> None:
        """Set who waits for an editor: "all", "new" or "none"."""
        with self.database(), writing():
            db.session.merge(site.current()).hold = policy

    def post(self, title: str = "On paper", **fields: object) -> Post:
        """A post of its own for a test."""
        with self.database() as make:
            return make.post(title, slug=f"post-{os.urandom(6).hex()}", **fields)

    def comment(self, post: Post, text: str = "A comment.", **fields: object) -> Comment:
        """A comment by another reader."""
        with self.database() as make:
            if parent := fields.pop("parent", None):
                fields["parent"] = db.session.get(Comment, parent.id)
            return make.comment(db.session.get(Post, post.id), text, **fields)

    def approve(self, post: Post) -> None:
        """Let through what waits below *post*, as an editor does."""
        with self.database(), writing():
            for comment in db.session.scalars(db.select(Comment).where(Comment.post_id == post.id)):
                comment.move_to(APPROVED)

    def comments(self, post: Post) -> list[Comment]:
        """What is stored below *post*, in the order of arrival."""
        with self.database():
            return list(db.session.scalars(db.select(Comment).where(Comment.post_id == post.id).order_by(Comment.id)))

    @contextmanager
    def used_up_limit(self) -> Iterator[None]:
        """As if this address had sent too many comments in the last minute."""
        with self.app.app_context():
            limiter = self.app.extensions["limits"]
            item = limits.parse(self.environ["COMMENT_LIMIT"])
            who = ("comment", limits.pseudonym(limits.network_of("127.0.0.1")))
            limiter.storage.reset()
            assert limiter.hit(item, *who, cost=LIMIT)
        try:
            yield
        finally:
            limiter.storage.reset()

    def close(self) -> None:
        """Stop, and let go of every file."""
        self.stop()
        with self.app.app_context():
            db.engine.dispose()
        self.app.extensions["limits"].storage.close()


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Watch:
    """What happened in a context beside what the test asked for."""

    host: str
    complaints: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)

    def expect(self, *texts: str) -> None:
        """Console lines with one of these *texts* are what the test is about ("422", "ERR_INTERNET_DISCONNECTED")."""
        self.expected.update(texts)

    def follow(self, context: BrowserContext) -> None:
        """Begin to watch every page of *context*."""
        context.on("console", self.note_console)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("dialog", self.note_dialog)
        context.on("request", self.note_request)

    def note_console(self, message) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"console: {message.text}")

    def note_dialog(self, dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_request(self, request) -> None:
        parts = urlsplit(request.url)
        self.requests.append((request.method, request.url))
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.complaints.append(f"foreign request: {request.url}")

    def asked(self, fragment: str) -> list[str]:
        """The addresses asked for that hold *fragment*."""
        return [url for _method, url in self.requests if fragment in url]

    def unexpected(self) -> list[str]:
        """What nobody wanted."""
        return [line for line in self.complaints if not any(text in line for text in self.expected)]


@pytest.fixture(scope="package")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, databases: Callable
) -> Iterator[Server]:
    """One running site for the tests of this folder (and of this worker), on SQLite where a test does not say."""
    folder = tmp_path_factory.mktemp("site")
    with databases(getattr(request, "param", "sqlite")).new(folder, migrated=False) as url:
        server = Server(folder, DATABASE_URL=url)
        yield server
        server.close()
    log = server.log.read_text()
    assert "Traceback" not in log, log


def executable() -> str:
    """Chromium's path; a test without one is skipped, and in CI it fails."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if IN_CI:
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    return path


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
    yield browser
    browser.close()


# Somebody who moves the pointer as soon as the page is there, so that its tools come with it (static/js/loader.js).
MOVES = "addEventListener('DOMContentLoaded', () => dispatchEvent(new PointerEvent('pointermove', { movementX: 1 })))"


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator:
    """Opens browser contexts ("somebody with a browser of their own"); at the end each must have been quiet."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def visit(*, width: dict[str, int] = WIDE, scripts: bool = True, moves: bool = True) -> tuple[Page, Watch]:
        context = chromium.new_context(
            base_url=server.url, viewport=width, java_script_enabled=scripts, reduced_motion="reduce"
        )
        context.set_default_timeout(5_000)
        if moves:
            context.add_init_script(MOVES)
        watch = Watch(urlsplit(server.url).netloc)
        watch.follow(context)
        opened.append((context, watch))
        return context.new_page(), watch

    yield visit
    for context, _watch in opened:
        context.close()
    assert [line for _context, watch in opened for line in watch.unexpected()] == []


@pytest.fixture(params=["wide", "phone"])
def width(request: pytest.FixtureRequest) -> dict[str, int]:
    """A desk and a pocket."""
    return WIDE if request.param == "wide" else PHONE


@pytest.fixture(params=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """With scripts and without."""
    return request.param == "scripts"
