"""Word files: what a text consists of comes along, and what does not is named."""

import io
import zipfile

import docx
import pytest
from bs4 import BeautifulSoup

from blueprints.core.markdown import post_html
from blueprints.transfer.manuscripts import reading
from blueprints.transfer.manuscripts.manuscript import PictureRefusedError, UnreadableError
from tests.transfer.manuscripts.documents import (
    PIXEL,
    built,
    by_pandoc,
    changed,
    mark,
    notes,
    paragraph,
    relation,
    run,
    saved,
    with_picture,
)

THESIS = """---
title: On the keeping of notes
author: Jane Doe
---

# Introduction

Everything begins with a mark[^1], and ends with two.[^2] See [the archive](https://example.org/a_(b)).

[^1]: A first note, with *emphasis*.

    And a second paragraph.

[^2]: Compare “this”.

## Method

1. First
    - deeper
        - deepest
2. Second

> A quotation.

| Year | Sum |
|------|----:|
| 2019 | 1   |

``` python
x = [1]
```

# Results

Inline $x^2 + \\frac{a}{b}$, and displayed:

$$\\sum_{i=0}^{n} \\sqrt{x_i} \\le \\left( \\int f \\right)$$

H~2~O, ~~gone~~, **strong** and `code`. 中文也在这里。
"""


def draft(file: bytes, **options):
    return reading.read(file, "text.docx", **options)


def drawn(manuscript) -> BeautifulSoup:
    return BeautifulSoup(post_html(manuscript.body), "html.parser")


def remarks(manuscript) -> str:
    return "\n".join(f"{what}: {where}" for what, where in manuscript.remarks.lines())


def text(page: BeautifulSoup) -> str:
    return " ".join(page.get_text().split())


def test_thesis_comes_along_whole():
    manuscript = draft(by_pandoc(THESIS))
    page = drawn(manuscript)
    assert manuscript.title == "On the keeping of notes"
    assert [(tag.name, tag.get_text()) for tag in page.find_all(["h1", "h2", "h3"])] == [
        ("h2", "Introduction"),
        ("h3", "Method"),
        ("h2", "Results"),
    ]
    first, second = page.select("section li")
    assert [p.get_text(" ", strip=True) for p in first.find_all("p")] == [
        "A first note, with emphasis .",
        "And a second paragraph. ↩︎",
    ]
    assert "Compare “this”." in second.get_text()
    assert [a["href"] for a in page.select("p > sup > a")] == ["#fn1", "#fn2"]
    assert page.find("a", string="the archive")["href"] == "https://example.org/a_(b)"
    assert page.select_one("ol > li > ul > li > ul > li").get_text(strip=True) == "deepest"
    assert page.select_one("blockquote > p").get_text() == "A quotation."
    assert [cell.get_text() for cell in page.select("table td")] == ["2019", "1"]
    assert page.select_one("pre").get_text().strip() == "x = [1]"
    assert r"$x^{2}+\frac{a}{b}$" in manuscript.body
    assert r"$$\sum_{i=0}^{n} \sqrt{x_{i}}\le \left( \int f \right)$$" in manuscript.body
    assert page.sub.get_text() == "2"
    assert page.s.get_text() == "gone"
    assert "中文也在这里。" in text(page)
    assert "choose the authors yourself: Jane Doe" in remarks(manuscript)
    assert manuscript.body.startswith("## Introduction")
    assert "the page has its own: Jane Doe" in remarks(manuscript)


