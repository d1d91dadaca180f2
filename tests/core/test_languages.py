"""What the letters of a text tell."""

import pytest

from blueprints.core import languages, markdown


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("这篇文章写得很好。", "zh"),
        ("這篇文章寫得很好，見 https://example.org/a-very-long-address-in-latin-letters", "zh"),
        ("とても良い記事です。", "ja"),
        ("東京都知事選挙公報掲載文書の一覧表示", None),
        ("좋은 글입니다.", "ko"),
        ("บทความดีมาก", "th"),
        ("מאמר טוב מאוד", "he"),
        ("Πολύ καλό άρθρο", "el"),
        ("مقالة جيدة", None),
        ("Очень хорошая статья", None),
        ("Très bien écrit, naïve œuvre", None),
        ("The word 好 means good", None),
        ("Plain ASCII", None),
        ("😀😀😀", None),
        ("", None),
    ],
)
def test_language_is_told_only_where_the_script_has_no_other(text, language):
    assert languages.of(text) == language


def test_language_stands_on_the_outermost_blocks_alone():
    html = markdown.comment_html("很好的文章\n\n> 引用\n\n- 一\n- 二")
    assert html.count('lang="zh"') == 3
    assert '<blockquote lang="zh">\n<p>' in html
    assert "dir=" not in html


def test_block_of_a_post_that_runs_against_its_text_says_so():
    quoted = markdown.post_html(
        "مرحبا يا عالم.\n\nHello there, and everybody else who reads it, `x = 1`.[^1]\n\n"
        "| A | مرحبا |\n|--|--|\n| b | c |\n\n> أهلا\n\n[^1]: حاشية"
    )
    assert [line for line in quoted.splitlines() if "dir=" in line] == [
        '<p dir="rtl">مرحبا يا عالم.</p>',
        '<th dir="rtl">مرحبا</th>',
        '<blockquote dir="rtl">',
        '<li id="fn1"><p dir="rtl">حاشية <a href="#fnref1" rel="noopener">↩︎</a></p>',
    ]
    turned = markdown.post_html("# مرحبا يا عالم\n\nHello.\n\n- أهلا وسهلا بكم\n- one\n")
    assert [line for line in turned.splitlines() if "dir=" in line] == [
        '<p dir="ltr">Hello.</p>',
        '<li dir="ltr">one</li>',
    ]
    assert "dir=" not in markdown.post_html("Plain.\n\n> 中文")


def test_each_block_finds_its_own_direction_where_they_differ():
    html = markdown.comment_html("مرحبا `x = 1`\n\n> hello\n\n- one\n\n```\nf()\n```\n\n    g()")
    assert '<p dir="auto">مرحبا <code dir="ltr">x = 1</code></p>' in html
    assert '<blockquote dir="auto">\n<p dir="auto">hello</p>' in html
    assert '<li dir="auto">one</li>' in html
    assert html.count('<pre dir="ltr"><code>') == 2
    assert markdown.clean_comment(html) == html
    assert 'dir="auto"' in markdown.without_links(html)


def test_fenced_code_is_drawn_as_it_was_typed():
    assert (
        markdown.comment_html('```nothing-known\n<b> & "c"\n```') == '<pre><code>&lt;b&gt; &amp; "c"\n</code></pre>\n'
    )
