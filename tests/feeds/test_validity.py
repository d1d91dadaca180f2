"""The judge of the feeds, judged itself: by small documents, and by those that test the W3C's feed validator."""

import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from tests.conftest import shared_data
from tests.feeds.validity import ATOM, faults

FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en">
  <id>urn:uuid:60a76c80-d399-11d9-b91c-0003939e0af6</id><title>T</title><updated>2003-12-13T18:30:02Z</updated>
  <author><name>A</name></author>
  <entry>
    <id>tag:example.org,2003:3.2397</id><title>T</title><updated>2003-12-13T18:30:02.25+01:00</updated>
    <link rel="alternate" type="text/html" href="/2003/"/><thr:in-reply-to ref="tag:example.org,2003:1"/>
    <content type="html">&lt;p&gt;Words.&lt;/p&gt;</content>
  </entry>
</feed>"""
# What the corpus says of a document; the kinds left out are of Atom 0.3, or of taste.
GOOD = {"ValidContact", "ValidTAG", "ValidURI", "ValidURN", "ValidTitle", "ValidAtomLinkRel", "ValidW3CDTFDate"}
GOOD |= {"!DuplicateAtomLink", "!MissingElement", "!ContainsHTML", "!UndefinedElement", "!UnexpectedAttribute"}
BAD = {"InvalidTAG", "InvalidURN", "InvalidRFC3339Date", "MissingElement", "MissingHref", "DuplicateElement", "NotHtml"}
BAD |= {"DuplicateAtomLink", "DuplicateEntries", "InvalidFullLink", "InvalidMIMEType", "NotBlank", "AttrNotBlank"}
BAD |= {"InvalidNamespace", "MissingNamespace", "ObsoleteNamespace", "SAXError", "NotInline"}
# Neither is demanded by RFC 4287: the title of a link may be blank.
TASTE = {"entry_link_title_blank.xml", "feed_link_title_blank.xml"}


def test_a_good_document_has_no_faults():
    assert faults(FEED.encode()) == []


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("<title>T</title>", ""),
        ("<title>T</title>", "<title>T</title><title>T</title>"),
        ("2003-12-13T18:30:02Z", "2003-12-13T18:30:02"),
        ("2003-12-13T18:30:02Z", "13 December 2003"),
        ("urn:uuid:60a76c80", "60a76c80"),
        ("tag:example.org,2003:3.2397", "tag:example.org,03:3"),
        ("tag:example.org,2003:3.2397", "/posts/3"),
        ("<name>A</name>", "<name></name>"),
        ("<author><name>A</name></author>", ""),
        ("<author><name>A</name></author>", "<author><email>a@b</email></author>"),
        ('ref="tag:example.org,2003:1"', ""),
        ('href="/2003/"', ""),
        ('href="/2003/"', 'href="/a b"'),
        ('type="html"', 'type="HTML"'),
        ('xml:lang="en"', 'xml:lang="no language"'),
        ("&lt;p&gt;", "<p>"),
        ("Words.", "Wor\x0bds."),
        ("Words.", "Words.</content><content>"),
        ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"),
        ("<entry>", "<pubDate/><entry>"),
    ],
)
def test_judge_finds_the_fault(words, instead):
    assert FEED.count(words) > 0
    assert faults(FEED.replace(words, instead, 1).encode()) != []


def completed(document: bytes) -> bytes:
    """The corpus's documents show one thing each and leave out the rest: here with what Atom demands."""
    root = etree.fromstring(document)
    for number, parent in enumerate([root, *root.iter(f"{ATOM}entry")]):
        for name, words in (("id", f"urn:x-test:{number}"), ("title", "T"), ("updated", "2003-12-13T18:30:02Z")):
            if parent.find(ATOM + name) is None:
                etree.SubElement(parent, ATOM + name).text = words
        if parent.find(f"{ATOM}author") is None:
            etree.SubElement(parent, f"{ATOM}author")
        if parent.tag == f"{ATOM}entry" and parent.find(f"{ATOM}content") is None:
            etree.SubElement(parent, f"{ATOM}content").text = "Words."
    for person in (*root.iter(f"{ATOM}author"), *root.iter(f"{ATOM}contributor")):
        if person.find(f"{ATOM}name") is None:
            etree.SubElement(person, f"{ATOM}name").text = "A"
    for number, link in enumerate(root.iter(f"{ATOM}link")):
        link.set("href", link.get("href", f"http://example.org/{number}"))
    return etree.tostring(root)


@cache
def corpus(folder: Path) -> list[tuple[str, str, bytes]]:
    """(name, what is said of it, document)."""
    read = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.xml"))]
    return [(name, re.search(rb"Expect:\s*(!?\w+)", document)[1].decode(), document) for name, document in read]


def test_judge_knows_the_good_of_the_corpus():
    documents = corpus(shared_data("feeds/feedvalidator/atom/must"))
    good = {name: completed(document) for name, kind, document in documents if kind in GOOD}
    assert len(good) > 60
    assert {name: faults(document) for name, document in good.items() if faults(document)} == {}


def test_judge_knows_the_bad_of_the_corpus():
    documents = corpus(shared_data("feeds/feedvalidator/atom/must"))
    whole = {"MissingElement", "MissingHref", "SAXError", "MissingNamespace", "InvalidNamespace", "ObsoleteNamespace"}
    bad = {
        name: document if kind in whole else completed(document) for name, kind, document in documents if kind in BAD
    }
    assert len(bad) > 150
    assert [name for name, document in bad.items() if not faults(document) and name not in TASTE] == []
