"""Serving: granian in front of the application.

The first process listens, brings the database up to date, makes the application and forks the workers, which share its
memory. Then it becomes their parent (`parent.py`): it answers nobody itself, and so it outlives whatever befalls a
worker.

Workers are for cores, threads are for waiting. Python runs one thread of a process at a time: a second worker doubles
what the site carries where there is a second core; a second thread fills the time in which the first waits for the disk
or for a slow sender (`workers.py` has the figures). So: one worker a core up to four, for then the database is what is
waited for; one alone where memory is short.

SIGHUP reloads: this program begins anew in the same process, with the code, the packages and the files that are on the
disk by then, once `hustings upgrade` has shown that they work. The old workers answer until the new ones are there,
then they leave (`workers.py`). A worker that dies is replaced in the same way. SIGTERM and SIGINT stop. What a worker
has taken is answered in any case; what waits to be taken waits for the next worker, since the listening sockets, one
for each worker, belong to the first process and go over to its successor.
"""

import errno
import fcntl
import gc
import json
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from granian._granian import SocketHolder
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server import mp
from granian.server.mp import MPServer, WorkerProcess
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import configure_mappers
from werkzeug.test import run_wsgi_app

from blueprints.accounts.queries import has_administrator
from blueprints.core import audit, chores, postman, site
from blueprints.core.db import BUSY_SECONDS, backend, db, let_go, now, writing
from blueprints.core.postman import Postman
from blueprints.core.settings import Settings
from blueprints.operations import memory, parent, upgrade, welcome, workers
from blueprints.posts.addresses import post_url
from blueprints.posts.queries import newest_published

log = logging.getLogger("hustings")
# Connections that a worker holds, idle ones of browsers among them; when there are more, the next wait in the listen
# queue. The limit of open files is the bound where it is lower; FILES are those for other things.
CONNECTIONS, FILES = 8_192, 256
# How many may wait to be taken; the kernel may allow fewer (net.core.somaxconn).
QUEUE = 2_048
# The longest head of a request. Granian would hold 400 KB for everybody who sends one.
HEAD_BYTES = 64 * 1024
# A reader who takes none of an answer for so long, or whose machine is gone, has left.
SECONDS_TO_TAKE = 30
# The last request may come at the end of the farewell, and wait for the lock.
SECONDS_TO_STOP = workers.SECONDS_TO_LEAVE + BUSY_SECONDS

# Connections inherit these. One reaches a worker with its first bytes, so that whoever says nothing costs us nothing.
_OPTIONS = (
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_DEFER_ACCEPT", 10),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", SECONDS_TO_TAKE * 1000),
)
_RELATIVE = "; links in it begin at the root, for SITE_URL is not set"


class Server(MPServer):
    """Granian with the listening sockets that it is given, one for each worker, up to where the workers are there.

    By itself it lets each worker open its own, and whoever waits in the queue of one is cut off when that worker
    leaves. One queue for all would leave most connections to whichever worker is awake first.
    """

    def __init__(self, app: Flask, listeners: list[socket.socket], predecessors: list[int], **options: Any) -> None:
        super().__init__("app:create_app", factory=True, workers=len(listeners), **options)
        self.app = app
        self.listeners = listeners
        self.predecessors = predecessors
        self.pipes: list[int] = []
        self.turn = multiprocessing.get_context("fork").Lock()

    def _init_shared_socket(self) -> None:
        self._ssp = self._sso = None

    def _spawn_worker(  # type: ignore[override] # as granian's for processes
        self, idx: int, target: Callable[..., None], callback_loader: Any
    ) -> WorkerProcess:
        self._shd: Any = SocketHolder(self.listeners[idx].fileno(), False, QUEUE)  # type: ignore[call-arg]
        heard, tell = os.pipe()
        os.set_blocking(heard, False)
        os.set_blocking(tell, False)
        self.pipes.append(heard)
        return super()._spawn_worker(idx, partial(self._work, target), partial(self._load, tell))

    def _load(self, tell: int) -> workers.Doorkeeper:
        """In a worker: what it answers with."""
        cache = self.app.extensions.get("cache")
        at_hand = cache.at_hand if cache and not cache.tells else None
        mp._wsgi_call_wrap = workers.answering  # type: ignore[assignment, attr-defined]
        with self.app.app_context():
            door = workers.Doorkeeper(self.app.wsgi_app, at_hand, backend().AT_ONCE)
        return workers.attend(door, Postman(self.app), tell)

    def _work(self, target: Callable[..., None], *args: Any) -> None:
        """In a worker: its whole life. One at a time lets go of the database: the last writes SQLite's log back."""
        target(*args)
        with self.app.app_context():
            chores.run(now(), at_the_end=True)
        is_ours = self.turn.acquire(timeout=workers.SECONDS_TO_LEAVE)
        close(self.app)
        if is_ours:
            self.turn.release()

    def _serve_loop(self, *_targets: Any) -> NoReturn:
        """The workers are there: become their parent."""
        if self.interrupt_signal:  # before it was blocked
            os.kill(os.getpid(), signal.SIGTERM)
        hand_over(self.listeners, self.pipes, [worker.inner.pid for worker in self.wrks], self.predecessors)


