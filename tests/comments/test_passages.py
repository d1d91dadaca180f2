"""Passages of an article that comments answer: found, marked, kept through edits, and no way in for anything else."""

import json

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from blueprints.comments import passages, reports
from blueprints.comments.models import APPROVED, PENDING, TRASH, Comment
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.core.markdown import post_html
from blueprints.posts.models import Post
from tests.comments.test_views import WORLDS, comments, hold, partials, send, soup
from tests.comments.test_writing import previewed
from tests.safety.test_guest_html import OWN

BODY = """The first sentence. A *second* one, with "quotes" -- and a [link](https://example.org) in it[^1].

> The first sentence.

第一句。第二句很*重要*，读者会回答它。

    code(a < b && c)

[^1]: A note that can be answered too.
"""
SENTENCE = "A second one, with “quotes” – and a link in it[1]."


@pytest.fixture
def post(make):
    hold("none")
    return make.post("On paper", body=BODY)


def article(client, post):
    return soup(client.get(f"/posts/{post.slug}")).select_one(".article > .prose")


def stored(words: str, before: str = "", after: str = "", ids=(1,)) -> str:
    return json.dumps([[words, before, after, list(ids)]])


def without_marks(html: str) -> str:
    page = BeautifulSoup(html, "html.parser")
    for link in page.select(".passage__answers, span[id^=passage-]"):
        link.decompose()
    for span in page.select("span.passage"):
        span.unwrap()
    return str(page)


@pytest.mark.parametrize("world", WORLDS)
def test_comment_carries_the_passage_and_the_article_leads_to_it(client, post, world):
    typed = 'A second one,\nwith "quotes" - and a link in it[1].'
    response = send(client, post, world, passage=typed, passage_before="sentence.")
    [comment] = comments()
    assert (comment.passage, comment.text) == (SENTENCE, "A *thought*.")
    if world == "htmx":
        drawn = partials(response)["#comment-list"].select_one(".comment__passage a")
    else:
        drawn = soup(client.get(f"/posts/{post.slug}")).select_one(".comment__passage a")
    assert drawn.text == SENTENCE
    assert drawn["href"].startswith(f"/posts/{post.slug}#passage-{comment.id}:~:text=A%20second%20one")
    body = article(client, post)
    assert body.find(id=f"passage-{comment.id}")
    assert "".join(span.text for span in body.select("span.passage")) == SENTENCE
    link = body.select_one("a.passage__answers")
    assert (link["href"], link["aria-label"]) == (f"/comments/{comment.id}", "1 answer to this passage")
    assert not link.find_parent("a")


@pytest.mark.parametrize("world", WORLDS)
def test_passage_that_the_article_does_not_have_is_an_ordinary_quotation(client, post, world):
    send(client, post, world, passage="It never\nsaid <b>this</b>.")
    [comment] = comments()
    assert (comment.passage, comment.text) == ("", "> It never\n> said <b>this</b>.\n\nA *thought*.")
    assert "<b>" not in comment.html
    assert article(client, post).select(".passage__answers") == []


def test_quotation_typed_by_hand_is_anchored_where_it_is_the_articles(client, make, post):
    send(client, post, comment='> A second one, with "quotes" -- \n> and a link in it[1].\n\nNo.'.replace("-- ", "-"))
    send(client, post, comment="> The first\n\nToo short to mean the article.")
    send(client, post, comment="> A second one, with and without\n\nNot its words.")
    send(client, post, comment="> A second one, with quotes")
    parent = make.comment(post)
    send(
        client, post, path=f"/comments/{parent.id}/reply", comment="> The first sentence.\n\nA reply quotes its parent."
    )
    assert [bool(comment.passage) for comment in comments()] == [True, False, False, False, False, False]
    assert comments()[0].text == "No."


@pytest.mark.parametrize("world", WORLDS)
def test_preview_and_refused_form_keep_the_passage(client, post, world):
    response = send(client, post, world, passage=SENTENCE, preview="Preview")
    assert previewed(response, world).select_one(".comment__passage").text == SENTENCE
    refused = soup(send(client, post, world, passage=SENTENCE, author=""))
    assert refused.find("input", {"name": "passage"})["value"] == SENTENCE
    assert refused.select_one("[data-passage] blockquote").text == SENTENCE
    assert not refused.select_one("[data-passage]").has_attr("hidden")
    assert comments() == []


