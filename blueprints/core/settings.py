"""Settings: what the environment decides before the site starts.

What an editor decides while it runs (name, disclaimer, who is held) lives in `core/site.py`.
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from limits import parse as parse_limit
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from blueprints.core.transports import Line

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEEDED_BY_MAIL = {"MAIL_FROM": "what stands as sender", "SITE_URL": "links that can be followed"}


class SettingError(Exception):
    """A setting that cannot be used; the message is one sentence for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its value; `from_environ` documents the names and the defaults."""

    instance: Path
    database_url: str
    secret_key: str
    site_url: str | None
    host: str
    port: int
    tls_certificate: Path | None
    tls_key: Path | None
    workers: int
    time_zone: ZoneInfo
    trusted_proxies: tuple[Network, ...]
    posts_per_page: int
    threads_per_page: int
    thread_depth: int
    refresh_seconds: int
    edit_minutes: int
    comment_limit: str
    sign_in_limit: str
    mark_limit: str
    report_limit: str
    address_days: int
    search_limit: str
    limits_url: str
    cache_mb: int
    cdn_seconds: int
    purge_url: str | None
    purge_token: str
    mail_line: Line
    mail_from: tuple[str, str]
    mail_reply_to: str
    mail_per_address: int
    mail_per_hour: int
    digest_hour: int
    debug: bool

    @property
    def address(self) -> str:
        """Where the site is reached: SITE_URL, else where it listens."""
        scheme = "https" if self.tls_certificate else "http"
        return self.site_url or f"{scheme}://{self.host}:{self.port}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], instance: Path) -> "Settings":
        """Read and check the settings; a NAME_FILE variable names a file that holds the value.

        Raises SettingError with one sentence about the first setting that is wrong.
        """
        read = _Reader(environ)
        _make(instance)
        return cls(
            instance=instance,
            database_url=read.database_url("DATABASE_URL", f"sqlite:///{instance / 'hustings.db'}"),
            secret_key=read.text("SECRET_KEY", "") or _kept_secret(instance),
            site_url=read.site_url("SITE_URL"),
            host=read.text("HOST", "127.0.0.1"),
            port=read.number("PORT", 8000, low=1, high=65_535),
            tls_certificate=read.file("TLS_CERTIFICATE", together_with="TLS_KEY"),
            tls_key=read.file("TLS_KEY", together_with="TLS_CERTIFICATE"),
            workers=read.number("WORKERS", min(os.cpu_count() or 1, 4), low=1, high=64),
            time_zone=read.time_zone("TIME_ZONE", "UTC"),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            posts_per_page=read.number("POSTS_PER_PAGE", 10, low=1, high=100),
            threads_per_page=read.number("THREADS_PER_PAGE", 50, low=1, high=500),
            thread_depth=read.number("THREAD_DEPTH", 5, low=1, high=10),
            refresh_seconds=read.number("REFRESH_SECONDS", 30, low=5, high=3600),
            edit_minutes=read.number("EDIT_MINUTES", 15, low=0, high=10_080),
            comment_limit=read.limit("COMMENT_LIMIT", "10 per minute"),
            sign_in_limit=read.limit("SIGN_IN_LIMIT", "10 per 15 minutes"),
            mark_limit=read.limit("MARK_LIMIT", "30 per minute"),
            report_limit=read.limit("REPORT_LIMIT", "10 per hour"),
            address_days=read.number("ADDRESS_DAYS", 30, low=1, high=3650),
            search_limit=read.limit("SEARCH_LIMIT", "100 per minute"),
            limits_url=read.text("LIMITS_URL", f"sqlite://{instance / 'limits.db'}"),
            cache_mb=read.number("CACHE_MB", 64, low=0, high=65_536),
            cdn_seconds=read.number("CDN_SECONDS", 0, low=0, high=31_536_000),
            purge_url=read.web_address("PURGE_URL"),
            purge_token=read.text("PURGE_TOKEN", ""),
            mail_line=read.mail_line("MAIL_URL"),
            mail_from=read.mail_from("MAIL_FROM"),
            mail_reply_to=read.mail_address("MAIL_REPLY_TO")[1],
            mail_per_address=read.number("MAIL_PER_ADDRESS", 50, low=1, high=10_000),
            mail_per_hour=read.number("MAIL_PER_HOUR", 1000, low=1, high=1_000_000),
            digest_hour=read.number("DIGEST_HOUR", 7, low=0, high=23),
            debug=read.number("DEBUG", 0, low=0, high=1) == 1,
        )


def current() -> Settings:
    """The settings of the application that is running."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str, default: str) -> str:
        if path := self.environ.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise SettingError(f"{name}_FILE names a file that cannot be read: {error}.") from error
        return self.environ.get(name, "").strip() or default

    def database_url(self, name: str, default: str) -> str:
        return database_url(name, self.text(name, default))

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
            raise SettingError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
        return int(text)

    def limit(self, name: str, default: str) -> str:
        text = self.text(name, default)
        try:
            parse_limit(text)
        except ValueError as error:
            raise SettingError(f"{name} must read like {default!r}, not {text!r}.") from error
        return text

    def site_url(self, name: str) -> str | None:
        text = self.text(name, "").rstrip("/")
        if not text:
            return None
        if not re.fullmatch(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", text):
            raise SettingError(f"{name} must read like 'https://example.org', without a path, not {text!r}.")
        return text

    def web_address(self, name: str) -> str | None:
        text = self.text(name, "")
        if text and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
            raise SettingError(f"{name} must be an address that begins with http:// or https://.")
        return text or None

    def mail_line(self, name: str) -> Line:
        try:
            line = Line.parse(self.text(name, "console:"))
        except ValueError as error:  # the address is not repeated: it may hold a password
            raise SettingError(
                f"{name} must read like 'smtp://user:password@mail.example.org:587', 'smtps://…' or 'console:'; "
                "what is not a letter or digit in user and password is written as %40."
            ) from error
        if line.scheme != "console":
            for other in ("MAIL_FROM", "SITE_URL"):
                if not self.text(other, ""):
                    raise SettingError(f"{name} needs {other} beside it, for {_NEEDED_BY_MAIL[other]}.")
        return line

    def mail_from(self, name: str) -> tuple[str, str]:
        found = self.mail_address(name)
        return found if found[1] else ("", "hustings@localhost")

    def mail_address(self, name: str) -> tuple[str, str]:
        """(name, address) of what reads like 'Name <address>'."""
        text = self.text(name, "")
        if not text:
            return "", ""
        found = re.fullmatch(r"(?:([^<>\x00-\x1f\x7f]*?)\s*<([^<>\s]+)>|([^<>\s]+))", text)
        try:
            if not found:
                raise EmailNotValidError
            address = validate_email(found[2] or found[3], check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise SettingError(f"{name} must read like 'post@example.org' or 'Name <post@example.org>'.") from error
        if address.ascii_email is None:
            raise SettingError(f"{name} must be in ASCII before the @, for most mail servers take no other.")
        return (found[1] or "").strip().strip('"'), address.ascii_email

    def time_zone(self, name: str, default: str) -> ZoneInfo:
        text = self.text(name, default)
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingError(f"{name} must be a zone like 'Europe/Vienna', not {text!r}.") from error

    def file(self, name: str, *, together_with: str) -> Path | None:
        text = self.environ.get(name, "").strip()
        if not text:
            return None
        if not self.environ.get(together_with, "").strip():
            raise SettingError(f"{name} is of use only together with {together_with}.")
        if not os.access(text, os.R_OK):
            raise SettingError(f"{name} must name a file that can be read, not {text!r}.")
        return Path(text).absolute()

    def networks(self, name: str) -> tuple[Network, ...]:
        words = self.text(name, "").replace(",", " ").split()
        try:
            return tuple(ipaddress.ip_network(word) for word in words)
        except ValueError as error:
            raise SettingError(f"{name} must list addresses like '127.0.0.1, 10.0.0.0/8': {error}.") from error


def database_url(name: str, text: str) -> str:
    """The address of a database as SQLAlchemy spells it; *name* is what a person calls it.

    Raises SettingError, which does not repeat *text*: it may hold a password.
    """
    if re.match(r"sqlite:////.", text):
        folder = Path(text.removeprefix("sqlite:///").partition("?")[0]).parent
        if not folder.is_dir():
            raise SettingError(f"{name} names a file in {folder}, which is not there; make that folder first.")
        return text
    if url := _postgresql_url(text):
        return url
    raise SettingError(
        f"{name} must read like 'sqlite:////var/lib/hustings/hustings.db' or 'postgresql://user:password@host/name'."
    )


def _postgresql_url(text: str) -> str | None:
    """The address of a PostgreSQL database as the driver's own, whichever of its usual spellings *text* is in."""
    try:
        url = make_url(re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", text))
    except (ArgumentError, ValueError):
        return None
    if url.drivername != "postgresql+psycopg" or not url.database:
        return None
    if "password" in url.query:  # there it would be shown wherever the address is
        return None
    if url.host and url.host.lower().startswith("%2f"):  # the folder of a socket, in the place of a host
        url = url.set(host="").update_query_dict({"host": unquote(url.host)})
    return url.render_as_string(hide_password=False)


def _kept_secret(instance: Path) -> str:
    """The signing key of this site, made once and kept in a file that only its owner can read."""
    path = instance / "secret_key"
    try:
        if not path.exists():
            # Under its name only when it is whole: no other process, and no start after a crash, reads half a key.
            draft = instance / f"secret_key.{secrets.token_hex(4)}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                draft.replace(path)
            draft.unlink(missing_ok=True)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SettingError(f"The secret key in {path} cannot be read or made: {error}.") from error
    if len(key) < 32:
        raise SettingError(f"The secret key in {path} is empty or too short; remove the file and a new one is made.")
    return key


def _make(instance: Path) -> None:
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"INSTANCE must name a folder that can be made and written: {error}.") from error
