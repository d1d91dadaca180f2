"""From a Word file to a post that appears at its minute: brought in, read over, put on the schedule, published."""

import io
from datetime import UTC, datetime, timedelta

import docx
import pytest
from docx.shared import Inches
from playwright.sync_api import expect

from blueprints.core.db import db, writing
from blueprints.posts.models import Post
from tests.browser.conftest import PHONE, WIDE
from tests.factories import PASSWORD
from tests.media.samples import picture


def manuscript() -> bytes:
    """What a guest author sends: a title, headings, a list, a picture, smart quotes."""
    written = docx.Document()
    written.add_heading("On harbours", 0)
    written.add_heading("First", 1)
    written.add_paragraph("She said “no” — and stayed.").add_run(" Firmly.").bold = True
    for item in ("Tide", "Wind"):
        written.add_paragraph(item, style="List Bullet")
    written.add_picture(io.BytesIO(picture("PNG", (300, 200))), Inches(2))
    file = io.BytesIO()
    written.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("width", "scripts"), [(WIDE, True), (PHONE, False)])
def test_word_file_becomes_a_draft_and_appears_at_its_minute(server, visit, width, scripts):
    with server.database() as make:
        email = make.account("author").email
    desk, _ = visit(width=width, scripts=scripts)
    desk.goto("/sign-in")
    desk.get_by_label("E-mail address").fill(email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()

    desk.goto("/admin/posts")
    desk.get_by_role("link", name="Bring in a text").click()
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    desk.locator("#field-file").set_input_files({"name": "harbours.docx", "mimeType": word, "buffer": manuscript()})
    desk.get_by_role("button", name="Make a draft").click()
    expect(desk.get_by_label("Title", exact=True)).to_have_value("On harbours")
    text = desk.locator("#field-body").input_value()
    assert "## First" in text
    assert "She said “no” — and stayed. **Firmly.**" in text
    assert "- Tide\n- Wind" in text
    assert "](/media/" in text

    title = f"On harbours, {email}"
    desk.get_by_label("Title", exact=True).fill(title)
    desk.locator("#post-publishing summary").first.click()
    minute = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    desk.locator("#field-publish_at").fill(minute)
    desk.get_by_role("button", name="Schedule", exact=True).click()
    expect(desk.locator("#post-state .mark")).to_have_text("Scheduled")
    number = int(desk.locator("#post-form [name=post]").input_value())
    desk.goto("/admin/schedule")
    expect(desk.locator("main")).to_contain_text(title)

    reader, _ = visit(width=width, scripts=scripts)
    reader.goto("/")
    expect(reader.locator("main")).not_to_contain_text(title)
    with server.database(), writing():  # its minute comes
        post = db.session.get(Post, number)
        post.published_at = datetime.now(UTC) - timedelta(seconds=1)
        address = f"/posts/{post.slug}"
    reader.goto("/")
    expect(reader.locator("main")).to_contain_text(title)
    reader.goto(address)
    expect(reader.locator("article strong").first).to_have_text("Firmly.")
    expect(reader.locator("article figure img, article p img").first).to_be_visible()
    desk.goto(f"/admin/posts/{number}/edit")
    expect(desk.locator("#post-state .mark")).to_have_text("Published")
