"""Form fields whose rules hold on the server whatever the browser checked."""

import re
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from wtforms import Field, StringField, TextAreaField, ValidationError
from wtforms import Form as PlainForm
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.widgets import DateTimeLocalInput

from blueprints.core import site

EMAIL = 254  # RFC 5321, 4.5.3.1.3: what fits into the path of a letter, without its brackets
# C0 controls but tab, newline, return; C1 controls; lone surrogates; noncharacters of the BMP.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks that turn the direction of the text after them: a name could reverse the line it stands in.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class BoundOnce(DefaultMeta):
    """The `Meta` of a form that is often sent: its fields are bound once, and each form has copies of them.

    They share their labels, flags and rules, which nothing changes; a form is made in half the time.
    """

    bound: ClassVar[dict[Any, Any]] = {}

    def bind_field(self, form: BaseForm, unbound_field: Any, options: MutableMapping[str, Any]) -> Any:
        """The field as this form's own."""
        first = self.bound.get(unbound_field)
        if first is None:
            first = self.bound[unbound_field] = super().bind_field(form, unbound_field, options)
            vars(first)["_form"] = None  # nobody's words are kept
        field = object.__new__(type(first))
        vars(field).update(vars(first), _form=form, meta=self)
        return field


class LineField(StringField):
    """One line of text, trimmed, inner runs of white space made one space."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data:
            self.data = " ".join(str(self.data).split())


class EmailField(LineField):
    """An e-mail address. *missing* is what is said where there is none; without it, there need not be one.

    Not type=email: browsers refuse addresses in other scripts, and we take them.
    """

    def __init__(self, label: str, missing: str = "", *, autocomplete: str = "email", **options: Any) -> None:
        rules = [AtMost(EMAIL), storable, email_address]
        hints = {"autocomplete": autocomplete, "inputmode": "email", "spellcheck": "false"}
        super().__init__(label, [Required(missing), *rules] if missing else rules, render_kw=hints, **options)


class TextField(TextAreaField):
    """Text of many lines, with line ends as newlines and no white space at the end."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data:
            self.data = str(self.data).replace("\r\n", "\n").replace("\r", "\n").rstrip()


class MomentField(StringField):
    """A minute on the site's own clock, as `<input type="datetime-local">` has it; `moment` is that minute in UTC."""

    widget = DateTimeLocalInput()
    moment: datetime | None = None

    def _value(self) -> str:
        data: Any = self.data
        if isinstance(data, datetime):
            return f"{data.astimezone(site.zone()):%Y-%m-%dT%H:%M}"
        return str(data or "")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Whatever was typed stays in the field, and only what is a minute becomes one."""
        if not valuelist or not valuelist[0]:
            self.data = None
            return
        self.data = str(valuelist[0])
        try:
            read = datetime.fromisoformat(self.data)
        except ValueError:
            raise ValueError("This is not a date with a time. It reads like 2026-11-28T09:00.") from None
        zone = site.zone()
        read = read.replace(tzinfo=zone, second=0, microsecond=0)
        if read.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != read.replace(tzinfo=None):
            raise ValueError("There is no such minute: the clocks go forward over it that day.")
        try:
            self.moment = read.astimezone(UTC)
        except OverflowError:
            raise ValueError("No calendar goes that far.") from None


class Required:
    """The field is not empty; *message* says what is missing."""

    field_flags = {"required": True}  # noqa: RUF012 - the form WTForms reads

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: PlainForm, field: Field) -> None:
        if not (field.data and str(field.data).strip()):
            raise ValidationError(self.message)


class AtMost:
    """At most *limit* characters; says how many there are."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, form: PlainForm, field: Field) -> None:
        length = len(field.data or "")
        if length > self.limit:
            raise ValidationError(
                f"This is {length:,} characters long; at most {self.limit:,} fit. Nothing has been cut."
            )


def storable(form: PlainForm, field: Field) -> None:
    """No character that a database, a feed or a mail cannot hold; one value, not a list of them."""
    if field.raw_data and len(field.raw_data) > 1:
        raise ValidationError("This was sent more than once.")
    if field.data and (found := _UNSTORABLE.search(str(field.data))):
        raise ValidationError(
            f"The character U+{ord(found[0]):04X} cannot be stored. Remove it; it is invisible, "
            f"after “{str(field.data)[max(0, found.start() - 12) : found.start()]}”."
        )


def readable_name(form: PlainForm, field: Field) -> None:
    """A name has something to see in it, and nothing that turns the line around."""
    if field.data and _BIDI_CONTROLS.search(field.data):
        raise ValidationError("The name holds an invisible mark that changes the direction of writing.")
    if field.data and not any(character.isprintable() and not character.isspace() for character in field.data):
        raise ValidationError("The name has nothing that can be seen.")


def email_address(form: PlainForm, field: Field) -> None:
    """The shape of an address, by the rules of RFC 5321 and 6531, unless a fault is told already."""
    if field.data and not field.errors and (fault := _fault_of(field.data)):
        raise ValidationError(f"This is not an e-mail address. {fault}")


@lru_cache(maxsize=1000)
def _fault_of(address: str) -> str:
    """What is wrong with *address*, or nothing. Who looks at a preview first or takes part for long brings it again."""
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error).replace("email", "e-mail")
    return ""


def web_address(form: PlainForm, field: Field) -> None:
    """An http or https address with a host; "example.org" gets its scheme."""
    if not field.data:
        return
    address = field.data if re.match(r"(?i)[a-z][a-z0-9+.-]*:", field.data) else f"https://{field.data}"
    try:
        parts = urlsplit(address)
        valid = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and " " not in address
        _ = parts.port
    except ValueError:
        valid = False
    if not valid:
        raise ValidationError("This is not a web address. It reads like https://example.org.")
    field.data = address
