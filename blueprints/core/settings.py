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
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from limits import parse as parse_limit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
    workers: int
    time_zone: ZoneInfo
    trusted_proxies: tuple[Network, ...]
    posts_per_page: int
    threads_per_page: int
    thread_depth: int
    refresh_seconds: int
    comment_limit: str
    sign_in_limit: str
    limits_url: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], instance: Path) -> "Settings":
        """Read and check the settings; a NAME_FILE variable names a file that holds the value.

        Raises SettingError with one sentence about the first setting that is wrong.
        """
        read = _Reader(environ)
        return cls(
            instance=instance,
            database_url=read.database_url("DATABASE_URL", f"sqlite:///{instance / 'hustings.db'}"),
            secret_key=read.text("SECRET_KEY", "") or _kept_secret(instance),
            site_url=read.site_url("SITE_URL"),
            host=read.text("HOST", "127.0.0.1"),
            port=read.number("PORT", 8000, low=1, high=65_535),
            workers=read.number("WORKERS", min(os.cpu_count() or 1, 4), low=1, high=64),
            time_zone=read.time_zone("TIME_ZONE", "UTC"),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            posts_per_page=read.number("POSTS_PER_PAGE", 10, low=1, high=100),
            threads_per_page=read.number("THREADS_PER_PAGE", 50, low=1, high=500),
            thread_depth=read.number("THREAD_DEPTH", 5, low=1, high=10),
            refresh_seconds=read.number("REFRESH_SECONDS", 30, low=5, high=3600),
            comment_limit=read.limit("COMMENT_LIMIT", "10 per minute"),
            sign_in_limit=read.limit("SIGN_IN_LIMIT", "10 per 15 minutes"),
            limits_url=read.text("LIMITS_URL", f"sqlite://{instance / 'limits.db'}"),
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
            except OSError as error:
                raise SettingError(f"{name}_FILE names a file that cannot be read: {error}.") from error
        return self.environ.get(name, "").strip() or default

    def database_url(self, name: str, default: str) -> str:
        text = self.text(name, default)
        if not re.match(r"sqlite:///.", text):
            raise SettingError(f"{name} must read like 'sqlite:////var/lib/hustings/hustings.db', not {text!r}.")
        return text

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
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
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise SettingError(f"{name} must read like 'https://example.org', without a path, not {text!r}.")
        return text

    def time_zone(self, name: str, default: str) -> ZoneInfo:
        text = self.text(name, default)
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingError(f"{name} must be a zone like 'Europe/Vienna', not {text!r}.") from error

    def networks(self, name: str) -> tuple[Network, ...]:
        words = self.text(name, "").replace(",", " ").split()
        try:
            return tuple(ipaddress.ip_network(word) for word in words)
        except ValueError as error:
            raise SettingError(f"{name} must list addresses like '127.0.0.1, 10.0.0.0/8': {error}.") from error


def _kept_secret(instance: Path) -> str:
    """The signing key of this site, made once and kept in a file that only its owner can read."""
    path = instance / "secret_key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        key = secrets.token_urlsafe(48)
        with open(handle, "w", encoding="ascii") as file:
            file.write(key)
        return key
    except OSError as error:
        raise SettingError(f"The folder {instance} must be writable for the secret key: {error}.") from error
