"""The desk in a browser: the box that Ctrl+K opens, without a mouse; and nothing that axe-core finds fault with."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_accessible import AXE, RULES
from tests.factories import PASSWORD

PAGES = ("/admin", "/admin/reading", "/admin/audit", "/admin/site", "/admin/search?q=wren")


def sign_in(server, page) -> int:
    with server.database() as make:
        account = make.account("administrator")
        post = make.post(f"Wrens in winter {account.id}", authors=[account.person])
        make.pending(post, "I heard a wren.")
        email, number = account.email, post.id
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    expect(page).to_have_url(f"{server.url}/admin")
    return number


def faults(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("(rules) => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found["violations"]]


def test_box_opens_by_keys_finds_and_leads_on(server, visit):
    page, _watch = visit()
    sign_in(server, page)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#palette-words")).to_be_focused()
    page.keyboard.type("wrens in")
    expect(page.locator("#palette .desk-found__hit").first).to_contain_text("Wrens in winter")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("appearance")
    expect(page.locator("#palette .desk-found__hit").first).to_contain_text("Site: appearance")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#palette .desk-found__hit").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-words")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/admin/site#appearance")


def test_pages_of_the_desk_are_accessible(server, visit):
    page, _watch = visit()
    number = sign_in(server, page)
    for at, path in enumerate((*PAGES, f"/admin/posts/{number}/reading")):
        if at % 2:
            page.set_viewport_size(PHONE)
            page.emulate_media(color_scheme="dark")
        else:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.emulate_media(color_scheme="light")
        page.goto(server.url + path)
        assert (path, faults(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_long_words_and_formulas_make_no_page_wider_than_a_phone(server, visit):
    page, _watch = visit(width=PHONE)
    sign_in(server, page)
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    sum_ = "+".join(f"a_{{{number}}}" for number in range(20))
    with server.database() as make:
        author = make.person(word)
    text = f"${sum_}$\n\n- ${sum_}$ {word}\n\n$${sum_}$$"
    post = server.post(word, body=text, tags=[word], authors=[author])
    comment = server.comment(post, name=word)
    desk = [f"posts/{post.id}/{part}" for part in ("edit", "settings", "versions", "notes")]
    for path in (
        f"/posts/{post.slug}",
        f"/search?q={word}",
        *(f"/admin/{part}" for part in (*desk, f"comments/{comment.id}/edit")),
    ):
        page.goto(server.url + path)
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, PHONE["width"])


def test_focus_stays_where_somebody_works_without_a_mouse(server, visit):
    page, watch = visit()
    watch.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    number = sign_in(server, page)
    page.goto(f"{server.url}/admin/accounts")
    page.fill("main [name=name]", "Ben")
    page.fill("main [name=email]", f"ben{number}@example.org")
    page.locator("#account-form button").press("Enter")
    expect(page.locator("#given-link")).to_be_focused()
    page.get_by_role("button", name=f"Withdraw the invitation of ben{number}").press("Enter")
    expect(page.locator("#status")).to_contain_text("can no longer sign in")
    expect(page.locator("#account-list")).to_be_focused()

    page.goto(f"{server.url}/admin/people/new")
    page.get_by_role("button", name="One more line").press("Enter")
    expect(page.locator("#field-affiliations-1-institution")).to_be_focused()

    page.goto(f"{server.url}/admin/site")
    page.get_by_role("button", name="Send a letter to me").press("Enter")
    expect(page.locator("#mail-tested p")).to_be_visible()
    expect(page.get_by_role("button", name="Send a letter to me")).to_be_focused()

    # Nothing that has the focus lies below the bar at the foot of the window.
    page.goto(f"{server.url}/admin/posts/{number}/edit")
    page.locator("[name=tags]").focus()
    for _stop in range(8):
        page.keyboard.press("Tab")
        page.wait_for_function(
            """() => { const seen = document.activeElement.getBoundingClientRect();
            return seen.bottom <= document.querySelector(".post-actions").getBoundingClientRect().top; }"""
        )
    page.context.set_offline(True)
    page.locator(".post-actions button").first.press("Enter")
    expect(page.locator("#status")).to_contain_text("could not be reached")
    expect(page.locator(":focus")).to_have_count(1)
