"""Thread order, depth, tombstones, pages."""

from dataclasses import replace

import pytest

from blueprints.comments import thread
from blueprints.comments.models import MENTION, PENDING, SPAM, TRASH, Comment
from blueprints.core.db import db, writing


def shown(post, number: int = 1) -> list[tuple[str, int]]:
    """(text, level) of the entries; a tombstone is its number."""
    page = thread.page(post, number)
    return [
        (f"†{entry.number}" if entry.is_tombstone else entry.html.removeprefix("<p>").split("<")[0], entry.level)
        for entry in page.entries
    ]


def remove(comment: Comment, state: str = TRASH) -> None:
    with writing():
        db.session.get(Comment, comment.id).move_to(state)


@pytest.fixture
def deepest(app, request):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], thread_depth=2)


def test_replies_stand_under_their_parents_in_order_of_publication(make):
    post = make.post()
    a = make.comment(post, "a")
    b = make.comment(post, "b")
    make.comment(post, "b1", parent=b)
    a1 = make.comment(post, "a1", parent=a)
    make.comment(post, "a2", parent=a)
    make.comment(post, "a1x", parent=a1)
    assert shown(post) == [("a", 0), ("a1", 1), ("a1x", 2), ("a2", 1), ("b", 0), ("b1", 1)]


def test_lists_open_and_close_as_often_as_each_other(make):
    post = make.post()
    a = make.comment(post, "a")
    b = make.comment(post, "b", parent=a)
    make.comment(post, "c", parent=b)
    make.comment(post, "d")
    entries = thread.page(post, 1).entries
    assert [(entry.opens, entry.closes) for entry in entries] == [(True, 0), (True, 0), (False, 2), (False, 0)]


def test_deep_replies_stop_stepping_in_but_say_whom_they_answer(make, deepest):
    post = make.post()
    parent = None
    for name in "abcde":
        parent = make.comment(post, name, parent=parent, name=name.upper())
    entries = thread.page(post, 1).entries
    assert [entry.level for entry in entries] == [0, 1, 2, 2, 2]
    assert [entry.in_reply_to.name if entry.in_reply_to else None for entry in entries] == [None, None, None, "C", "D"]
    assert [entry.takes_replies_inside for entry in entries] == [True, True, False, False, False]


@pytest.mark.parametrize("state", [TRASH, SPAM, PENDING])
def test_removed_comment_leaves_a_numbered_tombstone_while_it_has_replies(make, state):
    post = make.post()
    a = make.comment(post, "a")
    reply = make.comment(post, "b", parent=a)
    remove(a, state)
    assert shown(post) == [("†1", 0), ("b", 1)]
    remove(reply, state)
    assert shown(post) == []


def test_number_is_never_reused_and_never_moved(make):
    post = make.post()
    a, b = make.comment(post, "a"), make.comment(post, "b")
    remove(b)
    c = make.comment(post, "c")
    assert (a.number, c.number) == (1, 3)
    with writing():
        db.session.get(Comment, b.id).move_to("approved")
    assert db.session.get(Comment, b.id).number == 2
    with writing():
        db.session.delete(db.session.get(Comment, c.id))
    assert make.comment(post, "d").number == 4


def test_number_comes_with_publication_not_with_arrival(make):
    post = make.post()
    waiting = make.pending(post, "early")
    make.comment(post, "late")
    assert waiting.number is None
    with writing():
        db.session.get(Comment, waiting.id).move_to("approved")
    assert shown(post) == [("late", 0), ("early", 0)], "nothing is pushed in above what was read already"


def test_count_follows_the_states(make):
    post = make.post()
    comment = make.comment(post)
    make.pending(post)
    for state, count in ((TRASH, 0), ("approved", 1), ("approved", 1), (SPAM, 0), (TRASH, 0)):
        remove(comment, state)
        db.session.refresh(db.session.merge(post))
        assert db.session.merge(post).comment_count == count


def test_pages_end_after_so_many_conversations(make, app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], threads_per_page=2)
    post = make.post()
    roots = [make.comment(post, name) for name in "abc"]
    make.comment(post, "a1", parent=roots[0])
    assert shown(post, 1) == [("a", 0), ("a1", 1), ("b", 0)]
    assert shown(post, 2) == [("c", 0)]
    assert shown(post, 3) == []
    assert thread.page(post, 1).pages == 2
    assert [thread.page_of(root) for root in roots] == [1, 1, 2]


def test_one_endless_conversation_is_cut_into_pages(make, monkeypatch):
    monkeypatch.setattr(thread, "LONGEST_PAGE", 3)
    post = make.post()
    made, parent = [], None
    for number in range(7):
        parent = make.comment(post, f"n{number}", parent=parent)
        made.append(parent)
    pages = [shown(post, number) for number in (1, 2, 3)]
    assert [text for page in pages for text, _level in page] == [f"n{number}" for number in range(7)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert pages[1][0][1] == 0, "a page begins at the margin"
    assert thread.page(post, 2).entries[0].in_reply_to.id == made[2].id
    assert [thread.page_of(comment) for comment in made] == [1, 1, 1, 2, 2, 2, 3]


def test_mentions_are_listed_apart_and_have_no_number(make):
    post = make.post()
    make.comment(post, "a")
    mention = make.comment(post, "b", kind=MENTION, name="Another site")
    page = thread.page(post, 1)
    assert [entry.name for entry in page.mentions] == ["Another site"]
    assert len(page.entries) == 1
    assert mention.number is None
    db.session.refresh(db.session.merge(post))
    assert db.session.merge(post).comment_count == 1


def test_comment_is_drawn_anew_when_anything_of_it_changes(client, make):
    post = make.post(authors=[make.person("Ada")])
    comment = make.comment(post, "First")
    author = post.authors[0].id
    address = f"/posts/{post.slug}"
    before = client.get(address).get_data(as_text=True)
    for name, value in {
        "name": "<b>Jo",
        "url": "https://jo.example/",
        "html": "<p>Again</p>",
        "person_id": author,
    }.items():
        with writing():
            setattr(db.session.get(Comment, comment.id), name, value)
        after = client.get(address).get_data(as_text=True)
        assert after != before, name
        before = after
    assert "&lt;b&gt;Jo" in before
    make.comment(post, "Below", parent=comment)
    assert "Below" in client.get(address).get_data(as_text=True)
