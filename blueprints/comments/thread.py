"""Threads: from the rows of a page to the order and the nesting in which a reader sees them.

A thread is a flat list in thread order with a depth. Only what was ever published (has a number) takes part;
what was removed since stays as a numbered tombstone while something below it is still there. Which rows a page has is
told by `stretches.py`; here they are nested, without recursion: depth is data.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from blueprints.comments import faces, places, stretches
from blueprints.comments.models import APPROVED, Comment
from blueprints.comments.passages import Quoted
from blueprints.comments.stretches import FLAT, OLDEST, Row
from blueprints.core import markdown, rows, settings
from blueprints.core.db import aware
from blueprints.posts.addresses import portrait_address
from blueprints.posts.models import Post

# What is longer than this many characters is drawn anew each time, not kept (core/filters.py).
LONG = 4000
# A conversation of at most so many comments is kept as a whole.
LONGEST_KEPT = 30


class Answered(NamedTuple):
    """The comment that a reply answers, and how it begins; a removed one has no name."""

    id: int
    name: str
    begins: str = ""


class Ref(NamedTuple):
    """Another comment of the page, to go to."""

    id: int
    number: int | None


class Rest(NamedTuple):
    """What a page leaves of a conversation that is too long for it: so *many* comments *after* a number."""

    root_id: int
    after: int
    many: int


class Face(NamedTuple):
    """The picture beside a name: a portrait, or classes of the stylesheet and a letter."""

    kind: str
    letter: str
    portrait: str = ""

    @classmethod
    def of(
        cls, name: str | None, email: str | None, key: str, slug: str | None = None, portrait: str | None = None
    ) -> "Face":
        """That of whoever writes under these; of somebody of the house, the portrait. *key* is the site's own."""
        return cls(*faces.of(name, email, key), portrait_address(slug, portrait) if slug and portrait else "")


