"""The page cache: public pages and fragments as bytes, in front of Flask.

A view says that its answer is the same for everybody, and which parameters it reads (`shared` in core/http.py); the
queries say what it is made of (core/generations.py). The answer is kept in this process, in every encoding, until one
of its parts changes; before anything is served, core/watch.py says whether anybody has written. What is not marked
passes through untouched.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from blueprints.core import generations, watch
from blueprints.core.db import db
from blueprints.core.encodings import accepted
from blueprints.core.generations import EVERYTHING, TOLD
from blueprints.core.pages import Address, Headers, Page, Store
from blueprints.core.tally import COUNTED, Tally

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

# Where a view says that its answer may be kept: the names of the parameters that it reads.
PARAMETERS = "hustings.parameters"
# The form on a page carries the day on which it was made; it stays good for a month.
LONGEST_SECONDS = 86_400
LONGEST_QUERY = 512
# A page is packed well when it has lasted so long: below a lively discussion it would be work for nobody.
SECONDS_BEFORE_PACKING = 2.0
# How long one request waits for another to draw the page that both want.
PATIENCE_SECONDS = 10
NAMES_REMEMBERED = 10_000
# What lies below these is for browsers to keep, not for us: files, some of them large.
_FILES = ("/static/", "/media/")

_packer = ThreadPoolExecutor(1, "pack")


def init_app(app: Flask) -> None:
    """Put the cache in front of *app*, unless its settings leave it no room."""
    settings = app.config["SETTINGS"]
    with app.app_context():
        look = watch.of(db.engine)
    # Also where nothing is kept: other processes may keep what this one changes.
    app.extensions.setdefault(TOLD, []).append(lambda _names: look.settle())
    app.extensions["watch"] = look
    if settings.cache_mb:
        cache = PageCache(
            app.wsgi_app, look, settings.cache_mb * 2**20, tally=app.extensions["tally"], tells=settings.debug
        )
        app.extensions["cache"] = cache
        app.wsgi_app = cache  # type: ignore[method-assign]


class PageCache:
    """A WSGI layer: answers GET and HEAD of what it keeps, in the encoding that the browser likes best.

    *tally* counts what is read; *tells* puts `X-Cache: hit`, `miss` or `bypass` on every answer to a GET or HEAD.
    """

    def __init__(
        self, app: Application, look: watch.Watch, limit: int, *, tally: Tally | None = None, tells: bool = False
    ) -> None:
        self.app = app
        self.watch = look
        self.tally = tally or Tally()
        self.tells = tells
        self.store = Store(limit)
        self.drawing: dict[tuple[bool, str, str], threading.Event] = {}
        self.lock = threading.Lock()
        self.seconds_before_packing = SECONDS_BEFORE_PACKING
        # What this process knows of the generations: everything up to `seen`. What moved between `forgotten` and it
        # stands in `moved`; while it is not `sure`, nothing that is kept may be served.
        self.seen = self.forgotten = 0
        self.moved: dict[str, int] = {}
        self.sure = False

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer from the store, or let Flask answer and keep what it says may be kept."""
        if found := self.at_hand(environ):
            status, headers, body = found
            start_response("200 OK" if status == 200 else "304 NOT MODIFIED", self._with("hit", headers))
            return [body] if body else []
        return self._answer_slowly(environ, start_response)

    def at_hand(self, environ: Environ) -> tuple[int, Headers, bytes] | None:
        """Status, headers and body of what can be answered without another thought: the way of nearly all requests.

        It is written out, since every call and object on it can be told from a load test, and needs no more of
        *environ* than what the request said.
        """
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING") or "HTTP_HX_REQUEST_TYPE" in environ:
            return None
        page = self.store.plain.get(environ["PATH_INFO"])
        if page is None or not self._is_right(page):
            return None
        variant = page.variants.get(accepted(environ.get("HTTP_ACCEPT_ENCODING", "")))
        if variant is None:
            return None
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is None:
            page.recent = True
            if page.counted is not None:
                self.tally.note(page.counted, environ)
            return 200, variant.headers, variant.body
        if tags == variant.etag:
            page.recent = True
            if page.counted is not None:
                self.tally.note(page.counted, environ)
            return 304, variant.not_modified, b""
        return None

    def _is_right(self, page: Page) -> bool:
        try:
            return self.sure and not self.watch.moved() and page.unseen_until > time.time()
        except watch.LostError:
            return False

    def _answer_slowly(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        if (method != "GET" and method != "HEAD") or environ["PATH_INFO"].startswith(_FILES):
            return self.app(environ, start_response)
        if len(query) > LONGEST_QUERY:
            return self._pass(environ, start_response)
        is_fragment = environ.get("HTTP_HX_REQUEST_TYPE") == "partial"
        address = Address(environ["PATH_INFO"], query, is_fragment=is_fragment)
        try:
            page = self._find(address)
            if page is None:
                return self._draw_once(address, environ, start_response)
        except watch.LostError:
            self.sure = False
            return self._pass(environ, start_response)
        if page.unseen_until <= time.time():
            self._pack(page)
        return self._answer(page, environ, start_response, "hit")

    def settle(self) -> None:
        """Wait until all that was due is packed."""
        _packer.submit(bool).result()

    def close(self) -> None:
        """Let go of everything that is kept and of the connections."""
        self.store.clear()
        self.watch.close()
        self.sure = False

    def _find(self, address: Address) -> Page | None:
        """The page at *address* that is right at this moment."""
        if self.watch.moved() or not self.sure:
            self._catch_up()
        page = self.store.find(address)
        return None if page is None or page.until < time.time() else page

    def _catch_up(self) -> None:
        with self.lock:
            if not self.sure:
                self.store.clear()
                self.moved.clear()
                self.seen = self.forgotten = self.watch.newest()
                self.sure = True
                return
            for name, number in self.watch.since(self.seen):
                self.seen = max(self.seen, number)
                self.moved[name] = number
                if name == EVERYTHING:
                    self.store.clear()
                    self.forgotten = max(self.forgotten, number)
                else:
                    self.store.drop(name)
            if len(self.moved) > NAMES_REMEMBERED:
                self.moved.clear()
                self.forgotten = self.seen

    def _draw_once(self, address: Address, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """However many ask for it at the same moment, one lets it be drawn and the others wait for that."""
        key = (address.is_fragment, address.path, address.query)
        drawn = threading.Event()
        if (other := self.drawing.setdefault(key, drawn)) is not drawn:
            other.wait(PATIENCE_SECONDS)
            # It may not be there: not for keeping, or older than a write that came before this request.
            page = self._find(address)
            if page is not None:
                return self._answer(page, environ, start_response, "hit")
            return self._draw(address, environ, start_response)
        try:
            return self._draw(address, environ, start_response)
        finally:
            del self.drawing[key]
            drawn.set()

    def _draw(self, address: Address, environ: Environ, start_response: Any) -> Iterable[bytes]:
        began = self.seen  # the snapshot that the page is drawn from is not older
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        inner = {**environ, "REQUEST_METHOD": "GET", PARAMETERS: None, COUNTED: None}
        told: list[Any] = []
        with generations.reading() as noted:
            chunks = self.app(inner, lambda *words: told.extend(words))
        status, headers, *more = told
        # What sets a cookie is for one reader, whatever the view has said.
        if (parameters := inner[PARAMETERS]) is None or any(name.lower() == "set-cookie" for name, _value in headers):
            start_response(status, self._with("bypass", headers), *more)
            if not is_head:
                return chunks
            _close(chunks)
            return []
        body = b"".join(chunks)
        _close(chunks)
        page = Page(headers, body, noted.names, min(noted.until, time.time() + LONGEST_SECONDS))
        page.counted = None if address.is_fragment else inner[COUNTED]
        self._keep(address, parameters, page, began)
        return self._answer(page, environ, start_response, "miss")

    def _keep(self, address: Address, parameters: tuple[str, ...], page: Page, began: int) -> None:
        with self.lock:
            if began >= self.forgotten and not any(self.moved.get(name, 0) > began for name in page.names):
                page.unseen_until = min(page.until, time.time() + self.seconds_before_packing)
                self.store.keep(address, parameters, page)

    def _answer(self, page: Page, environ: Environ, start_response: Any, how: str) -> Iterable[bytes]:
        if page.counted is not None and environ["REQUEST_METHOD"] == "GET":
            self.tally.note(page.counted, environ)
        variant = page.variant(accepted(environ.get("HTTP_ACCEPT_ENCODING", "")))
        if not variant.is_well and page.unseen_until == page.until:  # the others are packed already
            self._pack(page)
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None and (tag := tags if tags == variant.etag else page.tag_among(tags)):
            headers = variant.not_modified
            if tag not in ("*", variant.etag):
                headers = [("ETag", tag) if header[0] == "ETag" else header for header in headers]
            start_response("304 NOT MODIFIED", self._with(how, headers))
            return []
        start_response("200 OK", self._with(how, variant.headers))
        return [variant.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _with(self, how: str, headers: Headers) -> Headers:
        return [*headers, ("X-Cache", how)] if self.tells else headers

    def _pass(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *more: Any) -> Any:
            return start_response(status, self._with("bypass", headers), *more)

        return self.app(environ, start)

    def _pack(self, page: Page) -> None:
        page.unseen_until = page.until
        _packer.submit(self.store.pack, page)


def _close(chunks: Iterable[bytes]) -> None:
    if close := getattr(chunks, "close", None):
        close()
