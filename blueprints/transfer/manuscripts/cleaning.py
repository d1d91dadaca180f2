"""HTML of other programs as a plain tree: what Word, Google Docs, LibreOffice and web pages put around a text goes.

Emphasis that stands in a style becomes an element, a paragraph that looks like an item becomes one, headings begin at
the second level and leave none out.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from blueprints.transfer.manuscripts.manuscript import Remarks

INLINE = {
    *("a", "abbr", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "ruby", "rp", "rt"),
    *("s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "font", "strike", "tt", "big", "label"),
}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "div", "dl", "dt"),
    *("figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
    *("p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
_READ = INLINE | BLOCKS | {"br", "img", "input"}
_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "name", "style"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "input": {"type", "checked"},
}
# What stands in these is no text of the author's.
_SILENT = {"script", "style", "title", "template", "noscript", "svg", "math", "iframe", "object", "select", "xml"}
_SCHEMES = {"http", "https", "mailto", "data", "file", "cid"}
_DEEPEST = 60
_SAME = {"b": "strong", "i": "em", "strike": "s", "del": "s", "tt": "code", "samp": "code", "var": "em", "cite": "em"}
# Nothing to read, and yet not empty.
_SEEN = {"img", "br", "hr", "td", "th"}
_MARKED = {"strong", "em", "s", "sub", "sup", "code"}
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_GAPS = re.compile("[ \t\n\r\u00a0]*(?:[ \t\n\r]\u00a0|\u00a0[ \t\n\r]|\u00a0\u00a0)[ \t\n\r\u00a0]*")
_LINES = re.compile("[ \t\r\n]+")
_WHITE = " \t\r\n\u00a0"
_ITEM = re.compile(r"mso-list:\s*\w+\s+level(\d+)", re.I)
_COUNTED = re.compile(r"\(?\s*(?:(\d{1,4})|[a-zA-Z]{1,4})\s*[.)]")
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_WORD_STYLES = {
    "msotitle": ("h1", "title"),
    "msosubtitle": ("p", "subtitle"),
    "msoquote": ("blockquote", ""),
    "msointensequote": ("blockquote", ""),
    "msocaption": ("p", "caption"),
}


def plain(html: str, remarks: Remarks) -> BeautifulSoup:
    """The tree of somebody's *html* with nothing in it but a text; links inside of it still lead where they led."""
    tree = _parsed(html)
    _flatten(tree)
    for tag in _every(tree):
        _settle_style(tag, remarks)
    _make_lists(tree)
    _nest_lists(tree)
    for tag in _every(tree):
        _settle_name(tag)
    return tree


def tidy(tree: BeautifulSoup) -> None:
    """What is left when footnotes and pictures have been taken out: nothing empty, nothing twice, headings in order."""
    for anchor in tree("a"):
        _settle_link(anchor)
    for text in tree.find_all(string=True):
        _settle_text(text)
    for tag in _every(tree):
        _lift_blocks(tag)
    _join(tree)
    for tag in reversed(_every(tree)):
        _drop_if_empty(tag)
    for tag in _every(tree):
        _straighten(tag)
    for tag in _every(tree):
        _split_paragraph(tag)
    for tag in reversed(_every(tree)):
        _drop_if_empty(tag)
    tree.smooth()
    order_headings(tree)


def words(tag: Tag) -> str:
    """The text of *tag* on one line."""
    return " ".join(tag.get_text().split())


def styles(tag: Tag) -> dict[str, str]:
    """The style of *tag*, name by name."""
    found: dict[str, str] = {}
    for part in str(tag.get("style", "")).split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip().lower()
    return found


def classes(tag: Tag) -> set[str]:
    """The classes of *tag* in small letters."""
    value: Any = tag.get("class") or ()
    return {str(name).lower() for name in (value.split() if isinstance(value, str) else value)}


