"""Connections that say nothing, or little at a time: readers do not wait for them."""

import resource
import socket
import threading
from contextlib import ExitStack, suppress
from io import BytesIO

import httpx
import pytest

from blueprints.operations import workers
from tests.operations.serving import serving, wait_for

IDLE, SLOW = 2_000, 50
FORM = b"POST /posts/welcome/comments HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nauthor=J"


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_readers_read_while_2000_connections_idle_and_50_send_slowly(tmp_path, many_files):
    with serving(tmp_path / "site", WORKERS="1") as site, ExitStack() as opened:
        address = ("127.0.0.1", site.port)
        for number in range(IDLE):
            idle = opened.enter_context(socket.create_connection(address))
            if number % 2:  # a browser that has got its page
                idle.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" if number % 20 == 1 else b"GET /")
        slow = [opened.enter_context(socket.create_connection(address)) for _ in range(SLOW)]
        for number, connection in enumerate(slow):
            connection.sendall(
                FORM if number % 2 else b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
        with httpx.Client(timeout=5) as reader:
            for _ in range(20):
                assert reader.get(f"{site.url}/posts/welcome").status_code == 200
                for connection in slow:
                    with suppress(ConnectionError):  # told that too many send at once
                        connection.send(b"x")
        assert httpx.get(site.url, timeout=5).status_code == 200  # and on a connection of its own


def test_too_many_slow_senders_are_told_so_and_one_that_left_makes_room(tmp_path):
    with serving(tmp_path / "site", WORKERS="1") as site, ExitStack() as opened:
        slow = [
            opened.enter_context(socket.create_connection(("127.0.0.1", site.port))) for _ in range(workers.SENDERS)
        ]
        for connection in slow:
            connection.sendall(FORM)
        headers = {"Sec-Fetch-Site": "same-origin"}

        def status() -> int:
            return httpx.post(f"{site.url}/posts/welcome/comments", data={"author": "J"}, headers=headers).status_code

        wait_for(lambda: status() == 503)
        refused = httpx.post(f"{site.url}/posts/welcome/comments", data={"author": "J"}, headers=headers)
        assert refused.headers["Retry-After"] == "5"
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        assert httpx.get(site.url).status_code == 200
        slow.pop().close()
        wait_for(lambda: status() == 422)


def test_body_that_ends_early_is_not_taken_for_a_whole_one():
    asked = []
    door = workers.Doorkeeper(lambda environ, start_response: asked.append(environ) or [])
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "wsgi.input": BytesIO(b"comment=")}
    said = []
    door(environ, lambda *words: said.append(words))
    assert said[0][0] == "400 Bad Request"
    assert asked == []
    door({**environ, "CONTENT_LENGTH": "8", "wsgi.input": BytesIO(b"comment=")}, said.append)
    assert asked[0]["wsgi.input"].read() == b"comment="


def test_requests_take_turns_and_wait_for_a_long_one_only_a_while(monkeypatch):
    inside, most, one = [], [], threading.Event()

    def app(environ, _start_response):
        inside.append(environ)
        most.append(len(inside))
        environ["go"].wait(5)
        inside.remove(environ)
        return []

    def ask(go):
        threads.append(threading.Thread(target=door, args=({"REQUEST_METHOD": "GET", "go": go}, print)))
        threads[-1].start()

    monkeypatch.setattr(workers, "LONGEST_WAIT", 0.3)
    door, threads, done = workers.Doorkeeper(app), [], threading.Event()
    done.set()
    ask(one)
    wait_for(lambda: inside)
    for _ in range(3):
        ask(done)
    threads[1].join(0.1)
    assert most == [1]
    wait_for(lambda: len(most) == 4)
    assert max(most) > 1
    one.set()
    for thread in threads:
        thread.join(5)
    assert door.turns.acquire(blocking=False)


def test_connection_on_which_nobody_says_anything_is_closed_unless_we_have_made_it(monkeypatch):
    monkeypatch.setattr(workers, "SILENT_SECONDS", 0.05)
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        caller = opened.enter_context(socket.create_connection(listener.getsockname()))
        opened.enter_context(listener.accept()[0])
        database = socket.socket()  # one process has both ends here; whoever serves a database does not listen in ours
        database.bind(("127.0.0.1", 0))
        opened.enter_context(database)
        wait_for(lambda: workers._hang_up() or ended(caller))


def ended(connection: socket.socket) -> bool:
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
