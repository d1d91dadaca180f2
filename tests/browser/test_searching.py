"""Searching in Chromium: what is found follows what is typed, and the field keeps the focus and the words."""

import os

from playwright.sync_api import expect


def test_results_follow_what_is_typed_and_the_field_keeps_the_focus(server, visit, width):
    own = f"z{os.urandom(4).hex()}"  # other tests write on the same site
    quince, pear = server.post(f"Über die {own}quitte"), server.post(f"On {own}pears")
    page, _ = visit(width=width)
    page.goto("/search")
    field = page.get_by_role("searchbox", name="Words to look for")
    expect(field).to_be_focused()
    for typed, title in ((f"{own}quitt", quince.title), (f"{own}pears", pear.title)):
        field.press("Control+a")
        field.press_sequentially(typed)
        expect(page.locator("#search-count")).to_contain_text("1 post")
        expect(page.locator(".result__title").first).to_have_text(title)
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
    field.press_sequentially("qqq")
    expect(page.locator("#search-count")).to_have_text("Nothing found.")
    expect(field).to_be_focused()
    field.press("Control+a")
    field.press_sequentially(f"{own}quitte")
    expect(page.locator(".result")).to_have_count(1)
    field.press("Enter")
    expect(page).to_have_url(f"/search?q={own}quitte")
    expect(page.locator(".result__title")).to_have_text(quince.title)
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]
