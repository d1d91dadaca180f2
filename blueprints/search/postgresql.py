"""Full text in PostgreSQL: a table a kind with a tsvector and a GIN index. `search/sqlite.py` answers the same calls.

The vectors are written out here and cast: no parser, dictionary or language of the server takes part.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from blueprints.core import rows
from blueprints.search.found import KINDS, MOST, Entry, Match, is_public, key_of, moment_of, rows_of
from blueprints.search.words import Phrase, Query

_TABLES = {kind: table(f"search_{kind}", column("id", BigInteger), column("words", TSVECTOR)) for kind in KINDS}
_PUT = {
    kind: text(
        f"INSERT INTO search_{kind} (id, words) VALUES (:id, CAST(:words AS tsvector)) "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET words = excluded.words"
    )
    for kind in KINDS
}
# Of a tsvector: the last position that is kept, how many of one word are, and the bytes that fit (manual, 12.11).
_LAST, _MOST_OF_ONE, _BYTES = 16_383, 256, 1_000_000
_APART = 10  # no phrase reaches from the title into the text


def _matching(kind: str) -> Subquery:
    own = _TABLES[kind].c
    match = cast(bindparam("match"), TSQUERY)
    # OFFSET 0 has each match looked up by its key, in the order in which they come, until there are enough.
    public = (
        select(moment_of(kind).label("moment"), and_(*is_public(kind)).label("is_shown"))
        .select_from(rows_of(kind))
        .where(key_of(kind) == own.id)
        .offset(literal_column("0"))
        .lateral()
    )
    return (
        select(own.id, own.words, public.c.moment)
        .select_from(_TABLES[kind].join(public, true()))
        .where(own.words.bool_op("@@")(match), public.c.is_shown)
        .order_by(own.id.desc())
        .limit(MOST + 1)
        .subquery()
    )


def _newest(kind: str) -> Select[Any]:
    newest = _matching(kind)
    score = func.ts_rank(newest.c.words, cast(bindparam("weighed"), TSQUERY), 1)
    return select(newest.c.id, score.label("score"), newest.c.moment)


_NEWEST = {kind: _newest(kind) for kind in KINDS}
_NUMBER = {kind: select(func.count()).select_from(_matching(kind)) for kind in KINDS}

_REMOVE = {kind: delete(found).where(found.c.id == bindparam("own")) for kind, found in _TABLES.items()}


def create(connection: Connection) -> None:
    """Make the tables, empty."""
    for kind in KINDS:
        connection.exec_driver_sql(f"CREATE TABLE search_{kind} (id bigint PRIMARY KEY, words tsvector NOT NULL)")
        connection.exec_driver_sql(f"CREATE INDEX ix_search_{kind}_words ON search_{kind} USING gin (words)")


def put(connection: Connection, kind: str, entries: Iterable[Entry]) -> None:
    """Write *entries*, each in the place of the one with its id."""
    for entry in entries:
        rows.write(connection, _PUT[kind], id=entry.id, words=_vector(entry))


def remove(connection: Connection, kind: str, ids: Sequence[int]) -> None:
    """Take the entries with these *ids* out."""
    if ids:
        connection.execute(_REMOVE[kind], [{"own": number} for number in ids])


def clear(connection: Connection) -> None:
    """Take all entries out."""
    for kind in KINDS:
        connection.exec_driver_sql(f"TRUNCATE search_{kind}")


def number(kind: str, query: Query, moment: datetime) -> int:
    """How many public matches there are, counted to MOST + 1."""
    return int(rows.fetch(_NUMBER[kind], match=_expression(query), now=moment)[0][0])


def newest(kind: str, query: Query, moment: datetime) -> Sequence[Any]:
    """(id, score, moment) of the newest public matches, at most MOST + 1."""
    return _fetch(kind, query, _expression(query), moment)


def ranked(kind: str, query: Query, moment: datetime, found: Sequence[Any]) -> list[Match]:
    """The newest matches, as *found*, with as many titles if there may be older ones; and how good each is."""
    if len(found) > MOST:
        found = [*_fetch(kind, query, _expression(query, label="A"), moment), *found]
    return [Match(row.id, row.score, row.moment) for row in found]


def _fetch(kind: str, query: Query, match: str, moment: datetime) -> Sequence[Any]:
    weighed = " & ".join(map(_phrase, query.wanted))
    return rows.fetch(_NEWEST[kind], match=match, weighed=weighed, now=moment)


def _vector(entry: Entry) -> str:
    """*entry* as PostgreSQL writes a tsvector, as much of it as fits into one."""
    places: dict[str, list[str]] = {}
    at = size = 0
    for weight, words in zip("ABD", entry[1:], strict=True):
        for word in words.split():
            at += 1
            if word not in places:
                size += len(word.encode()) + 8
                if size > _BYTES:
                    break
                places[word] = []
            if len(places[word]) < _MOST_OF_ONE:
                size += 2
                places[word].append(f"{min(at, _LAST)}{weight}")
        at += _APART
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def _expression(query: Query, *, label: str = "") -> str:
    """*query* as a tsquery. Words hold nothing but letters, marks and digits: nothing needs to be escaped."""
    wanted = [_phrase(phrase, label) for phrase in query.wanted]
    return " & ".join([*wanted, *(f"!{_phrase(phrase)}" for phrase in query.unwanted)])


def _phrase(phrase: Phrase, label: str = "") -> str:
    *others, last = phrase.tokens
    labels = (f":{label}" if label else "", f":*{label}" if phrase.has_open_end else f":{label}" if label else "")
    return "(" + " <-> ".join([*(f"'{token}'{labels[0]}" for token in others), f"'{last}'{labels[1]}"]) + ")"
