"""Who may sign in, and of what they are told by mail."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import Length

from blueprints.accounts.forms import CredentialForm, long_enough
from blueprints.accounts.models import (
    ADMINISTRATOR,
    ALL,
    AUTHOR,
    CONTRIBUTOR,
    EDITOR,
    MINE,
    MODERATOR,
    NOTHING,
    ROLES,
    Account,
    Person,
)
from blueprints.core import site
from blueprints.core.fields import AtMost, EmailField, LineField, Required, readable_name, storable


class MailForm(FlaskForm):
    """Of what an account is told by mail: which comments, and where texts stand."""

    comment_mail = RadioField("Tell me by mail of")
    text_mail = BooleanField("My texts: notes, reported errors, and when one is given back, scheduled or published.")
    review_mail = BooleanField("Texts that wait for review, and notes on those whose authors have no account.")

    def __init__(self, account: Account) -> None:
        super().__init__(obj=account)
        self.comment_mail.choices = self.choices(account)
        if not account.may_write:
            del self.text_mail
        if not account.is_editor:
            del self.review_mail

    @staticmethod
    def choices(account: Account) -> list[SelectChoice]:
        """What *account* can choose from: who looks after none but those below their own posts hears of no others."""
        scope = account.moderates(site.current())
        if scope != ALL:
            mine = "Comments below my posts, waiting or published." if scope == MINE else "Comments below my posts."
            return [SelectChoice(MINE, mine), SelectChoice(NOTHING, "No comments.")]
        return [
            SelectChoice(MINE, "Comments below my posts, and every comment that waits for a decision."),
            SelectChoice(ALL, "All comments, as they come in."),
            SelectChoice(NOTHING, "No comments."),
        ]


class RoleForm(FlaskForm):
    """What somebody may do."""

    role = RadioField(
        "Role",
        choices=[
            SelectChoice(CONTRIBUTOR, "Contributor. Writes drafts; an editor publishes them."),
            SelectChoice(AUTHOR, "Author. Writes and publishes posts of their own."),
            SelectChoice(MODERATOR, "Moderator. Looks after all comments, and writes no posts."),
            SelectChoice(EDITOR, "Editor. Everybody’s posts and comments, the people and the site."),
            SelectChoice(ADMINISTRATOR, "Administrator. All that, and the accounts."),
        ],
        default=AUTHOR,
    )

    def validate_role(self, field: RadioField) -> None:
        """One of those that there are."""
        if field.data not in ROLES:
            raise ValidationError("Choose one of the roles.")


class AccountForm(RoleForm):
    """Somebody who is invited to sign in."""

    name = LineField("Name", [AtMost(120), storable, readable_name])
    person = SelectField("Byline")
    email = EmailField("E-mail address", "They sign in with it.", autocomplete="off")

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


class OwnPasswordForm(FlaskForm):
    """Another password for whoever is signed in."""

    current_password = PasswordField(
        "Your password as it is now",
        [Required("Type the password that you have now."), Length(max=1000), storable],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        "New password",
        [Required("Choose a password."), long_enough, Length(max=1000), storable],
        render_kw={"autocomplete": "new-password"},
    )


class OwnAddressForm(FlaskForm):
    """Another address to sign in with."""

    email = EmailField("New e-mail address", "Type the address.")
    address_password = PasswordField(
        "Your password",
        [Required("Type your password."), Length(max=1000), storable],
        render_kw={"autocomplete": "current-password"},
    )


class ProveForm(FlaskForm):
    """The password once more, before what signs people in is changed."""

    password = PasswordField(
        "Your password",
        [Required("Type your password."), Length(max=1000), storable],
        render_kw={"autocomplete": "current-password"},
    )


class PasskeyForm(CredentialForm):
    """A new passkey and the name by which it is known again."""

    name = LineField(
        "Name",
        [Required("Give it a name: “Phone”, “Key at the office”."), AtMost(80), storable, readable_name],
        render_kw={"autocomplete": "off", "dir": "auto"},
    )
