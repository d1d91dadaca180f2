"""Reload and stop while readers read and writers write: no request is lost, whatever connection it came on."""

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import httpx
from bs4 import BeautifulSoup

from blueprints.core.sqlite import driver
from tests.operations.serving import Site, serving, wait_for

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
FORM = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


class Client(threading.Thread):
    """Asks without a pause and keeps what went wrong; a refused connection is the end of a site that has stopped."""

    def __init__(self, site: Site, stop: threading.Event, *, kept: bool = True) -> None:
        super().__init__(daemon=True)
        self.site, self.stop_event, self.kept = site, stop, kept
        self.answers = 0
        self.refused = False
        self.failures: list[str] = []

    def run(self) -> None:
        browser = httpx.Client(timeout=20)
        while not self.stop_event.is_set():
            try:
                self.ask(browser)
                self.answers += 1
            except httpx.ConnectError:
                self.refused = True
                return
            except Exception as error:
                self.failures.append(repr(error))
            if not self.kept:
                browser.close()
                browser = httpx.Client(timeout=20)
        browser.close()

    def ask(self, browser: httpx.Client) -> None:
        answer = browser.get(f"{self.site.url}/posts/welcome", headers=BROWSER)
        assert answer.status_code == 200, answer.text
        assert answer.text.rstrip().endswith("</html>")


class Writer(Client):
    """Posts a comment each time, and knows which were acknowledged."""

    def ask(self, browser: httpx.Client) -> None:
        data = {"author": "Jo", "email": "jo@example.org", "token": self.site.token}
        data |= {"comment": f"{self.name} says {self.answers}", "key": f"{self.name}-{self.answers}"}
        headers = {"Sec-Fetch-Site": "same-origin", "HX-Request-Type": "partial"}
        answer = browser.post(f"{self.site.url}/posts/welcome/comments", data=data, headers=headers)
        assert answer.status_code == 201, answer.text


def start_clients(site: Site, stop: threading.Event) -> list[Client]:
    page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
    site.token = page.select_one("#comment-form [name=token]")["value"]
    clients = [Client(site, stop), Client(site, stop), Client(site, stop, kept=False), Writer(site, stop)]
    for client in clients:
        client.start()
    wait_for(lambda: all(client.answers for client in clients))
    return clients


def reload(site: Site) -> None:
    """Reload, and wait until other workers are there and the ones of before are not."""
    before = set(site.workers())
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(site.workers()) == len(before) and not before & set(site.workers()))


def stored(site: Site, query: str = "SELECT count(*) FROM comment") -> int:
    connection = driver().connect(site.folder / "hustings.db")
    (count,) = connection.execute(query).fetchone()
    connection.close()
    return count


def test_reload_under_load_loses_no_request(tmp_path):
    with serving(tmp_path / "site", COMMENT_LIMIT="100000 per minute") as site:
        before, stop = stored(site), threading.Event()
        clients = start_clients(site, stop)
        for _ in range(2):
            answers = [client.answers for client in clients]
            reload(site)
            wait_for(lambda answers=answers: all(c.answers > a + 3 for c, a in zip(clients, answers, strict=True)))
        stop.set()
        for client in clients:
            client.join()
        assert [client.failures for client in clients] == [[]] * len(clients)
        assert stored(site) - before == sum(client.answers for client in clients if isinstance(client, Writer))
        assert site.said.count("Hustings serves") == 3
        assert site.said.count("set-up") == 1, "the link of the first start still works"
        assert site.stop() == 0
        assert not list(site.folder.glob("hustings.db-*"))
        read = sum(client.answers for client in clients if not isinstance(client, Writer))
        assert stored(site, "SELECT sum(number) FROM post_reads") == read, "each is written down by whoever leaves"


def test_stop_under_load_answers_what_it_has_taken_and_refuses_the_rest(tmp_path):
    with serving(tmp_path / "site", COMMENT_LIMIT="100000 per minute") as site:
        before, stop = stored(site), threading.Event()
        clients = start_clients(site, stop)
        assert site.stop() == 0
        for client in clients:
            client.join(timeout=20)
        assert [client.failures for client in clients] == [[]] * len(clients)
        assert all(client.refused for client in clients)
        assert stored(site) - before == sum(client.answers for client in clients if isinstance(client, Writer))


