"""The first pass: a file is read to its end before anything is written, and what is small and needed early is kept."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from blueprints.transfer.wordpress.dates import Clock
from blueprints.transfer.wordpress.text import plain, site_of
from blueprints.transfer.wordpress.wxr import Author, Export, Header, Item
from blueprints.transfer.xmlstream import BrokenFileError, StartAgainError

# A larger number is no comment's: it would use up the numbers that the database can still give.
HIGHEST_ID = 10**12
_VERSION = re.compile(r"\d+\.\d+\Z")


@dataclass(slots=True)
class Guest:
    """A guest author of Co-Authors Plus: a byline without an account."""

    key: str
    name: str
    email: str
    website: str
    bio: str
    linked_login: str


@dataclass(slots=True)
class Attachment:
    """A file of the media library, as far as a gallery needs it."""

    url: str
    title: str
    parent: str


@dataclass
class Survey:
    """What the second pass must know of one file before it begins."""

    export: Export
    clock: Clock
    version: str = ""
    site: str = ""
    exported_on: str = ""
    posts: int = 0
    authors: list[Author] = field(default_factory=list)
    guests: dict[str, Guest] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    reusable: dict[str, str] = field(default_factory=dict)
    highest_comment: int = 0


def survey(path: Path, zone: tzinfo, progress: Callable[[int], None]) -> Survey:
    """Read *path* to its end; raises BrokenFileError where it is no WXR or cannot be read whole.

    A version that does not look like "1.2" is refused, as WordPress does. A file that names none is taken if it
    holds an item with WordPress's own elements: other tools and hand-made excerpts leave the version out, and
    nothing in the format depends on it. With neither, there is nothing to tell it from any other feed.
    """
    export = Export(path)
    while True:
        try:
            return _read(export, zone, progress)
        except StartAgainError:
            continue


def _read(export: Export, zone: tzinfo, progress: Callable[[int], None]) -> Survey:
    found = Survey(export, Clock(zone))
    headers: dict[str, str] = {}
    is_wordpress = False
    from_items = ""
    for record in export.records(progress):
        if isinstance(record, Header):
            headers.setdefault(record.name, record.value)
            if record.name == "wxr_version" and not _VERSION.match(record.value):
                reason = f"its WXR version reads {record.value!r}, not like '1.2'"
                raise BrokenFileError(export.path, reason, record.line)
        elif isinstance(record, Author):
            found.authors.append(record)
        elif isinstance(record, Item):
            is_wordpress = is_wordpress or record.is_from_wordpress
            from_items = from_items or _root_of(record.link) or _root_of(record.guid)
            _note_item(found, record)
    found.version = headers.get("wxr_version", "")
    found.exported_on = headers.get("pubDate", "")
    if not found.version and not is_wordpress:
        raise BrokenFileError(export.path, "it names no WXR version and holds no item of WordPress")
    named = (headers.get(name, "") for name in ("base_blog_url", "link", "base_site_url"))
    found.site = _first(map(site_of, named)) or from_items or "wordpress"
    if len(found.site) > 255:
        raise BrokenFileError(export.path, "the address of its site is longer than 255 characters")
    return found


def _note_item(found: Survey, item: Item) -> None:
    found.clock.learn(item["post_date"], item["post_date_gmt"])
    for reply in item.replies:
        found.clock.learn(reply.date, reply.date_gmt)
        if reply.id.isdecimal() and int(reply.id) <= HIGHEST_ID:
            found.highest_comment = max(found.highest_comment, int(reply.id))
    if item.type in ("post", "page"):
        found.posts += 1
    elif item.type == "guest-author":
        guest = _guest(item)
        found.guests[guest.key] = guest
    elif item.type == "attachment" and item["attachment_url"]:
        title = plain(item.title)
        found.attachments[item["post_id"]] = Attachment(item["attachment_url"], title, item["post_parent"])
    elif item.type == "wp_block":
        found.reusable[item["post_id"]] = item.body


def _guest(item: Item) -> Guest:
    login = item.meta_value("cap-user_login").strip() or item["post_name"].removeprefix("cap-")
    names = (item.meta_value("cap-first_name").strip(), item.meta_value("cap-last_name").strip())
    shown = item.meta_value("cap-display_name").strip() or item.title or " ".join(filter(None, names))
    return Guest(
        key=login or item["post_id"],
        name=plain(shown) or login,
        email=item.meta_value("cap-user_email").strip(),
        website=item.meta_value("cap-website").strip(),
        bio=item.meta_value("cap-description").strip(),
        linked_login=item.meta_value("cap-linked_account").strip(),
    )


def _root_of(url: str) -> str:
    site = site_of(url)
    return "/".join(site.split("/")[:3])


def _first(values: Iterable[str]) -> str:
    return next(filter(None, values), "")
