"""Cards: a link that stands alone to something that other sites would embed. Nothing is fetched, by nobody."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

# Where people watch and listen: there a link with words of its own is a card as well.
_PLAYERS = re.compile(r"(?:^|\.)(?:youtube\.com|youtu\.be|youtube-nocookie\.com|vimeo\.com|soundcloud\.com|ted\.com)\Z")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+\Z")
_LONGEST = 80


def find(state: Any) -> None:
    """A rule of markdown-it: paragraphs that hold one address, or one link to a player, become cards."""
    tokens = state.tokens
    for before, inline, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        alone = before.type == "paragraph_open" and not before.hidden and inline.type == "inline"
        if alone and (drawn := _card(inline.children or [])):
            before.tag = after.tag = "aside"
            inline.children = [Token("html_inline", "", 0, content=drawn)]


def _card(children: list[Token]) -> str:
    if len(children) == 1 and children[0].type == "text" and _ADDRESS.match(children[0].content):
        return _drawn(children[0].content, "")
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":
        return ""
    address = str(children[0].attrs.get("href", ""))
    if sum(token.type == "link_open" for token in children) != 1 or not _ADDRESS.match(address):
        return ""
    words = "".join(token.content for token in children[1:-1])
    if _ADDRESS.match(words):
        return _drawn(address, "")
    is_plain = all(token.type in ("text", "text_special") for token in children[1:-1])
    return _drawn(address, words) if is_plain and _PLAYERS.search(_host(address)) else ""


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _drawn(address: str, words: str) -> str:
    host = _host(address)
    if not host:
        return ""
    rest = unquote(address.split("://", 1)[1].partition("/")[2]).rstrip("/")
    rest = rest if len(rest) <= _LONGEST else f"{rest[:_LONGEST]}…"
    title, more = (words, host) if words else (host, rest)
    small = f"<small>{escapeHtml(more)}</small>" if more else ""
    return f'<a href="{escapeHtml(address)}"><strong>{escapeHtml(title)}</strong>{small}</a>'
