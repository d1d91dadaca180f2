"""Writing in Chromium: preview, toolbar, shortcuts, drafts; at a desk and in a pocket, with scripts and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from blueprints.core.db import db, writing
from blueprints.editorial import links
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_answering import address, send, texts, write

FORM = "#comment-form"


@pytest.fixture(autouse=True)
def everybody_is_published(server):
    server.hold("none")


@pytest.fixture
def open_post(server, visit):
    def open_post(*, width=WIDE, scripts=True, **fields):
        post = server.post(**fields)
        page, watch = visit(width=width, scripts=scripts)
        page.goto(address(post))
        return post, page, watch

    return open_post


def area(page: Page):
    return page.locator(f"{FORM}-comment")


def choose(page: Page, start: int, end: int) -> None:
    area(page).evaluate("(area, [start, end]) => { area.focus(); area.setSelectionRange(start, end) }", [start, end])


def chosen(page: Page) -> str:
    return area(page).evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")


def tool(page: Page, name: str):
    return page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True)


def test_preview_shows_the_comment_and_then_it_is_sent(server, open_post, width, scripts):
    post, page, _ = open_post(width=width, scripts=scripts)
    area(page).fill("写得*很好*。")
    page.get_by_role("button", name="Preview").click()
    shown = page.get_by_role("region", name="Preview")
    expect(shown.locator(".prose em")).to_have_text("很好")
    expect(area(page)).to_have_value("写得*很好*。")
    if scripts:
        expect(shown).to_be_focused()
        expect(page).to_have_url(re.compile(re.escape(address(post)) + "$"))
    assert texts(server, post) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    write(page, "写得*很好*，真的。")
    page.get_by_role("button", name="Preview").click()
    expect(shown.locator(".prose")).to_contain_text("真的")
    expect(shown).to_have_count(1)
    send(page)
    expect(page.locator("#comment-list .comment .prose em")).to_have_text("很好")
    assert texts(server, post) == ["写得*很好*，真的。"]


def test_draft_outlives_a_preview(open_post):
    _, page, _ = open_post()
    area(page).press_sequentially("Half a thought")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview")).to_be_visible()
    page.reload()
    expect(area(page)).to_have_value("Half a thought")


# A button, the words before, what of them is chosen, the words after, what of those is chosen then.
TOOLS = [
    ("Strong", "very good", (5, 9), "very **good**", "good"),
    ("Strong", "very **good**", (7, 11), "very good", "good"),
    ("Emphasis", "非常 好 。", (2, 5), "非常 *好* 。", "好"),
    ("Emphasis", "**a**", (2, 3), "***a***", "a"),
    ("Link", "see this", (4, 8), "see [this](https://)", "https://"),
    ("Link", "https://x.example/", (0, 18), "[](https://x.example/)", ""),
    ("Quote", "one\ntwo\nthree", (1, 5), "> one\n> two\nthree", "> one\n> two"),
    ("Quote", "> one\n> two", (0, 11), "one\ntwo", "one\ntwo"),
    ("List", "甲\n乙", (0, 3), "- 甲\n- 乙", "- 甲\n- 乙"),
    ("Code", "call f() now", (5, 8), "call `f()` now", "f()"),
    ("Code", "a\nb", (0, 3), "```\na\nb\n```\n", ""),
]


def test_toolbar_marks_what_is_selected_and_undo_takes_it_back(open_post):
    _, page, _ = open_post()
    for name, before, pick, after, then in TOOLS:
        area(page).fill("")
        area(page).press_sequentially(before)
        choose(page, *pick)
        tool(page, name).click()
        expect(area(page)).to_have_value(after)
        expect(area(page)).to_be_focused()
        assert chosen(page) == then, (name, before)
        page.keyboard.press("Control+z")
        expect(area(page)).to_have_value(before)


def test_keyboard_formats_previews_and_sends(server, open_post):
    post, page, _ = open_post()
    write(page, "")
    area(page).focus()
    page.keyboard.type("So ")
    for key, word in (("b", "bold"), ("i", "lean")):
        page.keyboard.press(f"Control+{key}")
        page.keyboard.type(word)
        page.keyboard.press("End")
        page.keyboard.type(" ")
    expect(area(page)).to_have_value("So **bold** *lean* ")
    page.keyboard.press("Shift+Tab")
    expect(tool(page, "Strong")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tool(page, "Emphasis")).to_be_focused()
    page.keyboard.press("End")
    expect(tool(page, "List")).to_be_focused()
    page.keyboard.press("Enter")
    expect(area(page)).to_have_value("- So **bold** *lean* ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    assert texts(server, post) == ["- So **bold** *lean*"]


def test_nothing_happens_to_a_word_being_composed(server, open_post):
    post, page, _ = open_post()
    write(page, "")
    area(page).focus()
    keys = page.context.new_cdp_session(page)
    keys.send("Input.imeSetComposition", {"text": "王", "selectionStart": 1, "selectionEnd": 1})
    for key, code, number in (("Enter", "Enter", 13), ("b", "KeyB", 66)):
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 2}
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **event})
        keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})
    expect(area(page)).to_have_value("王")
    keys.send("Input.insertText", {"text": "王"})
    expect(area(page)).to_have_value("王")
    assert texts(server, post) == []


def test_address_pasted_over_words_makes_a_link(open_post):
    _, page, _ = open_post()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('https://example.org/a')")
    area(page).press_sequentially("see this")
    choose(page, 4, 8)
    page.keyboard.press("Control+v")
    expect(area(page)).to_have_value("see [this](https://example.org/a)")
    page.keyboard.press("Control+z")
    expect(area(page)).to_have_value("see this")


def test_room_is_counted_as_the_server_counts(server, open_post):
    post, page, watch = open_post()
    watch.expect("422")
    sent = []
    for unit in ("字", "😀", "a"):
        write(page, unit * 9_990 + "\n" * 3)
        expect(page.locator("[data-room]")).to_have_text("10 characters left")
        write(page, unit * 10_001)
        expect(page.locator("[data-room]")).to_have_text("1 characters too many")
        send(page)
        expect(area(page)).to_have_accessible_description(re.compile("10,001 characters long"))
        write(page, unit * 10_000)
        send(page)
        sent.append(unit * 10_000)
        expect(page.locator("#comment-list .comment")).to_have_count(len(sent))
        assert texts(server, post) == sent


def test_restored_draft_says_so_and_can_be_discarded_and_taken_back(open_post):
    _, page, _ = open_post(width=PHONE)
    area(page).press_sequentially("昨天写的")
    page.reload()
    expect(area(page)).to_have_value("昨天写的")
    expect(page.get_by_text("Your draft is back.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(area(page)).to_have_value("")
    expect(area(page)).to_be_focused()
    expect(page.get_by_text("Your draft is back.")).to_have_count(0)
    page.reload()
    expect(area(page)).to_have_value("")


def test_draft_of_one_tab_is_not_lost_when_another_sends_its_own(server, open_post):
    post, page, _ = open_post()
    other = page.context.new_page()
    other.goto(address(post))
    area(other).press_sequentially("What the other tab says")
    write(page, "What this tab says")
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    other.reload()
    expect(area(other)).to_have_value("What the other tab says")
    write(other, "What the other tab says")
    send(other)
    expect(other.locator("#comment-list .comment")).to_have_count(2)
    assert texts(server, post) == ["What this tab says", "What the other tab says"]


def test_draft_of_a_reply_survives_a_crash_and_goes_when_it_is_sent(server, open_post):
    post, page, _ = open_post()
    parent = server.comment(post, "First", name="Ada")
    page.reload()
    form = f"#reply-{parent.id}-form"
    page.get_by_role("link", name="Reply to Ada").click()
    page.locator(f"{form}-comment").press_sequentially("Half")
    crashed = page.context
    page.close(run_before_unload=False)
    page = crashed.new_page()
    page.goto(address(post))
    page.get_by_role("link", name="Reply to Ada").click()
    expect(page.locator(f"{form}-comment")).to_have_value("Half")
    write(page, "Half and half", form=form)
    send(page, form)
    expect(page.locator("#comment-list .comment")).to_have_count(2)
    page.get_by_role("link", name="Reply to Ada").click()
    expect(page.locator(f"{form}-comment")).to_have_value("")
    assert texts(server, post)[1:] == ["Half and half"]


def test_changed_words_are_not_taken_for_what_arrived_before(server, open_post):
    post, page, watch = open_post()
    watch.expect("ERR_FAILED", "Failed to fetch")
    write(page, "First words")
    page.route("**/comments", lambda route: (route.fetch(), route.abort()))
    send(page)
    expect(page.locator(f"{FORM}-notice .problem")).to_be_visible()
    assert texts(server, post) == ["First words"]
    page.unroute("**/comments")
    area(page).press_sequentially(" and last ones")
    send(page)
    expect(page.locator("#comment-list .comment").filter(has_text="last ones")).to_have_count(1)
    assert texts(server, post) == ["First words", "First words and last ones"]


# Quoting

ARTICLE = "The first sentence. A *second* one.\n\n第一句。第二句很**重要**，读者会回答它。\n\nThe last."


def select(page: Page, selector: str, start: str, end: str) -> None:
    """Select from the beginning of *start* to the end of *end*, as a pointer does."""
    page.locator(selector).first.evaluate(
        """(prose, [start, end]) => {
          const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT), range = document.createRange();
          let begun = false;
          while (walker.nextNode()) {
            const { data } = walker.currentNode;
            if (!begun && data.includes(start)) range.setStart(walker.currentNode, data.indexOf(start));
            begun ||= data.includes(start);
            if (!begun || !data.includes(end)) continue;
            range.setEnd(walker.currentNode, data.indexOf(end) + end.length);
            break;
          }
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [start, end],
    )


