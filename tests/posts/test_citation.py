"""Citing a post: in words, for programs, for search engines; each name in parts, each sign as the format wants it."""

import json
from datetime import UTC, date, datetime

import pytest

from blueprints.accounts.models import Person
from blueprints.core.db import db, writing
from blueprints.posts import citation, versions
from blueprints.posts.citation import Citation
from blueprints.posts.models import Post
from tests.admin.browsing import soup

PEOPLE = ("Ludwig van Beethoven", "王若水", "Martin Luther King Jr.", "Émile Zola")


@pytest.fixture
def environ(environ):
    return {**environ, "SITE_URL": "http://journal.example"}


def citing(title: str = "On copying", *names: str, **more) -> Citation:
    sorted_as = tuple(Person(name=name).sort_name or name for name in names or PEOPLE)
    fields = {"journal": "The Hustings", "day": date(2019, 5, 2), "url": "http://journal.example/a", "language": "en"}
    return Citation(12, "on-copying", title, sorted_as, **{**fields, **more})


def test_citation_reads_as_in_a_list_of_references():
    assert citing().in_words == (
        "Beethoven, Ludwig van; 王若水; King, Martin Luther, Jr.; Zola, Émile. “On copying.” The Hustings, 2 May 2019."
    )
    assert citing("Why copy?", "Plato").in_words == "Plato. “Why copy?” The Hustings, 2 May 2019."
    assert citing("X", "Plato", version=3).in_words == "Plato. “X.” The Hustings, 2 May 2019, version 3."


def test_bibtex_takes_names_apart_and_leaves_whole_what_is_one():
    assert citation.bibtex(citing()) == (
        "@misc{beethoven2019copying,\n"
        "  author = {Beethoven, Ludwig van and {王若水} and King, Jr., Martin Luther and Zola, Émile},\n"
        "  title = {{On copying}},\n"
        "  howpublished = {The Hustings},\n"
        "  year = {2019},\n"
        "  day = {2},\n"
        "  url = {http://journal.example/a},\n"
        "  month = may,\n"
        "  language = {en}\n"
        "}\n"
    )


def test_signs_of_tex_are_words_in_bibtex_and_braces_stay_in_pairs():
    entry = citation.bibtex(citing("50% of $x_1 & {y\\ ~^#\nnext", "Rock and Roll Ltd}", "Anders And"))
    said = entry.replace("\\textbackslash{}", "").replace("\\textbraceleft{}", "").replace("\\textbraceright{}", "")
    assert said.count("{") == said.count("}")
    title = r"50\% of \$x\_1 \& \textbraceleft{}y\textbackslash{} \textasciitilde{}\textasciicircum{}\# next"
    assert f"title = {{{{{title}}}}}" in entry
    assert "author = {Ltd\\textbraceright{}, {Rock and Roll} and {And}, Anders}" in entry


def test_ris_has_a_tag_a_line_and_ends_its_lines_as_it_should():
    lines = citation.ris(citing("One\nline", version=2)).split("\r\n")
    assert lines == [
        "TY  - BLOG",
        *("AU  - Beethoven, Ludwig van", "AU  - 王若水", "AU  - King, Martin Luther, Jr.", "AU  - Zola, Émile"),
        *("TI  - One line", "T2  - The Hustings", "PY  - 2019", "DA  - 2019/05/02/", "LA  - en"),
        *("UR  - http://journal.example/a", "N1  - Version 2", "ER  - ", ""),
    ]


def test_csl_has_names_in_parts_and_the_date_in_numbers():
    [item] = json.loads(citation.csl(citing()))
    assert item["author"] == [
        {"family": "Beethoven", "given": "Ludwig van"},
        {"literal": "王若水"},
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        {"family": "Zola", "given": "Émile"},
    ]
    assert (item["issued"], item["type"]) == ({"date-parts": [[2019, 5, 2]]}, "post-weblog")


@pytest.mark.parametrize(
    ("title", "names", "key"),
    [
        ("The Übergang", ["Émile Zola"], "zola2019ubergang"),
        ("论语", ["孔子"], "post2019-12"),
        ("…", ["O’Neill"], "oneill2019-12"),
    ],
)
def test_key_is_ascii_whatever_the_names_are(title, names, key):
    assert citing(title, *names).key == key


def test_post_can_be_cited_and_search_engines_read_who_wrote_it(client, make):
    ada = make.person("Ada Lovelace", affiliation="Analytical Society", orcid="0000-0002-1825-0097")
    ben = make.person("Ben", affiliation="Hall")
    post = make.post(
        "On “paper” & ink", slug="论文", authors=[ada, ben], published_at=datetime(2019, 5, 12, tzinfo=UTC)
    )
    page = soup(client.get("/posts/论文"))
    tags = [(tag["name"], tag["content"]) for tag in page.select("meta[name^=citation_]")]
    assert tags == [
        ("citation_title", "On “paper” & ink"),
        ("citation_author", "Lovelace, Ada"),
        ("citation_author_institution", "Analytical Society"),
        ("citation_author_orcid", "0000-0002-1825-0097"),
        ("citation_author", "Ben"),
        ("citation_author_institution", "Hall"),
        ("citation_publication_date", "2019/05/12"),
        ("citation_journal_title", "Hustings"),
        ("citation_language", "en"),
        ("citation_fulltext_html_url", "http://journal.example/posts/%E8%AE%BA%E6%96%87"),
    ]
    [facts, _] = json.loads(page.find("script", type="application/ld+json").text)["author"]
    assert facts["affiliation"] == [{"@type": "Organization", "name": "Analytical Society"}]
    assert facts["sameAs"] == ["https://orcid.org/0000-0002-1825-0097"]
    links = [link["href"] for link in page.select(".cite__forms a")]
    answers = [client.get(link) for link in links]
    assert [answer.content_type.split(";")[0].rpartition("/")[2] for answer in answers] == [
        *("x-bibtex", "x-research-info-systems", "vnd.citationstyles.csl+json"),
    ]
    assert answers[0].headers["Content-Disposition"] == "attachment; filename=lovelace2019paper.bib"
    assert "Lovelace, Ada" in answers[0].text
    with writing():
        db.session.get(Post, post.id).withdraw()
    assert [client.get(link).status_code for link in links] == [410] * 3
    assert client.get("/posts/nothing/cite.bib").status_code == 404


def test_version_is_cited_as_itself_with_its_date(client, make):
    post = make.post("First title", authors=[make.person("Ada Lovelace")], language="de")
    with writing():
        stored = db.session.get(Post, post.id)
        versions.begin(stored)
        stored.title = "Second title"
        versions.keep(stored, None)
    path = f"/posts/{post.slug}/versions/1"
    page = soup(client.get(path))
    assert page.select_one(".cite__text").text.startswith("Lovelace, Ada. “First title.”")
    assert page.select_one(".cite__text").text.endswith(f", version 1. http://journal.example{path}")
    [item] = client.get(page.select(".cite__forms a")[2]["href"]).get_json(force=True)
    assert (item["title"], item["version"], item["URL"]) == ("First title", "1", f"http://journal.example{path}")
    assert item["language"] == "de"
    assert "Second title" in client.get(f"/posts/{post.slug}/cite.bib").text
    for wrong in ("7", "01", "x"):
        assert client.get(f"/posts/{post.slug}/cite.bib?version={wrong}").status_code == 404
