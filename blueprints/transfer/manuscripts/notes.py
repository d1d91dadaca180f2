"""Footnotes of any program: two places that link to each other, a short mark in the text and the words it stands for.

Word, LibreOffice, Google Docs, Wikipedia, pandoc, mammoth and our own pages write them differently; this they share.
"""

import re

from bs4 import BeautifulSoup, Tag

from blueprints.transfer.manuscripts.cleaning import words
from blueprints.transfer.manuscripts.manuscript import Remarks

LONGEST_MARK = 12
_AROUND = ("sup", "span", "a")
_BACK = re.compile(r"[\s\[\]()^↑↩\ufe0e\ufe0fa-z\d*†‡.,]*\Z", re.I)


def take_out(tree: BeautifulSoup, remarks: Remarks, *, first: int = 1) -> list[tuple[int, Tag]]:
    """The notes of *tree* as (number, what it says), counted from *first* in the order in which the text names them.

    A mark in the text becomes `<sup data-note="3">`; a note that is named twice keeps its number.
    """
    places = _places(tree)
    found: dict[int, tuple[int, Tag]] = {}
    marks: list[tuple[Tag, int]] = []
    back: list[tuple[Tag, Tag]] = []
    for anchor in tree.find_all("a", href=re.compile(r"\A#.")):
        if any(anchor is link for link, _ in back):
            continue
        target = places.get(str(anchor["href"])[1:])
        if target is None or len(words(anchor)) > LONGEST_MARK:
            continue
        note = _note_around(target, anchor, places)
        if note is None:
            continue
        number = found.setdefault(id(note), (first + len(found), note))[0]
        marks.append((anchor, number))
        back += [(link, note) for link in _links_back(note, anchor, places)]
    for link, note in back:
        _remove_link_back(link, note)
    for anchor, number in marks:
        _put_mark(tree, anchor, number)
    for _, note in found.values():
        holder = note.parent
        note.extract()
        _drop_holder(holder)
    for anchor in tree.find_all("a", href=re.compile(r"\A#_?(?:ftn|edn|fn|sdfootnote|cite_note)", re.I)):
        remarks.note("The mark of a footnote stands without its note", words(anchor))
    return list(found.values())


def _places(tree: BeautifulSoup) -> dict[str, Tag]:
    """What can be linked to, by its name."""
    found: dict[str, Tag] = {}
    for tag in tree.find_all(True):
        for name in (tag.get("id"), tag.get("name")):
            if name:
                found.setdefault(str(name), tag)
    return found


def _note_around(target: Tag, anchor: Tag, places: dict[str, Tag]) -> Tag | None:
    """The element that is the note: the smallest one around *target* that leads back to *anchor*."""
    for holder in (target, *target.parents):
        if holder.name not in ("li", "div", "p", "aside", "dd", "td", "section"):
            continue
        if isinstance(holder, BeautifulSoup) or any(holder is parent for parent in anchor.parents):
            return None
        if _links_back(holder, anchor, places):
            return _whole(holder)
    return None


def _whole(holder: Tag) -> Tag:
    """A note of several paragraphs stands in an element of its own."""
    outer = holder.parent
    if holder.name == "p" and outer is not None and outer.name in ("div", "li") and outer.get("id"):
        return outer
    return holder


def _links_back(holder: Tag, anchor: Tag, places: dict[str, Tag]) -> list[Tag]:
    around = [anchor, *(parent for parent in anchor.parents if parent.name in _AROUND), *anchor.find_all(True)]
    found = []
    for link in [holder, *holder.find_all("a")]:
        target = places.get(str(link.get("href", ""))[1:]) if str(link.get("href", "")).startswith("#") else None
        if target is not None and any(target is tag for tag in around):
            found.append(link)
    return found


def _remove_link_back(link: Tag, note: Tag) -> None:
    """The arrow or number that leads back goes, with what only holds it."""
    while (
        (outer := link.parent) is not None
        and outer is not note
        and outer.name in (*_AROUND, "b", "i", "em", "strong")
        and words(outer) == words(link)
    ):
        link = outer
    if _BACK.match(words(link)):
        link.extract()
    elif link.parent is not None:
        link.unwrap()


def _put_mark(tree: BeautifulSoup, anchor: Tag, number: int) -> None:
    mark = tree.new_tag("sup", attrs={"data-note": str(number)})
    while (outer := anchor.parent) is not None and outer.name in ("sup", "span") and words(outer) == words(anchor):
        anchor = outer
    if anchor.parent is not None:
        anchor.replace_with(mark)


def _drop_holder(holder: Tag | None) -> None:
    """A list or section that held the notes, once nothing is left in it."""
    while holder is not None and holder.name in ("ol", "ul", "div", "section", "aside", "tbody", "table", "tr"):
        outer = holder.parent
        if words(holder) or holder.find("img"):
            return
        holder.extract()
        holder = outer
