"""Stylesheets and scripts under addresses that carry their content's hash, compressed once, answered before Flask.

`Publisher.assets` is what there is: an address, its content, and the content in each encoding. It is filled from
`static/` when the application is made. `serve` keeps it in `INSTANCE/static` besides, so that compressing is done once
for each version, and a page from before an upgrade still finds the stylesheet that it names.

Granian could serve that folder itself, from Rust. It sends nothing compressed there, no `nosniff`, no `Vary`, no
length, and takes longer: 39 µs of processor time a file where this layer takes 31, as it opens the file each time
(2.8.7, 9 KB, one core, one run). What lies ready in memory is quicker than a file.
"""

import gzip
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import brotli
from flask import Flask

from blueprints.core.encodings import accepted, zstd
from blueprints.core.http import SECURITY_HEADERS

# One file on the wire each; the order of the parts is the order of the cascade.
BUNDLES = {
    "editor.js": ("js/writing.js", "js/editor.js"),
    "site.css": tuple(
        f"css/{part}.css"
        for part in (
            "tokens",
            "base",
            "layout",
            "prose",
            "components",
            "thread",
            "reading",
            "writing",
            "standing",
            "print",
        )
    ),
    "search.css": ("css/search.css",),
    "admin.css": ("css/admin.css", "css/desk.css", "css/media.css", "css/notes.css"),
    "notes.css": ("css/notes.css",),
    "htmx.js": ("vendor/htmx-4.0.1.min.js",),
    "loader.js": ("js/loader.js",),
    "site.js": ("js/site.js", "js/thread.js", "js/writing.js", "js/marks.js", "js/muted.js"),
    "admin.js": ("js/desk.js", "js/admin.js", "js/palette.js", "js/media.js", "js/notes.js"),
    "notes.js": ("js/notes.js",),
    "passkeys.js": ("js/passkeys.js",),
    "icon.svg": ("icons/icon.svg",),
}
# How long a version is kept after the last start that used it: longer than anybody keeps a page.
SECONDS_KEPT = 30 * 24 * 3600
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_CSS_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_CSS_SPACE = re.compile(rb"\s*([{};])\s*")
_NAME = re.compile(r"[a-z]+-(?P<hash>[0-9a-f]{12})(?P<suffix>\.[a-z]+)")


class Encoding:
    """A way to send fewer bytes: its name in HTTP, the suffix of its files, and how it is done and undone."""

    def __init__(
        self, name: str, suffix: str, encode: Callable[[bytes], bytes], decode: Callable[[bytes], bytes]
    ) -> None:
        self.name, self.suffix, self.encode, self.decode = name, suffix, encode, decode


ENCODINGS = (
    Encoding("br", ".br", lambda content: brotli.compress(content, quality=11), brotli.decompress),
    Encoding("zstd", ".zst", lambda content: zstd.compress(content, 19), zstd.decompress),
    Encoding("gzip", ".gz", lambda content: gzip.compress(content, 9, mtime=0), gzip.decompress),
)


