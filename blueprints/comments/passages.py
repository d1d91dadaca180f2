"""Passages: sentences of an article that comments answer, found in its text, marked there, and found again.

A passage is kept as its words and a little of what stands on either side, not as a position: it survives every change
of the article but that of the sentence itself. Words are compared without white space, and whatever typographic quotes
and dashes they are written with. All of it is `str.find` and walks from left to right: no pattern is made of what a
reader sent, and no step looks back.
"""

import json
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import escape
from sqlalchemy import Connection, bindparam, event, inspect, select, text, update

from blueprints.comments.addresses import comment_url
from blueprints.comments.models import APPROVED, Comment
from blueprints.core import generations, markdown
from blueprints.core.db import Base, db
from blueprints.core.site import Site
from blueprints.posts.addresses import post_url
from blueprints.posts.models import Post

LONGEST = 1000  # characters
# How many characters on either side tell a sentence from another with the same words.
CONTEXT = 40
# Fewer than so many are looked for only with what stands beside them: "yes" is everywhere.
SHORT = 12
# Places marked in one article, and answers told apart at one of them.
PLACES, ANSWERS = 100, 100
_PIECE = re.compile(r"<[^>]*>|[^<]+")  # the sanitiser leaves neither sign in an attribute
_LINK = re.compile(r"</?a[\s>]")
_ATOM = re.compile(r"&(?:amp|lt|gt|quot|nbsp);|.", re.DOTALL)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp);")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " "}
_ALIKE = str.maketrans("“”„‟«»‹›‘’‚‛–—‑−", "\"\"\"\"\"\"''''''----", "\u00ad\u200b\u2060\ufeff")
_COMMENT, _POST = Base.metadata.tables["comment"], Base.metadata.tables["post"]
_C = _COMMENT.c
_QUOTING = text("comment.passage <> ''")  # spelled as the index that holds only these says it
_OF_POST = (
    select(_C.id, _C.passage, _C.passage_before, _C.passage_after, _C.passage_lost)
    .where(_C.post_id == bindparam("post_id"), _QUOTING)
    .order_by(_C.number, _C.id)
)
_PUBLIC = _OF_POST.where(_C.state == APPROVED)
_LOSE = update(_COMMENT).where(_C.id == bindparam("own")).values(passage_lost=bindparam("lost"))
_GATHERED = update(_POST).where(_POST.c.id == bindparam("own")).values(passages=bindparam("all"))


class Passage(NamedTuple):
    """Words of an article and what stands on either side, as the article has them."""

    words: str
    before: str = ""
    after: str = ""


class Quoted(NamedTuple):
    """A passage above the comment that answers it; *href* leads to its place, and is empty where that is gone."""

    words: str
    href: str

    @classmethod
    def of(cls, comment: Any, post: Post) -> "Quoted | None":
        """What *comment*, or a row of one, answers in *post*."""
        if not comment.passage:
            return None
        place = f"passage-{comment.id}:~:text={_fragment(comment.passage)}"
        return cls(comment.passage, "" if comment.passage_lost else post_url(post, place))


def with_passage(comment: Any) -> str:
    """The HTML of *comment*, or of a row of one, below what it answers: where it is read away from the article."""
    if not comment.passage:
        return str(comment.html)
    return f"<blockquote><p>{escape(comment.passage)}</p></blockquote>\n{comment.html}"


class _Text:
    """The text of a piece of HTML without white space, and where each stretch of it stands in the HTML."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.starts: list[int] = []
        self.stretches: list[tuple[int, str]] = []
        words, length = [], 0
        for piece in _PIECE.finditer(html):
            if html[piece.start()] != "<" and (bare := _bare(_unescaped(piece[0]))):
                self.starts.append(length)
                self.stretches.append((piece.start(), piece[0]))
                words.append(bare)
                length += len(bare)
        self.bare = "".join(words)

    def find(self, passage: Passage) -> tuple[int, int] | None:
        """Where *passage* begins and ends, counted in characters that are no white space."""
        words, before, after = (_bare(part) for part in passage)
        sides = [(before, after), (before, ""), ("", after), ("", "")]
        for left, right in sides if words else ():
            if not left + right and before + after and len(words) < SHORT:
                continue
            if (at := self.bare.find(left + words + right)) >= 0:
                return at + len(left), at + len(left) + len(words)
        return None

    def places(self, indices: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Where the characters with these *indices* begin and end in the HTML; each stretch is walked at most once."""
        found: dict[int, tuple[int, int]] = {}
        by_stretch: dict[int, set[int]] = {}
        for index in indices:
            by_stretch.setdefault(bisect_right(self.starts, index) - 1, set()).add(index)
        for number, wanted in by_stretch.items():
            start, raw = self.stretches[number]
            index, last = self.starts[number], max(wanted)
            for atom in _ATOM.finditer(raw):
                if _bare(_unescaped(atom[0])):
                    if index in wanted:
                        found[index] = start + atom.start(), start + atom.end()
                    if index == last:
                        break
                    index += 1
        return found


