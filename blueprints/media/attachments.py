"""Files that are no pictures: which are taken, told by what is in them and not by what they are called."""

import io
import zipfile

PDF = "application/pdf"
_OFFICE = "application/vnd.openxmlformats-officedocument"
# Extension, type, and the part that a document of this kind has inside.
_OFFICE_PARTS = (
    ("docx", f"{_OFFICE}.wordprocessingml.document", "word/document.xml"),
    ("xlsx", f"{_OFFICE}.spreadsheetml.sheet", "xl/workbook.xml"),
    ("pptx", f"{_OFFICE}.presentationml.presentation", "ppt/presentation.xml"),
)
_SAYS_ITS_TYPE = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/epub+zip": "epub",
}
_TEXTS = {
    "txt": "text/plain",
    "md": "text/plain",
    "bib": "text/plain",
    "ris": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
}
TAKEN = "PDF, Word, Excel, PowerPoint and OpenDocument files, EPUB, ZIP, and texts (TXT, MD, CSV, TSV, JSON, BIB, RIS)"
_CONTROLS = bytes(range(9)) + bytes(range(14, 32))


class UnknownKindError(Exception):
    """A file of a kind that is not taken; the message is for whoever sent it."""


def kind_of(extension: str, content: bytes) -> tuple[str, str]:
    """Extension and type of a file that was sent with this *extension*; UnknownKindError where it is not taken."""
    start = content[:1024].lstrip()
    if start.startswith(b"%PDF-"):
        return "pdf", PDF
    if content.startswith(b"PK\x03\x04") and (found := _packed(extension, content)):
        return found
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"hevc", b"msf1"):
        raise UnknownKindError("This is a HEIC picture, which few browsers show. Save it as JPEG first.")
    if extension == "svg" or b"<svg" in start.lower():
        raise UnknownKindError("SVG files can hold scripts and are not taken. Save it as PNG, twice as large as shown.")
    if extension in _TEXTS:
        if _is_text(content):
            return extension, f"{_TEXTS[extension]}; charset=utf-8"
        raise UnknownKindError(f"This is called .{extension} and is no text in UTF-8.")
    raise UnknownKindError(
        f"This is no picture that can be read, and no file of a kind that is taken. Taken are {TAKEN}."
    )


def _packed(extension: str, content: bytes) -> tuple[str, str] | None:
    """What a ZIP archive is; nothing of it is unpacked but the line in which it says so."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise UnknownKindError("This document holds macros. Save it without them.")
            for own, type_, part in _OFFICE_PARTS:
                if part in names and "[Content_Types].xml" in names:
                    return own, type_
            if "mimetype" in names:
                with archive.open("mimetype") as line:
                    said = line.read(100).decode("ascii", "replace").strip()
                if said in _SAYS_ITS_TYPE:
                    return _SAYS_ITS_TYPE[said], said
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnknownKindError("This file is damaged: it begins as an archive and does not end as one.") from error
    return ("zip", "application/zip") if extension == "zip" else None


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(control in content for control in _CONTROLS)
