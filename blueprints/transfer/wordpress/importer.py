"""The import: surveys all files, then writes them in one transaction, item by item. Nothing is half done.

Several files are one set. An item is recognised by the address of its site and its number there, so that a second
run finds everything in its place; what is here is left as it is, and only what is new below it is added.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from blueprints.comments.models import Comment
from blueprints.core import audit, generations, markdown, site
from blueprints.core.db import backend, db, now, writing
from blueprints.posts.bylines import Byline
from blueprints.posts.models import DRAFT, HTML, PAGE, POST, PUBLISHED, Post
from blueprints.posts.queries import free_slug
from blueprints.posts.tags import tagging
from blueprints.transfer import welcome
from blueprints.transfer.report import Report
from blueprints.transfer.wordpress import markup
from blueprints.transfer.wordpress.addresses import Addresses, number_of, path_of, siblings
from blueprints.transfer.wordpress.fitting import fit
from blueprints.transfer.wordpress.people import People
from blueprints.transfer.wordpress.replies import Replies
from blueprints.transfer.wordpress.survey import Survey, survey
from blueprints.transfer.wordpress.terms import Terms
from blueprints.transfer.wordpress.text import plain, slug_of
from blueprints.transfer.wordpress.wxr import Item, Term

_KINDS = {"post": ("posts", POST), "page": ("pages", PAGE)}
_NOT_TAKEN = {
    "attachment": "the file itself is not in the export",
    "nav_menu_item": "menus have no counterpart here",
    "revision": "only the last version is taken",
    "wp_block": "reusable blocks are put into the posts that use them",
}
_STATES_LEFT_OUT = {"trash": "was in the trash", "auto-draft": "was never saved", "inherit": "is part of another item"}

# What a feed can go on calling a post by.
_GUID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}:[^\s<>\"{}|\\^`\[\]]{1,450}")


class _UndoError(Exception):
    """Leave the transaction without a trace: it was a dry run."""


def run(paths: Sequence[Path], *, dry_run: bool, progress: Callable[[int], None] = lambda _size: None) -> Report:
    """Import the files as one set and say what happened; raises BrokenFileError before anything is written.

    *progress* hears of the bytes that were read: each file's size twice.
    """
    zone = site.zone()
    surveys = [survey(path, zone, progress) for path in paths]
    report = Report()
    try:
        with writing():
            with audit.as_one():
                _Import(surveys, report).write(progress)
            if any(tally.imported for tally in report.tallies.values()):
                audit.say("imported", "export", label=", ".join(path.name for path in paths)[:300])
            if dry_run:
                raise _UndoError
    except _UndoError:
        pass
    return report


class _Import:
    """One run of the second pass."""

    def __init__(self, surveys: list[Survey], report: Report) -> None:
        self.surveys = surveys
        self.report = report
        self.addresses = Addresses(report)
        self.terms = Terms(report)
        self.seen: dict[tuple[str, str], str] = {}
        self.people: dict[str, People] = {}

    def write(self, progress: Callable[[int], None]) -> None:
        """Everything, inside the transaction that the caller has begun."""
        if any(found.posts for found in self.surveys) and welcome.is_all_there_is() and welcome.discard():
            self.report.count("welcome post removed, the site has posts of its own now")
        for kind in ("posts", "pages", "comments", "authors", "categories", "tags"):
            self.report.of(kind)
        self.replies = Replies(self.report, max((found.highest_comment for found in self.surveys), default=0))
        for found in self.surveys:
            people = self.people.setdefault(found.site, People(found.site, self.report))
            for author in found.authors:
                people.add_author(author)
        for found in self.surveys:
            for guest in found.guests.values():
                self.people[found.site].add_guest(guest)
        for found in self.surveys:
            self._write_file(found, progress)
        self.addresses.settle()
        backend().settle_sequence(db.session.connection(), Comment.__tablename__)

    def _write_file(self, found: Survey, progress: Callable[[int], None]) -> None:
        for record in found.export.records(progress):
            if isinstance(record, Term):
                self.terms.add(record)
            elif isinstance(record, Item):
                self._write_item(record, found)
                db.session.flush()
                db.session.expunge_all()
        for what, number in found.export.stream.repairs.items():
            self.report.count(f"repaired in {found.export.path.name}: {what}", number)

    def _write_item(self, item: Item, found: Survey) -> None:
        if item.type == "guest-author":
            self.replies.leave_out_all(item.replies, "the item that they belong to was left out")
            return
        kind = _KINDS[item.type][0] if item.type in _KINDS else item.type
        if reason := _reason_to_leave_out(item):
            self.report.leave_out(kind, item.label(), reason)
            self.replies.leave_out_all(item.replies, "the item that they belong to was left out")
            return
        source_id = self._source_id(item, found.site)
        post = db.session.scalar(select(Post).where(Post.source == found.site, Post.source_id == source_id))
        people = self.people[found.site]
        # What other items share is made outside of the savepoint: it stays even if this item fails.
        byline, tags = ([], []) if post else (people.byline(item), self.terms.of(item))
        is_new = post is None
        mark = self.report.mark()
        try:
            with db.session.begin_nested():
                post = post or self._add(item, found, source_id, byline, tags)
                self.replies.add(
                    item.replies, post, site=found.site, clock=found.clock, people=people, which=item.label()
                )
        except OperationalError:
            raise  # the database itself cannot go on
        except Exception as error:  # one bad record must not take the others with it
            self.report.back_to(mark)
            reason = f"cannot be stored: {type(error).__name__}: {str(error)[:200].partition(chr(10))[0]}"
            self.report.leave_out(kind, item.label(), reason)
            self.replies.leave_out_all(item.replies, "the item that they belong to was left out")
            return
        (self.report.take if is_new else self.report.know)(kind)
        if is_new:
            self._add_former_addresses(post, item, item.label())

    def _source_id(self, item: Item, site: str) -> str:
        """The number of *item*; where another item has that number too, or it has none, a mark of its own besides."""
        mark = hashlib.sha256(
            "\n".join((item.type, item.title, item["post_date"], item.link, item.guid)).encode()
        ).hexdigest()[:16]
        number = fit(item["post_id"], 200, self.report, "number of an item shortened")
        if not number or number == "0":
            return mark
        first = self.seen.setdefault((site, number), mark)
        return number if first == mark else f"{number}-{mark}"

    def _add(self, item: Item, found: Survey, source_id: str, byline: list[int], tags: list[int]) -> Post:
        which = item.label()
        slug = self._slug(item, which)
        post = Post(
            kind=_KINDS[item.type][1],
            slug=slug,
            title=plain(item.title),
            standfirst=markdown.plain_text(markup.excerpt(item.excerpt)),
            comments_open=item["comment_status"] != "closed",
            guid=item.guid if _GUID.fullmatch(item.guid) else None,
            source=found.site,
            source_id=source_id,
        )
        self._date(post, item, found, which)
        post.path = self.addresses.claim(path_of(item.link), slug, which)
        around = markup.Surroundings(
            address=item.link,
            post_id=item["post_id"],
            footnotes=item.meta_value("footnotes"),
            attachments=found.attachments,
            reusable=found.reusable,
        )
        body = markup.convert(item.body, around)
        post.write(body.html, HTML)
        for what, number in body.counts.items():
            if number:
                self.report.count(what, number)
        db.session.add(post)
        db.session.flush()
        generations.touch(generations.EVERYTHING)
        if byline:
            rows = [
                {"post_id": post.id, "person_id": person, "position": position}
                for position, person in enumerate(byline)
            ]
            db.session.execute(insert(Byline), rows)
        if tags:
            db.session.execute(insert(tagging), [{"post_id": post.id, "tag_id": tag} for tag in tags])
        if item.meta_value("_thumbnail_id"):
            self.report.count("featured picture left out, it is not in the export")
        if item["is_sticky"] == "1":
            self.report.note("was kept on top of the front page, here it stands by its date", which)
        return post

    def _slug(self, item: Item, which: str) -> str:
        wanted = slug_of(item["post_name"], fallback=plain(item.title)) or f"post-{item['post_id']}".rstrip("-")
        stem = fit(wanted, 180, self.report, "slug shortened to 180 characters")
        slug = free_slug(stem)
        if slug != stem:
            self.report.note(f"slug “{stem}” is taken, “{slug}” is used", which)
        return slug

    def _date(self, post: Post, item: Item, found: Survey, which: str) -> None:
        """State and dates; what was not open to everybody becomes a draft without a date of publication."""
        status, day = item["status"], item.pub_date
        moment = found.clock.moment(item["post_date_gmt"], item["post_date"], day)
        post.created_at = moment or _exported(found) or now()
        post.updated_at = found.clock.moment(item["post_modified_gmt"], item["post_modified"])
        if item["post_password"]:
            self.report.note("was protected by a password, is a draft now", which)
        elif status == "private":
            self.report.note("was private, is a draft now", which)
        elif status in ("publish", "future"):
            if moment is None:
                self.report.note("has no date, dated with the day of the export", which)
            post.state, post.published_at = PUBLISHED, post.created_at
            return
        elif status not in ("draft", "pending"):
            self.report.note(
                f"has the status “{status}”, is a draft now" if status else "has no status, is a draft now", which
            )
        post.state = DRAFT

    def _add_former_addresses(self, post: Post, item: Item, which: str) -> None:
        former = [f"?p={number}" for number in (item["post_id"], number_of(item.link)) if number.isdecimal()]
        old_slugs = [slug_of(value) for key, value in item.meta if key == "_wp_old_slug"]
        old_dates = [value.strip() for key, value in item.meta if key == "_wp_old_date"]
        old_slugs = [slug for slug in dict.fromkeys(old_slugs) if slug and slug != post.slug]
        path = path_of(item.link)
        own = slug_of(item["post_name"])
        if path is not None:
            former += siblings(path, own, old_slugs, old_dates)
        # A slug that had to change is where readers will look for it after all.
        former += [f"/posts/{slug}" for slug in old_slugs]
        self.addresses.add_former(post.id, which, *former)


def _reason_to_leave_out(item: Item) -> str | None:
    if item.type not in _KINDS:
        return _NOT_TAKEN.get(item.type, "this type has no counterpart here")
    return _STATES_LEFT_OUT.get(item["status"])


def _exported(found: Survey) -> datetime | None:
    return found.clock.moment("", "", found.exported_on)