def found(html: str, words: str, before: str = "") -> Passage | None:
    """The passage of the article *html* that reads *words*, after *before* if there are several; in its own words."""
    if len(words) > LONGEST:
        return None
    body = _text(html)
    span = body.find(Passage(words, before)) or body.find(Passage(words))
    if span is None:
        return None
    start, stop = span
    left, right = max(0, start - CONTEXT), min(len(body.bare), stop + CONTEXT)
    place = body.places((start, stop - 1))
    shown = markdown.plain_text(html[place[start][0] : place[stop - 1][1]])
    return Passage(shown, body.bare[left:start], body.bare[stop:right])


def claimed(html: str, words: str, before: str, written: str, *, is_reply: bool) -> tuple[Passage | None, str]:
    """The passage that a comment answers, and its text.

    It was sent beside the text; or, by a comment that answers no other, is quoted at its beginning. Words that the
    article does not have become an ordinary quotation.
    """
    if words:
        if passage := found(html, words, before):
            return passage, written
        cut = words if len(words) <= LONGEST else words[:LONGEST] + "…"
        return None, "\n".join(f"> {line}" for line in cut.splitlines()) + "\n\n" + written
    quoted, rest = ("", "") if is_reply else _quotation(written)
    if len(_bare(quoted)) >= SHORT and (passage := found(html, quoted)):
        return passage, rest
    return None, written


def _quotation(written: str) -> tuple[str, str]:
    """The quotation with which a text begins, and what follows it after an empty line."""
    lines = written.split("\n")
    count = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
    rest = "\n".join(lines[count:]).strip("\n")
    if not count or not rest.strip() or lines[count].strip():
        return "", written
    return "\n".join(line[1:].strip() for line in lines[:count]), rest


def marked(post: Post, site: Site) -> str:
    """The text of *post* with its answered passages marked, unless that is switched off here or for the site."""
    if not (post.passages and post.passages_open and site.passages_open):
        return post.body_html
    return mark(post.body_html, post.passages)


@lru_cache(maxsize=64)
def mark(html: str, gathered: str) -> str:
    """*html*, which is clean, with a line below each passage and the number of its answers behind it.

    Only elements of our own are put in, and only between characters of the text: nothing else changes.
    """
    told = [(Passage(words, before, after), answers) for words, before, after, answers in json.loads(gathered)]
    return _marked(html, told, _answers)


def noted(html: str, notes: Iterable[tuple[Passage, int]]) -> str:
    """*html*, which is clean, with a line below each passage that one of the *notes* is about, and the way to it."""
    return _marked(html, [(passage, [number]) for passage, number in notes], _notes)


def _marked(html: str, told: Iterable[tuple[Passage, list[int]]], behind: Callable[[list[int]], str]) -> str:
    body = _text(html)
    spans: dict[tuple[int, int], list[int]] = {}
    for passage, answers in told:
        if span := body.find(passage):
            spans.setdefault(span, []).extend(answers)
    places = body.places(index for start, stop in spans for index in (start, stop - 1))
    drawn = [(places[start][0], places[stop - 1][1], sorted(ids)) for (start, stop), ids in spans.items()]
    return "".join(_drawn(html, sorted(drawn), behind))


def _drawn(html: str, passages: list[tuple[int, int, list[int]]], behind: Callable[[list[int]], str]) -> Iterator[str]:
    """The pieces of *html* with what is put between them; *passages* are (from, to, answers), in order."""
    runs = deque(_union(passages))
    begins = deque((start, "".join(f'<span id="passage-{each}"></span>' for each in ids)) for start, _, ids in passages)
    ends = deque(sorted((stop, behind(ids)) for _, stop, ids in passages))
    within_link, waiting = False, ""
    for piece in _PIECE.finditer(html):
        start, stop = piece.span()
        if html[start] == "<":
            yield piece[0]
            if _LINK.match(piece[0]):
                within_link = piece[0][1] != "/"
            if waiting and not within_link:  # a link in a link would end the outer one
                yield waiting
                waiting = ""
            continue
        cuts = [*_underlined(html, start, stop, runs), *((place, 2, words) for place, words in _upto(begins, stop - 1))]
        links = [(place, 1, words) for place, words in _upto(ends, stop)]
        if within_link:
            waiting += "".join(words for _place, _order, words in links)
        else:
            cuts += links
        for place, _order, words in sorted(cuts):
            yield html[start:place] + words
            start = place
        yield html[start:stop]


def _upto(waiting: deque[tuple[int, str]], last: int) -> Iterator[tuple[int, str]]:
    """What is put in at places up to *last*, taken from the queue."""
    while waiting and waiting[0][0] <= last:
        yield waiting.popleft()


