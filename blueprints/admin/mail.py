"""Mail at the desk: of what whoever is signed in is told."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import staff_only
from blueprints.accounts.models import Account
from blueprints.admin.desk import bp, signed_in
from blueprints.admin.forms.accounts import MailForm
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer


@bp.route("/mail", methods=["GET", "POST"])
@staff_only
def mail() -> ResponseReturnValue:
    """Choose of what a letter comes."""
    account = signed_in()
    form = MailForm(account)
    if not form.is_submitted():
        return render_template("admin/mail.html", form=form, saved="saved" in request.args)
    if not form.validate():
        return answer("admin/mail.html", "admin/_mail_form.html", status=422, form=form, saved=False)
    with writing():
        form.populate_obj(db.session.get_one(Account, account.id))
    return answer(redirect(url_for("admin.mail", saved=1), 303), "admin/_mail_form.html", form=form, saved=True)
