"""Stylesheets and scripts under addresses that carry their content's hash, compressed once when a worker starts."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import brotli
from flask import Blueprint, Flask, Response, abort, current_app, request

# One file on the wire each; the order of the parts is the order of the cascade.
BUNDLES = {
    "site.css": tuple(
        f"css/{part}.css" for part in ("tokens", "base", "layout", "prose", "components", "thread", "print")
    ),
    "admin.css": ("css/admin.css",),
    "htmx.js": ("vendor/htmx-4.0.1.min.js",),
    "site.js": ("js/site.js",),
    "admin.js": ("js/admin.js",),
    "icon.svg": ("icons/icon.svg",),
}
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One published file: its address and its bytes in each encoding."""

    path: str
    content_type: str
    bytes: dict[str, bytes]


def init_app(app: Flask) -> None:
    """Publish every bundle and give the templates `asset(name)`."""
    root = Path(app.root_path) / "static"
    assets = {name: _publish(name, [root / part for part in parts]) for name, parts in BUNDLES.items()}
    app.extensions["assets"] = {asset.path: asset for asset in assets.values()}
    app.jinja_env.globals["asset"] = lambda name: f"/static/{assets[name].path}"
    app.register_blueprint(bp)


def _publish(name: str, parts: list[Path]) -> Asset:
    content = b"\n".join(part.read_bytes() for part in parts)
    stem, _, suffix = name.rpartition(".")
    path = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
    return Asset(path, _TYPES[f".{suffix}"], _encoded(content))


@cache
def _encoded(content: bytes) -> dict[str, bytes]:
    """*content* in each encoding; the workers inherit what the process that serves has made."""
    return {
        "identity": content,
        "gzip": gzip.compress(content, 9, mtime=0),
        "br": brotli.compress(content, quality=11),
    }


@bp.get("/static/<path>")
def show(path: str) -> Response:
    """A published file, for ever: a change of the content changes the address."""
    asset: Asset | None = current_app.extensions["assets"].get(path)
    if asset is None:
        abort(404)
    accepted = request.accept_encodings.best_match(["br", "gzip", "identity"]) or "identity"
    response = Response(asset.bytes[accepted], content_type=asset.content_type)
    if accepted != "identity":
        response.headers["Content-Encoding"] = accepted
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
