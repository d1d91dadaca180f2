"""What an editor decides while the site runs."""

import re

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.core.site import HOLD_ALL, HOLD_NEW, HOLD_NONE

DISCLAIMER, RULES = 1000, 5000
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")


def language_tag(_form: FlaskForm, field: LineField) -> None:
    """The shape of a language tag (BCP 47), where there is one."""
    if field.data and not _LANGUAGE.match(field.data):
        raise ValidationError("This is not a language tag. It reads like en, de-AT or zh-Hans.")


class SiteForm(FlaskForm):
    """What an editor decides while the site runs."""

    name = LineField("Name of the publication", [Required("Give the publication a name."), AtMost(120), storable])
    standfirst = LineField("Standfirst", [AtMost(300), storable], render_kw={"dir": "auto"})
    disclaimer = TextField("Disclaimer", [AtMost(DISCLAIMER), storable], render_kw={"rows": 4, "dir": "auto"})
    language = LineField(
        "Language",
        [Required("Name the language, like en or zh-Hans."), AtMost(35), storable, language_tag],
        render_kw={"size": 12},
    )
    hold = RadioField(
        "Comments that wait for an editor",
        choices=[
            SelectChoice(
                HOLD_NEW, "First comments. Whoever was let through once, in the same browser, appears at once."
            ),
            SelectChoice(HOLD_ALL, "All comments. Nothing from a reader appears before an editor has read it."),
            SelectChoice(HOLD_NONE, "None but those with three or more links. Everything else appears at once."),
        ],
    )

    authors_moderate = BooleanField("Authors look after the comments below their own posts")
    rules = TextField("House rules", [AtMost(RULES), storable], render_kw={"rows": 6, "dir": "auto"})
    takes_marks = BooleanField("Readers can mark a comment as worth reading")
    shows_faces = BooleanField("A small picture stands beside each name")
    passages_open = BooleanField("Readers can answer a passage of a post; its text shows where")
