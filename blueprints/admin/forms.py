"""Forms of the desk. Every one of them carries Flask-WTF's token."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import Length

from blueprints.accounts.forms import long_enough
from blueprints.accounts.models import ALL, AUTHOR, MINE, NOTHING, ROLES, Account, Person
from blueprints.core import pictures
from blueprints.core.fields import (
    AtMost,
    LineField,
    Required,
    TextField,
    email_address,
    readable_name,
    storable,
)
from blueprints.core.site import HOLD_ALL, HOLD_NEW, HOLD_NONE
from blueprints.core.slugs import MAX_SLUG, slugify
from blueprints.posts.models import HTML, Post

TITLE, STANDFIRST, BODY, DISCLAIMER, BIO, RULES = 300, 500, 1_000_000, 1000, 20_000, 5000
CORRECTION = 1000
MOST_AUTHORS, MOST_TAGS, MOST_LINKS = 50, 50, 20
USUAL, OWN, NONE = "usual", "own", "none"
_TAG = re.compile(r'"([^"]*)"|([^,，"]+)')
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")


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
    comments_open = BooleanField("Comments are open")
    closed_because = LineField("Why they are closed", [AtMost(300), storable], render_kw={"dir": "auto"})
    rules = TextField("Rules of this discussion", [AtMost(RULES), storable], render_kw={"rows": 4, "dir": "auto"})
    passages_open = BooleanField("Readers can answer a passage of the text")
    updated = BooleanField("Mark as updated today")
    correction = TextField("Correction", [AtMost(CORRECTION), storable], render_kw={"rows": 2, "dir": "auto"})
    was = HiddenField(validators=[AtMost(64), storable])

    def __init__(self, *, people: Sequence[Person], keeps: Account, post: Post | None = None, **options: Any) -> None:
        self.people = {str(person.id): person for person in people}
        self.keeps = keeps
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
        named = [str(entry.data) for entry in self.authors if entry.data]
        while self.authors.entries:
            self.authors.pop_entry()
        for number, choice in enumerate([*dict.fromkeys(named), ""][:MOST_AUTHORS]):
            entry = self.authors.append_entry(choice)
            entry.choices = [
                SelectChoice("", "—"),
                *(SelectChoice(key, person.name) for key, person in self.people.items()),
            ]
            entry.label.text = f"{_ordinal(number + 1)} author"

    @property
    def named(self) -> list[Person]:
        """The people that were chosen, in their order."""
        return [self.people[str(entry.data)] for entry in self.authors if str(entry.data) in self.people]

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
        """A disclaimer of its own has words."""
        if self.disclaimer_kind.data == OWN and not field.data:
            raise ValidationError("Write the disclaimer, or choose one of the other two.")

    @staticmethod
    def values_of(post: Post) -> dict[str, Any]:
        """What the form of *post* starts with."""
        kind = USUAL if post.disclaimer is None else OWN if post.disclaimer else NONE
        return {
            "title": post.title,
            "slug": post.slug,
            "standfirst": post.standfirst,
            "body": post.body,
            "authors": [str(person.id) for person in post.authors],
            "tags": tags_text([tag.name for tag in post.tags]),
            "disclaimer_kind": kind,
            "disclaimer": post.disclaimer or "",
            "comments_open": post.comments_open,
            "closed_because": post.closed_because,
            "rules": post.rules,
            "passages_open": post.passages_open,
        }


def tags_text(names: list[str]) -> str:
    """Tags as they are typed; a name with a comma in it stands in quotation marks."""
    return ", ".join(f'"{name}"' if "," in name or "，" in name else name.replace('"', "") for name in names)


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


class WordsForm(FlaskForm):
    """The words of a reader's comment, and why an editor changes them."""

    text = TextField(
        "Text", [Required("Write what it says."), AtMost(20_000), storable], render_kw={"rows": 10, "dir": "auto"}
    )
    reason = LineField(
        "Reason", [Required("Say why, in a few words."), AtMost(200), storable], render_kw={"dir": "auto"}
    )
    basis = HiddenField(validators=[storable])


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


class SiteForm(FlaskForm):
    """What an editor decides while the site runs."""

    name = LineField("Name of the publication", [Required("Give the publication a name."), AtMost(120), storable])
    standfirst = LineField("Standfirst", [AtMost(300), storable], render_kw={"dir": "auto"})
    disclaimer = TextField("Disclaimer", [AtMost(DISCLAIMER), storable], render_kw={"rows": 4, "dir": "auto"})
    language = LineField(
        "Language", [Required("Name the language, like en or zh-Hans."), AtMost(35), storable], render_kw={"size": 12}
    )
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

    rules = TextField("House rules", [AtMost(RULES), storable], render_kw={"rows": 6, "dir": "auto"})
    takes_marks = BooleanField("Readers can mark a comment as worth reading")
    shows_faces = BooleanField("A small picture stands beside each name")
    passages_open = BooleanField("Readers can answer a passage of a post; its text shows where")

    def validate_language(self, field: LineField) -> None:
        """The shape of a language tag (BCP 47)."""
        if not _LANGUAGE.match(field.data or ""):
            raise ValidationError("This is not a language tag. It reads like en, de-AT or zh-Hans.")


class MailForm(FlaskForm):
    """Of which comments an account is told by mail."""

    comment_mail = RadioField("Tell me by mail of")

    @staticmethod
    def choices(account: Account) -> list[SelectChoice]:
        """What *account* can choose from: an author looks after their own posts alone."""
        mine = "Comments below my posts, waiting or published."
        if not account.is_editor:
            return [SelectChoice(MINE, mine), SelectChoice(NOTHING, "No comments.")]
        return [
            SelectChoice(MINE, "Comments below my posts, and every comment that waits for an editor."),
            SelectChoice(ALL, "All comments, as they come in."),
            SelectChoice(NOTHING, "No comments."),
        ]


class AccountForm(FlaskForm):
    """Somebody who may sign in."""

    name = LineField("Name", [AtMost(120), storable, readable_name])
    person = SelectField("Byline")
    email = LineField(
        "E-mail address",
        [Required("They sign in with it."), AtMost(254), storable, email_address],
        render_kw={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"},
    )
    role = RadioField(
        "Role",
        choices=[
            SelectChoice("author", "Author. Writes posts, and looks after the comments on their own."),
            SelectChoice("editor", "Editor. Everybody’s posts and comments, the people and the site."),
            SelectChoice("administrator", "Administrator. All that, and the accounts."),
        ],
        default=AUTHOR,
    )
    password = PasswordField(
        "First password",
        [Required("Choose a password for them."), long_enough, Length(max=1000), storable],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, *, people: Sequence[Person], **options: Any) -> None:
        super().__init__(**options)
        self.person.choices = [
            SelectChoice("", "A new one, with the name above"),
            *(SelectChoice(str(each.id), each.name) for each in people),
        ]

    def validate_name(self, field: LineField) -> None:
        """A name, unless the byline is there already."""
        if not field.data and not self.person.data:
            raise ValidationError("Give a name, or choose a byline that is here already.")

    def validate_role(self, field: RadioField) -> None:
        """One of the three."""
        if field.data not in ROLES:
            raise ValidationError("Choose one of the roles.")