class Entry(NamedTuple):
    """One comment as it stands in the thread: all that its drawing depends on. A tombstone has no words.

    *gone* is the state of a tombstone: why nothing is to be read there.
    """

    id: int
    number: int | None
    name: str
    url: str
    html: str
    created_at: datetime
    level: int = 0
    mark: str = ""
    old_id: str | None = None
    in_reply_to: Answered | None = None
    passage: Quoted | None = None
    takes_replies_inside: bool = True
    opens: bool = False
    closes: int = 0
    edited_at: datetime | None = None
    gone: str = ""
    is_new: bool = False
    is_pending: bool = False
    hold_reason: str = ""
    takes_focus: bool = False
    face: Face | None = None
    marks: int = 0
    is_picked: bool = False
    removed_because: str = ""
    below: int = 0
    up: Ref | None = None
    top: Ref | None = None
    next: Ref | None = None
    rest: Rest | None = None

    @classmethod
    def of(cls, comment: Comment) -> "Entry":
        """A comment that is drawn outside its thread: just sent, or fetched alone."""
        chosen = settings.current()
        deepest = chosen.thread_depth
        person = comment.person if comment.person_id else None
        shown = (person.slug, person.portrait) if person else ()
        parent = comment.parent if 0 < comment.depth <= deepest else None
        return cls(
            id=comment.id,
            number=comment.number,
            name=comment.name,
            url=comment.url,
            html=comment.html,
            created_at=comment.created_at,
            edited_at=comment.edited_at,
            mark=_mark(comment.person_id, comment.post.author_ids) if comment.person_id else "",
            in_reply_to=answered(comment) if comment.depth > deepest else None,
            passage=Quoted.of(comment, comment.post),
            takes_replies_inside=comment.depth < deepest,
            is_pending=not comment.is_public,
            hold_reason=comment.hold_reason,
            face=Face.of(comment.name, comment.email, chosen.secret_key, *shown),
            marks=comment.marks or 0,
            is_picked=comment.picked_at is not None,
            removed_because="" if comment.is_public else comment.removed_because or "",
            up=Ref(parent.id, parent.number) if parent and comment.is_public else None,
        )

    @property
    def is_tombstone(self) -> bool:
        """Whether it only holds its place."""
        return bool(self.gone)

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be kept as it was drawn."""
        return len(self.html) > LONG


class Look(NamedTuple):
    """What the drawing of each comment depends on beside its entry."""

    is_open: bool
    shows_faces: bool
    takes_marks: bool
    zone: str


@dataclass(frozen=True)
class Frame:
    """One page of a thread in one of its orders, or several from *number* on, without the comments: hashable.

    *pages* is how many there are.
    """

    mentions: tuple[Entry, ...]
    number: int
    pages: int
    sort: str

    @property
    def order(self) -> str | None:
        """The order as an address says it: the usual one is not said."""
        return None if self.sort == OLDEST else self.sort

    def numbers(self, here: int) -> list[int | None]:
        """The pages to choose from while *here* is shown: the first, those beside it, the last; None for a gap."""
        chosen = sorted({1, *range(max(1, here - 1), min(self.pages, here + 1) + 1), self.pages})
        shown: list[int | None] = []
        for number in chosen:
            before = shown[-1] if shown else 0
            if before is not None and number - before == 2:
                shown.append(number - 1)
            elif before is not None and number - before > 1:
                shown.append(None)
            shown.append(number)
        return shown


@dataclass(frozen=True)
class ThreadPage(Frame):
    """The same with the comments."""

    entries: list[Entry]

    @property
    def frame(self) -> Frame:
        """What the drawing of all that stands around the comments depends on."""
        return Frame(self.mentions, self.number, self.pages, self.sort)


@dataclass(frozen=True)
class Alone:
    """One comment for itself: what it answers *above* it, then it and what is below it; *rest* if that is too much."""

    above: list[Entry]
    entries: list[Entry]
    rest: Rest | None


def answered(comment: Comment) -> Answered | None:
    """What a reply says it answers: one step up, not the whole way."""
    parent = comment.parent
    if parent is None:
        return None
    return Answered(parent.id, parent.name, markdown.beginning(parent.html)) if parent.is_public else _gone(parent.id)


def page(
    post: Post, number: int, upto: int | None = None, *, after: int | None = None, sort: str = OLDEST
) -> ThreadPage:
    """Page *number* of the thread, or all pages from it to *upto*; what came *after* that number is marked new."""
    pen = _Pen.of(post)
    if sort == FLAT:
        found, pages = stretches.in_time(post, number, upto or number)
        entries = pen.entries(_in_a_row(found))
        mentions: list[Row] = []
    else:
        read = stretches.of_pages(post, number, upto or number, sort)
        pages, mentions = read.pages, read.mentions
        entries = pen.conversations(read.conversations, settings.current().thread_depth)
    if after is not None:
        entries = _mark_new(entries, after)
    return ThreadPage(tuple([pen.entry(row) for row in mentions]), number, pages, sort, entries)


def alone(comment: Comment, *, after: Row | None = None) -> Alone:
    """A comment between what it answers and what answers it, from what comes *after* a row of that on."""
    pen = _Pen.of(comment.post)
    found, has_more = stretches.below(comment, after)
    own = stretches.these([comment.id]) if after is None else []
    above = [] if after else stretches.above(comment.id)
    base = min(places.depth(comment.place or ""), places.LEVELS - 1)
    spots = _nest([*own, *found], settings.current().thread_depth, base=base)
    if spots and own:
        spots[0]["in_reply_to"] = None
    rest = Rest(comment.id, spots[-1]["row"].number or 0, 0) if has_more and spots else None
    return Alone([pen.entry(row) for row in above], pen.entries(_link(spots)), rest)


def changed(post: Post, since: int) -> list[Entry]:
    """What has become another *since* so many changes of a thread: its words, or a tombstone."""
    pen = _Pen.of(post)
    return [pen.entry(row) for row in stretches.changed(post, since)]


# A row and what its entry says of its place among the others. An entry is made once, when all of that is known: a
# page has a thousand.
Spot = dict[str, Any]


def _in_conversation(conversation: stretches.Conversation, deepest: int) -> list[Spot]:
    """Its rows, nested at most *deepest* levels, each knowing which lists it opens and closes."""
    found = conversation.rows
    if len(found) == 1 and not conversation.is_cut:
        return [{"row": found[0], "takes_replies_inside": deepest > 0}]
    nested = _nest(found, deepest, is_cut=conversation.is_cut)
    if conversation.is_cut and nested:
        shown = sum(row.state == APPROVED for row in found)
        many = conversation.root.living - shown
        nested[-1]["rest"] = Rest(conversation.root.id, found[-1].number or 0, many) if many > 0 else None
    return _link(nested)


def _nest(found: Sequence[Row], deepest: int, *, base: int = 0, is_cut: bool = False) -> list[Spot]:
    """Rows in thread order that belong to one conversation; *base* is the depth that is the margin."""
    living = _living(found, is_cut=is_cut)
    known = {row.id: row for row in found}
    path: list[Row] = []  # the last row drawn on each level
    counts: dict[int, int] = {}
    shown: list[tuple[Row, int]] = []
    for row in found:
        if row.id not in living:
            continue
        level = min(places.depth(row.place) - base, deepest, len(path))
        del path[level:]
        if row.state == APPROVED:
            for over in path:
                counts[over.id] = counts.get(over.id, 0) + 1
        shown.append((row, level))
        path.append(row)
    strangers = {row.parent_id for row, _level in shown if row.parent_id and row.parent_id not in known}
    if strangers:
        known |= {row.id: row for row in stretches.these(strangers)}
    spots: list[Spot] = []
    above: list[int] = []
    for at, (row, level) in enumerate(shown):
        following = shown[at + 1][1] if at + 1 < len(shown) else 0
        del above[level:]
        parent = known.get(row.parent_id or 0)
        stands_below = level > 0 and above[-1] == row.parent_id
        above.append(row.id)
        spots.append(
            {
                "row": row,
                "level": level,
                "in_reply_to": None if stands_below or parent is None else _answered(parent),
                "takes_replies_inside": level < deepest,
                "opens": following > level,
                "closes": max(0, level - following),
                "below": counts.get(row.id, 0),
                "up": Ref(parent.id, parent.number) if stands_below and parent else None,
                "top": Ref(shown[0][0].id, shown[0][0].number) if level > 1 else None,
            }
        )
    return spots


def _in_a_row(found: Sequence[Row]) -> list[Spot]:
    """Rows one after the other; each says what it answers."""
    known = {row.id: row for row in found}
    strangers = {row.parent_id for row in found if row.parent_id and row.parent_id not in known}
    known |= {row.id: row for row in stretches.these(strangers)}
    return [
        {
            "row": row,
            "in_reply_to": _answered(known[row.parent_id]) if row.parent_id in known else None,
            "takes_replies_inside": False,
        }
        for row in found
    ]


def _link(spots: list[Spot]) -> list[Spot]:
    """The same, each knowing the next one that answers the same comment."""
    last: dict[int | None, Spot] = {}
    path: list[int] = []
    for spot in spots:
        row = spot["row"]
        del path[spot.get("level", 0) :]
        above = path[-1] if path else None
        if (before := last.get(above)) is not None and row.state == APPROVED:
            before["next"] = Ref(row.id, row.number)
        last[above] = spot
        path.append(row.id)
    return spots


def _living(found: Sequence[Row], *, is_cut: bool) -> set[int]:
    """The ids of what is shown: approved, or above something that is, which may also come after the cut."""
    parents = {row.id: row.parent_id for row in found}
    living: set[int] = set()
    ends = [row.id for row in found if row.state == APPROVED]
    if is_cut and found:
        ends.append(found[-1].id)
    for end in ends:
        at: int | None = end
        while at in parents and at not in living:
            living.add(at)
            at = parents[at]
    return living


def _answered(parent: Row) -> Answered:
    if parent.state != APPROVED:
        return _gone(parent.id)
    return Answered(parent.id, parent.name, markdown.beginning(parent.html))


def _gone(number: int) -> Answered:
    return Answered(number, "")


class _Pen:
    """Makes entries of the rows below one *post*; what it needs to know beside them is asked once.

    *key* is the site's secret, *authors* the ids of the post's authors where they are known already.
    """

    def __init__(self, key: str, post: Post | None = None, authors: frozenset[int] | None = None) -> None:
        self.key, self.post, self._authors = key, post, authors

    @classmethod
    def of(cls, post: Post) -> "_Pen":
        """The one for *post* on this site."""
        return cls(settings.current().secret_key, post)

    @property
    def authors(self) -> frozenset[int]:
        """The ids of the post's authors; most pages hold no comment of the house and need none."""
        if self._authors is None:
            self._authors = frozenset(self.post.author_ids if self.post else ())
        return self._authors

    def conversations(self, found: Sequence[stretches.Conversation], deepest: int) -> list[Entry]:
        """What is drawn of conversations, each leading to the next; so the last one is known first."""
        drawn: list[Sequence[Entry]] = []
        following: Ref | None = None
        for conversation in reversed(found):
            entries = self._conversation(conversation, deepest, following)
            if entries:
                drawn.append(entries)
                following = None if entries[0].is_tombstone else Ref(entries[0].id, entries[0].number)
        return [entry for entries in reversed(drawn) for entry in entries]

    def _conversation(
        self, conversation: stretches.Conversation, deepest: int, following: Ref | None
    ) -> Sequence[Entry]:
        found = rows.Whole(conversation.rows)
        if conversation.is_cut or not _is_closed(found):
            return _leading_to(following, self.entries(_in_conversation(conversation, deepest)))
        authors = self.authors if any(row.person_id for row in found) else frozenset[int]()
        return _closed(found, deepest, following, authors, self.key)

    def entries(self, spots: Iterable[Spot]) -> list[Entry]:
        """What is drawn of rows in their places."""
        return [self.entry(**spot) for spot in spots]

    def entry(self, row: Row, **place: Any) -> Entry:
        """What is drawn of a row, in its *place*."""
        removed = row.state != APPROVED
        return Entry(
            row.id,
            row.number,
            "" if removed else row.name,
            "" if removed else row.url,
            "" if removed else row.html,
            aware(row.created_at),  # type: ignore[arg-type]  # it always has one
            mark=_mark(row.person_id, self.authors) if row.person_id and not removed else "",
            old_id=row.source_id if row.source_id and row.source_id != str(row.id) else None,
            edited_at=None if removed else aware(row.edited_at),
            gone=row.state if removed else "",
            passage=Quoted.of(row, self.post) if row.passage and self.post and not removed else None,
            face=None if removed else Face.of(row.name, row.email, self.key, row.slug, row.portrait),
            marks=row.marks,
            is_picked=row.picked_at is not None,
            **place,
        )


