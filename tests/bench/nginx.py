"""nginx beside the site: the same pages as files that were packed in advance, on the same core.

As Debian's package sets it, nginx opens the file for each request, and so sends what stands in it at that moment: the
promise that a kept page makes, too. At a second address it keeps files open (`open_file_cache`). That carries a third
more for a small file, and sends the old page for up to a minute after the file was replaced.
"""

import gzip
import os
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tests.bench.load import SERVER_CORE
from tests.operations.serving import free_port

_CONFIG = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type text/html;
  gzip_static on;
  {headers}
  {folders}
  root {folder}/pages;
  server {{ listen 127.0.0.1:{port}; }}
  server {{ listen 127.0.0.1:{port_of_open}; open_file_cache max=100; }}
}}
"""
_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """One worker process that serves *pages* (name: HTML) with *headers* besides its own, while the block runs."""

    def __init__(self, folder: Path, pages: dict[str, bytes], headers: dict[str, str]) -> None:
        self.folder, self.port, port_of_open = folder, free_port(), free_port()
        self.url, self.url_of_open = (f"http://127.0.0.1:{port}" for port in (self.port, port_of_open))
        (folder / "pages").mkdir(parents=True)
        for name, page in pages.items():
            (folder / "pages" / name).write_bytes(page)
            (folder / "pages" / f"{name}.gz").write_bytes(gzip.compress(page, 9))
        config = _CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            port=self.port,
            port_of_open=port_of_open,
            headers=" ".join(f'add_header {name} "{value}";' for name, value in headers.items()),
            folders=" ".join(f"{name}_temp_path {folder}/{name};" for name in _FOLDERS),
        )
        (folder / "nginx.conf").write_text(config)

    def __enter__(self) -> "Nginx":
        program = ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"]
        path = os.environ.get("PATH", "") + ":/usr/sbin"
        command = ["taskset", "-c", SERVER_CORE, *program]
        self.process = subprocess.Popen(command, env={**os.environ, "PATH": path})
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.02)
        raise SystemExit(f"nginx did not start: {(self.folder / 'error.log').read_text()}")

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
