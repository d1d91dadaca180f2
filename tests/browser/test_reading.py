"""Finding one's way in a thread, in Chromium: at a desk and in a pocket, with scripts and without."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from blueprints.comments.models import TRASH, Comment
from blueprints.core.db import db, writing
from tests.browser.conftest import Server

PLAIN = False


@pytest.fixture(autouse=True)
def everybody_is_published(server: Server) -> None:
    server.hold("none")


@pytest.fixture
def talk(server: Server):
    """A post with two conversations: 1 ─ 2 ─ 3 and 4."""
    post = server.post()
    first = server.comment(post, "First", name="Ada")
    second = server.comment(post, "Second", name="Ben", parent=first)
    return post, [first, second, server.comment(post, "Third", parent=second), server.comment(post, "See #2, not `#1`")]


def news(page: Page) -> None:
    with page.expect_response(lambda response: "after=" in response.url and "page=" not in response.url):
        page.evaluate("htmx.trigger('#thread-news', 'poll')")


def later(page: Page) -> None:
    """As if the last visit were long ago."""
    page.evaluate(
        """() => { for (const key of Object.keys(localStorage)) if (key.startsWith('seen:'))
             localStorage[key] = JSON.stringify({...JSON.parse(localStorage[key]), time: 0}); }"""
    )


def change(server: Server, comment: Comment, **fields: object) -> None:
    with server.database(), writing():
        found = db.session.get(Comment, comment.id)
        if state := fields.get("state"):
            found.move_to(state)
        if text := fields.get("text"):
            found.write(text)


def test_permalink_shows_a_comment_among_its_own_and_leads_to_its_place(visit, talk, width, scripts):
    post, made = talk
    page, _ = visit(width=width, scripts=scripts)
    page.goto(f"/posts/{post.slug}/c/2")
    expect(page).to_have_url(re.compile(rf"/comments/{made[1].id}$"))
    expect(page.locator("article.comment")).to_have_count(3)
    expect(page.locator(".thread__list--above")).to_contain_text("First")
    expect(page.locator(f"#replies-{made[1].id}")).to_contain_text("Third")
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]
    page.get_by_role("link", name="Comment 2 in its place").click()
    expect(page).to_have_url(re.compile(rf"/posts/{post.slug}#comment-{made[1].id}$"))
    expect(page.locator(f"#comment-{made[1].id}")).to_be_in_viewport()


def test_permalink_announces_what_is_new_below_it_and_in_the_discussion(server, visit, talk, width):
    post, made = talk
    page, _ = visit(width=width)
    page.goto(f"/comments/{made[1].id}")
    page.locator(f"#comment-{made[2].id} a[href$='/reply']").click()
    text = page.locator(f"#reply-{made[2].id}-form-comment")
    text.fill("Half a reply")
    server.comment(post, "Elsewhere")
    news(page)
    said = page.locator("body > p[role=status].unseen")
    expect(said).to_have_text("1 new comment in the discussion.")
    expect(page.locator("#thread-news a")).to_have_attribute("href", f"/posts/{post.slug}#comments")
    fresh = server.comment(post, "Below it", parent=made[1])
    change(server, made[2], text="Third, *better*")
    news(page)
    expect(page.locator(f"#comment-{made[2].id} > .prose em")).to_have_text("better")
    expect(text).to_be_focused()
    page.get_by_role("link", name="1 new reply: show").click()
    expect(page.locator(f"#comment-{fresh.id}")).to_be_focused()
    expect(page.locator(f"#replies-{made[1].id} article.comment")).to_have_count(2)
    expect(text).to_have_value("Half a reply")
    expect(page.locator("#thread-news a")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('seen:'))") == []


def test_old_anchor_of_a_comment_on_another_page_leads_there(server, visit, talk):
    post, _ = talk
    for number in range(3):
        last = server.comment(post, f"Far {number}")
    page, _ = visit()
    page.goto(f"/posts/{post.slug}#comment-{last.id}")
    expect(page).to_have_url(re.compile(rf"\?page=3#comment-{last.id}$"))
    expect(page.locator(f"#comment-{last.id}")).to_be_in_viewport()


def test_branch_folds_by_keyboard_and_says_what_it_holds(visit, talk, width, scripts):
    post, made = talk
    page, _ = visit(width=width, scripts=scripts)
    page.goto(f"/posts/{post.slug}")
    fold = page.locator(f"#branch-{made[0].id} > .fold > summary")
    expect(fold).to_have_text("2 replies to Ada, comment 1")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#comment-{made[1].id}")).to_be_hidden()
    expect(page.locator(f"#comment-{made[0].id}")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(f"#comment-{made[2].id}")).to_be_visible()


def test_keys_lead_through_the_comments_but_not_while_something_is_typed(visit, talk):
    post, made = talk
    page, _ = visit()
    page.goto(f"/posts/{post.slug}")
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("u", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(page.locator(f"#comment-{made[at].id}")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator(f"#comment-{made[3].id}")).to_be_focused()
    page.locator("#comment-form-comment").focus()
    page.keyboard.type("jkunx")
    expect(page.locator("#comment-form-comment")).to_have_value("jkunx")
    page.locator(".thread-tools > summary").click()
    page.get_by_label("Keys, while nothing is typed").uncheck()
    page.locator(f"#comment-{made[3].id}").focus()
    page.keyboard.press("k")
    expect(page.locator(f"#comment-{made[3].id}")).to_be_focused()


def test_new_since_the_last_visit_is_marked_and_stays_so_within_this_one(server, visit, talk, width):
    post, made = talk
    page, watch = visit(width=width)
    page.goto(f"/posts/{post.slug}")
    expect(page.locator(".comment--new")).to_have_count(0)
    later(page)
    fresh = [server.comment(post, f"New {number}", parent=made[0]) for number in (1, 2)]
    for _ in range(2):
        page.goto(f"/posts/{post.slug}")
        expect(page.locator(".comment--new")).to_have_count(2)
        for comment in fresh:
            page.keyboard.press("n") if comment is fresh[1] else page.get_by_role("button", name="Next new").click()
            expect(page.locator(f"#comment-{comment.id}")).to_be_focused()
        expect(page.get_by_role("button", name="Next new")).to_be_hidden()
    later(page)
    page.goto(f"/posts/{post.slug}")
    expect(page.locator("#comments")).to_be_visible()
    expect(page.locator(".comment--new")).to_have_count(0)
    assert not watch.asked("seen")


def test_what_is_read_folds_and_what_is_new_stays_open(server, visit, talk):
    post, made = talk
    answer = server.comment(post, "To the last", parent=made[3])
    page, _ = visit()
    page.goto(f"/posts/{post.slug}")
    later(page)
    fresh = server.comment(post, "Fresh", parent=made[3])
    page.goto(f"/posts/{post.slug}")
    page.locator(".thread-tools > summary").click()
    page.get_by_role("button", name="Fold what is not new").click()
    expect(page.locator(f"#comment-{fresh.id}")).to_be_visible()
    expect(page.locator(f"#comment-{answer.id}")).to_be_visible()
    expect(page.locator(f"#comment-{made[1].id}")).to_be_hidden()
    expect(page.locator(f"#comment-{made[0].id}")).to_be_visible()
    page.get_by_role("button", name="Fold all replies").click()
    expect(page.locator(f"#comment-{fresh.id}")).to_be_hidden()
    page.get_by_role("button", name="Unfold all").click()
    expect(page.locator(f"#comment-{made[2].id}")).to_be_visible()


def test_edits_and_removals_follow_while_a_reply_is_being_written(server, visit, talk, width):
    post, made = talk
    page, _ = visit(width=width)
    page.goto(f"/posts/{post.slug}")
    page.get_by_role("link", name="Reply to Ben").click()
    form = f"#reply-{made[1].id}-form"
    page.locator(f"{form}-comment").fill("Half a reply")
    top = page.locator(f"#comment-{made[3].id}").bounding_box()["y"]
    change(server, made[3], text="See #2 and *better* words")
    change(server, made[1], state=TRASH)
    server.comment(post, "Another")
    news(page)
    expect(page.locator(f"#comment-{made[3].id} em")).to_have_text("better")
    expect(page.locator(f"#comment-{made[1].id} > .comment__gone")).to_be_visible()
    expect(page.locator("#comment-count")).to_have_text("4 comments")
    expect(page.locator(f"{form}-comment")).to_have_value("Half a reply")
    expect(page.locator(f"{form}-comment")).to_be_focused()
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    said = page.locator("body > p[role=status].unseen")
    expect(said).to_have_text("1 new comment below.")
    page.evaluate("document.querySelector('body > p[role=status].unseen').textContent = ''")
    news(page)
    expect(said).to_be_empty()
    assert page.locator(f"#comment-{made[3].id}").bounding_box()["y"] <= top


def test_order_is_remembered_in_this_browser_alone(visit, talk):
    post, made = talk
    page, _ = visit()
    page.goto(f"/posts/{post.slug}")
    page.get_by_role("link", name="Newest first").click()
    expect(page).to_have_url(re.compile("sort=newest"))
    expect(page.locator("article.comment").first).to_have_id(f"comment-{made[3].id}")
    page.goto(f"/posts/{post.slug}")
    expect(page.locator("article.comment").first).to_have_id(f"comment-{made[3].id}")
    page.get_by_role("link", name="Oldest first").click()
    expect(page.locator("article.comment").first).to_have_id(f"comment-{made[0].id}")
    assert page.context.cookies() == []


def test_number_in_a_text_leads_to_that_comment(server, visit, talk, scripts):
    post, made = talk
    change(server, made[3], text="See #2, not `#1`, nor #99")
    page, _ = visit(scripts=scripts)
    page.goto(f"/posts/{post.slug}")
    links = page.locator(f"#comment-{made[3].id} .prose a")
    expect(links).to_have_count(1)
    links.click()
    if scripts:
        expect(page.locator(f"#comment-{made[1].id}")).to_be_focused()
    else:
        expect(page).to_have_url(re.compile(rf"/comments/{made[1].id}$"))


def test_flat_reply_shows_how_what_it_answers_begins_when_its_link_has_the_focus(visit, talk, width):
    post, made = talk
    page, _ = visit(width=width, scripts=PLAIN)
    page.goto(f"/posts/{post.slug}?sort=flat")
    link = page.locator(f"#comment-{made[1].id} .comment__to a")
    begins = link.locator(".comment__begins")
    expect(link).to_have_accessible_name(re.compile("Ada ?: First"))
    expect(begins).to_have_css("opacity", "0")
    page.locator(f"#comment-{made[1].id} .comment__number").focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    expect(begins).to_have_css("opacity", "1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]


def test_what_is_kept_of_a_visit_is_one_number_a_post(visit, talk):
    post, _ = talk
    page, _ = visit()
    page.goto(f"/posts/{post.slug}")
    expect(page.locator(".thread-tools")).to_be_attached()
    kept = page.evaluate("({...localStorage})")
    assert [key.rpartition("/posts/")[2] for key in kept] == [f"{post.slug}/comments"]
    assert json.loads(next(iter(kept.values())))["last"] == 4


def test_writer_is_muted_in_this_browser_alone_and_what_answers_them_stays(server, visit, talk, width):
    post, made = talk
    other = server.comment(post, "By Ben, on page two", name="BEN ")
    page, watch = visit(width=width)
    page.goto(f"/posts/{post.slug}")
    ben = page.locator(f"#comment-{made[1].id}")
    mute = ben.get_by_role("button", name="Mute Ben, comment 2")
    expect(mute).to_be_hidden()
    ben.get_by_role("button", name="More on comment 2").focus()
    page.keyboard.press("Enter")
    expect(ben.get_by_role("link", name="Report comment 2")).to_be_visible()
    mute.focus()
    page.keyboard.press("Enter")
    show = ben.get_by_role("button", name="Show comment 2")
    expect(show).to_be_focused()
    expect(page.locator("#status")).to_have_text("Ben is muted in this browser.")
    expect(ben.locator("> .comment__muted")).to_contain_text("A comment by Ben, muted.")
    expect(ben.locator("> .prose")).to_be_hidden()
    expect(page.locator(f"#comment-{made[2].id} > .prose")).to_be_visible()
    # What comes live, with another page and on another day, and a name however it is spelled.
    live = server.comment(post, "Live, by Ben", name="ben", parent=made[0])
    news(page)
    expect(show).to_be_focused()
    page.get_by_role("link", name="1 new comment").click()
    expect(page.locator(f"#comment-{live.id} > .comment__muted")).to_be_visible()
    page.get_by_role("link", name="More comments").click()
    expect(page.locator(f"#comment-{other.id} > .prose")).to_be_hidden()
    page.goto(f"/posts/{post.slug}")
    expect(ben.locator("> .prose")).to_be_hidden()
    show.click()
    expect(ben.locator("> .prose")).to_be_visible()
    expect(ben.get_by_role("button", name="Hide comment 2")).to_be_focused()
    # Whoever was led to it reads it; the thread's tools take it back.
    page.goto(f"/comments/{live.id}")
    expect(page.locator(f"#comment-{live.id} > .prose")).to_be_visible()
    page.goto(f"/posts/{post.slug}")
    page.locator(".thread-tools > summary").click()
    page.get_by_role("button", name="Unmute Ben", exact=True).click()
    expect(page.locator(".thread-tools > summary")).to_be_focused()
    expect(ben.locator("> .prose")).to_be_visible()
    expect(page.locator(".comment__muted")).to_have_count(0)
    assert page.evaluate("localStorage.muted") is None
    assert not watch.asked("mute")
    assert page.context.cookies() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]


# The tools of the page, which come when somebody is about to use one


def test_first_view_is_four_requests_and_the_first_key_that_is_pressed_brings_the_tools(server, visit):
    post = server.post()
    server.comment(post, "First")
    page, watch = visit(moves=False)
    page.goto(f"/posts/{post.slug}", wait_until="networkidle")
    assert len([path for path in watch.asked("/") if not path.endswith(".svg")]) == 4
    page.keyboard.press("j")
    expect(page.locator("#comment-list .comment")).to_be_focused()
    assert len(watch.asked("/static/site-")) == 2  # the stylesheet, and now the tools


def test_paper_has_the_whole_of_a_table_and_nothing_to_click(server, visit):
    page, _watch = visit(width={"width": 643, "height": 900})
    address = f"https://example.org/{'a' * 90}"
    post = server.post(body=f"| Where | What |\n|--|--|\n| [{address}]({address}) | A book |")
    server.comment(post)
    page.goto(f"/posts/{post.slug}")
    page.emulate_media(media="print")
    assert page.locator(".prose table").evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    expect(
        page.locator("input:visible, button:visible, summary:visible, .feeds:visible, .article__error:visible")
    ).to_have_count(0)
