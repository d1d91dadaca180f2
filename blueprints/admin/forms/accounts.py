"""Who may sign in, and of what they are told by mail."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import Length

from blueprints.accounts.forms import long_enough
from blueprints.accounts.models import ALL, AUTHOR, MINE, NOTHING, ROLES, Account, Person
from blueprints.core.fields import AtMost, LineField, Required, email_address, readable_name, storable


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
