"""What is made of a file that somebody sends: limits, its true kind, its name. Nothing is stored here.

A picture is decoded and encoded anew; of any other file the bytes are kept as they came, and never shown.
"""

import hashlib
import re
from dataclasses import dataclass, field

from blueprints.core import pictures
from blueprints.core.pictures import Encoded, PictureError
from blueprints.core.slugs import slugify
from blueprints.media import attachments
from blueprints.media.addresses import extension_of
from blueprints.media.attachments import UnknownKindError
from blueprints.media.models import ATTACHMENT, PICTURE, MediaFile

MOST_MB = 20
MOST_BYTES = MOST_MB * 2**20
# Of one form without scripts; with them each file is sent by itself.
MOST_FILES, MOST_MB_AT_ONCE = 20, 60
LONGEST_NAME, LONGEST_ALT = 80, 1000
LIMITS = (
    f"At most {MOST_MB} MB a file, and {MOST_FILES} files of together {MOST_MB_AT_ONCE} MB at once.",
    "Pictures: JPEG, PNG, GIF, WebP or AVIF of at most 50 million pixels; what is wider or higher than "
    f"{pictures.LONGEST_SIDE:,} is made smaller. A picture that moves: at most {pictures.MOST_FRAMES} frames. No SVG.",
    f"Other files: {attachments.TAKEN}.",
)
_PATH = re.compile(r".*[/\\]", re.DOTALL)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")


class RefusedError(Exception):
    """A file that is not taken; the message is for whoever sent it."""


@dataclass(frozen=True)
class Incoming:
    """A file as it will be kept."""

    kind: str
    title: str
    name: str
    sent_hash: str
    original: Encoded
    variants: list[Encoded] = field(default_factory=list)
    still: Encoded | None = None

    def new(self, person_id: int) -> MediaFile:
        """A file of the library that holds it."""
        file = MediaFile(kind=self.kind, title=self.title, name=self.name, person_id=person_id)
        self.put_into(file)
        return file

    def put_into(self, file: MediaFile) -> None:
        """Let *file* hold it, under the name that it has."""
        file.sent_hash = self.sent_hash
        file.hold(self.original, self.variants, self.still)


def receive(filename: str, content: bytes) -> Incoming:
    """What *content* is and will be kept as; RefusedError with one sentence where it is not taken."""
    if not content:
        raise RefusedError("This file is empty.")
    if len(content) > MOST_BYTES:
        raise RefusedError(f"This file is larger than the {MOST_MB} MB that are taken.")
    title = _title(filename)
    extension = _extension(filename)
    sent_hash = hash_of(content)
    if looks_like_picture(content):
        try:
            made = pictures.renditions(content)
        except PictureError as error:
            raise RefusedError(str(error)) from error
        ending = extension_of(made.original.type)
        name = f"{_stem(title) or 'picture'}.{ending}"
        return Incoming(PICTURE, title, name, sent_hash, made.original, made.variants, made.still)
    try:
        ending, type_ = attachments.kind_of(extension, content)
    except UnknownKindError as error:
        raise RefusedError(str(error)) from error
    name = f"{_stem(title) or 'file'}.{ending}"
    return Incoming(ATTACHMENT, title, name, sent_hash, Encoded(content, type_, 0, 0))


def looks_like_picture(content: bytes) -> bool:
    """Whether it begins as a picture does; whether it is one, decoding tells."""
    return (
        content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"))
        or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")
        or (content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis"))
    )


def shown_name(filename: str) -> str:
    """What a person called a file, with its ending, without the path to it."""
    return " ".join(_UNSEEN.sub("", _PATH.sub("", filename)).split())[:200] or "A file without a name"


def hash_of(content: bytes) -> str:
    """By which it is known when it is sent again."""
    return hashlib.sha256(content).hexdigest()


def _title(filename: str) -> str:
    """What a person called it, without a path and without its ending."""
    own = shown_name(filename)
    return (own.rpartition(".")[0] or own).strip(". ") or "Untitled"


def _extension(filename: str) -> str:
    return filename.rpartition(".")[2].lower() if "." in filename else ""


def _stem(title: str) -> str:
    slug = slugify(title)
    return slug if len(slug) <= LONGEST_NAME else slug[:LONGEST_NAME].rpartition("-")[0] or slug[:LONGEST_NAME]
