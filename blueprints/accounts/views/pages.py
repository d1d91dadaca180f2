"""What the pages on the way in have in common."""

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, request, url_for

from blueprints.accounts import devices, letters
from blueprints.accounts.guards import remember
from blueprints.accounts.models import Account, SignIn
from blueprints.accounts.views import browsers
from blueprints.core import audit
from blueprints.core.db import db, writing

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


def as_owner(account: Account) -> AbstractContextManager[None]:
    """What is written inside the block is the doing of *account*, whom a link or a code has shown to be there."""
    return audit.acting(audit.Actor(account.id, account.person.name))


def come_in(account: Account, place: str = "", *, is_new: bool = False) -> Response:
    """Sign *account* in, in a session of its own, and lead to *place* or to where it wanted to go. It hears of that by
    letter where it has not been used in this browser before; not if it *is_new* and has never been used at all.
    """
    number, is_known = account.id, is_new or browsers.is_known(account)
    with writing():
        account = db.session.get_one(Account, number)
        row, secret = SignIn.begin(account, device())
        db.session.add(row)
        if not is_known:
            letters.tell_of_sign_in(account, row.device)
    remember(secret)
    place = place or own_path(request.args.get("next")) or url_for("admin.index")
    return browsers.keep(make_response(redirect(place, 303)), account)


def own_path(address: str | None) -> str | None:
    """*address* if it is a path of this site's desk; other hosts, however spelled, are not."""
    if not address or not address.startswith("/admin") or "\\" in address or urlsplit(address).netloc:
        return None
    return address
