"""Encodings of what is kept: which one a browser takes, and a body in each, quickly or well, and back."""

import gzip
import sys
from functools import lru_cache

import brotli
from isal import isal_zlib
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd

IDENTITY = "identity"
# In the order of preference where a browser does not mind: the smallest first.
PACKED = ("br", "zstd", "gzip")
ENCODINGS = (*PACKED, IDENTITY)
_GZIP = 31  # the window of 32 KB, in gzip's envelope


@lru_cache(maxsize=512)
def accepted(header: str) -> str:
    """The encoding to answer an Accept-Encoding *header* with (RFC 9110, 12.5.3)."""
    wishes = parse_accept_header(header, Accept)
    best = max(PACKED, key=wishes.quality)
    # Unnamed, the plain bytes are welcome, but never more than what is named.
    plain = wishes.quality(IDENTITY) if IDENTITY in wishes.values() else 0
    return best if wishes.quality(best) > 0 and wishes.quality(best) >= plain else IDENTITY


def encode(body: bytes, encoding: str, *, well: bool) -> bytes:
    """*body* in *encoding*: quickly for the one who waits, or *well* for all who come after.

    Quickly, a page with 30 comments takes 0.32 ms in br, 0.09 in zstd and 0.07 in gzip (zlib's lowest level 0.33, for
    a larger one).
    """
    if encoding == "br":
        packed: bytes = brotli.compress(body, quality=5 if well else 2)
        return packed
    if encoding == "zstd":
        return zstd.compress(body, level=9 if well else 1)
    if encoding == "gzip":
        return gzip.compress(body, 9, mtime=0) if well else isal_zlib.compress(body, 2, _GZIP)
    return body


def decode(packed: bytes, encoding: str) -> bytes:
    """The body that `encode` was given: less than a tenth of a millisecond for a page with 30 comments."""
    if encoding == "br":
        body: bytes = brotli.decompress(packed)
        return body
    if encoding == "zstd":
        return zstd.decompress(packed)
    if encoding == "gzip":
        return isal_zlib.decompress(packed, _GZIP)
    return packed
