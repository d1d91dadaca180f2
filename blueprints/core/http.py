"""What every answer and every request has in common: headers, caching, origin check, proxies, odd input."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, wraps
from io import BytesIO
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from blueprints.core import generations
from blueprints.core.cache import PARAMETERS
from blueprints.core.db import LARGEST_ID
from blueprints.core.encodings import IDENTITY, accepted, encode
from blueprints.core.settings import Network
from blueprints.core.tally import COUNTED

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

P = ParamSpec("P")
R = TypeVar("R")
# What is smaller fits into one packet as it is.
WORTH_PACKING = 500
MAX_BODY = 256 * 1024
MAX_DESK_BODY = 4 * 1024 * 1024
LARGEST_PAGE = 1_000_000
_SAFE = {"GET", "HEAD", "OPTIONS"}
# The application's extension that holds the endpoints which take a write from anywhere: what is sent carries its own
# permission, and no cookie is looked at (RFC 8058, where a mail program posts).
FROM_ANYWHERE = "from_anywhere"
# The extension that says of an endpoint how large a body it takes: a function, for it may depend on who sends.
ROOM = "room_for_bodies"
_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_BODY = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}
_CONDITIONS = {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_RANGE", "HTTP_IF_RANGE"}
SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}


class WrongOriginError(BadRequest):
    """A write that another site's page sent, or that does not say where it comes from."""

    description = (
        "This was sent from another site, or your browser did not say where it came from. "
        "Nothing was stored. Open the page on this site and send it again from there."
    )


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, sent back over TLS only wherever this request came over TLS or the site says so."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of this request; who brings no cookie starts with an empty one, and no key is made for it."""
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session back, but with no answer that is kept for everybody (Flask does this after `finish`)."""
        if "shared" not in g:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie is marked Secure."""
        return behind_tls()


