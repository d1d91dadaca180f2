"""Somebody else at the test's database: a connection of its own, past the application."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from blueprints.core import postgresql, sqlite


@contextmanager
def connection(url: str) -> Iterator[Any]:
    """Takes SQL with `execute`; each statement is committed by itself."""
    if url.startswith("sqlite"):
        opened = sqlite.driver().connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        opened = psycopg.connect(url, autocommit=True)
    with closing(opened):
        yield opened


@contextmanager
def writer(url: str) -> Iterator[Any]:
    """The same inside a write transaction; nobody else writes during the block."""
    with connection(url) as opened:
        if url.startswith("sqlite"):
            opened.execute("BEGIN IMMEDIATE")
        else:
            opened.execute("BEGIN")
            opened.execute(f"SELECT pg_advisory_xact_lock({postgresql.WRITE_LOCK})")
        yield opened  # closing it undoes what was not committed
