"""The records of a WXR file: RSS 2.0 with WordPress's own elements, of whatever version and spelling of the namespace.

Written after wp-admin/includes/export.php. Here nothing is judged or converted; values are the stripped text of
the elements, bodies the unstripped one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from blueprints.transfer.xmlstream import XMLStream

_WORDPRESS = re.compile(r"https?://(?:www\.)?wordpress\.org/export/[\d.]+/(excerpt/)?\Z")
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_TAGS = tuple(
    "{*}" + name
    for name in (
        *("item", "comment", "author", "category", "tag", "term"),
        *("wxr_version", "base_blog_url", "base_site_url", "link", "pubDate"),
    )
)


@dataclass(slots=True)
class Header:
    """One line of the channel: `wxr_version`, `base_blog_url`, `base_site_url`, `link` or `pubDate`."""

    name: str
    value: str
    line: int = 0


@dataclass(slots=True)
class Author:
    """Somebody with an account on the exported site."""

    id: str
    login: str
    email: str
    name: str


@dataclass(slots=True)
class Term:
    """A category, tag or term of another taxonomy, as the channel declares it; *kind* is the element's name."""

    kind: str
    taxonomy: str
    slug: str
    name: str
    description: str


@dataclass(slots=True)
class Label:
    """A term that an item carries."""

    taxonomy: str
    slug: str
    name: str


@dataclass(slots=True)
class Reply:
    """A comment, ping or note below an item."""

    id: str
    parent: str
    name: str
    email: str
    url: str
    address: str
    date: str
    date_gmt: str
    approved: str
    type: str
    user_id: str
    content: str


@dataclass(slots=True)
class Item:
    """A post, page, attachment, menu entry, guest author: everything that WordPress keeps as a post."""

    fields: dict[str, str]
    title: str
    link: str
    pub_date: str
    creator: str
    guid: str
    body: str
    excerpt: str
    labels: list[Label]
    meta: list[tuple[str, str]]
    replies: list[Reply] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def type(self) -> str:
        """The post type; WordPress's own default where the file names none."""
        return self["post_type"] or "post"

    @property
    def is_from_wordpress(self) -> bool:
        """Whether it says anything that an ordinary feed does not say."""
        return bool(self.fields or self.replies)

    def meta_value(self, key: str) -> str:
        """The first value under *key*, or ""."""
        return next((value for name, value in self.meta if name == key), "")

    def label(self) -> str:
        """How the report names it."""
        title = self.title if len(self.title) <= 40 else self.title[:39] + "…"
        return f"{self['post_id'] or 'without number'} “{title or self['post_name'] or self.link}”"


