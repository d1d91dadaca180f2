"""The site at the desk: what it says of itself, its looks, whose comments wait, who may list it; a try of its mail."""

from typing import Any

from flask import abort, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import editors_only
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.site import SiteForm, time_zones
from blueprints.core import mail, postman, settings
from blueprints.core import site as sites
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer
from blueprints.core.mail import Outbox
from blueprints.core.site import BANNER, LOGO, Site

TEST = "test"


@bp.route("/site", methods=["GET", "POST"])
@editors_only
def site() -> ResponseReturnValue:
    """Change what the site says of itself, how it looks and how it treats comments and crawlers."""
    current = sites.current()
    form = SiteForm(data=SiteForm.values_of(current))
    if not form.is_submitted():
        return render_template("admin/site.html", **_context(form, current))
    if not form.validate():
        return answer("admin/site.html", "admin/_site_form.html", status=422, **_context(form, current))
    with writing():
        current = db.session.merge(sites.current())
        _fill(current, form)
    g.site = current
    fresh = SiteForm(formdata=None, data=SiteForm.values_of(current))
    return answer(redirect(url_for("admin.site", saved=1), 303), "admin/site_saved.hx.html", **_context(fresh, current))


@bp.post("/site/mail-test")
@editors_only
def test_mail() -> ResponseReturnValue:
    """Send a letter to whoever presses the button, by the way that all letters go."""
    require_token()
    with writing():
        letter = mail.write(TEST, signed_in().email)
    place = (
        url_for("admin.mail_tested", number=letter.id) if letter else url_for("admin.site", refused=1, _anchor="mail")
    )
    return answer(redirect(place, 303), "admin/_mail_tested.html", status=201 if letter else 422, **_outcome(letter))


@bp.get("/site/mail-test/<id:number>")
@editors_only
def mail_tested(number: int) -> ResponseReturnValue:
    """What became of such a letter."""
    letter = db.session.get(Outbox, number)
    if letter is None or letter.kind != TEST or letter.address != signed_in().email.casefold():
        abort(404)
    return answer("admin/mail_tested.html", "admin/_mail_tested.html", **_outcome(letter))


def _fill(current: Site, form: SiteForm) -> None:
    current.name, current.standfirst = str(form.name.data), form.standfirst.data or ""
    current.disclaimer, current.hold = form.disclaimer.data or "", form.hold.data
    current.passages_open = bool(form.passages_open.data)
    current.language, current.time_zone = str(form.language.data), str(form.time_zone.data)
    current.takes_marks, current.shows_faces = form.takes_marks.data, form.shows_faces.data
    current.authors_moderate = bool(form.authors_moderate.data)
    current.needs_second_factor = bool(form.needs_second_factor.data)
    current.write_rules(form.rules.data or "")
    current.accent = form.accent.data or ""
    current.logo_alt, current.banner_alt = form.logo_alt.data or "", form.banner_alt.data or ""
    current.is_listed, current.feeds_models = bool(form.is_listed.data), bool(form.feeds_models.data)
    for kind, made, goes in (
        (LOGO, form.logo, form.without_logo.data),
        (BANNER, form.banner, form.without_banner.data),
    ):
        if made:
            current.show(kind, *made)
        elif goes:
            current.show(kind, None)


def _context(form: SiteForm, current: Site) -> dict[str, Any]:
    return {
        "form": form,
        "current": current,
        "time_zones": time_zones(),
        "sends": settings.current().mail_line.scheme != "console",
    }


def _outcome(letter: Outbox | None) -> dict[str, Any]:
    return {
        "letter": letter,
        "trouble": postman.trouble(),
        "sends": settings.current().mail_line.scheme != "console",
        "ended": letter is not None and letter.state in mail.ENDED,
    }
