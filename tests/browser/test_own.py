"""One's own comment in Chromium: changed, looked up in its history, withdrawn; with scripts and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_answering import address, send, texts, write


@pytest.fixture(autouse=True)
def everybody_is_published(server):
    server.hold("none")


def test_comment_is_changed_and_withdrawn_by_who_wrote_it_and_nobody_else(server, visit, width, scripts):
    post = server.post()
    page, _ = visit(width=width, scripts=scripts)
    page.goto(address(post))
    write(page, "The first wording.")
    send(page)
    expect(page.locator("#comment-list .prose")).to_have_text("The first wording.")
    if not scripts:
        page.goto(address(post, "/comments/mine"))

    page.get_by_role("link", name="Edit your comment 1").click()
    form = page.locator("form", has=page.get_by_role("button", name="Save changes"))
    expect(form.locator("textarea[name=comment]")).to_have_value("The first wording.")
    form.locator("textarea[name=comment]").fill("改过的*话*。")
    form.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("em")).to_have_text("话")
    expect(form.get_by_role("toolbar", name="Formatting")).to_have_count(int(scripts))
    form.locator("textarea[name=comment]").fill("改过的话。")
    form.get_by_role("button", name="Save changes").click()
    expect(page.locator("#comment-list .comment > .prose").first).to_have_text("改过的话。")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    other, _ = visit(width=width, scripts=scripts)
    other.goto(address(post))
    expect(other.get_by_role("link", name="Edit your comment")).to_have_count(0)
    other.locator("#comment-list").get_by_role("link", name="edited").first.click()
    expect(other.locator("#main del")).to_contain_text("The first wording")
    expect(other.locator("#main ins")).to_contain_text("改过的话")

    page.goto(address(post, "" if scripts else "/comments/mine"))
    page.get_by_role("link", name="Withdraw your comment 1").click()
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("改过的话")).to_have_count(0)
    other.goto(address(post))
    expect(other.locator("#comment-list .comment")).to_have_count(0)
    assert texts(server, post) == [""]
