"""Somebody who writes here."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, FieldList, FormField, SelectField, ValidationError
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.accounts.affiliations import Affiliation, first_day, last_day
from blueprints.accounts.models import Person
from blueprints.accounts.orcid import read as read_orcid
from blueprints.core import pictures
from blueprints.core.fields import AtMost, LineField, Required, TextField, readable_name, storable
from blueprints.core.slugs import slugify

BIO, DISCLAIMER = 20_000, 1000
MOST_LINKS, MOST_AFFILIATIONS = 20, 40
_DATE = {"placeholder": "2019-03", "spellcheck": "false", "autocomplete": "off"}


class AffiliationForm(PlainForm):
    """One affiliation, with as much of its dates as is known."""

    institution = LineField("Institution", [AtMost(200), storable], render_kw={"dir": "auto"})
    position = LineField("Position", [AtMost(200), storable], render_kw={"dir": "auto"})
    since = LineField("From", [AtMost(10), storable], render_kw=_DATE)
    until = LineField("Until", [AtMost(10), storable], render_kw=_DATE)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the line."""
        return not any(self.data.values())

    def validate_institution(self, field: LineField) -> None:
        """A line with something in it names an institution."""
        if not field.data and not self.is_empty:
            raise ValidationError("Name the institution, or empty the whole line to remove it.")

    def validate_since(self, field: LineField) -> None:
        """A year, a month or a day."""
        _check_date(field)

    def validate_until(self, field: LineField) -> None:
        """A year, a month or a day, and not before the beginning."""
        _check_date(field)
        try:
            begins = first_day(self.since.data) if self.since.data else None
        except ValueError:  # said beside that field
            return
        if field.data and begins and last_day(field.data) < begins:
            raise ValidationError("It ends before it begins.")


def _check_date(field: LineField) -> None:
    if field.data:
        try:
            first_day(field.data)
        except ValueError as error:
            raise ValidationError("Write a year, a month or a day: 2019, 2019-03 or 2019-03-15.") from error


class PersonForm(FlaskForm):
    """Somebody who writes here."""

    name = LineField(
        "Name", [Required("Give the name as it stands in a byline."), AtMost(120), storable, readable_name]
    )
    sort_name = LineField("Sort name", [AtMost(160), storable, readable_name], render_kw={"dir": "auto"})
    slug = LineField("Slug", [AtMost(120), storable], render_kw={"spellcheck": "false", "autocapitalize": "off"})
    affiliations = FieldList(FormField(AffiliationForm), max_entries=MOST_AFFILIATIONS)
    restates = BooleanField("Change it on these posts as well")
    orcid = LineField("ORCID iD", [AtMost(60), storable], render_kw={"spellcheck": "false", "autocomplete": "off"})
    bio = TextField("About", [AtMost(BIO), storable], render_kw={"rows": 6, "dir": "auto"})
    portrait = FileField("Portrait", render_kw={"accept": "image/jpeg,image/png,image/webp,image/gif"})
    portrait_alt = LineField("What the portrait shows", [AtMost(300), storable], render_kw={"dir": "auto"})
    without_portrait = BooleanField("Take the portrait away")
    links = TextField("Links", [AtMost(8000), storable], render_kw={"rows": 4, "spellcheck": "false"})
    disclaimer = TextField("Disclaimer", [AtMost(DISCLAIMER), storable], render_kw={"rows": 3, "dir": "auto"})
    competing_interests = TextField(
        "Competing interests", [AtMost(DISCLAIMER), storable], render_kw={"rows": 3, "dir": "auto"}
    )

    def __init__(self, *, without: int | None = None, more: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.offer_room(without, more=more)

    def offer_room(self, without: int | None, *, more: bool) -> None:
        """A line an affiliation, but the one with the number *without*, and an empty one; one *more* than there was."""
        lines = [entry.data for number, entry in enumerate(self.affiliations) if number != without]
        empty = 1 + sum(not any(line.values()) for line in lines) if more else 1
        while self.affiliations.entries:
            self.affiliations.pop_entry()
        for line in [line for line in lines if any(line.values())][:MOST_AFFILIATIONS]:
            self.affiliations.append_entry(line)
        for _ in range(min(empty, MOST_AFFILIATIONS - len(self.affiliations))):
            self.affiliations.append_entry()

    @property
    def affiliation_list(self) -> list[Affiliation]:
        """The affiliations that were typed, in their order."""
        lines = [entry.data for entry in self.affiliations if any(entry.data.values())]
        return [
            Affiliation(
                place=place, **{name: line[name] or "" for name in ("institution", "position", "since", "until")}
            )
            for place, line in enumerate(lines)
        ]

    def validate_slug(self, field: LineField) -> None:
        """A slug can stand in an address, whatever script it is in."""
        if field.data and field.data != field.object_data:
            field.data = slugify(field.data)
            if not field.data:
                raise ValidationError(
                    "An address needs at least one letter or digit. Leave it empty to keep the old one."
                )

    def validate_orcid(self, field: LineField) -> None:
        """Sixteen digits of which the last fits the others."""
        if field.data:
            try:
                field.data = read_orcid(field.data)
            except ValueError as error:
                raise ValidationError(str(error)) from error

    def validate_portrait(self, field: FileField) -> None:
        """A picture that can be decoded; what is kept of it is made here."""
        self.picture: bytes | None = None
        if field.data:
            try:
                self.picture = pictures.portrait(field.data.read())
            except pictures.PictureError as error:
                raise ValidationError(str(error)) from error

    def validate_links(self, field: TextField) -> None:
        """One link a line, its address last."""
        lines = [line for line in (field.data or "").splitlines() if line.strip()]
        if len(lines) > MOST_LINKS:
            raise ValidationError(f"These are {len(lines)} links; at most {MOST_LINKS} fit.")
        for number, line in enumerate(lines, 1):
            if not _is_web_address(line.split()[-1]):
                raise ValidationError(f"Line {number} does not end in a web address like https://example.org.")

    @property
    def link_list(self) -> list[list[str]]:
        """Labels and addresses; an address without a label is its own."""
        pairs = []
        for line in (self.links.data or "").splitlines():
            if words := line.split():
                pairs.append([" ".join(words[:-1]) or words[-1].split("://", 1)[-1].rstrip("/"), words[-1]])
        return pairs

    @staticmethod
    def values_of(person: Person) -> dict[str, Any]:
        """What the form of *person* starts with."""
        return {
            "name": person.name,
            "sort_name": person.sort_name,
            "slug": person.slug,
            "orcid": person.orcid,
            "portrait_alt": person.portrait_alt,
            "competing_interests": person.competing_interests,
            "affiliations": [
                {name: getattr(each, name) for name in ("institution", "position", "since", "until")}
                for each in person.affiliations
            ],
            "bio": person.bio,
            "links": "\n".join(f"{label} {address}" for label, address in person.links or []),
            "disclaimer": person.disclaimer,
        }


def _is_web_address(text: str) -> bool:
    """Whether *text* is an http or https address as it stands."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class MergeForm(FlaskForm):
    """Into which record another one goes; those of the same name come first."""

    into = SelectField("Into", [Required("Choose the record that stays.")])

    def __init__(self, person: Person, people: Sequence[Person], **options: Any) -> None:
        super().__init__(**options)
        others = [each for each in people if each.id != person.id]
        others.sort(key=lambda each: each.skeleton != person.skeleton)
        named = [SelectChoice(str(each.id), f"{each.sort_name} · /authors/{each.slug}") for each in others]
        self.into.choices = [SelectChoice("", "—"), *named]