def _underlined(html: str, start: int, stop: int, runs: deque[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """What is put into the text from *start* to *stop*, where it is part of *runs*; those before it are let go."""
    while runs and runs[0][1] <= start:
        runs.popleft()
    for left, right in takewhile(lambda run: run[0] < stop, runs):
        if html[max(left, start) : min(right, stop)].strip():
            yield max(left, start), 3, '<span class="passage">'
            yield min(right, stop), 0, "</span>"


def _union(passages: list[tuple[int, int, list[int]]]) -> list[tuple[int, int]]:
    """The stretches that any of the passages covers, in order."""
    runs: list[tuple[int, int]] = []
    for start, stop, _ids in passages:
        if runs and start <= runs[-1][1]:
            runs[-1] = runs[-1][0], max(stop, runs[-1][1])
        else:
            runs.append((start, stop))
    return runs


def _answers(ids: list[int]) -> str:
    """The link behind a passage: to its one answer, or to all of them."""
    many = len(ids) > 1
    label = f"{len(ids)} answers to this passage" if many else "1 answer to this passage"
    href = comment_url(ids[0], "passage") if many else comment_url(ids[0])
    return f'<a class="passage__answers" href="{href}" aria-label="{label}" title="{label}">{len(ids)}</a>'


def _notes(ids: list[int]) -> str:
    """The links behind a passage that notes are about."""
    one = '<a class="passage__answers" href="#note-{0}" aria-label="A note on this passage">{1}</a>'
    return "".join(one.format(each, at) for at, each in enumerate(ids, 1))


def gather(connection: Connection, post_id: int) -> None:
    """Inside a write: note with the post what its published comments answer, for the drawing of its page."""
    answers: dict[tuple[str, str, str], list[int]] = {}
    for row in connection.execute(_PUBLIC, {"post_id": post_id}):
        answers.setdefault((row.passage, row.passage_before, row.passage_after), []).append(row.id)
    chosen = sorted(answers.items(), key=lambda item: -len(item[1]))[:PLACES]
    gathered = [[*passage, ids[:ANSWERS]] for passage, ids in chosen]
    connection.execute(_GATHERED, {"own": post_id, "all": json.dumps(gathered, ensure_ascii=False) if gathered else ""})


def answering(comment: Comment) -> list[Comment]:
    """The published comments that answer the same passage as *comment*, by number."""
    generations.reads(f"post:{comment.post_id}")
    same = select(Comment).where(
        Comment.post_id == comment.post_id,
        _QUOTING,
        Comment.state == APPROVED,
        Comment.passage == comment.passage,
        Comment.passage_before == comment.passage_before,
        Comment.passage_after == comment.passage_after,
    )
    return list(db.session.scalars(same.order_by(Comment.number).limit(ANSWERS)))


@event.listens_for(Comment, "after_update")
def _follow_comment(_mapper: object, connection: Connection, comment: Comment) -> None:
    """A comment that is published or taken down takes its mark with it."""
    if comment.passage and inspect(comment).attrs.state.history.has_changes():
        gather(connection, comment.post_id)


@event.listens_for(Comment, "after_delete")
def _follow_deletion(_mapper: object, connection: Connection, comment: Comment) -> None:
    if comment.passage:
        gather(connection, comment.post_id)


@event.listens_for(Post, "after_update")
def _follow_text(_mapper: object, connection: Connection, post: Post) -> None:
    """After a change of the article: which of its passages are still there, so that comments can say so."""
    if not inspect(post).attrs.body_html.history.has_changes():
        return
    rows = connection.execute(_OF_POST, {"post_id": post.id}).all()
    body = _text(post.body_html) if rows else None
    changed = [
        {"own": row.id, "lost": lost}
        for row in rows
        if body and (lost := body.find(Passage(*row[1:4])) is None) != row.passage_lost
    ]
    if changed:
        connection.execute(_LOSE, changed)


@lru_cache(maxsize=16)
def _text(html: str) -> _Text:
    return _Text(html)


def _unescaped(html: str) -> str:
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[0]], html) if "&" in html else html


def _bare(words: str) -> str:
    """*words* as they are compared."""
    return "".join(words.translate(_ALIKE).split())


def _fragment(words: str) -> str:
    """The text directive of a link that leads to *words* (WICG Text Fragments): whole, or from beginning to end."""
    parts = words.split()
    if len(words) <= 80:
        ends = [words]
    elif len(parts) >= 10:
        ends = [" ".join(parts[:5]), " ".join(parts[-5:])]
    else:
        ends = [words[:20], words[-20:]]
    return ",".join(quote(end, safe="").replace("-", "%2D") for end in ends)


def fields(passage: Passage | None) -> Mapping[str, str]:
    """*passage* as the columns of a comment."""
    if passage is None:
        return {}
    return {"passage": passage.words, "passage_before": passage.before, "passage_after": passage.after}
