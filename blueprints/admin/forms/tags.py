"""A tag as editors describe it, and what becomes of one that says the same as another."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.core.fields import AtMost, LineField, Required, TextField, storable
from blueprints.core.slugs import MAX_SLUG, slugify
from blueprints.posts.tags import Tag


class TagForm(FlaskForm):
    """What readers see of a tag."""

    name = LineField(
        "Name",
        [Required("Give it a name."), AtMost(MAX_SLUG), storable],
        render_kw={"dir": "auto", "autocomplete": "off"},
    )
    slug = LineField("Slug", [AtMost(200), storable], render_kw={"spellcheck": "false", "autocapitalize": "off"})
    description = TextField("Description", [AtMost(2000), storable], render_kw={"rows": 4, "dir": "auto"})

    def validate_name(self, field: LineField) -> None:
        """A name that can be typed into a post and stand in an address."""
        if not slugify(field.data or "") and not self.slug.data:
            raise ValidationError("A name needs at least one letter or digit.")

    def validate_slug(self, field: LineField) -> None:
        """A slug that can stand in an address, whatever script it is in; an imported one stays as it came."""
        if field.data and field.data != field.object_data:
            field.data = slugify(field.data)
        field.data = field.data or slugify(self.name.data or "")
        if not field.data:
            raise ValidationError("A slug needs at least one letter or digit.")


class MergeForm(FlaskForm):
    """The tag into which another is merged."""

    into = SelectField("Merge it into")

    def __init__(self, *, tags: Sequence[Tag]) -> None:
        super().__init__()
        self.into.choices = [SelectChoice("", "—"), *(SelectChoice(str(tag.id), tag.name) for tag in tags)]

    def validate_into(self, field: SelectField) -> None:
        """Another tag."""
        if not field.data:
            raise ValidationError("Choose the tag that stays.")
