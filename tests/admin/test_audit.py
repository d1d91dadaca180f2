"""The audit: what is written is told, whoever writes it and by whatever way; secrets and texts are not."""

from contextlib import suppress
from datetime import timedelta

import click
import pytest

from blueprints.accounts.models import Account
from blueprints.comments import reports
from blueprints.core import audit, chores
from blueprints.core.audit import Deed
from blueprints.core.db import db, now, writing
from blueprints.operations.cli import Commands
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, fill, form_of, press, soup


def deeds(**which) -> list[Deed]:
    return list(db.session.scalars(db.select(Deed).filter_by(**which).order_by(Deed.id)))


def told(deed: Deed) -> dict[str, tuple]:
    return {name: (former, value) for name, former, value in deed.changes}


@pytest.mark.parametrize("world", WORLDS)
def test_what_an_author_does_to_a_post_is_told_under_their_name(client, make, editor, world):
    fill(client, "/admin/posts/new", "#post-form", world, title="Essay", body="Words", tags="one")
    [added] = deeds(verb="added", kind="post")
    assert (added.actor_id, added.actor, added.label) == (editor.id, editor.person.name, "Essay")
    path = f"/admin/posts/{added.noun_id}/edit"
    fill(client, path, "#post-form", world, title="Reply", body="Other words", tags="one, two", then="publish")
    [changed] = deeds(verb="changed", kind="post")
    said = told(changed)
    assert said["title"] == ("Essay", "Reply")
    assert said["state"] == ("draft", "published")
    assert said["tags"] == ("one", "one, two")
    assert said["body"] == (None, None)
    assert "body_html" not in said
    assert changed.post_id == added.noun_id


def test_order_of_authors_is_told_as_a_change_of_the_post(client, make, editor):
    first, second = make.person("First"), make.person("Second")
    post = make.post(authors=[first, second])
    with audit.acting(audit.Actor(editor.id, "Ed")), writing():
        db.session.get(Post, post.id).credit([db.session.merge(second), db.session.merge(first)])
    assert [(deed.noun_id, told(deed)) for deed in deeds(actor="Ed")] == [(post.id, {"authors": (None, None)})]


def test_moderation_is_told_and_comments_are_not(client, make, editor):
    post = make.post("Essay", slug="essay")
    client.post("/posts/essay/comments", data={"author": "Ada", "comment": "A secret of mine."})
    comment = make.pending(post)
    assert deeds(kind="comment") == []
    client.post(f"/admin/comments/{comment.id}/approved", data={"csrf_token": token(client)})
    [approved] = deeds(kind="comment")
    assert (approved.noun_id, approved.label, approved.post_id) == (comment.id, "Essay", post.id)
    assert told(approved)["state"] == ("pending", "approved")
    fill(client, f"/admin/comments/{comment.id}/edit", "form.settings", text="Other words", reason="Spelling")
    assert "words" not in str([deed.changes for deed in deeds(kind="comment")])


def token(client) -> str:
    return soup(client.get("/admin")).select_one("[name=csrf_token]")["value"]


def test_secrets_and_addresses_are_never_told(client, make, administrator):
    fill(
        client,
        "/admin/accounts",
        "#account-form",
        name="Ben",
        email="ben@example.org",
        role="author",
        password="a short sentence",
    )
    account = db.session.get(Account, deeds(kind="account")[-1].noun_id)
    with audit.acting(audit.Actor(administrator.id, "Ada")), writing():
        account = db.session.get(Account, account.id)
        account.set_password("another sentence")
        account.email, account.role = "new@example.org", "editor"
    said = told(deeds(kind="account")[-1])
    assert said == {"password_hash": (None, None), "email": (None, None), "role": ("author", "editor")}


def test_deed_goes_with_its_write(app, make, editor):
    post = make.post("Essay")
    before = len(deeds())
    with suppress(ZeroDivisionError), writing():
        db.session.get(Post, post.id).title = "Reply"
        db.session.flush()
        raise ZeroDivisionError
    assert len(deeds()) == before


def test_command_line_and_chores_are_named(app, make):
    rename = click.Command("rename", callback=lambda: make.person("Ada"))
    Commands("hustings", commands={"rename": rename}).main(["rename"], standalone_mode=False)
    assert [deed.actor for deed in deeds(kind="person")] == ["command line"]
    post = make.post("Essay")

    def retitle(_moment):
        with writing():
            db.session.get(Post, post.id).title = "Reply"

    chores.each(app, 60, retitle)
    chores.run(now())
    assert [(deed.actor, told(deed)["title"]) for deed in deeds(verb="changed", kind="post")] == [
        ("the site", ("Essay", "Reply"))
    ]


def test_what_is_old_is_cleared(app, make):
    make.post()
    with writing():
        db.session.execute(db.update(Deed).values(at=now() - audit.KEPT - timedelta(days=1)))
    make.post("Young")
    audit.clear(now())
    assert [deed.label for deed in deeds(kind="post")] == ["Young"]


def test_administrator_reads_and_narrows_what_was_done(client, make, administrator):
    fill(client, "/admin/site", "#site-form", name="The Forum")
    fill(client, "/admin/posts/new", "#post-form", title="<b>Essay</b>", body="Words")
    post = deeds(kind="post", verb="added")[-1]
    page = soup(client.get("/admin/audit"))
    assert page.select_one(".deed__what a").get_text() == "<b>Essay</b>"
    assert page.select_one(f'a[href="/admin/posts/{post.noun_id}/edit"]')
    around = soup(client.get(f"/admin/audit?post={post.noun_id}"))
    assert len(around.select(".deed")) == len(deeds(post_id=post.noun_id))
    shown = soup(client.get(f"/admin/audit?who={administrator.id}&kind=site"))
    assert {bdi.get_text() for bdi in shown.select(".deed__who")} == {administrator.person.name}
    assert soup(client.get(f"/admin/audit?until={now() - timedelta(days=2):%Y-%m-%d}")).select(".deed") == []
    wrong = client.get("/admin/audit?since=yesterday")
    assert wrong.status_code == 422
    assert "2026-11-09" in soup(wrong).select_one("#field-since-errors").get_text()
    linked = form_of(client, f"/admin/posts/{post.noun_id}/edit", "#post-form")
    assert linked.select_one(f'a[href="/admin/audit?post={post.noun_id}"]')


@pytest.mark.parametrize("world", WORLDS)
def test_reports_that_are_closed_are_told_with_their_comment(client, make, editor, world):
    comment = make.comment(make.post())
    with writing():
        reports.file(comment.id, reason="spam", note="Look", email="reader@example.org", address_hash="x")
    press(client, form_of(client, "/admin/reports", 'form[action$="dismiss"]'), world)
    [deed] = deeds(kind="comment")
    assert told(deed) == {"reports": ("open", "dismissed")}
