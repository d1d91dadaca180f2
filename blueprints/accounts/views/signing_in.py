"""Set-up, sign-in, sign-out."""

from flask import abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import factors, passkeys, queries
from blueprints.accounts.forms import ActionForm, CredentialForm, SetUpForm, SignInForm
from blueprints.accounts.guards import TOKEN, me, origin, remember_half
from blueprints.accounts.models import ADMINISTRATOR, Account, Person, SignIn, password_matches, token_hash
from blueprints.accounts.views.pages import as_owner, bp, come_in
from blueprints.core import audit, limits, settings, site
from blueprints.core.db import db, writing


@bp.route("/set-up/<token>", methods=["GET", "POST"])
def set_up(token: str) -> ResponseReturnValue:
    """Make the first administrator; the link in the terminal opens this once."""
    if not site.current().accepts_setup(token):
        return render_template("accounts/set_up_over.html", done=queries.has_administrator()), 410
    form = SetUpForm()
    if not form.validate_on_submit():
        return render_template("accounts/set_up.html", form=form), 422 if form.is_submitted() else 200
    account = Account(email=str(form.email.data).casefold(), role=ADMINISTRATOR)
    account.set_password(str(form.password.data))
    name = str(form.name.data)
    with audit.acting(audit.Actor(None, name)), writing():
        current = db.session.merge(site.current())
        if not current.accepts_setup(token):
            abort(410)
        current.name = str(form.site_name.data)
        current.close_setup()
        account.person = Person(name=name, slug=queries.free_person_slug(name))
        db.session.add(account)
    with as_owner(account):
        return come_in(account, is_new=True)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in; wrong name and wrong password get the same words in the same time."""
    if me():
        return redirect(url_for("admin.index"), 303)
    form = SignInForm()
    if form.is_submitted():
        rate = settings.current().sign_in_limit
        email = (form.email.data or "").casefold()
        limits.spend(rate, "sign-in", email, limits.network_of(request.remote_addr or ""))
        limits.spend("100 per hour", "sign-in", limits.network_of(request.remote_addr or ""))
    if not form.validate_on_submit():
        return sign_in_page(form, 422 if form.is_submitted() else 200)
    account = queries.account_by_email(str(form.email.data))
    if not password_matches(account, str(form.password.data)) or account is None:
        form.form_errors = ["E-mail address and password do not belong together."]
        return sign_in_page(form, 422)
    if factors.are_there(account):
        remember_half(account)
        return redirect(url_for("accounts.second", next=request.args.get("next")), 303)
    return come_in(account)


def sign_in_page(form: SignInForm, status: int) -> ResponseReturnValue:
    """The page of sign-in; a passkey is offered where somebody has one."""
    asked = passkeys.question(origin()) if factors.any_passkeys() else None
    context = {"form": form, "did": request.args.get("did"), "question": asked, "credential": CredentialForm()}
    return render_template("accounts/sign_in.html", **context), status


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in, here and in the database."""
    token = session.get(TOKEN)
    if me() and not ActionForm().validate():
        abort(400)
    if isinstance(token, str):
        with writing():
            db.session.execute(db.delete(SignIn).where(SignIn.token_hash == token_hash(token)))
    session.clear()
    return redirect(url_for("posts.index"), 303)
