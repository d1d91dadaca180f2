"""Who may open what: every address of the desk, generated from the application's own map."""

import pytest
from flask import Flask

from tests.admin.browsing import WORLDS, form_of, press, soup

EDITORS = {
    "admin.people",
    "admin.new_person",
    "admin.edit_person",
    "admin.site",
    "admin.remove_welcome",
}
ADMINISTRATORS = {"admin.accounts", "admin.remove_account"}


def addresses(app: Flask, number: int = 1) -> list[tuple[str, str, str]]:
    """Endpoint, method and path of everything below /admin."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not rule.endpoint.startswith("admin."):
                continue
            words = {"number": number, "version": number, "state": "approved"}
            verbs = {"verb": min(rule._converters["verb"].items)} if "verb" in rule.arguments else {}
            _, path = rule.build({**{name: words[name] for name in rule.arguments - {"verb"}}, **verbs})
            found += [(rule.endpoint, method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def test_every_address_is_known_here(app):
    paths = [path for _, _, path in addresses(app)]
    assert "/admin" in paths
    assert "/admin/comments/1/approved" in paths
    assert all(path.startswith("/admin") for path in paths)


def test_stranger_is_asked_to_sign_in_before_reading(app, client):
    for _, method, path in addresses(app):
        if method == "GET":
            response = client.get(path)
            assert response.status_code == 303, path
            assert response.location.startswith("/sign-in?next=/admin"), path


@pytest.mark.parametrize("world", WORLDS)
def test_stranger_is_refused_before_writing(app, client, make, world):
    make.pending(make.post())
    for _, method, path in addresses(app):
        if method == "POST":
            response = client.htmx("POST", path) if world == "htmx" else client.post(path)
            assert response.status_code == 403, path
            assert "no longer signed in" in response.get_data(as_text=True), path


def test_author_is_refused_where_only_editors_may(app, client, make, author):
    make.post(authors=[author.person])
    for endpoint, method, path in addresses(app):
        response = client.open(path, method=method)
        if endpoint in EDITORS | ADMINISTRATORS:
            assert response.status_code == 403, path
        else:
            assert response.status_code != 403, path


def test_editor_is_refused_where_only_administrators_may(app, client, make, editor):
    for endpoint, method, path in addresses(app):
        if endpoint in ADMINISTRATORS:
            assert client.open(path, method=method).status_code == 403, path


def test_another_authors_post_does_not_exist(app, client, make, author):
    post = make.post(authors=[make.person()])
    assert client.get(f"/admin/posts/{post.id}/edit").status_code == 404
    assert client.post("/admin/posts/preview", data={"post": str(post.id)}).status_code == 404
    assert post.title not in client.get("/admin/posts").get_data(as_text=True)


def test_pages_of_the_desk_stay_out_of_caches(client, editor):
    assert "no-store" in client.get("/admin").headers["Cache-Control"]


def test_text_survives_a_sign_in_that_has_ended(client, make, editor):
    form = form_of(client, "/admin/posts/new", "#post-form")
    client.delete_cookie("session")
    response = press(client, form, title="Kept", body="Every\n\n<b>word</b>.", tags="one, two")
    assert response.status_code == 403
    page = soup(response)
    assert page.select_one("textarea[name=title]").get_text().strip() == "Kept"
    assert page.select_one("textarea[name=body]").get_text().removeprefix("\n") == "Every\n\n<b>word</b>."
    assert page.select_one("a[target=_blank]")["href"] == "/sign-in"

    make.sign_in(client, editor)
    again = press(client, page.select_one("form.settings"))
    assert again.status_code == 422
    form = soup(again).select_one("#post-form")
    assert form.select_one("#field-title")["value"] == "Kept"
    assert press(client, form).status_code == 303


def test_htmx_is_told_to_sign_in_and_keeps_the_form(client, make, editor):
    form = form_of(client, "/admin/posts/new", "#post-form")
    client.delete_cookie("session")
    response = press(client, form, "htmx", title="Kept")
    assert response.status_code == 403
    assert soup(response).select_one(".problem a")["href"] == "/sign-in"


def test_password_is_never_given_back(client, make, administrator):
    form = form_of(client, "/admin/accounts", "#account-form")
    client.delete_cookie("session")
    response = press(client, form, email="x@example.org", password="a secret sentence")
    assert "a secret sentence" not in response.get_data(as_text=True)
    assert "x@example.org" in response.get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
def test_form_from_a_former_session_gives_the_text_back(client, make, editor, world):
    form = form_of(client, "/admin/posts/new", "#post-form")
    response = press(client, form, world, title="Kept", body="Words", csrf_token="stale")
    assert response.status_code == 422
    assert "open for too long" in response.get_data(as_text=True)
    assert press(client, soup(response).select_one("#post-form")).status_code == 303
