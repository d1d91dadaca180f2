"""Bodies of WordPress become HTML in which no word is lost and nothing is left of the machinery."""

import pytest

from blueprints.core import markdown
from blueprints.transfer.wordpress.markup import Surroundings, convert
from blueprints.transfer.wordpress.replies import converted
from blueprints.transfer.wordpress.survey import Attachment

PLACE = Surroundings(
    address="https://old.example/2010/x/",
    post_id="9",
    attachments={"5": Attachment("https://old.example/f.jpg", "Fig", "9")},
)


def body(text: str) -> str:
    return convert(text, PLACE).html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\n\nb\nc", "<p>a</p>\n<p>b<br>\nc</p>"),
        ("<p>ready made</p>", "<p>ready made</p>"),
        ("<strong>a\n\nb</strong>", "<p><strong>a</strong></p>\n<p><strong>b</strong></p>"),
        ("x<ul>\n<li>1</li>\n</ul>y", "<p>x</p>\n<ul>\n<li>1</li>\n</ul>\n<p>y</p>"),
        ("<blockquote>q</blockquote>", "<blockquote><p>q</p></blockquote>"),
        ("<div>one</div>\n<div>two</div>", "<div>one</div>\n<div>two</div>"),
        ("<div>one\n\ntwo</div>", "<div><p>one</p>\n<p>two</p></div>"),
        ("<pre>a\n\n  b</pre>", "<pre>a\n\n  b</pre>"),
        ("a<br />\nb", "<p>a<br>b</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("a<!-- gone -->b <!-- open", "<p>ab &lt;!-- open</p>"),
        ("<style>p{}</style>a<script>b</script>", "<p>a</p>"),
        ("<h1>A</h1><h2>B</h2>", "<h2>A</h2>\n<h3>B</h3>"),
        ("<h2>A</h2>", "<h2>A</h2>"),
        ("https://example.org/v", '<p><a href="https://example.org/v">https://example.org/v</a></p>'),
        ('<p>&nbsp;</p><span style="x">a</span>', "<p>a</p>"),
    ],
)
def test_lines_become_paragraphs(written, shown):
    assert body(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "[sic] [1] [a-z0-9] [see below] [Mon 17 14:02 EDT]",
            "<p>[sic] [1] [a-z0-9] [see below] [Mon 17 14:02 EDT]</p>",
        ),
        ("[note x=1 here] don't [don't]", "<p>[note x=1 here] don't [don't]</p>"),
        ("a [foo id=3] b [bar]kept[/bar] [x /]", "<p>a  b kept</p>"),
        ("[[gallery]]", "<p>[gallery]</p>"),
        ("<code>[gallery]</code>", "<p><code>[gallery]</code></p>"),
        ('<a href="/x?[gallery]">t</a>', '<p><a href="/x?[gallery]">t</a></p>'),
        ("[gallery ids='5,6']", '<ul><li><a href="https://old.example/f.jpg">Fig</a></li></ul>'),
        ('[gallery ids="77"]', "<p>[gallery]</p>"),
        ("[embed]https://e.example/1[/embed]", '<p><a href="https://e.example/1">e.example/1</a></p>'),
        ("[youtube abc-1]", '<p><a href="https://www.youtube.com/watch?v=abc-1">www.youtube.com/watch?v=abc-1</a></p>'),
        ('[audio mp3="https://e.example/a.mp3"][/audio]', '<p><a href="https://e.example/a.mp3">a.mp3</a></p>'),
        ("[code]if a < b:\n\n  [x][/code]", "<pre><code>if a &lt; b:\n\n  [x]</code></pre>"),
        (
            '[caption caption="Old &lt;em&gt;style&lt;/em&gt;"]<img src="/wp-content/a.jpg">[/caption]',
            '<figure><img src="/wp-content/a.jpg"><figcaption>Old <em>style</em></figcaption></figure>',
        ),
    ],
)
def test_shortcodes_are_told_from_words_in_brackets(written, shown):
    assert body(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('a<img src="https://e.example/b.jpg">c', '<p>a <a href="https://e.example/b.jpg">b.jpg</a> c</p>'),
        ('<a href="/x"><img src="../b.jpg" alt="B"></a>', '<p><a href="/x">B</a></p>'),
        ('<img src="/b.jpg" alt="B" width="3">', '<p><img src="/b.jpg" alt="B" width="3"></p>'),
        ('<a href="../y/">y</a>', '<p><a href="/2010/y/">y</a></p>'),
        ('x <img class="wp-smiley" src="https://e.example/s.gif" alt=":)">', "<p>x :)</p>"),
        ('x<img src="https://count.example/" width="1" height="1">', "<p>x</p>"),
        (
            '<iframe src="https://www.youtube.com/embed/abc?rel=0" title="Talk"></iframe>',
            '<p><a href="https://www.youtube.com/watch?v=abc">Talk</a></p>',
        ),
        (
            '<video><source src="https://e.example/v.mp4">No <b>video</b>?</video>',
            '<p>No <b>video</b>? <a href="https://e.example/v.mp4">v.mp4</a></p>',
        ),
        (
            '<object><param name="movie" value="https://e.example/m"><embed src="https://e.example/m"></object>',
            '<p><a href="https://e.example/m">e.example/m</a></p>',
        ),
    ],
)
def test_what_lies_elsewhere_becomes_a_link(written, shown):
    assert body(written) == shown


