"""HTML of other programs: the same text in Markdown, without what they put around it."""

import base64

import pytest
from bs4 import BeautifulSoup

from blueprints.core.markdown import post_html
from blueprints.transfer.manuscripts import pages, reading
from blueprints.transfer.manuscripts.manuscript import Remarks, UnreadableError
from tests.transfer.manuscripts.documents import PIXEL


def markdown(html: str, **options) -> str:
    return pages.read(html, Remarks(), whole=False, **options).body


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text().split())


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0}</style></head>
<body><!--StartFragment--><p class=MsoTitle>A paste<o:p></o:p></p>
<p class=MsoNormal><span lang=EN-GB style='mso-ansi-language:EN-GB'>From <b style='mso-bidi-font-weight:normal'>Wo</b>
<b>rd</b>, with <st1:place w:st="on"><i>a&nbsp; </i></st1:place>note<a style='mso-footnote-id:ftn1' href="#_ftn1"
name="_ftnref1"><span class=MsoFootnoteReference><span style='mso-special-character:footnote'>
<![if !supportFootnotes]>[1]<![endif]></span></span></a>.</span></p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]>
<span style='mso-list:Ignore'>1.<span>&nbsp;&nbsp; </span></span><![endif]>First</p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]>
<span style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span><![endif]>Inner</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.</span>Second</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<div style='mso-element:footnote-list'><hr size=1><div style='mso-element:footnote' id=ftn1>
<p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1"><span class=MsoFootnoteReference>[1]</span></a>
What it <i>says</i>.</p></div></div></body></html>""".replace("</b>\n", "</b>")

GOOGLE = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr">
<span style="font-weight:700">Strong</span><span style="font-weight:400"> and </span>
<span style="font-style:italic">slanted</span>, <a href="https://www.google.com/url?q=https://example.org/x&amp;sa=D">
<span>a link</span></a>, <span style="vertical-align:super">up</span></p>
<ul><li><p>One</p></li><ul><li><p>Below</p></li></ul></ul><p>Note<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup></p>
<div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a> Said below.</p></div></b>"""

LIBREOFFICE = """<p><font face="Liberation Serif"><font size="3">Words<a class="sdfootnoteanc" name="sdfootnote1anc"
href="#sdfootnote1sym"><sup>1</sup></a></font></font> and<a class="sdfootnoteanc" name="sdfootnote2anc"
href="#sdfootnote2sym"><sup>2</sup></a></p><div id="sdfootnote1"><p><a class="sdfootnotesym" name="sdfootnote1sym"
href="#sdfootnote1anc">1</a>One.</p></div><div id="sdfootnote2"><p><a class="sdfootnotesym" name="sdfootnote2sym"
href="#sdfootnote2anc">2</a>Two.</p></div>"""
SIGNS = ("<p>{}</p>", "<ul><li>{}</li></ul>", "<table><tr><td>{}</td></tr><tr><td>x</td></tr></table>")
NAMES = (
    "strong",
    "a",
    "ol",
    "ul",
    "li",
    "pre",
    "td",
    "th",
    "blockquote",
    "dt",
    "sub",
    "kbd",
    "rt",
    "img",
    "figcaption",
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            WORD,
            "# A paste\n\nFrom **Word**, with *a* note[^1].\n\n1. First\n   - Inner\n2. Second\n\n"
            "[^1]: What it *says*.",
        ),
        (
            GOOGLE,
            "**Strong** and *slanted*, [a link](https://example.org/x), <sup>up</sup>\n\n- One\n  - Below\n\nNote[^1]"
            "\n\n[^1]: Said below.",
        ),
        (LIBREOFFICE, "Words[^1] and[^2]\n\n[^1]: One.\n\n[^2]: Two."),
    ],
    ids=["Word", "Google Docs", "LibreOffice"],
)
def test_paste_becomes_clean_markdown(html, text):
    assert markdown(html) == text


def test_notes_go_on_counting_where_the_text_has_some():
    assert markdown(LIBREOFFICE, first_note=4).startswith("Words[^4] and[^5]")


