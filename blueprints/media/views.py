"""Sending files: a picture to be shown, everything else to be saved; nothing that a browser could run."""

from io import BufferedReader
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import FileWrapper

from blueprints.core.db import db
from blueprints.media import queries
from blueprints.media.addresses import extension_of, parsed_rendition, rendition_url
from blueprints.media.content import Content
from blueprints.media.models import MediaFile, Rendition

bp = Blueprint("media", __name__)
# Bytes that are handed over at once.
BLOCK = 64 * 1024
# Whatever it is, it is no page: opened by itself it has no origin, runs nothing and asks for nothing.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
FOR_GOOD = "public, max-age=31536000, immutable"
ASKING_EACH_TIME = "public, max-age=0, must-revalidate"


@bp.get("/media/<id:number>-<name>")
def show(number: int, name: str) -> ResponseReturnValue:
    """A file as it is now, under the address that stays."""
    file = queries.named(number, name) or abort(404)
    return send(file, queries.original(file) or abort(404), ASKING_EACH_TIME)


@bp.get("/media/<id:number>/<name>")
def rendition(number: int, name: str) -> ResponseReturnValue:
    """A picture in one size; where the file was replaced since, the way to what came in its place."""
    width, hash_, extension = parsed_rendition(name) or abort(404)
    found = queries.rendition(number, hash_)
    if found is not None and (found.width, extension_of(found.type)) == (width, extension):
        return send(found.file, found, FOR_GOOD)
    file = db.session.get(MediaFile, number)
    if file is None or not file.is_picture:
        abort(404)
    closest = queries.closest(file, width, extension)
    place = rendition_url(closest) if closest else url_for("media.show", number=number, name=file.name)
    response = redirect(place, 302)
    response.headers["Cache-Control"] = ASKING_EACH_TIME
    return response


def send(file: MediaFile, rendition: Rendition, caching: str) -> Response:
    """The bytes of *rendition*, all or the part that was asked for, or word that the browser has them."""
    content = FileWrapper(BufferedReader(Content(rendition), BLOCK), BLOCK)
    response = Response(content, content_type=rendition.type, direct_passthrough=True)
    response.content_length = rendition.size
    response.set_etag(rendition.hash)
    stem = file.name.rpartition(".")[0]
    extension = extension_of(rendition.type) if file.is_picture else file.extension
    way = "inline" if file.is_picture else "attachment"
    response.headers.update(
        {
            "Content-Disposition": f'{way}; filename="{_plain(stem)}.{extension}"; '
            f"filename*=UTF-8''{quote(stem)}.{extension}",
            "Content-Security-Policy": POLICY,
            # Feeds are read, and links shown, on other sites.
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": caching,
        }
    )
    # Several parts at once, or parts counted otherwise, need not be served (RFC 9110, 14.2): all of it is sent instead.
    asked = request.range
    is_one = asked is None or (asked.units == "bytes" and len(asked.ranges) == 1)
    response.make_conditional(request, accept_ranges=is_one, complete_length=rendition.size)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _plain(stem: str) -> str:
    """A name for programs that know only ASCII."""
    return stem.encode("ascii", "ignore").decode().strip("-") or "file"
