"""Load on a served site: readers by wrk, writers by threads that post no comment twice. Both run on the last core."""

import gzip
import http.client
import itertools
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench.prose import remark

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = str(CORES[0]), str(CORES[-1])


@dataclass(frozen=True)
class Carried:
    """What came back: requests a second, median and 99th percentile in ms, and how many were refused."""

    rate: float
    median: float
    p99: float
    refused: int = 0


def median_of(rounds: Sequence[Carried]) -> Carried:
    """The medians of several rounds; what was refused in all of them together."""
    middle = [statistics.median(figures) for figures in zip(*((r.rate, r.median, r.p99) for r in rounds), strict=True)]
    return Carried(*middle, sum(each.refused for each in rounds))


class Readers:
    """wrk, which reads the *paths* of a site by turns over *connections* until *seconds* are over."""

    def __init__(
        self, url: str, paths: Sequence[str], seconds: float, headers: dict[str, str], connections: int = 32
    ) -> None:
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *words]
        self.script = tempfile.NamedTemporaryFile("w", suffix=".lua")  # noqa: SIM115 - wrk reads it while it runs
        if len(paths) > 1:  # one page needs no script, and wrk is faster without
            listed = ", ".join(f'wrk.format("GET", "{path}")' for path in paths)
            self.script.write(f"init = function() asked = {{{listed}}}; at = 0 end\n")
            self.script.write("request = function() at = at % #asked + 1; return asked[at] end\n")
            self.script.flush()
            command += ["-s", self.script.name]
        self.process = subprocess.Popen([*command, url + paths[0]], stdout=subprocess.PIPE, text=True)

    def result(self) -> Carried:
        """Wait for the end."""
        told = self.process.communicate()[0]
        self.script.close()
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
        quantile = {name: _ms(value) for name, value in re.findall(r"(?m)^\s+(50|99)%\s+(\S+)", told)}
        failed = [
            int(number) for number in re.findall(r"(?:Non-2xx[^:]*: |(?:connect|read|write|timeout) )(\d+)", told)
        ]
        return Carried(rate, quantile["50"], quantile["99"], sum(failed))


def read(url: str, path: str, seconds: float, headers: dict[str, str]) -> Carried:
    """Read one page for *seconds*."""
    return Readers(url, [path], seconds, headers).result()


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


class Writer:
    """A proxy's connection on which many readers post a comment each; *tokens* are those of the posts' forms, by path.

    Each has addresses of their own, so that the limits count as they do on a site with its defaults. With *scripts*
    each sends what htmx sends from a page that knows the thread up to this writer's last comment there.
    """

    numbers = itertools.count(1_000_000)  # no text of the seeded comments

    def __init__(self, url: str, tokens: dict[str, str], *, scripts: bool = True) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self.headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        self.headers |= {"Accept-Encoding": "gzip"} | ({"HX-Request-Type": "partial"} if scripts else {})
        self.posts = itertools.cycle(tokens.items())
        self.known = {path: self._last_number(path) for path in tokens} if scripts else {}
        self.stored: list[str] = []
        self.times: list[float] = []
        self.refused = 0
        self.bytes = 0

    def write(self) -> str:
        """Post one comment to the next post; returns its path."""
        number = next(self.numbers)
        (path, token), text = next(self.posts), remark(number)
        headers = {**self.headers, "X-Forwarded-For": str(ip_address((10 << 24) + number))}
        fields = {"author": "Jo", "email": f"jo-{number}@example.org", "comment": text, "token": token}
        if path in self.known:
            fields |= {"slot": "comment-form", "after": self.known[path], "skip": 0, "from": 1, "to": 1, "changes": 0}
        body = urlencode({**fields, "key": f"{os.getpid()}-{text.partition('.')[0]}"})
        begun = time.perf_counter()
        self.connection.request("POST", f"{path}/comments", body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.bytes = len(content)
        self.times.append((time.perf_counter() - begun) * 1000)
        if answer.status in (201, 303):
            self.stored.append(text)
            if path in self.known:
                self.known[path] = int(re.search(rb"published as number (\d+)", gzip.decompress(content))[1])
        else:
            self.refused += 1
        return path

    def _last_number(self, path: str) -> int:
        self.connection.request("GET", path)
        return int(re.search(rb'name="after" value="(\d+)"', self.connection.getresponse().read())[1])

    def read(self, path: str) -> float:
        """Read a page; returns the ms that it took."""
        begun = time.perf_counter()
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        return (time.perf_counter() - begun) * 1000


def write(writers: Sequence[Writer], seconds: float) -> Carried:
    """Have all *writers* post at once, each as soon as its last comment was answered."""
    end = time.perf_counter() + seconds

    def work(writer: Writer) -> None:
        while time.perf_counter() < end:
            writer.write()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(taken for writer in writers for taken in writer.times)
    refused = sum(writer.refused for writer in writers)
    rate = sum(len(writer.stored) for writer in writers) / seconds
    return Carried(rate, statistics.median(times), times[int(len(times) * 0.99)], refused)


def pin(pids: Sequence[int]) -> None:
    """Keep these processes and their threads on the server's core."""
    for pid in pids:
        subprocess.run(["taskset", "-a", "-p", "-c", SERVER_CORE, str(pid)], capture_output=True, check=True)


def memory(pids: Sequence[int]) -> float:
    """Proportional set size of these processes, MB."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return sum(int(re.search(r"Pss:\s+(\d+)", rollup)[1]) for rollup in rollups) / 1024


def processor_ms(pids: Sequence[int]) -> float:
    """What these processes have used of the processor, ms."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) * 1000 / os.sysconf("SC_CLK_TCK")
