"""A file that becomes a draft."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

ACCEPT, REFUSE = "accept", "refuse"
TAKEN = ".docx,.docm,.md,.markdown,.txt,.html,.htm"


class ImportForm(FlaskForm):
    """A Word, Markdown or HTML file."""

    file = FileField("File", render_kw={"accept": TAKEN, "required": True})
    changes = RadioField(
        "Tracked changes in a Word file",
        choices=[
            SelectChoice(ACCEPT, "Accept them: the text as it was to become"),
            SelectChoice(REFUSE, "Refuse them: the text as it was before"),
        ],
        default=ACCEPT,
    )

    def validate_file(self, field: FileField) -> None:
        """There is one."""
        if not field.data or not field.data.filename:
            raise ValidationError("Choose a file first.")
