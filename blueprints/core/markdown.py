"""The one door from written text to safe HTML: posts, comments, and what an import brings.

CommonMark by markdown-it-py; nh3 is always the last step, and nothing changes the HTML after it.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from blueprints.core import cards, figures, formulas, languages, listings

_LANG = {"lang", "dir"}
_INLINE = {
    *("a", "abbr", "b", "bdi", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q"),
    *("ruby", "rp", "rt", "s", "samp", "small", "strong", "sub", "sup", "time", "u", "var", "wbr"),
}
_POST_TAGS = (
    _INLINE
    | formulas.TAGS
    | {
        *("aside", "blockquote", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h2", "h3"),
        *("h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "section", "span", "summary", "table"),
        *("picture", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_POST_ATTRIBUTES = {
    **formulas.ATTRIBUTES,
    "*": _LANG,
    "a": {"href", "title", "hreflang", "id"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height", "srcset", "sizes", "loading", "decoding", "role"},
    "ins": {"datetime"},
    "li": {"id", "value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "source": {"type", "srcset", "sizes", "media"},
    "sup": {"id"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "time": {"datetime"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
_COMMENT_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "i", "ins", "li", "ol", "p", "pre"),
    *("q", "s", "samp", "strong", "ul", "var"),
}
# Without "*" the sanitiser keeps its own idea of what every element may carry.
_COMMENT_ATTRIBUTES = {"*": _LANG, "a": {"href"}, "ol": {"start"}}
_BLOCK_EDGE = re.compile(r"</?(?:blockquote|br|dd|div|dt|figcaption|h\d|hr|li|p|pre|td|th)\b", re.I)
_GUEST_LINK = "nofollow ugc noopener"
_OWN_ADDRESS = re.compile(r'(<[a-z][^<>]*?\s(?:href|src|cite)=")(#|/(?!/))')
_OWN_CANDIDATES = re.compile(r'(?<=\ssrcset=")/[^"]*')
_NUMBER = re.compile(r"(?<![\w#§&/.])[#§]([1-9][0-9]{0,6})(?![\w])", re.ASCII)
# Every address holds one of these with something behind it; most texts do not.
_ADDRESS = re.compile(r"[.:/]\S")
_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>')
_IN_COLUMNS = ("table_open", "thead_open", "tbody_open", "tr_open")
_SCHEMES = {"http", "https", "mailto"}
# An id in a text may be a place to jump to, never one that the page, a script or a form answers to.
_OWN_ID = re.compile(
    r"(?!comment|reply|branch|replies|status|thread|skip|main|form|field|own-|(?:edit|withdraw|report|quoted)-\d"
    r"|(?:post|reaction|results|follow)\Z)[\w.:\-]{1,80}\Z"
)
_QUOTES = {
    "de": "„“‚‘",
    "fr": ["«\N{NARROW NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}»", "“", "”"],
    "es": "«»“”",
    "it": "«»“”",
}


def post_html(text: str, *, language: str = "en", has_figures: bool = False) -> str:
    """A post's Markdown as HTML: CommonMark with tables, footnotes, strikethrough, typographic quotes and TeX.

    Where it *has figures*, a picture of the library is drawn in all its sizes, and with its caption where it stands
    alone. Whoever asks for that writes the text anew when the library changes (media/usage.py).
    """
    return clean_post(_for_posts(language).render(text, {"has_figures": has_figures}))


def comment_html(text: str, *, numbers_at: str = "", highest: int = 0) -> str:
    """A guest's Markdown as HTML: emphasis, links, quotations, code and lists; raw HTML stays text.

    "§12" and "#12" lead to *numbers_at* with that number, up to the *highest*.
    """
    return clean_comment(_COMMENTS.render(text, {"numbers_at": numbers_at, "highest": highest}))


def names_number(text: str) -> bool:
    """Whether *text* may point at a comment by its number."""
    return ("#" in text or "§" in text) and _NUMBER.search(text) is not None


def clean_post(html: str) -> str:
    """HTML that an author or an import wrote, reduced to the elements of a text. Cleaning twice is cleaning once."""
    return _clean(html, _post_cleaner)


def clean_comment(html: str) -> str:
    """HTML of a comment, reduced to the small set; links are marked as a guest's."""
    return _clean(html, _comment_cleaner)


