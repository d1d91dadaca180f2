"""Tracked changes, accepted or refused in the XML, before anything reads it (ECMA-376 part 1, 17.13.5)."""

from lxml import etree

from blueprints.transfer.manuscripts.word.package import W

_NEW, _OLD = (f"{W}ins", f"{W}moveTo"), (f"{W}del", f"{W}moveFrom")
_FORMATS = (f"{W}rPrChange", f"{W}pPrChange")
# These stand in properties and say of a paragraph's end, a row or a cell that it is new or gone.
_PROPERTIES = (f"{W}rPr", f"{W}trPr", f"{W}tcPr", f"{W}ctrlPr")


def settle(tree: etree._Element, *, accept: bool) -> int:
    """Accept or refuse every change that *tree* tracks; returns how many there were."""
    kept, gone = (_NEW, _OLD) if accept else (_OLD, _NEW)
    number = _settle_runs(tree, kept) + _settle_formats(tree, accept=accept)
    for row in list(tree.iter(f"{W}tr")):
        if row.find(f"{W}trPr/{gone[0]}") is not None:
            _remove(row)
    for paragraph in reversed(list(tree.iter(f"{W}p"))):
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        if mark is not None and any(mark.find(tag) is not None for tag in gone):
            _join_with_next(paragraph)
    for mark in list(tree.iter(*_NEW, *_OLD)):
        _remove(mark)
    for struck in list(tree.iter(f"{W}delText", f"{W}delInstrText")):
        struck.tag = f"{W}t" if struck.tag == f"{W}delText" else f"{W}instrText"
    return number


def _settle_runs(tree: etree._Element, kept: tuple[str, str]) -> int:
    """What stands in a change stays or goes; the marks in properties are counted and stay for now."""
    number = 0
    for change in list(tree.iter(*_NEW, *_OLD)):
        holder = change.getparent()
        if holder is None or not _is_in(change, tree):
            continue
        number += 1
        if str(holder.tag) not in _PROPERTIES:
            if str(change.tag) in kept:
                _unwrap(change)
            else:
                _remove(change)
    return number


def _is_in(element: etree._Element, tree: etree._Element) -> bool:
    return any(outer is tree for outer in element.iterancestors())


def _settle_formats(tree: etree._Element, *, accept: bool) -> int:
    """What a change of form was before is thrown away, or put back."""
    found = list(tree.iter(*_FORMATS))
    for change in found:
        properties = change.getparent()
        if properties is None:
            continue
        former = change.find(str(properties.tag))
        properties.remove(change)
        if not accept and former is not None:
            for own in list(properties):
                if str(own.tag) not in (f"{W}rPr", f"{W}sectPr", *_NEW, *_OLD):
                    properties.remove(own)
            for at, own in enumerate(list(former)):
                properties.insert(at, own)
    return len(found)


def _unwrap(element: etree._Element) -> None:
    holder = element.getparent()
    if holder is not None:
        at = holder.index(element)
        for child in reversed(list(element)):
            holder.insert(at, child)
        holder.remove(element)


def _remove(element: etree._Element) -> None:
    holder = element.getparent()
    if holder is not None:
        holder.remove(element)


def _join_with_next(paragraph: etree._Element) -> None:
    """A paragraph whose end is gone runs on in the next one, which keeps its form."""
    following = paragraph.getnext()
    while following is not None and following.tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd"):
        following = following.getnext()
    contents = [child for child in paragraph if child.tag != f"{W}pPr"]
    if following is None or following.tag != f"{W}p":
        if not contents and paragraph.getnext() is not None:
            _remove(paragraph)
        return
    at = 1 if following.find(f"{W}pPr") is not None else 0
    for child in reversed(contents):
        following.insert(at, child)
    _remove(paragraph)