def says_goodbye(connection: HTTPConnection) -> bool:
    """Whether the answer to another request on this *connection* is its last."""
    connection.request("GET", "/posts/welcome", headers=BROWSER)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.read().rstrip().endswith(b"</html>")
    return answer.headers["Connection"] == "close"


def refuses(site: Site) -> bool:
    """Whether nobody listens at its address."""
    try:
        socket.create_connection(("127.0.0.1", site.port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


def test_who_is_connected_when_it_stops_gets_a_last_answer_and_nobody_else_comes_in(tmp_path):
    """What the load above meets by chance only: connections at rest, and a form of which half has come."""
    with serving(tmp_path / "site", WORKERS="1") as site, ExitStack() as opened:
        first, second, sender = (
            opened.enter_context(closing(HTTPConnection("127.0.0.1", site.port, timeout=20))) for _ in range(3)
        )
        page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
        token = page.select_one("#comment-form [name=token]")["value"]
        form = urlencode({"author": "Jo", "email": "jo@example.org", "comment": "The last one.", "token": token})
        sender.putrequest("POST", "/posts/welcome/comments")
        for name, value in (FORM | {"Content-Length": str(len(form))}).items():
            sender.putheader(name, value)
        sender.endheaders(form[:20].encode())
        assert [says_goodbye(each) for each in (first, second)] == [False, False]
        site.process.send_signal(signal.SIGTERM)
        while not says_goodbye(first):
            time.sleep(0.1)  # at rest for longer than asked
        time.sleep(0.1)  # it lets go of its sockets
        assert refuses(site)
        assert says_goodbye(second), "it has not yet hung up"
        sender.send(form[20:].encode())
        assert sender.getresponse().status == 303
        assert site.process.wait(timeout=15) == 0
        assert stored(site, "SELECT count(*) FROM comment WHERE text = 'The last one.'") == 1


def test_reload_takes_what_is_on_the_disk_and_keeps_the_old_where_that_is_broken(tmp_path):
    hold = tmp_path / "refresh"
    hold.write_text("31")
    with serving(tmp_path / "site", REFRESH_SECONDS_FILE=str(hold)) as site:
        assert 'data-seconds="31"' in httpx.get(f"{site.url}/posts/welcome").text
        hold.write_text("62")
        reload(site)
        assert 'data-seconds="62"' in httpx.get(f"{site.url}/posts/welcome").text
        hold.write_text("soon")
        workers = site.workers()
        site.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "not reloaded, for `hustings upgrade` says: hustings: REFRESH_SECONDS must be" in site.said)
        assert 'data-seconds="62"' in httpx.get(f"{site.url}/posts/welcome").text
        assert set(workers) <= set(site.workers())


def test_workers_that_die_again_and_again_are_replaced_each_time(tmp_path):
    with serving(tmp_path / "site", WORKERS="1") as site:
        for _ in range(2):
            (worker,) = site.workers()
            os.kill(worker, signal.SIGKILL)
            assert httpx.get(site.url, timeout=60).status_code == 200, "waits in the queue for the next worker"
            wait_for(lambda worker=worker: len(site.workers()) == 1 and worker not in site.workers())
        assert site.said.count("a worker has died and is replaced") == 2
        assert site.said.count("Hustings serves") == 3
        assert site.process.poll() is None


def test_site_speaks_http_1_with_kept_connections_and_http_2(tmp_path):
    with serving(tmp_path / "site") as site:
        for version in ("HTTP/1.1", "HTTP/2"):
            opened: list[str] = []

            def trace(event: str, _details: object, opened: list[str] = opened) -> None:
                opened.extend([event] if event == "connection.connect_tcp.complete" else [])

            with httpx.Client(http1=version == "HTTP/1.1", http2=version == "HTTP/2") as browser:
                for path in ("/", "/posts/welcome", "/nowhere", "/posts/welcome"):
                    answer = browser.get(site.url + path, extensions={"trace": trace})
                    assert answer.http_version == version
            assert len(opened) == 1
