"""What a Word file holds that a page cannot: named before the conversion, with the heading that it stands below."""

from collections.abc import Iterator

from lxml import etree

from blueprints.transfer.manuscripts.manuscript import Remarks
from blueprints.transfer.manuscripts.word import formulas
from blueprints.transfer.manuscripts.word.package import Package, W

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
# A formula in the text, until mammoth is through with it: characters that no text holds.
FORMULA = "\ue0f1{}\ue0f2"


def look(package: Package, remarks: Remarks) -> list[str]:
    """Note what will be lost; returns the formulas as Markdown, whose places in the text now hold their number."""
    found: list[str] = []
    for tree in package.texts:
        for element, place in _with_places(tree):
            _judge(element, place, remarks)
        _take_formulas(tree, found, remarks)
    _look_around(package, remarks)
    return found


def _with_places(tree: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Every element, and where it stands: below which heading, or beside which words."""
    place = "at the beginning"
    for element in tree.iter(etree.Element):
        if element.tag == f"{W}p":
            style = element.find(f"{W}pPr/{W}pStyle")
            name = (style.get(f"{W}val") or "").lower() if style is not None else ""
            if name.startswith(("heading", "title", "berschrift", "titre")) and (text := _text(element)):
                place = f"below “{text[:60]}”"
        yield element, place


def _text(element: etree._Element) -> str:
    return " ".join("".join(text.text or "" for text in element.iter(f"{W}t")).split())


def _judge(element: etree._Element, place: str, remarks: Remarks) -> None:
    if element.tag == f"{W}txbxContent":
        if not _is_fallback(element):
            remarks.note("A text box: its words stand in the text, where it was anchored", place)
    elif element.tag == f"{_A}graphicData":
        kind = element.get("uri")
        if kind == _DIAGRAM:
            remarks.note("A SmartArt drawing was left out: save it as a picture and put that in", place)
        elif kind == _CHART:
            remarks.note("A chart was left out: save it as a picture and put that in", place)
    elif element.tag == f"{W}cols":
        if (element.get(f"{W}num") or "1") != "1":
            remarks.note("Columns: the text runs in one", place)
    elif element.tag == f"{W}object":
        remarks.note("An embedded object of another program was left out", place)
    elif element.tag == f"{W}altChunk":
        remarks.note("A part of the text that another file holds was left out", place)


def _is_fallback(element: etree._Element) -> bool:
    """Whether it is the second telling of the same, for programs that do not know the first."""
    return any(str(outer.tag).endswith("}Fallback") for outer in element.iterancestors())


def _take_formulas(tree: etree._Element, found: list[str], remarks: Remarks) -> None:
    for formula in list(tree.iter(f"{formulas.M}oMath")):
        holder = formula.getparent()
        if holder is None:
            continue
        alone = holder.tag == f"{formulas.M}oMathPara"
        written = formulas.tex(formula)
        if written is None:
            remarks.note(
                "A formula is kept as plain characters: it has parts that are not known here",
                formulas.words(formula)[:60],
            )
            found.append(formulas.words(formula))
        else:
            found.append(f"$${written}$$" if alone else f"${written}$")
        run = etree.Element(f"{W}r")
        etree.SubElement(run, f"{W}t").text = FORMULA.format(len(found) - 1)
        if alone:
            outer = holder.getparent()
            if outer is not None:
                outer.insert(outer.index(holder), run)
            holder.remove(formula)
            if outer is not None and holder.find(f"{formulas.M}oMath") is None:
                outer.remove(holder)
        else:
            holder.replace(formula, run)


def _look_around(package: Package, remarks: Remarks) -> None:
    """What stands beside the text: comments, headers, macros, pictures of other places."""
    comments = package.tree("comments")
    for comment in comments.iter(f"{W}comment") if comments is not None else ():
        remarks.note(
            "A comment in the margin was left out", f"{comment.get(f'{W}author') or 'somebody'}: {_text(comment)[:80]}"
        )
    if any(name.lower().endswith("vbaproject.bin") for name in package.names):
        remarks.note("Macros were left out: nothing of them was run or kept")
    if any("/embeddings/" in name for name in package.names):
        remarks.note("Files that are embedded in it were left out")
    if (
        package.document.find(f".//{W}headerReference") is not None
        or package.document.find(f".//{W}footerReference") is not None
    ):
        remarks.note("Headers and footers of the printed page were left out")
    for target in package.distant:
        remarks.note("A part that lies elsewhere was not fetched", target[:120])
    endnotes = package.document.findall(f".//{W}endnoteReference")
    footnotes = package.document.findall(f".//{W}footnoteReference")
    if endnotes and footnotes:
        remarks.note("Footnotes and endnotes are numbered together, in the order in which the text names them")
