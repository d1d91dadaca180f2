"""The first page of the desk: what waits for whoever is signed in, and how their newest posts are read."""

from blueprints.comments import reports
from blueprints.core import mail
from blueprints.core.db import db, now, writing
from blueprints.posts.reads import PostReads
from tests.admin.browsing import soup


def waits(client) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in soup(client.get("/admin")).select(".waits > li")]


def test_editor_is_told_of_comments_reports_and_letters_that_did_not_arrive(client, make, editor):
    assert waits(client) == ["No comment waits."]
    post = make.post("Essay")
    make.pending(post)
    comment = make.comment(post)
    with writing():
        reports.file(comment.id, reason="spam", note="", email="", address_hash="x")
        letter = mail.write("test", "gone@example.org")
        letter.state, letter.last_error = mail.REFUSED, "550 no such user"
        db.session.add(PostReads(post_id=post.id, day=now().date(), number=1200))
    first, second, third = waits(client)
    assert first == "1 comment waits for a decision."
    assert second == "1 comment was reported by readers."
    assert "1 letter did not arrive" in third
    assert "gone@example.org" in third
    assert "550 no such user" in third
    newest = soup(client.get("/admin")).select_one("#newest + .desk-list")
    assert newest.select_one('a[href$="/reading"]').get_text() == "1,200 readings"


def test_author_is_told_of_what_is_theirs_alone(client, make, author):
    make.pending(make.post("Other"))
    with writing():
        letter = mail.write("test", "gone@example.org")
        letter.state, letter.last_error = mail.REFUSED, "550 no such user"
    assert waits(client) == ["No comment waits."]
    make.pending(make.post("Mine", authors=[author.person]))
    assert waits(client) == ["1 comment waits for a decision."]


def test_error_at_the_desk_leads_back_to_the_desk(client, make, author):
    for path, status, way in (
        ("/admin/posts/99/edit", 404, "/admin"),
        ("/admin/site", 403, "/admin"),
        ("/posts/x", 404, "/"),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert [link["href"] for link in soup(answer).select("main a")] == [way]
