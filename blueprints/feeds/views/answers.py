"""What the views share: their blueprint, and how XML goes out."""

from flask import Blueprint, Response

bp = Blueprint("feeds", __name__)
WITHOUT_ADDRESS = (
    "This needs to name pages with their full address, and the site does not know its own: "
    "whoever runs it can set SITE_URL. The Atom feed, /feed.atom, is there without it."
)
# What XML 1.0 cannot hold, not even escaped (2.2, Char).
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
_NO_CHARACTERS = "\ufffe\uffff"


def xml(text: str, kind: str) -> Response:
    """*text* as an answer of that *kind*, without what no XML can hold."""
    for character in _NO_CHARACTERS:
        text = text.replace(character, "")  # at no cost in a text of Latin letters, which cannot have it
    body = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    return Response(body, content_type=f"{kind}; charset=utf-8")