def serve(make_app: Callable[..., Flask], announce: Callable[[str], object]) -> None:
    """Serve what *make_app* makes until the process is told to stop; *announce* receives what a person should read."""
    app = make_app()
    settings: Settings = app.config["SETTINGS"]
    predecessors = [int(pid) for pid in os.environ.pop(parent.PREDECESSORS, "").split()]
    if not (listeners := _inherited_listeners(settings.workers)):
        _try_address(settings.host, settings.port)
    upgrade.run(app)
    with app.app_context():
        with audit.acting(audit.SITE):
            welcome.greet()
        unclaimed = not has_administrator()
        database = backend().describe(db.session.connection())
        let_go()
    announce(f"Hustings serves {settings.address}  (Ctrl-C stops it; {database})")
    if unclaimed and not predecessors:
        announce(f"To become its administrator, open this link once within 24 hours:\n{set_up_link(app)}")
    if settings.mail_line.scheme == "console":
        announce(f"Mail is shown here, for MAIL_URL names no server{_RELATIVE if not settings.site_url else ''}.")
    app.extensions["assets"].keep(settings.instance / "static")
    prepare(app, settings.instance / "templates")
    rehearse(app)
    close(app)  # nothing that is open, locked or running is carried over the fork
    _serve(app, listeners or _listen(settings), predecessors)


def prepare(app: Flask, folder: Path) -> None:
    """Make what every worker would make for itself: made before the fork, it is there once for all of them.

    Compiling a template takes 3 ms, and there are many: what came of it is kept in *folder* for the next start. Those
    of the desk and of letters wait until somebody needs them.
    """
    configure_mappers()
    folder.mkdir(exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder), "%s")
    for name in app.jinja_env.list_templates(filter_func=lambda name: not name.startswith(("admin/", "mail/"))):
        app.jinja_env.get_template(name)
    for asset in app.extensions["assets"].assets.values():
        _ = asset.answers


def rehearse(app: Flask) -> None:
    """Do what is due, ask what a postman asks, and draw the front page, newest post, archive and feed for nobody.

    What Flask, SQLAlchemy and Jinja make for themselves at the first of each kind is then there once for all workers
    (6 MB for each of two). Below the page cache, so that nothing is kept, counted or listened to.
    """
    cache = app.extensions.get("cache")
    draw = cache.app if cache else app.wsgi_app
    try:
        with app.app_context():
            chores.run(now())
            postman.look(now())
            paths = ["/", "/archive", "/feed.atom", *map(post_url, newest_published(1, 1).posts)]
            let_go()
        for path in paths:
            request = app.test_request_context(path, base_url=app.config["SETTINGS"].address).request
            run_wsgi_app(draw, request.environ, buffered=True)
    except Exception:  # what fails for nobody is no reason to serve nobody
        log.exception("what is done before the first visit failed")


def close(app: Flask) -> None:
    """Let go of everything that this process has open of the database."""
    with app.app_context():
        db.engine.dispose()
        app.extensions["watch"].close()


