"""The archive that a .docx is: which parts are read, how much of them, and XML that reaches out to nothing.

Sizes are counted while a part is unpacked, whatever the archive says of them.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from blueprints.transfer.manuscripts.manuscript import UnreadableError

MEGABYTE = 1 << 20
MOST_MEMBERS = 4000
MOST_XML, MOST_PICTURES = 24 * MEGABYTE, 64 * MEGABYTE
MOST_ELEMENTS, DEEPEST = 500_000, 120
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = ("officeDocument", "styles", "numbering", "footnotes", "endnotes", "comments")


@dataclass
class Package:
    """The parts of a Word file that are read: XML as trees, pictures as bytes, and which part is what."""

    trees: dict[str, etree._Element]
    pictures: dict[str, bytes]
    names: set[str]
    of_type: dict[str, str]
    distant: list[str] = field(default_factory=list)

    @property
    def texts(self) -> Iterator[etree._Element]:
        """The trees that hold text: the document and its notes."""
        for kind in ("officeDocument", "footnotes", "endnotes"):
            if (name := self.of_type.get(kind)) in self.trees:
                yield self.trees[name]

    @property
    def document(self) -> etree._Element:
        """The main text."""
        return self.trees[self.of_type["officeDocument"]]

    def tree(self, kind: str) -> etree._Element | None:
        """The part of a kind, "styles" for instance, if there is one."""
        return self.trees.get(self.of_type.get(kind, ""))

    def bound(self) -> io.BytesIO:
        """A Word file that holds what was read, and nothing else."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, tree in self.trees.items():
                archive.writestr(name, etree.tostring(tree, encoding="UTF-8", xml_declaration=True))
            for name, content in self.pictures.items():
                archive.writestr(name, content)
        out.seek(0)
        return out


def opened(file: bytes) -> Package:
    """The parts of *file*; UnreadableError where it is no Word file, is damaged, or grows beyond all measure."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnreadableError(_why_not(file)) from error


def _why_not(file: bytes) -> str:
    if file.startswith(b"\xd0\xcf\x11\xe0"):
        return "This is a Word file of the old kind (.doc), or one with a password. Save it as .docx, without one."
    if file.startswith(b"PK"):
        return "This Word file is damaged: its archive cannot be read to the end. Save it anew and send it again."
    return "This is not a Word file: a .docx is an archive, and this is none."


def _read(archive: zipfile.ZipFile) -> Package:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UnreadableError(f"This file holds {len(members):,} parts; a text has far fewer. It was not opened.")
    names = {member.filename for member in members}
    if "[Content_Types].xml" not in names:
        raise UnreadableError("This archive is not a Word file: it does not say what its parts are.")
    budget = _Budget()
    package = Package({}, {}, names, {})
    _take(package, archive, "[Content_Types].xml", budget)
    _take_links(package, archive, "", budget)
    main = package.of_type.setdefault("officeDocument", "word/document.xml")
    if main not in names:
        raise UnreadableError("This archive is not a Word file: there is no text in it. (A spreadsheet, slides?)")
    _take(package, archive, main, budget)
    if not str(package.document.tag).startswith(W) or package.document.find(f"{W}body") is None:
        raise UnreadableError("This is an Office file, but not a Word document.")
    _take_links(package, archive, main, budget)
    for kind in _TYPES[1:]:
        name = package.of_type.setdefault(kind, f"{posixpath.dirname(main)}/{kind}.xml")
        if name in names:
            _take(package, archive, name, budget)
            if kind in ("footnotes", "endnotes"):
                _take_links(package, archive, name, budget)
    if "docProps/core.xml" in names:
        _take(package, archive, "docProps/core.xml", budget)
        package.of_type["core"] = "docProps/core.xml"
    return package


def _take(package: Package, archive: zipfile.ZipFile, name: str, budget: "_Budget") -> None:
    if name in package.trees:
        return
    written = budget.unpack(archive, name, xml=True)
    if b"<!DOCTYPE" in written[:2000] or b"<!ENTITY" in written[:2000]:
        raise UnreadableError("This file declares entities of its own, which no Word file does. It was not opened.")
    written = written.replace(_STRICT.encode(), W[1:-1].encode())
    written = written.replace(
        b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"
    )
    try:
        # No document type, no entity, no network; libxml2 itself refuses what is too deep.
        hardened = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        tree = etree.fromstring(written, hardened)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(f"This Word file is damaged: its part {name} is not XML ({error.msg}).") from error
    if tree.getroottree().docinfo.doctype:
        raise UnreadableError("This file declares entities of its own, which no Word file does. It was not opened.")
    budget.count(tree)
    package.trees[name] = tree


def _take_links(package: Package, archive: zipfile.ZipFile, of: str, budget: "_Budget") -> None:
    """What the part *of* points at: other parts, pictures; a picture that lies elsewhere is only noted."""
    folder, name = posixpath.split(of)
    place = posixpath.join(folder, "_rels", f"{name}.rels")
    if place not in package.names:
        return
    _take(package, archive, place, budget)
    for link in package.trees[place].findall(_LINKS):
        kind, target = link.get("Type", "").rpartition("/")[2], link.get("Target", "")
        if link.get("TargetMode") == "External":
            if kind != "hyperlink":
                package.distant.append(target)
                link.set("Target", "nowhere")
                link.attrib.pop("TargetMode")
            continue
        inside = posixpath.normpath(posixpath.join("/", "" if target.startswith("/") else folder, target)).lstrip("/")
        if kind in _TYPES:
            package.of_type.setdefault(kind, inside)
        elif kind == "image" and inside in package.names and inside not in package.pictures:
            package.pictures[inside] = budget.unpack(archive, inside, xml=False)


class _Budget:
    """How much may still be unpacked."""

    def __init__(self) -> None:
        self.xml, self.pictures, self.elements = MOST_XML, MOST_PICTURES, MOST_ELEMENTS

    def unpack(self, archive: zipfile.ZipFile, name: str, *, xml: bool) -> bytes:
        """The bytes of a part, read no further than the budget reaches."""
        left = self.xml if xml else self.pictures
        with archive.open(name) as part:
            content = part.read(left + 1)
        if len(content) > left:
            what, most = ("text", MOST_XML) if xml else ("pictures", MOST_PICTURES)
            raise UnreadableError(
                f"Unpacked, the {what} of this file take more than {most // MEGABYTE} MB. Send it in parts."
            )
        if xml:
            self.xml -= len(content)
        else:
            self.pictures -= len(content)
        return content

    def count(self, tree: etree._Element) -> None:
        """Refuse what is deeper or has more elements than a text has."""
        depth = 0
        for event, _ in etree.iterwalk(tree, events=("start", "end")):
            depth += 1 if event == "start" else -1
            self.elements -= event == "start"
            if depth > DEEPEST or self.elements < 0:
                raise UnreadableError("This file is built more deeply than any text. It was not opened.")
