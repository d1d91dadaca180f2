"""What comes out the same for every application of a run is worked out once, not once a test.

A test's application is made like any other; only what it would compute from the program's own files is remembered.
"""

import gc
from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import CodeType

from flask import Flask
from jinja2 import BaseLoader, Environment, Template
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from blueprints.core import assets
from blueprints.core.db import db

# What `Rule.compile` finds out about a route.
_OF_A_RULE = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")


class Templates(BaseLoader):
    """The program's templates, which are the same for all of its applications: each is read and compiled once."""

    def __init__(self) -> None:
        self.known: dict[str, CodeType] = {}
        self.files: BaseLoader | None = None

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, object] | None = None) -> Template:  # noqa: A002 - Jinja's word
        if name not in self.known:
            source, filename, _is_current = self.files.get_source(environment, name)
            self.known[name] = environment.compile(source, name, filename)
        return environment.template_class.from_code(environment, self.known[name], globals or {})


_templates = Templates()
_statements = LRUCache(2000)


def share(app: Flask) -> None:
    """Let *app* use what others have compiled; to be called in its context."""
    _templates.files = _templates.files or app.jinja_env.loader
    app.jinja_env.loader = _templates
    db.engine.update_execution_options(compiled_cache=_statements)


def remember() -> None:
    """From now on in this process; for its end."""
    gc.set_threshold(20_000, 20, 20)  # a process of a few minutes has memory to spare
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
