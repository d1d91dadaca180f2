"""Browsers in which an account was used before: a signed cookie says so, sent to the pages of sign-in alone.

A sign-in from another is told by letter, so that a stolen password does not work in silence. The cookie opens nothing.
"""

from flask import Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from blueprints.accounts.devices import KNOWN_DAYS
from blueprints.accounts.models import Account
from blueprints.core import settings
from blueprints.core.http import behind_tls

BROWSER = "browser"
# Of so many accounts one browser is known, the newest.
MOST = 20


def is_known(account: Account) -> bool:
    """Whether *account* has come in from the browser of this request before."""
    return _name(account) in _names()


def keep(response: Response, account: Account) -> Response:
    """Have the browser say next time that *account* has come in from it."""
    names = [_name(account), *(name for name in _names() if name != _name(account))][:MOST]
    response.set_cookie(
        BROWSER,
        _signer().dumps(names),
        max_age=KNOWN_DAYS * 86_400,
        path="/sign-in",
        httponly=True,
        samesite="Lax",
        secure=behind_tls(),
    )
    return response


def _name(account: Account) -> str:
    """An account's number alone may be another's after it is gone."""
    return f"{account.id}-{int(account.created_at.timestamp())}"


def _names() -> list[str]:
    try:
        return [str(name) for name in _signer().loads(request.cookies.get(BROWSER, ""))]
    except BadSignature:
        return []


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.current().secret_key, salt="browser")
