"""Short texts of WordPress as plain words: titles, names, slugs."""

import html
import re
from urllib.parse import unquote, urlsplit

from blueprints.core.slugs import slugify

# Only these are taken for markup in a title; "<title>" in a title is somebody writing about HTML.
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|big|br|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.I,
)
_ADDRESSABLE = re.compile(r"[^\s/?#%<>\"'\\\x00-\x20]+")


def plain(text: str) -> str:
    """*text* on one line, its entities and inline tags resolved."""
    if "<" in text:
        text = _INLINE.sub(" ", text) if re.search(r"<br", text, re.I) else _INLINE.sub("", text)
    return " ".join(html.unescape(text).split())


def slug_of(written: str, *, fallback: str = "") -> str:
    """The slug as its readers know it: percent-encoding decoded, every script kept; else one made of *fallback*."""
    slug = unquote(written, errors="replace").strip()
    if _ADDRESSABLE.fullmatch(slug) and "\ufffd" not in slug:
        return slug
    return slugify(slug.replace("\ufffd", "")) or slugify(fallback)


def site_of(url: str) -> str:
    """The address of a site in the one spelling by which it is recognised: no www, no slash at the end, https."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    except ValueError:
        return ""
    return f"https://{host}{port}{parts.path.rstrip('/')}" if host else ""
