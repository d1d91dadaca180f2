"""What comes out the same for every application of a run is worked out once, not once a test.

A test's application is made like any other; only what it would compute from the program's own files is remembered.
"""

import gc
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from blueprints.core import assets
from blueprints.core.db import db

# What `Rule.compile` finds out about a route.
_OF_A_RULE = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")


class Templates(BytecodeCache):
    """Compiled templates, by the hash of their text."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], object] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.code


_templates = Templates()
_statements = LRUCache(2000)


def share(app: Flask) -> None:
    """Let *app* use what others have compiled; to be called in its context."""
    app.jinja_env.bytecode_cache = _templates
    db.engine.update_execution_options(compiled_cache=_statements)


def remember() -> None:
    """From now on in this process; for its end."""
    _routes()
    _bundles()
    _dialects()


def forget_what_is_there() -> None:
    """Have the collector of garbage leave alone what was imported: to look through it took a sixth of a run."""
    gc.collect()
    gc.freeze()


def _routes() -> None:
    """Werkzeug parses each route and writes two functions for it."""
    compile_, known = Rule.compile, {}

    def once(rule: Rule) -> None:
        converters = tuple(rule.map.converters.items())
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults), converters)
        if key not in known:
            compile_(rule)
            known[key] = {name: getattr(rule, name) for name in _OF_A_RULE}
        for name, found in known[key].items():
            own: object = found
            if name.startswith("_build"):
                own = found.__func__.__get__(rule)
            elif name == "arguments":
                own = set(found)
            setattr(rule, name, own)

    Rule.compile = once


def _bundles() -> None:
    """Stylesheets and scripts are squeezed: as long as a file is the same, so is that."""
    squeeze: Callable[[Path], bytes] = assets.squeezed
    known: dict[tuple[Path, int, int], bytes] = {}

    def once(part: Path) -> bytes:
        stat = part.stat()
        key = part, stat.st_mtime_ns, stat.st_size
        if key not in known:
            known[key] = squeeze(part)
        return known[key]

    assets.squeezed = once


def _dialects() -> None:
    """SQLAlchemy keeps a compiled statement for one engine; here all of one kind speak the same."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__eq__ = lambda self, other: type(self) is type(other)
        kind.__hash__ = lambda self: hash(type(self))