def _clean(html: str, cleaner: nh3.Cleaner) -> str:
    """Cleaned, and cleaned again: what is left when an element goes (a button between two paragraphs) can read as
    another tree, and what a browser reads must be what the sanitiser saw. What was clean already has been read so."""
    cleaned = cleaner.clean(html)
    return cleaned if cleaned == html else cleaner.clean(cleaned)


def without_links(html: str) -> str:
    """A cleaned comment with its links as plain text, for as long as nobody has looked at it."""
    return _link_remover.clean(html)


def with_whole_addresses(html: str, root: str, page: str) -> str:
    """Cleaned HTML for reading away from its *page*: addresses that begin at the site's root, or on the page, are
    whole. Without a *root* they stay as they are.

    The one change after cleaning. It is safe because what nh3 writes is regular: in a text "<" is always escaped, and
    so is a quotation mark in a value.
    """
    if not root or ('="/' not in html and '="#' not in html):
        return html
    html = _OWN_CANDIDATES.sub(lambda found: ", ".join(root + each for each in found[0].split(", ")), html)
    return _OWN_ADDRESS.sub(lambda found: found[1] + (page if found[2] == "#" else root) + found[2], html)


def plain_text(html: str) -> str:
    """The words of a piece of HTML without its markup, on one line."""
    spaced = _BLOCK_EDGE.sub(r" \g<0>", html)
    return " ".join(_unescape(_mark_remover.clean(spaced)).split())


def says_something(html: str) -> bool:
    """Whether there is anything to read in a piece of clean HTML: quicker than to ask for its words."""
    return bool(_ELEMENT.sub("", html).replace("&nbsp;", " ").strip())


def beginning(html: str, length: int = 90) -> str:
    """How a piece of clean HTML begins: its first line, or as many words of it as have room. To be escaped again."""
    words = _TAG.sub("", _BLOCK_EDGE.sub("\n\\g<0>", html[: 8 * length])).strip()
    line = _unescape(words.partition("\n")[0].partition("<")[0].strip())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + "…"


