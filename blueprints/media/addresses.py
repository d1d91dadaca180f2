"""Where a file is found: one address for good, and one of each rendition that changes with its bytes."""

import re
from urllib.parse import quote, unquote

from blueprints.media.models import MediaFile, Rendition

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# In the HTML of a text: of the file itself ("/media/12-harbour.jpg") or of a rendition ("/media/12/480-…").
_IN_HTML = re.compile(r'="/media/([1-9][0-9]{0,17})[-/]')
_OF_FILE = re.compile(r"/media/([1-9][0-9]{0,17})-([^/?#]{1,120})")
_OF_RENDITION = re.compile(r"([1-9][0-9]{0,4})-([0-9a-f]{16})\.(jpg|png|webp)")


def file_url(file: MediaFile) -> str:
    """The address that stays."""
    return f"/media/{file.id}-{quote(file.name)}"


def rendition_url(rendition: Rendition) -> str:
    """The address of these very bytes."""
    extension = _EXTENSIONS[rendition.type]
    return f"/media/{rendition.file_id}/{rendition.width}-{rendition.hash}.{extension}"


def markdown_of(file: MediaFile) -> str:
    """How a text shows *file*, or leads to it."""
    address = f"/media/{file.id}-{file.name}"
    if file.is_picture:
        return f"![{_plain(file.alt)}]({address})"
    return f"[{_plain(file.title)} ({file.extension.upper()}, {size_text(file.size)})]({address})"


def size_text(size: int) -> str:
    """ "340 KB", "1.2 MB"."""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 1024))} KB"


def _plain(words: str) -> str:
    """*words* between brackets, where Markdown would read something into them."""
    return re.sub(r"([\\\[\]*_`<])", r"\\\1", words)


def extension_of(type_: str) -> str:
    """What the name of a picture of this type ends in."""
    return _EXTENSIONS[type_]


def parsed(address: str) -> tuple[int, str] | None:
    """The number and the name in the address of a file; nothing if it is none."""
    found = _OF_FILE.fullmatch(address)
    return (int(found[1]), unquote(found[2])) if found else None


def parsed_rendition(name: str) -> tuple[int, str, str] | None:
    """Width, hash and extension in the last part of a rendition's address."""
    found = _OF_RENDITION.fullmatch(name)
    return (int(found[1]), found[2], found[3]) if found else None


def numbers_in(html: str) -> set[int]:
    """The numbers of the files that clean *html* names."""
    return {int(number) for number in _IN_HTML.findall(html)} if "/media/" in html else set()
