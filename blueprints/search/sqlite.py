"""Full text in SQLite: an FTS5 table a kind. `search/postgresql.py` answers the same calls for the other database.

The tables keep no text, only where each word is (`content=''`). Their tokeniser cuts at blanks, since the words come
ready from `search/words.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    type_coerce,
)

from blueprints.core import rows
from blueprints.search.found import (
    COMMON,
    KINDS,
    MOST,
    POST,
    POSTS,
    Entry,
    Match,
    is_public,
    key_of,
    moment_of,
    rows_of,
)
from blueprints.search.words import Phrase, Query

_COLUMNS = ("head", "beside", "body")
_WEIGHTS = "10.0, 4.0, 1.0"
# Each word of a title stands in the index once more, behind this sign, which is in no word: common ones are found there
# at once. To filter by a column, as is done for the names of comments, reads all texts that have the words.
_TITLED = "§"
_TABLES = {kind: table(f"search_{kind}", column("rowid"), *map(column, _COLUMNS)) for kind in KINDS}
_INSERT = {kind: insert(found).prefix_with("OR REPLACE") for kind, found in _TABLES.items()}


def _matches(kind: str) -> ColumnElement[bool]:
    return literal_column(f"search_{kind}").op("MATCH")(bindparam("match"))


def _newest(kind: str) -> Select[Any]:
    own = _TABLES[kind].c.rowid
    return (
        # Moments are only compared, and as texts they are in the same order: none is parsed.
        select(own.label("id"), type_coerce(moment_of(kind), Text).label("moment"))
        .select_from(_TABLES[kind].join(rows_of(kind), key_of(kind) == own))
        .where(_matches(kind), *is_public(kind))
        # By itself it reads the row of each post, past all its texts.
        .with_hint(POSTS, "INDEXED BY ix_post_shown", "sqlite")
        .order_by(own.desc())
        .limit(MOST + 1)
    )


_NEWEST = {kind: _newest(kind) for kind in KINDS}
_NUMBER = {kind: select(func.count()).select_from(_NEWEST[kind].subquery()) for kind in KINDS}
_RANKED = {
    kind: select(found.c.rowid.label("id"), literal_column(f"-bm25(search_{kind}, {_WEIGHTS})").label("score"))
    .where(_matches(kind), found.c.rowid >= bindparam("oldest"))
    .limit(COMMON)
    for kind, found in _TABLES.items()
}
_HOW_COMMON = {
    kind: select(func.count().label("number")).select_from(
        select(found.c.rowid).where(_matches(kind)).limit(COMMON + 1).subquery()
    )
    for kind, found in _TABLES.items()
}

_REMOVE = {kind: delete(found).where(found.c.rowid == bindparam("own")) for kind, found in _TABLES.items()}


def create(connection: Connection) -> None:
    """Make the tables, empty."""
    for kind in KINDS:
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE search_{kind} USING fts5({', '.join(_COLUMNS)}, "
            "content='', contentless_delete=1, tokenize='ascii')"
        )


def put(connection: Connection, kind: str, entries: Iterable[Entry]) -> None:
    """Write *entries*, each in the place of the one with its id."""
    for entry in entries:
        values = dict(zip(_COLUMNS, entry[1:], strict=True))
        if kind == POST:
            values["head"] = " ".join([entry.head, *(_TITLED + word for word in entry.head.split())])
        rows.write(connection, _INSERT[kind], rowid=entry.id, **values)


def remove(connection: Connection, kind: str, ids: Sequence[int]) -> None:
    """Take the entries with these *ids* out."""
    if ids:
        connection.execute(_REMOVE[kind], [{"own": number} for number in ids])


def clear(connection: Connection, kind: str) -> None:
    """Take all entries of a kind out."""
    connection.exec_driver_sql(f"INSERT INTO search_{kind}(search_{kind}) VALUES ('delete-all')")  # noqa: S608


def number(kind: str, query: Query, moment: datetime) -> int:
    """How many public matches there are, counted to MOST + 1."""
    return int(rows.fetch(_NUMBER[kind], match=_expression(query), now=moment)[0][0])


def newest(kind: str, query: Query, moment: datetime) -> Sequence[Any]:
    """(id, moment) of the newest public matches, at most MOST + 1."""
    return rows.fetch(_NEWEST[kind], match=_expression(query), now=moment)


def ranked(kind: str, query: Query, moment: datetime, found: Sequence[Any]) -> list[Match]:
    """The newest matches, as *found*, with as many titles if there may be older ones; and how good each is.

    A word that is in more than COMMON texts says nothing about which of them is meant, and to weigh it would read all
    of them: it must be there, but does not count. Where no word does, those in whose titles they are come first.
    """
    scores: dict[int, float] = {}
    if len(found) > MOST:
        titled = rows.fetch(_NEWEST[kind], match=_titled(kind, query), now=moment)
        scores = dict.fromkeys((own for own, _ in titled), 1.0)
        found = [*titled, *found]
    if telling := [phrase for phrase in query.wanted if len(found) > 1 and not _is_common(kind, phrase)]:
        oldest = min(own for own, _ in found)
        scores = dict(rows.fetch(_RANKED[kind], match=_expression(Query(tuple(telling))), oldest=oldest))
    return [(scores.get(own, 0.0), moment, own) for own, moment in found]


def _is_common(kind: str, phrase: Phrase) -> bool:
    number: int = rows.fetch(_HOW_COMMON[kind], match=_expression(Query((phrase,))))[0].number
    return number > COMMON


def _expression(query: Query, wanted: str = "") -> str:
    """*query* in the language of FTS5. Words are letters, marks and digits: nothing needs to be escaped."""
    return f"({wanted or _all(query)})" + "".join(f" NOT {_phrase(phrase)}" for phrase in query.unwanted)


def _titled(kind: str, query: Query) -> str:
    """The same, with what is wanted in the title or the name."""
    return _expression(query, _all(query, _TITLED) if kind == POST else f"{{head}} : ({_all(query)})")


def _all(query: Query, before: str = "") -> str:
    return " AND ".join(_phrase(phrase, before) for phrase in query.wanted)


def _phrase(phrase: Phrase, before: str = "") -> str:
    return f'"{" ".join(before + token for token in phrase.tokens)}"' + (" *" if phrase.has_open_end else "")