def test_headings_lists_and_emphasis_of_python_docx():
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "From the properties", "Ann Other"
    made.core_properties.keywords = "history, sources"
    made.add_paragraph("A line above every heading.")
    made.add_heading("Far down", 4)
    made.add_paragraph("One", style="List Number")
    made.add_paragraph("Two", style="List Number")
    made.add_paragraph("Dot", style="List Bullet")
    line = made.add_paragraph("Half ")
    line.add_run("of").bold = True
    line.add_run("ten").bold = True
    line.add_run(" it ").italic = True
    line.add_run("2*3 and snake_case, _so_ <b> [x](y)")
    made.add_paragraph("1. no list", style="Intense Quote")
    made.add_paragraph("# no heading", style="Intense Quote")
    manuscript = draft(saved(made))
    page = drawn(manuscript)
    assert manuscript.title == "From the properties"
    assert manuscript.tags == ["history", "sources"]
    assert page.h2.get_text() == "Far down"
    assert [li.get_text(strip=True) for li in page.select("ol > li")] == ["One", "Two"]
    assert page.strong.get_text() == "often"
    assert "2*3 and snake_case, _so_ <b> [x](y)" in text(page)
    assert [p.get_text() for p in page.select("blockquote > p")] == ["1. no list", "# no heading"]


def test_footnotes_and_endnotes_are_numbered_as_they_are_named():
    body = paragraph(
        run("One"), mark("footnote", 1), run(" two"), mark("endnote", 1), run(" three"), mark("footnote", 2)
    )
    file = built(
        body,
        word__footnotes=notes("footnote", "At the foot.", "Again at the foot."),
        word__endnotes=notes("endnote", "At the end."),
    )
    manuscript = draft(file)
    assert manuscript.body.startswith("One[^1] two[^2] three[^3]")
    assert [li.p.get_text().split(" ↩")[0] for li in drawn(manuscript).select("section li")] == [
        "At the foot.",
        "At the end.",
        "Again at the foot.",
    ]
    assert "numbered together" in remarks(manuscript)


@pytest.mark.parametrize(
    ("accept", "kept"),
    [
        (True, ["The new house stands.", "Joined here.", "Moved there."]),
        (False, ["The old house stands.", "A whole paragraph that was deleted.", "Joined", "here.", "Moved there."]),
    ],
)
def test_tracked_changes_are_accepted_or_refused(accept, kept):
    struck = '<w:r><w:delText xml:space="preserve">{}</w:delText></w:r>'
    body = (
        paragraph(
            run("The "),
            changed("ins", run("new ")),
            changed("del", struck.format("old ")),
            run("house stands."),
        )
        + paragraph(
            changed("del", struck.format("A whole paragraph that was deleted.")),
            properties=f"<w:rPr>{changed('del', '')}</w:rPr>",
        )
        + paragraph(run("Joined "), properties=f"<w:rPr>{changed('del', '')}</w:rPr>")
        + paragraph(run("here."))
        + paragraph(changed("ins", run("Only ")), properties=f"<w:rPr>{changed('ins', '')}</w:rPr>").replace(
            "Only ", ""
        )
        + (
            paragraph(changed("moveTo", run("Moved there.")))
            if accept
            else paragraph(changed("moveFrom", run("Moved there.")))
        )
        + "<w:sectPr/>"
    )
    manuscript = draft(built(body), accept=accept)
    assert [p.get_text() for p in drawn(manuscript).find_all("p")] == kept
    assert f"Tracked changes were {'accepted' if accept else 'refused'}" in remarks(manuscript)


def test_former_emphasis_returns_when_its_change_is_refused():
    bold = f"<w:b/>{changed('rPrChange', '<w:rPr><w:i/></w:rPr>')}"
    file = built(paragraph(run("word", bold)))
    assert draft(file, accept=True).body == "**word**"
    assert draft(file, accept=False).body == "*word*"


