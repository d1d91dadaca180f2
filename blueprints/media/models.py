"""Files of the library, the sizes in which a picture is kept, and their bytes.

The bytes lie in the database: one file to back up, the same on PostgreSQL and for several servers, and
`hustings database move` takes them along. They lie in pieces, in a table of their own, so that no list loads any and
nobody who sends or copies one holds more than a piece of it.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Account, Person
from blueprints.core.db import Base, UTCDateTime, now
from blueprints.core.generations import Changes
from blueprints.core.pictures import Encoded

PICTURE, ATTACHMENT = "picture", "attachment"
# What a rendition is for.
ORIGINAL, VARIANT, STILL = "original", "variant", "still"
PIECE_BYTES = 256 * 1024


class MediaFile(Base):
    """A picture or another file, at an address that stays when the file is replaced."""

    __tablename__ = "media_file"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - an address is never another file's

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    # The end of its address: "harbour.jpg".
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    # Of the original as it is kept.
    type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(16))
    # Of the file as it was sent: who sends it again has it already.
    sent_hash: Mapped[str] = mapped_column(String(64), index=True)
    alt: Mapped[str] = mapped_column(String(1000), default="")
    is_decorative: Mapped[bool] = mapped_column(default=False, server_default=false())
    caption: Mapped[str] = mapped_column(Text, default="")
    credit: Mapped[str] = mapped_column(String(300), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person | None] = relationship(lazy="joined")
    renditions: Mapped[list["Rendition"]] = relationship(
        back_populates="file", cascade="all, delete-orphan", passive_deletes=True, order_by="Rendition.width"
    )

    def touches(self, changes: Changes) -> Iterator[str]:
        """Whatever was drawn with it; a post that uses it is written anew besides (media/usage.py)."""
        if changes.of("hash", "alt", "is_decorative", "caption", "credit"):
            yield f"media:{self.id}"

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown, not only downloaded."""
        return self.kind == PICTURE

    @property
    def extension(self) -> str:
        """What its name ends in: "jpg"."""
        return self.name.rpartition(".")[2]

    @property
    def lacks_alt(self) -> bool:
        """Whether somebody who does not see it would not learn what it shows."""
        return self.is_picture and not self.alt and not self.is_decorative

    def is_editable_by(self, account: Account) -> bool:
        """Editors edit everything, others what they have brought."""
        return account.is_editor or (self.person_id is not None and self.person_id == account.person_id)

    def hold(self, original: Encoded, variants: list[Encoded], still: Encoded | None = None) -> None:
        """Keep these bytes in the place of what it holds."""
        self.type, self.size = original.type, len(original.content)
        self.width, self.height = original.width, original.height
        self.renditions = [
            Rendition.of(ORIGINAL, original),
            *(Rendition.of(VARIANT, variant) for variant in variants),
            *([Rendition.of(STILL, still)] if still else []),
        ]
        self.hash = self.renditions[0].hash


class Rendition(Base):
    """A file in one size and format."""

    __tablename__ = "media_rendition"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("media_file.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))
    type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    hash: Mapped[str] = mapped_column(String(16))

    file: Mapped[MediaFile] = relationship(back_populates="renditions")
    pieces: Mapped[list["Piece"]] = relationship(cascade="all, delete-orphan", passive_deletes=True, lazy="raise")

    @classmethod
    def of(cls, purpose: str, encoded: Encoded) -> "Rendition":
        """What is kept of *encoded*."""
        content = encoded.content
        return cls(
            purpose=purpose,
            type=encoded.type,
            size=len(content),
            width=encoded.width,
            height=encoded.height,
            hash=hashlib.sha256(content).hexdigest()[:16],
            pieces=[
                Piece(number=number, content=content[start : start + PIECE_BYTES])
                for number, start in enumerate(range(0, len(content), PIECE_BYTES))
            ],
        )


class Piece(Base):
    """A part of a rendition's bytes, PIECE_BYTES long but for the last."""

    __tablename__ = "media_piece"

    rendition_id: Mapped[int] = mapped_column(ForeignKey("media_rendition.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Use(Base):
    """That a post's text shows a file, or links to it."""

    __tablename__ = "media_use"

    file_id: Mapped[int] = mapped_column(ForeignKey("media_file.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, index=True)
