"""Bodies: from what WordPress stores to HTML that stands by itself.

Delimiters of the block editor go, shortcodes become what they stand for, blank lines become paragraphs. What would
ask another server for something (pictures, players, frames) becomes a link to it. No words are lost; what has no
equivalent is counted, so that the report can say so. The result is cleaned again by `core.markdown` when it is stored.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from blueprints.transfer.wordpress import paragraphs, shortcodes, spans
from blueprints.transfer.wordpress.elements import label_of, settle
from blueprints.transfer.wordpress.shortcodes import Shortcode
from blueprints.transfer.wordpress.survey import Attachment

# The text of a comment that delimits a block; in its attributes the editor writes "--" as an escape.
_DELIMITER = re.compile(
    r"\s+(?P<close>/)?wp:(?P<name>[a-z][a-z0-9_/-]*)(?:\s+(?P<attributes>\{.*\}))?\s*(?P<alone>/)?\Z", re.S
)
_CODE = spans.shortcodes(*shortcodes.CODE)
_CAPTION = spans.shortcodes("caption", "wp_caption")
_SOURCES = ("src", "url", "mp4", "m4v", "webm", "ogv", "flv", "mov", "mp3", "m4a", "ogg", "wav", "wma")
_PLACES = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "dailymotion": "https://www.dailymotion.com/video/{}",
}
_MAX_REUSE = 5
# A block that only says how its content is laid out, or whose content the page has anyway.
_SILENT_BLOCKS = {"more", "nextpage", "spacer", "separator", "core/more", "core/nextpage", "core/spacer"}


@dataclass
class Surroundings:
    """What a body refers to without holding it."""

    address: str = ""
    post_id: str = ""
    footnotes: str = ""
    attachments: dict[str, Attachment] = field(default_factory=dict)
    reusable: dict[str, str] = field(default_factory=dict)


@dataclass
class Body:
    """A converted body and what to report about it."""

    html: str
    counts: Counter[str] = field(default_factory=Counter)


def convert(written: str, around: Surroundings) -> Body:
    """The HTML of a post's or page's body."""
    counts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    notes = _footnotes(around.footnotes, counts)
    text = written.replace("\r\n", "\n").replace("\r", "\n")
    text = _without_blocks(text, around, counts, notes)
    text = shortcodes.replace(text, lambda code: _draw(code, around), unknown, doubtful)
    counts.update({f"shortcode [{name}] left out": number for name, number in unknown.items()})
    counts.update({f"[{name}] kept as text, perhaps a shortcode": number for name, number in doubtful.items()})
    return Body(settle(text, around.address, counts), counts)


def excerpt(written: str) -> str:
    """The words of an excerpt, without blocks and shortcodes."""
    nothing: Counter[str] = Counter()
    text = spans.without_comments(written)
    return shortcodes.replace(text, lambda _code: None, nothing, nothing)


def _without_blocks(text: str, around: Surroundings, counts: Counter[str], notes: str, depth: int = 0) -> str:
    """*text* without delimiters and comments; what stands outside of all blocks gets its paragraphs by its lines."""
    out: list[str] = []
    position = level = 0
    for start, end in spans.comments(text):
        found = _DELIMITER.match(text[start + 4 : end - 3])
        if found is None:
            continue
        piece = spans.without_comments(text[position:start])
        out.append(piece if level else _loose(piece))
        position = end
        if found["close"]:
            level = max(0, level - 1)
        elif found["alone"]:
            out.append(_dynamic(found["name"], found["attributes"] or "", around, counts, notes, depth))
        elif found["name"] != "freeform":  # a classic text in a block keeps its habits
            level += 1
    piece = spans.without_comments(text[position:])
    out.append(piece if level else _loose(piece))
    return "".join(out)


def _loose(piece: str) -> str:
    """A classic body, or the part of one between blocks, with its paragraphs."""
    if not piece.strip():
        return piece
    held: list[str] = []

    def hold(code: str) -> str:
        held.append(code)
        return f"\n\n\x05{len(held) - 1}\x06\n\n"

    # Blank lines inside of these are theirs, not the text's.
    piece = spans.replace(piece, _CODE, hold)
    piece = spans.replace(piece, _CAPTION, lambda caption: f"\n\n{caption}\n\n")
    piece = re.sub("<p>(\x05\\d+\x06)</p>", r"\1", paragraphs.from_lines(piece))
    return re.sub("\x05(\\d+)\x06", lambda found: held[int(found[1])], piece)


def _dynamic(name: str, attributes: str, around: Surroundings, counts: Counter[str], notes: str, depth: int) -> str:
    """What a block without content of its own stands for."""
    name = name.removeprefix("core/")
    try:
        given = json.loads(attributes) if attributes.strip() else {}
    except ValueError:
        given = {}
    if name == "footnotes":
        return notes
    reference = str(given.get("ref", ""))
    if name == "block" and reference in around.reusable and depth < _MAX_REUSE:
        return _without_blocks(around.reusable[reference], around, counts, notes, depth + 1)
    address = given.get("url")
    if isinstance(address, str) and address.startswith(("http://", "https://")):
        label = given.get("label") or given.get("service") or label_of(address)
        tag = "li" if name in ("social-link", "navigation-link") else "p"
        return f"<{tag}>{_link(address, str(label))}</{tag}>"
    if name not in _SILENT_BLOCKS:
        counts[f"block “{name}” left out, it holds no text of its own"] += 1
    return ""


def _footnotes(written: str, counts: Counter[str]) -> str:
    """The list of footnotes that the block editor keeps beside the body."""
    if not written.strip():
        return ""
    try:
        notes = [(str(note["id"]), str(note["content"])) for note in json.loads(written)]
    except (ValueError, TypeError, KeyError):
        counts["footnotes that cannot be read"] += 1
        return f"<p>{html.escape(written)}</p>"
    items = "".join(
        f'<li id="{html.escape(key)}">{text} <a href="#{html.escape(key)}-link">↩</a></li>' for key, text in notes
    )
    return f"<ol>{items}</ol>" if items else ""


def _draw(code: Shortcode, around: Surroundings) -> str | None:
    drawing: dict[str, Callable[[Shortcode, Surroundings], str | None]] = {
        "caption": _caption,
        "wp_caption": _caption,
        "gallery": _gallery,
        "playlist": _gallery,
        **dict.fromkeys(shortcodes.CODE, _code),
        **dict.fromkeys(shortcodes.MEDIA, _media),
    }
    draw = drawing.get(code.name)
    return draw(code, around) if draw else None


def _caption(code: Shortcode, _around: Surroundings) -> str | None:
    if code.inner is None:
        return None
    inner, words = code.inner.strip(), code.attributes.get("caption", "")
    inner = re.sub(r"\A<p>|</p>\Z", "", inner)
    if not words:
        picture = re.match(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", inner, re.S | re.I)
        if picture:
            inner, words = picture[0], inner[picture.end() :]
    words = words.strip()
    return f"<figure>{inner}{f'<figcaption>{words}</figcaption>' if words else ''}</figure>"


def _gallery(code: Shortcode, around: Surroundings) -> str:
    """Links to the pictures of a gallery: those it names, else those that were uploaded to the post."""
    named = code.attributes.get("ids") or code.attributes.get("include")
    if named:
        files = [around.attachments.get(number.strip()) for number in named.split(",")]
    else:
        files = [file for file in around.attachments.values() if around.post_id and file.parent == around.post_id]
    items = "".join(f"<li>{_link(file.url, file.title or label_of(file.url))}</li>" for file in files if file)
    return f"<ul>{items}</ul>" if items else f"<p>[{code.name}]</p>"


def _media(code: Shortcode, _around: Surroundings) -> str | None:
    addresses = [code.attributes[name] for name in _SOURCES if name in code.attributes]
    inner = re.sub(r"<[^>]*>", "", code.inner or "").strip()
    candidates = [*addresses, *code.words, inner, code.attributes.get("id", "")]
    for address in filter(None, (html.unescape(candidate).strip() for candidate in candidates)):
        if address.startswith(("http://", "https://")) and not re.search(r"\s", address):
            rest = inner if inner and inner != address else ""
            return f" {_link(address, label_of(address))} {rest}"
        if code.name in _PLACES and re.fullmatch(r"[\w-]+", address):
            address = _PLACES[code.name].format(address)
            return f" {_link(address, label_of(address))} "
    return None


def _code(code: Shortcode, _around: Surroundings) -> str:
    text = html.unescape(code.inner or "").strip("\n")
    return f"<pre><code>{html.escape(text, quote=False)}</code></pre>"


def _link(address: str, label: str) -> str:
    return f'<a href="{html.escape(address)}">{html.escape(label, quote=False)}</a>'