def test_several_answers_to_one_passage_stand_on_a_page_of_their_own(client, make, post):
    for words in ("One", "Two"):
        send(client, post, comment=words, passage="第二句很重要，读者会回答它。")
    send(client, post, comment="Two", passage=SENTENCE)
    first, second, third = comments()
    send(client, make.post("Elsewhere", body=BODY), comment="Three", passage=first.passage)
    link = article(client, post).select_one(f"a[href='/comments/{first.id}/passage']")
    assert link.text == "2"
    page = soup(client.get(link["href"]))
    assert [each.text for each in page.select(".comment .prose")] == ["One\n", "Two\n"]
    assert page.find("blockquote").text.strip() == "第二句很重要，读者会回答它。"
    other = make.comment(post)
    assert client.get(f"/comments/{other.id}/passage").status_code == 404
    with writing():
        db.session.get(Comment, second.id).move_to(TRASH)
    assert article(client, post).select_one(f"a[href='/comments/{first.id}']").text == "1"
    with writing():
        db.session.get(Comment, first.id).move_to(TRASH)
    assert client.get(f"/comments/{first.id}/passage").status_code == 404
    assert [each["href"] for each in article(client, post).select("a.passage__answers")] == [f"/comments/{third.id}"]


def test_answer_stands_below_its_passage_wherever_it_is_read_alone(client, make, post):
    send(client, post, comment=f"> {SENTENCE}\n\nWas it?")
    [comment] = comments()
    with writing():
        reports.file(comment.id, reason="spam", note="", email="", address_hash="x")
    make.sign_in(client, make.account("editor"))
    pages = [f"/comments/{comment.id}/{verb}" for verb in ("reply", "report", "delete")]
    for path in (*pages, "/admin/reports"):
        assert SENTENCE in [quoted.text for quoted in soup(client.get(path)).select(".comment__passage")], path


def test_held_comment_marks_nothing_before_it_is_let_through(client, post):
    hold("all")
    send(client, post, passage=SENTENCE)
    [comment] = comments()
    assert comment.state == PENDING
    assert article(client, post).select(".passage") == []
    with writing():
        db.session.get(Comment, comment.id).move_to(APPROVED)
    assert article(client, post).select_one("a.passage__answers")["href"] == f"/comments/{comment.id}"


def rewrite(post, body: str) -> None:
    with writing():
        db.session.get(Post, post.id).write(body)


def test_passage_survives_edits_of_the_article_and_says_when_it_is_gone(client, post):
    send(client, post, passage=SENTENCE)
    rewrite(post, "Something new first.\n\n" + BODY.replace("*second*", "second").replace("第一句", "首句"))
    assert "".join(span.text for span in article(client, post).select("span.passage")) == SENTENCE
    rewrite(post, BODY.replace("second", "third"))
    assert article(client, post).select(".passage, .passage__answers") == []
    drawn = soup(client.get(f"/posts/{post.slug}")).select_one(".comment__passage")
    assert "from an earlier version" in drawn.text
    assert SENTENCE in drawn.text
    assert drawn.find("a") is None
    rewrite(post, BODY)
    assert soup(client.get(f"/posts/{post.slug}")).select_one(".comment__passage a")


def test_same_words_are_told_apart_by_what_stands_beside_them(client, post):
    send(client, post, passage="The first sentence.", passage_before="and a link in it[1].")
    assert article(client, post).select_one("blockquote span.passage")
    rewrite(post, "A line before it all.\n\n" + BODY)
    assert len(article(client, post).select("span.passage")) == 1
    assert article(client, post).select_one("blockquote span.passage")


@pytest.mark.parametrize("of", ["site", "post"])
def test_passages_can_be_switched_off(client, post, of):
    send(client, post, passage=SENTENCE)
    with writing():
        owner = db.session.merge(site.current()) if of == "site" else db.session.get(Post, post.id)
        owner.passages_open = False
    page = soup(client.get(f"/posts/{post.slug}"))
    assert page.select(".article .passage, .passage__answers, input[name=passage]") == []
    assert page.select_one(".comment__passage").text == SENTENCE
    send(client, post, passage=SENTENCE, comment="Later")
    assert comments()[-1].passage == ""
    assert comments()[-1].text.startswith("> A second one")


