"""Form fields: what they tell the browser. What they take is tried where they stand."""

import pytest

from blueprints.accounts.forms import ForgottenForm
from blueprints.admin.forms.accounts import AccountForm
from blueprints.comments.forms import CommentForm
from blueprints.core.fields import EMAIL


@pytest.mark.parametrize(
    ("made", "whose"),
    [
        (lambda: CommentForm(), "email"),
        (lambda: ForgottenForm(), "username"),
        (lambda: AccountForm(people=[]), "off"),
    ],
    ids=["a reader's", "to sign in with", "somebody else's"],
)
def test_address_is_typed_with_the_right_keys_and_filled_in_where_it_is_ones_own(app, made, whose):
    with app.test_request_context():
        field = made().email
        drawn = field()
    assert f'autocomplete="{whose}"' in drawn
    assert 'inputmode="email"' in drawn
    assert 'spellcheck="false"' in drawn
    assert 'type="text"' in drawn, "browsers refuse addresses in other scripts in type=email"


def test_address_that_is_too_long_is_told_how_long_it_may_be(app):
    form = CommentForm(data={"email": "a@" + "b" * EMAIL})
    with app.test_request_context():
        form.validate()
    [told] = form.email.errors
    assert "at most 254" in told
