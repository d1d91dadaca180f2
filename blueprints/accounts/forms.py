"""Forms of set-up and sign-in."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, ValidationError
from wtforms.validators import Length

from blueprints.core.fields import EMAIL, AtMost, EmailField, LineField, Required, readable_name, storable

SHORTEST_PASSWORD = 12
_USER = {"autocomplete": "username", "inputmode": "email", "spellcheck": "false"}


def long_enough(form: FlaskForm, field: PasswordField) -> None:
    """Length is what protects a password; a run of one character is no length. Whether there is any, others ask."""
    if not (password := field.data):
        return
    if len(password) < SHORTEST_PASSWORD:
        raise ValidationError(f"Choose at least {SHORTEST_PASSWORD} characters; a short sentence is good.")
    if len(set(password)) < 5:
        raise ValidationError("Choose a password with more than a few different characters.")


class SetUpForm(FlaskForm):
    """The first administrator and the name of the site."""

    site_name = LineField("Name of the publication", [Required("Give the publication a name."), AtMost(120), storable])
    name = LineField(
        "Your name",
        [Required("Give your name, as it stands in a byline."), AtMost(120), storable, readable_name],
    )
    email = EmailField("Your e-mail address", "You sign in with it.", autocomplete="username")
    password = PasswordField(
        "Password",
        [Required("Choose a password."), long_enough, Length(max=1000), storable],
        render_kw={"autocomplete": "new-password"},
    )


class SignInForm(FlaskForm):
    """Who is there?"""

    email = LineField(
        "E-mail address", [Required("Type your e-mail address."), AtMost(EMAIL), storable], render_kw=_USER
    )
    password = PasswordField(
        "Password",
        [Required("Type your password."), Length(max=1000), storable],
        render_kw={"autocomplete": "current-password"},
    )


class ForgottenForm(FlaskForm):
    """The address to which a link for a new password is sent."""

    email = EmailField("E-mail address", "Type your e-mail address.", autocomplete="username")


class NewPasswordForm(FlaskForm):
    """A password that somebody chooses whom a link has let in."""

    password = PasswordField(
        "Password",
        [Required("Choose a password."), long_enough, Length(max=1000), storable],
        render_kw={"autocomplete": "new-password"},
    )


class CodeForm(FlaskForm):
    """A code of the app, or one from paper."""

    code = LineField(
        "Code",
        [Required("Type the code."), AtMost(40), storable],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "off"},
    )


class CredentialForm(FlaskForm):
    """What a browser has signed with a passkey."""

    credential = HiddenField(validators=[AtMost(20_000), storable])


class ActionForm(FlaskForm):
    """A button: nothing but the token that says it was pressed on one of our pages."""