def _is_closed(found: Sequence[Row]) -> bool:
    """Whether these rows are all that the drawing of their conversation depends on, and no more than may be kept."""
    known: set[int] = set()
    for row in found:
        if row.passage or len(row.html) > LONG or (row.parent_id and row.parent_id not in known):
            return False
        known.add(row.id)
    return len(known) <= LONGEST_KEPT


@lru_cache(maxsize=1000)
def _closed(
    found: rows.Whole, deepest: int, following: Ref | None, authors: frozenset[int], key: str
) -> tuple[Entry, ...]:
    """The entries of a conversation, kept: when a page is drawn anew, most of them are what they were, and the same
    objects again are found the sooner as they were drawn.
    """
    return tuple(_leading_to(following, _Pen(key, authors=authors).entries(_link(_nest(found, deepest)))))


def _leading_to(following: Ref | None, entries: list[Entry]) -> list[Entry]:
    """The *entries* of a conversation, the last one at the margin leading to the conversation after it."""
    if entries and following:
        margin = max(at for at, entry in enumerate(entries) if entry.level == 0)
        entries[margin] = entries[margin]._replace(next=following)
    return entries


def _mark(person_id: int, authors: Container[int]) -> str:
    """What stands beside the name of somebody of the house."""
    return "Author" if person_id in authors else "Staff"


def _mark_new(entries: list[Entry], after: int) -> list[Entry]:
    """What came *after* that number marked as new, with the focus on the first."""
    marked = [entry._replace(is_new=(entry.number or 0) > after) for entry in entries]
    first = next((at for at, entry in enumerate(marked) if entry.is_new), None)
    if first is not None:
        marked[first] = marked[first]._replace(takes_focus=True)
    return marked
