"""The purge hook: a cache between this server and its readers is told what has changed, after every write they see.

Every page carries what it is made of in `Cache-Tag`; PURGE_URL gets `{"tags": [...]}` as JSON (the form that
Cloudflare takes), or `{"purge_everything": true}`, with PURGE_TOKEN as bearer. What cannot be delivered in a minute
is left to CDN_SECONDS.
"""

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import Request, urlopen

from flask import Flask

from blueprints.core.generations import EVERYTHING, TOLD

log = logging.getLogger("hustings.purge")
WAITS = (1, 4, 15, 40)  # seconds before each further try
_teller = ThreadPoolExecutor(1, "purge")


def init_app(app: Flask) -> None:
    """Tell the address in the settings, if there is one."""
    settings = app.config["SETTINGS"]
    if settings.purge_url is None:
        return
    url, token = settings.purge_url, settings.purge_token

    def told(names: frozenset[str]) -> None:
        _teller.submit(deliver, url, token, names)

    app.extensions.setdefault(TOLD, []).append(told)


def deliver(url: str, token: str, names: frozenset[str]) -> bool:
    """Tell *url* that everything made of *names* has changed; False, and a line in the log, if it never took it."""
    what = {"purge_everything": True} if EVERYTHING in names else {"tags": sorted(names)}
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = Request(url, json.dumps(what).encode(), headers, method="POST")  # noqa: S310 - http(s), by the settings
    for wait in (*WAITS, None):
        try:
            with urlopen(request, timeout=5):  # noqa: S310
                return True
        except (URLError, OSError) as error:
            if wait is None:
                log.warning("the cache in front was not told that %s changed: %s", ", ".join(sorted(names)), error)
            else:
                time.sleep(wait)
    return False
