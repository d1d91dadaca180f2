"""Accounts at the desk: who may sign in, and with which role; invited by a letter, switched off, let go."""

from typing import Any

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict

from blueprints.accounts import access, factors, letters, queries
from blueprints.accounts.access import INVITATION, PASSWORD
from blueprints.accounts.guards import administrators_only
from blueprints.accounts.models import Account, Person
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.accounts import AccountForm, RoleForm
from blueprints.core import mail
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer

OWN = "This is your own account; another administrator can do that."


class EmailTakenError(Exception):
    """Somebody signs in with this address already."""


@bp.route("/accounts", methods=["GET", "POST"])
@administrators_only
def accounts() -> ResponseReturnValue:
    """Who may sign in; and one more, who is invited by a letter, or by a link where the site sends none."""
    form = AccountForm(people=queries.without_account())
    if not form.is_submitted():
        return render_template("admin/accounts.html", form=form, accounts=queries.all_accounts())
    if not form.validate():
        return _again(form)
    account = Account(email=str(form.email.data).casefold(), role=form.role.data, password_hash="")
    try:
        with writing():
            if queries.account_by_email(account.email):
                raise EmailTakenError
            account.person = _byline(form)
            db.session.add(account)
            db.session.flush()
            token = _send(account)
    except EmailTakenError:
        form.email.errors = ["Somebody signs in with this address already."]
        return _again(form)
    context = {
        "form": AccountForm(people=queries.without_account(), formdata=None),
        "accounts": queries.all_accounts(),
        "made": account,
        "given": _given(token, account, INVITATION),
    }
    place = redirect(url_for("admin.accounts", _anchor=f"account-{account.id}"), 303)
    # A link that nobody is sent is shown here and never again.
    return answer("admin/accounts.html" if token else place, "admin/account_made.hx.html", status=201, **context)


@bp.route("/accounts/<id:number>/edit", methods=["GET", "POST"])
@administrators_only
def edit_account(number: int) -> ResponseReturnValue:
    """What somebody may do, and the buttons that let them in or keep them out."""
    account = db.session.get(Account, number) or abort(404)
    form = RoleForm(obj=account)
    if not form.is_submitted():
        return render_template("admin/account.html", **_about(account, form))
    if not form.validate():
        return answer("admin/account.html", "admin/_role_form.html", status=422, **_about(account, form))
    try:
        with writing():
            account = _another(number)
            access.give_role(account, str(form.role.data))
    except access.LastAdministratorError as error:
        raise Conflict(str(error)) from error
    context = {**_about(account, form), "said": f"Saved: {account.role}."}
    place = redirect(url_for("admin.edit_account", number=number), 303)
    return answer(place, "admin/account_changed.hx.html", **context)


@bp.post("/accounts/<id:number>/<any(disable, enable):verb>")
@administrators_only
def switch_account(number: int, verb: str) -> ResponseReturnValue:
    """Keep somebody out, in every browser, without forgetting them; or let them in again."""
    require_token()
    try:
        with writing():
            account = _another(number)
            if verb == "enable":
                access.switch_on(account)
            else:
                access.switch_off(account)
    except access.LastAdministratorError as error:
        raise Conflict(str(error)) from error
    said = "Switched off: they are signed out everywhere." if account.is_off else "They can sign in again."
    place = redirect(url_for("admin.edit_account", number=number), 303)
    return answer(place, "admin/account_changed.hx.html", **_about(account), said=said)


@bp.post("/accounts/<id:number>/link")
@administrators_only
def send_link(number: int) -> ResponseReturnValue:
    """A new link by which somebody comes in who was invited, or has lost their password; older ones stop working."""
    require_token()
    with writing():
        account = _another(number)
        if account.is_off:
            abort(409, "This account is switched off: no link would let anybody in.")
        purpose = INVITATION if account.is_invited else PASSWORD
        token = _send(account, purpose)
    said = "" if token else f"A letter is on its way to {account.email}."
    context = {**_about(account), "given": _given(token, account, purpose), "said": said}
    place = redirect(url_for("admin.edit_account", number=number, did="sent"), 303)
    return answer("admin/account.html" if token else place, "admin/account_changed.hx.html", **context)


@bp.post("/accounts/<id:number>/factors/remove")
@administrators_only
def drop_factors(number: int) -> ResponseReturnValue:
    """Let somebody's password alone be enough again who has lost telephone, keys and paper."""
    require_token()
    with writing():
        account = _another(number)
        factors.drop_all(account)
        letters.tell(account, "factor")
    place = redirect(url_for("admin.edit_account", number=number), 303)
    said = "Their password alone is enough again."
    return answer(place, "admin/account_changed.hx.html", **_about(account), said=said)


@bp.post("/accounts/<id:number>/remove")
@administrators_only
def remove_account(number: int) -> ResponseReturnValue:
    """End somebody's access for good, or take an invitation back; their byline and their posts stay."""
    require_token()
    try:
        with writing():
            account = _another(number)
            email = account.email
            access.remove(account)
    except access.LastAdministratorError as error:
        raise Conflict(str(error)) from error
    return answer(
        redirect(url_for("admin.accounts"), 303),
        "admin/account_removed.hx.html",
        accounts=queries.all_accounts(),
        form=AccountForm(people=queries.without_account(), formdata=None),
        email=email,
    )


def _another(number: int) -> Account:
    """Inside `writing()`: the account, which is not one's own."""
    account: Account = db.session.get(Account, number) or abort(404)
    if account.id == signed_in().id:
        abort(403, OWN)
    return account


def _send(account: Account, purpose: str = INVITATION) -> str:
    """Inside `writing()`: have the link sent; where the site sends no mail, the token of one to pass on."""
    if not mail.reaches_people():
        return access.issue(account, purpose)
    access.withdraw(account, purpose)
    if purpose == INVITATION:
        letters.invite(account)
    else:
        letters.offer_password(account.email)
    return ""


def _given(token: str, account: Account, purpose: str) -> dict[str, str] | None:
    """The link that an administrator passes on."""
    if not token:
        return None
    endpoint = "accounts.invitation" if purpose == INVITATION else "accounts.new_password"
    good_for = "seven days" if purpose == INVITATION else "one hour"
    return {"url": url_for(endpoint, token=token, _external=True), "email": account.email, "good_for": good_for}


def _about(account: Account, form: RoleForm | None = None) -> dict[str, Any]:
    form = form or RoleForm(formdata=None, obj=account)
    return {
        "account": account,
        "form": form,
        "sign_ins": queries.sign_ins(account),
        "sends": mail.reaches_people(),
        "has_factors": factors.are_there(account),
    }


def _again(form: AccountForm) -> ResponseReturnValue:
    context = {"form": form, "accounts": queries.all_accounts()}
    return answer("admin/accounts.html", "admin/_account_form.html", status=422, **context)


def _byline(form: AccountForm) -> Person:
    """Inside a write transaction: the chosen byline, or a new one."""
    if form.person.data:
        chosen: Person = db.session.get(Person, int(form.person.data)) or abort(404)
        return chosen
    name = str(form.name.data)
    return Person(name=name, slug=queries.free_person_slug(name))
