"""The public comment form. Its field names are part of the site's interface and stay."""

import time
from collections.abc import Mapping
from functools import lru_cache

from itsdangerous import BadSignature, Signer
from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from blueprints.comments.models import MARKDOWN, Comment, render
from blueprints.comments.reports import REASONS
from blueprints.core import markdown, settings
from blueprints.core.db import id_in
from blueprints.core.fields import (
    AtMost,
    BoundOnce,
    EmailField,
    LineField,
    Required,
    TextField,
    readable_name,
    storable,
    web_address,
)
from blueprints.posts.models import Post

NAME, URL, TEXT, NOTE = 80, 200, 10_000, 1000
# Much longer than any page is kept by a cache or left open by a reader who thinks.
TOKEN_DAYS = 30
_DAY = 86_400
# What a reader can be told of by mail: what, and how often.
NOTIFY = [
    SelectChoice("", "nothing"),
    SelectChoice("replies", "replies to me"),
    SelectChoice("replies-daily", "replies to me, once a day"),
    SelectChoice("thread", "the whole discussion"),
    SelectChoice("thread-daily", "the whole discussion, once a day"),
]
STALE = (
    "This form had been open for very long, or came from elsewhere. Your text is all here: "
    "please look it over and send it again."
)


class CommentForm(Form):
    """What a guest writes: `author`, `email`, `url`, `comment`, and `parent` for a reply."""

    Meta = BoundOnce
    author = LineField(
        "Name",
        [Required("Give a name; it stands above your comment."), AtMost(NAME), storable, readable_name],
        render_kw={"autocomplete": "name"},
    )
    email = EmailField("E-mail", "Give an e-mail address; it is not published.")
    # Not type=url: browsers refuse "example.org", and we take it.
    url = LineField(
        "Website",
        [AtMost(URL), storable, web_address],
        render_kw={"autocomplete": "url", "inputmode": "url", "spellcheck": "false"},
    )
    comment = TextField(
        "Comment", [Required("Write your comment."), AtMost(TEXT), storable], render_kw={"rows": 8, "dir": "auto"}
    )
    notify = SelectField("Tell me by mail of", choices=NOTIFY, default="", validate_choice=False)
    parent = HiddenField(validators=[storable])
    key = HiddenField(validators=[AtMost(64), storable])
    token = HiddenField(validators=[storable])
    # Words of the article that are answered, and what stands before them.
    passage = HiddenField(validators=[storable])
    passage_before = HiddenField(validators=[storable])

    is_blank = False

    def validate_parent(self, field: HiddenField) -> None:
        """The number of a comment, or nothing."""
        if field.data and id_in(field.data) is None:
            raise ValidationError("The comment that this answers does not exist.")

    def validate_token(self, field: HiddenField) -> None:
        """The form came from a page of this site, not too long ago; of which post, is for `is_of`."""
        if post_of(field.data or "") is None:
            raise ValidationError(STALE)

    def is_of(self, post_id: int) -> bool:
        """Whether the form came from a page of this post."""
        return post_of(self.token.data or "") == post_id

    def renew(self, post_id: int) -> None:
        """Let what was stale be sent again."""
        if not self.is_of(post_id):
            self.token.errors = [STALE]
            self.token.data = token_for(post_id)

    def rendered(self, post: Post | None, text_format: str = MARKDOWN) -> str | None:
        """The HTML of what was written; nothing if something is not as it should be, and the fields say what.

        *post* is asked for only where the text names comments by their numbers.
        """
        if not self.validate():
            return None
        html = render(str(self.comment.data), text_format, post)
        if not markdown.says_something(html):
            self.comment.errors = ["There is nothing to read in this text."]
            return None
        return html

    def validate_notify(self, field: SelectField) -> None:
        """One of the choices; a form of before has none."""
        if (field.data or "") not in {choice.value for choice in NOTIFY}:
            raise ValidationError("Choose one of these.")

    @property
    def wish(self) -> tuple[str, bool] | None:
        """Of what the writer wants to be told, and whether once a day; nothing for no mail."""
        kind, _, pace = (self.notify.data or "").partition("-")
        return (kind, bool(pace)) if kind else None

    @property
    def parent_id(self) -> int | None:
        """The id of the comment that this one answers."""
        return int(self.parent.data) if self.parent.data else None

    @property
    def hidden(self) -> dict[str, str]:
        """The fields that nobody sees."""
        return {field.name: field.data or "" for field in (self.parent, self.key, self.token)}

    @property
    def quoted(self) -> dict[str, str]:
        """The passage that is answered, which has fields of its own where an article takes such answers."""
        return {field.name: field.data or "" for field in (self.passage, self.passage_before)}

    @property
    def general_errors(self) -> list[str]:
        """What is wrong with the form as a whole, not with a field that can be seen."""
        unseen = (self.parent, self.key, self.token, self.passage, self.passage_before)
        return [*self.form_errors, *(str(error) for field in unseen for error in field.errors)]


