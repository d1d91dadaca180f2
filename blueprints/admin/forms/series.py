"""A series as editors describe it."""

from flask_wtf import FlaskForm
from wtforms import ValidationError

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.core.slugs import slugify


class SeriesForm(FlaskForm):
    """What readers see of a series."""

    title = LineField("Title", [Required("Give it a title."), AtMost(300), storable], render_kw={"dir": "auto"})
    slug = LineField("Slug", [AtMost(200), storable], render_kw={"spellcheck": "false", "autocapitalize": "off"})
    description = TextField("Description", [AtMost(2000), storable], render_kw={"rows": 4, "dir": "auto"})

    def validate_slug(self, field: LineField) -> None:
        """A slug that can stand in an address, whatever script it is in."""
        field.data = slugify(field.data or self.title.data or "")
        if not field.data:
            raise ValidationError("A slug needs at least one letter or digit.")
