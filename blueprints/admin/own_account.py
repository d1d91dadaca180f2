"""Your account: the address and password that you sign in with, and where you are signed in."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import access, factors, letters, queries
from blueprints.accounts.guards import has_password, staff_only, this_sign_in
from blueprints.accounts.models import Account, SignIn, password_hash
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.accounts import OwnAddressForm, OwnPasswordForm
from blueprints.core import mail
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer

WRONG = "This is not your password."
DID = {
    "password": "Your password is changed; you are signed out everywhere else.",
    "address": "Your address is changed: you sign in with it from now on.",
    "asked": "A letter is on its way to the new address. It counts as soon as you open the link in it.",
    "ended": "Signed out there.",
    "few": "You came in by a recovery code, and few are left.",
    "everywhere": "You are signed out everywhere else.",
}


@bp.get("/account")
@staff_only
def own_account() -> ResponseReturnValue:
    """What you sign in with, and where you are signed in."""
    return render_template("admin/own_account.html", **_page(), said=DID.get(request.args.get("did", "")))


@bp.post("/account/password")
@staff_only
def change_password() -> ResponseReturnValue:
    """Another password; every other sign-in ends."""
    form = OwnPasswordForm()
    if form.validate() and not has_password(signed_in(), str(form.current_password.data)):
        form.current_password.errors = [WRONG]
    if form.errors:
        return _again("_own_password.html", password_form=form)
    chosen = password_hash(str(form.password.data))
    with writing():
        account = db.session.get_one(Account, signed_in().id)
        access.take_password(account, chosen, but=this_sign_in())
        letters.tell(account, "password")
    return _done("password")


@bp.post("/account/address")
@staff_only
def change_address() -> ResponseReturnValue:
    """Another address to sign in with: it says yes by a link in a letter, where the site sends letters."""
    form = OwnAddressForm()
    if form.validate() and not has_password(signed_in(), str(form.address_password.data)):
        form.address_password.errors = [WRONG]
    if form.errors:
        return _again("_own_address.html", address_form=form)
    email = str(form.email.data).casefold()
    with writing():
        account = db.session.get_one(Account, signed_in().id)
        is_taken = queries.account_by_email(email) is not None
        if not is_taken and mail.reaches_people():
            letters.offer_address(account, email)
        elif not is_taken:
            letters.tell(account, "address", to=account.email)
            account.email = email
    if is_taken:
        form.email.errors = ["Somebody signs in with this address already."]
        return _again("_own_address.html", address_form=form)
    return _done("asked" if mail.reaches_people() else "address")


@bp.post("/account/sign-ins/<id:number>/end")
@staff_only
def end_sign_in(number: int) -> ResponseReturnValue:
    """Sign one browser out; this one goes by “Sign out”."""
    require_token()
    with writing():
        found = db.session.get(SignIn, number)
        if found is None or found.account_id != signed_in().id:
            abort(404)
        db.session.delete(found)
    return _done("ended")


@bp.post("/account/sign-out-everywhere")
@staff_only
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign every browser out but this one."""
    require_token()
    with writing():
        access.sign_out(signed_in(), but=this_sign_in())
    return _done("everywhere")


def _page(**forms: Any) -> dict[str, Any]:
    account = signed_in()
    has_app, passkeys = factors.authenticator(account) is not None, len(factors.passkeys(account))
    shown = " or ".join(["a code of your app"] * has_app + ["a passkey"] * bool(passkeys))
    left = factors.recovery_codes_left(account)
    return {
        "factors": shown,
        "codes_left": left,
        "is_few": bool(shown) and left <= factors.FEW,
        "account": account,
        "address_form": OwnAddressForm(formdata=None),
        "password_form": OwnPasswordForm(formdata=None),
        "sign_ins": queries.sign_ins(account),
        "this_sign_in": this_sign_in(),
        "sends": mail.reaches_people(),
        **forms,
    }


def _done(did: str) -> ResponseReturnValue:
    """The page anew, whatever was changed on it: most changes show in more than one of its parts."""
    place = redirect(url_for("admin.own_account", did=did), 303)
    return answer(place, "admin/_own_account.html", **_page(), said=DID[did], takes_focus=True)


def _again(part: str, **forms: Any) -> ResponseReturnValue:
    return answer("admin/own_account.html", f"admin/{part}", status=422, **_page(**forms))
