"""A Word file as the HTML that its text is."""

import re
from typing import Any

import mammoth

from blueprints.transfer.manuscripts import pages
from blueprints.transfer.manuscripts.manuscript import (
    Manuscript,
    PictureRefusedError,
    Pictures,
    Remarks,
    UnreadableError,
)
from blueprints.transfer.manuscripts.word import changes, lists, survey
from blueprints.transfer.manuscripts.word.package import Package, opened

# By the names that Word keeps in English in every language; then those of LibreOffice and of pandoc.
_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='Author'] => p.author:fresh
p[style-name='Date'] => p.author:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='caption'] => p.caption:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='Image Caption'] => p.caption:fresh
p[style-name='Table Caption'] => p.caption:fresh
p[style-name^='toc '] => p.toc1:fresh
p[style-name^='TOC '] => p.toc1:fresh
p[style-name='Contents Heading'] => p.toc1:fresh
r[style-name='Emphasis'] => em
r[style-name='Verbatim Char'] => code
r[style-name='HTML Code'] => code
r[style-name='Source Text'] => code
r[style-name='page number'] => !
"""
_FORMULA = re.compile(survey.FORMULA.format(r"(\d+)"))
_CORE = {
    "title": "{http://purl.org/dc/elements/1.1/}title",
    "author": "{http://purl.org/dc/elements/1.1/}creator",
    "about": "{http://purl.org/dc/elements/1.1/}description",
    "tags": "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}keywords",
}
# What programs write where nobody gave a title or a name.
_NOBODY = re.compile(r"(?i)(word document|untitled.*|document\d*|microsoft word.*|python-docx|un-named|user|admin.*)\Z")


def read(file: bytes, remarks: Remarks, *, pictures: Pictures | None, accept: bool) -> Manuscript:
    """The draft that a .docx holds; its tracked changes accepted, else refused."""
    package = opened(file)
    tracked = sum(changes.settle(tree, accept=accept) for tree in package.texts)
    if tracked:
        remarks.note(f"Tracked changes were {'accepted' if accept else 'refused'}", f"{tracked:,} of them")
    if (numbering := package.tree("numbering")) is not None:
        lists.settle(numbering)
    formulas = survey.look(package, remarks)
    html = _converted(package, remarks, pictures)
    manuscript = pages.read(html, remarks, pictures=pictures)
    manuscript.body = _FORMULA.sub(lambda found: formulas[int(found[1])], manuscript.body)
    _use_properties(package, manuscript)
    return manuscript


def _converted(package: Package, remarks: Remarks, pictures: Pictures | None) -> str:
    number = 0

    def convert(picture: Any) -> Any:
        nonlocal number
        number += 1
        words = " ".join((picture.alt_text or "").split())
        which = words or f"picture {number}"
        if pictures is None:
            remarks.note("A picture was left out: put it in by hand", which)
            return []
        try:
            with picture.open() as held:
                content = held.read()
            ending = str(picture.content_type or "image/png").partition("/")[2]
            return [_picture(pictures(content, f"picture-{number}.{ending}", words), words)]
        except PictureRefusedError as error:
            remarks.note(f"A picture was left out: {error}", which)
        except (KeyError, OSError, mammoth.docx.files.InvalidFileReferenceError):
            remarks.note("A picture was left out: the file names it and does not hold it", which)
        return []

    try:
        result = mammoth.convert_to_html(
            package.bound(),
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=convert,
        )
    except (KeyError, ValueError, AttributeError, TypeError, IndexError, OSError, RecursionError) as error:
        raise UnreadableError(
            "This Word file is put together in a way that cannot be read. Save it anew in Word."
        ) from error
    for message in result.messages:
        if "Could not find image" in message.message:
            remarks.note("A picture was left out: the file names it and does not hold it")
        elif "style" not in message.message and "mage" not in message.message:
            remarks.note("Something in the file is not known here and was left out", _shortened(message.message))
    return str(result.value)


def _picture(address: str, words: str) -> Any:
    return mammoth.html.element("img", {"src": address, "alt": words})


def _shortened(message: str) -> str:
    return re.sub(r"\{[^}]*\}", "", message.removeprefix("An unrecognised element was ignored: "))[:80]


def _use_properties(package: Package, manuscript: Manuscript) -> None:
    """Title and standfirst where the text has none; the author only as a hint, for a byline is nobody's guess."""
    core = package.tree("core")
    if core is None:
        return
    found = {name: " ".join((core.findtext(tag) or "").split()) for name, tag in _CORE.items()}
    if not manuscript.title and found["title"] and not _NOBODY.match(found["title"]):
        manuscript.title = found["title"]
    if found["author"] and not _NOBODY.match(found["author"]):
        manuscript.remarks.note("The file names an author; choose the authors yourself", found["author"][:120])
    manuscript.tags += [word.strip() for word in re.split(r"[,;，]", found["tags"]) if word.strip()][:20]
