"""My comments: what one address wrote, behind the link that is mailed to it; seen, changed, taken along, taken away."""

import re
from email import message_from_string
from email.policy import default

import pytest

from blueprints.comments import archive, keys, reports
from blueprints.comments.models import APPROVED, PENDING, TRASH, WITHDRAWN, Comment
from blueprints.comments.subscriptions import Subscription
from blueprints.core.db import db, writing
from blueprints.core.mail import Outbox
from blueprints.editorial.notes import ERROR, Note
from blueprints.posts.models import Post
from tests.admin.browsing import WORLDS, form_of, press, soup
from tests.comments.test_views import hold, post_of

JO = "jo@example.org"


@pytest.fixture
def post(make) -> Post:
    hold("none")
    return make.post("On paper")


@pytest.fixture
def written(make, post) -> list[Comment]:
    """What Jo wrote from some other browser, and one of somebody else."""
    jo = {"name": "Jo", "email": JO, "url": "https://jo.example"}
    made = [
        make.comment(post, "First of Jo", **jo),
        make.pending(post, "Waits for [long](https://example.org)", hold_reason="it is new", **jo),
    ]
    made.append(make.comment(post, "By Ada", parent=made[0], name="Ada", email="ada@example.org"))
    return made


@pytest.fixture
def link(app) -> str:
    with writing():
        return f"/comments/mine/{keys.key_for(JO)}"


def reread(row):
    return db.session.get(type(row), row.id, populate_existing=True)


def letters() -> list[Outbox]:
    return list(db.session.scalars(db.select(Outbox).order_by(Outbox.id)))


def reported(comment: Comment, email: str) -> tuple[reports.Report, Note]:
    """What this address told the editors: of a comment, and of an error in its post."""
    with writing():
        report = reports.file(comment.id, reason="abuse", note="It hurts.", email=email, address_hash=email)
        note = Note(kind=ERROR, post_id=comment.post_id, text="Ten, not two.", email=email)
        db.session.add(note)
    return report, note


def ask(client, world: str, email: str):
    return press(client, form_of(client, "/comments/mine", "#ask"), world, email=email)


@pytest.mark.parametrize("world", WORLDS)
def test_link_goes_to_the_address_alone_and_the_answer_tells_nothing(app, client, written, world):
    known, unknown = ask(client, world, "JO@example.org"), ask(client, world, "nobody@example.org")
    assert known.status_code == 200
    assert known.data == unknown.data
    assert JO not in known.text
    [letter] = letters()
    assert (letter.address, letter.unasked) == (JO, True)
    text = message_from_string(letter.content, policy=default).get_body(("plain",)).get_content()
    [address] = re.findall(r"\S*/comments/mine/\S+", text)
    page = client.get(address)
    assert "First of Jo" in page.text
    assert "By Ada" not in page.text


@pytest.mark.parametrize("kind", [reports.Report, Note])
def test_link_is_sent_to_who_only_told_the_editors_something(app, client, written, kind):
    told = reported(written[2], "eve@example.org")
    with writing():
        db.session.delete(next(reread(each) for each in told if type(each) is not kind))
    ask(client, "plain", "eve@example.org")
    [letter] = letters()
    assert letter.address == "eve@example.org"


