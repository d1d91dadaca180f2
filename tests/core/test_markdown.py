"""The door from written text to HTML."""

import re

import pytest
from bs4 import BeautifulSoup

from blueprints.core import markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ('"a" -- b...', "<p>“a” – b…</p>\n"),
        (
            "[a](https://a.example)",
            '<p><a href="https://a.example" rel="nofollow ugc noopener">a</a></p>\n',
        ),
        (
            "see www.example.org/b.",
            '<p>see <a href="http://www.example.org/b" rel="nofollow ugc noopener">www.example.org/b</a>.</p>\n',
        ),
        ("jo@a.example", "<p>jo@a.example</p>\n"),
        ("# a", "<p># a</p>\n"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"),
        ("你好，世界", '<p lang="zh">你好，世界</p>\n'),
    ],
)
def test_comment_takes_the_small_set(text, html):
    assert markdown.comment_html(text) == html


@pytest.mark.parametrize(
    "text", ["[a](javascript:alert(1))", "<javascript:alert(1)>", "[a](data:text/html,x)", "![a](/b.png)"]
)
def test_comment_holds_no_dangerous_link_and_no_picture(text):
    html = markdown.comment_html(text)
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert "<img" not in html


def test_post_has_tables_footnotes_and_alignment():
    html = markdown.post_html("| a |\n|--:|\n| b |\n\nText[^n]\n\n[^n]: Note")
    assert '<td align="right">b</td>' in html
    assert 'id="fn1"' in html
    assert 'href="#fnref1"' in html
    assert "style=" not in html


@pytest.mark.parametrize(
    ("language", "quoted"), [("en", "“a”"), ("de", "„a“"), ("de-AT", "„a“"), ("fr", "«\u202fa\u202f»")]
)
def test_quotes_are_those_of_the_language(language, quoted):
    assert quoted in markdown.post_html('"a"', language=language)


def test_picture_of_another_server_is_drawn_as_a_link():
    html = markdown.post_html("![A cat](https://elsewhere.example/cat.png) ![Ours](/media/cat.png)")
    assert '<a href="https://elsewhere.example/cat.png" rel="noopener">A cat</a>' in html
    assert '<img src="/media/cat.png" alt="Ours">' in html


@pytest.mark.parametrize("name", ["comment-1", "comments", "status", "reply-2", "main", "thread-news", "form"])
def test_text_cannot_take_an_id_that_the_page_answers_to(name):
    assert "id=" not in markdown.clean_post(f'<h2 id="{name}">a</h2>')
    assert 'id="section-2"' in markdown.clean_post('<h2 id="section-2">a</h2>')


def test_cleaning_twice_is_cleaning_once():
    html = '<p>a<svg><style><img src=x onerror=y></style></svg><b hx-get="/">c</b><div><a href="java\tscript:x">d</a>'
    for clean in (markdown.clean_post, markdown.clean_comment):
        assert clean(clean(html)) == clean(html)


def test_plain_text_keeps_words_apart():
    assert markdown.plain_text("<p>a &amp; b</p><p>c<br>d</p><ul><li>e</li><li>f</li></ul>") == "a & b c d e f"


@pytest.mark.parametrize("piece", ["[", "*a", "> ", "`", "![", "http://", "www.", '"', "_a__b", "<a", "&#", "- "])
def test_text_of_ten_thousand_characters_is_rendered_in_linear_steps(piece):
    assert markdown.comment_html(piece * (10_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See #2 and §12.", ["2", "12"]),
        ("(#2) *§3*", ["2", "3"]),
        ("#13 §99 #0 #007 a#2 ##2 §§3 #2b &#2; /#3 #12345678", []),
        ("`#2`\n\n    §3\n", []),
        ("[#2](https://example.org/) https://example.org/#2", []),
        ("> - #4", ["4"]),
    ],
)
def test_numbers_that_were_given_lead_to_their_comments_but_not_in_code_or_links(text, links):
    html = markdown.comment_html(text, numbers_at="/posts/a/c/", highest=12)
    assert re.findall(r'<a href="/posts/a/c/(\d+)"', html) == links
    assert "/posts/a/c/" not in markdown.comment_html(text)


@pytest.mark.parametrize(
    ("html", "begins"),
    [
        ("<p>One &amp; <b>two</b></p><p>Three</p>", "One & two"),
        ("<p>One<br>two</p>", "One"),
        ("<blockquote><p>Quoted</p></blockquote><p>Own</p>", "Quoted"),
        ("<p>" + "word " * 100 + "</p>", "word " * 17 + "word…"),
        ("", ""),
    ],
)
def test_beginning_is_the_first_line_in_plain_words(html, begins):
    assert markdown.beginning(html) == begins


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("$x^2$", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("$$\n\\frac{a}{b}\n$$", '<math display="block"><mrow><mfrac><mrow><mi>a</mi></mrow>'),
        ("an area of $$a$$ here", '<math display="block">'),
        ("$\\text{<b>}$", "<mtext>&lt;b&gt;</mtext>"),
    ],
)
def test_tex_between_dollar_signs_is_drawn_as_mathml(text, inside):
    assert inside in markdown.post_html(text)


@pytest.mark.parametrize("text", ["$5 and $6", "US$5/US$6", "\\$x\\$", "`$x$`", "a $ b $ c", "$$\n\nnot one\n\n$$"])
def test_prices_and_code_are_no_formulas(text):
    assert "<math" not in markdown.post_html(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$\\frac{a$", "braces do not match"),
        ("$x^2^3$", "double superscripts"),
        (f"${'{' * 900}x{'}' * 900}$", "nested too deeply"),
        (f"${'x' * 2001}$", "more than 2,000 characters"),
    ],
)
def test_tex_that_cannot_be_drawn_is_shown_with_the_reason(text, reason):
    html = markdown.post_html(text)
    assert "<code>$" in html
    assert reason in html


def test_formulas_take_no_more_than_their_time(monkeypatch):
    monkeypatch.setattr("blueprints.core.formulas.SECONDS", 0)
    assert "more formulas than can be drawn" in markdown.post_html("$x$")


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("https://example.org/a_b_c/", ("https://example.org/a_b_c/", "example.org", "a_b_c")),
        ("<https://www.youtube.com/watch?v=x>", ("https://www.youtube.com/watch?v=x", "youtube.com", "watch?v=x")),
        ("[A talk](https://vimeo.com/1)", ("https://vimeo.com/1", "A talk", "vimeo.com")),
    ],
)
def test_address_that_stands_alone_is_a_card(text, card):
    page = BeautifulSoup(markdown.post_html(f"Before.\n\n{text}\n\nAfter."), "html.parser")
    assert (page.aside.a["href"], page.aside.strong.get_text(), page.aside.small.get_text()) == card
    assert not page.find(["img", "iframe", "script"])


@pytest.mark.parametrize(
    "text",
    ["See https://example.org", "[Words](https://example.org)", "- https://example.org", "`https://example.org`"],
)
def test_link_among_words_is_no_card(text):
    assert "<aside" not in markdown.post_html(text)
