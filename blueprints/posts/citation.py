"""Citations: a post as others name it in their own texts, for readers and for the programs that keep references.

Formats: BibTeX (O. Patashnik, "BibTeXing", 1988; names after section 4 of "Tame the BeaST"), RIS (Research Information
Systems, "RIS Format Specifications", 2011), CSL-JSON (citationstyles.org, CSL 1.0.2 input data), and what Google
Scholar reads in a page's head ("Inclusion Guidelines for Webmasters", Highwire Press tags).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from blueprints.accounts.affiliations import day_of
from blueprints.accounts.names import Parts, parts_of, sort_key
from blueprints.core.db import now
from blueprints.core.site import Site
from blueprints.posts.models import Post
from blueprints.posts.versions import PostVersion

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENDS = (".", "?", "!", "…", "。", "？", "！")
# Signs that TeX takes for its own; braces as words, because BibTeX counts them whatever stands before.
_TEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_"},
    "\\": "\\textbackslash{}",
    "{": "\\textbraceleft{}",
    "}": "\\textbraceright{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}
_TO_TEX = str.maketrans(_TEX)
# Words that say little of a title, in the languages most often met.
_SMALL = {"a", "an", "the", "on", "of", "in", "to", "and", "for", "der", "die", "das", "ein", "eine", "le", "la", "les"}


@dataclass(frozen=True)
class Citation:
    """What a citation says of a post, or of one *version* of it, and all that its drawing depends on.

    *names* are those of its authors in their order, as they stand in an index; *url* is empty on a site that has no
    address.
    """

    number: int
    slug: str
    title: str
    names: tuple[str, ...]
    journal: str
    day: date
    url: str
    language: str
    version: int | None = None

    @property
    def authors(self) -> list[Parts]:
        """The names of its authors in their order, in parts."""
        return [parts_of(name) for name in self.names]

    @property
    def key(self) -> str:
        """What it is called in a list of references: "beethoven2019copying"; ASCII, whatever the name is."""
        who = _ascii(self.authors[0].family) if self.names else ""
        words = [word for word in sort_key(self.title).split() if word not in _SMALL]
        what = _ascii(words[0]) if words else ""
        return f"{who[:20] or 'post'}{self.day.year}{what or f'-{self.number}'}" + (
            f"v{self.version}" if self.version else ""
        )

    @property
    def day_in_words(self) -> str:
        """ "12 May 2019"."""
        return f"{self.day.day} {self.day:%B} {self.day.year}"

    @property
    def in_words(self) -> str:
        """Authors, title, journal, date, as a reader copies it; the address follows."""
        names = [_inverted(name) for name in self.authors]
        who = "; ".join(names)
        stop = "" if self.title.endswith(_ENDS) else "."
        start = f"{who}{'' if not who or who.endswith('.') else '.'} " if who else ""
        version = f", version {self.version}" if self.version else ""
        return f"{start}“{self.title}{stop}” {self.journal}, {self.day_in_words}{version}."


def of(post: Post, site: Site, url: str) -> Citation:
    """The citation of *post*, which is read at *url*."""
    day = day_of(post.published_at or now())
    language = post.language or site.language
    return Citation(post.id, post.slug, post.heading, _names(post), site.name, day, url, language)


def of_version(post: Post, version: PostVersion, site: Site, url: str) -> Citation:
    """The citation of what *post* said in *version*, which is read at *url*."""
    title, day = version.shown(site.language).heading, day_of(version.saved_at)
    language = post.language or site.language
    return Citation(post.id, post.slug, title, _names(post), site.name, day, url, language, version.number)


def _names(post: Post) -> tuple[str, ...]:
    return tuple([person.sort_name or person.name for person in post.authors])


def bibtex(citation: Citation) -> str:
    """One entry, in UTF-8; `misc`, which every style knows."""
    fields = {
        "author": " and ".join(_bibtex_name(name) for name in citation.authors),
        "title": f"{{{_tex(citation.title)}}}",  # once more in braces, so that no style takes its capitals away
        "howpublished": _tex(citation.journal),
        "year": str(citation.day.year),
        "day": str(citation.day.day),
        "url": citation.url,
        "note": f"Version {citation.version}" if citation.version else "",
        "language": citation.language,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    lines.insert(-1, f"  month = {_MONTHS[citation.day.month - 1]}")
    return f"@misc{{{citation.key},\n" + ",\n".join(lines) + "\n}\n"


def ris(citation: Citation) -> str:
    """One record; each line ends as the format says."""
    lines = [
        ("TY", "BLOG"),
        *(("AU", _inverted(name)) for name in citation.authors),
        ("TI", citation.title),
        ("T2", citation.journal),
        ("PY", str(citation.day.year)),
        ("DA", f"{_slashed(citation.day)}/"),
        ("LA", citation.language),
        ("UR", citation.url),
        ("N1", f"Version {citation.version}" if citation.version else ""),
    ]
    return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines if value) + "ER  - \r\n"


def csl(citation: Citation) -> str:
    """A list of one item."""
    item = {
        "id": citation.key,
        "type": "post-weblog",
        "title": citation.title,
        "container-title": citation.journal,
        "author": [_csl_name(name) for name in citation.authors],
        "issued": {"date-parts": [[citation.day.year, citation.day.month, citation.day.day]]},
        "URL": citation.url,
        "language": citation.language,
        "version": str(citation.version or ""),
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2) + "\n"


# The end of the address, what makes it, and what it is called on the way (RIS has no registered type).
FORMATS = {
    "bib": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
    "json": (csl, "application/vnd.citationstyles.csl+json"),
}


def tags(citation: Citation, post: Post) -> Iterator[tuple[str, str]]:
    """The `meta` elements by which Google Scholar knows a text: each author with what is said of that one."""
    yield "citation_title", citation.title
    for byline, name in zip(post.bylines, citation.authors, strict=True):
        yield "citation_author", _inverted(name)
        for institution, _position in byline.affiliations:
            yield "citation_author_institution", institution
        if byline.person.orcid:
            yield "citation_author_orcid", byline.person.orcid
    yield "citation_publication_date", _slashed(citation.day)
    yield "citation_journal_title", citation.journal
    yield "citation_language", citation.language
    if citation.url:
        yield "citation_fulltext_html_url", citation.url


def _inverted(name: Parts) -> str:
    return ", ".join(part for part in name if part)


def _bibtex_name(name: Parts) -> str:
    """ "King, Jr., Martin Luther"; what is one piece stands in braces, so that it is not taken apart."""
    if not name.given:
        return f"{{{_tex(name.family)}}}"
    family, given, suffix = (_apart(part) for part in name)
    return ", ".join(part for part in (family, suffix, given) if part)


def _apart(part: str) -> str:
    """A part of a name in which "and" does not begin the next one."""
    return f"{{{_tex(part)}}}" if re.search(r"\band\b", part, re.IGNORECASE) or "," in part else _tex(part)


def _csl_name(name: Parts) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    return {label: part for label, part in name._asdict().items() if part}


def _slashed(day: date) -> str:
    return day.isoformat().replace("-", "/")


def _tex(text: str) -> str:
    return _one_line(text).translate(_TO_TEX)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", sort_key(text))
