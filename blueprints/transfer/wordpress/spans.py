"""Spans of a text that are looked at as a whole: elements from tag to tag, shortcodes, HTML comments.

Every function passes over the text once: a file may be hostile, and a search that starts again at every "<" is slow.
"""

import re
from collections.abc import Callable, Iterator


def replace(text: str, tokens: re.Pattern[str], draw: Callable[[str], str]) -> str:
    """*text* with each outermost span drawn anew; *tokens* finds its ends and names them (groups `close`, `name`)."""
    ends = list(tokens.finditer(text))
    last_close = {found["name"].lower(): at for at, found in enumerate(ends) if found["close"]}
    out: list[str] = []
    position = at = 0
    while at < len(ends):
        opening = ends[at]
        name = opening["name"].lower()
        at += 1
        if opening["close"] or last_close.get(name, -1) < at:
            continue
        while not (ends[at]["close"] and ends[at]["name"].lower() == name):
            at += 1
        out += [text[position : opening.start()], draw(text[opening.start() : ends[at].end()])]
        position = ends[at].end()
        at += 1
    return "".join([*out, text[position:]])


def elements(*names: str) -> re.Pattern[str]:
    """What finds the tags of these elements."""
    return re.compile(rf"<(?P<close>/?)(?P<name>{'|'.join(names)})\b[^<>]*>", re.I)


def shortcodes(*names: str) -> re.Pattern[str]:
    """What finds the brackets of these shortcodes."""
    return re.compile(rf"\[(?P<close>/?)(?P<name>{'|'.join(names)})\b(?:[^\[\]\"]|\"[^\"]*\")*\]", re.I)


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Where the HTML comments of *text* begin and end; one that is never closed is none."""
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            return
        yield start, end + 3
        start = text.find("<!--", end + 3)


def without_comments(text: str) -> str:
    """*text* without HTML comments; one that is never closed would hide the rest, so it is shown."""
    if "<!--" not in text:
        return text
    out: list[str] = []
    position = 0
    for start, end in comments(text):
        out.append(text[position:start])
        position = end
    return "".join([*out, text[position:]]).replace("<!--", "&lt;!--")
