"""Word files as they come: from python-docx, from pandoc, and put together part by part where neither writes it."""

import base64
import io
import shutil
import subprocess
import zipfile

import docx
import pytest
from docx.shared import Inches

from tests.conftest import IN_CI

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_TYPES = f"""<?xml version="1.0" encoding="UTF-8"?><Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>"""


def relations(*links: str) -> str:
    return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">{"".join(links)}</Relationships>'


def relation(name: str, kind: str, target: str, more: str = "") -> str:
    return f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="{target}" {more}/>'


def built(body: str, *, links: tuple[str, ...] = (), **parts: str | bytes) -> bytes:
    """A .docx of these parts; a part's name has "__" for "/" and ends in .xml where it says nothing else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", relations(relation("r1", "officeDocument", "word/document.xml")))
        archive.writestr("word/document.xml", document(body))
        archive.writestr("word/_rels/document.xml.rels", relations(*links))
        for name, content in parts.items():
            place = name.replace("__", "/")
            archive.writestr(place if "." in place else f"{place}.xml", content)
    return out.getvalue()


def document(body: str) -> str:
    spaces = (
        f'xmlns:w="{MAIN}" xmlns:r="{RELATIONS}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><w:document {spaces}><w:body>{body}</w:body></w:document>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def notes(kind: str, *texts: str) -> str:
    """A part of foot- or endnotes, numbered from 1."""
    inner = "".join(
        f'<w:{kind} w:id="{number}">{paragraph(run(text))}</w:{kind}>' for number, text in enumerate(texts, start=1)
    )
    return f'<?xml version="1.0"?><w:{kind}s xmlns:w="{MAIN}">{inner}</w:{kind}s>'


def mark(kind: str, number: int) -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def changed(kind: str, inner: str) -> str:
    return f'<w:{kind} w:id="1" w:author="A" w:date="2026-01-01T00:00:00Z">{inner}</w:{kind}>'


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def by_pandoc(text: str, *options: str) -> bytes:
    """What pandoc makes of *text* in its Markdown."""
    if shutil.which("pandoc") is None:
        if IN_CI:
            raise pytest.UsageError("no pandoc: install the Debian package")
        pytest.skip("no pandoc on this machine")
    done = subprocess.run(
        ["pandoc", "--from=markdown", "--to=docx", "--output=-", *options], input=text.encode(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_picture(alt: str) -> bytes:
    made = docx.Document()
    made.add_paragraph("Before.")
    made.add_picture(io.BytesIO(PIXEL), width=Inches(1))
    made.element.find(".//{*}docPr").set("descr", alt)
    made.add_paragraph("After.")
    return saved(made)
