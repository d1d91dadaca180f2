"""Entries: what a feed says of a post or a comment, and of itself; the same for Atom (RFC 4287) and JSON Feed 1.1.

An id is made from the site's own UUID and the number of what it names. It stays when the address changes, or the site
moves to another host or database: a reader's program shows nothing twice. A post that came from elsewhere keeps the id
that it had there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID, uuid5

from markupsafe import escape

from blueprints.comments.addresses import comment_url
from blueprints.comments.passages import with_passage
from blueprints.core import markdown
from blueprints.core.site import Site
from blueprints.feeds.addresses import comments_feed_url
from blueprints.feeds.queries import Said
from blueprints.posts.addresses import author_url, post_url
from blueprints.posts.models import Post

LONG = 4000
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SITE_YET = UUID(int=0)
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


class Writer(NamedTuple):
    """Who wrote an entry, and where more of them is to be found."""

    name: str
    url: str = ""


class Label(NamedTuple):
    """A tag of an entry."""

    term: str
    name: str


class Answered(NamedTuple):
    """What an entry answers: its id and its page."""

    id: str
    url: str


class Entry(NamedTuple):
    """One post or comment; *page* is where the links in its HTML begin, *replies* the feed of what answers it,
    *language* that of the text, where it is not the site's.
    """

    id: str
    title: str
    url: str
    page: str
    html: str
    published: datetime
    updated: datetime
    writers: tuple[Writer, ...]
    summary: str = ""
    labels: tuple[Label, ...] = ()
    replies: str = ""
    answers: Answered | None = None
    language: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be kept as it was drawn."""
        return len(self.html) > LONG


@dataclass(frozen=True)
class Feed:
    """A list of entries with a name; *url* is its own address, *page* that of what it follows."""

    id: str
    title: str
    url: str
    page: str
    entries: list[Entry] = field(default_factory=list)
    subtitle: str = ""

    @property
    def updated(self) -> datetime:
        """When the last of its entries changed."""
        return max((entry.updated for entry in self.entries), default=NOTHING_YET)


def name_of(site: Site, what: str) -> str:
    """The id of *what* ("post:12", "feed") is on this site, for ever (RFC 9562, version 5)."""
    return _name(site.uuid, what)


@lru_cache(maxsize=2000)
def _name(site: str | None, what: str) -> str:
    return f"urn:uuid:{uuid5(UUID(site) if site else _NO_SITE_YET, what)}"


def of_posts(posts: Iterable[Post], site: Site, root: str) -> list[Entry]:
    """The entries of *posts*; *root* is the start of absolute addresses, or nothing."""
    entries: dict[str, Entry] = {}
    for post in posts:
        entry = _of_post(post, site, root)
        if entry.id in entries:  # two sites were imported, one a copy of the other
            entry = entry._replace(id=name_of(site, f"post:{post.id}"))
        entries[entry.id] = entry
    return list(entries.values())


def _of_post(post: Post, site: Site, root: str) -> Entry:
    url = root + post_url(post)
    published = post.published_at or NOTHING_YET
    said = [f"Corrected on {each.made_at.day} {each.made_at:%B %Y}: {each.text}" for each in post.corrections]
    said += [f"{label}: {text}" for label, text in post.declarations]
    notes = "".join(f"<p><small>{escape(text)}</small></p>" for text in [*said, *post.disclaimers(site)])
    return Entry(
        id=_id_of(post, site),
        title=post.heading,
        url=url,
        page=url,
        html=markdown.with_whole_addresses(post.body_html, root, url) + notes,
        published=published,
        updated=max(published, post.updated_at or published),
        writers=tuple(Writer(person.name, root + author_url(person)) for person in post.authors),
        summary=post.standfirst,
        labels=tuple(Label(tag.slug, tag.name) for tag in post.tags),
        replies=root + comments_feed_url(post) if post.comments_open or post.comment_count else "",
        language=post.language,
    )


def of_comments(found: Iterable[tuple[Said, Post]], site: Site, root: str, *, names_post: bool) -> list[Entry]:
    """The entries of comments; where they are of several posts each *names* its own."""
    return [_of_comment(said, post, site, root, names_post=names_post) for said, post in found]


def _of_comment(comment: Said, post: Post, site: Site, root: str, *, names_post: bool) -> Entry:
    page, name = root + post_url(post), comment.name or "Anonymous"
    if comment.parent_id:
        answers = Answered(name_of(site, f"comment:{comment.parent_id}"), root + comment_url(comment.parent_id))
    else:
        answers = Answered(_id_of(post, site), page)
    return Entry(
        id=name_of(site, f"comment:{comment.id}"),
        title=f"Comment {comment.number}" + (f" on {post.heading}" if names_post else "") + f" by {name}",
        url=root + comment_url(comment.id),
        page=page,
        html=markdown.with_whole_addresses(with_passage(comment), root, page),
        published=comment.published_at,
        updated=max(comment.published_at, comment.edited_at or comment.published_at),
        writers=(Writer(name, comment.url if _WEB_ADDRESS.fullmatch(comment.url) else ""),),
        answers=answers,
    )


def _id_of(post: Post, site: Site) -> str:
    return post.guid or name_of(site, f"post:{post.id}")


def rfc3339(moment: datetime) -> str:
    """*moment* as both formats write it: "2026-11-09T14:05:00Z"."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
