"""Answering: every write as a plain form and as htmx."""

import pytest
from bs4 import BeautifulSoup

from blueprints.comments import forms
from blueprints.comments.models import APPROVED, PENDING, TRASH, Comment
from blueprints.core import site
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Alias, Post

WORLDS = ("plain", "htmx")


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def partials(response) -> dict[str, BeautifulSoup]:
    """The parts of an htmx answer by the place they go to."""
    return {part["hx-target"]: part for part in soup(response).find_all("hx-partial")}


def form_data(post: Post, **fields: str) -> dict[str, str]:
    words = {"author": "Jo", "email": "jo@example.org", "url": "", "comment": "A *thought*."}
    return {**words, "token": forms.token_for(post.id), **fields}


def send(client, post: Post, world: str = "plain", path: str | None = None, headers=None, **fields: str):
    path = path or f"/posts/{post.slug}/comments"
    data = form_data(post, **fields)
    if world == "htmx":
        return client.htmx("POST", path, data=data, headers=headers or {})
    return client.post(path, data=data, headers=headers)


def comments() -> list[Comment]:
    return list(db.session.scalars(db.select(Comment).order_by(Comment.id)))


def hold(policy: str) -> None:
    with writing():
        db.session.merge(site.current()).hold = policy


@pytest.fixture
def post(make) -> Post:
    hold("none")
    return make.post("On paper")


@pytest.mark.parametrize("world", WORLDS)
def test_comment_is_stored_and_shown(client, post, world):
    response = send(client, post, world)
    [comment] = comments()
    assert (comment.name, comment.email, comment.text) == ("Jo", "jo@example.org", "A *thought*.")
    assert (comment.state, comment.number, comment.root_id, comment.depth) == (APPROVED, 1, comment.id, 0)
    if world == "plain":
        assert response.status_code == 303
        assert response.location == f"/posts/{post.slug}#comment-{comment.id}"
        response = client.get(f"/posts/{post.slug}")
        article = soup(response).find(id=f"comment-{comment.id}")
    else:
        assert response.status_code == 201
        assert response.headers["Cache-Control"] == "private, no-store"
        article = partials(response)["#comment-list"].find(id=f"comment-{comment.id}")
        assert article.has_attr("autofocus")
        assert article["tabindex"] == "-1"
        assert "number 1" in partials(response)["#status"].text
    assert article.find("em").text == "thought"
    assert "jo@example.org" not in str(article)


def test_answer_to_a_comment_brings_the_form_along_only_where_it_showed_what_was_wrong(client, post):
    assert soup(send(client, post, "htmx")).find(id="comment-form") is None
    form = soup(send(client, post, "htmx", email="jo at example")).find(id="comment-form")
    marked = {form.find("input", {"name": "marked"})["name"]: "yes"}
    anew = soup(send(client, post, "htmx", comment="Another", **marked)).find(id="comment-form")
    assert anew.find("textarea").text.strip() == ""
    assert anew.find("input", {"name": "marked"}) is None


@pytest.mark.parametrize("world", WORLDS)
def test_reply_stands_below_its_parent(client, make, post, world):
    parent = make.comment(post, "First")
    make.comment(post, "Second")
    response = send(client, post, world, f"/comments/{parent.id}/reply")
    reply = comments()[-1]
    assert (reply.parent_id, reply.root_id, reply.depth, reply.number) == (parent.id, parent.id, 1, 3)
    if world == "htmx":
        assert f"comment-{reply.id}" in str(partials(response)[f"#replies-{parent.id}"])
    page = soup(client.get(f"/posts/{post.slug}"))
    assert page.find(id=f"replies-{parent.id}").find(id=f"comment-{reply.id}")


@pytest.mark.parametrize("world", WORLDS)
def test_first_comment_waits_and_only_its_writer_sees_it(client, app, make, post, world):
    hold("new")
    sent = {"comment": "See [this](https://example.org/)", "url": "https://example.org/"}
    response = send(client, post, world, **sent)
    [comment] = comments()
    assert comment.state == PENDING
    assert comment.number is None
    assert comment.is_by(client.get_cookie("writer").value)
    if world == "plain":
        assert response.location == f"/posts/{post.slug}/comments/mine#comment-{comment.id}"
        assert client.get(f"/comments/{comment.id}").location == response.location
        own = client.get(response.location)
        assert own.headers["Cache-Control"] == "private, no-store"
    else:
        own = client.htmx("GET", f"/posts/{post.slug}/comments/mine")
        assert "waits for an editor" in partials(response)["#status"].text
    assert "See this" in soup(own).find(id=f"comment-{comment.id}").text
    assert soup(own).find("a", href="https://example.org/") is None, "links of a held comment lead nowhere"
    assert "See this" not in client.get(f"/posts/{make.post().slug}/comments/mine").text
    stranger = app.test_client()
    assert stranger.get(f"/comments/{comment.id}").status_code == 404
    assert b"See this" not in stranger.get(f"/posts/{post.slug}").data
    assert (
        b"See this"
        not in stranger.get(f"/posts/{post.slug}/comments/mine", headers={"HX-Request-Type": "partial"}).data
    )