class IdConverter(IntegerConverter):
    """A row's number in an address; what no database can hold is simply not found."""

    def __init__(self, url_map: Any) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Install the converter, the checks before every request and the headers after it."""
    app.url_map.converters["id"] = IdConverter
    app.url_map.strict_slashes = False
    app.extensions[FROM_ANYWHERE] = set()
    app.extensions[ROOM] = {}
    app.before_request(refuse_odd_input)
    app.before_request(refuse_large_body)
    app.before_request(refuse_foreign_write)
    app.after_request(finish)
    settings = app.config["SETTINGS"]
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # a sign-in ends at its day
    app.config["MAX_CONTENT_LENGTH"] = MAX_DESK_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_DESK_BODY
    app.config["MAX_FORM_PARTS"] = 200
    app.session_interface = Sessions()
    app.response_class = Answer
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]


def counted(text: str) -> int | None:
    """The number that *text* is, up to LARGEST_PAGE; nothing if it is written in any but the one usual way.

    A page that is found under "2" must not be found under "02": caches and readers would take it for another.
    """
    if len(text) < 8 and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        return number if (number := int(text)) <= LARGEST_PAGE else None
    return None


def shared(*parameters: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view whose answer is the same for everybody, whatever cookies they send; of the query it reads *parameters*."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def marked(*args: P.args, **kwargs: P.kwargs) -> R:
            g.shared = parameters
            return view(*args, **kwargs)

        return marked

    return mark


def counts_as(what: str) -> None:
    """The answer to this request, where it is a page and not a part of one, counts as a reading of *what*."""
    g.counted = what


def keep_out() -> None:
    """The answer to this request is the same for everybody, but hardly anybody will ask for it again."""
    g.pop("shared", None)


def page_number() -> int:
    """`?page=` of this request; 404 where it is not the number of a page."""
    return counted(request.args.get("page", "1")) or abort(404)


def chosen(name: str, values: Sequence[str]) -> str:
    """Which of *values* this request names in its query, the first if it names none; 404 where it is another."""
    value = request.args.get(name)
    if value is None:
        return values[0]
    return value if value in values[1:] else abort(404)


def behind_tls() -> bool:
    """Whether readers reach this site over https."""
    return request.is_secure or (current_app.config["SETTINGS"].site_url or "").startswith("https:")


def site_url() -> str:
    """The start of absolute addresses: the SITE_URL setting; without one nothing, and addresses begin at the root.

    Never the address that was asked: a page is kept for all readers, and whoever asks first could name any host.
    """
    return current_app.config["SETTINGS"].site_url or ""


def refuse_odd_input() -> None:
    """A NUL character belongs in no address; PostgreSQL could not even look for it."""
    if "\0" in request.path or any("\0" in value for value in request.args.values()):
        raise BadRequest("The address holds a character that no address can hold.")


def refuse_large_body() -> None:
    """413 before the body is read; one that does not say how long it is, is read up to the limit and no further."""
    if _BODY.isdisjoint(request.environ):
        return
    limit = MAX_DESK_BODY if request.path.startswith("/admin/") else MAX_BODY
    length = request.content_length
    if length is None and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        length = _keep_chunks(limit)  # in memory, so never as much as files may have
    elif ask := current_app.extensions[ROOM].get(request.endpoint):
        limit = ask()
    request.max_content_length = limit
    if length is not None and length > limit:
        size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 1024} KB"
        raise RequestEntityTooLarge(
            f"This is larger than the {size} that can be sent here. Nothing was stored. "
            "Your text is still in the form: if you do not see it, go back one page."
        )


def _keep_chunks(limit: int) -> int:
    """The length of a body sent in chunks; cut off in silence, as Werkzeug would do it, words would be lost."""
    stream, body = request.environ["wsgi.input"], b""
    while len(body) <= limit and (part := stream.read(limit + 1 - len(body))):
        body += part
    request.environ["wsgi.input"] = BytesIO(body)
    return len(body)


class Answer(Response):
    """Flask's, handed to the server in one piece where it is one.

    Granian sends a list at once. What it must ask for piece by piece, it asks for from another thread (0.1 ms).
    """

    def get_app_iter(self, environ: "WSGIEnvironment") -> Iterable[bytes]:
        """The body: a list, unless it is made on the way."""
        pieces = super().get_app_iter(environ)
        if not self.is_sequence or self.direct_passthrough:
            return pieces
        whole = list(pieces)
        self.close()
        return whole

    def get_wsgi_response(self, environ: "WSGIEnvironment") -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """The same with the security headers, but for those that a view has set itself, stricter."""
        body, status, headers = super().get_wsgi_response(environ)
        own = {name.lower() for name, _value in headers}
        return body, status, headers + [each for each in SECURITY_HEADERS.items() if each[0].lower() not in own]


def refuse_foreign_write() -> None:
    """Writes come from this site's own pages: Sec-Fetch-Site says so, else Origin does, else they are refused.

    Source: OWASP CSRF Prevention Cheat Sheet, Fetch Metadata with Origin as fallback.
    """
    if request.method in _SAFE or request.endpoint in current_app.extensions[FROM_ANYWHERE]:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise WrongOriginError
        return
    origin = request.headers.get("Origin")
    if origin is None or _host_of(origin) not in _own_hosts():
        raise WrongOriginError


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _own_hosts() -> set[str]:
    hosts = {request.host.lower()}
    if site_url := current_app.config["SETTINGS"].site_url:
        hosts.add(urlsplit(site_url).netloc.lower())
    return hosts


def finish(response: Response) -> Response:
    """Who may list an answer, and keep it, by what kind of answer it is."""
    if (found := g.get("site")) is not None and found.is_listed is False:
        response.headers["X-Robots-Tag"] = "noindex"
    environ, headers = request.environ, response.headers
    is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD") and response.status_code == 200
    is_shared = is_read and "shared" in g and "Set-Cookie" not in headers
    if is_read and "counted" in g:
        _count(g.counted, environ)
    settings = current_app.config["SETTINGS"]
    # What is kept for everybody must not depend on how the first one came.
    is_tls_site = bool(settings.tls_certificate or (settings.site_url or "").startswith("https:"))
    if is_tls_site or (request.is_secure and not is_shared):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    usual = _for_everybody() if is_shared else "no-cache" if is_read else "no-store"
    caching = headers.setdefault("Cache-Control", usual)
    if is_shared and "s-maxage" in caching:
        headers["Cache-Tag"] = ",".join(generations.names_read())
    if is_shared and PARAMETERS in environ and "no-store" not in caching:
        response.vary.add("Accept-Encoding")
        environ[PARAMETERS] = g.shared
        return response  # the page cache tags it, packs it and asks whether the browser has it
    if response.direct_passthrough:
        return response  # a file, or a part of one
    return _packed(response)


def _packed(response: Response) -> Response:
    """*response* in an encoding that the browser takes, with the tag of that, or the word that the browser has it."""
    if response.is_streamed:
        return response
    encoding = _encoding_for(response)
    if encoding != IDENTITY:
        response.set_data(encode(response.get_data(), encoding, well=False))
        response.headers["Content-Encoding"] = encoding
    if response.status_code == 200 and "no-store" not in response.headers["Cache-Control"]:
        response.add_etag()  # of the packed bytes: another encoding has another
        if not _CONDITIONS.isdisjoint(request.environ):
            response.make_conditional(request)
    return response


def _encoding_for(response: Response) -> str:
    """In which encoding *response* is sent: a text that is worth it, in what the browser takes."""
    kind = response.mimetype or ""
    is_text = kind.startswith("text/") or kind.endswith(("json", "xml"))
    if not is_text or len(response.get_data()) < WORTH_PACKING:
        return IDENTITY
    response.vary.add("Accept-Encoding")
    return accepted(request.headers.get("Accept-Encoding", ""))


def _count(what: str, environ: "WSGIEnvironment") -> None:
    if COUNTED in environ:
        environ[COUNTED] = what  # the page cache counts it, each time that it is answered
    elif environ["REQUEST_METHOD"] == "GET" and "HTTP_HX_REQUEST_TYPE" not in environ:
        current_app.extensions["tally"].note(what, environ)


def _for_everybody() -> str:
    """For browsers: ask each time. For a cache in between, if the settings name one: so long, unless a post is due."""
    seconds = current_app.config["SETTINGS"].cdn_seconds
    if not seconds or generations.is_passing():
        return "public, no-cache"
    return f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={min(seconds, 60)}"


_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxies:
    """Believes X-Forwarded-* only from a neighbour that the settings name; takes them from all others."""

    def __init__(self, app: Callable[..., Iterable[bytes]], trusted: tuple[Network, ...]) -> None:
        self.plain = app
        self.trusted = trusted
        self.proxied = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self.trusts = lru_cache(maxsize=1024)(self._trusts)  # the same few neighbours at every request

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.trusted and self.trusts(environ.get("REMOTE_ADDR", "")):
            environ["HTTP_X_FORWARDED_FOR"] = self.client(environ.get("HTTP_X_FORWARDED_FOR", ""))
            return self.proxied(environ, start_response)
        for name in _FORWARDED:
            environ.pop(name, None)
        return self.plain(environ, start_response)

    def _trusts(self, text: str) -> bool:
        """Whether *text* is the address of a configured proxy."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)

    def client(self, forwarded: str) -> str:
        """The last address of the chain that is not one of our own proxies."""
        hops = [_without_port(hop.strip()) for hop in forwarded.split(",") if hop.strip()]
        while len(hops) > 1 and self.trusts(hops[-1]):
            hops.pop()
        return hops[-1] if hops else ""


def _without_port(hop: str) -> str:
    """The address in "192.0.2.7:5123" and "[2001:db8::7]:5123", as some proxies write it."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
