"""What an editor decides while the site runs."""

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.core import appearance
from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.core.pictures import PictureError
from blueprints.core.site import HOLD_ALL, HOLD_NEW, HOLD_NONE, Site

DISCLAIMER, RULES = 1000, 5000
_COLOUR = re.compile(r"#?(?:[0-9a-f]{3}|[0-9a-f]{6})\Z", re.IGNORECASE)
_PICTURES = {"accept": "image/jpeg,image/png,image/webp,image/gif"}
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
    time_zone = LineField(
        "Time zone",
        [Required("Name the time zone, like Europe/Vienna."), AtMost(64), storable],
        render_kw={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"},
    )
    accent = LineField("Accent colour", [AtMost(7), storable], render_kw={"size": 9, "spellcheck": "false"})
    logo_file = FileField("Logo", render_kw=_PICTURES)
    logo_alt = LineField("What the logo shows", [AtMost(200), storable], render_kw={"dir": "auto"})
    without_logo = BooleanField("Take the logo away")
    banner_file = FileField("Header picture", render_kw=_PICTURES)
    banner_alt = LineField("What the header picture shows", [AtMost(200), storable], render_kw={"dir": "auto"})
    without_banner = BooleanField("Take the header picture away")
    is_listed = BooleanField("Search engines may list this site")
    feeds_models = BooleanField("Crawlers that collect texts for training language models may take it")
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
    needs_second_factor = BooleanField("Editors and administrators need a second step to sign in: an app or a passkey")
    rules = TextField("House rules", [AtMost(RULES), storable], render_kw={"rows": 6, "dir": "auto"})
    takes_marks = BooleanField("Readers can mark a comment as worth reading")
    shows_faces = BooleanField("A small picture stands beside each name")
    passages_open = BooleanField("Readers can answer a passage of a post; its text shows where")

    def validate_time_zone(self, field: LineField) -> None:
        """A zone of the IANA database."""
        if field.data not in time_zones():
            raise ValidationError("There is no such time zone. It reads like Europe/Vienna or Asia/Shanghai.")

    def validate_accent(self, field: LineField) -> None:
        """A colour in hexadecimal digits, or nothing; kept in the long form."""
        typed = (field.data or "").lower()
        if not typed:
            return
        if not _COLOUR.match(typed):
            raise ValidationError("This is no colour. It reads like #8c2f1b: a # and six digits from 0 to f.")
        digits = typed.removeprefix("#")
        field.data = "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))

    def validate_logo_file(self, field: FileField) -> None:
        """A picture that can be decoded; what is kept of it is made here."""
        self.logo = _emblem(field, appearance.LOGO)

    def validate_banner_file(self, field: FileField) -> None:
        """A picture that can be decoded; what is kept of it is made here."""
        self.banner = _emblem(field, appearance.BANNER)

    @staticmethod
    def values_of(site: Site) -> dict[str, Any]:
        """What the form starts with."""
        return {
            **{column.key: getattr(site, column.key) for column in Site.__table__.columns},
            "time_zone": site.zone.key,
        }

    @property
    def tones(self) -> appearance.Tones | None:
        """What the accent colour becomes in both themes, where it is one."""
        accent = self.accent.data or ""
        return appearance.tones(accent) if len(accent) == 7 and _COLOUR.match(accent) else None


@cache
def time_zones() -> tuple[str, ...]:
    """The names of the zones that people set their clocks by."""
    ours = (name for name in available_timezones() if "/" in name)
    return ("UTC", *sorted(name for name in ours if not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))))


def _emblem(field: FileField, largest: tuple[int, int]) -> tuple[bytes, tuple[int, int]] | None:
    if not field.data:
        return None
    try:
        return appearance.emblem(field.data.read(), largest)
    except PictureError as error:
        raise ValidationError(str(error)) from error