def test_browser_without_cookies_is_told_that_the_comment_arrived(app, post, client):
    hold("new")
    page = soup(app.test_client().get(send(client, post).location))
    assert "it waits for an editor" in page.text
    assert page.find("article") is None


def test_known_browser_is_published_at_once_but_only_under_its_address(client, post):
    hold("new")
    send(client, post)
    with writing():
        comments()[0].move_to(APPROVED)
    send(client, post, comment="Second thought")
    send(client, post, comment="Third thought", email="other@example.org")
    assert [comment.state for comment in comments()] == [APPROVED, APPROVED, PENDING]


def test_somebody_elses_name_and_address_prove_nothing(app, client, post):
    hold("new")
    send(client, post)
    with writing():
        comments()[0].move_to(APPROVED)
    stranger = type(client)(app, app.response_class)
    send(stranger, post, comment="I am Jo")
    assert comments()[-1].state == PENDING


def test_many_links_wait_even_where_all_is_published(client, post):
    send(client, post, comment="http://a.example http://b.example http://c.example")
    assert comments()[0].state == PENDING


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"author": ""}, "author", "Give a name"),
        ({"author": "x" * 81}, "author", "81 characters"),
        ({"author": "\u202eoJ"}, "author", "direction"),
        ({"email": ""}, "email", "not published"),
        ({"email": "jo"}, "email", "not an e-mail address. An e-mail address must"),
        ({"email": "a" * 250 + "@example.org"}, "email", "characters"),
        ({"url": "javascript:alert(1)"}, "url", "not a web address"),
        ({"url": "https://example.org/" + "x" * 200}, "url", "characters"),
        ({"comment": " \n "}, "comment", "Write your comment"),
        ({"comment": "x" * 10_001}, "comment", "10,001 characters"),
        ({"comment": "a\0b"}, "comment", "U+0000"),
        ({"comment": "[](https://example.org)"}, "comment", "nothing to read"),
    ],
)
def test_invalid_field_is_named_and_nothing_is_lost(client, post, world, fields, field, says):
    response = send(client, post, world, **{"comment": "Long thought", **fields})
    assert response.status_code == 422
    page = soup(response)
    control = page.find(id=f"comment-form-{field}")
    assert control["aria-invalid"] == "true"
    assert control.has_attr("autofocus")
    errors = page.find(id=f"comment-form-{field}-errors")
    assert errors["id"] in control["aria-describedby"].split()
    assert says in errors.text
    kept = page.find(id="comment-form-comment").text.lstrip("\r\n")
    assert kept == fields.get("comment", "Long thought").rstrip()
    assert comments() == []


@pytest.mark.parametrize("world", WORLDS)
def test_same_key_makes_one_comment(client, post, world):
    first = send(client, post, world, key="k" * 32)
    second = send(client, post, world, key="k" * 32, comment="The same button pressed again")
    [comment] = comments()
    assert post_of(comment).comment_count == 1
    if world == "plain":
        assert first.location == second.location
    else:
        assert second.status_code == 200
        assert f"comment-{comment.id}" in str(partials(second)["#comments"])


@pytest.mark.parametrize("world", WORLDS)
def test_same_words_by_the_same_address_within_ten_minutes_are_one_comment(client, post, world):
    send(client, post, world)
    send(client, post, world, email="JO@example.org")
    assert len(comments()) == 1
    with writing():
        comments()[0].created_at = now().replace(year=2020)
    send(client, post, world)
    assert len(comments()) == 2


def test_same_words_to_two_people_are_two_comments(client, make, post):
    one, two = make.comment(post), make.comment(post)
    for parent in (one, two):
        send(client, post, "plain", f"/comments/{parent.id}/reply", comment="Thank you")
    assert len(comments()) == 4


