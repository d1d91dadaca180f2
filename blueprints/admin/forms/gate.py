"""What an editor asks of every post before it is published."""

from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.posts.gate import OFF, REFUSE, RULES, WARN

CHOICES = ((OFF, "Not asked for"), (WARN, "Said"), (REFUSE, "Needed"))


class GateForm(FlaskForm):
    """One choice a rule."""


for name, (label, _usual) in RULES.items():
    setattr(GateForm, name, RadioField(label, choices=[SelectChoice(value, words) for value, words in CHOICES]))
