"""Encodings of what is kept: which one a browser takes, and a body in each, once quickly and once well."""

import gzip
import sys
from functools import lru_cache

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

IDENTITY = "identity"
# In the order of preference where a browser does not mind: the smallest first.
ENCODINGS = ("br", "zstd", "gzip", IDENTITY)


@lru_cache(maxsize=512)
def accepted(header: str) -> str:
    """The encoding to answer an Accept-Encoding *header* with (RFC 9110, 12.5.3); unreadable weights count as none."""
    weights: dict[str, float] = {}
    for part in header.lower().split(",")[:32]:
        name, _, quality = part.partition(";")
        try:
            weights[name.strip()] = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0.0
    anything = weights.get("*", 0.0)
    best = max(ENCODINGS[:-1], key=lambda name: weights.get(name, anything))
    weight = weights.get(best, anything)
    return best if weight > 0 and weight >= weights.get(IDENTITY, 0.0) else IDENTITY


def encode(body: bytes, encoding: str, *, well: bool) -> bytes:
    """*body* in *encoding*: in about a millisecond for the one who waits, or *well* for all who come after."""
    if encoding == "br":
        packed: bytes = brotli.compress(body, quality=5 if well else 1)
        return packed
    if encoding == "zstd":
        return zstd.compress(body, level=9 if well else 1)
    if encoding == "gzip":
        return gzip.compress(body, 9 if well else 1, mtime=0)
    return body