def test_blocks_and_loose_text_between_them():
    written = (
        'Before\nit\n\n<!-- wp:columns --><div class=\'c\'><!-- wp:paragraph {"a":{"b":"}"}} -->'
        "<p>In\na\nblock</p><!-- /wp:paragraph --></div><!-- /wp:columns -->\n\nAfter\n\n<!-- wp:rss /-->"
    )
    found = convert(written, PLACE)
    assert found.html == "<p>Before<br>\nit</p>\n<div><p>In\na\nblock</p></div>\n<p>After</p>"
    assert found.counts == {"block “rss” left out, it holds no text of its own": 1}


def test_footnotes_that_cannot_be_read_are_shown():
    around = Surroundings(footnotes="[{broken")
    assert body("a") in convert("a<!-- wp:footnotes /-->", around).html
    assert "[{broken" in convert("<!-- wp:footnotes /-->", around).html


def test_reusable_block_that_holds_itself_ends():
    around = Surroundings(reusable={"1": '<p>x</p><!-- wp:block {"ref":1} /-->'})
    assert convert('<!-- wp:block {"ref":1} /-->', around).html.count("x") == 5


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
        ("(https://e.example/a_(b))", '<p>(<a href="https://e.example/a_(b)">https://e.example/a_(b)</a>)</p>'),
        (
            "&lt;https://e.example/?a=1&amp;b=2&gt;",
            '<p>&lt;<a href="https://e.example/?a=1&amp;b=2">https://e.example/?a=1&amp;b=2</a>&gt;</p>',
        ),
        ("www.e.example, x", '<p><a href="http://www.e.example">www.e.example</a>, x</p>'),
        (
            '<a href="https://e.example/">https://e.example/</a>',
            '<p><a href="https://e.example/">https://e.example/</a></p>',
        ),
        ("<code>https://e.example/</code>", "<p><code>https://e.example/</code></p>"),
    ],
)
def test_comments_have_lines_and_links(written, shown):
    assert markdown.clean_comment(converted(written)).replace(' rel="nofollow ugc noopener"', "") == shown


@pytest.mark.parametrize("depth", [300, 5000])
def test_absurd_depth_loses_no_words(depth):
    assert "deep</" in body("<div>" * depth + "deep" + "</div>" * depth + "after")
    assert "after" in body("<div>" * depth + "deep" + "</div>" * depth + "after")


def test_no_body_takes_long():
    for hostile in ("[" * 50_000, "[a " * 20_000, "<" * 50_000, "<!-- wp:a {" * 5_000, "[a '" * 10_000, "<b>" * 5_000):
        convert(hostile, PLACE)
