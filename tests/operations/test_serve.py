"""`hustings serve` as a newcomer meets it."""

import os
import signal
import subprocess
import time

import httpx
import pytest
from bs4 import BeautifulSoup

from blueprints.core.db import sqlite_driver
from tests.operations.serving import HUSTINGS, Site, serving


def run(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **site.settings}
    return subprocess.run([HUSTINGS, *words], env=environ, capture_output=True, text=True, timeout=60, check=False)


def set_up(link: str) -> httpx.Response:
    with httpx.Client() as browser:
        page = BeautifulSoup(browser.get(link).text, "html.parser")
        data = {
            "csrf_token": page.find("input", {"name": "csrf_token"})["value"],
            "site_name": "The Review",
            "name": "Ada Grey",
            "email": "ada@example.org",
            "password": "correct horse battery",
        }
        return browser.post(link, data=data, headers={"Origin": link.split("/set-up")[0]}, follow_redirects=True)


def test_newcomer_gets_a_site_a_welcome_and_one_link_to_become_its_administrator(tmp_path):
    with serving(tmp_path / "site") as site:
        assert site.url in site.said
        assert "SQLite" in site.said
        link = site.set_up_link()
        assert len(link.rsplit("/", 1)[1]) > 40
        front = BeautifulSoup(httpx.get(site.url).text, "html.parser")
        welcome = httpx.get(site.url + front.select_one(".summary__title a")["href"])
        assert len(BeautifulSoup(welcome.text, "html.parser").select("article.comment")) == 4
        assert "The Review" in set_up(link).text
        assert httpx.get(link).status_code == 410
        assert site.stop() == 0
    with serving(tmp_path / "site") as again:
        assert again.set_up_link() is None
        assert "The Review" in httpx.get(again.url).text


def test_link_is_a_new_one_at_every_start_while_nobody_used_it(tmp_path):
    with serving(tmp_path / "site") as site:
        first = site.set_up_link()
    with serving(tmp_path / "site") as site:
        second = site.set_up_link()
        token = first.rsplit("/", 1)[1]
        assert first != second
        assert httpx.get(f"{site.url}/set-up/{token}").status_code == 410
        assert httpx.get(second).status_code == 200
        third = run(site, "set-up-link").stdout.strip()
        assert httpx.get(second).status_code == 410
        assert httpx.get(third).status_code == 200


def test_removed_welcome_stays_away(tmp_path):
    with serving(tmp_path / "site") as site:
        assert "gone" in run(site, "remove-welcome").stdout
        assert "Nothing has been published" in httpx.get(site.url).text
        assert "no welcome post" in run(site, "remove-welcome").stdout
    with serving(tmp_path / "site") as site:
        assert "Nothing has been published" in httpx.get(site.url).text


def test_taken_port_is_one_sentence(tmp_path):
    with serving(tmp_path / "site") as site:
        second = run(site, "serve")
        assert second.returncode == 1
        assert (
            second.stderr.strip() == f"hustings: port {site.port} is taken; choose another with PORT={site.port + 1}."
        )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_is_clean_and_leaves_nothing_running(tmp_path, how):
    with serving(tmp_path / "site") as site:
        workers = site.workers()
        assert len(workers) == 2
        assert site.stop(how) == 0
        for pid in workers:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        assert "Traceback" not in site.said


def test_worker_that_dies_comes_back(tmp_path):
    with serving(tmp_path / "site") as site:
        victim = site.workers()[0]
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while len([pid for pid in site.workers() if pid != victim]) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len([pid for pid in site.workers() if pid != victim]) == 2
        assert [httpx.get(site.url).status_code for _ in range(10)] == [200] * 10


@pytest.mark.parametrize("htmx", [False, True])
def test_writes_wait_for_a_lock_and_then_give_the_text_back_while_reading_goes_on(tmp_path, htmx):
    with serving(tmp_path / "site") as site:
        page = BeautifulSoup(httpx.get(f"{site.url}/posts/welcome").text, "html.parser")
        data = {field["name"]: field.get("value", "") for field in page.select("#comment-form input[name]")}
        data |= {"author": "Jo", "email": "jo@example.org", "comment": "Kept through the lock"}
        holder = sqlite_driver().connect(tmp_path / "site" / "hustings.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        headers = {"Sec-Fetch-Site": "same-origin", **({"HX-Request-Type": "partial"} if htmx else {})}
        answer = httpx.post(f"{site.url}/posts/welcome/comments", data=data, headers=headers, timeout=20)
        assert httpx.get(f"{site.url}/posts/welcome").status_code == 200
        holder.execute("ROLLBACK")
        holder.close()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        body = BeautifulSoup(answer.text, "html.parser")
        assert "send it again" in body.select_one(".problem, .list-head__text").text
        if not htmx:
            assert body.select_one("textarea").text.strip() == "Kept through the lock"
        again = httpx.post(f"{site.url}/posts/welcome/comments", data=data, headers=headers)
        assert again.status_code == (201 if htmx else 303)
