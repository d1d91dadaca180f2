"""Thread order, depth, tombstones, pages."""

from dataclasses import replace

import pytest

from blueprints.comments import places, stretches, thread
from blueprints.comments.models import APPROVED, MENTION, PENDING, SPAM, TRASH, Comment, settle
from blueprints.core.db import db, writing
from blueprints.posts import queries


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
    assert [stretches.page_of(root) for root in roots] == [1, 1, 2]


def test_long_conversations_share_the_room_of_a_page_and_go_on_alone(client, make, monkeypatch, app):
    monkeypatch.setattr(stretches, "LONGEST_PAGE", 6)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], threads_per_page=2)
    post = make.post()
    short = make.comment(post, "short")
    made = [make.comment(post, "n0")]
    for number in range(1, 9):
        made.append(make.comment(post, f"n{number}", parent=made[-1]))
    last = make.comment(post, "last")
    entries = thread.page(post, 1).entries
    assert [text for text, _level in shown(post)] == ["short", "n0", "n1", "n2", "n3", "n4"]
    assert entries[-1].rest == (made[0].id, 6, 4)
    assert sum(entry.opens for entry in entries) == sum(entry.closes for entry in entries)
    assert [stretches.page_of(comment) for comment in (short, *made, last)] == [1] * 6 + [None] * 4 + [2]
    page = client.get(f"/comments/{made[0].id}?after=6").text
    assert [f"n{number}</p>" in page for number in range(9)] == [False] * 5 + [True] * 4
    assert client.get(f"/comments/{made[7].id}/reply").status_code == 200


def test_orders_of_the_conversations(make, app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], threads_per_page=2)
    post = make.post()
    a, b, _c = (make.comment(post, name) for name in "abc")
    for parent in (b, a, b):
        make.comment(post, f"below {parent.number}", parent=parent)
    gone = make.comment(post, "gone")
    remove(gone)
    orders = {
        sort: [entry.number for n in (1, 2) for entry in thread.page(post, n, sort=sort).entries]
        for sort in stretches.SORTS
    }
    assert orders == {
        "oldest": [1, 5, 2, 4, 6, 3],
        "newest": [3, 2, 4, 6, 1, 5],
        "replies": [2, 4, 6, 1, 5, 3],
        "marks": [3, 2, 4, 6, 1, 5],
        "flat": [1, 2, 3, 4],
    }
    assert [entry.number for n in (3, 4) for entry in thread.page(post, n, sort="flat").entries] == [5, 6]
    assert [thread.page(post, 1, sort=sort).pages for sort in stretches.SORTS] == [2, 2, 2, 2, 4]


def test_flat_replies_say_whom_they_answer_and_how_that_begins(make):
    post = make.post()
    a = make.comment(post, "First *line* & more\n\nSecond line", name="Ada")
    make.comment(post, "b", parent=a)
    answered = thread.page(post, 1, sort="flat").entries[1].in_reply_to
    assert answered == (a.id, "Ada", "First line & more")


def test_each_comment_knows_where_one_goes_from_it(make):
    post = make.post()
    a = make.comment(post, "a")
    b = make.comment(post, "b", parent=a)
    c = make.comment(post, "c", parent=b)
    d = make.comment(post, "d", parent=a)
    e = make.comment(post, "e")
    ways = {
        entry.id: tuple(ref and ref.id for ref in (entry.up, entry.top, entry.next))
        for entry in thread.page(post, 1).entries
    }
    assert ways == {
        a.id: (None, None, e.id),
        b.id: (a.id, None, d.id),
        c.id: (b.id, a.id, None),
        d.id: (a.id, None, None),
        e.id: (None, None, None),
    }
    assert [entry.below for entry in thread.page(post, 1).entries] == [3, 1, 0, 0, 0]


def test_place_of_a_comment_sorts_below_what_it_answers_and_before_what_follows():
    ways = [(1,), (1, 2), (1, 2, 30), (1, 9), (1, 10), (1, 100), (2,), (9, 11), (10,), (1000000,)]
    laid = []
    for way in ways:
        place = None
        for number in way:
            place = places.below(place, number)
        laid.append(place)
        assert tuple(places.way(place)) == way
        assert places.depth(place) == len(way) - 1
    assert laid == sorted(laid)
    assert laid[5] < places.end(laid[0]) < laid[6]


def test_thread_laid_anew_is_as_it_was_laid_comment_by_comment(make):
    post = make.post()
    made = [make.comment(post, "0")]
    for number in range(1, 30):
        made.append(make.comment(post, str(number), parent=made[number // 2] if number % 5 else None))
    waiting = make.pending(post, "late", parent=made[3])
    remove(made[3])
    remove(made[7])
    with writing():
        db.session.get(Comment, waiting.id).move_to(APPROVED)

    def laid():
        columns = (Comment.id, Comment.root_id, Comment.place, Comment.size, Comment.living)
        return db.session.execute(db.select(*columns).order_by(Comment.id)).all()

    before = laid()
    with writing():
        db.session.execute(db.update(Comment).values(place=None, size=7, living=7, root_id=1))
        settle(db.session.connection(), post.id)
    assert laid() == before
    assert sum(row.living for row in before) == 29
    with writing():
        db.session.delete(db.session.get(Comment, made[0].id))
    assert {entry.number for entry in thread.page(post, 1).entries} == set(range(2, 32))


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


CHANGES = {
    "its marks": lambda comment: setattr(comment, "marks", 3),
    "a pick": lambda comment: comment.pick(True),
    "its words": lambda comment: comment.edit("Otherwise", "<p>Otherwise</p>"),
    "its name": lambda comment: setattr(comment, "name", "Somebody else"),
    "its face": lambda comment: setattr(comment, "email", "elsewhere@example.org"),
    "its state": lambda comment: comment.move_to(TRASH),
    "who wrote it": lambda comment: setattr(comment, "person", comment.post.bylines[0].person),
    "the portrait": lambda comment: setattr(db.session.get(Comment, comment.parent_id).person, "portrait", "abc"),
    "the authors": lambda comment: comment.post.credit([comment.post.bylines[0].person]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_conversation_that_is_kept_is_another_one_as_soon_as_anything_of_it_changes(make, change):
    people = [make.person(), make.person()]
    post = make.post(authors=people)
    first = make.comment(post, "First", person_id=people[1].id)
    answer = make.comment(post, "Answer", parent=first)
    make.comment(post, "Other")
    before = thread.page(queries.in_brief(id=post.id), 1).entries
    assert thread.page(queries.in_brief(id=post.id), 1).entries == before
    with writing():
        CHANGES[change](db.session.get(Comment, answer.id))
    after = thread.page(queries.in_brief(id=post.id), 1).entries
    assert after[:2] != before[:2]
    assert after[-1] == before[-1]
