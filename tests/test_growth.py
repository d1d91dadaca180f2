"""What a public page asks of SQLite does not grow with the site: counted in steps of its machine, not in seconds."""

from itertools import count
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import event, text

from app import create_app
from blueprints.core.db import db
from blueprints.core.settings import Settings
from blueprints.operations import upgrade
from blueprints.posts import milestones
from blueprints.posts.addresses import post_url
from blueprints.posts.models import Post
from tests.bench.big_site import BigSite, known

FEW, MANY, COMMENTS = 100, 1000, 1000
LISTS = ("/", "/series", "/authors/person-1", "/tags/tag-1", "/feed.atom", "/comments.atom")
FAR = ("/", "/authors/person-1", "/tags/tag-1")
# Steps between two calls of the counter; and how much more ten times as many posts may cost.
STEPS, RATIO, UNEVEN = 10, 1.5, 20


def last_page(path: str) -> int:
    """The number of a list's last page; to look for it has its milestones found."""
    client = current_app.test_client()
    return next(number for number in count(2) if client.get(f"{path}?page={number}").status_code == 404) - 1


def site(folder: Path, posts: int) -> Flask:
    """One with so many *posts*, and always as many comments."""
    app = create_app(Settings.from_environ({"SECRET_KEY": "growth", "CACHE_MB": "0"}, folder))
    upgrade.run(app)
    with app.app_context():
        BigSite(posts, COMMENTS).write()
        db.session.remove()
    return app


def taken(folder: Path, posts: int) -> dict[str, int]:
    """How many steps each page takes on a site with so many *posts*."""
    folder.mkdir()
    app = site(folder, posts)
    steps, found = [0], {}

    def counting(connection: object, *_: object) -> None:
        connection.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), STEPS)

    with app.app_context():
        paths = {path: path for path in LISTS} | {"post": post_url(db.session.get(Post, known(30, posts)))}
        paths |= {f"{path}, far": f"{path}?page={last_page(path)}" for path in FAR}
        db.session.remove()
        event.listen(db.engine, "checkout", counting)
        for name, path in paths.items():
            steps[0] = 0
            assert app.test_client().get(path).status_code == 200, path
            found[name] = steps[0]
        db.engine.dispose()
        app.extensions["watch"].close()
    return found


def test_ten_times_as_many_posts_make_no_page_dearer(tmp_path, monkeypatch):
    monkeypatch.setattr(milestones, "EVERY", 20)
    few, many = taken(tmp_path / "few", FEW), taken(tmp_path / "many", MANY)
    assert all(few[name] for name in few)
    assert {name: (few[name], many[name]) for name in few if many[name] > RATIO * few[name] + UNEVEN} == {}


def test_a_comment_that_goes_for_good_has_no_others_read(tmp_path):
    """What answers it loses its parent: those are found by their index, not among all comments."""
    steps = [0]
    with site(tmp_path, FEW).app_context(), db.engine.connect() as connection:
        connection.connection.driver_connection.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 1)
        connection.execute(text("DELETE FROM comment WHERE id = (SELECT max(id) FROM comment)"))
        connection.rollback()
    assert 0 < steps[0] < COMMENTS
