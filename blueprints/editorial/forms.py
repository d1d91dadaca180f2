"""What guests and readers write about a text."""

from wtforms import Form

from blueprints.comments.forms import NAME
from blueprints.core.fields import AtMost, EmailField, LineField, Required, TextField, readable_name, storable
from blueprints.editorial.notes import LONGEST

PASSAGE = 1000


class _AboutText(Form):
    """Something about a text, or about a passage of it; people leave the field `website` empty, machines do not."""

    passage = TextField("The sentence it is about", [AtMost(PASSAGE), storable], render_kw={"rows": 2, "dir": "auto"})
    passage_before = LineField("", [AtMost(200), storable])
    website = LineField("Leave this empty", render_kw={"autocomplete": "off", "tabindex": "-1"})

    @property
    def is_trapped(self) -> bool:
        """Whether a machine has filled in what nobody sees."""
        return bool(self.website.data)


class GuestNoteForm(_AboutText):
    """A note by whoever has a private link."""

    name = LineField(
        "Your name", [Required("Say who you are."), AtMost(NAME), storable, readable_name], render_kw={"dir": "auto"}
    )
    text = TextField(
        "Your note", [Required("Write the note."), AtMost(LONGEST), storable], render_kw={"rows": 4, "dir": "auto"}
    )


class ErrorForm(_AboutText):
    """A reader's report of an error."""

    text = TextField(
        "What is wrong?",
        [Required("Say what is wrong, and what would be right."), AtMost(LONGEST), storable],
        render_kw={"rows": 4, "dir": "auto"},
    )
    email = EmailField("Your e-mail address, if you want to be told what came of it")
