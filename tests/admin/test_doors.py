"""Who may open what: every address of the desk, generated from the application's own map."""

import pytest
from flask import Flask

from blueprints.accounts.models import ROLES, Account
from blueprints.comments import reports
from blueprints.core.db import db, writing
from blueprints.editorial import links, notes
from blueprints.posts import versions
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, press, soup

EVERYBODY = set(ROLES)
MODERATING = {"moderator", "author", "editor", "administrator"}
WRITING = EVERYBODY - {"moderator"}
PUBLISHING = {"author", "editor", "administrator"}
EDITING = {"editor", "administrator"}
ADMINISTRATING = {"administrator"}
# Who may open what; a new address needs its line. Whose posts and comments one finds there is told below.
MAY = {
    "admin.index": EVERYBODY,
    "admin.remove_welcome": EDITING,
    "admin.posts": WRITING,
    "admin.import_draft": WRITING,
    "admin.remove_report": WRITING,
    "admin.paste": WRITING,
    "admin.autosave": WRITING,
    "admin.discard": WRITING,
    "admin.new_post": WRITING,
    "admin.edit_post": WRITING,
    "admin.preview_post": WRITING,
    "admin.move_post": PUBLISHING,
    "admin.schedule_page": WRITING,
    "admin.gate_page": EDITING,
    "admin.post_settings": WRITING,
    "admin.erase_post": EDITING,
    "admin.post_notes": WRITING,
    "admin.settle_note": WRITING,
    "admin.make_link": WRITING,
    "admin.revoke_link": WRITING,
    "admin.post_versions": WRITING,
    "admin.post_version": WRITING,
    "admin.restore_post": WRITING,
    "admin.comments": MODERATING,
    "admin.move_comment": MODERATING,
    "admin.pick_comment": MODERATING,
    "admin.edit_comment": MODERATING,
    "admin.hide_version": MODERATING,
    "admin.reports_list": MODERATING,
    "admin.decide_report": MODERATING,
    "admin.mail": EVERYBODY,
    "admin.media": WRITING,
    "admin.upload_media": WRITING,
    "admin.edit_media": WRITING,
    "admin.replace_media": WRITING,
    "admin.delete_media": WRITING,
    "admin.people": EDITING,
    "admin.new_person": EDITING,
    "admin.edit_person": EDITING,
    "admin.merge_person": EDITING,
    **dict.fromkeys(("admin.tags", "admin.edit_tag", "admin.merge_tag", "admin.remove_tag"), EDITING),
    **dict.fromkeys(("admin.series", "admin.edit_series", "admin.arrange_series", "admin.remove_series"), EDITING),
    "admin.site": EDITING,
    "admin.own_account": EVERYBODY,
    "admin.change_password": EVERYBODY,
    "admin.change_address": EVERYBODY,
    "admin.end_sign_in": EVERYBODY,
    "admin.sign_out_everywhere": EVERYBODY,
    "admin.test_mail": EDITING,
    "admin.mail_tested": EDITING,
    "admin.factors_page": EVERYBODY,
    "admin.offer_app": EVERYBODY,
    "admin.confirm_app": EVERYBODY,
    "admin.drop_app": EVERYBODY,
    "admin.add_passkey": EVERYBODY,
    "admin.drop_passkey": EVERYBODY,
    "admin.new_recovery_codes": EVERYBODY,
    "admin.accounts": ADMINISTRATING,
    "admin.drop_factors": ADMINISTRATING,
    "admin.edit_account": ADMINISTRATING,
    "admin.switch_account": ADMINISTRATING,
    "admin.send_link": ADMINISTRATING,
    "admin.audit_list": ADMINISTRATING,
    "admin.reading": WRITING,
    "admin.search_desk": EVERYBODY,
    "admin.post_reading": WRITING,
    "admin.remove_account": ADMINISTRATING,
}
# What a role may do with what it wrote itself, and with what others wrote; a comment is called by its post's author.
OWN = {
    "draft": WRITING,
    "published post": PUBLISHING,
    "comment": MODERATING,
}
OTHERS = {
    "draft": EDITING,
    "published post": EDITING,
    "comment": EDITING | {"moderator"},
}


