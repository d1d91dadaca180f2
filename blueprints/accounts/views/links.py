"""What the links in letters open: an invitation, a new password, another address to sign in with."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import access, letters, queries
from blueprints.accounts.access import ADDRESS, INVITATION, PASSWORD
from blueprints.accounts.forms import ActionForm, ForgottenForm, NewPasswordForm
from blueprints.accounts.guards import remember
from blueprints.accounts.models import Link, SignIn, password_hash
from blueprints.accounts.views.pages import as_owner, bp, device
from blueprints.core import limits, mail
from blueprints.core.db import db, writing

# So many letters may be asked for, for one address and from one network.
PER_ADDRESS, PER_NETWORK = "5 per day", "20 per hour"


@bp.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Choose a password and come in."""
    link = access.opened(token, INVITATION)
    if link is None:
        return _over(INVITATION)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        context = {"form": form, "account": link.account}
        return render_template("accounts/invitation.html", **context), 422 if form.is_submitted() else 200
    chosen = password_hash(str(form.password.data))
    with as_owner(link.account), writing():
        account = _still(token, INVITATION).account
        access.take_password(account, chosen)
        row, secret = SignIn.begin(account, device())
        db.session.add(row)
    remember(secret)
    return redirect(url_for("admin.index"), 303)


@bp.route("/new-password", methods=["GET", "POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a link; the answer is the same, and takes as long, whether anybody signs in with that address."""
    form = ForgottenForm()
    is_sent = "sent" in request.args
    if is_sent or not mail.reaches_people() or not form.is_submitted():
        can_send = mail.reaches_people()
        return render_template("accounts/forgotten.html", form=form, is_sent=is_sent, can_send=can_send)
    limits.spend(PER_NETWORK, "new-password", limits.network_of(request.remote_addr or ""))
    if not form.validate():
        return render_template("accounts/forgotten.html", form=form, is_sent=False, can_send=True), 422
    email = str(form.email.data)
    limits.spend(PER_ADDRESS, "new-password", email.casefold())
    with writing():
        letters.offer_password(email)
    return redirect(url_for("accounts.forgotten", sent=1), 303)


@bp.route("/new-password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> ResponseReturnValue:
    """Choose another password; every sign-in ends, for somebody else may have come in by the old one."""
    link = access.opened(token, PASSWORD)
    if link is None:
        return _over(PASSWORD)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        context = {"form": form, "account": link.account}
        return render_template("accounts/new_password.html", **context), 422 if form.is_submitted() else 200
    chosen = password_hash(str(form.password.data))
    with as_owner(link.account), writing():
        account = _still(token, PASSWORD).account
        access.take_password(account, chosen)
        letters.tell(account, "password")
    return redirect(url_for("accounts.sign_in", did="password"), 303)


@bp.route("/new-address/<token>", methods=["GET", "POST"])
def new_address(token: str) -> ResponseReturnValue:
    """Say yes to signing in with another address; looking at the page does nothing, for mail programs look, too."""
    link = access.opened(token, ADDRESS)
    if link is None:
        return _over(ADDRESS)
    if request.method == "GET":
        return render_template("accounts/new_address.html", form=ActionForm(), link=link)
    if not ActionForm().validate():
        abort(400)
    with as_owner(link.account), writing():
        link = _still(token, ADDRESS)
        account, former = link.account, link.account.email
        if queries.account_by_email(link.email):
            abort(409, "Somebody else signs in with this address by now.")
        account.email = link.email
        access.withdraw(account, ADDRESS, PASSWORD)
        letters.tell(account, "address", to=former)
    return redirect(url_for("accounts.sign_in", did="address"), 303)


def _still(token: str, purpose: str) -> Link:
    """Inside `writing()`: the link, unless somebody was quicker."""
    return access.opened(token, purpose) or abort(410)


def _over(purpose: str) -> ResponseReturnValue:
    return render_template("accounts/link_over.html", purpose=purpose), 410
