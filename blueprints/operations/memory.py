"""Memory: what the allocators of a served site are told (glibc, and jemalloc inside granian)."""

import ctypes
import os
from contextlib import suppress

_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3  # malloc.h
# What is smaller is kept for the next page: half a dozen texts of 150 KB are made on the way to one. Given back and
# asked for at each, they cost a fifteenth of a page with 30 comments; the memory of a worker is the same.
_LARGE = 1024 * 1024
# A few pieces of each size up to 128 KB stay with the thread that needs such ones again. With fewer, up to 16 KB, kept
# pages are a tenth dearer; with as many as jemalloc would keep, a worker takes 6 MB more and is no faster.
_JEMALLOC = (
    "narenas:1,dirty_decay_ms:1000,muzzy_decay_ms:0,"
    "lg_tcache_max:17,tcache_nslots_small_min:4,tcache_nslots_small_max:16,tcache_nslots_large:4"
)


def keep_low() -> None:
    """Have them give back what is free, and keep one pool for all threads, which take turns at Python anyway.

    By themselves they keep a pool a thread, and jemalloc what it has freed for ten seconds besides: after load two
    workers take 17 MB more with glibc's ways, 20 MB more with jemalloc's. Jemalloc reads this when granian is loaded,
    and glibc counts its pools at the first thread: so this comes before either.
    """
    os.environ.setdefault("_RJEM_MALLOC_CONF", _JEMALLOC)
    with suppress(AttributeError, OSError, TypeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, _LARGE), (_MMAP_THRESHOLD, _LARGE)):
            mallopt(option, value)


def give_back() -> None:
    """Give the system what lies free between what is in use: half a millisecond, for 2 MB of a worker after load."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
