"""A file of any kind that is taken, as a manuscript."""

import codecs
import re
from pathlib import PurePosixPath

from bs4 import BeautifulSoup, Tag
from bs4.dammit import UnicodeDammit

from blueprints.transfer.manuscripts import frontmatter, pages
from blueprints.transfer.manuscripts.manuscript import Manuscript, Pictures, Remarks, UnreadableError

ENDINGS = (".docx", ".docm", ".md", ".markdown", ".txt", ".html", ".htm")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What a database, a feed or a mail cannot hold.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read(file: bytes, name: str, *, pictures: Pictures | None = None, accept: bool = True) -> Manuscript:
    """The draft that *file* holds; UnreadableError where there is none in it.

    In a Word file, changes that it tracks are accepted or refused. *pictures* stores a picture; without it they are
    left out, and the remarks say so.
    """
    remarks = Remarks()
    kind = PurePosixPath(name.replace("\\", "/").lower()).suffix
    if not file:
        raise UnreadableError("This file is empty.")
    if kind in (".docx", ".docm"):
        from blueprints.transfer.manuscripts.word import document  # only here: every worker would keep it in memory

        manuscript = document.read(file, remarks, pictures=pictures, accept=accept)
    elif kind in (".html", ".htm"):
        manuscript = _page(_decoded(file, remarks, is_html=True), remarks, pictures)
    elif kind in (".md", ".markdown", ".txt"):
        text = _decoded(file, remarks, is_html=False).replace("\r\n", "\n").replace("\r", "\n")
        manuscript = frontmatter.read(text, remarks)
    else:
        raise UnreadableError(f"A file of this kind is not taken: {', '.join(ENDINGS)} are.")
    for field in ("body", "title", "standfirst"):
        text = getattr(manuscript, field)
        if _UNSTORABLE.search(text):
            remarks.note("Characters that cannot be seen and cannot be stored were removed")
            setattr(manuscript, field, _UNSTORABLE.sub("", text))
    manuscript.title = manuscript.title or _named(name)
    return manuscript


def _named(name: str) -> str:
    """A title from the name of a file."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    return " ".join(_UNSTORABLE.sub("", stem).replace("_", " ").split())[:200]


def _decoded(file: bytes, remarks: Remarks, *, is_html: bool) -> str:
    for mark, encoding in _MARKS:
        if file.startswith(mark):
            return file[len(mark) :].decode(encoding, "replace")
    try:
        return file.decode()
    except UnicodeDecodeError:
        if b"\0" in file[:4096]:
            raise UnreadableError("This is no text: it holds bytes that no text has.") from None
    read = UnicodeDammit(file, ["windows-1252"] if not is_html else [], is_html=is_html)
    if read.unicode_markup is None:
        raise UnreadableError("The encoding of this file cannot be told. Save it as UTF-8.")
    remarks.note(
        f"The file is not in UTF-8 and was read as {read.original_encoding}: look at accents and quotation marks"
    )
    return read.unicode_markup


def _page(html: str, remarks: Remarks, pictures: Pictures | None) -> Manuscript:
    """The text of a page of the web, without what stands around it."""
    page = BeautifulSoup(html, "html.parser")
    printed = page.find_all("div", title=["header", "footer"])  # of LibreOffice
    for around in [*page.find_all(["nav", "header", "footer", "aside", "form", "dialog"]), *printed]:
        if around.find_parent(["article", "main"]):
            continue
        remarks.note(f"What stands around the text was left out: <{around.name}>")
        around.extract()
    articles = page.find_all("article")
    text = articles[0] if len(articles) == 1 else page.find("main") or page.body or page
    manuscript = pages.read(str(text), remarks, pictures=pictures)
    said = {str(tag.get("name", "")).lower(): str(tag.get("content", "")).strip() for tag in page.find_all("meta")}
    if not manuscript.title and isinstance(page.title, Tag):
        manuscript.title = " ".join(page.title.get_text().split())
    first, _, rest = manuscript.body.partition("\n\n")
    if first.strip("*_# ") == manuscript.title and rest:
        manuscript.body = rest.lstrip("\n")
    manuscript.standfirst = manuscript.standfirst or " ".join(said.get("description", "").split())
    if author := said.get("author"):
        remarks.note("The file names an author; choose the authors yourself", author[:120])
    manuscript.tags += [word.strip() for word in said.get("keywords", "").split(",") if word.strip()][:20]
    return manuscript