@pytest.mark.parametrize("world", WORLDS)
def test_link_is_not_sent_without_end(client, written, world):
    answers = [ask(client, world, JO) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert len(letters()) == 1, "one a day to an address that has confirmed nothing"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("email", ["", "jo", "a\0@example.org"])
def test_what_is_no_address_is_named(client, world, email):
    response = ask(client, world, email)
    assert response.status_code == 422
    assert soup(response).find(id="ask-email")["aria-invalid"] == "true"


def test_page_is_private_tells_no_other_site_and_is_listed_nowhere(client, written, link):
    for path in (link, f"{link}/comments.json", f"{link}/erase", f"/comments/{written[0].id}/edit?by={link[15:]}"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_what_one_wrote_has_pages(client, written, link, monkeypatch):
    monkeypatch.setattr(archive, "PAGE_SIZE", 1)
    pages = [soup(client.get(f"{link}?page={number}")) for number in (1, 2)]
    assert [[line["id"] for line in page.select(".writings__line")] for page in pages] == [
        [f"comment-{written[1].id}"],
        [f"comment-{written[0].id}"],
    ]
    assert [page.select_one(".pager [rel=next]") is not None for page in pages] == [True, False]
    assert client.get(f"{link}?page=3").status_code == 404


def test_every_comment_says_its_state_and_why(client, written, link):
    page = soup(client.get(link))
    assert "2 comments" in page.main.get_text()
    lines = page.select(".writings__line")
    waiting, published = (" ".join(line.text.split()) for line in lines)
    assert "Waits for an editor, because it is new." in waiting
    assert "Published as comment 1." in published
    assert lines[0].select(".prose a") == [], "links of what waits lead nowhere"
    assert [a.text.split()[0] for a in lines[0].select(".comment__actions a")] == ["Edit", "Withdraw"]


@pytest.mark.parametrize("world", WORLDS)
def test_link_changes_and_withdraws_where_the_browser_is_another(client, post, written, link, world):
    hold("new")
    key, comment = link.rpartition("/")[2], written[0]
    form = form_of(client, f"/comments/{comment.id}/edit?by={key}", ".comment-form")
    response = press(client, form, world, comment="First of Jo, better")
    assert (reread(comment).text, reread(comment).state) == ("First of Jo, better", APPROVED)
    if world == "plain":
        assert response.location == f"{link}#comment-{comment.id}"
    form = form_of(client, f"/comments/{comment.id}/delete?by={key}", ".comment-form")
    press(client, form, world)
    assert reread(comment).state == WITHDRAWN
    assert "By Ada" in client.get(f"/posts/{post.slug}").text


def test_link_of_another_address_and_no_link_open_nothing(client, written, link):
    with writing():
        other = keys.key_for("ada@example.org")
    bad = (other, "1-" + "x" * 32, "x", "")
    for key in bad:
        for verb in ("edit", "delete"):
            path = f"/comments/{written[0].id}/{verb}"
            assert client.get(path, query_string={"by": key}).status_code == 403
            assert client.post(path, data={"by": key, "comment": "x"}).status_code == 403
    for key in bad[1:3]:
        for tail in ("", "/comments.json", "/erase", "/anonymise"):
            assert client.get(f"/comments/mine/{key}{tail}").status_code == 410
    assert reread(written[0]).state == APPROVED


def test_comments_without_an_address_belong_to_nobody(client, make, post):
    comment = make.comment(post, email="")
    with writing():
        key = keys.key_for("")
    assert client.get(f"/comments/{comment.id}/edit?by={key}").status_code == 403
    assert "0 comments" in soup(client.get(f"/comments/mine/{key}")).text


def test_everything_can_be_taken_along(client, make, post, written, link):
    author = make.person("Ada")
    with writing():
        reread(written[0]).edit("Second of Jo", "<p>Second of Jo</p>")
        reread(written[0]).passage = "A sentence."
        owner = keys.correspondent(JO).id
        db.session.add(Subscription(correspondent_id=owner, kind="thread", post_id=post.id))
        db.session.flush()
        db.session.add(Subscription(correspondent_id=owner, kind="posts", person_id=author.id, is_pending=False))
    told = reported(written[2], JO)
    reported(written[2], "ada@example.org")
    answer = client.get(f"{link}/comments.json")
    assert answer.headers["Content-Disposition"] == "attachment; filename=comments.json"
    found = answer.json
    assert found["address"] == JO
    asked = {"of": "thread", "post": f"/posts/{post.slug}", "author": None, "daily": False, "confirmed": False}
    follows = {"of": "posts", "post": None, "author": f"/authors/{author.slug}", "daily": False, "confirmed": True}
    assert found["mail"] == [asked, follows]
    sent = [f"{moment:%Y-%m-%dT%H:%M:%S}+00:00" for moment in (told[0].created_at, told[1].made_at)]
    assert found["reports"] == [
        {"about": f"/comments/{written[2].id}", "reason": "abuse", "text": "It hurts.", "sent_at": sent[0]},
        {"about": f"/posts/{post.slug}", "reason": "", "text": "Ten, not two.", "sent_at": sent[1]},
    ]
    first, second = found["comments"]
    assert (first["text"], first["number"], first["state"], first["website"]) == (
        *("Second of Jo", 1, "approved", "https://jo.example"),
    )
    assert first["sent_at"] == f"{reread(written[0]).created_at:%Y-%m-%dT%H:%M:%S}+00:00"
    assert first["sent_at"] <= first["edited_at"] == first["versions"][1]["written_at"]
    assert (second["edited_at"], second["in_reply_to"]) == (None, None)
    assert (first["passage"], second["passage"]) == ("A sentence.", "")
    assert [version["text"] for version in first["versions"]] == ["First of Jo", "Second of Jo"]
    assert first["post"] == {"title": "On paper", "address": f"/posts/{post.slug}"}
    assert (second["state"], second["reason"], second["versions"]) == ("pending", "it is new", [])


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("verb", ["erase", "anonymise"])
def test_person_is_taken_out_with_the_words_or_without(client, post, written, link, world, verb):
    own, others = reported(written[2], JO), reported(written[2], "ada@example.org")
    form = form_of(client, f"{link}/{verb}", "#leave-archive")
    assert reread(written[0]).name == "Jo", "the page only asks"
    response = press(client, form, world)
    assert [reread(told).email for told in (*own, *others)] == ["", "", "ada@example.org", "ada@example.org"]
    assert [reread(own[0]).note, reread(own[1]).text] == ["It hurts.", "Ten, not two."], "the editors still need it"
    for comment in map(reread, written[:2]):
        assert (comment.name, comment.email, comment.url) == ("Anonymous", "", "")
        assert (comment.writer_hash, comment.address_hash, comment.submission_key) == ("", "", None)
        assert bool(comment.text) == bool(comment.html) == (verb == "anonymise")
    assert reread(written[2]).name == "Ada"
    assert (reread(written[0]).state, post_of(written[0]).comment_count) == (
        (APPROVED, 2) if verb == "anonymise" else (WITHDRAWN, 1)
    )
    page = client.get(f"/posts/{post.slug}").text
    assert "https://jo.example" not in page
    assert ("First of Jo" in page) == (verb == "anonymise")
    assert "By Ada" in page
    assert client.get(link).status_code == 410, "the link ends with it"
    done = client.get(response.location) if world == "plain" else response
    assert ("erased" if verb == "erase" else "anonymous") in soup(done).find("h1").text


def test_removed_comment_says_why(client, written, link):
    with writing():
        reread(written[0]).move_to(TRASH)
        reread(written[0]).removed_because = "it names somebody's address"
    assert "because it names somebody's address" in soup(client.get(link)).text
    assert PENDING in {comment.state for comment in map(reread, written)}
