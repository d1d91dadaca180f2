"""How long a text is."""

import pytest

from blueprints.posts import length
from blueprints.posts.length import CHARACTERS_A_MINUTE, WORDS_A_MINUTE


@pytest.mark.parametrize(
    ("html", "words", "characters"),
    [
        ("", 0, 0),
        ("<p>It’s a well-known e.g. — 3.5 % of it.</p><h2>End</h2>", 8, 0),
        ("<p>学而时习之，不亦说乎？</p>", 0, 9),
        ("<p>日本語のテキスト</p>", 0, 8),
        ("<p>我用 Python 3 写代码。</p>", 2, 5),
        ("<p>Das ist<b>zusammen</b> ein Wort; naïve café</p>", 6, 0),
    ],
)
def test_words_and_characters_are_counted(html, words, characters):
    assert length.of(html)[:2] == (words, characters)


def test_reading_time_follows_the_script():
    assert length.of(f"<p>{'word ' * WORDS_A_MINUTE * 5}</p>").minutes == 5
    assert length.of(f"<p>{'字' * CHARACTERS_A_MINUTE * 7}</p>").minutes == 7
    assert str(length.of(f"<p>{'字' * 100} word</p>")) == "1 word and 100 characters, 1 min to read"


def test_readers_are_told_how_long_a_post_takes(client, make):
    post = make.post(body="word " * WORDS_A_MINUTE * 6)
    assert "<span>6 min</span>" in client.get(f"/posts/{post.slug}").get_data(as_text=True)
    short = make.post(body="word")
    assert " min</span>" not in client.get(f"/posts/{short.slug}").get_data(as_text=True)
