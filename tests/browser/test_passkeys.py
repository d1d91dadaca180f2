"""A passkey from end to end, with the authenticator that Chromium plays: made, signed in with, asked for, removed."""

from playwright.sync_api import expect

from tests.factories import PASSWORD


def test_passkey_is_made_signs_in_alone_and_is_the_second_step(server, visit):
    with server.database() as make:
        email = make.account("author", person=make.person("Ada Passkey")).email
    page, watch = visit()
    watch.host = f"localhost:{server.port}"
    watch.expect("401", "422")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    authenticator = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**device, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )["authenticatorId"]
    site = f"http://localhost:{server.port}"

    def type_password() -> None:
        page.goto(f"{site}/sign-in")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    type_password()
    page.goto(f"{site}/admin/account/factors")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator(".codes__code")).to_have_count(10)
    code = page.locator(".codes__code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Phone")).to_be_visible()

    # The device has a key by now: it makes no second one.
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Again")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert").filter(has_text="has a passkey for this account already")).to_be_visible()

    def sign_out() -> None:
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page).to_have_url(f"{site}/")

    sign_out()
    page.goto(f"{site}/sign-in?next=/admin/posts")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site}/admin/posts")

    sign_out()
    type_password()
    expect(page).to_have_url(f"{site}/sign-in/second")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site}/admin")

    # Who has somebody else at the device gets in by paper.
    sign_out()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    type_password()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was done")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/admin")

    page.goto(f"{site}/admin/account/factors")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove the passkey Phone").click()
    expect(page.get_by_text("opens nothing here any more")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{site}/sign-in")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
