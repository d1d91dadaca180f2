"""The second step: the app, the passkeys and the recovery codes of whoever is signed in.

Each page is a whole one, for a secret that is shown once has no place in a part of a page that comes and goes.
"""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import factors, letters, passkeys
from blueprints.accounts.forms import CodeForm
from blueprints.accounts.guards import has_password, is_proven, origin, prove, proven_only, staff_only
from blueprints.accounts.models import Account
from blueprints.accounts.passkeys import PasskeyError
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.accounts import PasskeyForm, ProveForm
from blueprints.admin.own_account import WRONG
from blueprints.core import limits
from blueprints.core.db import db, writing

DID = {
    "app-off": "No code of an app is asked for any more.",
    "passkey": "The passkey is yours: sign in with it from now on, if you like.",
    "passkey-off": "That passkey opens nothing here any more.",
}
GUESSES = "10 per hour"


@bp.route("/account/factors", methods=["GET", "POST"])
@staff_only
def factors_page() -> ResponseReturnValue:
    """What is asked of you beside the password; the password comes first, and counts for ten minutes."""
    form = ProveForm()
    if form.is_submitted():
        if form.validate() and not has_password(signed_in(), str(form.password.data)):
            form.password.errors = [WRONG]
        if form.errors:
            return render_template("admin/prove.html", form=form), 422
        prove()
        return redirect(url_for("admin.factors_page"), 303)
    if not is_proven():
        return render_template("admin/prove.html", form=form)
    return render_template("admin/factors.html", **_page(), said=DID.get(request.args.get("did", "")))


@bp.post("/account/app")
@proven_only
def offer_app() -> ResponseReturnValue:
    """Begin with an app: its secret, as a picture and in letters."""
    require_token()
    with writing():
        app = factors.offer_app(_me())
        if app.is_confirmed:
            abort(409, "An app is set up already. Remove it first.")
    return _app_page(CodeForm(formdata=None), 200)


@bp.post("/account/app/confirm")
@proven_only
def confirm_app() -> ResponseReturnValue:
    """The first code of the app: from now on one is asked for."""
    form = CodeForm()
    limits.spend(GUESSES, "second", str(signed_in().id))
    if not form.validate():
        return _app_page(form, 422)
    with writing():
        account = _me()
        is_first = not factors.are_there(account)
        is_right = factors.confirm_app(account, str(form.code.data))
        codes = factors.make_recovery_codes(account) if is_right and is_first else []
        if is_right:
            letters.tell(account, "app")
    if not is_right:
        form.code.errors = ["This is not the code that the app should show now. Look whether its clock is right."]
        return _app_page(form, 422)
    return _codes_page(codes, "The app is set up.")


@bp.post("/account/app/remove")
@proven_only
def drop_app() -> ResponseReturnValue:
    """Ask for no code of the app any more."""
    require_token()
    with writing():
        account = _me()
        factors.drop_app(account)
        letters.tell(account, "factor")
    return redirect(url_for("admin.factors_page", did="app-off"), 303)


@bp.route("/account/passkeys/new", methods=["GET", "POST"])
@proven_only
def add_passkey() -> ResponseReturnValue:
    """One more passkey, under a name by which it is known again."""
    form = PasskeyForm()
    if not form.is_submitted():
        return _passkey_page(form, 200)
    if not form.validate():
        return _passkey_page(form, 422)
    try:
        made = passkeys.take_in(signed_in(), str(form.name.data), str(form.credential.data), origin())
    except PasskeyError as error:
        form.name.errors = [str(error)]
        return _passkey_page(form, 422)
    with writing():
        account = _me()
        is_first = not factors.are_there(account)
        db.session.add(made)
        codes = factors.make_recovery_codes(account) if is_first else []
        letters.tell(account, "passkey")
    return _codes_page(codes, DID["passkey"]) if codes else redirect(url_for("admin.factors_page", did="passkey"), 303)


@bp.post("/account/passkeys/<id:number>/remove")
@proven_only
def drop_passkey(number: int) -> ResponseReturnValue:
    """Forget a passkey."""
    require_token()
    with writing():
        account = _me()
        if not factors.drop_passkey(account, number):
            abort(404)
        letters.tell(account, "passkey-off")
    return redirect(url_for("admin.factors_page", did="passkey-off"), 303)


@bp.post("/account/recovery-codes")
@proven_only
def new_recovery_codes() -> ResponseReturnValue:
    """Ten new codes for paper; those from before work no longer."""
    require_token()
    with writing():
        account = _me()
        if not factors.are_there(account):
            abort(409, "Recovery codes are of use only beside an app or a passkey.")
        codes = factors.make_recovery_codes(account)
        letters.tell(account, "codes")
    return _codes_page(codes, "The codes from before work no longer.")


def _me() -> Account:
    """Inside `writing()`: whoever is signed in."""
    return db.session.get_one(Account, signed_in().id)


def _page() -> dict[str, Any]:
    account = signed_in()
    return {
        "app": factors.authenticator(account),
        "passkeys": factors.passkeys(account),
        "codes_left": factors.recovery_codes_left(account),
        "is_few": factors.recovery_codes_left(account) <= factors.FEW,
    }


def _app_page(form: CodeForm, status: int) -> ResponseReturnValue:
    app = db.session.get(factors.Authenticator, signed_in().id)
    if app is None or app.is_confirmed:
        abort(409, "There is no app to be set up. Begin again.")
    width, path = factors.picture(app.address(signed_in()))
    letters_ = " ".join(app.secret[start : start + 4] for start in range(0, len(app.secret), 4))
    return render_template("admin/app.html", form=form, width=width, path=path, secret=letters_), status


def _passkey_page(form: PasskeyForm, status: int) -> ResponseReturnValue:
    form.credential.data = ""
    question = passkeys.registration(signed_in(), origin())
    return render_template("admin/passkey.html", form=form, question=question), status


def _codes_page(codes: list[str], said: str) -> ResponseReturnValue:
    if not codes:
        return render_template("admin/factors.html", **_page(), said=said)
    return render_template("admin/recovery_codes.html", codes=codes, said=said), 201
