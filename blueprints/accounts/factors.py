"""The second thing, beside a password, that shows who signs in: an app's code, a passkey, or a code kept on paper.

From the first one on a password alone opens nothing. Everything that writes happens inside `writing()`.
"""

import base64
import hashlib
import hmac
import secrets
import time
from datetime import datetime

import pyotp
import segno
from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, delete, exists, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Account, token_hash
from blueprints.core import settings, site
from blueprints.core.db import Base, UTCDateTime, db, now

RECOVERY_CODES = 10
# So few are left that new ones should be made.
FEW = 3
# Of letters and digits that are not mistaken for one another: 80 bits, so that a plain hash of it is enough.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_PARTS, _PART = 4, 4


class Authenticator(Base):
    """An app that shows a new code every half minute (TOTP, RFC 6238)."""

    __tablename__ = "authenticator"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    # The secret is made of this and the site's key: a copy of the database alone shows no code.
    seed: Mapped[str] = mapped_column(String(64))
    # The half minute of the last code that was taken: it and those before it are taken no more.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    # Whether a code has shown that the app has the secret; it counts from then on.
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    account: Mapped[Account] = relationship(lazy="joined")

    @property
    def secret(self) -> str:
        """What the app is given, in base 32."""
        key = settings.current().secret_key.encode()
        digest = hmac.new(key, f"authenticator:{self.account_id}:{self.seed}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:20]).decode()

    def takes(self, code: str) -> bool:
        """Whether *code* is the one of now, or of the half minute before or after; each is taken once."""
        if not code.isascii():
            return False  # what compares takes no other letters
        totp = pyotp.TOTP(self.secret)
        step = int(time.time()) // totp.interval
        for each in (step, step - 1, step + 1):
            if each > self.last_step and hmac.compare_digest(totp.at(each * totp.interval), code):
                self.last_step = each
                return True
        return False

    def address(self, account: Account) -> str:
        """What the app reads from the picture: an `otpauth:` address."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=account.email, issuer_name=site.current().name)


class Passkey(Base):
    """A key in somebody's device, which signs for them; here is its public half."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    # How often the device says it has signed; a number that does not grow would be a copy of it.
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship(lazy="joined")

    @property
    def heading(self) -> str:
        """What it is called where others read of it, too."""
        return f"{self.name}, {self.account.person.name}"


class RecoveryCode(Base):
    """A code on paper, for whoever has lost everything else; the row goes when it is used."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))


def authenticator(account: Account) -> Authenticator | None:
    """The app of *account*, if one counts."""
    found = db.session.get(Authenticator, account.id)
    return found if found and found.is_confirmed else None


def passkeys(account: Account) -> list[Passkey]:
    """The passkeys of *account*, in the order in which they came."""
    return list(db.session.scalars(select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)))


def any_passkeys() -> bool:
    """Whether anybody here signs in with a passkey."""
    return bool(db.session.scalar(select(exists().where(Passkey.id.is_not(None)))))


def are_there(account: Account) -> bool:
    """Whether *account* needs more than its password."""
    app = exists().where(Authenticator.account_id == account.id, Authenticator.is_confirmed)
    return bool(db.session.scalar(select(app | exists().where(Passkey.account_id == account.id))))


def offer_app(account: Account) -> Authenticator:
    """An app that is to be set up; it counts when `confirm_app` has seen a code of it."""
    found = db.session.get(Authenticator, account.id)
    if found is None or not found.is_confirmed:
        db.session.execute(delete(Authenticator).where(Authenticator.account_id == account.id))
        db.session.expire_all()
        found = Authenticator(account_id=account.id, seed=secrets.token_urlsafe(32), last_step=0, is_confirmed=False)
        db.session.add(found)
    return found


def confirm_app(account: Account, code: str) -> bool:
    """Whether *code* shows that the app has its secret; it counts from then on."""
    found = db.session.get(Authenticator, account.id)
    if found is None or found.is_confirmed or not found.takes(normal(code)):
        return False
    found.is_confirmed = True
    return True


def takes(account: Account, code: str) -> bool:
    """Whether *code* is one that the app shows now, or a recovery code; each works once."""
    code = normal(code)
    if code.isascii() and code.isdigit():
        app = authenticator(account)
        return app is not None and app.takes(code)
    used = delete(RecoveryCode).where(
        RecoveryCode.account_id == account.id, RecoveryCode.code_hash == token_hash(f"{account.id}:{code}")
    )
    return db.session.connection().execute(used).rowcount > 0


def normal(code: str) -> str:
    """A code as it is compared: people type spaces, hyphens and capitals."""
    return "".join(character for character in code.lower() if character not in " -")


def make_recovery_codes(account: Account) -> list[str]:
    """Ten new codes, as they are shown this once; those before them work no longer."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = []
    for _ in range(RECOVERY_CODES):
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_PARTS * _PART))
        db.session.add(RecoveryCode(account_id=account.id, code_hash=token_hash(f"{account.id}:{code}")))
        codes.append("-".join(code[start : start + _PART] for start in range(0, len(code), _PART)))
    return codes


def recovery_codes_left(account: Account) -> int:
    """How many recovery codes of *account* are unused."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account.id)
    return db.session.scalar(query) or 0


def drop_app(account: Account) -> None:
    """Ask for no codes of the app any more."""
    if found := db.session.get(Authenticator, account.id):
        db.session.delete(found)
    _drop_codes_of_nothing(account)


def drop_passkey(account: Account, number: int) -> bool:
    """Forget a passkey of *account*; whether there was one with that number."""
    found = db.session.get(Passkey, number)
    if found is None or found.account_id != account.id:
        return False
    db.session.delete(found)
    _drop_codes_of_nothing(account)
    return True


def drop_all(account: Account) -> None:
    """Let the password alone be enough again."""
    for passkey in passkeys(account):
        db.session.delete(passkey)
    drop_app(account)


def _drop_codes_of_nothing(account: Account) -> None:
    if not are_there(account):
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))


def picture(text: str) -> tuple[int, str]:
    """*text* as a QR code: its width in modules, with the quiet zone, and the path that draws the dark ones."""
    code = segno.make(text, error="m", micro=False)
    rows = list(code.matrix_iter(border=4))
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return len(rows), path