def _unescape(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def _keep_post_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "id" and not _OWN_ID.match(value):
        return None
    if attribute == "align" and value not in ("left", "center", "right"):
        return None
    if attribute == "cite" and not re.match(r"(?i)https?://|/", value):
        return None
    if attribute == "src" and not re.match(r"/(?![/\\])", value):
        return None  # pages ask nothing of other servers; the words of the picture stay
    if attribute == "role" and value != figures.DECORATION:
        return None
    if attribute == "srcset" and not figures.CANDIDATES.fullmatch(value):
        return None
    return value


# Made once: to tell a sanitiser what it lets through takes longer than to clean a comment.
_post_cleaner = nh3.Cleaner(
    tags=_POST_TAGS,
    attributes=_POST_ATTRIBUTES,
    attribute_filter=_keep_post_attribute,
    link_rel="noopener",
    url_schemes=_SCHEMES,
)
_comment_cleaner = nh3.Cleaner(
    tags=_COMMENT_TAGS, attributes=_COMMENT_ATTRIBUTES, link_rel=_GUEST_LINK, url_schemes=_SCHEMES
)
_link_remover = nh3.Cleaner(tags=_COMMENT_TAGS - {"a"}, attributes={"*": _LANG, "ol": {"start"}})
_mark_remover = nh3.Cleaner(tags=set())


def _link_remote_image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Pages ask nothing of other servers: a picture that lies elsewhere is drawn as a link to it."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    if shown := env.get("library", {}).get(source):
        alt = renderer.renderInlineAsText(token.children, options, env)
        drawn = figures.picture(shown, alt, is_first=token.meta["is_first"])
        return drawn + str(token.meta.get("caption", ""))
    if source.startswith("/") and not source.startswith("//"):
        return renderer.image(tokens, index, options, env)
    label = renderer.renderInlineAsText(token.children, options, env) or source
    return f'<a href="{escapeHtml(source)}">{escapeHtml(label)}</a>'


def _find_figures(state: Any) -> None:
    """Ask the library once for the pictures of a text; one that stands alone becomes a figure with its caption."""
    if not state.env.get("has_figures"):
        return
    images = [child for token in state.tokens for child in token.children or () if child.type == "image"]
    library = state.env["library"] = figures.known(str(image.attrs.get("src", "")) for image in images)
    for image in images:
        image.meta["is_first"] = image is images[0]
    inside = 0  # a figure that was typed as HTML
    for before, inline, after in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if before.type == "html_block":
            inside += before.content.count("<figure") - before.content.count("</figure")
        alone = before.type == "paragraph_open" and not before.hidden and len(inline.children or ()) == 1
        if (
            alone
            and inside <= 0
            and (image := inline.children[0]).type == "image"
            and (shown := library.get(image.attrs.get("src")))
        ):
            before.tag = after.tag = "figure"
            image.meta["caption"] = _caption(state.md, str(image.attrs.get("title", "")) or shown.caption, shown.credit)


def _caption(parser: MarkdownIt, caption: str, credit: str) -> str:
    """What stands below a picture, both with links and emphasis."""
    parts = [parser.renderInline(caption)] if caption else []
    parts += [f"<small>{parser.renderInline(credit)}</small>"] if credit else []
    return f"<figcaption>{' '.join(parts)}</figcaption>" if parts else ""


def _mark_guest_link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """As the sanitiser will mark it."""
    tokens[index].attrSet("rel", _GUEST_LINK)
    return renderer.renderToken(tokens, index, options, env)


def _link_numbers(state: Any) -> None:
    """Numbers of comments as links, in running text; never in code or in another link."""
    if not state.env.get("highest"):
        return
    for block in state.tokens:
        if block.type == "inline" and block.children and _NUMBER.search(block.content):
            level = 0
            children: list[Token] = []
            for token in block.children:
                level += (token.type == "link_open") - (token.type == "link_close")
                children += _split(token, state.env) if token.type == "text" and level == 0 else [token]
            block.children = children


def _split(text: Token, env: Any) -> list[Token]:
    parts: list[Token] = []

    def say(words: str) -> None:
        if words:
            parts.append(Token("text", "", 0, content=words, level=text.level))

    end = 0
    for found in _NUMBER.finditer(text.content):
        if int(found[1]) <= env["highest"]:
            say(text.content[end : found.start()])
            parts.append(Token("link_open", "a", 1, attrs={"href": f"{env['numbers_at']}{found[1]}"}))
            say(found[0])
            parts.append(Token("link_close", "a", -1))
            end = found.end()
    say(text.content[end:])
    return parts


def _footnote_mark(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """ "[1]", however often the note is pointed at."""
    return f"[{int(tokens[index].meta['id']) + 1}]"


def _align_cells(state: Any) -> None:
    """Column alignment as an attribute: the page's policy allows no inline style."""
    for token in state.tokens:
        if token.type in ("td_open", "th_open") and (style := token.attrs.pop("style", None)):
            token.attrs["align"] = str(style).removeprefix("text-align:")


def _lower_headings(state: Any) -> None:
    """The title of a post is its page's first heading; headings in the text begin one level below."""
    headings = [token for token in state.tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _mark_blocks(state: Any) -> None:
    """The language on the outermost blocks, where the letters tell it; the direction on every block and on code.

    A text that runs one way only needs no mark: the element around it says `dir="auto"`.
    """
    language, turns = languages.of(state.src), languages.turns(state.src)
    for token in state.tokens if language or turns else ():
        if token.nesting >= 0 and token.type != "inline":
            if language and token.level == 0:
                token.attrs["lang"] = language
            if turns:
                token.attrs["dir"] = "ltr" if token.type in ("fence", "code_block") else "auto"
        for child in token.children or () if turns else ():
            if child.type == "code_inline":
                child.attrs["dir"] = "ltr"


def _turn_blocks(state: Any) -> None:
    """The direction on blocks of a post that run against what is around them: a quotation, a cell, a note.

    The rest needs no mark: the element around a text says `dir="auto"`, which passes by what is marked.
    """
    if not languages.turns(state.src):
        return
    lines = state.src.split("\n")
    around = [languages.direction(state.src)]
    for token, inside in pairwise(state.tokens):
        if token.nesting > 0:
            if token.type in _IN_COLUMNS:  # which follow each other as the text around them runs
                own = ""
            else:
                own = languages.direction("\n".join(lines[slice(*token.map)]) if token.map else inside.content)
            around.append(own or around[-1])
            if around[-1] != around[-2]:
                token.attrs["dir"] = around[-1]
        elif token.nesting < 0:
            around.pop()


def _fence(renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """Code between fences, with the marks on the block that scrolls; the first word beside a fence is its language."""
    token = tokens[index]
    language = (token.info.split() or [""])[0]
    code = listings.html(token.content, language, env.setdefault("budget", listings.Budget()))
    return f"<pre{renderer.renderAttrs(token)}><code>{code}</code></pre>\n"


def _formula(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """TeX as MathML; what stands by itself in a block of its own."""
    token = tokens[index]
    display = token.type != "math_inline"
    math = formulas.drawn(token.content.strip(), display=display, budget=env.setdefault("formulas", formulas.Budget()))
    return f"<p>{math}</p>\n" if token.type == "math_block" else math


class Linkify(LinkifyIt):
    """Finds addresses in a text; looks first whether there can be any, which takes a fortieth."""

    def pretest(self, text: str) -> bool:
        """Whether a paragraph may hold one: `test` is asked of each of its texts."""
        return _ADDRESS.search(text) is not None

    def test(self, text: str) -> bool:
        """Whether a text holds one."""
        return _ADDRESS.search(text) is not None and super().test(text)


_posts: dict[str, MarkdownIt] = {}


def _for_posts(language: str) -> MarkdownIt:
    quotes = _QUOTES.get(language.split("-")[0].lower(), "“”‘’")
    key = "".join(quotes)
    if key not in _posts:
        parser = MarkdownIt("commonmark", {"typographer": True, "quotes": quotes, "html": True})
        parser.enable(["table", "strikethrough", "replacements", "smartquotes"])
        parser.use(footnote_plugin)
        parser.core.ruler.push("lower_headings", _lower_headings)
        parser.core.ruler.push("align_cells", _align_cells)
        # "$5 and $6" are no formula, nor is "US$5/US$6".
        dollarmath_plugin(
            parser,
            allow_labels=False,
            allow_space=False,
            allow_digits=False,
            allow_blank_lines=False,
            double_inline=True,
        )
        parser.core.ruler.push("cards", cards.find)
        parser.core.ruler.push("find_figures", _find_figures)
        parser.core.ruler.push("turn_blocks", _turn_blocks)
        for name in ("math_inline", "math_inline_double", "math_block"):
            _add_rule(parser, name, _formula)
        _add_rule(parser, "image", _link_remote_image)
        _add_rule(parser, "footnote_caption", _footnote_mark)
        _add_rule(parser, "fence", _fence)
        _posts[key] = parser
    return _posts[key]


def _add_rule(parser: MarkdownIt, name: str, rule: Callable[..., str]) -> None:
    parser.add_render_rule(name, rule)


def _for_comments() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        # Written as the sanitiser writes: what it need not change it need not read twice.
        {"typographer": True, "html": False, "linkify": True, "breaks": True, "maxNesting": 20, "xhtmlOut": False},
    )
    parser.enable(["strikethrough", "replacements", "smartquotes", "linkify"])
    parser.linkify = Linkify(options={"fuzzy_email": False})  # an address in a text is not made easier to harvest
    parser.core.ruler.push("link_numbers", _link_numbers)
    _add_rule(parser, "link_open", _mark_guest_link)
    parser.core.ruler.push("mark_blocks", _mark_blocks)
    _add_rule(parser, "fence", _fence)
    parser.disable(["heading", "lheading", "hr", "image", "reference", "html_block", "html_inline"])
    return parser


_COMMENTS = _for_comments()
