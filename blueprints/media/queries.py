"""Finding files: for a text that shows them, for whoever sends them, for the library at the desk. None loads bytes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from blueprints.accounts.models import Person
from blueprints.core import generations, rows
from blueprints.core.db import db
from blueprints.core.figures import DECORATION, Shown, Source
from blueprints.core.site import Site
from blueprints.media import addresses
from blueprints.media.models import ATTACHMENT, ORIGINAL, PICTURE, STILL, MediaFile, Rendition, Use
from blueprints.posts.models import Post

_FILES = MediaFile.__table__
_RENDITIONS = Rendition.__table__
_TO_SHOW = (
    select(*_FILES.c, *(column.label(f"r_{column.name}") for column in _RENDITIONS.c))
    .join(_RENDITIONS, _RENDITIONS.c.file_id == _FILES.c.id)
    .where(_FILES.c.id.in_(bindparam("numbers", expanding=True)), _FILES.c.kind == PICTURE)
    .order_by(_FILES.c.id, _RENDITIONS.c.width)
)
_file = rows.Shape(MediaFile, _FILES.c)
_rendition = rows.Shape(Rendition, _RENDITIONS.c)
_IMAGE = re.compile(r"<img\b[^<>]*>")
_ATTRIBUTE = re.compile(r'\s(src|alt|role)="([^"]*)"')


@dataclass(frozen=True)
class Slice:
    """One page of the library."""

    files: Sequence[MediaFile]
    number: int
    has_next: bool


def shown(asked: Iterable[str]) -> Mapping[str, Shown]:
    """The pictures at the *asked* addresses, as a text shows them."""
    wanted = {address: found for address in asked if (found := addresses.parsed(address))}
    numbers = sorted({number for number, _name in wanted.values()})
    generations.reads(*(f"media:{number}" for number in numbers))
    files: dict[int, MediaFile] = {}
    sizes: dict[int, list[Rendition]] = {}
    for row in rows.fetch(_TO_SHOW, numbers=numbers):
        files.setdefault(row.id, _file.of(row))
        sizes.setdefault(row.id, []).append(_rendition.of(row[len(_FILES.c) :]))
    return {
        address: _shown(address, files[number], sizes[number])
        for address, (number, name) in wanted.items()
        if number in files and files[number].name == name
    }


def _shown(address: str, file: MediaFile, sizes: list[Rendition]) -> Shown:
    still = next((rendition for rendition in sizes if rendition.purpose == STILL), None)
    listed = [rendition for rendition in sizes if rendition.purpose != STILL]
    own = [rendition for rendition in listed if rendition.type == file.type and rendition.width <= WIDEST_LISTED]
    webp = [rendition for rendition in listed if rendition.type == "image/webp"]
    middle = max((rendition for rendition in own if rendition.width <= MIDDLE), key=_width, default=None)
    return Shown(
        address,
        file.width,
        file.height,
        source=addresses.rendition_url(middle) if middle else "",
        candidates=_candidates(own) if len(own) > 1 else "",
        sources=(Source("image/webp", _candidates(webp)),) if file.type != "image/webp" and webp else (),
        still=Source(still.type, _candidates([still])) if still else None,
        alt=file.alt,
        is_decorative=file.is_decorative,
        caption=file.caption,
        credit=file.credit,
    )


# The largest that a page lists: no column is wider, and a screen draws at most three points for one.
WIDEST_LISTED = 2000
# For programs that do not choose.
MIDDLE = 960


def _width(rendition: Rendition) -> int:
    return rendition.width


def _candidates(renditions: Iterable[Rendition]) -> str:
    return ", ".join(f"{addresses.rendition_url(each)} {each.width}w" for each in renditions)


def named(number: int, name: str) -> MediaFile | None:
    """The file at /media/*number*-*name*."""
    file = db.session.get(MediaFile, number)
    return file if file is not None and file.name == name else None


def original(file: MediaFile) -> Rendition | None:
    """What *file* holds, in full."""
    return db.session.scalar(select(Rendition).where(Rendition.file_id == file.id, Rendition.purpose == ORIGINAL))


def rendition(number: int, hash_: str) -> Rendition | None:
    """The bytes with this hash, of the file with this *number*."""
    query = select(Rendition).where(Rendition.file_id == number, Rendition.hash == hash_)
    return db.session.scalar(query.order_by(Rendition.id).limit(1))


def closest(file: MediaFile, width: int, extension: str) -> Rendition | None:
    """What *file* holds now in place of a rendition so *wide*, in the same format where it has that."""
    found = [each for each in file.renditions if each.purpose != STILL] or list(file.renditions)
    return min(
        found, key=lambda each: (addresses.extension_of(each.type) != extension, abs(each.width - width)), default=None
    )


def sent_before(sent_hash: str, person_id: int) -> MediaFile | None:
    """The file that somebody has brought already, if it is still what they sent."""
    query = select(MediaFile).where(MediaFile.sent_hash == sent_hash, MediaFile.person_id == person_id)
    return db.session.scalar(query.order_by(MediaFile.id).limit(1))


def for_desk(
    *,
    of: Person | None = None,
    words: str = "",
    kind: str | None = None,
    lacks_alt: bool = False,
    is_unused: bool = False,
    number: int = 1,
    size: int,
) -> Slice:
    """Page *number* of the library, the newest first; *of* one person, or what the other filters leave."""
    query = select(MediaFile)
    if of is not None:
        query = query.where(MediaFile.person_id == of.id)
    for word in words.split()[:10]:
        query = query.where(or_(*(_holds(column, word) for column in _SEARCHED)))
    if kind in (PICTURE, ATTACHMENT):
        query = query.where(MediaFile.kind == kind)
    if lacks_alt:
        query = query.where(MediaFile.kind == PICTURE, MediaFile.alt == "", ~MediaFile.is_decorative)
    if is_unused:
        query = query.where(~exists().where(Use.file_id == MediaFile.id))
    query = query.order_by(MediaFile.id.desc()).limit(size + 1).offset((number - 1) * size)
    found = db.session.scalars(query).all()
    return Slice(found[:size], number, len(found) > size)


_SEARCHED = (MediaFile.title, MediaFile.name, MediaFile.alt, MediaFile.caption, MediaFile.credit)


def _holds(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    return column.icontains(word, autoescape=True)


def thumbnails(files: Iterable[MediaFile]) -> dict[int, Rendition]:
    """The smallest rendition of each picture among *files*, as still as there is."""
    numbers = [file.id for file in files if file.is_picture]
    query = select(Rendition).where(Rendition.file_id.in_(numbers))
    found: dict[int, Rendition] = {}
    for each in db.session.scalars(query):
        known = found.get(each.file_id)
        if known is None or _as_thumbnail(each) < _as_thumbnail(known):
            found[each.file_id] = each
    return found


def _as_thumbnail(rendition: Rendition) -> tuple[bool, int, int]:
    return rendition.purpose != STILL, rendition.width, rendition.size


def posts_with(file: MediaFile) -> Sequence[Post]:
    """The posts whose text shows or links *file*, the newest first."""
    query = select(Post).join(Use, Use.post_id == Post.id).where(Use.file_id == file.id)
    return db.session.scalars(query.order_by(Post.id.desc())).all()


def stands_elsewhere(file: MediaFile) -> bool:
    """Whether a biography or the rules of a discussion show or link *file*: they are not noted, but searched."""
    words = f'="/media/{file.id}-'
    return any(
        db.session.scalar(select(exists().where(column.contains(words, autoescape=True))))
        for column in (Person.bio_html, Site.rules_html, Post.rules_html)
    )


def used_numbers(files: Iterable[MediaFile]) -> set[int]:
    """Which of *files* some post uses."""
    numbers = [file.id for file in files]
    return set(db.session.scalars(select(Use.file_id).where(Use.file_id.in_(numbers)).distinct()))


def without_alt(html: str) -> list[str]:
    """The addresses of the pictures in a post's clean *html* that have no alternative text, in their order.

    What is decoration says so (`role="presentation"`) and needs none.
    """
    found = []
    for element in _IMAGE.findall(html):
        attributes = dict(_ATTRIBUTE.findall(element))
        if not attributes.get("alt", "").strip() and attributes.get("role") != DECORATION:
            found.append(unescape(attributes.get("src", "")))
    return found


def missing(html: str) -> list[int]:
    """The numbers of the files that a post's clean *html* names and that are not in the library any more."""
    named_there = addresses.numbers_in(html)
    here = set(db.session.scalars(select(MediaFile.id).where(MediaFile.id.in_(named_there))))
    return sorted(named_there - here)
