"""Pictures come into a text by paste and drop, and from the library; other files beside a bad one."""

import base64
import re

from playwright.sync_api import expect

from tests.browser.conftest import WIDE
from tests.factories import PASSWORD
from tests.media.samples import PDF, picture

# An event as the browser makes it of files that somebody pastes or drops.
COMES = """(element, [event, files]) => {
  const carried = new DataTransfer();
  for (const [name, type, content] of files) {
    carried.items.add(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt(0))], name, { type }));
  }
  const options = { bubbles: true, cancelable: true };
  const of = event === "paste" ? { clipboardData: carried } : { dataTransfer: carried };
  element.dispatchEvent(new (event === "paste" ? ClipboardEvent : DragEvent)(event, { ...options, ...of }));
}"""


def files(*sent: tuple[str, str, bytes]) -> list[list[str]]:
    return [[name, type_, base64.b64encode(content).decode()] for name, type_, content in sent]


def test_author_puts_pictures_into_a_text_and_readers_see_them(server, visit):
    with server.database() as make:
        email = make.account("administrator").email
    desk, watch = visit(width=WIDE)
    desk.goto("/sign-in")
    desk.get_by_label("E-mail address").fill(email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()

    desk.goto("/admin/media")
    watch.expect("422")
    expect(desk.get_by_role("button", name="Upload")).to_be_hidden()
    sent = files(("Report.pdf", "", PDF), ("x.png", "", b"words"), ("Map.png", "", picture("PNG", (300, 200))))
    desk.locator(".upload-form__drop").evaluate(COMES, ["drop", sent])
    rows = desk.locator("#uploads .upload")
    expect(rows.nth(2)).to_contain_text("It is in the library")
    expect(rows.nth(1).locator(".upload__said")).to_contain_text("no picture that can be read")
    expect(desk.locator("#media-grid .media-item__title").first).to_have_text("Map")

    desk.goto("/admin/posts/new")
    title = f"On harbours, {email}"
    desk.get_by_label("Title").fill(title)
    text = desk.locator("#field-body")
    text.fill("Before.")
    text.press("End")
    text.evaluate(COMES, ["paste", files(("Harbour.jpg", "image/jpeg", picture("JPEG", (700, 500))))])
    expect(text).to_have_value(re.compile(r"^Before\.\n\n!\[\]\(/media/\d+-harbour\.jpg\)$"))
    expect(desk.locator("#status")).to_contain_text("between the brackets")
    desk.keyboard.type("Boats")
    desk.keyboard.press("Control+End")
    text.evaluate(COMES, ["drop", files(("x.png", "", b"words"))])
    expect(desk.locator("#post-uploads .upload--refused")).to_contain_text("no picture that can be read")
    expect(text).not_to_have_value(re.compile("on its way"))
    desk.get_by_text("Pictures and files").click()
    desk.get_by_role("button", name="Put in: Report").click()
    desk.get_by_label("Words, to find a file").fill("map")
    expect(desk.locator("#picker-list button")).to_have_count(1)
    desk.locator("#picker-list button").click()
    expect(text).to_have_value(re.compile(r"Boats.*\.jpg\)\s+\[Report \(PDF, 1 KB\)\].*\n\n!\[\]\(.*map\.png\)$", re.S))
    expect(desk.locator("#post-preview figure img[alt=Boats]")).to_be_visible()
    desk.get_by_role("button", name="Publish", exact=True).click()
    address = desk.get_by_role("link", name="Read it").get_attribute("href")

    reader, _ = visit(width=WIDE, scripts=False)
    reader.goto(address)
    image = reader.locator("figure img[alt=Boats]")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.complete && image.naturalWidth > 0 && image.currentSrc.endsWith('.webp')")
