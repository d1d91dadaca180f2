"""Alembic, run with the application's own engine and settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from blueprints.core.db import WRITES, backend
from blueprints.search import index

database = current_app.extensions["migrate"].db


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Scripts name only SQLAlchemy's own types, so that the application may change under them."""
    if kind == "type" and type(item).__module__.startswith("blueprints."):
        return f"sa.{type(item.impl).__name__}()"
    return False


def keep(name: str | None, kind: str, _parents: Any) -> bool:
    """The search index has no model: what it is made of differs between the databases."""
    return kind != "table" or name is None or not index.is_of_index(name)


def run() -> None:
    """Apply the scripts inside one transaction that holds the write lock from its start."""
    with database.engine.connect().execution_options(**{WRITES: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            compare_type=True,
            render_as_batch=True,
            render_item=render,
            include_name=keep,
            # SQLite's own driver would commit before each change of a table; ours does not (core/sqlite.py).
            transactional_ddl=True,
            transaction_per_migration=False,
            **{
                key: value
                for key, value in current_app.extensions["migrate"].configure_args.items()
                if key not in ("compare_type", "render_as_batch")
            },
        )
        with context.begin_transaction():
            context.run_migrations()
            backend().settle(connection, list(database.metadata.tables))
            index.settle(connection)


if context.is_offline_mode():
    raise SystemExit("hustings: migrations run against a database, not as a script")
run()
