"""The second step: a code, or a passkey; and a passkey alone instead of both."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import factors, passkeys
from blueprints.accounts.forms import CodeForm, CredentialForm, SignInForm
from blueprints.accounts.guards import half_way, origin
from blueprints.accounts.models import Account
from blueprints.accounts.passkeys import PasskeyError
from blueprints.accounts.views.pages import bp, come_in
from blueprints.accounts.views.signing_in import sign_in_page
from blueprints.core import limits
from blueprints.core.db import db, writing

# Of the million codes three are right at any time. Whoever guesses knows the password already, from whatever network.
GUESSES = "10 per hour"


@bp.route("/sign-in/second", methods=["GET", "POST"])
def second() -> ResponseReturnValue:
    """A code of the app or from paper, after the password."""
    account = half_way()
    if account is None:
        return redirect(url_for("accounts.sign_in", next=request.args.get("next")), 303)
    form = CodeForm()
    if form.is_submitted():
        limits.spend(GUESSES, "second", str(account.id))
    if not form.validate_on_submit():
        return _page(account, form, 422 if form.is_submitted() else 200)
    with writing():
        stored = db.session.get_one(Account, account.id)
        before = factors.recovery_codes_left(stored)
        is_right = factors.takes(stored, str(form.code.data))
        left = factors.recovery_codes_left(stored)
    if not is_right:
        form.code.errors = ["This is not the code of this moment, or it was used before."]
        return _page(account, form, 422)
    is_few = left < before and left <= factors.FEW
    return come_in(account, url_for("admin.own_account", did="few") if is_few else "")


@bp.post("/sign-in/passkey")
def passkey() -> ResponseReturnValue:
    """A passkey: as the second step after the password, or alone."""
    account = half_way()
    limits.spend("100 per hour", "sign-in", limits.network_of(request.remote_addr or ""))
    form = CredentialForm()
    if not form.validate():
        abort(400, "This page had been open for too long. Go back, load it again and try once more.")
    try:
        number, sign_count = passkeys.signed(str(form.credential.data), origin(), account)
        with writing():
            found = passkeys.use(number, sign_count)
    except PasskeyError as error:
        if account is not None:
            return _page(account, CodeForm(formdata=None), 422, str(error))
        again = SignInForm(formdata=None)
        again.form_errors = [str(error)]
        return sign_in_page(again, 422)
    return come_in(found)


def _page(account: Account, form: CodeForm, status: int, problem: str = "") -> ResponseReturnValue:
    has_passkeys = bool(factors.passkeys(account))
    context = {
        "form": form,
        "problem": problem,
        "has_app": factors.authenticator(account) is not None,
        "question": passkeys.question(origin(), account) if has_passkeys else None,
        "credential": CredentialForm(formdata=None),
    }
    return render_template("accounts/second.html", **context), status
