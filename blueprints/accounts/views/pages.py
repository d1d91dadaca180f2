"""What the pages on the way in have in common."""

from flask import Blueprint, Response, request

from blueprints.accounts import devices

bp = Blueprint("accounts", __name__)


@bp.after_request
def keep_out_of_caches(response: Response) -> Response:
    """These pages hold a form token for one browser; their addresses go to nobody as a referrer."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def device() -> str:
    """The browser of this request, in words."""
    return devices.in_words(request.headers.get("User-Agent", ""))
