"""Words and queries: what is the same word in every script, and what a query may ask."""

import pytest

from blueprints.search import snippets, words
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


def test_quick_folding_is_the_slow_one():
    for code in range(0x2200):
        for text in (chr(code), f"A{chr(code)}b ", f"“{chr(code)}é”"):
            assert words.fold(text) == text.translate(words._FOLDING)


@pytest.mark.parametrize("before", [0, 3, 400, 5000])
@pytest.mark.parametrize("block", [5, 90, 20_000])
def test_snippet_is_found_in_parts_as_in_the_whole(monkeypatch, before, block):
    said = ["wörd"] * before + ["Object", "&amp;"] + ["<b>läter</b>"] * 900
    html = "".join(f"<p>{' '.join(said[at : at + block])}</p>\n" for at in range(0, len(said), block))
    query = words.asked("object")
    shown = snippets.around_html(html, query)
    assert [piece.text for piece in shown if piece.is_marked] == ["Object"]
    monkeypatch.setattr(snippets, "_READ", len(html))
    assert shown == snippets.around_html(html, query)
