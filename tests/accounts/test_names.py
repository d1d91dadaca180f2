"""Names as they are sorted and cited; ORCID iDs."""

import pytest

from blueprints.accounts import orcid
from blueprints.accounts.names import letter, parts_of, sort_key, sort_name_of


@pytest.mark.parametrize(
    ("name", "sorted_as"),
    [
        ("Ludwig van Beethoven", "Beethoven, Ludwig van"),
        ("Plato", "Plato"),
        ("王若水", "王若水"),
        ("김 철수", "김 철수"),
        ("ابن خلدون", "ابن خلدون"),
        ("Martin Luther King Jr.", "King, Martin Luther, Jr."),
        ("Jean de La Fontaine", "La Fontaine, Jean de"),
        ("Anthony Van Dyck", "Van Dyck, Anthony"),
        ("José Ortega y Gasset", "Ortega y Gasset, José"),
        ("Dr. Ada Lovelace", "Lovelace, Ada"),
        ("The editors", "The editors"),
        ("Lovelace, Ada", "Lovelace, Ada"),
        ("", ""),
    ],
)
def test_sort_name_is_suggested(name, sorted_as):
    assert sort_name_of(name) == sorted_as


def test_accents_capitals_and_signs_do_not_sort():
    names = ["Østerud, Ø.", "O’Neill, Ed", "Ágnes", "van Dyck", "Übel", "Zola, Émile", "王若水", "Abel"]
    assert sorted(names, key=sort_key) == [
        *("Abel", "Ágnes", "O’Neill, Ed", "Østerud, Ø.", "Übel", "van Dyck", "Zola, Émile", "王若水"),
    ]
    assert [letter(sort_key(name)) for name in ("Østerud", "王若水", "Ωmega", "7even", "")] == [
        "O",
        "汉字",
        "Ω",
        "#",
        "#",
    ]


def test_name_is_taken_apart_as_it_is_cited():
    assert parts_of("King, Martin Luther, Jr.") == ("King", "Martin Luther", "Jr.")
    assert parts_of("Plato") == ("Plato", "", "")


@pytest.mark.parametrize("text", ["0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "0000000218250097"])
def test_orcid_is_read(text):
    assert orcid.read(text) == "0000-0002-1825-0097"
    assert orcid.read(" 0000-0002-1694-233x ") == "0000-0002-1694-233X"


@pytest.mark.parametrize("text", ["0000-0002-1825-0098", "0000-0002-1825-009", "0000-0002-1825-00977", "Ada", "X" * 16])
def test_what_is_no_orcid_is_refused(text):
    with pytest.raises(ValueError, match=r"ORCID iD|digits"):
        orcid.read(text)
