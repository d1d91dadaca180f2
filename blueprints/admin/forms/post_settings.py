"""How a post is shown, beside what it says."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import NumberRange, Optional

from blueprints.admin.forms.site import language_tag
from blueprints.core.fields import AtMost, LineField, TextField, storable, web_address
from blueprints.core.site import HOLD_ALL, HOLD_NEW, HOLD_NONE
from blueprints.posts.models import FEATURED, PINNED, Post
from blueprints.posts.series import Series

NEW = "new"
# Nobody counts further, and every database holds it.
MOST_PARTS = 10_000


def picture_address(_form: FlaskForm, field: LineField) -> None:
    """A path of this site or a web address."""
    if field.data and not field.data.startswith("/"):
        web_address(_form, field)
    elif field.data and (field.data.startswith("//") or any(sign.isspace() for sign in field.data)):
        raise ValidationError("A path on this site begins with one slash and has no spaces, like /media/1-map.jpg.")


class PostSettingsForm(FlaskForm):
    """Language, series, place on the front page, comments, first publication, and the card that others draw of it."""

    language = LineField(
        "Language", [AtMost(35), storable, language_tag], render_kw={"spellcheck": "false", "autocapitalize": "off"}
    )
    series = SelectField("Series")
    new_series = LineField("Title of a new series", [AtMost(300), storable], render_kw={"dir": "auto"})
    series_number = IntegerField(
        "Number in the series",
        [Optional(), NumberRange(1, MOST_PARTS, f"Between 1 and {MOST_PARTS}.")],
        render_kw={"min": 1, "max": MOST_PARTS},
    )
    prominence = RadioField(
        "On the front page",
        choices=[
            SelectChoice("", "In its place by date"),
            SelectChoice(FEATURED, "Recommended by the editors, and in its place by date"),
            SelectChoice(PINNED, "Pinned to the top"),
        ],
    )
    hold = RadioField(
        "Comments that wait for an editor",
        choices=[
            SelectChoice("", "As on the whole site"),
            SelectChoice(HOLD_NEW, "First comments"),
            SelectChoice(HOLD_ALL, "All comments"),
            SelectChoice(HOLD_NONE, "None but those with three or more links"),
        ],
    )
    closes_on = DateField("Last day for comments", [Optional()])
    first_in = LineField("First published in", [AtMost(300), storable], render_kw={"dir": "auto"})
    canonical_url = LineField(
        "Address there", [AtMost(1000), storable, web_address], render_kw={"inputmode": "url", "spellcheck": "false"}
    )
    card_title = LineField("Title on the card", [AtMost(300), storable], render_kw={"dir": "auto"})
    card_text = TextField("Words on the card", [AtMost(500), storable], render_kw={"rows": 3, "dir": "auto"})
    card_image = LineField("Picture on the card", [AtMost(1000), storable, picture_address])

    def __init__(self, *, series: Sequence[Series], may_place: bool, **options: Any) -> None:
        super().__init__(**options)
        self.series.choices = [
            SelectChoice("", "None"),
            *(SelectChoice(str(each.id), each.title) for each in series),
            SelectChoice(NEW, "A new one:"),
        ]
        if not may_place:
            del self.prominence

    @property
    def begins_series(self) -> bool:
        """Whether it is the first of a new series: chosen so, or a title was written and no other series chosen."""
        return self.series.data == NEW or bool(self.new_series.data and not self.series.data)

    def validate_new_series(self, field: LineField) -> None:
        """A new series has a title, and a title no other series."""
        if self.series.data == NEW and not field.data:
            raise ValidationError("Give the new series a title.")
        if field.data and not self.begins_series:
            raise ValidationError("Another series is chosen above. Choose “A new one:” there, or take this title away.")

    def closing_time(self, zone: tzinfo) -> datetime | None:
        """When the discussion closes: at the end of its last day."""
        day = self.closes_on.data
        return datetime.combine(day + timedelta(days=1), time(), zone) if day else None

    @staticmethod
    def values_of(post: Post, zone: tzinfo) -> dict[str, Any]:
        """What the form of *post* starts with."""
        names = ("language", "series_number", "prominence", "hold", "first_in", "canonical_url")
        closes = (post.closes_at - timedelta(seconds=1)).astimezone(zone).date() if post.closes_at else None
        return {
            **{name: getattr(post, name) for name in (*names, "card_title", "card_text", "card_image")},
            "series": str(post.series_id or ""),
            "closes_on": closes,
        }
