"""The elements of a body, as a tree: what calls on other servers becomes a link, headings are put right."""

import html
import re
from collections import Counter
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import lxml.html
import nh3

_PLAYERS = {"iframe", "embed", "object", "video", "audio"}
# What the cleaner of posts keeps, and what is turned into something else before it comes there.
_TAGS = _PLAYERS | {
    *("a", "abbr", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dfn", "div"),
    *("dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd"),
    *("li", "mark", "ol", "p", "param", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "source"),
    *("span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u"),
    *("ul", "var"),
}
_ATTRIBUTES = {
    "*": {"lang", "dir", "id", "title", "cite", "datetime", "align"},
    "a": {"href", "hreflang"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height", "class"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    **{name: {"src", "data"} for name in _PLAYERS},
    "source": {"src"},
    "param": {"name", "value"},
}
_PARSER = lxml.html.HTMLParser(huge_tree=True)
_BOXES = {"div", "section", "span", "blockquote", "details", "figure", "ul", "ol", "li", "table"}
_URL = re.compile(r"https?://[^\s<>\"']+\Z")
_PRUNED = {"p", "div", "span", "figure", "figcaption", "a", "strong", "em", "b", "i", "u", "small", "ul", "ol", "li"}
_BLOCKS = {"div", "section", "blockquote", "li", "td", "th", "dd", "figure", "details"}
_TOP_LEVEL = _BLOCKS | {
    *("p", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "ul", "ol", "dl", "table", "figcaption", "summary"),
}
_WATCH = (
    (re.compile(r"(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]+)"), "https://www.youtube.com/watch?v={}"),
    (re.compile(r"player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/{}"),
)


def settle(text: str, address: str, counts: Counter[str]) -> str:
    """*text* as well-formed HTML that asks nothing of other servers; *address* is where relative ones start."""
    sound = nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    if "<" not in sound:
        return sound
    root = _tree(sound)
    for player in [element for element in root.iter(*_PLAYERS) if element.getparent() is not None]:
        if _is_within(player, root):
            _link_player(player, address, counts)
    for picture in list(root.iter("img")):
        _link_picture(picture, address, counts)
    for link in root.iter("a"):
        _anchor(link, address)
    _link_addresses(root)
    _lower_headings(root)
    _tidy(root)
    _gather_loose(root)
    return (html.escape(root.text or "", quote=False) + "".join(_written(child) for child in root)).strip()


def _tree(sound: str) -> lxml.html.HtmlElement:
    """*sound* as a tree. The parser gives up on absurd depth without a word: then the boxes go and the text stays."""
    words = html.unescape(nh3.clean(sound, tags=set())).split()
    for tags in (_TAGS, _TAGS - _BOXES, {"p", "br"}):
        text = sound if tags is _TAGS else nh3.clean(sound, tags=tags)
        root = lxml.html.fragment_fromstring(text, create_parent="div", parser=_PARSER)
        if "".join("".join(root.itertext()).split()) == "".join(words):
            return root
    raise ValueError("the markup cannot be read")


def label_of(address: str) -> str:
    """How a link to *address* reads where nobody gave it words: the name of the file, else the address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    name = unquote(parts.path.rpartition("/")[2])
    if "." in name and not parts.query:
        return name
    return f"{parts.netloc}{unquote(parts.path)}{'?' + parts.query if parts.query else ''}".rstrip("/") or address


def _written(element: lxml.html.HtmlElement) -> str:
    written: str = lxml.html.tostring(element, encoding="unicode")
    return written


def _is_within(element: lxml.html.HtmlElement, root: lxml.html.HtmlElement) -> bool:
    """Whether it is still part of the tree: a player inside of another went with it."""
    return any(ancestor is root for ancestor in element.iterancestors())


def _link_player(player: lxml.html.HtmlElement, address: str, counts: Counter[str]) -> None:
    links = _sources(player, address)
    counts["player or frame that became a link"] += bool(links)
    for void in list(player.iter("source", "param")):  # the parser takes these for containers
        void.drop_tag()
    wrapper = _new("span")
    wrapper.text = player.text or ""
    for child in list(player):
        if child.tag not in _PLAYERS:
            wrapper.append(child)
        elif child.tail and child.tail.strip():
            _add_text(wrapper, child.tail)
    held = {link.get("href") for link in wrapper.iter("a")}
    is_linked = any(ancestor.tag == "a" for ancestor in player.iterancestors())
    for target in (link for link in links if link not in held):
        if len(wrapper) or (wrapper.text or "").strip():
            _add_text(wrapper, " ")
        words = player.get("title") or label_of(target)
        if is_linked:
            _add_text(wrapper, words)
        else:
            link = _new("a", target)
            link.text = words
            wrapper.append(link)
    parent = player.getparent()
    if parent is not None and parent.tag in _BLOCKS - {"figure"}:
        wrapper.tag = "p"
    else:
        _part_words(player)
    _replace(player, wrapper)


def _sources(player: lxml.html.HtmlElement, address: str) -> list[str]:
    """Where a player finds what it plays, each once: its own attributes, those of its sources and parameters."""
    named = [player.get("src"), player.get("data")]
    named += [inner.get("src") for inner in player.iter("source", "embed", "iframe", "video", "audio")]
    named += [
        param.get("value") for param in player.iter("param") if (param.get("name") or "").lower() in ("movie", "src")
    ]
    found = dict.fromkeys(_watchable(_joined(address, source)) for source in named if source)
    return [target for target in found if target.startswith(("http://", "https://", "/"))]


def _joined(address: str, source: str) -> str:
    """*source* as a whole address; one that cannot be understood stays as it is written."""
    try:
        return urljoin(address, source.strip())
    except ValueError:
        return source.strip()


def _watchable(address: str) -> str:
    for pattern, target in _WATCH:
        if found := pattern.search(address):
            return target.format(found[1])
    return address


def _link_picture(picture: lxml.html.HtmlElement, address: str, counts: Counter[str]) -> None:
    source = (picture.get("src") or "").strip()
    names = set((picture.get("class") or "").split())
    picture.attrib.pop("class", None)
    alt = " ".join((picture.get("alt") or "").split())
    if source.startswith("/") and not source.startswith("//"):
        return
    if names & {"wp-smiley", "emoji"} or (picture.get("width") == "1" and picture.get("height") == "1"):
        if not names & {"wp-smiley", "emoji"}:
            counts["invisible picture (1 × 1) left out"] += 1
        new = _new("span")
        new.text = alt
        _replace(picture, new)
        return
    target = _joined(address, source) if source else ""
    if not target.startswith(("http://", "https://")):
        target = ""
    words = alt or " ".join((picture.get("title") or "").split()) or (label_of(target) if target else "")
    counts["picture that became a link"] += 1
    if target and not any(ancestor.tag == "a" for ancestor in picture.iterancestors()):
        new = _new("a", target)
        if title := picture.get("title"):
            new.set("title", title)
    else:
        new = _new("span")
    new.text = words
    _part_words(picture)
    _replace(picture, new)


def _part_words(element: lxml.html.HtmlElement) -> None:
    """Keep the words that take a picture's place apart from those beside it."""
    before = element.getprevious()
    parent = element.getparent()
    if before is not None:
        if not (before.tail or "")[-1:].isspace():
            before.tail = (before.tail or "") + " "
    elif parent is not None and parent.text and not parent.text[-1:].isspace():
        parent.text += " "
    if element.tail and not element.tail[0].isspace() and element.tail[0].isalnum():
        element.tail = " " + element.tail


def _anchor(link: lxml.html.HtmlElement, address: str) -> None:
    """A link that was relative to the page it stood on holds wherever the text is shown."""
    target = (link.get("href") or "").strip()
    if target and not re.match(r"[/#?]|[a-z][a-z0-9+.-]*:", target, re.I) and address:
        parts = urlsplit(_joined(address, target))
        link.set("href", urlunsplit(("", "", parts.path, parts.query, parts.fragment)))


def _link_addresses(root: lxml.html.HtmlElement) -> None:
    """An address that stands alone in its line was a player or a preview: it becomes a link."""
    for element in list(root.iter()):
        if element.tag in ("a", "pre", "code") or any(a.tag in ("a", "pre", "code") for a in element.iterancestors()):
            continue
        if element.text and _URL.match(element.text.strip()):
            link = _new("a", href=element.text.strip())
            link.text, element.text = element.text.strip(), None
            element.insert(0, link)
        for child in list(element):
            if child.tail and _URL.match(child.tail.strip()) and (child.tag == "br" or child.tail[0].isspace()):
                link = _new("a", href=child.tail.strip())
                link.text, child.tail = child.tail.strip(), None
                child.addnext(link)


def _lower_headings(root: lxml.html.HtmlElement) -> None:
    """The title is the page's first heading: where the text uses that level too, all of it goes one down."""
    if next(root.iter("h1"), None) is None:
        return
    for heading in list(root.iter("h1", "h2", "h3", "h4", "h5")):
        heading.tag = f"h{int(str(heading.tag)[1]) + 1}"


def _tidy(root: lxml.html.HtmlElement) -> None:
    """Take away what shows nothing, and spans that say nothing."""
    for element in reversed(list(root.iter())):
        if element is root:
            continue
        if element.tag == "span" and not element.attrib:
            element.drop_tag()
            continue
        if element.tag == "p":
            element.text = (element.text or "").lstrip()
            if not len(element):
                element.text = element.text.rstrip()
            else:
                element[-1].tail = (element[-1].tail or "").rstrip()
        is_empty = not len(element) and not (element.text or "").replace("\xa0", " ").strip()
        if is_empty and element.tag in _PRUNED and element.get("id") is None:
            _replace(element, None)
            continue
        after = element.getnext()
        if element.tag == "a" and not element.tail and after is not None and after.tag == "a":
            element.tail = " "


def _gather_loose(root: lxml.html.HtmlElement) -> None:
    """Give a paragraph to words that stand beside blocks without one."""
    text, root.text = root.text, None
    run: list[lxml.html.HtmlElement] = []
    for child in list(root):
        if child.tag not in _TOP_LEVEL:
            run.append(child)
            continue
        tail, child.tail = child.tail, "\n"
        _wrap(root, text, run, before=child)
        text, run = tail, []
    _wrap(root, text, run)


def _wrap(
    root: lxml.html.HtmlElement,
    text: str | None,
    run: list[lxml.html.HtmlElement],
    before: lxml.html.HtmlElement | None = None,
) -> None:
    while run and run[0].tag == "br" and not (text or "").strip():
        text = (text or "") + (run[0].tail or "")
        root.remove(run.pop(0))
    if not run and not (text or "").strip():
        return
    paragraph = _new("p")
    paragraph.text = (text or "").lstrip()
    paragraph.extend(run)
    paragraph.tail = "\n"
    if before is None:
        root.append(paragraph)
    else:
        before.addprevious(paragraph)


def _text_before(parent: lxml.html.HtmlElement, at: int, text: str) -> None:
    """Add *text* in front of the child at this position."""
    if not text:
        return
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _new(tag: str, href: str = "") -> lxml.html.HtmlElement:
    return lxml.html.Element(tag, {"href": href} if href else None)


def _add_text(element: lxml.html.HtmlElement, text: str) -> None:
    _text_before(element, len(element), text)


def _replace(old: lxml.html.HtmlElement, new: lxml.html.HtmlElement | None) -> None:
    """Put *new* where *old* is; the text after *old* stays."""
    parent = old.getparent()
    if parent is None:
        return
    at, tail = parent.index(old), old.tail
    old.tail = None
    parent.remove(old)
    if new is None:
        _text_before(parent, at, tail or "")
        return
    new.tail = tail
    parent.insert(at, new)
