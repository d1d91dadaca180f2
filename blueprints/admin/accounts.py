"""Accounts at the desk: who may sign in, and with which role."""

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import queries
from blueprints.accounts.guards import administrators_only
from blueprints.accounts.models import Account, Person
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.accounts import AccountForm
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer


class EmailTakenError(Exception):
    """Somebody signs in with this address already."""


@bp.route("/accounts", methods=["GET", "POST"])
@administrators_only
def accounts() -> ResponseReturnValue:
    """Who may sign in; and one more."""
    form = AccountForm(people=queries.without_account())
    if not form.is_submitted():
        return render_template("admin/accounts.html", form=form, accounts=queries.all_accounts())
    if not form.validate():
        return _again(form)
    account = Account(email=str(form.email.data).casefold(), role=form.role.data)
    account.set_password(str(form.password.data))
    try:
        with writing():
            if queries.account_by_email(account.email):
                raise EmailTakenError
            account.person = _byline(form)
            db.session.add(account)
    except EmailTakenError:
        form.email.errors = ["Somebody signs in with this address already."]
        return _again(form)
    return answer(
        redirect(url_for("admin.accounts", _anchor=f"account-{account.id}"), 303),
        "admin/account_made.hx.html",
        status=201,
        form=AccountForm(people=queries.without_account(), formdata=None),
        accounts=queries.all_accounts(),
        made=account,
    )


@bp.post("/accounts/<id:number>/remove")
@administrators_only
def remove_account(number: int) -> ResponseReturnValue:
    """End somebody's access, in every browser; their byline and their posts stay."""
    require_token()
    with writing():
        account = db.session.get(Account, number) or abort(404)
        if account.id == signed_in().id:
            abort(403, "You cannot end your own access; another administrator can.")
        email = account.email
        db.session.delete(account)
    return answer(
        redirect(url_for("admin.accounts"), 303),
        "admin/account_removed.hx.html",
        accounts=queries.all_accounts(),
        form=AccountForm(people=queries.without_account(), formdata=None),
        email=email,
    )


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