def test_a_note_named_twice_is_one():
    html = post_html("One[^a] and again[^a].\n\n[^a]: The note.")
    assert markdown(html).count("[^1]") == 3


@pytest.mark.parametrize(
    "text",
    [
        "1. this is no list",
        "- nor this",
        "# nor this a heading",
        "> nor a quotation",
        "*stars* _lines_ snake_case 2*3*4 `ticks`",
        "[a](b) [^1] ![c](d) [e]: f ^[g]",
        "<b>bold</b> &amp; &lt; <!-- x -->",
        "a | b",
        "=== ~~~ ~~gone~~",
        "\\* \\\\ C:\\temp\\",
        "(c) (r) (tm) 50 % $x$ and $y$",
        "“你好”，世界！",
    ],
)
@pytest.mark.parametrize("around", SIGNS)
def test_signs_of_markdown_stay_characters(text, around):
    written = text.replace("&", "&amp;").replace("<", "&lt;")
    page = BeautifulSoup(post_html(markdown(around.format(written))), "html.parser")
    assert page.find(["p", "li", "td", "th"]).get_text() == text
    assert not page.find(["em", "strong", "s", "code", "a", "img", "h2", "blockquote", "sup"])


@pytest.mark.parametrize(
    "html",
    [
        "<p>“<b>你好</b>”<b>“世界”</b>很大</p>",
        "<p>a<b>b</b>c <i>d </i>e<b><i>f</i></b> <b>(g)</b>h</p>",
        "<p><a href='https://example.org/a_(b)?c=*d*'>x [y</a>! Look!<a href='https://example.org'>z</a></p>",
        "<ol start='3'><li><p>a</p><p>b</p></li><li>c<ol><li>d</li></ol></li></ol><ol><li>e</li></ol>",
        "<pre><code class='language-python'>x = '```'\n\n  y</code></pre>",
        "<table><tr><th>a</th><th align='right'>b</th></tr><tr><td>c|d</td><td>e<br><code>|</code></td></tr></table>",
        "<table><tr><td colspan='2'>a</td></tr><tr><td><ul><li>b</li></ul></td><td>c</td></tr></table>",
        "<blockquote><p>a</p><ul><li>b</li></ul></blockquote><dl><dt>c</dt><dd>d</dd></dl>",
        "<p>one<br>two<br><br>three</p><p>H<sub>2</sub>O <kbd>x</kbd> <ruby>漢<rt>かん</rt></ruby></p>",
        "<figure><img src='/media/1.png' alt='An [image]'><figcaption>Words <i>below</i></figcaption></figure>",
    ],
)
def test_text_and_elements_are_the_same_when_drawn_again(html):
    page = BeautifulSoup(post_html(markdown(html)), "html.parser")
    once = BeautifulSoup(html.replace("<b>", "<strong>").replace("</b>", "</strong>"), "html.parser")
    assert words(str(page)).replace(" ", "") == words(str(once)).replace(" ", "")
    names = list(NAMES)
    assert [tag.name for tag in page.find_all(names)] == [tag.name for tag in once.find_all(names)]
    assert [a["href"] for a in page.find_all("a")] == [a["href"] for a in once.find_all("a")]


def test_figure_of_the_library_is_one_line():
    picture = "<p><img src='/media/7-a.png' alt='x'></p>"
    html = f'<figure>{picture}<figcaption>“Words” * "<i>below</i>"</figcaption></figure>'
    assert markdown(html) == r"""![x](/media/7-a.png "“Words” \\* \"*below*\"")"""


def test_nothing_acts_and_nothing_is_fetched():
    html = (
        "<p onclick='x()'>a<script>alert(1)</script><a href='javascript:x()'>b</a><iframe src='//e.example'></iframe>"
        "<img src='file:///C:/clip.png' alt='c'><img src='https://other.example/d.png' alt='d'><style>p{}</style></p>"
    )
    remarks = Remarks()
    text = pages.read(html, remarks, whole=False).body
    assert text == "ab![d](https://other.example/d.png)"
    assert [what for what, _ in remarks.lines()] == [
        "A picture was left out: the file names it and does not hold it",
        "A picture that lies on another site is drawn as a link to it",
    ]