def _serve(app: Flask, listeners: list[socket.socket], predecessors: list[int]) -> None:
    settings: Settings = app.config["SETTINGS"]
    server = Server(
        app,
        listeners,
        predecessors,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        blocking_threads=workers.THREADS,
        backpressure=min(CONNECTIONS, _files() - FILES),
        http1_settings=HTTP1Settings(header_read_timeout=workers.SILENT_SECONDS * 1000, max_buffer_size=HEAD_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=HEAD_BYTES, max_concurrent_streams=100),
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.error,
        websockets=False,
    )
    server.on_startup(_ready_to_fork)
    multiprocessing.set_start_method("fork", force=True)
    server.serve(wrap_loader=False)


def _ready_to_fork() -> None:
    # Those are for the parent, and the workers inherit it: they wait for the two that end them (workers.py).
    signal.pthread_sigmask(signal.SIG_BLOCK, parent.SIGNALS)
    # What is there before the fork stays shared as long as nobody writes to it, and the collector would.
    gc.collect()
    memory.give_back()
    gc.freeze()


def hand_over(listeners: list[socket.socket], pipes: list[int], pids: list[int | None], before: list[int]) -> NoReturn:
    """Become the parent of *pids*, heard on *pipes*: another program in this process, with its number and children.

    The sockets are handed over as systemd does it (sd_listen_fds(3)), so that either may start us.
    """
    copies = [fcntl.fcntl(number, fcntl.F_DUPFD, FILES) for number in [*map(socket.socket.fileno, listeners), *pipes]]
    places = range(parent.FIRST_INHERITED, parent.FIRST_INHERITED + len(copies))
    for place, copy in zip(places, copies, strict=True):
        os.dup2(copy, place, inheritable=True)
        os.close(copy)
    state = {
        "program": [sys.executable, *sys.orig_argv[1:]],
        "listeners": len(listeners),
        "workers": dict(zip(map(str, pids), places[len(listeners) :], strict=True)),
        "predecessors": before,
        "patience": SECONDS_TO_STOP,
    }
    # Isolated, without any package: what it needs is a little of the standard library.
    words = [sys.executable, "-I", "-S", parent.__file__]
    os.execve(sys.executable, words, {**os.environ, parent.HANDOVER: json.dumps(state)})  # noqa: S606


def _files() -> int:
    """How many files this process may open, after asking for as many as it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, CONNECTIONS + FILES if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS + FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def set_up_link(app: Flask) -> str:
    """A new one-time link to the set-up page."""
    with app.app_context():
        with writing():
            current = db.session.merge(site.current())
            token = current.offer_setup()
        let_go()
    return f"{app.config['SETTINGS'].address}/set-up/{token}"


def _inherited_listeners(number: int) -> list[socket.socket]:
    """The sockets that whoever started us has opened, dealt out to *number* workers; none if it did not."""
    given, for_whom = os.environ.pop("LISTEN_FDS", "0"), os.environ.pop("LISTEN_PID", "")
    if for_whom != str(os.getpid()):
        return []
    listeners = [socket.socket(fileno=parent.FIRST_INHERITED + position) for position in range(int(given))]
    for listener in listeners:
        listener.set_inheritable(False)
    return [listeners[position % len(listeners)] for position in range(number)]


def _listen(settings: Settings) -> list[socket.socket]:
    """A socket for each worker, all with our address; the kernel deals new connections out to them."""
    family = _family(settings.host)
    several = sys.platform == "linux"  # elsewhere the last one would get them all
    listeners = []
    for _ in range(settings.workers if several else 1):
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=QUEUE, reuse_port=several
        )
        for level, option, value in _OPTIONS:
            if hasattr(socket, option):
                listener.setsockopt(level, getattr(socket, option), value)
        listeners.append(listener)
    return [listeners[position % len(listeners)] for position in range(settings.workers)]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _try_address(host: str, port: int) -> None:
    """Stop with one sentence where the site could not listen."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < 65_535 else 8000
                raise SystemExit(f"hustings: port {port} is taken; choose another with PORT={other}.") from error
            reason = error.strerror or str(error)
            raise SystemExit(f"hustings: HOST={host} PORT={port} cannot be listened on: {reason}.") from error
