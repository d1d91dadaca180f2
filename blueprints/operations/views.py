"""What the site tells of itself: what is stored of its readers; and its looks, where an editor has set them."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from blueprints.core import appearance, settings, site
from blueprints.core.db import db
from blueprints.core.http import shared
from blueprints.operations import stored

bp = Blueprint("operations", __name__)


@bp.get("/what-is-stored")
@shared()
def what_is_stored() -> ResponseReturnValue:
    """What is kept of whoever reads and writes here, where, and for how long."""
    address = cast(Callable[[str], str], current_app.jinja_env.globals["asset"])("site.js")
    script = current_app.extensions["assets"].assets[address].content.decode()
    return render_template(
        "operations/stored.html",
        cookies=stored.COOKIES,
        in_the_browser=stored.in_the_browser(script),
        tables=stored.tables(),
        times=stored.times(settings.current()),
        held=stored.held(site.shown()),
        settings=settings.current(),
    )


@bp.get("/appearance-<version>.css")
def stylesheet(version: str) -> ResponseReturnValue:
    """The colours that an editor has chosen, in one small stylesheet; its address changes with them."""
    accent = site.shown().accent
    if not accent:
        abort(404)
    response = Response(appearance.stylesheet(accent), content_type="text/css; charset=utf-8")
    return _for_good(response, is_current=version == appearance.version(accent))


@bp.get("/site/<any(logo, banner):kind>-<version>.webp")
def picture(kind: str, version: str) -> ResponseReturnValue:
    """The logo or the banner of the site; its address changes with it."""
    found = db.session.get(site.SitePicture, kind) or abort(404)
    response = Response(found.image, content_type="image/webp")
    return _for_good(response, is_current=version == getattr(site.shown(), kind))


def _for_good(response: Response, *, is_current: bool) -> Response:
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return response
