"""What is kept of an import: what its author should know of a draft that came from a file."""

import json
from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from blueprints.core.db import Base, UTCDateTime, now


class ImportReport(Base):
    """What could not be kept of the file that a draft was made of; until somebody has read it."""

    __tablename__ = "import_report"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # [[what, where], …] in JSON: it is only ever shown whole.
    remarks_json: Mapped[str] = mapped_column(Text)

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """(what, where and how often), in the order in which they were met."""
        return [(what, where) for what, where in json.loads(self.remarks_json)]

    def keep(self, remarks: list[tuple[str, str]]) -> None:
        """Set what there is to know."""
        self.remarks_json = json.dumps(remarks, ensure_ascii=False)
