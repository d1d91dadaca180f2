"""Mail of a running site: sent by its workers beside their work, and not lost with them."""

import os
import signal
import subprocess

import httpx
from bs4 import BeautifulSoup

from tests import mailserver
from tests.operations.serving import HUSTINGS, Site, wait_for


def site_with_mail(folder, port: int) -> Site:
    site = Site(folder, MAIL_URL=f"smtp://127.0.0.1:{port}", MAIL_FROM="post@example.org")
    site.settings["SITE_URL"] = site.url
    return site


def ask_for_mail(site: Site, name: str) -> None:
    """A comment by *name* below the welcome post, with the wish to be told of answers."""
    page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
    token = page.select_one("#comment-form [name=token]")["value"]
    who = {"author": name, "email": f"{name}@example.org", "notify": "thread"}
    sent = {**who, "comment": f"By {name}.", "token": token}
    answer = httpx.post(f"{site.url}/posts/welcome/comments", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303


def hustings(site: Site, *words: str) -> str:
    environ = {**os.environ, **site.settings}
    return subprocess.run([HUSTINGS, *words], env=environ, capture_output=True, text=True, check=True).stdout


def test_letter_leaves_at_once_and_while_the_server_is_silent_the_site_answers(tmp_path):
    with mailserver.running() as server:
        site = site_with_mail(tmp_path / "site", server.port).start()
        try:
            ask_for_mail(site, "ann")
            wait_for(lambda: server.recipients == ["ann@example.org"])
            server.on_rcpt = lambda _address: "silence"
            ask_for_mail(site, "bob")
            for _ in range(5):
                assert httpx.get(site.url, timeout=2).status_code == 200
            assert site.stop() == 0
        finally:
            site.kill()
    assert server.recipients == ["ann@example.org"]


def test_nothing_is_lost_or_sent_twice_with_a_site_that_is_killed(tmp_path):
    port = mailserver.free_port()
    site = site_with_mail(tmp_path / "site", port).start()
    names = [f"reader{number}" for number in range(4)]
    try:
        for name in names:  # the mail server is down
            ask_for_mail(site, name)
        os.killpg(site.process.pid, signal.SIGKILL)
        site.process.wait(timeout=15)
        with mailserver.running(port) as server:
            on_its_way = []
            server.on_data = lambda message: on_its_way.append(message) or "silence"
            words = [HUSTINGS, "mail", "send"]
            sender = subprocess.Popen(words, env={**os.environ, **site.settings}, stdout=subprocess.DEVNULL)
            wait_for(lambda: on_its_way)
            sender.kill()  # in the middle of a letter: nobody waits for the end of its turn
            sender.wait()
            server.on_data = lambda _message: "250 OK"
            site.start()
            assert "left." in hustings(site, "mail", "send")
            wait_for(lambda: sorted(server.recipients) == [f"{name}@example.org" for name in names])
            site.stop()
            assert len(set(server.ids)) == len(server.ids) == len(names)
        status = dict(line.split() for line in hustings(site, "mail", "status").splitlines() if line)
        assert (status["sent"], status["waiting"], status["sending"]) == ("4", "0", "0")
    finally:
        site.kill()
