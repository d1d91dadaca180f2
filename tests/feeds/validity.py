"""What is wrong with an Atom document: the grammar of RFC 4287, Appendix B, and what its text demands beside it."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

ATOM, THREAD = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TAG_URI = re.compile(
    r"tag:([\w.+-]+@)?[A-Za-z0-9.-]+,\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?:[\w\-.~!$&'()*+,;=:@/?%#]*", re.ASCII
)
URN = re.compile(r"(?i:urn):[A-Za-z0-9][A-Za-z0-9-]{1,31}:[\w()+,\-.:=@;$!*'%/?#]+", re.ASCII)
URI_CHARACTERS = re.compile(r"[^\s<>\"{}|\\^`]*")


@cache
def grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "fixtures" / "atom.rng"))


def faults(document: bytes) -> list[str]:
    """Everything that makes *document* no Atom; nothing if it is."""
    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError as error:
        return [str(error)]
    found = [] if grammar().validate(root) else [str(grammar().error_log)]
    found += [fault for element in root.iter(f"{ATOM}*") for fault in _faults_of(element)]
    for parent in (root, *root.iter(f"{ATOM}entry")):
        found += _faults_between(parent)
    ids = [element.findtext(f"{ATOM}id") for element in root.iter(f"{ATOM}entry")]
    return found + (["two entries have one id"] if len(set(ids)) < len(ids) else [])


def _faults_of(element):
    name, words = element.tag.removeprefix(ATOM), (element.text or "").strip()
    if name in ("updated", "published") and not MOMENT.fullmatch(element.text or ""):
        yield f"{name}: {words} is no moment (RFC 3339)"
    if name == "id" and (fault := _fault_of_id(words)):
        yield fault
    for where, uri in ((name, words if name in ("uri", "icon", "logo") else ""), ("href", element.get("href", ""))):
        if not URI_CHARACTERS.fullmatch(uri):
            yield f"{where}: {uri} is no address"
    if name == "name" and not words:
        yield "nobody's name"
    if name == "link" and not element.get("rel", "alternate"):
        yield "a link to nothing in particular"


def _fault_of_id(uri):
    if uri.startswith("tag:"):
        return None if TAG_URI.fullmatch(uri) else f"{uri} is no tag (RFC 4151)"
    if uri.lower().startswith("urn:"):
        return None if URN.fullmatch(uri) else f"{uri} is no URN (RFC 8141)"
    whole = urlsplit(uri).scheme and URI_CHARACTERS.fullmatch(uri)
    return None if whole else f"{uri} is no absolute IRI"


def _faults_between(parent):
    links = [
        (link.get("type"), link.get("hreflang"))
        for link in parent.findall(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    ]
    if len(set(links)) < len(links):
        yield "two alternates of one type"
    if parent.tag == f"{ATOM}entry":
        above = parent.getparent()
        if parent.find(f"{ATOM}author") is None and (above is None or above.find(f"{ATOM}author") is None):
            yield "an entry that nobody wrote"
        has_page = any(link.get("rel", "alternate") == "alternate" for link in parent.findall(f"{ATOM}link"))
        if parent.find(f"{ATOM}content") is None and not has_page:
            yield "an entry with neither text nor page"
