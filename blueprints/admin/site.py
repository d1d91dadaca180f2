"""The site at the desk: its name, its disclaimer, its language, and whose comments wait."""

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import editors_only
from blueprints.admin.desk import bp
from blueprints.admin.forms.site import SiteForm
from blueprints.core import site as sites
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer


@bp.route("/site", methods=["GET", "POST"])
@editors_only
def site() -> ResponseReturnValue:
    """Change what the site says of itself and how it treats comments."""
    form = SiteForm(obj=sites.current())
    if not form.is_submitted():
        return render_template("admin/site.html", form=form)
    if not form.validate():
        return answer("admin/site.html", "admin/_site_form.html", status=422, form=form)
    with writing():
        current = db.session.merge(sites.current())
        current.name, current.standfirst = str(form.name.data), form.standfirst.data or ""
        current.disclaimer, current.hold = form.disclaimer.data or "", form.hold.data
        current.passages_open = bool(form.passages_open.data)
        current.language = str(form.language.data)
        current.takes_marks, current.shows_faces = form.takes_marks.data, form.shows_faces.data
        current.authors_moderate = bool(form.authors_moderate.data)
        current.needs_second_factor = bool(form.needs_second_factor.data)
        current.write_rules(form.rules.data or "")
    g.site = current
    return answer(redirect(url_for("admin.site", saved=1), 303), "admin/site_saved.hx.html", form=form)
