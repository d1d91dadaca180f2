"""Somebody who writes here."""

from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, ValidationError

from blueprints.accounts.models import Person
from blueprints.core import pictures
from blueprints.core.fields import AtMost, LineField, Required, TextField, readable_name, storable

BIO, DISCLAIMER = 20_000, 1000
MOST_LINKS = 20


class PersonForm(FlaskForm):
    """Somebody who writes here."""

    name = LineField(
        "Name", [Required("Give the name as it stands in a byline."), AtMost(120), storable, readable_name]
    )
    affiliation = LineField("Affiliation", [AtMost(200), storable], render_kw={"dir": "auto"})
    bio = TextField("About", [AtMost(BIO), storable], render_kw={"rows": 6, "dir": "auto"})
    portrait = FileField("Portrait", render_kw={"accept": "image/jpeg,image/png,image/webp,image/gif"})
    without_portrait = BooleanField("Take the portrait away")
    links = TextField("Links", [AtMost(8000), storable], render_kw={"rows": 4, "spellcheck": "false"})
    disclaimer = TextField("Disclaimer", [AtMost(DISCLAIMER), storable], render_kw={"rows": 3, "dir": "auto"})

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
            "affiliation": person.affiliation,
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
