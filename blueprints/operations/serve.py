"""Serving: granian in front of the application.

The first process listens, brings the database up to date, loads the application and forks the workers, which share its
memory. It answers nobody itself, and so it outlives whatever befalls a worker.

Workers are for cores, threads are for waiting. Python runs one thread of a process at a time: a second worker doubles
what the site carries where there is a second core; a second thread fills the time in which the first waits for the disk
or for a slow sender (`workers.py` has the figures). So: one worker a core up to four, for then the database is what is
waited for; one alone where memory is short.

SIGHUP reloads: this program begins anew in the same process, with the code, the packages and the files that are on the
disk by then, once `hustings upgrade` has shown that they work. The old workers answer until the new ones are there,
then they leave (`workers.py`). SIGTERM and SIGINT stop. What a worker has taken is answered in any case; what waits to
be taken waits for the next worker, since the listening sockets, one for each worker, belong to the first process and go
over to its successor.
"""

import ctypes
import errno
import fcntl
import gc
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from flask import Flask
from granian._granian import SocketHolder
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from blueprints.accounts.queries import has_administrator
from blueprints.core import site
from blueprints.core.db import BUSY_SECONDS, backend, db, writing
from blueprints.core.postman import Postman
from blueprints.core.settings import Settings
from blueprints.operations import upgrade, welcome, workers

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
# Between two attempts, where workers die as soon as they are there.
SECONDS_TO_RECOVER = 2
_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3  # malloc.h
_PREDECESSORS = "HUSTINGS_PREDECESSORS"  # the workers that a reload leaves behind, for the program that follows


# Connections inherit these. One reaches a worker with its first bytes, so that whoever says nothing costs us nothing.
_OPTIONS = (
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_DEFER_ACCEPT", 10),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", SECONDS_TO_TAKE * 1000),
)
_FIRST_INHERITED = 3
_RELATIVE = "; links in it begin at the root, for SITE_URL is not set"


class Server(MPServer):
    """Granian with the listening sockets that it is given, one for each worker.

    By itself it lets each worker open its own, and whoever waits in the queue of one is cut off when that worker
    leaves. One queue for all would leave most connections to whichever worker is awake first.
    """

    def __init__(self, listeners: list[socket.socket], **options: Any) -> None:
        super().__init__("app:create_app", factory=True, workers=len(listeners), **options)
        self.listeners = listeners

    def _init_shared_socket(self) -> None:
        self._ssp = self._sso = None

    def _drop_shared_socket(self) -> None:
        if self.interrupt_signal:  # we are to stop: who comes now is refused at once
            for listener in self.listeners:
                listener.close()

    def _spawn_worker(self, idx: int, *args: Any, **options: Any) -> WorkerProcess:
        self._shd: Any = SocketHolder(self.listeners[idx].fileno(), False, QUEUE)  # type: ignore[call-arg]
        return super()._spawn_worker(idx, *args, **options)


def serve(make_app: Callable[..., Flask], announce: Callable[[str], object]) -> None:
    """Serve what *make_app* makes until the process is told to stop; *announce* receives what a person should read."""
    app = make_app()
    settings: Settings = app.config["SETTINGS"]
    predecessors = [int(pid) for pid in os.environ.pop(_PREDECESSORS, "").split()]
    if not (listeners := _inherited_listeners(settings.workers)):
        _try_address(settings.host, settings.port)
    upgrade.run(app)
    with app.app_context():
        welcome.greet()
        unclaimed = not has_administrator()
        database = backend().describe(db.session.connection())
        db.session.remove()
    announce(f"Hustings serves {_address(settings)}  (Ctrl-C stops it; {database})")
    if unclaimed and not predecessors:
        announce(f"To become its administrator, open this link once within 24 hours:\n{set_up_link(app)}")
    if settings.mail_line.scheme == "console":
        announce(f"Mail is shown here, for MAIL_URL names no server{_RELATIVE if not settings.site_url else ''}.")
    assets = app.extensions["assets"]
    assets.keep(settings.instance / "static")

    def load() -> Flask:
        # Each worker has an application of its own: nothing that is open, locked or running is carried over the fork.
        worker = make_app(settings)
        worker.extensions["assets"].assets = assets.assets
        return worker

    with app.app_context():
        # The workers are forked from here and must open the database themselves.
        app.extensions["watch"].close()
        db.engine.dispose()
    _serve(settings, load, listeners or _listen(settings), predecessors, announce)
    with app.app_context():
        backend().close(db.engine)


