"""What the site tells of its own running: one page, what is stored of its readers."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from blueprints.core import settings, site
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
