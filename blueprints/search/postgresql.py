"""Full text in PostgreSQL: a table a kind with a tsvector and a GIN index. `search/sqlite.py` answers the same calls.

The vectors are written out here and cast: no parser, dictionary or language of the server takes part.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
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
# The ways to the newest matches: to go back from the newest entry and look at each, or to look the words up in an
# index, which gives all that it has, in no order. What so many of the newest entries say is found sooner by going back.
_BACK, _BY_WORDS, _BY_TITLE = "back", "by words", "by title"
_NEWEST_ENTRIES, _FREQUENT = 400, 4
_ALL_ENTRIES = 2**62
_MATCH = cast(bindparam("match"), TSQUERY)


def _public(kind: str, found: FromClause, match: ColumnElement[bool], order: ColumnElement[Any]) -> Select[Any]:
    """Those of *found* that match and may be seen, in this *order*, to MOST + 1."""
    # OFFSET 0 has each match looked up by its key, in the order in which they come, until there are enough.
    public = (
        select(moment_of(kind).label("moment"), and_(*is_public(kind)).label("is_shown"))
        .select_from(rows_of(kind))
        .where(key_of(kind) == found.c.id)
        .offset(literal_column("0"))
        .lateral()
    )
    return (
        select(found.c.id, public.c.moment)
        .select_from(found.join(public, true()))
        .where(match, public.c.is_shown)
        .order_by(order)
        .limit(MOST + 1)
    )


def _going_back(kind: str) -> Select[Any]:
    """Matches among the newest entries. A call of the operator's function, which no index answers."""
    own = _TABLES[kind]
    last = select(func.max(own.c.id)).scalar_subquery()
    is_new = own.c.id > last - bindparam("entries", type_=BigInteger)
    return _public(kind, own, and_(is_new, func.ts_match_vq(own.c.words, _MATCH)), own.c.id.desc())


def _looked_up(kind: str, *which: ColumnElement[bool]) -> Select[Any]:
    """Matches by an index: sorted before they are joined, by what is no column, so that it is not their key's."""
    own = _TABLES[kind].c
    place = (own.id + literal_column("0")).label("place")
    found = select(own.id, place).where(*which).order_by(place.desc()).offset(literal_column("0")).subquery()
    return _public(kind, found, true(), found.c.place.desc())


def _says(kind: str) -> ColumnElement[bool]:
    return _TABLES[kind].c.words.bool_op("@@")(_MATCH)


def _is_titled(kind: str) -> ColumnElement[bool]:
    titles: ColumnElement[Any] = literal_column(f"ts_filter(search_{kind}.words, '{{a}}')")
    return titles.bool_op("@@")(cast(bindparam("titled"), TSQUERY))


def _scored(kind: str, found: Select[Any]) -> Select[Any]:
    newest, own = found.subquery(), _TABLES[kind]
    score = func.ts_rank(own.c.words, cast(bindparam("weighed"), TSQUERY), 1)
    return select(newest.c.id, score.label("score"), newest.c.moment).join_from(newest, own, own.c.id == newest.c.id)


_WAYS = {
    kind: {
        _BACK: _going_back(kind),
        _BY_WORDS: _looked_up(kind, _says(kind)),
        _BY_TITLE: _looked_up(kind, _is_titled(kind), _says(kind)),
    }
    for kind in KINDS
}
_NEWEST = {kind: {way: _scored(kind, found) for way, found in ways.items()} for kind, ways in _WAYS.items()}
_NUMBER = {
    kind: {way: select(func.count().label("number")).select_from(found.subquery()) for way, found in ways.items()}
    for kind, ways in _WAYS.items()
}

_REMOVE = {kind: delete(found).where(found.c.id == bindparam("own")) for kind, found in _TABLES.items()}


def create(connection: Connection) -> None:
    """Make the tables, empty."""
    for kind in KINDS:
        connection.exec_driver_sql(f"CREATE TABLE search_{kind} (id bigint PRIMARY KEY, words tsvector NOT NULL)")
        connection.exec_driver_sql(f"CREATE INDEX ix_search_{kind}_words ON search_{kind} USING gin (words)")
        index_titles(connection, kind)


def index_titles(connection: Connection, kind: str) -> None:
    """Make the index of titles by themselves: the other one would have every text with these words looked at."""
    connection.exec_driver_sql(
        f"CREATE INDEX IF NOT EXISTS ix_search_{kind}_titles ON search_{kind} USING gin (ts_filter(words, '{{a}}'))"
    )


def put(connection: Connection, kind: str, entries: Iterable[Entry]) -> None:
    """Write *entries*, each in the place of the one with its id."""
    found = [{"id": entry.id, "words": _vector(entry)} for entry in entries]
    if len(found) == 1:
        rows.write(connection, _PUT[kind], **found[0])
    elif found:
        connection.execute(_PUT[kind], found)  # in one go, not a journey each


def remove(connection: Connection, kind: str, ids: Sequence[int]) -> None:
    """Take the entries with these *ids* out."""
    if ids:
        connection.execute(_REMOVE[kind], [{"own": number} for number in ids])


def clear(connection: Connection, kind: str) -> None:
    """Take all entries of a kind out."""
    connection.exec_driver_sql(f"TRUNCATE search_{kind}")


def number(kind: str, query: Query, moment: datetime) -> int:
    """How many public matches there are, counted to MOST + 1."""
    found = _ask(_NUMBER[kind], lambda rows: int(rows[0].number), match=_expression(query), now=moment)
    return int(found[0].number)


def newest(kind: str, query: Query, moment: datetime) -> Sequence[Any]:
    """(id, score, moment) of the newest public matches, at most MOST + 1."""
    return _ask(_NEWEST[kind], len, match=_expression(query), weighed=_wanted(query), now=moment)


def ranked(kind: str, query: Query, moment: datetime, found: Sequence[Any]) -> list[Match]:
    """The newest matches, as *found*, with as many titles if there may be older ones; and how good each is."""
    if len(found) > MOST:
        match, titled = _expression(query, label="A"), _wanted(query, label="A")
        values = {"match": match, "titled": titled, "weighed": _wanted(query), "now": moment}
        found = [*_ask(_NEWEST[kind], len, way=_BY_TITLE, **values), *found]
    return [(row.score, row.moment, row.id) for row in found]


def _ask(
    ways: dict[str, Select[Any]],
    size: Callable[[Sequence[Any]], int],
    *,
    way: str = _BY_WORDS,
    **values: object,
) -> Sequence[Any]:
    """What is found by the shorter way, going back or this one. The database cannot know which: it does not know the
    words when it plans, nor what it takes to look at a text.
    """
    found = rows.fetch(ways[_BACK], entries=_NEWEST_ENTRIES, **values)
    if size(found) > MOST:
        return found
    if size(found) >= _FREQUENT:
        return rows.fetch(ways[_BACK], entries=_ALL_ENTRIES, **values)
    return rows.fetch(ways[way], **values)


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
    return " & ".join([_wanted(query, label=label), *(f"!{_phrase(phrase)}" for phrase in query.unwanted)])


def _wanted(query: Query, *, label: str = "") -> str:
    return " & ".join([_phrase(phrase, label) for phrase in query.wanted])


def _phrase(phrase: Phrase, label: str = "") -> str:
    *others, last = phrase.tokens
    labels = (f":{label}" if label else "", f":*{label}" if phrase.has_open_end else f":{label}" if label else "")
    return "(" + " <-> ".join([*(f"'{token}'{labels[0]}" for token in others), f"'{last}'{labels[1]}"]) + ")"