@pytest.mark.parametrize("world", WORLDS)
def test_expired_token_gives_the_form_back_with_its_text_and_a_good_token(client, post, monkeypatch, world):
    old = forms.time.time() - 31 * 86_400
    with monkeypatch.context() as clock:
        clock.setattr(forms.time, "time", lambda: old)
        token = forms.token_for(post.id)
    response = send(client, post, world, token=token)
    assert response.status_code == 422
    page = soup(response)
    assert page.find(id="comment-form-comment").text.strip() == "A *thought*."
    assert "open for very long" in page.find(id="comment-form-notice").text
    again = send(client, post, world, token=page.find("input", {"name": "token"})["value"])
    assert again.status_code in (201, 303)


@pytest.mark.parametrize("world", WORLDS)
def test_token_of_another_post_is_refused(client, make, post, world):
    other = make.post()
    assert send(client, post, world, token=forms.token_for(other.id)).status_code == 422
    assert comments() == []


@pytest.mark.parametrize("world", WORLDS)
def test_other_sites_page_cannot_comment_but_the_text_is_kept(client, post, world):
    response = send(client, post, world, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 400
    assert comments() == []
    if world == "plain":
        assert soup(response).find(id="comment-form-comment").text.strip() == "A *thought*."
        assert "Send it again" in response.text, "from here it would be taken"
    else:
        assert "another site" in soup(response).find(class_="problem").text


@pytest.mark.parametrize("world", WORLDS)
def test_closed_discussion_says_so_and_gives_the_text_back(client, make, world):
    post = make.post(comments_open=False)
    response = send(client, post, world)
    assert response.status_code == 403
    assert "closed" in response.get_data(as_text=True)
    assert "Send it again" not in response.text
    assert comments() == []
    if world == "plain":
        assert soup(response).find(id="comment-form-comment").text.strip() == "A *thought*."


@pytest.mark.parametrize("world", WORLDS)
def test_reply_to_a_removed_comment_is_offered_as_a_comment_of_its_own(client, make, post, world):
    parent = make.comment(post)
    with writing():
        comments()[0].move_to(TRASH)
    response = send(client, post, world, f"/comments/{parent.id}/reply", slot=f"reply-{parent.id}-form")
    assert response.status_code == 422
    form = soup(response).find("form", class_="comment-form")
    assert "removed meanwhile" in form.text
    assert form["action"] == f"/posts/{post.slug}/comments"
    assert form.find("textarea").text.strip() == "A *thought*."
    assert form["id"] == f"reply-{parent.id}-form", "a text in the main form stays untouched"
    assert form.find("input", {"name": "parent"})["value"] == ""


@pytest.mark.parametrize("world", WORLDS)
def test_parent_must_be_of_the_same_post(client, make, post, world):
    elsewhere = make.comment(make.post())
    send(client, post, world, parent=str(elsewhere.id))
    assert len(comments()) == 1


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "COMMENT_LIMIT": "2 per minute"}])
def test_too_fast_is_429_with_the_wait_and_the_text(client, post, world):
    for number in range(2):
        send(client, post, world, comment=f"Number {number}")
    response = send(client, post, world)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert "Please wait" in response.get_data(as_text=True)
    assert len(comments()) == 2
    if world == "plain":
        assert soup(response).find(id="comment-form-comment").text.strip() == "A *thought*."
        assert "Send it again" in response.text


