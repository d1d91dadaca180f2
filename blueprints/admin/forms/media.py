"""Files for the library, and what is said of one."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, ValidationError

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.media.intake import LONGEST_ALT, MOST_FILES
from blueprints.media.models import MediaFile

CAPTION, CREDIT, TITLE = 1000, 300, 200


class UploadForm(FlaskForm):
    """Several files at once; what each of them is, is found out one by one."""

    files = MultipleFileField("Files")

    @property
    def sent(self) -> list[FileStorage]:
        """The files that came."""
        return [file for file in self.files.data or () if isinstance(file, FileStorage) and file.filename]

    def validate_files(self, field: MultipleFileField) -> None:
        """At least one, and not too many."""
        if not self.sent:
            raise ValidationError("Choose a file first.")
        if len(self.sent) > MOST_FILES:
            raise ValidationError(f"These are {len(self.sent)} files; at most {MOST_FILES} go at once.")


class ReplaceForm(FlaskForm):
    """Another file in the place of one."""

    file = FileField("The new file")

    def validate_file(self, field: FileField) -> None:
        """There is one."""
        if not field.data:
            raise ValidationError("Choose a file first.")


class MediaForm(FlaskForm):
    """What is said of a file."""

    title = LineField("Title", [Required("Give it a title, to find it by."), AtMost(TITLE), storable])
    alt = TextField("Alternative text", [AtMost(LONGEST_ALT), storable], render_kw={"rows": 2, "dir": "auto"})
    is_decorative = BooleanField("It is decoration: whoever does not see it misses nothing")
    caption = TextField("Caption", [AtMost(CAPTION), storable], render_kw={"rows": 2, "dir": "auto"})
    credit = LineField("Credit", [AtMost(CREDIT), storable], render_kw={"dir": "auto"})

    def validate_is_decorative(self, field: BooleanField) -> None:
        """Decoration says nothing."""
        if field.data and self.alt.data:
            raise ValidationError("It has an alternative text above. Take that away, or this.")

    @staticmethod
    def values_of(file: MediaFile) -> dict[str, Any]:
        """What the form of *file* starts with."""
        names = ("title", "alt", "is_decorative", "caption", "credit")
        return {name: getattr(file, name) for name in names}

    def put_into(self, file: MediaFile) -> bool:
        """Let *file* say this; whether readers see a difference."""
        before = (file.alt, file.is_decorative, file.caption, file.credit)
        file.title = str(self.title.data)
        file.alt, file.is_decorative = " ".join((self.alt.data or "").split()), bool(self.is_decorative.data)
        file.caption, file.credit = " ".join((self.caption.data or "").split()), self.credit.data or ""
        return before != (file.alt, file.is_decorative, file.caption, file.credit)
