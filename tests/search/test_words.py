"""Words and queries: what is the same word in every script, and what a query may ask."""

import pytest

from blueprints.search.words import LONGEST_TEXT, asked, to_index


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Café's MENU, naïvely", "the cafe s menu naively"),
        ("Cafe\u0301 Ångström Straße Łódź Ørsted", "cafe angstrom strasse lodz orsted"),
        ("Ёлка и Йод", "елка и иод"),
        ("Ελληνικός Λόγος", "ελληνικοσ λογοσ"),
        ("أَحْمَد إلى مدرسة ٢٣", "احمد الي مدرسه 23"),
        ("co\u00adoperate ｆｕｌｌ ﬁne ½", "cooperate full fine 1 2"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("東京都", "東京 京都 都 京 東 都"),
        ("Python入門", "python 入門 門 入 門"),
        ("ภาษา", "ภา าษ ษา า ภ ษ า"),
        ("\0 \ud800 <b> \"'*():^ AND", "b and"),
        ("x" * 100, "x" * 64),
        ("", ""),
    ],
)
def test_words_are_the_same_however_they_are_written(text, words):
    assert to_index(text) == words


def test_what_makes_words_longer_than_a_database_takes_is_cut():
    assert len(to_index("word " * LONGEST_TEXT)) == LONGEST_TEXT - 1


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted", "is_open"),
    [
        ("open letter", [["open"], ["letter"]], [], True),
        ('"Open Letter" -draft', [["open", "letter"]], [["draft"]], False),
        ("“open letter„", [["open", "letter"]], [], False),
        ('letter -"to the"', [["letter"]], [["to", "the"]], False),
        ("don't e-mail", [["don", "t"], ["e", "mail"]], [], True),
        ('"never closed', [["never", "closed"]], [], False),
        ("東京都 都", [["東京", "京都"], ["都"]], [], False),
        ("at", [["at"]], [], False),
        ("-only -minus", [], [["only"], ["minus"]], False),
        (
            'NEAR(a b) title:x OR y* ^z {head} "',
            [["near", "a"], ["b"], ["title", "x"], ["or"], ["y"], ["z"], ["head"]],
            [],
            True,
        ),
        ("' ; -- \\ \0 % _", [], [], False),
    ],
)
def test_query_is_words_phrases_and_what_must_not_be_there(text, wanted, unwanted, is_open):
    query = asked(text)
    assert [phrase.tokens for phrase in query.wanted] == wanted
    assert [phrase.tokens for phrase in query.unwanted] == unwanted
    assert query.is_open is is_open
