"""Shortcodes: "[name attribute="value"]" and "[name]…[/name]" in a body, told apart from ordinary words in brackets.

WordPress knows its shortcodes by registration, a file does not. A bracket is taken for one if its name is well
known, or if it is written as nothing else is: with attributes only, closed again, or alone on its line with a
compound name. "[sic]", "[1]" and "[see below]" are text.
"""

import html
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from blueprints.transfer.wordpress import spans

_TOKEN = re.compile(
    r"\[(?P<escape>\[?)(?P<close>/?)(?P<name>[A-Za-z][\w-]{0,60})"
    r"(?P<words>(?:\s(?:[^\[\]\"']|\"[^\"]{0,4000}\"|'[^']{0,4000}')*?)?)(?P<alone>/?)\](?P<escaped>\]?)"
)
_WORD = re.compile(
    r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))(?=\s|$)|"([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|(\S+)"""
)
# Left as they are: what they hold is shown letter by letter, or a bracket in a tag's attribute.
_LITERAL = spans.elements("pre", "code", "textarea", "xmp", "kbd", "samp", "tt")
_BRACKET_IN_TAG = re.compile(r"<[A-Za-z/][^<>\[]*\[[^<>]*>")
_HELD = re.compile("\x01(\\d+)\x02")
_CURLY = str.maketrans({"“": '"', "”": '"', "″": '"', "„": '"'})
CODE = {"code", "sourcecode", "source", "highlight", "cc", "codesyntax"}
MEDIA = {"audio", "video", "embed", "youtube", "vimeo", "soundcloud", "dailymotion", "wpvideo", "googlevideo", "tweet"}
# No word that somebody would put in brackets.
_UNMISTAKABLE = {
    *("caption", "wp_caption", "gallery", "playlist", "contact-form", "contact-form-7", "gravityform", "ninja_form"),
    *("wpforms", "mailpoet_form", "rev_slider", "polldaddy", "googlemaps", "google-map-v3", "nggallery", "singlepic"),
    *("recent-posts", "recaptcha_form", "wpsr_button"),
}
KNOWN = CODE | MEDIA | _UNMISTAKABLE | {"table", "toc", "slideshow", "poll", "latex", "archives", "sitemap", "ref"}


@dataclass
class Shortcode:
    """One shortcode: its attributes, the words without a name, and what it encloses (already converted), if it does."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    inner: str | None = None


Render = Callable[[Shortcode], str | None]


@dataclass
class _Open:
    found: re.Match[str]
    code: Shortcode
    parts: list[str] = field(default_factory=list)


def replace(body: str, render: Render, unknown: Counter[str], doubtful: Counter[str]) -> str:
    """*body* with each shortcode as *render* draws it; where that gives None, what the brackets enclose stays.

    The names of those that went are counted in *unknown*, bare ones that were left as text in *doubtful*.
    """
    return _Reader(body, render, unknown, doubtful).read() if "[" in body else body


class _Reader:
    """Reads one body from left to right, with the shortcodes that are open at the moment on a stack."""

    def __init__(self, body: str, render: Render, unknown: Counter[str], doubtful: Counter[str]) -> None:
        self.render = render
        self.unknown = unknown
        self.doubtful = doubtful
        self.held: list[str] = []
        body = spans.replace(body, _LITERAL, self.hold)
        self.body = _BRACKET_IN_TAG.sub(lambda found: self.hold(found[0]), body)
        self.out: list[str] = []
        self.stack: list[_Open] = []

    def read(self) -> str:
        """The whole body."""
        tokens = list(_TOKEN.finditer(self.body))
        last_close = {found["name"].lower(): found.start() for found in tokens if found["close"]}
        position = 0
        for found in tokens:
            self.add(self.body[position : found.start()])
            position = found.end()
            if found["escape"] and found["escaped"]:
                self.add(self.hold(found[0][1:-1]))
            elif found["close"]:
                self.close(found)
            else:
                self.open(found, is_closed=last_close.get(found["name"].lower(), -1) > found.start())
        self.add(self.body[position:])
        self.unwind(0)
        text = "".join(self.out)
        while _HELD.search(text):
            text = _HELD.sub(lambda mark: self.held[int(mark[1])], text)
        return text

    def add(self, *parts: str) -> None:
        """Go on with what the innermost open shortcode encloses, or with the body."""
        (self.stack[-1].parts if self.stack else self.out).extend(parts)

    def hold(self, text: str) -> str:
        """A mark in the place of *text*, which is not looked at any more."""
        self.held.append(text)
        return f"\x01{len(self.held) - 1}\x02"

    def open(self, found: re.Match[str], *, is_closed: bool) -> None:
        """A bracket that may begin a shortcode."""
        code = _parsed(found["name"].lower(), found["words"])
        is_closed = is_closed and not found["alone"]
        if not _is_shortcode(code, found, self.body, is_closed):
            if re.search(r"[a-z][_-][a-z]", found["name"]) and not found["words"]:
                self.doubtful[found["name"]] += 1
            self.add(found[0])
        elif is_closed:
            self.add(found["escape"])
            self.stack.append(_Open(found, code))
        else:
            self.add(found["escape"], self.draw(code), found["escaped"])

    def close(self, found: re.Match[str]) -> None:
        """A bracket with a slash: the end of the innermost shortcode of that name."""
        name = found["name"].lower()
        depth = next((at for at in range(len(self.stack) - 1, -1, -1) if self.stack[at].code.name == name), None)
        if depth is None:
            self.add(found["escape"] + found["escaped"] if name in KNOWN else found[0])
            return
        self.unwind(depth + 1)
        opened = self.stack.pop()
        opened.code.inner = "".join(opened.parts)
        self.add(found["escape"], self.draw(opened.code), found["escaped"])

    def unwind(self, depth: int) -> None:
        """Those above *depth* were never closed: they stand for themselves, and what follows them stays."""
        while len(self.stack) > depth:
            opened = self.stack.pop()
            self.add(self.draw(opened.code), *opened.parts)

    def draw(self, code: Shortcode) -> str:
        """What the shortcode becomes."""
        drawn = self.render(code)
        if drawn is None:
            self.unknown[code.name] += 1
            return code.inner or ""
        return self.hold(drawn) if code.name in CODE else drawn


def _parsed(name: str, words: str) -> Shortcode:
    code = Shortcode(name)
    for found in _WORD.finditer(html.unescape(words).translate(_CURLY)):
        if found[1]:
            code.attributes[found[1].lower()] = found[2] or found[3] or found[4] or ""
        else:
            code.words.append(found[5] or found[6] or found[7] or "")
    return code


def _is_shortcode(code: Shortcode, found: re.Match[str], body: str, is_closed: bool) -> bool:
    if code.name in CODE:
        return is_closed
    if code.name in _UNMISTAKABLE:
        return True
    if code.name in KNOWN:
        return bool(code.attributes or is_closed or found["alone"] or _is_alone(found, body) or len(code.words) == 1)
    if code.words or "<" in found["words"]:
        return False
    if code.attributes or is_closed or found["alone"]:
        return True
    return bool(re.search(r"[a-z][_-][a-z]", found["name"])) and _is_alone(found, body)


def _is_alone(found: re.Match[str], body: str) -> bool:
    before = (
        body[: found.start()].rpartition("\n")[2] if found.start() < 400 else body[found.start() - 400 : found.start()]
    )
    before = before.rpartition("\n")[2]
    after = body[found.end() : found.end() + 400].partition("\n")[0]
    return not re.sub(r"<[^>]*>", "", before).strip() and not re.sub(r"<[^>]*>", "", after).strip()