def test_deep_and_wide_html_is_read_in_bounds():
    assert markdown("<div><b>" * 3000 + "deep") == "**deep**"
    assert markdown(f"<ol>{'<li>x</li>' * 3000}</ol>").endswith("3000. x")


def test_picture_in_the_page_itself_goes_through_the_seam():
    taken = []
    source = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    text = markdown(
        f"<p><img src='{source}' alt='x'></p>", pictures=lambda *given: taken.append(given) or "/media/1.png"
    )
    assert taken == [(PIXEL, "picture-1.png", "x")]
    assert text == "![x](/media/1.png)"


def test_html_file_is_its_article_with_its_title():
    file = (
        '<html><head><title>Site – x</title><meta name="description" content="In short."><meta name="author" '
        'content="A. B."><meta name="keywords" content="one, two"></head><body><nav>Menu</nav><article>'
        "<h1>The title</h1><h3>Part</h3><p>Text.</p></article><footer>Foot</footer></body></html>"
    )
    manuscript = reading.read(file.encode(), "x.html")
    assert (manuscript.title, manuscript.standfirst, manuscript.tags) == ("The title", "In short.", ["one", "two"])
    assert manuscript.body == "## Part\n\nText."
    assert "A. B." in str(manuscript.remarks.lines())


def test_encoding_is_told_or_guessed_and_said():
    file = "<meta charset='windows-1252'><p>Caf\u00e9 \u201cx\u201d</p>".encode("cp1252")
    manuscript = reading.read(file, "x.htm")
    assert manuscript.body == "Café “x”"
    assert "windows-1252" in str(manuscript.remarks.lines())
    assert reading.read("\ufeffText 中".encode("utf-16-le"), "x.txt").body == "Text 中"


FRONT = """---
title: "On: things"
date: 2020-02-03
tags: [a, b]
author:
  - Jane Doe
slug: on-things
description: In short.
layout: wide
---

# On: things

Text with ![a map](images/map.png).
"""


def test_front_matter_fills_the_fields_and_the_rest_is_named():
    manuscript = reading.read(FRONT.encode(), "x.md")
    assert (manuscript.title, manuscript.standfirst, manuscript.slug) == ("On: things", "In short.", "on-things")
    assert manuscript.tags == ["a", "b"]
    assert manuscript.body == "Text with ![a map](images/map.png)."
    said = dict(manuscript.remarks.lines())
    assert said["The front matter says something that a post has no place for"] == "layout: wide"
    assert said["The file names an author; choose the authors yourself"] == "Jane Doe"
    assert "date: 2020-02-03" in said["A date was not taken over: a draft gets its own when it is published"]
    assert said["A picture was left out: the file names it and does not hold it"] == "a map"


def test_toml_between_plus_signs_is_read_and_a_rule_is_no_front_matter():
    assert reading.read(b"+++\ntitle = 'T'\n+++\nText.", "x.md").title == "T"
    manuscript = reading.read(b"---\nJust words.\n---\nText.", "a_plain_name.md")
    assert manuscript.body == "---\nJust words.\n---\nText."
    assert manuscript.title == "a plain name"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"---\na: &a [1, 2]\nb: *a\n---\nText", "alias"),
        (b"---\na: !!python/object/apply:os.system ['x']\n---\nText", "could not determine a constructor"),
        (b"---\na: [1\n---\nText", "line 2"),
        (b"+++\na = \n+++\nText", "Invalid value"),
        (b"\x00\x01\x02\xff binary", "no text"),
    ],
)
def test_hostile_front_matter_is_refused(file, reason):
    with pytest.raises(UnreadableError, match=reason):
        reading.read(file, "x.md")


def test_printed_header_and_a_title_said_twice_are_left_out():
    file = "<title>T</title><p><b>T</b></p><ul><ul><li>a</li></ul></ul><div title='footer'><p>1</p></div>"
    manuscript = reading.read(file.encode(), "x.html")
    assert (manuscript.title, manuscript.body) == ("T", "- a")