@pytest.mark.parametrize("world", WORLDS)
def test_fault_of_the_server_gives_the_text_back(client, post, monkeypatch, caplog, world):
    def broken(*_args, **_kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr("blueprints.comments.views.answering.add", broken)
    response = send(client, post, world)
    assert response.status_code == 500
    assert "a fault" not in response.get_data(as_text=True)
    assert "a fault" in caplog.text
    if world == "plain":
        assert soup(response).find(id="comment-form-comment").text.strip() == "A *thought*."
    else:
        assert soup(response).find(class_="problem")


def test_staff_answer_as_themselves_and_at_once(client, make, post):
    hold("all")
    account = make.account(person=make.person("Dr. Grey"))
    make.sign_in(client, account)
    send(client, post, author="Somebody", email="somebody@example.org")
    [comment] = comments()
    assert (comment.name, comment.email, comment.state) == ("Dr. Grey", account.email, APPROVED)
    page = soup(client.get(f"/posts/{post.slug}"))
    assert page.find(class_="comment__mark").text == "Staff"


def test_author_of_the_post_is_marked(client, make):
    author = make.person()
    post = make.post(authors=[author])
    make.comment(post, person_id=author.id)
    assert soup(client.get(f"/posts/{post.slug}")).find(class_="comment__mark").text == "Author"


@pytest.mark.parametrize("world", WORLDS)
def test_reply_form_names_whom_it_answers(client, make, post, world):
    parent = make.comment(post, name="Ada")
    path = f"/comments/{parent.id}/reply"
    response = client.htmx("GET", path) if world == "htmx" else client.get(path)
    form = soup(response).find("form", class_="comment-form")
    assert form["id"] == f"reply-{parent.id}-form"
    assert "Reply to Ada" in " ".join(form.text.split())
    assert form["action"] == path
    assert response.vary.as_set(preserve_casing=True) >= {"HX-Request-Type"}
    assert bool(soup(response).find("html")) == (world == "plain")


def test_anchor_of_a_comment_leads_to_its_page(client, make, post, app):
    app.config["SETTINGS"] = settings_with(app, threads_per_page=2)
    made = [make.comment(post, f"Comment {number}") for number in range(5)]
    old = make.comment(post, "Brought along", source="elsewhere", source_id="7000")
    path = f"/posts/{post.slug}/comments"
    assert client.get(f"{path}/{made[0].id}").location == f"/posts/{post.slug}#comment-{made[0].id}"
    assert client.get(f"{path}/{made[4].id}").location == f"/posts/{post.slug}?page=3#comment-{made[4].id}"
    assert client.get(f"{path}/7000").location == f"/posts/{post.slug}?page=3#comment-{old.id}"
    elsewhere, held = make.comment(make.post()), make.pending(post)
    for number in (7001, elsewhere.id, held.id):
        assert client.get(f"{path}/{number}").status_code == 404
    page = soup(client.get(f"/posts/{post.slug}?page=3"))
    assert page.find(id=f"comment-{made[4].id}")


def test_permalink_shows_what_a_comment_answers_and_what_answers_it(client, make, post):
    a = make.comment(post, "Begin", name="Ada")
    b = make.comment(post, "Middle", parent=a, name="Ben")
    c = make.comment(post, "End", parent=b, name="Cat")
    make.comment(post, "Beside", parent=a)
    page = soup(client.get(f"/comments/{b.id}"))
    assert [each["id"] for each in page.find_all("article")] == [f"comment-{each.id}" for each in (a, b, c)]
    assert page.find(class_="thread__list--above").find("article")["id"] == f"comment-{a.id}"
    assert page.find(id=f"replies-{b.id}").find(id=f"comment-{c.id}")
    place = page.find("a", string="Comment 2 in its place in the discussion")["href"]
    assert client.get(place).location == f"/posts/{post.slug}#comment-{b.id}"


def test_permalink_of_a_removed_comment_says_so_and_shows_the_way_back(client, make, post):
    parent = make.comment(post, name="Ada")
    comment = make.comment(post, parent=parent)
    with writing():
        db.session.get(Comment, comment.id).move_to(TRASH)
    response = client.get(f"/comments/{comment.id}")
    assert response.status_code == 410
    page = soup(response)
    assert "Comment 2 has been removed" in page.text
    ways = [link["href"] for link in page.find("main").find_all("a")]
    assert ways == [f"/posts/{post.slug}#comments", f"/comments/{parent.id}"]


@pytest.mark.parametrize("slug", ["on-paper", "former"])
def test_short_address_leads_to_the_comment_with_that_number(client, make, slug):
    post = make.post(slug="on-paper")
    with writing():
        db.session.add(Alias(path="/posts/former", post_id=post.id))
    make.comment(post)
    comment = make.comment(post)
    assert client.get(f"/posts/{slug}/c/2").location == f"/comments/{comment.id}"
    assert client.get(f"/posts/{slug}/c/3").status_code == 404


def test_order_is_chosen_by_the_address_and_only_from_those_there_are(client, make, post):
    for text in "abc":
        make.comment(post, text)
    for path in (f"/posts/{post.slug}", f"/posts/{post.slug}/comments"):
        page = soup(client.get(f"{path}?sort=newest"))
        assert [link.text.split()[-1] for link in page.find_all(class_="comment__number")] == ["3", "2", "1"]
        assert page.find(class_="thread__sort").find(attrs={"aria-current": True}).text == "Newest first"
        assert client.get(f"{path}?sort=oldest").status_code == 404
        assert client.get(f"{path}?sort=best").status_code == 404


def test_pages_of_a_long_thread_are_numbered(client, make, post, app):
    app.config["SETTINGS"] = settings_with(app, threads_per_page=1)
    for text in "abcdefgh":
        make.comment(post, text)
    pages = soup(client.get(f"/posts/{post.slug}?page=4&sort=newest")).find(class_="thread__pages")
    assert [item.text.removeprefix("Page ") for item in pages.find_all("li")] == ["1", "2", "3", "4", "5", "…", "8"]
    assert pages.find(attrs={"aria-current": "page"}).text == "Page 4"
    assert pages.find_all("a")[-1]["href"] == f"/posts/{post.slug}?page=8&sort=newest#comments"


def test_cancel_brings_the_comment_back_with_focus_on_its_reply_link(client, make, post):
    comment = make.comment(post)
    fragment = soup(client.htmx("GET", f"/comments/{comment.id}"))
    assert fragment.find("article")["id"] == f"comment-{comment.id}"
    assert fragment.find(class_="comment__actions").find("a").has_attr("autofocus")


def test_news_counts_what_came_after_and_is_conditional(client, make, post):
    make.comment(post)
    path = f"/posts/{post.slug}/comments?after=1&skip=0&from=1&to=1"
    quiet = client.htmx("GET", path)
    assert "new comment" not in quiet.get_data(as_text=True)
    again = client.htmx("GET", path, headers={"If-None-Match": quiet.headers["ETag"]})
    assert again.status_code == 304
    make.comment(post)
    loud = client.htmx("GET", path, headers={"If-None-Match": quiet.headers["ETag"]})
    assert loud.status_code == 200
    assert "1 new comment" in loud.get_data(as_text=True)
    assert loud.headers["Cache-Control"].startswith("private")


def test_news_of_a_page_of_one_comment_tell_answers_below_it_from_others(client, make, post):
    first, other = make.comment(post), make.comment(post)
    path = f"/posts/{post.slug}/comments?after=2&skip=0&from=1&to=1&alone={first.id}"
    said = [soup(client.htmx("GET", path)).text.strip()]
    for parent in (other, first):
        make.comment(post, parent=parent)
        said.append(soup(client.htmx("GET", path)).find("a").text)
    assert said == ["", "1 new comment in the discussion", "1 new reply: show"]
    response = send(client, post, "htmx", f"/comments/{first.id}/reply", after="2", skip="0", alone=str(first.id))
    line = partials(response)["#thread-news"]
    assert line.find("input", {"name": "alone"})["value"] == str(first.id)
    assert line.find("a").text == "1 new reply: show"


@pytest.mark.parametrize("odd", ["9" * 40, "-1", "x", "", "９"])
def test_news_of_a_page_of_no_comment_are_those_of_the_discussion(client, make, post, odd):
    make.comment(post)
    page = client.htmx("GET", f"/posts/{post.slug}/comments?after=0&skip=0&from=1&to=1&alone={odd}")
    assert soup(page).find("a").text == "1 new comment: show"
    page = client.htmx("GET", f"/posts/{post.slug}/comments?after=0&skip=0&from=1&to=1&alone={2**63 - 1}")
    assert soup(page).find("a").text == "1 new comment in the discussion"


def test_news_bring_what_was_edited_or_removed_since_and_nothing_twice(client, make, post):
    kept, edited, removed = (make.comment(post, text) for text in ("Kept", "Old words", "Gone words"))
    with writing():
        db.session.get(Comment, edited.id).write("New *words*")
        db.session.get(Comment, removed.id).move_to(TRASH)
    path = f"/posts/{post.slug}/comments?after=3&skip=0&from=1&to=1&changes="
    first = partials(client.htmx("GET", path + "0"))
    assert "New" in first[f"#comment-{edited.id} > .prose"].text
    assert "has been removed" in first[f"#comment-{removed.id}"].text
    assert first["#comment-count"].text == "2 comments"
    assert not [target for target in first if f"#comment-{kept.id}" in target]
    changes = soup(client.htmx("GET", path + "0")).find("input", {"name": "changes"})["value"]
    assert not partials(client.htmx("GET", path + changes))
    with writing():
        db.session.get(Comment, removed.id).move_to(APPROVED)
    again = partials(client.htmx("GET", path + changes))
    assert "Gone words" in again[f"#comment-{removed.id}:has(> .comment__gone)"].text
    page = soup(client.get(f"/posts/{post.slug}"))
    assert page.find("input", {"name": "changes"})["value"] == str(int(changes) + 1)


def test_reply_and_comment_link_the_numbers_that_there_are(client, make, post):
    parent = make.comment(post, "First")
    for world in WORLDS:
        send(client, post, world, f"/comments/{parent.id}/reply", comment=f"See #1 #1 #1 and #9, {world}")
        assert comments()[-1].state == APPROVED, "links within the discussion are not counted as links"
        assert comments()[-1].html.count(f'<a href="/posts/{post.slug}/c/1"') == 3


def test_own_comment_is_no_news(client, make, post):
    make.comment(post)
    make.comment(post)
    response = send(client, post, "htmx", after="1", skip="0", **{"from": "1"}, to="1")
    news = partials(response)["#thread-news"]
    assert "1 new comment" in news.text, "the one of another reader that came meanwhile"
    assert news.find("input", {"name": "skip"})["value"] == "1"
    poll = client.htmx("GET", f"/posts/{post.slug}/comments?after=1&skip=1&from=1&to=1")
    assert "1 new comment:" in poll.get_data(as_text=True)


def test_refresh_shows_the_new_ones_with_focus_on_the_first(client, make, post):
    make.comment(post, "Old")
    fresh = make.comment(post, "New")
    response = client.htmx("GET", f"/posts/{post.slug}/comments?page=1&upto=1&after=1")
    section = soup(response).find(id="comments")
    assert section.find(attrs={"autofocus": True})["id"] == f"comment-{fresh.id}"
    assert section.find(id=f"reply-{fresh.id}").has_attr("hx-morph-skip-children")


def test_more_appends_the_next_page_and_plain_gets_a_page(client, make, post, app):
    app.config["SETTINGS"] = settings_with(app, threads_per_page=1)
    make.comment(post, "One")
    two = make.comment(post, "Two")
    link = soup(client.get(f"/posts/{post.slug}")).find(id="thread-more").find("a")
    assert "Two" in client.get(link["href"]).get_data(as_text=True)
    response = client.htmx("GET", link["hx-get"] + "&after=2&skip=0&from=1&to=1")
    assert partials(response)["#comment-list"].find(id=f"comment-{two.id}")
    assert partials(response)["#thread-news"].find("input", {"name": "to"})["value"] == "2"
    assert soup(response).find(id="thread-more").find("a", rel="next") is None
    assert client.get(f"/posts/{post.slug}/comments?page=2").status_code == 200
    assert client.get(f"/posts/{post.slug}/comments?page=3").status_code == 404


def test_page_is_the_same_bytes_for_every_reader_and_sets_no_cookie(app, client, make, post):
    make.comment(post)
    hold("new")
    send(client, post, comment="Mine waits")
    mine, others = client.get(f"/posts/{post.slug}"), app.test_client().get(f"/posts/{post.slug}")
    assert mine.data == others.data
    assert "Set-Cookie" not in mine.headers
    again = client.get(f"/posts/{post.slug}", headers={"If-None-Match": mine.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/posts/{slug}/comments", "/posts/{slug}/comments/mine", "/comments/{id}", "/comments/{id}/reply"]
)
def test_comments_of_a_draft_are_not_to_be_seen(client, make, path):
    draft = make.post(state="draft", published_at=None)
    comment = make.comment(draft)
    path = path.format(slug=draft.slug, id=comment.id)
    assert client.get(path).status_code == 404
    assert client.htmx("GET", path).status_code == 404


def post_of(comment: Comment) -> Post:
    post = db.session.get(Post, comment.post_id)
    db.session.refresh(post)
    return post


def settings_with(app, **changes):
    from dataclasses import replace

    return replace(app.config["SETTINGS"], **changes)


@pytest.mark.parametrize(
    "path", ["/posts/{slug}/comments", "/posts/{slug}/comments/mine", "/comments/{id}", "/comments/{id}/reply"]
)
@pytest.mark.parametrize("world", WORLDS)
def test_page_and_fragment_of_one_address_are_told_apart(client, make, post, path, world):
    path = path.format(slug=post.slug, id=make.comment(post).id)
    response = client.htmx("GET", path) if world == "htmx" else client.get(path)
    assert "HX-Request-Type" in response.headers["Vary"]
    if world == "htmx":
        assert response.headers["Cache-Control"].startswith("private")
