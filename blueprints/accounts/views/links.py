"""What the links in letters open: an invitation, a new password, another address to sign in with."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import access, letters, queries
from blueprints.accounts.access import ADDRESS, INVITATION, PASSWORD
from blueprints.accounts.forms import ActionForm, ForgottenForm, NewPasswordForm
from blueprints.accounts.models import Link, password_hash
from blueprints.accounts.views.pages import as_owner, bp, come_in
from blueprints.core import limits, mail
from blueprints.core.db import writing

# So many letters may be asked for, for one address and from one network.
PER_ADDRESS, PER_NETWORK = "5 per day", "20 per hour"


@bp.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Choose a password and come in."""
    return _choose_password(token, INVITATION, "accounts/invitation.html")


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
    return _choose_password(token, PASSWORD, "accounts/new_password.html")


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


def _choose_password(token: str, purpose: str, template: str) -> ResponseReturnValue:
    """A password for whoever holds the link. An invitation lets in at once; who had lost theirs signs in with it."""
    link = access.opened(token, purpose)
    if link is None:
        return _over(purpose)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        context = {"form": form, "account": link.account}
        return render_template(template, **context), 422 if form.is_submitted() else 200
    chosen = password_hash(str(form.password.data))
    with as_owner(link.account):
        with writing():
            account = _still(token, purpose).account
            access.take_password(account, chosen)
            if purpose == PASSWORD:
                letters.tell(account, "password")
        if purpose == INVITATION:
            return come_in(account, is_new=True)
    return redirect(url_for("accounts.sign_in", did="password"), 303)


def _still(token: str, purpose: str) -> Link:
    """Inside `writing()`: the link, unless somebody was quicker."""
    return access.opened(token, purpose) or abort(410)


def _over(purpose: str) -> ResponseReturnValue:
    return render_template("accounts/link_over.html", purpose=purpose), 410
