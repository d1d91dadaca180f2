"""The store of kept pages: found again, bounded, dropped by what they are made of."""

import pytest

from blueprints.core.encodings import ENCODINGS
from blueprints.core.pages import OVERHEAD, Address, Page, Store


def page(text: str = "", *names: str) -> Page:
    return Page([("Content-Type", "text/html")], text.encode(), names)


def at(path: str, query: str = "", *, is_fragment: bool = False) -> Address:
    return Address(path, query, is_fragment=is_fragment)


@pytest.fixture
def store() -> Store:
    return Store(1_000_000)


def test_page_is_found_under_its_address_only(store: Store) -> None:
    store.keep(at("/a"), ("page",), kept := page("a"))
    assert store.find(at("/a")) is kept
    assert store.find(at("/b")) is None
    assert store.find(at("/a", "page=2")) is None


def test_page_and_fragment_of_one_address_are_two(store: Store) -> None:
    store.keep(at("/a"), (), whole := page("whole"))
    assert store.find(at("/a", is_fragment=True)) is None
    store.keep(at("/a", is_fragment=True), (), part := page("part"))
    assert store.find(at("/a")) is whole
    assert store.find(at("/a", is_fragment=True)) is part


@pytest.mark.parametrize("query", ["utm_source=x", "a=1&b=2", "=", "&&", "Page=2", "%ff=%00", "page[]=2"])
def test_parameters_that_no_view_reads_lead_to_the_page_without_them(store: Store, query: str) -> None:
    store.keep(at("/a"), ("page",), kept := page("a"))
    assert store.find(at("/a", query)) is kept


def test_parameters_are_read_as_a_view_reads_them(store: Store) -> None:
    store.keep(at("/a", "page=2"), ("page", "after"), second := page("2"))
    store.keep(at("/a", "page=2&after=7"), ("page", "after"), later := page("2, later"))
    assert store.find(at("/a", "x=1&page=2&page=3")) is second, "the first of a name counts"
    assert store.find(at("/a", "after=7&page=2")) is later, "in whatever order"
    assert store.find(at("/a", "p%61ge=%32")) is second, "decoded"
    assert store.find(at("/a", "page=")) is None
    assert store.find(at("/a")) is None


def test_a_change_drops_what_is_made_of_it_and_nothing_else(store: Store) -> None:
    store.keep(at("/a"), (), page("a", "site", "post:1"))
    store.keep(at("/b"), (), b := page("b", "site", "post:2"))
    store.keep(at("/b", is_fragment=True), (), page("b", "post:1"))
    store.drop("post:1")
    store.drop("post:77")
    assert len(store) == 1
    assert store.find(at("/b")) is b
    store.drop("site")
    assert len(store) == 0
    assert store.made_of == {}
    assert store.shelves == {False: {}, True: {}}
    assert store.weights == {False: 0, True: 0}


def test_a_page_takes_the_place_of_the_one_before_it(store: Store) -> None:
    store.keep(at("/a"), (), page("old", "post:1"))
    store.keep(at("/a"), (), new := page("new", "post:2"))
    store.drop("post:1")
    assert store.find(at("/a")) is new
    assert len(store) == 1


def test_what_was_not_asked_for_longest_makes_room() -> None:
    store = Store(4 * OVERHEAD)  # three pages and one fragment
    for name in "abc":
        store.keep(at(f"/{name}"), (), page())
    store.find(at("/a"))
    store.keep(at("/d"), (), page())
    assert [store.find(at(f"/{name}")) is not None for name in "abcd"] == [True, False, True, True]


def test_fragments_do_not_push_out_pages() -> None:
    store = Store(40 * OVERHEAD)
    store.keep(at("/a"), (), kept := page())
    for number in range(1000):
        store.keep(at("/a", f"after={number}", is_fragment=True), ("after",), page())
    assert store.find(at("/a")) is kept
    assert len(store) <= 11


def test_a_page_larger_than_the_room_is_not_kept() -> None:
    store = Store(10 * OVERHEAD)
    store.keep(at("/a"), (), page("x" * 100_000))
    assert len(store) == 0


def test_the_same_page_packed_anew_has_another_strong_tag_and_is_still_known() -> None:
    kept = page("x" * 5000)
    quick = kept.variant("gzip").etag
    kept.pack()
    assert kept.variant("gzip").etag != quick
    assert kept.tag_among(f'"other", W/{quick}') == quick
    assert kept.tag_among('"other"') is None
    assert kept.tag_among("*") == "*"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_page_that_was_packed_keeps_what_was_asked_for_and_no_more(store: Store, encoding: str) -> None:
    text = "a long argument, " * 1000
    store.keep(at("/a"), (), kept := page(text, "post:1"))
    kept.variant(encoding)
    store.pack(kept)
    assert kept.body is None
    assert store.weights[False] == OVERHEAD + len(kept.variant(encoding).body)
    assert kept.plain() == text.encode()
    assert kept.variant("identity").body == text.encode()
    store.drop("post:1")
    assert store.weights[False] == 0


def test_page_that_was_dropped_before_it_was_packed_weighs_nothing(store: Store) -> None:
    store.keep(at("/a"), (), kept := page("x" * 5000, "post:1"))
    kept.variant("gzip")
    store.drop("post:1")
    store.pack(kept)
    assert store.weights == {False: 0, True: 0}
    assert kept.plain() == b"x" * 5000