class EditForm(CommentForm):
    """The words of a comment, changed: every rule of a new one holds again, also for what cannot be changed here."""

    basis = HiddenField(validators=[storable])
    by = HiddenField(validators=[storable])  # the key of the private link that the form was opened with

    @classmethod
    def of(cls, comment: Comment, by: str) -> "EditForm":
        """The form as it opens."""
        token = token_for(comment.post_id)
        return cls(data={"comment": comment.text, "basis": comment.fingerprint, "token": token, "by": by})

    @classmethod
    def sent(cls, fields: Mapping[str, str], comment: Comment) -> "EditForm":
        """What came in, below the name and address that *comment* has."""
        who = {"author": comment.name, "email": comment.email, "url": comment.url, "parent": ""}
        return cls(MultiDict({**fields, **who}))

    def is_stale(self, comment: Comment) -> bool:
        """Whether *comment* says something else than when the form was opened, and not just what was sent."""
        return comment.fingerprint != self.basis.data and comment.text != self.comment.data

    @property
    def hidden(self) -> dict[str, str]:
        """The fields that nobody sees."""
        return {field.name: field.data or "" for field in (self.key, self.token, self.basis, self.by)}

    @property
    def general_errors(self) -> list[str]:
        """What is wrong with the form as a whole, or with a field that is not drawn."""
        unseen = (self.author, self.email, self.url, self.key, self.token, self.basis, self.by)
        return [*self.form_errors, *(str(error) for field in unseen for error in field.errors)]


class AddressForm(Form):
    """Whose comments are asked for."""

    email = EmailField("E-mail address", "Give the address that you wrote under.")


class BlankForm:
    """An empty form; the same for every reader on one day, so that a page can be kept for all of them, and it as drawn:
    two with the same hidden fields are the same.
    """

    is_blank = True
    fields = CommentForm()
    general_errors = ()
    quoted: dict[str, str] = dict.fromkeys(("passage", "passage_before"), "")

    def __init__(self, post_id: int, parent_id: int | None = None) -> None:
        self.hidden = {"parent": str(parent_id or ""), "key": "", "token": token_for(post_id)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlankForm) and self.hidden == other.hidden

    def __hash__(self) -> int:
        return hash(self.hidden["token"])


class ReportForm(Form):
    """What a reader tells the editors about a comment."""

    reason = RadioField(
        "What is wrong with it?",
        choices=[SelectChoice(name, label) for name, (label, _because) in REASONS.items()],
        validate_choice=False,
    )
    note = TextField("Anything the editors should know", [AtMost(NOTE), storable], render_kw={"rows": 3, "dir": "auto"})
    email = EmailField("Your e-mail address, if you want to be told what came of it")

    def validate_reason(self, field: RadioField) -> None:
        """One of the reasons."""
        if field.data not in REASONS:
            raise ValidationError("Choose what is wrong with it.")


def token_for(post_id: int) -> str:
    """A signed mark that a form belongs to this post, made today."""
    return _token(settings.current().secret_key, post_id, int(time.time()) // _DAY)


@lru_cache(maxsize=1000)
def _token(secret_key: str, post_id: int, day: int) -> str:
    return _signer(secret_key).sign(f"{post_id}.{day}").decode()


def post_of(token: str) -> int | None:
    """The id of the post for which *token* was made in the last days."""
    try:
        post_id, day = _said_by(settings.current().secret_key, token)
    except (BadSignature, UnicodeDecodeError):
        return None
    age = int(time.time()) // _DAY - day
    return post_id if -1 <= age <= TOKEN_DAYS else None


@lru_cache(maxsize=1000)
def _said_by(secret_key: str, token: str) -> tuple[int, int]:
    """Post and day in *token*; what is not signed is an error, and not remembered."""
    post, _, day = _signer(secret_key).unsign(token.encode("utf-8", "replace")).decode().partition(".")
    return int(post), int(day)


@lru_cache(maxsize=1)
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="comment-form")


class FollowForm(Form):
    """Where the posts of an author are sent: `email`, and `pace`, at once or once a day."""

    is_blank = False

    email = EmailField("E-mail", "Give an e-mail address; it is not published.")
    pace = SelectField(
        "How often",
        choices=[SelectChoice("now", "With each post"), SelectChoice("daily", "At most once a day")],
        default="now",
    )


class BlankFollowForm:
    """The same as it opens, for every reader; kept as drawn."""

    is_blank = True
    email, pace = FollowForm()
