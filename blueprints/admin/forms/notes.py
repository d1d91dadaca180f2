"""A note at the desk, and a private link."""

from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.editorial.links import DAYS, USUAL_DAYS
from blueprints.editorial.notes import LONGEST

PASSAGE = 1000


class NoteForm(FlaskForm):
    """A note on a text, or an answer to one."""

    passage = TextField("The words it is about", [AtMost(PASSAGE), storable], render_kw={"rows": 2, "dir": "auto"})
    passage_before = LineField("", [AtMost(200), storable])
    text = TextField(
        "Note", [Required("Write the note."), AtMost(LONGEST), storable], render_kw={"rows": 4, "dir": "auto"}
    )


class LinkForm(FlaskForm):
    """A private link."""

    label = LineField("For whom", [AtMost(120), storable], render_kw={"dir": "auto"})
    days = SelectField(
        "Good for",
        choices=[SelectChoice(str(days), f"{days} day{'' if days == 1 else 's'}") for days in DAYS],
        default=str(USUAL_DAYS),
    )