def test_selected_passage_is_answered_and_the_article_leads_there_and_back(server, open_post, width):
    post, page, _ = open_post(width=width, body=ARTICLE)
    select(page, ".article > .prose", "第二句", "回答它。")
    page.get_by_role("button", name="Answer this").click()
    expect(area(page)).to_be_focused()
    expect(page.locator("[data-passage] blockquote")).to_have_text("第二句很重要，读者会回答它。")
    page.reload()
    expect(page.locator("[data-passage] blockquote")).to_have_text("第二句很重要，读者会回答它。")
    write(page, "不对。")
    send(page)
    comment = page.locator("#comment-list .comment")
    expect(comment.locator(".comment__passage")).to_have_text("第二句很重要，读者会回答它。")
    expect(page.locator("[data-passage]")).to_be_hidden()
    page.reload()
    mark = page.get_by_role("link", name="1 answer to this passage")
    expect(mark).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    [stored] = server.comments(post)
    assert (stored.passage, stored.text) == ("第二句很重要，读者会回答它。", "不对。")
    mark.click()
    expect(page.locator(f"#comment-{stored.id}")).to_be_in_viewport()
    comment.locator(".comment__passage a").click()
    expect(page.locator(f"#passage-{stored.id} + .passage")).to_be_in_viewport()


