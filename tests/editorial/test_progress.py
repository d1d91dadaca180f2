"""Letters about where a text stands: to editors and to authors; every step as a plain form and as htmx."""

from datetime import timedelta

import pytest

from blueprints.accounts.models import Account
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.core.mail import Outbox
from blueprints.core.postman import Postman
from blueprints.editorial import letters, progress
from blueprints.posts.models import DRAFT, PUBLISHED, REVIEW, Post
from tests.admin.browsing import WORLDS, fill, form_of, press
from tests.comments.mail.letterbox import Bag, words

LATER = progress.SECOND_THOUGHT + timedelta(seconds=1)


@pytest.fixture
def environ(environ):
    return {**environ, "SITE_URL": "https://journal.example"}


@pytest.fixture
def posted(app):
    """Sends what is due once so much time has passed; the letters that left."""
    app.extensions["chores"].clear()

    def send(passed: timedelta = timedelta()):
        bag = Bag()
        Postman(app, bag, lambda: now() + passed).round()
        return bag.letters

    return send


def signs_in(client, make, role: str, **fields) -> Account:
    account = make.account(role, **fields)
    make.sign_in(client, account)
    return account


def take(client, post: Post, verb: str, world: str = "plain", **changes: str):
    return fill(client, f"/admin/posts/{post.id}/edit", "#post-form", world, then=verb, **changes)


@pytest.mark.parametrize("world", WORLDS)
def test_editors_are_told_what_waits_for_review(client, make, posted, world):
    make.account("editor", email="on@example.org")
    make.account("editor", email="off@example.org", review_mail=False)
    make.account("administrator", email="out@example.org", is_off=True)
    make.account("moderator")
    author = signs_in(client, make, "contributor", person=make.person("Cid"))
    first, second = (make.post(f"Essay {n}", state=DRAFT, published_at=None, authors=[author.person]) for n in (1, 2))
    assert take(client, first, "submit", world).status_code == (303 if world == "plain" else 200)
    take(client, second, "submit")
    [letter] = posted()
    assert (letter["To"], letter["Subject"]) == ("on@example.org", "2 texts wait for review")
    for told in ("Essay 1, by Cid", "Essay 2, by Cid", f"https://journal.example/admin/posts/{first.id}/edit"):
        assert told in words(letter)
    # A further one waits until half an hour has passed; what nobody needs to read any more is not told.
    take(client, second, "take-back")
    take(client, second, "submit")
    assert posted(progress.PAUSE - timedelta(minutes=1)) == []
    assert [letter["To"] for letter in posted(progress.PAUSE + timedelta(minutes=1))] == ["on@example.org"]
    take(client, second, "take-back")
    take(client, first, "take-back")
    take(client, first, "submit")
    take(client, first, "take-back")
    assert posted(timedelta(days=1)) == []


@pytest.mark.parametrize("language", letters.LANGUAGES)
def test_author_is_told_what_became_of_a_text(client, make, posted, language):
    author = make.account("author", email="ann@example.org")
    signs_in(client, make, "editor")
    post = make.post("Essay", slug="essay", state=REVIEW, published_at=None, authors=[author.person])
    with writing():
        db.session.merge(site.current()).language = language
    told = []
    for verb, fields in (
        ("take-back", {}),
        ("schedule", {"publish_at": "2030-05-06T07:08"}),
        ("unschedule", {}),
        ("publish", {}),
        ("withdraw", {"withdrawn_note": "It was wrong."}),
    ):
        take(client, post, verb, **fields)
        assert posted() == []  # it may be undone
        [letter] = posted(LATER)
        assert (letter["To"], letter["Content-Language"]) == ("ann@example.org", language)
        told.append((letter["Subject"], words(letter)))
        if verb == "withdraw":
            assert "It was wrong." in told[-1][1]
        elif verb == "schedule":
            assert "2030-05-06, 07:08 (UTC)" in told[-1][1]
    assert all("Essay" in subject for subject, _text in told)
    assert len({subject for subject, _text in told}) == 5
    assert "https://journal.example/posts/essay\n" in told[3][1]


@pytest.mark.parametrize("world", WORLDS)
def test_author_hears_nothing_of_what_was_undone_or_done_by_themselves(client, make, posted, world):
    author = make.account("author")
    signs_in(client, make, "editor")
    post = make.post("Essay", state=REVIEW, published_at=None, authors=[author.person])
    take(client, post, "take-back", world)
    take(client, post, "submit", world)
    assert posted(LATER) == []
    make.sign_in(client, author)
    take(client, post, "publish", world)
    assert db.session.get(Post, post.id, populate_existing=True).state == PUBLISHED
    assert not db.session.scalars(
        db.select(Outbox).where(Outbox.kind == progress.YOUR_TEXT, Outbox.state == "waiting")
    ).all()


@pytest.mark.parametrize("world", WORLDS)
def test_account_chooses_whether_it_hears_of_texts(client, make, posted, world):
    moderator = signs_in(client, make, "moderator")
    assert not form_of(client, "/admin/mail", "#mail-form").select("[type=checkbox]")
    author = signs_in(client, make, "author")
    form = form_of(client, "/admin/mail", "#mail-form")
    assert [box["name"] for box in form.select("[type=checkbox][checked]")] == ["text_mail"]
    press(client, form, world, without=("text_mail",))
    chosen = [db.session.get(Account, each.id, populate_existing=True) for each in (author, moderator)]
    assert [(each.text_mail, each.review_mail) for each in chosen] == [(False, True), (True, True)]
    post = make.post("Essay", state=REVIEW, published_at=None, authors=[author.person])
    signs_in(client, make, "editor")
    fill(client, f"/admin/posts/{post.id}/notes", "#note-form", text="A note.")
    take(client, post, "take-back")
    assert posted(timedelta(days=1)) == []