class Export:
    """One export file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream = XMLStream(path, needed=frozenset({"wp", "content", "excerpt", "dc"}))

    def records(self, progress: Callable[[int], None]) -> Iterator[Header | Author | Term | Item]:
        """What the file holds, in its order; each record is forgotten when the next is asked for."""
        replies: list[Reply] = []
        for element in self.stream.elements(_TAGS, progress):
            space, name = _name(element)
            parent = element.getparent()
            if name == "comment" and space == "wp":
                if parent is not None and _name(parent)[1] == "item":
                    replies.append(_reply(element))
                    _forget(element, keep_parent=True)
                continue
            if parent is None or _name(parent) not in (("", "channel"), ("", "rss")):
                continue
            if name == "item" and not space:
                item = _item(element)
                item.replies, replies = replies, []
                yield item
            elif record := _channel_record(element, space, name):
                yield record
            _forget(element)


def _channel_record(element: etree._Element, space: str, name: str) -> Header | Author | Term | None:
    if space == "" and name in ("link", "pubDate"):
        return Header(name, _text(element).strip())
    if space != "wp":
        return None
    if name in ("wxr_version", "base_blog_url", "base_site_url"):
        return Header(name, _text(element).strip(), int(element.sourceline or 0))
    fields = _fields(element)
    if name == "author":
        full_name = f"{fields.get('author_first_name', '')} {fields.get('author_last_name', '')}".strip()
        login = fields.get("author_login", "")
        shown = fields.get("author_display_name", "") or full_name
        return Author(fields.get("author_id", ""), login, fields.get("author_email", ""), shown or login)
    if name == "category":
        return _term(fields, name, "category", "category_nicename", "cat_name", "category_description")
    if name == "tag":
        return _term(fields, name, "post_tag", "tag_slug", "tag_name", "tag_description")
    if name == "term":
        taxonomy = fields.get("term_taxonomy", "")
        return _term(fields, name, taxonomy, "term_slug", "term_name", "term_description")
    return None


def _term(fields: dict[str, str], kind: str, taxonomy: str, slug: str, name: str, description: str) -> Term:
    return Term(kind, taxonomy, fields.get(slug, ""), fields.get(name, ""), fields.get(description, ""))


def _item(element: etree._Element) -> Item:
    item = Item({}, "", "", "", "", "", "", "", [], [])
    for child in element:
        space, name = _name(child)
        if space == "wp" and name == "postmeta":
            meta = _fields(child, strip=False)
            item.meta.append((meta.get("meta_key", "").strip(), meta.get("meta_value", "")))
        elif space == "wp" and name != "comment":
            item.fields.setdefault(name, _text(child).strip())
        elif space == "content" and name == "encoded":
            item.body = item.body or _text(child)
        elif space == "excerpt" and name == "encoded":
            item.excerpt = item.excerpt or _text(child)
        elif space == "dc" and name == "creator":
            item.creator = item.creator or _text(child).strip()
        elif space == "" and name == "category":
            item.labels.append(Label(child.get("domain", ""), child.get("nicename", ""), _text(child).strip()))
        elif space == "":
            _plain_field(item, name, _text(child).strip())
    return item


def _plain_field(item: Item, name: str, value: str) -> None:
    if name == "title":
        item.title = item.title or value
    elif name == "link":
        item.link = item.link or value
    elif name == "pubDate":
        item.pub_date = item.pub_date or value
    elif name == "guid":
        item.guid = item.guid or value


def _reply(element: etree._Element) -> Reply:
    fields = _fields(element)
    return Reply(
        id=fields.get("comment_id", ""),
        parent=fields.get("comment_parent", ""),
        name=fields.get("comment_author", ""),
        email=fields.get("comment_author_email", ""),
        url=fields.get("comment_author_url", ""),
        address=fields.get("comment_author_IP", ""),
        date=fields.get("comment_date", ""),
        date_gmt=fields.get("comment_date_gmt", ""),
        approved=fields.get("comment_approved", ""),
        type=fields.get("comment_type", ""),
        user_id=fields.get("comment_user_id", ""),
        content=fields.get("comment_content", ""),
    )


def _fields(element: etree._Element, *, strip: bool = True) -> dict[str, str]:
    """The text of the WordPress elements right below *element*; of two of one name the first."""
    fields: dict[str, str] = {}
    for child in element:
        space, name = _name(child)
        if space == "wp":
            text = _text(child)
            fields.setdefault(name, text.strip() if strip else text)
    return fields


def _text(element: etree._Element) -> str:
    return "".join(element.itertext())


_names: dict[str, tuple[str, str]] = {}


def _name(element: etree._Element) -> tuple[str, str]:
    """(space, local name); the space is "wp", "excerpt", "content", "dc", "" for plain RSS, "?" for any other."""
    tag = str(element.tag)
    if tag not in _names:
        space, _, name = tag.rpartition("}")
        space = space.lstrip("{")
        found = _WORDPRESS.match(space)
        if found:
            short = "excerpt" if found[1] else "wp"
        else:
            short = {"": "", _CONTENT: "content", _DUBLIN_CORE: "dc"}.get(space, "?")
        if len(_names) > 10_000:
            _names.clear()
        _names[tag] = (short, name)
    return _names[tag]


def _forget(element: etree._Element, *, keep_parent: bool = False) -> None:
    """Give back the memory of a finished element and of its like before it."""
    parent = element.getparent()
    element.clear(keep_tail=False)
    if parent is None:
        return
    while (before := element.getprevious()) is not None:
        if keep_parent and before.tag != element.tag:
            break
        parent.remove(before)