def test_passage_is_chosen_and_answered_with_the_keyboard_alone(server, open_post):
    _post, page, _ = open_post(body=ARTICLE)
    page.get_by_text("The first sentence.").click()  # where Tab goes on from
    select(page, ".article > .prose", "A ", " one.")
    offer = page.get_by_role("button", name="Answer this")
    expect(offer).to_be_visible()
    page.keyboard.press("Tab")
    expect(offer).to_be_focused()
    page.keyboard.press("Enter")
    expect(area(page)).to_be_focused()
    page.keyboard.type("Really?")
    page.get_by_role("button", name="Do not quote this").press("Enter")
    expect(page.locator("[data-passage]")).to_be_hidden()
    expect(area(page)).to_be_focused()
    expect(area(page)).to_have_value("Really?")


def test_marked_passage_can_be_selected_and_answered_again(server, open_post):
    post, page, _ = open_post(body=ARTICLE)
    for words in ("One", "Two"):
        select(page, ".article > .prose", "The first", "A " if words == "One" else "one.")
        page.get_by_role("button", name="Answer this").click()
        write(page, words)
        send(page)
        expect(page.locator("#comment-list .comment").filter(has_text=words)).to_be_visible()
        page.reload()
    assert [comment.passage for comment in server.comments(post)] == [
        "The first sentence. A",
        "The first sentence. A second one.",
    ]