def test_merged_cells_and_lists_in_cells_stay():
    made = docx.Document()
    table = made.add_table(3, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Across"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Down"
    table.cell(1, 1).text = "a | b"
    table.cell(2, 1).add_paragraph("Item", style="List Bullet")
    page = drawn(draft(saved(made)))
    assert page.find("td", colspan="2").get_text(strip=True) == "Across"
    assert page.find("td", rowspan="2").get_text(strip=True) == "Down"
    assert page.select_one("td ul li").get_text(strip=True) == "Item"
    assert "a | b" in text(page)


def test_picture_goes_through_the_seam_with_its_words():
    taken = []

    def pictures(content, name, alt):
        taken.append((content, name, alt))
        return "/media/1-harbour.png"

    manuscript = draft(with_picture("The [old] harbour"), pictures=pictures)
    assert taken == [(PIXEL, "picture-1.png", "The [old] harbour")]
    assert drawn(manuscript).img["alt"] == "The [old] harbour"
    assert drawn(manuscript).img["src"] == "/media/1-harbour.png"


def test_picture_that_is_not_taken_is_named():
    def pictures(_content, _name, _alt):
        raise PictureRefusedError("it has too many pixels")

    file = with_picture("The harbour")
    assert "put it in by hand: The harbour" in remarks(draft(file))
    assert "it has too many pixels: The harbour" in remarks(draft(file, pictures=pictures))
    assert draft(file).body == "Before.\n\nAfter."


def test_chinese_and_arabic_stay_as_they_are():
    made = docx.Document()
    made.add_heading("论语", 1)
    line = made.add_paragraph("子曰：")
    line.add_run("“学而时习之”").bold = True
    line.add_run("，不亦说乎？")
    made.add_paragraph("النص العربي من اليمين إلى اليسار، مع «اقتباس».")
    manuscript = draft(saved(made))
    page = drawn(manuscript)
    assert manuscript.title == "论语"
    assert page.strong.get_text() == "“学而时习之”"
    assert text(page) == "子曰：“学而时习之”，不亦说乎？ النص العربي من اليمين إلى اليسار، مع «اقتباس»."


def test_quotation_marks_dashes_and_links_stay():
    link = relation("r9", "hyperlink", "https://example.org/?a=1&amp;b=2", 'TargetMode="External"')
    body = paragraph(run("“Smart” – ‘quotes’… It’s 5′; "), '<w:hyperlink r:id="r9">', run("a link"), "</w:hyperlink>")
    page = drawn(draft(built(body, links=(link,))))
    assert text(page) == "“Smart” – ‘quotes’… It’s 5′; a link"
    assert page.a["href"] == "https://example.org/?a=1&b=2"


def test_unknown_formula_is_kept_as_characters_and_named():
    known = (
        "<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    unknown = "<m:oMath><m:borderBox><m:e><m:r><m:t>a+b</m:t></m:r></m:e></m:borderBox></m:oMath>"
    manuscript = draft(built(paragraph(run("Here "), known, run(" and "), unknown)))
    assert manuscript.body == "Here $x^{2}$ and a+b"
    assert "A formula is kept as plain characters" in remarks(manuscript)
    assert "a+b" in remarks(manuscript)


def test_what_has_no_place_on_a_page_is_named_with_its_place():
    heading = paragraph(run("Method"), properties='<w:pStyle w:val="Heading1"/>')
    box = paragraph(
        "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>",
        paragraph(run("In the box.")),
        "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>",
    )
    drawing = (
        '<w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/'
        'diagram"/></a:graphic></wp:inline></w:drawing></w:r>'
    )
    file = built(
        heading
        + box
        + paragraph(run("Text."), drawing)
        + '<w:sectPr><w:headerReference/><w:cols w:num="2"/></w:sectPr>',
        word__comments=notes("comment", "Is that so?").replace("<w:comment ", '<w:comment w:author="Ann" '),
        **{"word__vbaProject.bin": b"macro", "word__embeddings__sheet.xlsx": b"sheet"},
    )
    manuscript = draft(file)
    said = remarks(manuscript)
    assert "A text box: its words stand in the text, where it was anchored: below “Method”" in said
    assert "SmartArt drawing was left out: save it as a picture and put that in: below “Method”" in said
    assert "Columns: the text runs in one: below “Method”" in said
    assert "A comment in the margin was left out: Ann: Is that so?" in said
    assert "Macros were left out" in said
    assert "embedded in it were left out" in said
    assert "Headers and footers" in said
    assert "In the box." in manuscript.body


def test_table_of_contents_is_left_out():
    body = paragraph(run("Chapter 1\t7"), properties='<w:pStyle w:val="TOC1"/>') + paragraph(run("Text."))
    styles = (
        '<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style></w:styles>'
    )
    manuscript = draft(built(body, word__styles=styles))
    assert manuscript.body == "Text."
    assert "table of contents" in remarks(manuscript)


def _entity(declaration: str) -> bytes:
    file = io.BytesIO(built(paragraph(run("x"))))
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    head, _, rest = parts["word/document.xml"].decode().partition("?>")
    parts["word/document.xml"] = f"{head}?>{declaration}{rest.replace('>x<', '>&e;<')}".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "empty"),
        (b"just words", "not a Word file"),
        (b"\xd0\xcf\x11\xe0 an old file", "old kind"),
        (built(paragraph(run("x")))[:400], "damaged"),
        (_entity('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "declares entities"),
        (_entity('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY e "&a;&a;">]>'), "declares entities"),
        (built(paragraph(run("a" * 30_000_000))), "take more than 24 MB"),
        (built("<w:sdt><w:sdtContent>" * 100 + "</w:sdtContent></w:sdt>" * 100), "more deeply"),
        (built("<w:p/>").replace(b"word/document.xml", b"xxxx/document.xml"), "not a Word file"),
    ],
    ids=["empty", "no archive", "doc", "cut off", "entity of a file", "entities", "bomb", "deep", "no text"],
)
def test_hostile_file_is_refused_with_a_reason(file, reason):
    with pytest.raises(UnreadableError, match=reason):
        draft(file)


def test_archive_of_many_parts_is_not_opened():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(4001):
            archive.writestr(f"{number}", "")
    with pytest.raises(UnreadableError, match="4,001 parts"):
        draft(out.getvalue())


def test_picture_that_lies_elsewhere_is_neither_fetched_nor_read_from_the_disk(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(PIXEL)
    link = relation("r9", "image", secret.as_uri(), 'TargetMode="External"')
    picture = (
        "<w:r><w:drawing><wp:inline><wp:docPr descr='Far'/><a:graphic><a:graphicData><pic:pic><pic:blipFill>"
        '<a:blip r:link="r9"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )
    taken = []
    manuscript = draft(
        built(paragraph(run("Text."), picture), links=(link,)), pictures=lambda *given: taken.append(given) or "/x"
    )
    assert taken == []
    assert manuscript.body == "Text."
    assert "was not fetched" in remarks(manuscript)


def test_ten_thousand_paragraphs_come_along():
    manuscript = draft(built(paragraph(run("Some words, as in a long book.")) * 10_000))
    assert manuscript.body.count("Some words") == 10_000


def test_list_that_overrides_its_pattern_has_its_own_signs():
    def item(number: int, level: int, words: str) -> str:
        place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        return paragraph(run(words), properties=place)

    levels = "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{{}}"/></w:lvl>' for level in (0, 1))
    numbering = (
        '<?xml version="1.0"?><w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f'<w:abstractNum w:abstractNumId="1">{levels.format("decimal", "decimal")}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/>'
        '<w:lvlOverride w:ilvl="1"><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:lvlOverride></w:num>'
        "</w:numbering>"
    )
    file = built(item(1, 0, "One") + item(2, 1, "dot") + item(1, 0, "Two"), word__numbering=numbering)
    assert draft(file).body == "1. One\n   - dot\n2. Two"


def test_picture_without_its_file_is_named():
    picture = (
        "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip/></pic:blipFill></pic:pic>"
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    assert "does not hold it" in remarks(draft(built(paragraph(run("Text."), picture))))
