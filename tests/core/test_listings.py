"""Code between fences: what is told apart in it, and that nothing in it costs more than its share."""

import subprocess
import sys
import time

import pytest

from blueprints.core import listings, markdown

DOORS = {"comment": markdown.comment_html, "post": markdown.post_html}


def listed(code: str, language: str, door: str = "comment") -> str:
    html = DOORS[door](f"~~~ {language}\n{code}\n~~~")
    return html.removeprefix("<pre><code>").removesuffix("\n</code></pre>\n")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("language", "code", "html"),
    [
        ("python", "def f(): # a\n\treturn 1", "<b>def</b> <var>f</var>(): <i># a</i>\n\t<b>return</b> <samp>1</samp>"),
        ("JS title=a", 'let a = "b"', '<b>let</b> a = <samp>"b"</samp>'),
        ("html", '<a href="b">', '&lt;<b>a</b> <var>href</var>=<samp>"b"</samp>&gt;'),
        ("diff", "-a\n+b", "<del>-a</del>\n<ins>+b</ins>"),
        ("sql", "\ufeffselect 1", "\ufeff<b>select</b> <samp>1</samp>"),
        ("", "return 1", "return 1"),
        ("brainfuck", "return <1>", "return &lt;1&gt;"),
        ("../python", "return 1", "return 1"),
        ("python", "return 1" + " " * listings.LONGEST_LINE, "return 1" + " " * listings.LONGEST_LINE),
        ("python", "return 1\n" * 1200, "return 1\n" * 1200),
    ],
)  # fmt: skip
def test_words_of_a_known_language_are_told_apart_and_all_else_stays_plain(language, code, html, door):
    assert listed(code, language, door) == html


@pytest.mark.parametrize(
    ("language", "piece"),
    [
        ("c#", "  a\n"),
        ("console", "a::"),
        ("make", "_"),
        ("ocaml", "1_"),
        ("ini", "="),
        ("ts", "?a"),
        ("html", "<a b='"),
    ],
)
def test_listings_made_to_be_slow_are_all_there_within_their_share(language, piece):
    lines = [piece * (400 // len(piece))] * 2 if "\n" in piece else [piece * (480 // len(piece))] * 20
    code = "x" + "\n".join(lines)
    text = f"~~~~{language}\n{code}\n~~~~\n" * 3
    start = time.thread_time()
    html = markdown.comment_html(text)
    assert time.thread_time() - start < 20 * listings.BUDGET  # seconds without it; the machine may be slow
    assert markdown.plain_text(html) == " ".join(
        markdown.plain_text(f"<pre>{code.replace('<', '&lt;')}</pre> " * 3).split()
    )


def test_text_of_many_listings_has_one_share_and_the_rest_is_plain():
    assert listings.html("return 1", "python", listings.Budget(0)) == "return 1"
    spent = listings.Budget(1e-9)
    assert listings.html("return 1", "python", spent) == "<b>return</b> 1"
    assert listings.html("return 1", "python", spent) == "return 1"


def test_who_shows_no_listing_does_not_load_what_reads_them():
    code = (
        "import sys; from blueprints.core import markdown as m\n"
        "m.comment_html('```\\nreturn 1\\n```'); print('pygments' in sys.modules)\n"
        "m.comment_html('```py\\nreturn 1\\n```'); print('pygments' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True"]
