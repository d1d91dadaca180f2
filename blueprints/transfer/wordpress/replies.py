"""Comments, pings and notes of one item: which come in, what they say, and how they are stored."""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from blueprints.comments import queries
from blueprints.comments.models import APPROVED, COMMENT, HTML, MENTION, PENDING, SPAM, TRASH, Comment, settle
from blueprints.core import limits
from blueprints.core.db import db, now
from blueprints.posts.models import Post
from blueprints.transfer.report import Report
from blueprints.transfer.wordpress import paragraphs, spans
from blueprints.transfer.wordpress.dates import Clock
from blueprints.transfer.wordpress.fitting import fit
from blueprints.transfer.wordpress.people import People
from blueprints.transfer.wordpress.survey import HIGHEST_ID
from blueprints.transfer.wordpress.text import plain
from blueprints.transfer.wordpress.threads import Placed, Stored, in_order_of_numbers, place
from blueprints.transfer.wordpress.wxr import Reply

_STATES = {"1": APPROVED, "approve": APPROVED, "trash": TRASH, "post-trashed": TRASH, "spam": SPAM}
_KINDS = {"": COMMENT, "comment": COMMENT, "pingback": MENTION, "trackback": MENTION}
_BATCH = 500
_SETTLED = spans.elements("a", "pre", "code")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'\x01-\x06]+", re.I)


class Replies:
    """The comments of one import; *highest* is the largest comment id in its files."""

    def __init__(self, report: Report, highest: int) -> None:
        self.report = report
        stored = db.session.scalar(select(func.max(Comment.id))) or 0
        self._next_id = max(stored, highest) + 1
        self._addresses: dict[str, str] = {}

    def leave_out_all(self, replies: Iterable[Reply], reason: str) -> None:
        """Their item was left out, and they with it."""
        for reply in replies:
            self.report.leave_out("comments", reply.id or "without number", reason)

    def add(self, replies: list[Reply], post: Post, *, site: str, clock: Clock, people: People, which: str) -> None:
        """Store below *post* those of *replies* that are not there yet."""
        stored, known = _stored(post.id, site)
        new = self._placed(replies, known, clock, which)
        if not new:
            return
        for reason, moved in place(new, stored).items():
            for source_id in moved:
                self.report.note(f"comment put at the top of its thread: {reason}", f"comment {source_id} of {which}")
        numbers = {placed.id: post.next_number() for placed in in_order_of_numbers(new)}
        new.sort(key=lambda placed: placed.depth)
        for start in range(0, len(new), _BATCH):
            rows = [
                self._row(placed, post, numbers.get(placed.id), site, people) for placed in new[start : start + _BATCH]
            ]
            db.session.add_all(rows)
            db.session.flush()
            for row in rows:
                db.session.expunge(row)
        self.report.take("comments", len(new))
        settle(db.session.connection(), post.id)
        queries.recount(post)

    def _placed(self, replies: list[Reply], known: set[str], clock: Clock, which: str) -> list[Placed]:
        new: list[Placed] = []
        seen: set[str] = set()
        taken = _taken_ids(replies)
        for reply in replies:
            kind = _KINDS.get(reply.type)
            if reply.type == "note":
                self.report.leave_out("comments", reply.id, "editorial note, never to be published")
            elif kind is None:
                self.report.leave_out("comments", reply.id, f"comment type “{reply.type}” belongs to a plugin")
            elif not reply.id:
                self.report.leave_out("comments", f"without number, below {which}", "has no number to recognise it by")
            elif reply.id in known or reply.id in seen:
                self.report.know("comments")
            else:
                seen.add(reply.id)
                moment = clock.moment(reply.date_gmt, reply.date)
                if moment is None:
                    self.report.note("comment without a date, dated today", f"{reply.id} of {which}")
                state = _STATES.get(reply.approved, PENDING)
                new.append(Placed(reply, self._id(reply.id, taken), kind, state, moment or _today()))
        return new

    def _id(self, source_id: str, taken: set[int]) -> int:
        """The number that it had, so that old links to it hold; another where that is taken or no number."""
        if source_id.isdecimal() and 0 < int(source_id) <= HIGHEST_ID and int(source_id) not in taken:
            taken.add(int(source_id))
            return int(source_id)
        self._next_id += 1
        return self._next_id - 1

    def _row(self, placed: Placed, post: Post, number: int | None, site: str, people: People) -> Comment:
        reply, report = placed.reply, self.report
        url = reply.url if reply.url.startswith(("http://", "https://")) else ""
        row = Comment(
            id=placed.id,
            post_id=post.id,
            parent_id=placed.parent_id,
            root_id=placed.root_id,
            depth=placed.depth,
            number=number,
            kind=placed.kind,
            state=placed.state,
            name=fit(plain(reply.name), 255, report, "name of a commenter shortened to 255 characters"),
            email=fit(reply.email, 254, report, "e-mail address of a commenter left out, it is too long", drop=True),
            url=fit(url, 500, report, "website of a commenter left out, it is too long", drop=True),
            person_id=people.of_user(reply.user_id, reply.email),
            created_at=placed.created_at,
            published_at=placed.created_at if number else None,
            address_hash=self._pseudonym(reply.address),
            source=site,
            source_id=fit(reply.id, 255, report, "number of a comment shortened"),
        )
        row.write(converted(reply.content), HTML)
        return row

    def _pseudonym(self, address: str) -> str:
        if not address:
            return ""
        if address not in self._addresses:
            if len(self._addresses) > 5000:
                self._addresses.clear()
            self._addresses[address] = limits.pseudonym(limits.network_of(address))
        return self._addresses[address]


