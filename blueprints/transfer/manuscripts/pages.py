"""HTML, from a file, a Word document or the clipboard, as the Markdown of a draft."""

import base64
import binascii
import re
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from blueprints.transfer.manuscripts import cleaning, notes, writing
from blueprints.transfer.manuscripts.manuscript import Manuscript, PictureRefusedError, Pictures, Remarks

_DATA = re.compile(r"data:(image/[\w.+-]+)?[^,]{0,100}?(;base64)?,(.*)\Z", re.S | re.I)


def read(
    html: str, remarks: Remarks, *, pictures: Pictures | None = None, first_note: int = 1, whole: bool = True
) -> Manuscript:
    """The Markdown of *html*; where it is a *whole* text, its title and standfirst apart."""
    tree = cleaning.plain(html, remarks)
    found = notes.take_out(tree, remarks, first=first_note)
    for place in (tree, *(note for _, note in found)):
        _settle_pictures(place, remarks, pictures)
    holder = BeautifulSoup("", "html.parser")
    for _, note in found:
        holder.append(note)
    cleaning.tidy(tree)
    cleaning.tidy(holder)
    manuscript = Manuscript("", remarks=remarks)
    if whole:
        for line in tree.find_all("p", class_="author"):
            remarks.note("A line with the author or the date was left out: the page has its own", cleaning.words(line))
            line.extract()
        manuscript.title, manuscript.standfirst = _title(tree), _subtitle(tree)
    _set_captions(tree)
    _part_lists(tree)
    kept = [(number, note) for number, note in found if note.parent is not None]
    for _, note in kept:
        note.extract()
    manuscript.body = writing.markdown(tree, kept)
    return manuscript


def _title(tree: BeautifulSoup) -> str:
    """The title, taken out: what is marked as one, else a heading above everything else."""
    marked = tree.find(["h1", "p"], class_="title")
    if isinstance(marked, Tag):
        title = cleaning.words(marked)
        _leave(marked)
        for other in tree.find_all("h1", class_="title"):
            other.name = "h2"
        cleaning.order_headings(tree)
        return title
    headings = tree.find_all(["h2", "h3"])
    if not headings or headings[0].name != "h2" or _words_before(headings[0]):
        return ""
    if sum(heading.name == "h2" for heading in tree.find_all("h2")) > 1:
        return ""
    title = cleaning.words(headings[0])
    _leave(headings[0])
    cleaning.order_headings(tree)
    return title


def _leave(heading: Tag) -> None:
    """A heading goes, and the notes that were fixed to it stay."""
    for mark in heading.find_all(None, {"data-note": True}):
        paragraph = heading.find_next_sibling("p")
        if isinstance(paragraph, Tag):
            paragraph.append(mark.extract())
    heading.extract()


def _words_before(heading: Tag) -> bool:
    return any(text.strip() for text in heading.find_all_previous(string=True)) or bool(heading.find_previous("img"))


def _subtitle(tree: BeautifulSoup) -> str:
    marked = tree.find("p", class_="subtitle")
    if not isinstance(marked, Tag):
        return ""
    text = cleaning.words(marked)
    marked.extract()
    return text


def _settle_pictures(tree: Tag, remarks: Remarks, pictures: Pictures | None) -> None:
    for number, picture in enumerate(tree.find_all("img"), start=1):
        source, words = str(picture.get("src", "")), str(picture.get("alt") or "")
        if source.startswith(("http://", "https://")):
            remarks.note("A picture that lies on another site is drawn as a link to it", source[:120])
        elif not source.startswith("/") or source.startswith("//"):
            address = _stored(source, words, number, remarks, pictures)
            if address:
                picture["src"] = address
            else:
                picture.extract()


def _stored(source: str, words: str, number: int, remarks: Remarks, pictures: Pictures | None) -> str:
    """The address of a picture that came in the text itself; nothing where it has none."""
    which = words or f"picture {number}"
    found = _DATA.match(source)
    if found is None:
        remarks.note("A picture was left out: the file names it and does not hold it", words or source[:80])
        return ""
    if pictures is None:
        remarks.note("A picture was left out: put it in by hand", which)
        return ""
    try:
        held = base64.b64decode(unquote(found[3])) if found[2] else unquote(found[3]).encode()
        return pictures(held, f"picture-{number}.{(found[1] or 'image/png').partition('/')[2]}", words)
    except binascii.Error:
        remarks.note("A picture was left out: it cannot be read", which)
    except PictureRefusedError as error:
        remarks.note(f"A picture was left out: {error}", which)
    return ""


def _set_captions(tree: BeautifulSoup) -> None:
    """A paragraph that is a caption belongs to the picture or table beside it."""
    for words in tree.find_all("p", class_="caption"):
        before, after = words.find_previous_sibling(), words.find_next_sibling()
        if isinstance(before, Tag) and before.name == "p" and before.find("img") and not before.get_text().strip():
            figure = before.wrap(tree.new_tag("figure"))
            words.name = "figcaption"
            figure.append(words.extract())
            before.unwrap()
        elif isinstance(after, Tag) and after.name == "table" and after.find("caption") is None:
            words.name = "caption"
            after.insert(0, words.extract())
        elif isinstance(before, Tag) and before.name == "table" and before.find("caption") is None:
            words.name = "caption"
            before.insert(0, words.extract())


def _part_lists(tree: BeautifulSoup) -> None:
    """Two lists of a kind that follow each other get different signs: else they would read as one."""
    for second in tree.find_all(["ol", "ul"]):
        before = second.find_previous_sibling()
        if isinstance(before, Tag) and before.name == second.name and not before.get("data-second"):
            second["data-second"] = "yes"
