"""The main job from end to end: written, published, read, answered, let through."""

import pytest
from playwright.sync_api import expect

from tests.conftest import DATABASES
from tests.factories import PASSWORD

pytestmark = pytest.mark.parametrize("server", DATABASES, indirect=True)


def test_author_publishes_reader_answers_editor_lets_it_through(server, visit, width, scripts):
    server.hold("new")
    with server.database() as make:
        email = make.account("administrator", person=make.person(f"Ada {make.person().id}")).email

    desk, _ = visit(width=width, scripts=scripts)
    desk.goto("/sign-in")
    desk.get_by_label("E-mail address").fill(email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.get_by_role("link", name="Write").first.click()
    title = f"On numbers, {email}"
    desk.get_by_label("Title").fill(title)
    desk.get_by_label("Standfirst").fill("Why a comment wants one.")
    desk.locator("#field-body").fill("## First\n\nBecause *somebody* will cite it.")
    if scripts:
        expect(desk.locator("#post-preview em")).to_have_text("somebody")
    desk.get_by_role("button", name="Publish", exact=True).click()
    expect(desk.get_by_role("link", name="Read it")).to_be_visible()
    address = desk.get_by_role("link", name="Read it").get_attribute("href")

    reader, watch = visit(width=width, scripts=scripts)
    reader.goto(address)
    expect(reader.get_by_role("heading", level=1)).to_have_text(title)
    expect(reader.get_by_role("heading", level=2, name="First")).to_be_visible()
    reader.locator("#comment-form-author").fill("Jo")
    reader.locator("#comment-form-email").fill("jo@example.org")
    reader.locator("#comment-form-comment").fill("I *will* cite it.")
    loads = len(watch.asked(address))
    reader.get_by_role("button", name="Post comment").click()
    expect(reader.locator(".comment--pending em")).to_have_text("will")
    if scripts:
        assert [url for url in watch.asked(address)[loads:] if not url.endswith("/comments")] == [], "no reload"

    desk.goto("/admin/comments")
    row = desk.locator(".queue__row").filter(has_text=title)
    expect(row.locator("em")).to_have_text("will")
    row.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("button", name="Undo").first).to_be_visible()

    reader.goto(address)
    comment = reader.locator("#comment-list .comment")
    expect(comment).to_have_count(1)
    expect(comment.locator(".comment__number")).to_contain_text("1")
    expect(reader.locator("#comment-count")).to_have_text("1 comment")


def test_post_is_taken_down_and_its_address_says_so(server, visit, width, scripts):
    with server.database() as make:
        account = make.account("administrator")
    post = server.post("For a while")
    desk, _ = visit(width=width, scripts=scripts)
    desk.goto("/sign-in")
    desk.get_by_label("E-mail address").fill(account.email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.goto(f"/admin/posts/{post.id}/edit")
    desk.get_by_text("Withdraw it").click()
    desk.get_by_role("button", name="Withdraw", exact=True).click()
    expect(desk.get_by_role("button", name="Publish again")).to_be_visible()
    reader, watch = visit(width=width, scripts=scripts)
    watch.expect("410")
    assert reader.goto(f"/posts/{post.slug}").status == 410
    expect(reader.get_by_role("heading", level=1)).to_have_text("This page has been withdrawn")