def addresses(app: Flask, number: int = 1) -> list[tuple[str, str, str]]:
    """Endpoint, method and path of everything below /admin."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not rule.endpoint.startswith("admin."):
                continue
            words = {"number": number, "version": number, "note": number, "link": number, "state": "approved"}
            verbs = {"verb": min(rule._converters["verb"].items)} if "verb" in rule.arguments else {}
            _, path = rule.build({**{name: words[name] for name in rule.arguments - {"verb"}}, **verbs})
            found += [(rule.endpoint, method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def test_every_address_has_its_line(app):
    assert {endpoint for endpoint, _, _ in addresses(app)} == set(MAY)
    assert all(path.startswith("/admin") for _, _, path in addresses(app))


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


@pytest.fixture
def as_role(client, make):
    """Signs somebody of a role in, with a draft of their own, and a comment below it, under the number 1."""

    def sign_in(role):
        account = make.account(role)
        make.pending(make.post(authors=[account.person], state="draft", published_at=None))
        make.sign_in(client, account, proven=True)
        return account

    return sign_in


@pytest.mark.parametrize("role", ROLES)
def test_role_opens_what_it_may_and_nothing_else(app, client, as_role, role):
    as_role(role)
    for endpoint, method, path in addresses(app):
        refused = client.open(path, method=method).status_code == 403
        assert refused == (role not in MAY[endpoint]), f"{method} {path}"


@pytest.mark.parametrize("role", ROLES)
def test_desk_links_to_what_the_role_may_open_alone(app, client, as_role, role):
    """Each page of the desk: whatever it links to or offers to press opens."""
    as_role(role)
    known = {(method, path.split("?")[0]): endpoint for endpoint, method, path in addresses(app)}
    seen = set()
    for (method, path), endpoint in known.items():
        if method == "GET" and role in MAY[endpoint]:
            page = soup(client.get(path))
            seen |= {("GET", link["href"].split("?")[0]) for link in page.select("a[href]")}
            seen |= {("POST", form["action"].split("?")[0]) for form in page.select("form[action]")}
    assert {known[each] for each in seen & set(known) if role not in MAY[known[each]]} == set()
    assert ("GET", "/admin/posts") in seen or role == "moderator"


@pytest.mark.parametrize("role", ROLES)
def test_what_others_write_does_not_exist_for_whom_it_is_none_of_their_business(client, make, as_role, role):
    account, other = as_role(role), make.person()
    for table, person in ((OWN, account.person), (OTHERS, other)):
        draft = make.post("A draft", authors=[person], state="draft", published_at=None)
        post = make.post(authors=[person])
        comment = make.pending(post, "Words of a reader.")
        for name, path in (
            ("draft", f"/admin/posts/{draft.id}/edit"),
            ("published post", f"/admin/posts/{post.id}/edit"),
            ("comment", f"/admin/comments/{comment.id}/edit"),
        ):
            status = client.get(path).status_code
            assert (status == 200) == (role in table[name]), path
            assert status in (200, 403, 404)
    assert ("Words of a reader." in client.get("/admin/comments").text) == (role in MODERATING)
    if role in WRITING:
        assert client.post("/admin/posts/preview", data={"post": str(draft.id)}).status_code == (
            200 if role in EDITING else 404
        )
        assert (post.title in client.get("/admin/posts").text) == (role in EDITING)


@pytest.mark.parametrize("role", ["author", "moderator", "editor"])
def test_no_page_of_the_desk_shows_the_work_of_others_to_whom_it_is_none_of_their_business(
    app, client, make, as_role, role
):
    as_role(role)
    other = make.person("Ben")
    draft = make.post("Zyxomma", state="draft", published_at=None, authors=[other])
    waiting = make.pending(make.post(authors=[other]), "Zyxomma waits.")
    published = make.comment(make.post(authors=[other]), "Zyxomma reported.")
    assert draft.id == waiting.id == 2, "what the addresses are made with"
    with writing():
        stored = db.session.get(Post, draft.id)
        versions.begin(stored)
        notes.add(stored, notes.Note(text="Zyxomma noted.", person_id=other.id))
        links.make(stored, by=other.id, label="Zyxomma shown", days=7)
        reports.file(published.id, reason="spam", note="Zyxomma!", email="", address_hash="x")
    shown = {
        endpoint
        for endpoint, method, path in addresses(app, draft.id)
        if method == "GET" and role in MAY[endpoint] and "Zyxomma" in client.get(path).text
    }
    comments = {"admin.comments", "admin.reports_list", "admin.edit_comment"} & shown
    assert bool(comments) == (role in OTHERS["comment"])
    assert bool(shown - comments) == (role in OTHERS["draft"])
    found = client.get("/admin/search?q=Zyxomma").text
    assert (f"/admin/posts/{draft.id}/" in found) == (role in OTHERS["draft"])


@pytest.mark.parametrize("role", ["author", "moderator", "editor"])
def test_site_decides_whether_authors_look_after_their_own_comments(app, client, make, editor, as_role, role):
    assert fill(client, "/admin/site", "#site-form", without=("authors_moderate",)).status_code == 303
    as_role(role)
    for endpoint, method, path in addresses(app):
        if MAY[endpoint] is MODERATING:
            assert (client.open(path, method=method).status_code == 403) == (role == "author"), path
    assert bool(soup(client.get("/admin")).select_one(".desk-nav a[href='/admin/comments']")) == (role != "author")


@pytest.mark.parametrize("world", WORLDS)
def test_contributor_writes_drafts_and_changes_nothing_that_is_public(client, make, as_role, world):
    account = as_role("contributor")
    made = fill(client, "/admin/posts/new", "#post-form", world, title="Mine", body="Words.", tags="one")
    assert made.status_code == (303 if world == "plain" else 201)
    post = db.session.scalars(db.select(Post).where(Post.title == "Mine")).one()
    path = f"/admin/posts/{post.id}/edit"
    form = form_of(client, path, "#post-form")
    assert [button["value"] for button in form.select("button[name=then]")] == ["submit"]

    forged = press(client, form, world, body="Words, published.", then="publish")
    assert forged.status_code == 403
    db.session.refresh(post)
    assert (post.state, post.body) == ("draft", "Words.")
    if world == "plain":
        assert "Words, published." in forged.text

    with writing():
        db.session.merge(post).publish()
    for then in ("", "withdraw"):
        assert press(client, form, world, body="Other words.", then=then).status_code == 403
    assert client.get(path).status_code == 403
    db.session.refresh(post)
    assert (post.state, post.body) == ("published", "Words.")
    assert path not in client.get("/admin/posts").text
    assert post.author_ids == {account.person_id}


def test_fields_that_no_form_has_change_nothing(client, make, author):
    """Role, state, dates and whoever else is named: a form takes what stands in it."""
    other = make.account("author")
    forged = {"role": "administrator", "state": "published", "published_at": "2020-01-01", "id": "1", "kind": "page"}
    forged |= {"author_id": str(other.person_id), "person_id": str(other.person_id), "account_id": str(other.id)}
    assert fill(client, "/admin/posts/new", "#post-form", title="Mine", body="Words.", **forged).status_code == 303
    assert fill(client, "/admin/mail", "#mail-form", **forged).status_code == 303
    post = db.session.scalars(db.select(Post).where(Post.title == "Mine")).one()
    assert (post.state, post.published_at, post.kind, post.author_ids) == ("draft", None, "post", {author.person_id})
    assert {account.role for account in db.session.scalars(db.select(Account))} == {"author"}


def test_who_is_demoted_loses_the_rights_at_the_next_request(client, administrator):
    form = form_of(client, "/admin/site", "#site-form")
    with writing():
        db.session.merge(administrator).role = "author"
    assert client.get("/admin/accounts").status_code == 403
    assert press(client, form, name="Taken over").status_code == 403
    assert "Taken over" not in client.get("/").text


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


def test_password_is_never_given_back(client, author):
    form = form_of(client, "/admin/account", "#own-address")
    client.delete_cookie("session")
    response = press(client, form, email="x@example.org", address_password="a secret sentence")
    assert "a secret sentence" not in response.get_data(as_text=True)
    assert "x@example.org" in response.get_data(as_text=True)


@pytest.mark.parametrize("world", WORLDS)
def test_form_from_a_former_session_gives_the_text_back(client, make, editor, world):
    form = form_of(client, "/admin/posts/new", "#post-form")
    response = press(client, form, world, title="Kept", body="Words", csrf_token="stale")
    assert response.status_code == 422
    assert "open for too long" in response.get_data(as_text=True)
    assert press(client, soup(response).select_one("#post-form")).status_code == 303
