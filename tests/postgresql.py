"""A real PostgreSQL for the tests: in a folder of its own, gone with the process that started it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.operations.serving import free_port

START_SECONDS = 30
PASSWORD = "sesame"
# Speed for databases that live for one test; durability is tested without.
HASTE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "checkpoint_timeout": "1h"}
# Texts are sorted by a language unless somebody asks for better: a column that was forgotten shows itself.
INIT = "--username=hustings --pwfile=password --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 \
  --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync --no-instructions"
# Serves until the end of its input, which comes however the process ends that holds the other side of the pipe.
# A server that has just been started ends by the first signal, one that is up (and ignored neither) by the second.
SERVE = f"""
cd "$1"; shift
[ -e data ] || "$0/initdb" {INIT} --pgdata=data >>log 2>&1 || exit
"$0/postgres" -D data "$@" >>log 2>&1 &
cat >/dev/null
kill -TERM $!
kill -QUIT $!
wait
rm -rf "$PWD"
"""


def programs() -> Path | None:
    """The folder of the newest server's programs; None where it is not installed."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = known[-1] if known else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Server:
    """One server with the databases that tests make in it."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hustings-pg-"))
        self.port = free_port()
        self.settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "shared_buffers": "64MB",
            **settings,
        }
        (self.folder / "password").write_text(PASSWORD)
        self.as_somebody: list[str] = []
        if os.geteuid() == 0:  # it refuses to run as root
            somebody = next(entry for entry in map(_entry, ("postgres", "nobody")) if entry)
            self.as_somebody = ["setpriv", f"--reuid={somebody.pw_uid}", f"--regid={somebody.pw_gid}", "--clear-groups"]
            for path in (self.folder, self.folder / "password"):
                os.chown(path, somebody.pw_uid, somebody.pw_gid)
        self.launch()

    def launch(self) -> None:
        """Begin to start; `wait` says when it is there."""
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        self.process = subprocess.Popen(
            [*self.as_somebody, "sh", "-c", SERVE, str(programs()), str(self.folder), *settings],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the tests
        )

    def url(self, name: str) -> str:
        """The URL of its database *name*."""
        return address(self.folder, self.port, name)

    def end(self, how: int = signal.SIGINT) -> None:
        """End the server alone, as a restart (SIGINT) or a power cut (SIGKILL) does; `launch` starts it again."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(main, how)
        while self._processes() or Path(f"/proc/{main}").exists():  # a zombie keeps another out
            time.sleep(0.01)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()

    def _processes(self) -> list[Path]:
        """What still has its data open: each process of the server works in that folder."""
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with suppress(OSError):
                if os.readlink(link) == str(self.folder / "data"):
                    found.append(link)
        return found

    def stop(self) -> None:
        """End it and remove its folder."""
        self.process.stdin.close()
        self.process.wait(timeout=START_SECONDS)


def address(folder: Path | str, port: int | str, name: str = "") -> str:
    """The URL of a database on the server whose socket is in *folder*."""
    return f"postgresql://hustings@/{name}?host={folder}&port={port}"


def wait(url: str) -> psycopg.Connection:
    """A connection to the server as soon as it takes one."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _entry(name: str) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam(name)
    return None
