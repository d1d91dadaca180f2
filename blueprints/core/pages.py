"""Kept pages: one answer in every encoding, and the bounded store of them that knows what each is made of."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import parse_qsl

from blueprints.core.encodings import IDENTITY, decode, encode

Headers = list[tuple[str, str]]
# What a page weighs beside its bytes: headers, keys, its places in the index.
OVERHEAD = 4096
# Fragments have a room of their own: they come in more kinds than pages and must not push those out.
SHARE_OF_FRAGMENTS = 0.25


class Variant:
    """A page in one encoding."""

    __slots__ = ("body", "etag", "headers", "is_well", "not_modified")

    def __init__(self, page: "Page", encoding: str, *, well: bool) -> None:
        self.is_well = well or encoding == IDENTITY
        self.body = encode(page.plain(), encoding, well=well)
        # A strong tag is one of bytes: the same page packed twice has two.
        self.etag = f'"{page.digest}-{encoding}{"" if self.is_well else "-1"}"'
        kept = [*page.headers, ("ETag", self.etag)]
        packed = [] if encoding == IDENTITY else [("Content-Encoding", encoding)]
        self.headers = [*kept, *packed, ("Content-Length", str(len(self.body)))]
        self.not_modified = [header for header in kept if header[0] != "Content-Type"]


class Page:
    """An answer of 200: its bytes, the *names* of what it is made of, and until when it is right by itself.

    *until* is in seconds since 1970; so is `unseen_until`, up to which it may be served without a look at it.
    """

    __slots__ = (
        "body",
        "counted",
        "digest",
        "headers",
        "names",
        "recent",
        "unseen_until",
        "until",
        "variants",
        "weight",
    )

    def __init__(self, headers: Headers, body: bytes, names: Iterable[str] = (), until: float = float("inf")) -> None:
        self.headers = [header for header in headers if header[0] not in ("Content-Length", "ETag")]
        self.body: bytes | None = body
        self.digest = sha256(body).hexdigest()[:24]  # where the processor knows it, a third of what blake2b takes
        self.names = frozenset(names)
        self.until = until
        self.variants: dict[str, Variant] = {}
        self.weight = OVERHEAD + 2 * len(body)  # until it is packed, with what was packed quickly
        self.unseen_until = 0.0
        self.recent = False
        # What a request for it counts as (core/tally.py).
        self.counted: str | None = None

    def variant(self, encoding: str) -> Variant:
        """The page in *encoding*, packed quickly where `pack` has not been there yet."""
        found = self.variants.get(encoding)
        if found is None:
            found = self.variants[encoding] = Variant(self, encoding, well=False)
        return found

    def plain(self) -> bytes:
        """The bytes as they were drawn, which a page that has been packed does not keep."""
        if (body := self.body) is not None:
            return body
        encoding, variant = next(iter(self.variants.items()))
        return decode(variant.body, encoding)

    def pack(self) -> None:
        """Pack it well in every encoding in which it was asked for, and keep no more than that."""
        for encoding, variant in list(self.variants.items()):
            if not variant.is_well:
                self.variants[encoding] = Variant(self, encoding, well=True)
        if self.variants:
            self.body = None

    def weigh(self) -> int:
        """Set its weight to what is kept of it by now; returns by how much that has changed."""
        before, kept = self.weight, [*(variant.body for variant in self.variants.values()), self.body or b""]
        self.weight = OVERHEAD + sum(map(len, kept))
        return self.weight - before

    def tag_among(self, tags: str) -> str | None:
        """The tag in an If-None-Match that is one of this page, in whatever encoding (RFC 9110, 13.1.2)."""
        for tag in tags.split(","):
            opaque = tag.strip().removeprefix("W/")
            if opaque == "*" or opaque.startswith(f'"{self.digest}-'):
                return opaque
        return None


class Address:
    """Where a page is kept: its path, whether it is the fragment of it, and the parameters that its view reads."""

    __slots__ = ("is_fragment", "path", "query")

    def __init__(self, path: str, query: str, *, is_fragment: bool) -> None:
        self.path = path
        self.query = query
        self.is_fragment = is_fragment

    def values(self, parameters: tuple[str, ...]) -> tuple[str | None, ...]:
        """What the query says of these *parameters*, as a view reads them: the first of each name, else None."""
        if not self.query:
            return ()
        given = dict(reversed(parse_qsl(self.query, keep_blank_values=True, errors="replace")))
        found = tuple(given.get(name) for name in parameters)
        return found if any(value is not None for value in found) else ()


class Shelf:
    """The pages of one path: the parameters that its view reads, and a page for each set of their values."""

    __slots__ = ("pages", "parameters")

    def __init__(self, parameters: tuple[str, ...]) -> None:
        self.parameters = parameters
        self.pages: dict[tuple[str | None, ...], Page] = {}


class Store:
    """Pages up to *limit* bytes; what was not asked for lately goes first.

    *plain* are those of the addresses without a query: nearly all that is asked for.
    """

    def __init__(self, limit: int) -> None:
        fragments = int(limit * SHARE_OF_FRAGMENTS)
        self.limits = {False: limit - fragments, True: fragments}
        self.weights = {False: 0, True: 0}
        self.plain: dict[str, Page] = {}
        self.shelves: dict[bool, dict[str, Shelf]] = {False: {}, True: {}}
        self.order: dict[bool, OrderedDict[Page, tuple[Shelf, str, tuple[str | None, ...]]]]
        self.order = {False: OrderedDict(), True: OrderedDict()}
        self.made_of: dict[str, set[Page]] = {}
        self.lock = threading.Lock()

    def find(self, address: Address) -> Page | None:
        """The page at *address*, which counts as asked for lately."""
        shelf = self.shelves[address.is_fragment].get(address.path)
        if shelf is None:
            return None
        page = shelf.pages.get(address.values(shelf.parameters) if address.query else ())
        if page is not None:
            page.recent = True
        return page

    def keep(self, address: Address, parameters: tuple[str, ...], page: Page) -> None:
        """Keep *page*, whose view reads *parameters* of the query; others make room for it."""
        kind = address.is_fragment
        with self.lock:
            values = address.values(parameters)
            shelf = self.shelves[kind].get(address.path)
            if shelf is not None and (former := shelf.pages.get(values)):
                self._drop(kind, former)
            shelf = self.shelves[kind].setdefault(address.path, Shelf(parameters))
            shelf.pages[values] = page
            if not kind and not values:
                self.plain[address.path] = page
            self.order[kind][page] = (shelf, address.path, values)
            self.weights[kind] += page.weight
            for name in page.names:
                self.made_of.setdefault(name, set()).add(page)
            while self.weights[kind] > self.limits[kind]:
                oldest = next(iter(self.order[kind]))
                if oldest.recent:  # a second chance
                    oldest.recent = False
                    self.order[kind].move_to_end(oldest)
                else:
                    self._drop(kind, oldest)

    def pack(self, page: Page) -> None:
        """Pack *page*, which then takes less room; one that was dropped meanwhile is left as it is."""
        if page not in self:
            return
        page.pack()
        with self.lock:
            if page in self:
                self.weights[page not in self.order[False]] += page.weigh()

    def drop(self, name: str) -> None:
        """Drop every page that is made of *name*."""
        with self.lock:
            for page in tuple(self.made_of.get(name, ())):
                self._drop(page not in self.order[False], page)

    def clear(self) -> None:
        """Drop every page."""
        with self.lock:
            for kind, order in self.order.items():
                while order:
                    self._drop(kind, next(iter(order)))

    def __contains__(self, page: Page) -> bool:
        return page in self.order[False] or page in self.order[True]

    def __len__(self) -> int:
        return len(self.order[False]) + len(self.order[True])

    def _drop(self, kind: bool, page: Page) -> None:
        shelf, path, values = self.order[kind].pop(page)
        self.weights[kind] -= page.weight
        del shelf.pages[values]
        if not kind and not values:
            del self.plain[path]
        if not shelf.pages:
            del self.shelves[kind][path]
        for name in page.names:
            self.made_of[name].discard(page)
            if not self.made_of[name]:
                del self.made_of[name]
