"""The words of a reader's comment."""

from flask_wtf import FlaskForm
from wtforms import HiddenField

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable


class WordsForm(FlaskForm):
    """The words of a reader's comment, and why an editor changes them."""

    text = TextField(
        "Text", [Required("Write what it says."), AtMost(20_000), storable], render_kw={"rows": 10, "dir": "auto"}
    )
    reason = LineField(
        "Reason", [Required("Say why, in a few words."), AtMost(200), storable], render_kw={"dir": "auto"}
    )
    basis = HiddenField(validators=[storable])