def _parsed(html: str) -> BeautifulSoup:
    safe = nh3.clean(
        html,
        tags=_READ,
        attributes=_ATTRIBUTES,
        clean_content_tags=_SILENT,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    # Furigana are text like any other.
    return BeautifulSoup(safe, "html.parser", string_containers={})


def _every(tree: BeautifulSoup) -> list[Tag]:
    """All elements, outer ones first; what is taken out on the way has no tree any more."""
    return list(tree.find_all(True))


def _flatten(tree: BeautifulSoup) -> None:
    """No element deeper than what can be walked with recursion; the words of what is deeper stay."""
    depths: dict[int, int] = {id(tree): 0}
    deep: list[Tag] = []
    for tag in tree.find_all(True):
        depth = depths[id(tag)] = depths[id(tag.parent)] + 1
        if depth > _DEEPEST:
            deep.append(tag)
    for tag in reversed(deep):
        tag.unwrap()


def _settle_style(tag: Tag, remarks: Remarks) -> None:
    """What a style or class says of an element, as elements."""
    style, named = styles(tag), classes(tag)
    if style.get("mso-list") == "ignore" or style.get("display") == "none" or style.get("mso-hide"):
        if not tag.find("img"):
            tag["data-gone"] = "yes"
        return
    if tag.name in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6"):
        _settle_paragraph(tag, named, remarks)
    if tag.name in ("span", "font", "b", "strong", "i", "em", "u"):
        _settle_inline(tag, style)
    elif tag.name == "pre":
        _settle_code(tag, named)


def _settle_paragraph(tag: Tag, named: set[str], remarks: Remarks) -> None:
    if any(name.startswith(("msotoc", "toc")) and name[-1:].isdigit() for name in named):
        remarks.note("A table of contents was left out: the page makes none, and its numbers would be wrong")
        tag["data-gone"] = "yes"
        return
    for name, (element, kind) in _WORD_STYLES.items():
        if any(own.startswith(name) for own in named):
            if element == "blockquote":
                tag.wrap(_new(element))["data-word"] = "yes"
            else:
                tag.name, tag["class"] = element, kind


def _settle_inline(tag: Tag, style: dict[str, str]) -> None:
    weight = style.get("font-weight", "")
    if tag.name in ("b", "strong") and weight in ("normal", "400", "300"):
        tag.name = "span"
    if tag.name in ("i", "em") and style.get("font-style") == "normal":
        tag.name = "span"
    if tag.name not in ("span", "font", "u"):
        return
    raised, line = style.get("vertical-align", ""), style.get("text-decoration", "")
    line += style.get("text-decoration-line", "")
    wanted = [
        ("strong", weight in ("bold", "bolder", "600", "700", "800", "900")),
        ("em", style.get("font-style") in ("italic", "oblique")),
        ("s", "line-through" in line),
        ("sup", raised == "super"),
        ("sub", raised == "sub"),
    ]
    for name, is_wanted in wanted:
        if is_wanted:
            tag.wrap(_new(name))


def _settle_code(tag: Tag, named: set[str]) -> None:
    """The language of a listing, from the class that highlighters read."""
    inner = tag.find("code")
    for name in [*named, *(classes(inner) if inner else ())]:
        found = re.match(r"(?:language-|lang-|highlight-source-|sourcecode\s)([\w+#-]{1,30})\Z", name)
        if found:
            tag["data-language"] = found[1]


def _settle_name(tag: Tag) -> None:
    """One name for what means the same; what only holds others goes."""
    if tag.get("data-gone"):
        tag.extract()
    elif tag.name in _SAME:
        tag.name = _SAME[tag.name]
    elif tag.name in ("u", "ins", "small", "big", "label", "time", "dfn"):
        tag.name = "span"  # goes later: a footnote may be found by its name
    elif tag.name == "input":
        box = {"checkbox": "☒ " if tag.has_attr("checked") else "☐ "}.get(str(tag.get("type")), "")
        tag.replace_with(box)


def _make_lists(tree: BeautifulSoup) -> None:
    """Word's paragraphs that look like items, as lists."""
    for first in tree.find_all("p", style=_ITEM):
        if first.name == "p":  # not yet an item of the list before it
            _build([first, *_following_items(first)])


def _following_items(first: Tag) -> Iterator[Tag]:
    sibling = first.next_sibling
    while sibling is not None:
        if isinstance(sibling, Tag):
            if sibling.name != "p" or not _ITEM.search(str(sibling.get("style", ""))):
                return
            yield sibling
        elif str(sibling).strip(_WHITE):
            return
        sibling = sibling.next_sibling


def _build(items: list[Tag]) -> None:
    """*items* as lists in each other, in the place of the first."""
    open_lists: list[tuple[int, Tag]] = []
    place = _new("div")
    items[0].insert_before(place)
    for item in items:
        found = _ITEM.search(str(item["style"]))
        level = min(int(found[1]), 9) if found else 1
        sign = item.find(None, {"data-gone": "yes"})
        counted = _COUNTED.match(words(sign)) if sign else None
        kind = "ol" if counted else "ul"
        while open_lists and (
            open_lists[-1][0] > level or (open_lists[-1][0] == level and open_lists[-1][1].name != kind)
        ):
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < level:
            made = _new(kind)
            if counted and counted[1] and counted[1] != "1":
                made["start"] = counted[1]
            holder = open_lists[-1][1].find_all("li", recursive=False)[-1] if open_lists else place
            holder.append(made)
            open_lists.append((level, made))
        if sign:
            sign.extract()
        item.extract()
        item.name = "li"
        del item["style"]
        open_lists[-1][1].append(item)
    place.unwrap()


def _nest_lists(tree: BeautifulSoup) -> None:
    """A list that stands between two items belongs to the first of them, whatever wrote it so."""
    for inner in tree.find_all(["ul", "ol"]):
        if inner.parent is not None and inner.parent.name in ("ul", "ol"):
            before = inner.find_previous_sibling("li")
            if before is not None:
                before.append(inner.extract())
            elif inner.find_previous_sibling() is None and inner.find_next_sibling() is None:
                inner.parent.unwrap()  # a list that holds nothing but a list
            else:
                inner.wrap(_new("li"))


def _settle_link(anchor: Tag) -> None:
    """A link that leads somewhere; what Google and Word put around its address goes."""
    address = str(anchor.get("href", ""))
    try:
        parts = urlsplit(address)
        if parts.netloc.endswith("google.com") and parts.path == "/url":
            address = (parse_qs(parts.query).get("q") or [address])[0]
    except ValueError:
        address = ""
    if address.startswith(("http://", "https://", "mailto:")) or (
        address.startswith("/") and address[1:2] not in ("/", "\\")
    ):
        anchor["href"] = address
    else:
        anchor.unwrap()


def _settle_text(text: NavigableString) -> None:
    if any(outer.name == "pre" for outer in text.parents):
        return
    settled = _GAPS.sub(" ", _LINES.sub(" ", _UNSEEN.sub("", text)))
    if settled != text:
        text.replace_with(settled)


def _lift_blocks(tag: Tag) -> None:
    """An inline element that holds paragraphs marks none of them."""
    if (
        tag.name in ("span", "font", "center")
        or (tag.name in INLINE and any(isinstance(inner, Tag) and inner.name in BLOCKS for inner in tag.descendants))
        or (tag.name in _MARKED and any(outer.name == tag.name for outer in tag.parents))
        or (tag.name == "strong" and any(outer.name in _HEADINGS for outer in tag.parents))
    ):
        tag.unwrap()


def _join(tree: BeautifulSoup) -> None:
    """Neighbours that are marked alike are one; white space stands outside of what is marked."""
    tree.smooth()
    for tag in tree.find_all(list(_MARKED)):
        while tag.parent is not None and isinstance(after := tag.next_sibling, Tag) and after.name == tag.name:
            if tag.get("data-note") or after.get("data-note"):
                break
            for child in list(after.contents):
                tag.append(child.extract())
            after.extract()
    tree.smooth()
    for tag in reversed(tree.find_all([*_MARKED, "a"])):
        if any(outer.name == "pre" for outer in tag.parents):
            continue
        _move_white_space(tag)
    tree.smooth()


def _move_white_space(tag: Tag) -> None:
    first = tag.contents[0] if tag.contents else None
    if isinstance(first, NavigableString) and (inner := first.lstrip(_WHITE)) != first:
        tag.insert_before(first[: len(first) - len(inner)])
        first.replace_with(inner)
    last = tag.contents[-1] if tag.contents else None
    if isinstance(last, NavigableString) and (inner := last.rstrip(_WHITE)) != last:
        tag.insert_after(last[len(inner) :])
        last.replace_with(inner)


def _drop_if_empty(tag: Tag) -> None:
    if tag.name in _SEEN or tag.name == "tr" or tag.get("data-note"):
        return
    for inner in tag.descendants:
        if isinstance(inner, Tag):
            if inner.name in _SEEN or inner.get("data-note"):
                return
        elif str(inner).strip(_WHITE):
            return
    if tag.name in INLINE and tag.get_text():
        tag.unwrap()
    else:
        tag.extract()


def _straighten(tag: Tag) -> None:
    """Items without a paragraph of their own, boxes without a table, listings without elements."""
    if tag.name == "li":
        paragraphs = tag.find_all("p", recursive=False)
        others = [child for child in tag.find_all(True, recursive=False) if child.name in BLOCKS - {"p", "ul", "ol"}]
        if len(paragraphs) == 1 and not others:
            paragraphs[0].unwrap()
    elif tag.name == "table" and len(tag.find_all(["td", "th"])) == 1:
        cell = tag.find(["td", "th"])
        if isinstance(cell, Tag):
            cell.name = "div"
            tag.replace_with(cell.extract())
    elif tag.name == "pre":
        for line in tag.find_all("br"):
            line.replace_with("\n")
        tag.string = tag.get_text()
    elif tag.get("data-word"):
        _join_quotations(tag)


def _join_quotations(tag: Tag) -> None:
    """Word marks each paragraph of a quotation; together they are one."""
    before = tag.find_previous_sibling()
    if isinstance(before, Tag) and before.get("data-word") and not _words_between(before, tag):
        before.name = "div"
        tag.insert(0, before.extract())
        before.unwrap()


def _words_between(first: Tag, second: Tag) -> bool:
    sibling = first.next_sibling
    while sibling is not None and sibling is not second:
        if str(sibling).strip(_WHITE):
            return True
        sibling = sibling.next_sibling
    return False


def _split_paragraph(tag: Tag) -> None:
    """Two line breaks are the end of a paragraph; one at its edge is nothing."""
    if tag.name not in ("p", "div", "li", "td", "th", "blockquote", "dd", "figcaption", "caption"):
        return
    for edge in (0, -1):
        while tag.contents and _is_gap(tag.contents[edge]):
            tag.contents[edge].extract()
    if tag.name != "p":
        return
    for line in tag.find_all("br", recursive=False):
        after = line.next_sibling
        while isinstance(after, NavigableString) and not str(after).strip(_WHITE):
            after = after.next_sibling
        if line.parent is tag and isinstance(after, Tag) and after.name == "br":
            before = _new("p")
            for child in list(line.previous_siblings)[::-1]:
                before.append(child.extract())
            tag.insert_before(before)
            while tag.contents and _is_gap(tag.contents[0]):
                tag.contents[0].extract()


def _is_gap(node: object) -> bool:
    if isinstance(node, Tag):
        return node.name == "br"
    return isinstance(node, NavigableString) and not str(node).strip(_WHITE)


def order_headings(tree: BeautifulSoup) -> None:
    """Headings from the second level on, none left out: the title of the page is the first."""
    headings = [tag for tag in tree.find_all(_HEADINGS) if "title" not in classes(tag)]
    levels = sorted({tag.name for tag in headings})
    for tag in headings:
        tag.name = f"h{min(2 + levels.index(tag.name), 6)}"


def _new(name: str) -> Tag:
    return BeautifulSoup("", "html.parser").new_tag(name)
