"""Writing a post in Chromium: toolbar, shortcuts, a paste that becomes Markdown, two people at one draft."""

from playwright.sync_api import Page, expect

from tests.factories import PASSWORD

PASTE = """([html, plain]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", plain);
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def tool(page: Page, name: str):
    return page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True)


def test_toolbar_shortcuts_and_paste_write_markdown_and_can_be_undone(server, visit):
    with server.database() as make:
        email = make.account("author").email
    page, watch = visit()
    sign_in(page, email)
    page.goto("/admin/posts/new")
    text = page.get_by_label("Text", exact=True)
    text.fill("学而时习之 some words")
    text.press("Control+Shift+Digit3")
    expect(text).to_have_value("## 学而时习之 some words")
    text.press("End")
    text.press("Control+Shift+Digit6")
    page.keyboard.type("A note.")
    expect(text).to_have_value("## 学而时习之 some words[^1]\n\n[^1]: A note.")
    expect(page.locator("#post-length")).to_have_text("4 words and 5 characters, 1 min to read")
    text.fill("")
    page.evaluate(PASTE, ["<p>One <b>bold</b> word</p>", "One bold word"])
    expect(text).to_have_value("One **bold** word")
    text.press("Control+z")
    expect(text).to_have_value("One bold word")
    page.route("**/admin/posts/paste", lambda route: route.abort())
    text.fill("")
    watch.expect("net::ERR_FAILED")
    page.evaluate(PASTE, ["<p>Not <i>lost</i></p>", "Not lost"])
    expect(page.locator("#status")).to_contain_text("stays plain text")
    expect(text).to_have_value("Not lost")


def test_two_editors_of_one_draft_lose_no_word(server, visit):
    with server.database() as make:
        emails = [make.account("editor").email for _ in range(2)]
    post = server.post(body="First. Second.\n\nThird.", state="draft", published_at=None)
    pages = []
    for email in emails:
        page, watch = visit()
        watch.expect("409", "ERR_INTERNET_DISCONNECTED", "Failed to fetch")
        page.clock.install()
        sign_in(page, email)
        page.goto(f"/admin/posts/{post.id}/edit")
        pages.append(page)
    hers, his = pages
    texts = [page.get_by_label("Text", exact=True) for page in pages]

    texts[0].fill("Hers. Second.\n\nThird.")
    hers.context.set_offline(True)
    hers.clock.fast_forward(9_000)
    expect(hers.locator("#post-kept")).to_contain_text("Offline")
    hers.context.set_offline(False)
    hers.clock.fast_forward(17_000)
    expect(hers.locator("#post-kept")).to_contain_text("not saved yet")

    texts[1].fill("His. Second.\n\nThird. His end.")
    his.clock.fast_forward(9_000)
    expect(his.locator("#post-others")).to_contain_text("is writing in this post too")

    hers.get_by_role("button", name="Save draft").click()
    expect(hers.locator("#status")).to_have_text("Saved.")
    his.get_by_role("button", name="Save draft").click()
    expect(his.locator(".collision__text")).to_have_text(["His.", "Hers."])
    expect(texts[1]).to_have_value("His. Second.\n\nThird. His end.")
    his.get_by_label("Both, mine first").check()
    his.get_by_role("button", name="Save draft").click()
    expect(his.locator("#status")).to_have_text("Saved.")
    his.reload()
    expect(texts[1]).to_have_value("His. Hers. Second.\n\nThird. His end.")