def _serve(
    settings: Settings,
    load: Callable[[], Flask],
    listeners: list[socket.socket],
    predecessors: list[int],
    announce: Callable[[str], object],
) -> None:
    ready, tell = os.pipe()
    server = Server(
        listeners,
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
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=SECONDS_TO_STOP,
        websockets=False,
    )

    def start() -> None:
        # What is there before the fork stays shared as long as nobody writes to it, and the collector would.
        gc.collect()
        gc.freeze()
        _keep_memory_low()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    def reload() -> None:
        tried = subprocess.run([*_program()[:-1], "upgrade"], capture_output=True, text=True, check=False)
        if server.interrupt_signal:  # told to stop meanwhile
            return
        if tried.returncode:
            announce(f"hustings: not reloaded, for `hustings upgrade` says: {tried.stderr.strip()}")
        else:
            _begin_anew(listeners, [worker.inner.pid for worker in server.wrks])

    server.on_startup(start)
    server.on_reload(reload)
    dismissal = threading.Thread(target=_dismiss, args=(predecessors, ready, len(listeners)))
    dismissal.start()
    multiprocessing.set_start_method("fork", force=True)
    try:
        server.serve(target_loader=partial(_load, load, tell), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:
            announce(
                f"hustings: workers die as soon as they are there; beginning anew in {SECONDS_TO_RECOVER} seconds."
            )
            time.sleep(SECONDS_TO_RECOVER)
            _begin_anew(listeners, predecessors)
    os.close(tell)
    dismissal.join()


def _load(load: Callable[[], Flask], tell: int) -> workers.Application:
    """In a worker: what it answers with."""
    app = load()
    application = workers.attend(app.wsgi_app, Postman(app))
    os.write(tell, b".")
    return application


def _dismiss(predecessors: list[int], ready: int, number: int) -> None:
    """Tell the workers of before a reload to leave once *number* new ones are there, or there will be none."""
    while number > 0 and (told := os.read(ready, number)):
        number -= len(told)
    for pid in predecessors:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while predecessors := [pid for pid in predecessors if os.waitpid(pid, os.WNOHANG) == (0, 0)]:
        time.sleep(0.05)
        if time.monotonic() > deadline:
            for pid in predecessors:
                os.kill(pid, signal.SIGKILL)


def _keep_memory_low() -> None:
    """Have the C library give back what is free, and keep one pool for all threads, which take turns anyway.

    By itself it keeps a pool a thread: 17 MB more for two workers after load (mallopt(3), glibc only).
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, 128 * 1024), (_MMAP_THRESHOLD, 128 * 1024)):
            mallopt(option, value)


def _begin_anew(listeners: list[socket.socket], predecessors: list[int]) -> NoReturn:
    """Run this program again in this process, which keeps its number, its sockets and its children.

    The sockets are handed over as systemd does it (sd_listen_fds(3)), so that either may start us.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    copies = [fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, FILES) for listener in listeners]
    for position, copy in enumerate(copies):
        os.dup2(copy, _FIRST_INHERITED + position, inheritable=True)
        os.close(copy)
    environ = {
        **os.environ,
        "LISTEN_PID": str(os.getpid()),
        "LISTEN_FDS": str(len(listeners)),
        _PREDECESSORS: " ".join(map(str, predecessors)),
    }
    os.execve(sys.executable, _program(), environ)  # noqa: S606 - the words that started us


def _program() -> list[str]:
    return [sys.executable, *sys.orig_argv[1:]]


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
        db.session.remove()
    return f"{_address(app.config['SETTINGS'])}/set-up/{token}"


def _address(settings: Settings) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    return settings.site_url or f"{scheme}://{settings.host}:{settings.port}"


def _inherited_listeners(number: int) -> list[socket.socket]:
    """The sockets that whoever started us has opened, dealt out to *number* workers; none if it did not."""
    given, for_whom = os.environ.pop("LISTEN_FDS", "0"), os.environ.pop("LISTEN_PID", "")
    if for_whom != str(os.getpid()):
        return []
    listeners = [socket.socket(fileno=_FIRST_INHERITED + position) for position in range(int(given))]
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
