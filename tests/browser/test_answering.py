"""Reading and answering in Chromium: at a desk and in a pocket, with scripts and without."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Server

NAME, EMAIL, TEXT = "Jo Answering", "jo@example.org", "A *thought* of mine."
SCRIPTS, PLAIN = True, False
LINE = "王小明 " + "Wolfeschlegelsteinhausenbergerdorff" * 2


@pytest.fixture(autouse=True)
def everybody_is_published(server: Server) -> None:
    server.hold("none")


def write(page: Page, text: str = TEXT, *, form: str = "#comment-form", name: str = NAME, email: str = EMAIL) -> None:
    page.locator(f"{form}-author").fill(name)
    page.locator(f"{form}-email").fill(email)
    page.locator(f"{form}-comment").fill(text)


def send(page: Page, form: str = "#comment-form") -> None:
    page.locator(f"{form} button[type=submit]").click()


def texts(server: Server, post) -> list[str]:
    return [comment.text for comment in server.comments(post)]


def own(page: Page):
    return page.locator("#own-comments .comment--pending")


def address(post, anchor: str = "") -> str:
    return f"/posts/{post.slug}{anchor}"


def news(page: Page) -> None:
    """Ask for news now, as the clock would."""
    with page.expect_response(lambda response: "after=" in response.url and "page=" not in response.url):
        page.evaluate("htmx.trigger('#thread-news', 'poll')")


# Posting


def test_reader_answers_and_the_comment_stands_in_the_thread(server, visit, width, scripts):
    post = server.post()
    page, _ = visit(width=width, scripts=scripts)
    page.goto(address(post))
    write(page)
    send(page)
    comment = page.locator("#comment-list .comment")
    expect(comment).to_have_count(1)
    expect(comment.locator("em")).to_have_text("thought")
    expect(page.locator("#comment-count")).to_have_text("1 comment")
    expect(page.locator("#comment-form-comment")).to_have_value("")
    expect(page).to_have_url(re.compile(re.escape(address(post)) + ("$" if scripts else r"#comment-\d+$")))
    if scripts:
        expect(page.locator("#status[role=status]")).to_have_text("Your comment is published as number 1.")
        expect(comment).to_be_focused()
    assert texts(server, post) == [TEXT]


def test_first_comment_is_seen_by_its_writer_alone_until_an_editor_lets_it_through(server, visit, width, scripts):
    server.hold("new")
    post = server.post()
    page, _ = visit(width=width, scripts=scripts)
    stranger, _ = visit(width=width, scripts=scripts)
    page.goto(address(post))
    write(page)
    send(page)
    if scripts:
        expect(page.locator("#status[role=status]")).to_have_text("Your comment has arrived and waits for an editor.")
        expect(own(page)).to_contain_text("Only you see it")
        expect(own(page)).to_be_focused()
        page.reload()
        expect(own(page)).to_contain_text("thought")
    else:
        expect(page).to_have_url(re.compile(r"/comments/mine#comment-\d+$"))
        expect(page.locator(".comment--pending")).to_contain_text("Only you see it")
    stranger.goto(address(post))
    expect(stranger.locator("#comment-count")).to_have_text("No comments yet")
    assert "thought" not in stranger.content()
    server.approve(post)
    for each in (page, stranger):
        each.goto(address(post))
        expect(each.locator("#comment-list .comment")).to_contain_text("thought")
    expect(own(page)).to_have_count(0)


def test_invalid_field_keeps_the_text_and_takes_the_focus(server, visit, width, scripts):
    post = server.post()
    page, watch = visit(width=width, scripts=scripts)
    watch.expect("422")
    page.goto(address(post))
    write(page, email="jo at example")
    send(page)
    email = page.locator("#comment-form-email")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description(re.compile("not an e-mail address"))
    expect(email).to_have_value("jo at example")
    expect(page.locator("#comment-form-comment")).to_have_value(TEXT)
    assert texts(server, post) == []
    email.fill(EMAIL)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    expect(page.locator("#comment-form-comment")).to_have_value("")
    expect(page.locator("#comment-form [aria-invalid]")).to_have_count(0)
    write(page, "Once more")
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(2)
    assert texts(server, post) == [TEXT, "Once more"]


def test_two_clicks_make_one_comment(server, visit, width, scripts):
    post = server.post()
    page, _ = visit(width=width, scripts=scripts)
    page.goto(address(post))
    write(page)
    page.locator("#comment-form button[type=submit]").dblclick()
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    assert texts(server, post) == [TEXT]


def test_going_back_after_posting_neither_loses_nor_doubles(server, visit, scripts):
    post = server.post()
    page, _ = visit(scripts=scripts)
    page.goto(address(post))
    write(page)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    if scripts:
        page.goto("/")
        page.go_back()
        expect(
            page.locator("#comment-list .comment").or_(page.get_by_role("link", name="1 new comment"))
        ).to_be_visible()
        expect(page.locator("#comment-form-comment")).to_have_value("")
    else:
        page.go_back()
        write(page)
        send(page)
        expect(page.locator("#comment-list .comment")).to_have_count(1)
    assert texts(server, post) == [TEXT]


def test_keyboard_alone_leads_from_the_top_to_a_posted_comment(server, visit, scripts):
    post = server.post()
    server.comment(post)
    page, _ = visit(scripts=scripts)
    page.goto(address(post))

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.locator(selector).evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    tab_to(".skip")
    page.keyboard.press("Enter")
    for name, value in (("author", NAME), ("email", EMAIL), ("comment", TEXT)):
        tab_to(f"#comment-form-{name}")
        page.keyboard.type(value)
    tab_to("#comment-form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#comment-list .comment")).to_have_count(2)
    assert texts(server, post)[1:] == [TEXT]


def test_enter_that_accepts_a_word_being_composed_does_not_send(server, visit):
    post = server.post()
    page, _ = visit()
    page.goto(address(post))
    write(page, name="")
    page.locator("#comment-form-author").focus()
    page.evaluate(
        "addEventListener('keydown', event => window.seen = [event.isComposing, event.defaultPrevented, event.key])"
    )
    keys = page.context.new_cdp_session(page)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    keys.send("Input.imeSetComposition", {"text": "王", "selectionStart": 1, "selectionEnd": 1})
    keys.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert page.evaluate("window.seen") == [True, True, "Enter"]
    keys.send("Input.insertText", {"text": "王"})
    expect(page.locator("#comment-form-author")).to_have_value("王")
    assert texts(server, post) == []
    keys.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r", **enter})
    expect(page.locator("#comment-list .comment")).to_have_count(1)


# Replies


def test_reply_opens_under_its_comment_and_lands_there(server, visit, width, scripts):
    post = server.post()
    first, second = server.comment(post, "First", name="Ada"), server.comment(post, "Second")
    page, _ = visit(width=width, scripts=scripts)
    page.goto(address(post))
    page.locator(f"#comment-{first.id}").get_by_role("link", name="Reply to Ada").click()
    form = f"#reply-{first.id}-form"
    if scripts:
        expect(page.locator(f"#comment-{first.id} {form}")).to_be_visible()
        expect(page.locator(f"{form}-author")).to_be_focused()
    else:
        expect(page).to_have_url(re.compile(rf"/comments/{first.id}/reply$"))
    write(page, form=form)
    send(page, form)
    reply = page.locator(f"#replies-{first.id} .comment")
    expect(reply).to_have_count(1)
    expect(reply).to_contain_text("thought")
    expect(page.locator(form)).to_have_count(0)
    expect(page.locator(f"#replies-{second.id} .comment")).to_have_count(0)
    if scripts:
        expect(reply).to_be_focused()
    assert server.comments(post)[-1].parent_id == first.id


def test_cancelled_reply_gives_the_focus_back(server, visit, width):
    post = server.post()
    comment = server.comment(post, "First", name="Ada")
    page, _ = visit(width=width)
    page.goto(address(post))
    reply = page.get_by_role("link", name="Reply to Ada")
    reply.click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(f"#reply-{comment.id}-form")).to_have_count(0)
    expect(reply).to_be_focused()
    expect(page.locator("#comment-list .comment")).to_have_count(1)


def test_cancelled_reply_leaves_the_answers_below_it(server, visit):
    post = server.post()
    comment = server.comment(post, "First", name="Ada")
    server.comment(post, "Below", parent=comment, name="Ben")
    page, _ = visit()
    page.goto(address(post))
    page.get_by_role("link", name="Reply to Ada").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="Reply to Ada")).to_be_focused()
    expect(page.locator(f"#replies-{comment.id} .comment")).to_have_count(1)


# What scripts keep


def test_draft_survives_a_reload_and_goes_when_it_is_sent(server, visit):
    post = server.post()
    page, _ = visit()
    page.goto(address(post))
    page.locator("#comment-form-comment").fill("Half a thought")
    page.reload()
    expect(page.locator("#comment-form-comment")).to_have_value("Half a thought")
    write(page)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    page.reload()
    expect(page.locator("#comment-form-comment")).to_have_value("")


def test_nothing_about_the_writer_is_kept_unless_they_say_so(server, visit):
    post = server.post()
    page, _ = visit()
    page.goto(address(post))
    box = page.get_by_label("Remember my name")
    expect(box).not_to_be_checked()
    write(page)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    page.reload()
    expect(page.locator("#comment-form-author")).to_have_value("")
    assert page.evaluate("Object.keys(localStorage).filter(key => !/^(seen|own):/.test(key))") == []


def test_remembered_writer_is_filled_in_and_forgotten_again(server, visit):
    post, other = server.post(), server.post()
    page, _ = visit()
    page.goto(address(post))
    write(page)
    page.locator("#comment-form-url").fill("https://jo.example")
    page.get_by_label("Remember my name").check()
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    page.goto(address(other))
    expect(page.locator("#comment-form-author")).to_have_value(NAME)
    expect(page.locator("#comment-form-email")).to_have_value(EMAIL)
    expect(page.locator("#comment-form-url")).to_have_value("https://jo.example")
    page.get_by_label("Remember my name").uncheck()
    page.reload()
    expect(page.locator("#comment-form-author")).to_have_value("")
    assert page.evaluate("localStorage.getItem('who')") is None


# When things go wrong


def test_lost_network_keeps_the_text_and_says_so(server, visit, width):
    post = server.post()
    page, watch = visit(width=width)
    watch.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    page.goto(address(post))
    write(page)
    page.context.set_offline(True)
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text("could not be reached. Your text is still here")
    expect(page.get_by_role("alert").first).to_be_in_viewport()
    expect(page.locator("#comment-form-comment")).to_have_value(TEXT)
    page.context.set_offline(False)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    assert texts(server, post) == [TEXT]


@pytest.mark.parametrize("status", [502, 500, 403])
def test_page_of_a_proxy_in_between_keeps_the_form_and_its_text(server, visit, status):
    post = server.post()
    page, watch = visit()
    watch.expect(str(status))
    page.goto(address(post))
    body = f"<html><head><title>{status}</title></head><body><center><h1>Bad Gateway</h1></center></body></html>"
    page.route(
        "**/comments", lambda route: route.fulfill(status=status, body=body, headers={"Content-Type": "text/html"})
    )
    write(page)
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text(f"an error ({status}). Your text is still here")
    expect(page.locator("#comment-form-comment")).to_have_value(TEXT)
    expect(page.get_by_text("Bad Gateway")).to_have_count(0)
    page.unroute_all()
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    expect(page.get_by_role("alert").first).to_be_empty()


def test_answer_lost_on_the_way_makes_no_second_comment(server, visit):
    post = server.post()
    page, watch = visit()
    watch.expect("ERR_FAILED", "Failed to fetch", "ERR_CONNECTION")
    page.goto(address(post))

    def swallow(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/comments", swallow)
    write(page)
    send(page)
    expect(page.get_by_role("alert").first).to_contain_text("Your text is still here")
    page.unroute_all()
    send(page)
    expect(page.locator("#status[role=status]")).to_contain_text("You had sent this already")
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    assert texts(server, post) == [TEXT]


def test_too_many_comments_keep_the_text_and_name_the_wait(server, visit, width, scripts):
    post = server.post()
    page, watch = visit(width=width, scripts=scripts)
    watch.expect("429")
    page.goto(address(post))
    write(page)
    with server.used_up_limit():
        send(page)
        expect(page.get_by_text("Please wait")).to_be_visible()
        expect(page.locator("#comment-form-comment")).to_have_value(TEXT)
    send(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)


# News


def test_new_comment_is_announced_and_shown_while_an_open_reply_stays_as_it_is(server, visit, width):
    post = server.post()
    first = server.comment(post, "First", name="Ada")
    page, _ = visit(width=width)
    page.goto(address(post))
    page.get_by_role("link", name="Reply to Ada").click()
    form = f"#reply-{first.id}-form"
    write(page, "Half a reply", form=form)
    page.locator("#comment-form-comment").fill("Half a comment")
    fresh = server.comment(post, "Second", name="Ben")
    news(page)
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    page.get_by_role("link", name="1 new comment: show").click()
    expect(page.locator(f"#comment-{fresh.id}")).to_be_focused()
    expect(page.locator(f"#comment-{fresh.id}")).to_have_class(re.compile("comment--new"))
    expect(page.locator("#comment-count")).to_have_text("2 comments")
    expect(page.locator(f"{form}-comment")).to_have_value("Half a reply")
    expect(page.locator(f"{form}-author")).to_have_value(NAME)
    expect(page.locator("#comment-form-comment")).to_have_value("Half a comment")
    send(page, form)
    expect(page.locator(f"#replies-{first.id} .comment")).to_contain_text("Half a reply")
    expect(page.locator("#comment-form-comment")).to_have_value("Half a comment")


def test_reply_of_another_reader_is_shown_in_its_place(server, visit):
    post = server.post()
    first = server.comment(post, "First")
    server.comment(post, "Second")
    page, _ = visit()
    page.goto(address(post))
    below = server.comment(post, "Below the first", parent=first)
    news(page)
    page.get_by_role("link", name="1 new comment: show").click()
    expect(page.locator(f"#replies-{first.id} #comment-{below.id}")).to_be_focused()


def test_news_are_asked_for_only_while_the_page_is_looked_at(server, visit):
    post = server.post()
    server.comment(post)
    page, watch = visit()
    page.clock.install()
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', {get: () => window.seen === false ? 'hidden' : 'visible'})"
    )
    page.goto(address(post))
    page.evaluate("window.seen = false")
    page.clock.fast_forward(3_600_000)
    assert watch.asked("after=") == []
    page.evaluate("window.seen = true")
    with page.expect_response(lambda response: "after=" in response.url):
        page.clock.fast_forward(3_600_000)
    assert len(watch.asked("after=")) == 1


def test_second_question_for_news_is_answered_with_304(server, visit):
    post = server.post()
    server.comment(post)
    page, _ = visit()
    page.goto(address(post))
    answers = []
    for _ in range(2):
        with page.expect_response(lambda response: "after=" in response.url) as answer:
            page.evaluate("htmx.trigger('#thread-news', 'poll')")
        answer.value.finished()
        answers.append(answer.value)
    assert answers[0].headers["etag"]
    assert answers[1].request.all_headers()["if-none-match"] == answers[0].headers["etag"]
    asked = {"HX-Request-Type": "partial", "If-None-Match": answers[0].headers["etag"]}
    assert page.request.get(answers[1].url, headers=asked).status == 304


# Long threads


def test_more_comments_are_appended_with_focus_on_the_first_of_them(server, visit, width):
    post = server.post()
    made = [server.comment(post, f"Remark {number}") for number in range(5)]
    page, _ = visit(width=width)
    page.goto(address(post))
    expect(page.locator("#comment-list .comment")).to_have_count(2)
    page.get_by_role("link", name="More comments (page 2 of 3)").click()
    expect(page.locator("#comment-list .comment")).to_have_count(4)
    expect(page.locator(f"#comment-{made[2].id}")).to_be_focused()
    page.get_by_role("link", name="More comments (page 3 of 3)").click()
    expect(page.locator("#comment-list .comment")).to_have_count(5)
    expect(page.locator("#thread-more a[rel=next]")).to_have_count(0)
    fresh = server.comment(post, "Sixth")
    news(page)
    page.get_by_role("link", name="1 new comment: show").click()
    expect(page.locator(f"#comment-{fresh.id}")).to_be_focused()
    expect(page.locator("#comment-list .comment")).to_have_count(6)


def test_without_scripts_more_comments_are_a_page(server, visit, width):
    post = server.post()
    made = [server.comment(post, f"Remark {number}") for number in range(3)]
    page, _ = visit(width=width, scripts=PLAIN)
    page.goto(address(post))
    page.get_by_role("link", name="More comments (page 2 of 2)").click()
    assert parse_qs(urlsplit(page.url).query) == {"page": ["2"]}
    expect(page.locator("#comment-list .comment")).to_have_count(1)
    expect(page.locator(f"#comment-{made[2].id}")).to_be_visible()


def test_comment_posted_on_the_first_page_stands_once_when_the_last_is_loaded(server, visit, scripts):
    post = server.post()
    for number in range(3):
        server.comment(post, f"Remark {number}")
    page, _ = visit(scripts=scripts)
    page.goto(address(post))
    write(page)
    send(page)
    posted = page.locator("#comment-list .comment", has_text="thought")
    expect(posted).to_have_count(1)
    expect(posted).to_be_in_viewport()
    if scripts:
        page.get_by_role("link", name="More comments").click()
        expect(page.get_by_text("Remark 2", exact=True)).to_have_count(1)
        expect(posted).to_have_count(1)


@pytest.mark.parametrize("pixels", [320, 360])
def test_nothing_makes_a_narrow_page_scroll_sideways(server, visit, pixels):
    post = server.post(
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2, body=f"{LINE}\n\n`{LINE}`"
    )
    parent = None
    for text in [
        "https://example.org/" + "a" * 200,
        "`" + "code" * 80 + "`",
        "```\n" + "code " * 80 + "\n```",
        "标点符号，" * 60,
        "السلام عليكم ورحمة الله وبركاته " * 12,
        "> " * 8 + "quoted " + "x" * 120,
        "- " * 6 + "list " + "y" * 120,
        *["Deeper"] * 5,
    ]:
        parent = server.comment(post, text, parent=parent, name=LINE, url="https://example.org/" + "u" * 170)
    page, _ = visit(width={**PHONE, "width": pixels})
    page.goto(address(post))
    page.get_by_role("link", name=re.compile("^Reply")).last.click()
    expect(page.locator(f"#reply-{parent.id}-form")).to_be_visible()
    wider = page.evaluate(
        """pixels => [...document.querySelectorAll('body *')].filter(element => !element.closest('pre, .unseen'))
             .filter(element => element.getBoundingClientRect().right > pixels + 0.5)
             .map(element => `${element.tagName}.${element.className} ${element.getBoundingClientRect().right}`)""",
        pixels,
    )
    assert wider == []
    assert page.evaluate("document.documentElement.scrollWidth") <= pixels