def test_error_in_a_selected_sentence_is_reported_and_a_draft_gets_a_note(server, open_post):
    _post, page, _ = open_post(body=ARTICLE, comments_open=False)
    select(page, ".article > .prose", "The first", "one.")
    page.get_by_role("link", name="Report an error here").click()
    expect(page.get_by_label("The sentence it is about")).to_have_value("The first sentence. A second one.")
    page.get_by_label("What is wrong?").fill("There are three.")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Your report has arrived")).to_be_focused()

    with server.database() as make:
        draft = make.post(body=ARTICLE, state="draft", published_at=None)
        with writing():
            _link, token = links.make(db.session.merge(draft), by=None, label="", days=1)
    page.goto(f"/drafts/{token}")
    select(page, ".article > .prose", "The first", "one.")
    expect(page.get_by_label("The sentence it is about")).to_have_value("The first sentence. A second one.")
    page.get_by_label("Your name").fill("Li")
    page.get_by_role("textbox", name="Your note").fill("Which one?")
    page.get_by_role("button", name="Send the note").click()
    expect(page.get_by_text("Your note has arrived.")).to_be_focused()
    expect(page.locator("#guest-notes .note__passage")).to_have_text("The first sentence. A second one.")


def test_no_passage_is_offered_where_that_is_switched_off(open_post):
    _, page, _ = open_post(body=ARTICLE, passages_open=False)
    select(page, ".article > .prose", "The first", "one.")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")  # longer than an offer takes
    expect(page.get_by_role("button", name="Answer this")).to_have_count(0)


def test_without_scripts_a_typed_quotation_is_anchored(server, open_post, width):
    _post, page, _ = open_post(width=width, scripts=False, body=ARTICLE)
    write(page, "> 第二句很重要，读者会回答它。\n\n不对。")
    send(page)
    expect(page.locator("#comment-list .comment__passage a")).to_have_text("第二句很重要，读者会回答它。")
    page.get_by_role("link", name="1 answer to this passage").click()
    expect(page).to_have_url(re.compile(r"comments?[/-]\d+$"))
    expect(page.locator(".comment__passage").first).to_be_visible()


def test_selected_words_of_a_comment_are_quoted_into_the_reply(server, open_post, width):
    post, page, _ = open_post(width=width)
    parent = server.comment(post, "One thing. *Another* thing.\n\n第二段。", name="Ada")
    page.reload()
    prose, form = f"#comment-{parent.id} > .prose", f"#reply-{parent.id}-form"
    select(page, prose, "Another", "第二段。")
    page.get_by_role("button", name="Quote this").click()
    expect(page.locator(f"{form}-comment")).to_have_value("> Another thing.\n> 第二段。\n\n")
    expect(page.locator(f"{form}-comment")).to_be_focused()
    page.keyboard.type("No.")
    select(page, prose, "One", "thing.")
    page.locator(f"#comment-{parent.id} .offer").click()
    expect(page.locator(f"{form}-comment")).to_have_value("> Another thing.\n> 第二段。\n\nNo.\n\n> One thing.\n\n")


def test_reply_takes_along_what_is_selected_and_the_keyboard_quotes_all(server, open_post):
    post, page, _ = open_post()
    first, second = (
        server.comment(post, "One thing. Another.", name="Ada"),
        server.comment(post, "Two.\n\n> old\n\n- a", name="Bo"),
    )
    page.reload()
    select(page, f"#comment-{first.id} > .prose", "Another", "Another.")
    page.get_by_role("link", name="Reply to Ada").click()
    expect(page.locator(f"#reply-{first.id}-form-comment")).to_have_value("> Another.\n\n")
    page.get_by_role("link", name="Reply to Bo").press("Enter")
    expect(page.locator(f"#reply-{second.id}-form-comment")).to_have_value("")
    page.locator(f"#reply-{second.id}-form").get_by_role("button", name="Quote the comment").press("Enter")
    expect(page.locator(f"#reply-{second.id}-form-comment")).to_have_value("> Two.\n> a\n\n")


def test_long_code_scrolls_sideways_in_its_own_block_and_by_keyboard(server, open_post, width):
    post, page, _ = open_post(width=width)
    server.comment(post, "مرحبا\n\n```\n" + "long_line = " * 40 + "\n```")
    page.reload()
    code = page.locator("#comment-list pre")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert code.evaluate("pre => pre.scrollWidth > pre.clientWidth && getComputedStyle(pre).direction") == "ltr"
    code.focus()
    page.keyboard.press("ArrowRight")
    expect(code).to_be_focused()