def converted(written: str) -> str:
    """The text of a comment as HTML: its lines as paragraphs and breaks, bare addresses as links."""
    words = spans.without_comments(written).strip()
    if "://" not in words and "www." not in words.lower():
        return paragraphs.from_lines(words)
    held: list[str] = []

    def hold(element: str) -> str:
        held.append(element)
        return f"\x05{len(held) - 1}\x06"

    parts = re.split(r"(<[^<>]*>)", spans.replace(words, _SETTLED, hold))
    parts[::2] = [_ADDRESS.sub(_link, part) for part in parts[::2]]
    words = re.sub("\x05(\\d+)\x06", lambda found: held[int(found[1])], "".join(parts))
    return paragraphs.from_lines(words)


def _link(found: re.Match[str]) -> str:
    address = found[0]
    while address and (
        address[-1] in ".,;:!?*_"
        or (address[-1] in ")]" and address.count(address[-1]) > address.count("(["[address[-1] == "]"]))
    ):
        if address[-1] == ";" and re.search(r"&\w+;\Z", address):
            if not re.search(r"&(?:gt|lt|quot);\Z", address):
                break
            address = address[: address.rindex("&")]
            continue
        address = address[:-1]
    target = address if "://" in address else f"http://{address}"
    return f'<a href="{target}">{address}</a>{found[0][len(address) :]}'


def _stored(post_id: int, site: str) -> tuple[dict[str, Stored], set[str]]:
    """The comments of this site that are below the post already, by their number there."""
    columns = (Comment.id, Comment.root_id, Comment.depth, Comment.kind, Comment.source_id)
    rows = db.session.execute(select(*columns).where(Comment.post_id == post_id, Comment.source == site)).all()
    found = {str(row.source_id): Stored(row.id, row.root_id, row.depth, row.kind) for row in rows}
    return found, set(found)


def _taken_ids(replies: list[Reply]) -> set[int]:
    """Which of their numbers another comment has here."""
    wanted = [int(reply.id) for reply in replies if reply.id.isdecimal() and int(reply.id) <= HIGHEST_ID]
    taken: set[int] = set()
    for start in range(0, len(wanted), _BATCH):
        taken.update(db.session.scalars(select(Comment.id).where(Comment.id.in_(wanted[start : start + _BATCH]))))
    return taken


def _today() -> datetime:
    return now().replace(microsecond=0)
