"""Which deeds the audit shows."""

import re
from typing import Any

from wtforms import DateField, Form, SelectField, ValidationError
from wtforms.validators import Optional

# A noun is stored with the word that leads to a name: "note on".
_ALONE = re.compile(r" (below|of|for|to|on)\Z")
_WRONG = "This is not a day. It reads like 2026-11-09."


class DayField(DateField):
    """A day that may be left open."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The day that was sent; nothing where none was."""
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError as error:
            raise ValueError(_WRONG) from error


class AuditForm(Form):
    """Who, what, and from which day to which; sent by GET, so that a view of it has an address."""

    who = SelectField("Who")
    kind = SelectField("What")
    since = DayField("From", [Optional()])
    until = DayField("To", [Optional()])

    def __init__(self, *args: Any, actors: list[tuple[str, str]], kinds: list[tuple[str, str]]) -> None:
        super().__init__(*args)
        self.who.choices = [("", "Everybody"), *actors]
        self.kind.choices = [
            ("", "Everything"),
            *((value, _ALONE.sub("", name).capitalize()) for value, name in kinds),
        ]
        self.who.data, self.kind.data = self.who.data or "", self.kind.data or ""

    def validate_until(self, field: DateField) -> None:
        """Not before it begins."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("This day is before the first one.")
