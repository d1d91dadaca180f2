"""The words of a reader's comment at the desk: changed with a reason that readers see; a version of them hidden."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Gone

from blueprints.accounts.guards import moderators_only
from blueprints.admin.comments import mine
from blueprints.admin.desk import bp, require_token
from blueprints.admin.forms.comments import WordsForm
from blueprints.comments.models import WITHDRAWN, Comment, render
from blueprints.core import markdown
from blueprints.core.db import writing
from blueprints.core.htmx import answer


@bp.route("/comments/<id:number>/edit", methods=["GET", "POST"])
@moderators_only
def edit_comment(number: int) -> ResponseReturnValue:
    """Change the words of a comment; readers see the change of what is published, why, and what it said before."""
    comment = _standing(number)
    form = WordsForm(data={"text": comment.text, "basis": comment.fingerprint})
    if request.method == "GET":
        return render_template("admin/comment.html", comment=comment, form=form)
    html = render(str(form.text.data), comment.text_format, comment.post) if form.validate() else ""
    if not form.errors and not markdown.plain_text(html):
        form.text.errors = ["There is nothing to read in this text; put the comment in the trash instead."]
    if form.errors:
        return answer("admin/comment.html", "admin/_words_form.html", status=422, comment=comment, form=form)
    with writing():
        comment = _standing(number)
        is_stale = form.basis.data != comment.fingerprint and form.text.data != comment.text
        if not is_stale:
            comment.edit(str(form.text.data), html, by_editor=True, reason=str(form.reason.data))
    if is_stale:
        form.basis.data = comment.fingerprint
        return answer(
            "admin/comment.html", "admin/_words_form.html", status=409, comment=comment, form=form, stored=comment.text
        )
    fresh = WordsForm(formdata=None, data={"text": comment.text, "basis": comment.fingerprint})
    place = url_for("admin.edit_comment", number=number, _anchor="versions")
    return answer(redirect(place, 303), "admin/words_saved.hx.html", comment=comment, form=fresh)


@bp.post("/comments/<id:number>/versions/<id:version>/<any(hide, show):verb>")
@moderators_only
def hide_version(number: int, version: int, verb: str) -> ResponseReturnValue:
    """Keep from readers what a comment said once, or show it to them again; what it says now is edited instead."""
    require_token()
    with writing():
        comment = _standing(number)
        found = next((row for row in comment.versions[:-1] if row.id == version), None) or abort(404)
        found.is_hidden = verb == "hide"
    place = url_for("admin.edit_comment", number=number, _anchor="versions")
    return answer(redirect(place, 303), "admin/version_moved.hx.html", comment=comment, moved=version)


def _standing(number: int) -> Comment:
    """A comment that still has words."""
    comment = mine(number)
    if comment.state == WITHDRAWN:
        raise Gone("Its writer has withdrawn this comment; nothing of it is left.")
    return comment
