"""Paragraphs out of blank lines: what WordPress does with a classic body or a comment when it shows it.

The rules are those that its authors see: a blank line ends a paragraph, a newline breaks the line, and neither
says anything inside preformatted text, between table cells or list items.
"""

import re
from dataclasses import dataclass, field

from blueprints.transfer.wordpress import spans

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_LITERAL = spans.elements(
    *("pre", "textarea", "xmp", "listing", "svg", "math", "object", "video", "audio", "iframe", "select")
)
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_ALL_BLANK = re.compile(r"\s*\Z")
# May hold paragraphs; the text in the second kind is left bare unless a blank line divides it.
_ALWAYS = {"blockquote"}
_SOMETIMES = {
    *("div", "section", "article", "aside", "header", "footer", "main", "nav", "center", "li", "td", "th", "dd"),
    *("details", "fieldset", "form", "address", "figure", "noscript", "body"),
}
_NO_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "caption", "figcaption", "summary", "legend"}
_NO_TEXT = {"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl", "menu", "colgroup", "hgroup"}
_EMPTY = {"hr"}
_BLOCKS = _ALWAYS | _SOMETIMES | _NO_PARAGRAPHS | _NO_TEXT | _EMPTY
_VOID = {"br", "img", "hr", "input", "wbr", "embed", "param", "source", "col", "area", "track", "link", "meta", "base"}


@dataclass
class _Run:
    """Text and inline elements between two block edges."""

    parts: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.parts)


def from_lines(body: str) -> str:
    """*body* with `<p>` and `<br>` where its lines ask for them; no word is added or lost."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    held: list[str] = []

    def hold(element: str) -> str:
        held.append(element)
        mark = f"\x03{len(held) - 1}\x04"
        return f"<hr {mark}>" if element[:4].lower() in ("<pre", "<xmp", "<lis") else mark

    body = spans.replace(body, _LITERAL, hold)
    out: list[str] = []
    run = _Run()
    open_blocks: list[str] = []
    position = 0
    for tag in _TAG.finditer(body):
        run.parts.append(body[position : tag.start()])
        position = tag.end()
        name = tag[2].lower()
        if name not in _BLOCKS:
            run.parts.append(tag[0])
            continue
        out.append(_drawn(run.text(), open_blocks[-1] if open_blocks else ""))
        run = _Run()
        out.append(tag[0])
        if name in _EMPTY or tag[3].rstrip().endswith("/"):
            continue
        if not tag[1]:
            open_blocks.append(name)
        elif name in open_blocks:
            while open_blocks.pop() != name:
                pass
    run.parts.append(body[position:])
    out.append(_drawn(run.text(), open_blocks[-1] if open_blocks else ""))
    text = "".join(out)
    text = re.sub("<hr \x03(\\d+)\x04>", lambda found: held[int(found[1])], text)
    return re.sub("\x03(\\d+)\x04", lambda found: held[int(found[1])], text)


def _drawn(run: str, block: str) -> str:
    """A run of inline text as it stands directly below *block* ("" is the body itself)."""
    if _ALL_BLANK.match(run) or block in _NO_TEXT:
        return run
    if block in _NO_PARAGRAPHS:
        return _broken(run.strip("\n")) if block != "p" else _BLANK.sub("<br><br>", _broken(run.strip("\n")))
    pieces = _whole(_BLANK.split(run.strip()))
    if block and block not in _ALWAYS and len(pieces) == 1:
        return _broken(pieces[0])
    return "\n".join(f"<p>{_broken(piece)}</p>" for piece in pieces)


def _whole(pieces: list[str]) -> list[str]:
    """The pieces, each closing the inline elements that it leaves open; the next opens them again."""
    if len(pieces) == 1:
        return pieces
    whole: list[str] = []
    still_open: list[tuple[str, str]] = []
    for piece in pieces:
        text = "".join(tag for _name, tag in still_open) + piece
        for tag in _TAG.finditer(piece):
            name = tag[2].lower()
            if name in _VOID or tag[3].endswith("/"):
                continue
            if not tag[1]:
                still_open.append((name, tag[0]))
            elif any(name == opened for opened, _tag in still_open):
                while still_open.pop()[0] != name:
                    pass
        text += "".join(f"</{name}>" for name, _tag in reversed(still_open))
        if re.sub(r"<(?!img\b|embed\b)[^>]*>", "", text).strip():
            whole.append(text)
    return whole


def _broken(piece: str) -> str:
    """Newlines as line breaks, but for those at its ends, after a break that is already there, and within a tag."""
    if "\n" not in piece:
        return piece
    lines = re.split(r"(<[^<>]*>)", piece.strip("\n"))
    for at in range(0, len(lines), 2):
        text = lines[at]
        if at and lines[at - 1].lower().startswith(("<br", "\x03")):
            text = text.lstrip("\n") if text.startswith("\n") else re.sub(r"\A[^\S\n]+\n", "", text)
        lines[at] = re.sub(r"[^\S\n]*\n", "<br>\n", text)
    return "".join(lines)
