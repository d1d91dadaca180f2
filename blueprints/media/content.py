"""The bytes of a rendition as a file that can be read and searched in, a piece at a time."""

import io

from sqlalchemy import Engine, bindparam, select

from blueprints.core.db import db
from blueprints.media.models import PIECE_BYTES, Piece, Rendition

_PIECE = select(Piece.content).where(
    Piece.rendition_id == bindparam("rendition_id"), Piece.number == bindparam("number")
)


class Content(io.RawIOBase):
    """What a rendition holds; each piece is read in a short transaction of its own, when its turn has come.

    A slow reader therefore pins neither a snapshot nor the memory for more than a piece.
    """

    def __init__(self, rendition: Rendition, engine: Engine | None = None) -> None:
        self.rendition_id, self.size, self.at = rendition.id, rendition.size, 0
        self.engine = engine or db.engine
        self.number, self.piece = -1, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: a part of it may be all that is asked for."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on at *offset*."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, start + offset)
        return self.at

    def tell(self) -> int:
        """Where it goes on."""
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes, up to the end of a piece; raises OSError where they are gone: the file was replaced."""
        if self.at >= self.size:
            return 0
        number, start = divmod(self.at, PIECE_BYTES)
        if number != self.number:
            with self.engine.connect() as connection:
                found = connection.scalar(_PIECE, {"rendition_id": self.rendition_id, "number": number})
            if found is None:
                raise OSError("the file was replaced or deleted while it was sent")
            self.number, self.piece = number, found
        part = self.piece[start : start + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)
