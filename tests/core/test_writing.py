"""Writing: one transaction, whether its rows go through the session or past it."""

import pytest
from sqlalchemy import func, select, update

from blueprints.core import chores, generations
from blueprints.core import db as database_module
from blueprints.core.db import connection, db, now, writing
from blueprints.core.generations import Generation
from blueprints.posts.models import Post

TITLES = select(Post.title, Post.standfirst)


def write(post_id: int) -> None:
    """One row's title past the session, its standfirst through it."""
    connection().execute(update(Post.__table__).values(title="Past the session"))
    assert db.session.scalar(select(Post.title)) == "Past the session"
    db.session.get_one(Post, post_id).standfirst = "Through the session."
    generations.touch("all-series")


def test_both_ways_of_writing_are_stored_together(app, make):
    post = make.post()
    with writing():
        write(post.id)
    db.session.remove()
    assert db.session.execute(TITLES).one() == ("Past the session", "Through the session.")
    assert db.session.get(Generation, "all-series")


def test_write_that_fails_at_its_last_step_leaves_nothing(app, make, monkeypatch):
    post = make.post()
    before = post.title, post.standfirst

    def fail(_noted: object) -> None:
        raise RuntimeError("no more")

    with monkeypatch.context() as broken:
        broken.setattr(database_module, "_last", [*database_module._last, fail])
        with pytest.raises(RuntimeError, match="no more"), writing():
            write(post.id)
    assert (post.title, post.standfirst) == before
    with writing():  # the lock is free, and nothing that was noted is left for the next
        pass
    db.session.remove()
    assert db.session.execute(TITLES).one() == before
    assert db.session.get(Generation, "all-series") is None


def test_write_past_the_session_makes_none_and_is_stored_or_taken_back_whole(app, make):
    def write_past_it(title: str) -> None:
        connection().execute(update(Post.__table__).values(title=title))
        generations.touch(title)

    def fail() -> None:
        with writing():
            write_past_it("second")
            raise RuntimeError("no more")

    make.post()
    db.session.remove()
    with writing():
        write_past_it("first")
    assert not db.session.registry.has()
    with pytest.raises(RuntimeError, match="no more"):
        fail()
    db.session.remove()
    with writing():  # what the failed one noted is gone
        pass
    assert db.session.scalar(select(Post.title)) == "first"
    assert db.session.get(Generation, "first")
    assert db.session.get(Generation, "second") is None


def test_chore_leaves_nothing_open_that_it_has_read(app):
    read = []
    chores.each(app, 0, lambda _moment: read.append(connection()))
    chores.run(now(), all_of_them=True)
    assert [each.closed for each in read] == [True]


def test_write_inside_a_write_is_refused_and_both_are_taken_back(app, make):
    def write_twice() -> None:
        with writing():
            db.session.add(Post(slug="outer", title="Outer"))
            with writing():
                pass

    with pytest.raises(RuntimeError, match="inside a write"):
        write_twice()
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0
    make.post()  # and the next one is as any other
