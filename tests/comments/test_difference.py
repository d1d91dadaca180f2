"""What differs between two texts, in words."""

import pytest

from blueprints.comments import difference
from blueprints.comments.difference import GONE, KEPT, NEW, between


def text(stretches, *kinds: str) -> str:
    return "".join(stretch.text for stretch in stretches if stretch.kind in kinds)


@pytest.mark.parametrize(
    ("former", "latter", "gone", "new"),
    [
        ("The cat sat.", "The dog sat.", "cat", "dog"),
        ("One\n\ntwo", "One\n\nand two", "", "and "),
        ("Same", "Same", "", ""),
        ("", "All of it", "", "All of it"),
        ("我喜欢纸", "我不喜欢纸张", "", "不张"),
        ("a <b> & c", "a <i> & c", "b", "i"),
        ("مرحبا بالعالم", "مرحبا يا عالم", "بالعالم", "يا عالم"),
        ("line one \r\n", "line one\r\n", " \r\n", "\r\n"),
    ],
)
def test_words_that_went_and_came_are_told_apart(former, latter, gone, new):
    found = between(former, latter)
    assert (text(found, GONE), text(found, NEW)) == (gone, new)
    assert text(found, KEPT, GONE) == former
    assert text(found, KEPT, NEW) == latter


def test_texts_that_differ_almost_everywhere_are_not_compared_word_by_word(monkeypatch):
    monkeypatch.setattr(difference, "MOST", 5)
    found = between("Dear all, one two three four, yours", "Dear all, six five four three, yours")
    assert [stretch.kind for stretch in found] == [KEPT, GONE, NEW, KEPT]
    assert text(found, KEPT, NEW) == "Dear all, six five four three, yours"
