"""Private links, notes on a text, and readers' reports of an error; every write as a plain form and as htmx."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from blueprints.editorial import letters, notes
from blueprints.editorial.links import DraftLink
from blueprints.editorial.notes import Note
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, press, soup
from tests.comments.mail.letterbox import Bag, words

TEXT = "The first sentence is right. The second sentence is wrong in its date.\n\nMore text."


@pytest.fixture
def environ(environ):
    return {**environ, "SITE_URL": "https://journal.example"}


@pytest.fixture
def editor(client, make):
    account = make.account("editor")
    make.sign_in(client, account)
    return account


@pytest.fixture
def draft(make, editor):
    return make.post("Essay", slug="essay", body=TEXT, state="draft", published_at=None, authors=[editor.person])


def page(post: Post) -> str:
    return f"/admin/posts/{post.id}/notes"


def stored() -> list[Note]:
    return list(db.session.scalars(db.select(Note).order_by(Note.id)))


def make_link(client, post: Post, world: str = "plain", **fields: str) -> str:
    """The path of a new private link, as it is shown once."""
    response = fill(client, page(post), "#draft-links .note__new", world, **fields)
    assert response.status_code == 201
    return soup(response).select_one(".draft-link").text.strip().removeprefix("https://journal.example")


def test_private_link_can_be_passed_on_where_no_public_address_is_set(app, client, draft):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], site_url=None)
    assert make_link(client, draft).startswith("http://localhost/drafts/")


@pytest.mark.parametrize("world", WORLDS)
def test_draft_is_read_by_a_private_link_until_that_is_revoked(app, client, draft, world):
    path = make_link(client, draft, world, label="Prof. Li", days="7")
    assert path.rpartition("/")[2] not in str(db.session.execute(db.select(DraftLink.__table__)).all())
    guest = app.test_client()
    response = guest.get(path)
    shown = soup(response)
    assert "please do not pass it on" in shown.select_one(".draft-bar").text
    assert shown.select_one(".article__title").text == "Essay"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == (
        "private, no-store",
        "same-origin",
    )
    assert "Set-Cookie" not in response.headers
    assert guest.get("/drafts/nonsense").status_code == 404
    assert guest.get("/posts/essay").status_code == 404

    listed = soup(client.get(page(draft))).select_one("#draft-links .note")
    assert "Prof. Li" in listed.text
    assert "Last opened" in listed.text
    press(client, form_of(client, page(draft), "#draft-links .note form"), world)
    assert guest.get(path).status_code == 410


def test_link_expires_and_leads_to_the_public_page_once_there_is_one(app, client, draft):
    expired, good = make_link(client, draft, days="1"), make_link(client, draft)
    with writing():
        db.session.scalars(db.select(DraftLink).order_by(DraftLink.id)).first().expires_at = now()
        db.session.get(Post, draft.id).publish()
    assert client.get(expired).status_code == 410
    assert client.get(good).location == "/posts/essay"
    assert fill(client, page(draft), "#draft-links .note__new", days="1000").status_code == 422


@pytest.mark.parametrize("world", WORLDS)
def test_guest_leaves_notes_that_only_the_staff_and_the_link_show(app, client, make, draft, world):
    path, other = make_link(client, draft, label="For Li"), make_link(client, draft)
    apart = make.post(state="draft", published_at=None)
    sent = fill(
        client, path, "#guest-notes form", world, name="Li", text="Which year?", passage="second sentence is wrong"
    )
    assert sent.status_code == (303 if world == "plain" else 201)
    fill(client, path, "#guest-notes form", world, name="Li", text="1848, I think.", parent=str(stored()[0].id))
    fill(client, path, "#guest-notes form", world, name="Bot", text="Buy", website="https://spam.example")
    first, reply = stored()
    assert (first.passage, first.writer, reply.parent_id) == ("second sentence is wrong", "Li", first.id)
    assert "Which year?" in client.get(path).text
    assert "Which year?" not in client.get(other).text
    assert "For Li" in client.get(page(draft)).text
    assert not any(words in client.get(page(apart)).text for words in ("Which year?", "For Li"))
    shown = soup(client.get(page(draft)))
    assert shown.select_one("#review-text .passage").text == "second sentence is wrong"
    assert "1848, I think." in shown.select_one("#notes .note__reply").text
    assert "1 open" in client.get(f"/admin/posts/{draft.id}/edit").text
    assert "1 open note" in client.get("/admin/posts").text
    with writing():
        db.session.get(Post, draft.id).publish()
    assert not any("Which year?" in client.get(path).text for path in ("/posts/essay", "/feed.atom", "/search?q=which"))


def test_guest_answers_no_note_of_another_link(client, draft):
    path, other = make_link(client, draft), make_link(client, draft)
    fill(client, path, "#guest-notes form", name="Li", text="Which year?")
    fill(client, other, "#guest-notes form", name="Mo", text="1848.", parent=str(stored()[0].id))
    assert [note.parent_id for note in stored()] == [None, None]


@pytest.mark.parametrize("world", WORLDS)
def test_guest_who_forgets_a_name_or_is_too_fast_loses_nothing(app, client, draft, world):
    path = make_link(client, draft)
    response = fill(client, path, "#guest-notes form", world, text="My words.")
    assert response.status_code == 422
    assert soup(response).select_one("#field-note").text.strip() == "My words."
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], comment_limit="1 per hour")
    fill(client, path, "#guest-notes form", world, name="Li", text="One.")
    response = fill(client, path, "#guest-notes form", world, name="Li", text="Two.")
    assert (response.status_code, "Two." in response.text) == (429, True)
    assert [note.text for note in stored()] == ["One."]


@pytest.mark.parametrize("world", WORLDS)
def test_staff_notes_are_answered_resolved_and_opened_again(client, make, draft, world):
    fill(client, page(draft), "#note-form", world, text="Too long.", passage="First sentence is not there")
    [note] = stored()
    assert (note.passage, note.text) == ("", "> First sentence is not there\n\nToo long.")
    answered = form_of(client, page(draft), f"#note-{note.id} .note__form")
    assert press(client, answered, world, text="").status_code == 422
    press(client, answered, world, text="Cut.")
    assert [(each.text, each.parent_id) for each in stored()[1:]] == [("Cut.", note.id)]
    press(client, form_of(client, page(draft), f"#note-{note.id} .note__actions"), world)
    assert stored()[0].resolved_at
    assert "open note" not in client.get("/admin/posts").text
    press(client, form_of(client, page(draft), f"#note-{note.id} .note__actions"), world)
    assert stored()[0].resolved_at is None
    make.sign_in(client, make.account("author"))
    assert client.get(page(draft)).status_code == 404


@pytest.mark.parametrize("world", WORLDS)
def test_reader_reports_an_error_which_becomes_a_correction(app, client, make, editor, world):
    post = make.post("Essay", slug="essay", body=TEXT, authors=[editor.person])
    make.post(authors=[make.account("author").person])  # who wrote something else hears nothing of it
    link = soup(client.get("/posts/essay")).select_one(".article__error a")["href"]
    form = form_of(client, f"{link}?passage=wrong+in+its+date", "#error-form")
    assert form.select_one("#error-passage").text.strip() == "wrong in its date"
    assert press(client, form, world, email="no address", text="It was 1848.").status_code == 422
    for _twice in range(2):
        sent = press(client, form, world, email="Ann@example.org", text="It was 1848.")
        assert sent.status_code == (303 if world == "plain" else 201)
    [note] = stored()
    assert (note.kind, note.passage, note.email) == ("error", "wrong in its date", "ann@example.org")
    assert "1848" not in client.get("/posts/essay").text

    shown = soup(client.get(page(post)))
    assert "Error reported" in shown.select_one(f"#note-{note.id}").text
    assert shown.select_one("#review-text .passage").text == "wrong in its date"
    correct = form_of(client, page(post), f"#note-{note.id} .note__form")
    assert press(client, correct, world, correction="").status_code == 422
    press(client, correct, world, correction="The date was wrong.")
    assert "The date was wrong." in client.get("/posts/essay").text
    assert [(row.address, row.kind) for row in db.session.scalars(db.select(Outbox).order_by(Outbox.id))] == [
        (editor.email, "notes"),
        ("ann@example.org", "error-answered"),
    ]


def test_same_words_about_another_post_or_from_another_reader_are_a_report_of_their_own(client, make):
    one, other = make.post(), make.post()
    reports = [
        (one, 1, "A typo."),
        (one, 1, "A typo."),
        (one, 1, "Another."),
        (other, 1, "A typo."),
        (one, 2, "A typo."),
    ]
    for post, reader, text in reports:
        place = {"REMOTE_ADDR": f"192.0.2.{reader}"}
        assert client.post(f"/posts/{post.slug}/error", data={"text": text}, environ_base=place).status_code == 303
    assert [note.post_id for note in stored()] == [one.id, one.id, other.id, one.id]


def test_report_is_refused_where_there_is_nothing_to_read(client, make):
    make.post(slug="secret", state="draft", published_at=None)
    make.post(slug="gone", state="withdrawn")
    assert [client.get(f"/posts/{slug}/error").status_code for slug in ("secret", "gone", "no")] == [404, 410, 404]


@pytest.mark.parametrize("language", letters.LANGUAGES)
def test_authors_are_written_to_once_for_what_was_gathered(app, client, make, editor, language):
    author = make.account("author")
    post = make.post("Essay", slug="essay", body=TEXT, authors=[author.person])
    with writing():
        db.session.merge(site.current()).language = language
    fill(client, page(post), "#note-form", text="A staff note.", passage="first sentence is right")
    accept = {"Accept-Language": language}
    form = form_of(client, "/posts/essay/error", "#error-form")
    data = {"text": "A reader's report.", "email": "ann@example.org"}
    client.post(form["action"], data=data, headers=accept)
    bag, passed = Bag(), timedelta()
    app.extensions["chores"].clear()
    postman = Postman(app, bag, lambda: now() + passed)
    postman.round()
    assert bag.letters == []
    passed = letters.GATHER + timedelta(seconds=1)
    postman.round()
    [letter] = bag.letters
    assert (letter["To"], letter["Content-Language"]) == (author.email, language)
    for told in (
        "A staff note.",
        "first sentence is right",
        "A reader's report.",
        f"https://journal.example{page(post)}",
    ):
        assert told in words(letter)

    with writing():
        note = db.session.scalars(db.select(Note).where(Note.kind == "error")).one()
        notes.resolve(note, notes.DISMISSED)
        letters.settled(note)
    passed += letters.SECOND_THOUGHT
    postman.round()
    answer = bag.letters[-1]
    assert (answer["To"], answer["Content-Language"]) == ("ann@example.org", language)
    assert "https://journal.example/posts/essay" in words(answer)


def test_settled_reports_are_forgotten_and_notes_are_not(client, make, draft):
    with writing():
        old = now() - timedelta(days=400)
        for kind in (notes.NOTE, notes.ERROR):
            db.session.add(Note(post_id=draft.id, kind=kind, text="x", resolved_at=old))
    assert notes.forget(now()) == 1
    assert [note.kind for note in stored()] == [notes.NOTE]
