"""A post as it is written."""

import re
from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList, HiddenField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.accounts.models import Account, Person
from blueprints.core.fields import AtMost, LineField, MomentField, TextField, storable
from blueprints.core.slugs import MAX_SLUG, slugify
from blueprints.posts.gate import Check
from blueprints.posts.models import HTML, SCHEDULED, Post

TITLE, STANDFIRST, BODY, DISCLAIMER, RULES = 300, 500, 1_000_000, 1000, 5000
CORRECTION, AFFILIATION, WITHDRAWN_NOTE, REASON = 1000, 300, 1000, 300
MOST_AUTHORS, MOST_TAGS = 50, 50
USUAL, OWN, NONE = "usual", "own", "none"
_TAG = re.compile(r'"([^"]*)"|([^,，"]+)')


def required_if_new(form: FlaskForm, field: Field) -> None:
    """A title, but where an imported post never had one."""
    if not field.data and not form.may_be_untitled:
        raise ValidationError("Give it a title; it can be changed later.")


class PostForm(FlaskForm):
    """A post as it is written: everything but its state."""

    title = LineField("Title", [required_if_new, AtMost(TITLE), storable], render_kw={"dir": "auto"})
    slug = LineField("Slug", [AtMost(200), storable], render_kw={"spellcheck": "false", "autocapitalize": "off"})
    standfirst = TextField("Standfirst", [AtMost(STANDFIRST), storable], render_kw={"rows": 3, "dir": "auto"})
    body = TextField("Text", [AtMost(BODY), storable], render_kw={"rows": 24, "dir": "auto"})
    authors = FieldList(SelectField("Author"), max_entries=MOST_AUTHORS)
    # Beside each of them, what this post alone says of where they work.
    affiliations = FieldList(
        LineField("Affiliation", [AtMost(AFFILIATION), storable], render_kw={"dir": "auto"}), max_entries=MOST_AUTHORS
    )
    tags = LineField(
        "Tags", [AtMost(2000), storable], render_kw={"list": "tag-names", "autocomplete": "off", "dir": "auto"}
    )
    disclaimer_kind = RadioField(
        "Disclaimer",
        choices=[
            SelectChoice(USUAL, "The usual one: the authors’, else the site’s"),
            SelectChoice(OWN, "One of its own:"),
            SelectChoice(NONE, "None"),
        ],
        default=USUAL,
    )
    disclaimer = TextField("Its own disclaimer", [AtMost(DISCLAIMER), storable], render_kw={"rows": 3, "dir": "auto"})
    interests_kind = RadioField(
        "Competing interests",
        choices=[
            SelectChoice(USUAL, "What its authors declare on their own pages"),
            SelectChoice(OWN, "Of this post:"),
            SelectChoice(NONE, "“None declared”"),
        ],
        default=USUAL,
    )
    competing_interests = TextField(
        "Competing interests of this post", [AtMost(DISCLAIMER), storable], render_kw={"rows": 2, "dir": "auto"}
    )
    funding = TextField("Funding", [AtMost(DISCLAIMER), storable], render_kw={"rows": 2, "dir": "auto"})
    comments_open = BooleanField("Comments are open")
    closed_because = LineField("Why they are closed", [AtMost(300), storable], render_kw={"dir": "auto"})
    rules = TextField("Rules of this discussion", [AtMost(RULES), storable], render_kw={"rows": 4, "dir": "auto"})
    passages_open = BooleanField("Readers can answer a passage of the text")
    updated = BooleanField("Mark as updated today")
    correction = TextField("Correction", [AtMost(CORRECTION), storable], render_kw={"rows": 2, "dir": "auto"})
    override = LineField("Publish it all the same, because", [AtMost(REASON), storable], render_kw={"dir": "auto"})
    publish_at = MomentField("When it appears")
    withdrawn_note = TextField(
        "What its readers are told", [AtMost(WITHDRAWN_NOTE), storable], render_kw={"rows": 2, "dir": "auto"}
    )
    was = HiddenField(validators=[AtMost(64), storable])
    # What it was opened with: the number of the version, and in JSON the values of the fields that no version keeps.
    version = HiddenField(validators=[AtMost(9), storable])
    base = HiddenField(validators=[AtMost(200_000), storable])

    def __init__(self, *, people: Sequence[Person], keeps: Account, post: Post | None = None, **options: Any) -> None:
        self.people = {str(person.id): person for person in people}
        self.keeps, self.post = keeps, post
        # What the gate has against publishing it as it is.
        self.refused: list[Check] = []
        self.may_be_untitled = post is not None and not post.title and post.source is not None
        self.format = post.body_format if post else "markdown"
        super().__init__(**options)
        self.offer_room()

    @property
    def is_html(self) -> bool:
        """Whether the text is HTML, as an import brought it."""
        return self.format == HTML

    def offer_room(self) -> None:
        """One line a named author, and one more to choose another in."""
        own = [line.data or "" for line in self.affiliations] + [""] * len(self.authors)
        named: dict[str, str] = {}
        for entry, affiliation in zip(self.authors, own, strict=False):
            if entry.data:
                named.setdefault(str(entry.data), affiliation)
        for lines in (self.authors, self.affiliations):
            while lines.entries:
                lines.pop_entry()
        for number, (choice, affiliation) in enumerate([*named.items(), ("", "")][:MOST_AUTHORS]):
            entry = self.authors.append_entry(choice)
            self.affiliations.append_entry(affiliation).label.text = f"Affiliation of the {_ordinal(number + 1)} author"
            entry.choices = [
                SelectChoice("", "—"),
                *(SelectChoice(key, person.sort_name) for key, person in self.people.items()),
            ]
            entry.label.text = f"{_ordinal(number + 1)} author"

    @property
    def named(self) -> list[Person]:
        """The people that were chosen, in their order."""
        return [self.people[str(entry.data)] for entry in self.authors if str(entry.data) in self.people]

    @property
    def own_affiliations(self) -> list[str]:
        """What stands beside their names on this post alone; "" where that is what was theirs at the time."""
        pairs = zip(self.authors, self.affiliations, strict=True)
        return [line.data or "" for entry, line in pairs if str(entry.data) in self.people]

    @property
    def tag_list(self) -> list[str]:
        """The tags that were typed, each once."""
        found: dict[str, str] = {}
        for quoted, plain in _TAG.findall(self.tags.data or ""):
            name = " ".join((quoted or plain).split())
            if name:
                found.setdefault(slugify(name) or name, name)
        return list(found.values())

    @property
    def own_disclaimer(self) -> str | None:
        """What `Post.disclaimer` holds: None for the usual one, "" for none."""
        return {OWN: self.disclaimer.data or "", NONE: ""}.get(self.disclaimer_kind.data)

    @property
    def own_interests(self) -> str | None:
        """What `Post.competing_interests` holds: None for what the authors declare, "" for none."""
        return {OWN: self.competing_interests.data or "", NONE: ""}.get(self.interests_kind.data)

    def validate_slug(self, field: LineField) -> None:
        """A slug that was typed can stand in an address, whatever script it is in."""
        if field.data and field.data != field.object_data:
            field.data = slugify(field.data)
            if not field.data:
                raise ValidationError("A slug needs at least one letter or digit. Leave it empty to have one made.")

    def validate_authors(self, field: "FieldList[SelectField]") -> None:
        """Only people who exist; and authors do not lose their own post."""
        if any(entry.data and str(entry.data) not in self.people for entry in field):
            raise ValidationError("One of these people does not exist any more.")
        if not self.keeps.is_editor and self.keeps.person_id not in [person.id for person in self.named]:
            raise ValidationError(
                "Keep your own name among the authors: without it you could not open this post again. "
                "An editor can take you off."
            )

    def validate_tags(self, field: LineField) -> None:
        """Tags that can stand in an address, and not too many."""
        names = self.tag_list
        if len(names) > MOST_TAGS:
            raise ValidationError(f"These are {len(names)} tags; at most {MOST_TAGS} fit.")
        for name in names:
            if not slugify(name):
                raise ValidationError(f"The tag “{name}” has neither letter nor digit.")
            if len(name) > MAX_SLUG:
                raise ValidationError(f"The tag “{name[:40]}…” is longer than {MAX_SLUG} characters.")

    def validate_disclaimer(self, field: TextField) -> None:
        """A disclaimer of its own has words, and words are not dropped because of the choice above them."""
        if self.disclaimer_kind.data == OWN and not field.data:
            raise ValidationError("Write the disclaimer, or choose one of the other two.")
        if self.disclaimer_kind.data != OWN and _is_new(field):
            raise ValidationError("Choose “One of its own:” for these words to count, or take them away.")

    def validate_competing_interests(self, field: TextField) -> None:
        """Competing interests of its own have words, and words are not dropped because of the choice above them."""
        if self.interests_kind.data == OWN and not field.data:
            raise ValidationError("Write what they are, or choose one of the other two.")
        if self.interests_kind.data != OWN and _is_new(field):
            raise ValidationError("Choose “Of this post:” for these words to count, or take them away.")

    @staticmethod
    def values_of(post: Post) -> dict[str, Any]:
        """What the form of *post* starts with."""
        kind, interests = (
            USUAL if text is None else OWN if text else NONE for text in (post.disclaimer, post.competing_interests)
        )
        return {
            "title": post.title,
            "slug": post.slug,
            "standfirst": post.standfirst,
            "body": post.body,
            "authors": [str(person.id) for person in post.authors],
            "affiliations": [byline.own_affiliation for byline in post.bylines],
            "tags": tags_text([tag.name for tag in post.tags]),
            "disclaimer_kind": kind,
            "disclaimer": post.disclaimer or "",
            "interests_kind": interests,
            "competing_interests": post.competing_interests or "",
            "funding": post.funding,
            "comments_open": post.comments_open,
            "closed_because": post.closed_because,
            "rules": post.rules,
            "passages_open": post.passages_open,
            "publish_at": post.published_at if post.stage == SCHEDULED else None,
            "withdrawn_note": post.withdrawn_note,
        }


def _is_new(field: TextField) -> bool:
    """Whether somebody wrote what is in *field*: it is not what was there before another choice was made."""
    return bool(field.data) and field.data != field.object_data


def tags_text(names: list[str]) -> str:
    """Tags as they are typed; a name with a comma in it stands in quotation marks."""
    return ", ".join(f'"{name}"' if "," in name or "，" in name else name.replace('"', "") for name in names)


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
