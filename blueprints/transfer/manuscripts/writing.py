"""A plain tree as Markdown that says the same when `core.markdown` draws it.

What Markdown has no sign for stays HTML around Markdown: merged cells, captions, raised and lowered letters.
"""

import re
import unicodedata
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markdownify import ATX, BACKSLASH, MarkdownConverter

from blueprints.transfer.manuscripts.cleaning import BLOCKS, INLINE

_SPECIAL = re.compile(
    r"""
      [*`]                                    # emphasis, code
    | (?<![^\W_])_ | _(?![^\W_])              # emphasis, where it could begin or end
    | \\(?=[!-/:-@\[-`{-~]|\Z)                # an escape
    | \[(?=\^) | (?<=\^)\[ | \](?=[(\[:])     # a footnote, a link
    | <(?=[A-Za-z/!?])                        # HTML
    | &(?=\#?\w+;)                            # an entity
    | ~(?=~)                                  # struck out
    | \((?=(?:c|r|p|tm)\))                    # ©, ®, §, ™
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEGINS_BLOCK = re.compile(
    r"\s*(?:[-+](?=\s|\Z)|\#{1,6}(?=\s|\Z)|>|=+\s*\Z|-{2,}\s*\Z|~{3,}|(?P<number>\d{1,9})(?=[.)](?:\s|\Z)))"
)
_CELL_BLOCKS = sorted(BLOCKS - {"p", "div"})
_FILE = re.compile(r"/media/\d+-")
_RAW = ("sub", "sup", "kbd", "mark", "ruby", "rt", "rp", "abbr", "bdi", "q")
_ALIGNED = {"left": ":---", "center": ":---:", "right": "---:"}


def markdown(tree: Tag, notes: list[tuple[int, Tag]]) -> str:
    """The Markdown of *tree*, its *notes* below it."""
    writer = _Writer(heading_style=ATX, newline_style=BACKSLASH, bullets="-", table_infer_header=True)
    parts = [writer.convert_soup(tree)]
    for number, note in notes:
        note.name = "div"
        text = str(writer.convert_soup(note)).strip() or "…"
        parts.append(f"[^{number}]: " + re.sub(r"\n(?=[^\n])", "\n    ", text))
    text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return re.sub(r"\n{3,}", "\n\n", text)


class _Writer(MarkdownConverter):
    """markdownify, stricter about what the signs mean, and with tables, figures and footnotes."""

    def process_tag(self, node: Tag, parent_tags: set[str] | None = None) -> str:
        """Tables are walked here: what a cell becomes depends on the others."""
        if node.name == "table":
            return self._table(node, parent_tags or set())
        return str(super().process_tag(node, parent_tags=parent_tags))  # type: ignore[misc] # its stubs leave it out

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        """Text with its signs escaped; also what only at this place would be one."""
        text = str(super().process_text(el, parent_tags=parent_tags))  # type: ignore[misc]
        if parent_tags and ("_noformat" in parent_tags or "pre" in parent_tags):
            return text
        if (found := _BEGINS_BLOCK.match(text)) and _neighbour(el, forward=False) == "":
            at = found.end("number") if found["number"] else len(text) - len(text.lstrip())
            text = f"{text[:at]}\\{text[at:]}"
        after = el.next_sibling
        if text.endswith("!") and isinstance(after, Tag) and (after.name == "a" or after.get("data-note")):
            text = text[:-1] + "\\!"
        return text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Signs of Markdown that would be read as such."""
        text = _SPECIAL.sub(r"\\\g<0>", text)
        return text.replace("$", "\\$") if text.count("$") > 1 else text

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Strong words, as an element where signs would not be read as marks."""
        return _marked(el, text, "**", "strong", parent_tags)

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Emphasis, as an element where signs would not be read as marks."""
        return _marked(el, text, "*", "em", parent_tags)

    def convert_s(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """What is struck out."""
        return _marked(el, text, "~~", "s", parent_tags)

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Raised letters, or the mark of a note."""
        number = el.get("data-note")
        return f"[^{number}]" if number else _raw(el, text, parent_tags)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link, with brackets in its words that cannot end it."""
        address = str(el.get("href", ""))
        if "_noformat" in parent_tags or not text.strip():
            return text
        if re.sub(r"\\([_*~\[\]$])", r"\1", text) == address and re.fullmatch(r"https?://[^\s<>]+", address):
            return f"<{address}>"
        if _is_unbalanced(text):
            text = re.sub(r"(?<!\\)([\[\]])", r"\\\1", text)
        title = re.sub(r'(["\\])', r"\\\1", " ".join(str(el.get("title") or "").split()))
        return f"[{text}]({_address(address)}" + (f' "{title}")' if title else ")")

    def convert_img(self, el: Tag, _text: str, parent_tags: set[str]) -> str:
        """A picture with its alternative text."""
        words = re.sub(r"([\[\]\\*`_])", r"\\\1", " ".join(str(el.get("alt") or "").split()))
        return f"![{words}]({_address(str(el.get('src') or ''))})"

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A line break; in a cell as an element, in a heading a space."""
        if parent_tags & {"td", "th"} and "_inline" in parent_tags:
            return "<br>"
        return " " if "_inline" in parent_tags else "\\\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A listing between fences that nothing in it can end."""
        code = el.get_text().strip("\n")
        longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
        fence = "`" * max(3, longest + 1)
        return f"\n\n{fence}{el.get('data-language') or ''}\n{code}\n{fence}\n\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """An item; two lists that follow each other have different signs."""
        text = text.strip() or "\u00a0"
        outer = el.parent
        if outer is not None and outer.name == "ol":
            number = int(str(outer.attrs.setdefault("data-next", str(_start(outer)))))
            outer["data-next"] = str(number + 1)
            sign = f"{number}{')' if outer.get('data-second') else '.'} "
        else:
            sign = "* " if outer is not None and outer.get("data-second") else "- "
        return sign + re.sub(r"\n(?=[^\n])", "\n" + " " * len(sign), text) + "\n"

    def convert_list(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A list, and in an item one below it."""
        return "\n" + text.rstrip() if "li" in parent_tags and not _has_loose_parent(el) else f"\n\n{text}\n\n"

    convert_ul = convert_list
    convert_ol = convert_list

    def convert_figure(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A figure: Markdown between its tags."""
        words, picture = el.find("figcaption"), el.find("img")
        if words is None or "_inline" in parent_tags:
            return f"\n\n{text.strip()}\n\n"
        if isinstance(picture, Tag) and isinstance(words, Tag) and _is_of_library(picture, el):
            words.name = "span"
            caption = re.sub(r'(["\\])', r"\\\1", self.process_tag(words, parent_tags).strip())
            return f'\n\n{self.process_tag(picture, parent_tags)[:-1]} "{caption}")\n\n'
        return f"\n\n<figure>\n\n{text.strip()}\n\n</figure>\n\n"

    def convert_figcaption(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The words below a figure."""
        if el.parent is None or el.parent.name != "figure":
            return f"\n\n{text.strip()}\n\n"
        return f"\n\n<figcaption>\n\n{text.strip()}\n\n</figcaption>\n\n"

    def convert_dl(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A list of terms, which Markdown has no sign for."""
        return f"\n\n<dl>\n{text.strip()}\n</dl>\n\n"

    def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A term."""
        return f"\n<dt>\n\n{text.strip()}\n\n</dt>\n"

    def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """What a term means."""
        return f"\n<dd>\n\n{text.strip()}\n\n</dd>\n"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The words of a cell; the table draws the lines."""
        return text.strip()

    convert_th = convert_td

    def _table(self, table: Tag, parent_tags: set[str]) -> str:
        rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
        cells = [[cell for cell in row.find_all(["td", "th"]) if cell.find_parent("tr") is row] for row in rows]
        cells = [row for row in cells if row]
        if not cells:
            return ""
        caption = table.find("caption")
        if caption is None and "_inline" not in parent_tags and _is_simple(cells):
            return self._lines(cells, parent_tags)
        return self._elements(cells, caption if isinstance(caption, Tag) else None, parent_tags)

    def _lines(self, cells: list[list[Tag]], parent_tags: set[str]) -> str:
        """A table with a line a row."""
        width = max(len(row) for row in cells)
        drawn = []
        for row in cells:
            texts = [self.process_tag(cell, parent_tags).replace("\n", " ").replace("|", "\\|") for cell in row]
            drawn.append("| " + " | ".join(texts + [""] * (width - len(row))) + " |")
        signs = [_ALIGNED.get(str(cell.get("align")), "---") for cell in cells[0]]
        drawn.insert(1, "| " + " | ".join(signs + ["---"] * (width - len(signs))) + " |")
        return "\n\n" + "\n".join(drawn) + "\n\n"

    def _elements(self, cells: list[list[Tag]], caption: Tag | None, parent_tags: set[str]) -> str:
        """A table as elements, with Markdown in its cells."""
        inside = parent_tags - {"_inline", "td", "th"}
        out = ["<table>"]
        if caption is not None:
            caption.name = "div"
            out.append(f"<caption>\n\n{self.process_tag(caption, inside).strip()}\n\n</caption>")
        for row in cells:
            out.append("<tr>")
            for cell in row:
                name, spans = cell.name, "".join(_span(cell, kind) for kind in ("colspan", "rowspan"))
                cell.name = "div"
                text = self.process_tag(cell, inside).strip()
                out.append(f"<{name}{spans}>\n\n{text}\n\n</{name}>" if text else f"<{name}{spans}></{name}>")
            out.append("</tr>")
        return "\n\n" + "\n".join([*out, "</table>"]) + "\n\n"


def _raw(el: Tag, text: str, parent_tags: set[str]) -> str:
    if "_noformat" in parent_tags or not text.strip():
        return text
    return f"<{el.name}>{text}</{el.name}>"


for _name in _RAW[:1] + _RAW[2:]:
    setattr(_Writer, f"convert_{_name}", lambda _self, el, text, parent_tags: _raw(el, text, parent_tags))


def _marked(el: Tag, text: str, sign: str, name: str, parent_tags: set[str]) -> str:
    """*text* between signs, if they would be read so where they stand (CommonMark 6.2), else as an element."""
    inner = el.get_text()
    if "_noformat" in parent_tags or not text.strip():
        return text
    first, last = (inner[:1] or "!"), (inner[-1:] or "!")
    before, after = _neighbour(el, forward=False), _neighbour(el, forward=True)
    opens = not first.isspace() and (not _is_sign(first) or _is_edge(before))
    closes = not last.isspace() and (not _is_sign(last) or _is_edge(after))
    touches = sign[0] in (before, after)
    return f"{sign}{text}{sign}" if opens and closes and not touches else f"<{name}>{text}</{name}>"


def _is_edge(character: str) -> bool:
    return not character or character.isspace() or _is_sign(character)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _neighbour(node: NavigableString | Tag, *, forward: bool) -> str:
    """The character beside *node* in its block; nothing at the block's edge or beside a line break."""
    here: Any = node
    while True:
        beside = here.next_sibling if forward else here.previous_sibling
        while beside is not None:
            if isinstance(beside, Tag):
                if beside.name == "br" or beside.name in BLOCKS:
                    return ""
                if beside.name == "img" or beside.get("data-note"):
                    return "!"
            text = beside.get_text() if isinstance(beside, Tag) else str(beside)
            if text:
                return text[0] if forward else text[-1]
            beside = beside.next_sibling if forward else beside.previous_sibling
        here = here.parent
        if here is None or isinstance(here, BeautifulSoup) or here.name not in INLINE:
            return ""


def _is_unbalanced(text: str) -> bool:
    depth = 0
    for sign in re.findall(r"(?<!\\)[\[\]]", text):
        depth += 1 if sign == "[" else -1
        if depth < 0:
            return True
    return depth != 0


def _address(address: str) -> str:
    """An address as it stands in a link."""
    address = address.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")
    address = re.sub(r"\s", lambda found: f"%{ord(found[0]):02X}" if ord(found[0]) < 128 else "", address)
    return re.sub(r"[()]", lambda found: f"%{ord(found[0]):02X}", address) if _parted(address) else address


def _parted(address: str) -> bool:
    return address.count("(") != address.count(")") or address.find(")") < address.find("(")


def _start(numbered: Tag) -> int:
    written = str(numbered.get("start") or "1")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 1


def _is_of_library(picture: Tag, figure: Tag) -> bool:
    """Whether a figure is one picture of the library with a line below it: core.markdown draws that from its title."""
    return (
        _FILE.match(str(picture.get("src", ""))) is not None
        and len(figure.find_all("img")) == 1
        and not figure.find(None, {"data-note": True})
        and not figure.find([*(BLOCKS - {"p", "div", "figcaption"}), "br"])
        and len(figure.find_all("p")) < 3
    )


def _has_loose_parent(inner: Tag) -> bool:
    return inner.parent is not None and inner.parent.find("p", recursive=False) is not None


def _is_simple(cells: list[list[Tag]]) -> bool:
    """Whether every cell is one line of text and no cell spans others."""
    return all(
        not cell.find(_CELL_BLOCKS)
        and len(cell.find_all(["p", "div"])) < 2
        and all(str(cell.get(span, "1")) in ("1", "") for span in ("colspan", "rowspan"))
        for row in cells
        for cell in row
    )


def _span(cell: Tag, kind: str) -> str:
    number = str(cell.get(kind) or "1")
    return (
        f' {kind}="{min(int(number), 100)}"'
        if number.isascii() and number.isdigit() and number not in ("0", "1")
        else ""
    )
