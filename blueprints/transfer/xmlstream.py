"""XML files of other systems, read as a stream: opened, cleaned of what XML forbids, parsed without reaching out.

What is repaired is counted, what cannot be repaired without guessing is refused with its line.
"""

import codecs
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from lxml import etree

CHUNK = 1 << 16
_HEAD = 1 << 16
_FORBIDDEN = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x0*([0-9a-fA-F]{1,6})|0*([0-9]{1,7}));")
_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"<\?xml\b[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
_UNDECLARED = re.compile(r"Namespace prefix ([\w.\-]+)(?: for \S+)? on (\S+) is not defined")
# Everything before the root element, and its name.
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>|<![A-Z][^>]*>)*<[A-Za-z_][\w:.\-]*", re.S)
# How Python's "surrogateescape" marks a byte that is no UTF-8.
_STRAY_BYTE = re.compile("[\udc80-\udcff]")


class BrokenFileError(Exception):
    """A file that cannot be read to its end: which one, where, and why."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        where = f", line {line}" if line else ""
        super().__init__(f"{path.name}{where}: {reason}")
        self.line = line
        self.reason = reason


class StartAgainError(Exception):
    """The file can be read in another way: call `elements` again."""


class XMLStream:
    """One XML file, plain or gzipped, as a stream of finished elements.

    *repairs* counts what was cleaned; *needed* are the prefixes that must have been declared.
    """

    def __init__(self, path: Path, *, needed: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.needed = needed
        self.repairs: Counter[str] = Counter()
        self._undeclared: list[str] = []
        self._lines_before = 0
        self._huge = False

    def elements(
        self, tags: tuple[str, ...], progress: Callable[[int], None] = lambda _size: None
    ) -> Iterator[etree._Element]:
        """Each element named in *tags* ("{*}item") when its end is reached; *progress* hears of bytes read.

        Raises BrokenFileError, or StartAgainError where a second reading will get past a harmless fault.
        """
        self.repairs.clear()
        if self._undeclared:
            self.repairs["prefix used without being declared"] = len(self._undeclared)
        parser = etree.XMLPullParser(
            events=("end",),
            tag=tags,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
            huge_tree=self._huge,
        )
        is_checked = False
        try:
            for text in self._cleaned(progress):
                parser.feed(text.encode("utf-8"))
                # Not every fault is raised where it happens: some only end the flow of elements.
                for entry in parser.feed_error_log.filter_from_fatals():
                    raise BrokenFileError(self.path, entry.message, entry.line + self._lines_before)
                for _event, element in parser.read_events():
                    if not is_checked:
                        self._refuse_entities(element)
                        is_checked = True
                    yield element
            parser.close()
            for _event, element in parser.read_events():
                yield element
        except etree.XMLSyntaxError as error:
            raise self._judged(error) from error
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenFileError(self.path, f"the file cannot be read to its end ({error})") from error

    def _refuse_entities(self, element: etree._Element) -> None:
        dtd = element.getroottree().docinfo.internalDTD
        if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
            raise BrokenFileError(self.path, "it declares entities of its own, which no export does")

    def _judged(self, error: etree.XMLSyntaxError) -> Exception:
        """What to say of a fault, or how to read on where nothing is lost by it."""
        reason = (error.msg or "not well-formed").split(", line ")[0]
        line = (error.lineno or 0) + self._lines_before
        if found := _UNDECLARED.search(reason):
            prefix = found[1]
            if prefix in self.needed:
                return BrokenFileError(self.path, f"the prefix {prefix}: is used but never declared", line)
            if prefix not in self._undeclared:
                self._undeclared.append(prefix)
                return StartAgainError()
        if not self._huge and ("huge" in reason.lower() or "limit exceeded" in reason.lower()):
            self._huge = True
            return StartAgainError()
        return BrokenFileError(self.path, reason, line or None)

    def _cleaned(self, progress: Callable[[int], None]) -> Iterator[str]:
        """The text of the file, in pieces, without what XML forbids."""
        with _opened(self.path) as (file, position):
            head = file.read(_HEAD)
            seen = position()
            progress(seen)
            decode = _decoder(head)
            text = decode(head)
            yield from self._pieces(self._without_junk(text))
            while chunk := file.read(CHUNK):
                progress(position() - seen)
                seen = position()
                self._tail += decode(chunk)
                yield from self._pieces(self._tail)
            self._tail += decode(b"", True)
            if self._tail:
                yield self._clean(self._tail)

    _tail = ""

    def _pieces(self, text: str) -> Iterator[str]:
        """*text* cleaned, but for a character reference that may go on in the next piece."""
        cut = text.rfind("&", len(text) - 12) if len(text) > 12 else -1
        ready, self._tail = (text, "") if cut < 0 or ";" in text[cut:] else (text[:cut], text[cut:])
        if ready:
            yield self._clean(ready)

    def _without_junk(self, text: str) -> str:
        """The first piece from its declaration on, and with the declarations that were forgotten."""
        start = text.find("<?xml")
        if start < 0:
            start = max(text.find("<"), 0)
        junk, text = text[:start], text[start:]
        self._lines_before = junk.count("\n")
        if junk.strip("\ufeff \t\r\n"):
            self.repairs["line before the beginning of the XML"] += 1
        text = _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', text, count=1)
        if self._undeclared:
            added = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in self._undeclared)
            text = _PROLOG.sub(lambda prolog: prolog[0] + added, text, count=1)
        return text

    def _clean(self, text: str) -> str:
        text, count = _STRAY_BYTE.subn(_as_windows_1252, text)
        if count:
            self.repairs["byte that is no UTF-8"] += count
        text, count = _FORBIDDEN.subn("", text)
        if count:
            self.repairs["control character"] += count
        return _REFERENCE.sub(self._allowed_reference, text) if "&#" in text else text

    def _allowed_reference(self, found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else int(found[2])
        if code <= 0x10FFFF and not _FORBIDDEN.match(chr(code)):
            return found[0]
        self.repairs["control character"] += 1
        return ""


class _opened:  # noqa: N801 - used like a function
    """A file for reading, unpacked where it is gzipped, and a way to ask how far its bytes on disk were read."""

    def __init__(self, path: Path) -> None:
        self.raw = path.open("rb")
        packed = self.raw.read(2) == b"\x1f\x8b"
        self.raw.seek(0)
        self.file: IO[bytes] = cast(IO[bytes], gzip.GzipFile(fileobj=self.raw)) if packed else self.raw

    def __enter__(self) -> tuple[IO[bytes], Callable[[], int]]:
        return self.file, self.raw.tell

    def __exit__(self, *_error: object) -> None:
        self.file.close()
        self.raw.close()


def _decoder(head: bytes) -> Callable[..., str]:
    """An incremental decoder for the encoding that the first bytes name; UTF-8 where they name none that exists."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace").decode
    found = _ENCODING.search(head)
    name = found[1].decode("ascii") if found else "utf-8"
    try:
        codec = codecs.lookup(name)
    except LookupError:
        codec = codecs.lookup("utf-8")
    if codec.name in ("utf-8", "ascii"):
        return codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
    return codecs.getincrementaldecoder(codec.name)("replace").decode


def _as_windows_1252(found: re.Match[str]) -> str:
    """Bytes that are no UTF-8 were mostly written by a Windows program; each becomes the letter it was there."""
    return found[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")
