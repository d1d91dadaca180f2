"""Tally: how often what is read, counted in this process until somebody takes the sums.

A view says what its answer counts as (`counts_as` in core/http.py); the page cache, which answers before any view is
asked, remembers it with the page. What is left out: programs, by what they call themselves; what a browser fetches
before anybody wants it (`Sec-Purpose`, fetch.spec.whatwg.org); whoever brings the cookie of the desk. Nothing of a
reader is kept but the host that a link to us stood on.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from blueprints.core.db import now

# Where a view says under which name its answer is counted, beside what core/cache.py reads there.
COUNTED = "hustings.counted"
FEED = "feed:"
# So many requests are noted before they are summed up: that costs each a tenth of a microsecond.
AT_ONCE = 1000
# Sums that are kept at most; a host that is new beyond that is not told apart any more.
SUMS = 20_000
_LONGEST_HOST = 100
# A browser begins so, for reasons of history ("Mozilla/5.0", developer.mozilla.org, User-Agent); text browsers say
# their names. What else begins otherwise is a program.
_BROWSER = re.compile(r"Mozilla/|Opera/|Lynx/|w3m/|Links \(|ELinks/|Dillo/|NetSurf/")
# Programs that call themselves a browser and then say what they are. Nearly all have one of the first words in their
# names; the others are named as their operators' own pages have them (Google's, Meta's, OpenAI's, Anthropic's and
# Perplexity's lists of their crawlers). A CUBOT is a telephone.
_PROGRAM = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|fetch|preview|monitor|headless|lighthouse|\+https?:|facebookexternalhit|"
    r"meta-external|google-|googleother|mediapartners|chatgpt|claude|perplexity|bytedance|archiver|scan|validator|"
    r"python|curl|wget|java/|go-http|okhttp|phantomjs|selenium|electron/\d+ feed",
    re.IGNORECASE,
)
# A feed is fetched by programs; these are no subscribers.
_CRAWLER = re.compile(r"(?<!feed)bot\b|crawl|spider|slurp|chatgpt|claude|perplexity|bytedance", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class Read(NamedTuple):
    """What was read, on which day, and from which other host somebody came; "" where there is none to tell."""

    what: str
    day: date
    host: str


class Tally:
    """The sums of this process, and the requests that are not summed up yet."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, str, str]] = []
        self.sums: Counter[Read] = Counter()
        self.lock = threading.Lock()

    def note(self, what: str, environ: Mapping[str, Any]) -> None:
        """*what* was asked for by this request. It is on the way of every page that is kept: no more than needed."""
        get = environ.get
        if get("HTTP_SEC_PURPOSE") is None and "session=" not in get("HTTP_COOKIE", ""):
            noted = self.noted
            noted.append((what, get("HTTP_USER_AGENT", ""), get("HTTP_REFERER", ""), get("HTTP_HOST", "")))
            if len(noted) >= AT_ONCE:
                self.sum_up()

    def sum_up(self) -> None:
        """Sum up what was noted; what is noted meanwhile waits for the next time."""
        with self.lock:
            number = len(self.noted)
            batch = Counter(self.noted[:number])
            del self.noted[:number]
            today = now().date()
            for (what, agent, referrer, own), times in batch.items():
                if what.startswith(FEED):
                    if agent and not _is_crawler(agent):
                        self.sums[Read(what, today, "")] += times
                elif is_person(agent):
                    read = Read(what, today, host_of(referrer, own))
                    if len(self.sums) >= SUMS and read not in self.sums:
                        read = read._replace(host="")
                    self.sums[read] += times

    def take(self) -> Counter[Read]:
        """All sums; they begin anew."""
        self.sum_up()
        with self.lock:
            taken, self.sums = self.sums, Counter()
        return taken

    def give_back(self, sums: Counter[Read]) -> None:
        """These could not be stored: they are for the next time."""
        with self.lock:
            self.sums.update(sums)


@lru_cache(maxsize=2048)
def is_person(agent: str) -> bool:
    """Whether what calls itself *agent* is a browser that somebody sits before."""
    return bool(_BROWSER.match(agent)) and not _PROGRAM.search(agent)


@lru_cache(maxsize=512)
def _is_crawler(agent: str) -> bool:
    return bool(_CRAWLER.search(agent))


@lru_cache(maxsize=2048)
def host_of(referrer: str, own: str) -> str:
    """The host of another site on which a link to us stood; nothing where it is our *own* or none."""
    try:
        found = urlsplit(referrer)
        host = (found.hostname or "").removeprefix("www.")
        ours = (urlsplit(f"//{own}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if found.scheme not in ("http", "https") or host == ours or len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        return ""
    return host
