"""Serving: granian in front of the application."""

import errno
import socket
from collections.abc import Callable

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from blueprints.accounts.queries import has_administrator
from blueprints.core import site
from blueprints.core.db import BUSY_SECONDS, backend, db, writing
from blueprints.operations import upgrade, welcome

# Threads a worker may spend inside Python: enough to overlap waiting for the disk, few enough to share one lock.
THREADS = 4
# Connections a worker holds at once, idle ones of browsers among them; more wait in the listen queue, and with them
# everybody who comes after. Well below the 1,024 files that a process may usually open.
CONNECTIONS = 512
# A writer may wait for the lock, then an answer is written; a connection that sends nothing does not hold us longer.
SECONDS_TO_STOP = BUSY_SECONDS + 2


def serve(app: Flask, announce: Callable[[str], object]) -> None:
    """Serve *app* until the process is told to stop; *announce* receives what a person should read."""
    settings = app.config["SETTINGS"]
    _try_address(settings.host, settings.port)
    upgrade.run(app)
    with app.app_context():
        welcome.greet()
        unclaimed = not has_administrator()
        database = backend().describe(db.session.connection())
        db.session.remove()
    address = settings.site_url or f"http://{settings.host}:{settings.port}"
    announce(f"Hustings serves {address}  (Ctrl-C stops it; {database})")
    if unclaimed:
        announce(f"To become its administrator, open this link once within 24 hours:\n{set_up_link(app)}")
    with app.app_context():
        db.engine.dispose()  # the workers are forked from here and must open the database themselves
    Granian(
        "app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=SECONDS_TO_STOP,
        websockets=False,
    ).serve()
    with app.app_context():
        backend().close(db.engine)


def set_up_link(app: Flask) -> str:
    """A new one-time link to the set-up page."""
    settings = app.config["SETTINGS"]
    with app.app_context():
        with writing():
            current = db.session.merge(site.current())
            token = current.offer_setup()
        db.session.remove()
    address = settings.site_url or f"http://{settings.host}:{settings.port}"
    return f"{address}/set-up/{token}"


def _try_address(host: str, port: int) -> None:
    """Stop with one sentence where the site could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < 65_535 else 8000
                raise SystemExit(f"hustings: port {port} is taken; choose another with PORT={other}.") from error
            reason = error.strerror or str(error)
            raise SystemExit(f"hustings: HOST={host} PORT={port} cannot be listened on: {reason}.") from error