class Asset:
    """One published file: its name with the hash in it, and its bytes as they are sent."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.content = name, content

    @cached_property
    def encoded(self) -> dict[str, bytes]:
        """The content in each encoding."""
        return {"identity": self.content, **{each.name: _encode(each, self.content) for each in ENCODINGS}}

    @cached_property
    def answers(self) -> dict[str, tuple[list[tuple[str, str]], bytes]]:
        """Headers and body for each encoding."""
        return {name: (self._headers(name, len(body)), body) for name, body in self.encoded.items()}

    def _headers(self, encoding: str, length: int) -> list[tuple[str, str]]:
        stem, suffix = os.path.splitext(self.name)
        headers = {
            "Content-Type": _TYPES[suffix],
            "Content-Length": str(length),
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
            "ETag": f'"{stem.rpartition("-")[2]}-{encoding}"',
            **({} if encoding == "identity" else {"Content-Encoding": encoding}),
        }
        return list((SECURITY_HEADERS | headers).items())

    def keep(self, folder: Path) -> None:
        """Find the encodings in *folder*, or put them there; what is damaged is made anew."""
        encoded = {"identity": self.content}
        for each in ENCODINGS:
            path = folder / (self.name + each.suffix)
            encoded[each.name] = _kept(path, each, self.content) or _encode(each, self.content)
            _write(path, encoded[each.name])
        _write(folder / self.name, self.content)
        self.encoded = encoded


class Publisher:
    """A WSGI layer before Flask that answers for the published files and passes on everything else."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.assets: dict[str, Asset] = {}

    def put(self, asset: Asset) -> str:
        """Publish *asset*; the address where it is from now on."""
        address = f"/static/{asset.name}"
        self.assets[address] = asset
        return address

    def keep(self, folder: Path) -> None:
        """Keep the files of this version in *folder*, and go on answering for those of earlier ones."""
        folder.mkdir(exist_ok=True)
        current = {asset.name for asset in self.assets.values()}
        for asset in list(self.assets.values()):
            asset.keep(folder)
        for path in sorted(folder.iterdir()):
            if path.stem in current or path.name in current:
                os.utime(path)
            elif time.time() - path.stat().st_mtime > SECONDS_KEPT:
                path.unlink()
            elif (name := _NAME.fullmatch(path.name)) and name["suffix"] in _TYPES:
                content = path.read_bytes()
                if _hash(content) == name["hash"]:
                    self.put(Asset(path.name, content))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asset = self.assets.get(environ["PATH_INFO"])
        if asset is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        headers, body = asset.answers[accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))]
        if dict(headers)["ETag"] in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", [pair for pair in headers if not pair[0].startswith("Content-")])
            return []
        start_response("200 OK", headers)
        return [body] if environ["REQUEST_METHOD"] == "GET" else []


def init_app(app: Flask) -> None:
    """Publish every bundle and give the templates `asset(name)`."""
    root = Path(app.root_path) / "static"
    publisher = app.extensions["assets"] = Publisher(app.wsgi_app)
    addresses = {name: publisher.put(_bundle(name, [root / part for part in parts])) for name, parts in BUNDLES.items()}
    app.jinja_env.globals["asset"] = addresses.__getitem__
    app.wsgi_app = publisher  # type: ignore[method-assign]


def _bundle(name: str, parts: list[Path]) -> Asset:
    content = b"\n".join(map(squeezed, parts))
    stem, _, suffix = name.rpartition(".")
    return Asset(f"{stem}-{_hash(content)}.{suffix}", content)


def squeezed(part: Path) -> bytes:
    """A stylesheet or script of ours without what is for its developers: comments on lines of their own, white space.

    A sixth of what goes over the wire. What comes from elsewhere is sent as it came.
    """
    content = part.read_bytes()
    if part.parent.name not in ("css", "js"):
        return content
    if part.suffix == ".css":
        content = _CSS_SPACE.sub(rb"\1", _CSS_COMMENT.sub(b"", content))
    lines = (line.strip() for line in content.splitlines())
    return b"\n".join(line for line in lines if line and not (part.suffix == ".js" and line.startswith(b"//")))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


@cache
def _encode(encoding: Encoding, content: bytes) -> bytes:
    return encoding.encode(content)


def _kept(path: Path, encoding: Encoding, content: bytes) -> bytes | None:
    """What *path* holds, if it is *content*."""
    try:
        data = path.read_bytes()
        return data if encoding.decode(data) == content else None
    except Exception:  # each library has its own word for damage
        return None


def _write(path: Path, data: bytes) -> None:
    """Put *data* under *path*, whole or not at all; without it, or with a full disk, the site runs all the same."""
    with suppress(OSError):
        if not path.exists() or path.read_bytes() != data:
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.write_bytes(data)
            draft.replace(path)