@pytest.mark.parametrize("words", ["code(a < b && c)", "A note that can be answered too.", "重要，读者"])
def test_code_notes_and_parts_of_elements_can_be_answered(words):
    html = post_html(BODY)
    passage = passages.found(html, words)
    assert passage.words == words
    marked = passages.mark(html, stored(*passage))
    assert "".join(span.text for span in BeautifulSoup(marked, "html.parser").select("span.passage")) == words
    assert without_marks(marked) == str(BeautifulSoup(html, "html.parser"))


HOSTILE = [
    *OWN,
    "<span class=passage>",
    "</a></p><script>alert(1)</script>",
    "(a+)+$ [x](y) \\1 .* %s {0} {{ x }}",
    "&amp;lt; &lt; & ;",
    "\u202eabc\u2066",
    "a" * 5000,
    "\n".join("ab" * 400),
]


def test_passage_of_any_kind_changes_nothing_but_its_marks():
    body = "\n\n".join(HOSTILE) + "\n\n" + BODY
    html = post_html(body)
    plain = str(BeautifulSoup(html, "html.parser"))
    for words in [*HOSTILE, BODY, SENTENCE, "a", "]", "&", "<"]:
        marked = passages.mark(html, stored(words, ids=(1, 2)))
        assert without_marks(marked) == plain
        page = BeautifulSoup(marked, "html.parser")
        assert not page.select("a a, span.passage span.passage")


def test_overlapping_passages_are_marked_once_each_with_its_own_answers():
    html = post_html("One two three four five.")
    said = {1: "One two three", 2: "two three four", 3: "three", 4: "One two three"}
    rows = [[words, "", "", [number]] for number, words in said.items()]
    page = BeautifulSoup(passages.mark(html, json.dumps(rows)), "html.parser")
    [run] = page.select("span.passage")
    assert "".join(run.find_all(string=lambda text: not text.find_parent("a"))) == "One two three four"
    assert sorted(link["href"] for link in page.select("a.passage__answers")) == [
        "/comments/1/passage",
        "/comments/2",
        "/comments/3",
    ]
    assert without_marks(str(page)) == html


@pytest.mark.parametrize("client_sends", HOSTILE)
def test_hostile_passage_is_words_and_nothing_else(client, post, client_sends):
    response = send(client, post, passage=client_sends, passage_before=client_sends)
    assert response.status_code in (303, 422)
    for comment in comments():
        assert comment.passage == ""
    assert "<script" not in str(soup(client.get(f"/posts/{post.slug}")).find(id="comments"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("ab " * 10_000, "ab" * 400),
        ("a" * 100_000, "a" * 499 + "b"),
        ("<b>a</b>" * 20_000, "a" * 900),
        ("&amp;" * 20_000, "&" * 900),
        ("a\u00a0" * 30_000, "a a a a a a a a"),
        ("[x](https://example.org) " * 4_000, "xxxxxxxx"),
    ],
)
def test_matching_takes_linear_steps(body, words):
    html = post_html(body) if "](" in body else f"<p>{body}</p>"
    rows = [[words[n:], "b" * 40, "c" * 40, [n + 1]] for n in range(min(50, len(words) - 1))]
    passages.found(html, words, "a" * 60)
    assert len(passages.mark(html, json.dumps(rows))) >= len(html)


def test_unpublished_or_foreign_things_have_no_page_of_answers(client, post):
    send(client, post, passage=SENTENCE)
    [comment] = comments()
    assert client.get(f"/comments/{comment.id}/passage").status_code == 200
    with writing():
        db.session.get(Post, post.id).withdraw()
    assert client.get(f"/comments/{comment.id}/passage").status_code == 410


def test_many_passages_are_kept_within_bounds(app, make):
    hold("none")
    post = make.post(body=" ".join(f"Sentence number {n} stands here." for n in range(300)))
    for number in range(passages.PLACES + 20):
        found = passages.found(post.body_html, f"Sentence number {number} stands here.")
        make.comment(post, **passages.fields(found))
    with writing():
        passages.gather(db.session.connection(), post.id)
    gathered = json.loads(db.session.scalar(select(Post.passages).where(Post.id == post.id)))
    assert len(gathered) == passages.PLACES
    assert passages.mark(post.body_html, json.dumps(gathered)).count("passage__answers") == passages.PLACES
