"""Passkeys (WebAuthn, level 3): what a browser is asked, and whether what it answers is right.

A challenge is signed and dated, says what it is for, and works once; nothing is stored for it, so that looking at the
page of sign-in writes nothing. That it was used stands with the limits, which all workers share.
"""

import json
import secrets
from typing import TYPE_CHECKING, Any, NoReturn

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from blueprints.accounts import factors
from blueprints.accounts.factors import Passkey
from blueprints.accounts.models import Account
from blueprints.core import limits, settings, site
from blueprints.core.db import db, now

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

# The package is imported where it is used: it takes 13 MB, and most workers never see a passkey.
SECONDS = 15 * 60
_ONCE = "1 per 30 minutes"
SIGN_IN, SECOND, ADD = "sign-in", "second", "add"


class PasskeyError(Exception):
    """What a browser sent is not what it was asked for; the message is for a person."""


def host_of(origin: str) -> str:
    """The name under which keys for the site at *origin* are kept: its host."""
    host = origin.split("://", 1)[-1]
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def registration(account: Account, origin: str) -> str:
    """What a browser is asked that shall make a passkey for *account*: JSON."""
    import webauthn
    from webauthn.helpers import options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=host_of(origin),
        rp_name=site.current().name,
        user_id=limits.pseudonym(f"passkey:{account.id}").encode(),
        user_name=account.email,
        user_display_name=account.person.name,
        challenge=_challenge(ADD, account),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_known(account),
    )
    return options_to_json(options)


def question(origin: str, account: Account | None = None) -> str:
    """What a browser is asked that shall sign with a passkey: with any, or with one of *account*: JSON."""
    import webauthn
    from webauthn.helpers import options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=host_of(origin),
        challenge=_challenge(SECOND if account else SIGN_IN, account),
        allow_credentials=_known(account) if account else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def take_in(account: Account, name: str, credential: str, origin: str) -> Passkey:
    """The new passkey of *account* that a browser has made, not stored yet. PasskeyError where it is none."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    sent = _parsed(credential)
    challenge = _asked(sent, ADD, account)
    try:
        made = webauthn.verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=host_of(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        _refuse(error)
    return Passkey(
        account_id=account.id,
        name=name,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )


def signed(credential: str, origin: str, account: Account | None = None) -> tuple[int, int]:
    """(id, sign count) of the passkey with which a browser has signed, one of *account* if that is given.

    PasskeyError where it has not, where nobody has such a passkey, and where its account is switched off.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    sent = _parsed(credential)
    challenge = _asked(sent, SECOND if account else SIGN_IN, account)
    found = db.session.scalar(db.select(Passkey).where(Passkey.credential_id == str(sent.get("id", ""))))
    if found is None or found.account.is_off or (account and found.account_id != account.id):
        raise PasskeyError("Nobody signs in here with this passkey.")
    try:
        answer = webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=host_of(origin),
            expected_origin=origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        _refuse(error)
    return found.id, answer.new_sign_count


def use(number: int, sign_count: int) -> Account:
    """Inside `writing()`: note that the passkey *number* has signed; whose it is. PasskeyError where it is gone."""
    found = db.session.get(Passkey, number)
    if found is None or found.account.is_off or (sign_count and sign_count <= found.sign_count):
        raise PasskeyError("Nobody signs in here with this passkey.")
    found.sign_count, found.used_at = sign_count, now()
    return found.account


def _challenge(purpose: str, account: Account | None) -> bytes:
    return _signer().dumps([purpose, account.id if account else 0, secrets.token_urlsafe(16)]).encode()


def _asked(sent: dict[str, Any], purpose: str, account: Account | None) -> bytes:
    """The challenge that was signed, if it is one of ours, for this, not old, and not used before."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        challenge = parse_client_data_json(base64url_to_bytes(sent["response"]["clientDataJSON"])).challenge
        said, number, _ = _signer().loads(challenge.decode(), max_age=SECONDS)
    except (WebAuthnException, BadSignature, ValueError, KeyError, TypeError) as error:
        raise PasskeyError("This page had been open for too long. Please try again.") from error
    if (said, number) != (purpose, account.id if account else 0):
        raise PasskeyError("This page had been open for too long. Please try again.")
    try:
        limits.spend(_ONCE, "passkey", challenge.decode())
    except limits.TooFastError as error:
        raise PasskeyError("This was sent before. Please try again.") from error
    return challenge


def _parsed(credential: str) -> dict[str, Any]:
    try:
        sent = json.loads(credential)
    except ValueError as error:
        raise PasskeyError("Your browser sent no passkey.") from error
    if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
        raise PasskeyError("Your browser sent no passkey.")
    return sent


def _known(account: Account) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    found = factors.passkeys(account)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in found]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.current().secret_key, salt="passkey")


def _refuse(error: Exception) -> NoReturn:
    current_app.logger.info("a passkey was refused: %s", error)
    raise PasskeyError("This passkey was not accepted. Please try again.") from error
