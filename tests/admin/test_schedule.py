"""Steps from draft to published and back, what is done at a post's minute, and what the desk says of it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from blueprints.admin import schedule as admin_schedule
from blueprints.core import cache as caching
from blueprints.core import chores
from blueprints.core.db import db, now
from blueprints.feeds import queries as feeds
from blueprints.feeds import sitemap
from blueprints.posts import models, queries, schedule, versions
from blueprints.posts.models import Post
from blueprints.posts.schedule import Appointment
from blueprints.search import queries as searching
from tests.admin.browsing import WORLDS, fill, form_of, partials, press, soup

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def environ(environ):
    return {**environ, "DEBUG": "1", "TIME_ZONE": "Europe/Berlin", "SITE_URL": "http://localhost"}


@pytest.fixture
def draft(make):
    return make.post("Essay", slug="essay", state="draft", published_at=None, tags=["Law"], authors=[make.person()])


def reread(post: Post) -> Post:
    return db.session.get(Post, post.id, populate_existing=True)


def edit(post: Post) -> str:
    return f"/admin/posts/{post.id}/edit"


def appointments() -> list[Appointment]:
    return list(db.session.scalars(db.select(Appointment).order_by(Appointment.id)))


def typed(moment: datetime) -> str:
    return f"{moment.astimezone(BERLIN):%Y-%m-%dT%H:%M}"


TOMORROW = (now() + timedelta(days=1)).replace(second=0, microsecond=0)


@pytest.mark.parametrize("world", WORLDS)
def test_post_is_scheduled_moved_and_taken_off_the_schedule(client, editor, draft, world):
    response = fill(client, edit(draft), "#post-form", world, then="schedule", publish_at=typed(TOMORROW))
    assert (reread(draft).stage, reread(draft).published_at) == ("scheduled", TOMORROW)
    assert [each.due_at for each in appointments()] == [TOMORROW]
    if world == "htmx":
        assert "Scheduled" in partials(response)["#post-state"].text
    page = soup(client.get("/admin/schedule"))
    assert "Europe/Berlin" in page.select_one(".desk-head__more").text
    assert page.select_one(".schedule__when time")["datetime"] == TOMORROW.astimezone(BERLIN).isoformat()
    assert client.get("/posts/essay").status_code == 404

    later = TOMORROW + timedelta(hours=1)
    fill(client, edit(draft), "#post-form", world, publish_at=typed(later))  # saved, with another minute in it
    assert [each.due_at for each in appointments()] == [later]
    row = form_of(client, "/admin/posts?state=scheduled", f"#post-row-{draft.id} form")
    press(client, row, world)
    assert (reread(draft).stage, reread(draft).published_at, appointments()) == ("draft", None, [])


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("", "Say on which day"),
        ("tomorrow", "not a date"),
        ("2020-01-01T09:00", "minute is over"),
        ("2028-03-26T02:30", "no such minute"),
    ],
)
def test_minute_that_is_none_is_refused_at_its_field(client, editor, draft, world, when, said):
    response = fill(client, edit(draft), "#post-form", world, then="schedule", publish_at=when, body="Kept.")
    assert response.status_code == 422
    assert said in soup(response).select_one("#field-publish_at-errors").text
    assert soup(response).select_one("#field-publish_at")["value"] == when
    assert soup(response).select_one("[name=body]").text.strip() == "Kept."
    assert reread(draft).stage == "draft"


@pytest.mark.parametrize("path", ["edit", "new"])
def test_minute_that_was_typed_is_not_lost_by_saving_the_draft_first(client, editor, draft, path):
    saved = fill(
        client,
        f"/admin/posts/{draft.id}/edit" if path == "edit" else "/admin/posts/new",
        "#post-form",
        title="New",
        publish_at=typed(TOMORROW),
    )
    assert soup(client.get(saved.location)).select_one("#field-publish_at")["value"] == typed(TOMORROW)


def clock_reads(monkeypatch, moment: datetime) -> None:
    """Let everything that readers see be drawn as at *moment*."""
    monkeypatch.setattr(caching.time, "time", moment.timestamp)
    for module in (models, queries, feeds, sitemap, searching, schedule, versions, admin_schedule):
        monkeypatch.setattr(module, "now", lambda: moment)


LISTS = ("/", "/tags/law", "/feed.atom", "/sitemap.xml", "/search?q=essay", "/posts/essay")


def test_scheduled_post_is_everywhere_from_its_minute_on_and_fired_once(client, editor, draft, monkeypatch):
    fill(client, edit(draft), "#post-form", body="As it will be.", then="schedule", publish_at=typed(TOMORROW))
    pages = [*LISTS, f"/authors/{draft.authors[0].slug}"]
    number, told = draft.id, "/posts/essay"
    clock_reads(monkeypatch, TOMORROW - timedelta(seconds=1))
    assert [path for path in pages if told in client.get(path).text] == []
    clock_reads(monkeypatch, TOMORROW + timedelta(seconds=2))
    assert [path for path in pages if told not in client.get(path).text] == []
    for seconds in (2, 7):
        chores.run(TOMORROW + timedelta(seconds=seconds), all_of_them=True)
    [appointment] = appointments()
    assert (appointment.fired_at, appointment.was_missed) == (TOMORROW + timedelta(seconds=2), False)
    assert versions.of(db.session.get(Post, number))[0].was_public
    assert "In time, after 2 seconds" in soup(client.get("/admin/schedule")).text


def test_minute_without_a_worker_is_made_up_for_and_told(client, editor, draft, monkeypatch):
    schedule.look(TOMORROW - timedelta(hours=2))
    fill(client, edit(draft), "#post-form", then="schedule", publish_at=typed(TOMORROW))
    moment = TOMORROW + timedelta(minutes=42)
    clock_reads(monkeypatch, moment)
    assert "last seen" in soup(client.get("/admin/schedule")).select_one(".schedule__worker--away").text
    schedule.look(moment)
    [appointment] = appointments()
    assert (appointment.fired_at, appointment.absent_since) == (moment, TOMORROW - timedelta(hours=2))
    for path in ("/admin", "/admin/schedule"):
        page = soup(client.get(path))
        assert "42 minutes late" in page.select_one(".desk-notice").text
    assert page.select_one(".schedule__worker--away") is None


def test_worker_says_that_it_is_alive_and_writes_nothing_for_it(app, client, make):
    post = make.post()
    assert schedule.worker().seen_at is None
    client.get(f"/posts/{post.slug}")
    moment = now().replace(microsecond=0)
    for seconds in (0, 5):
        schedule.look(moment + timedelta(seconds=seconds))
        assert schedule.worker().seen_at == moment + timedelta(seconds=seconds)
    assert client.get(f"/posts/{post.slug}").headers["X-Cache"] == "hit"


@pytest.mark.parametrize("world", WORLDS)
def test_contributor_submits_and_an_editor_publishes(client, make, world):
    contributor = make.account("contributor")
    make.sign_in(client, contributor)
    fill(client, "/admin/posts/new", "#post-form", world, title="Essay", body="Text.", then="submit")
    post = db.session.scalar(db.select(Post))
    form = form_of(client, edit(post), "#post-form")
    assert post.stage == "review"
    assert [button["value"] for button in form.select("button[name=then]")] == ["take-back"]
    assert press(client, form, world, then="publish", title="Better").status_code == 403
    assert press(client, form, world, then="schedule", publish_at=typed(TOMORROW)).status_code == 403
    assert reread(post).stage == "review"

    make.sign_in(client, make.account("editor"))
    assert "Essay" in soup(client.get("/admin")).select_one("[aria-labelledby=waits]").text
    press(client, form_of(client, "/admin/posts?state=review", f"#post-row-{post.id} form"), world)
    assert reread(post).is_public

    make.sign_in(client, contributor)
    assert press(client, form, world, body="Changed afterwards.").status_code == 403
    assert reread(post).body == "Text."


@pytest.mark.parametrize("world", WORLDS)
def test_step_that_is_not_possible_any_more_is_refused_and_keeps_the_text(client, make, editor, draft, world):
    form = form_of(client, edit(draft), "#post-form")
    fill(client, edit(draft), "#post-form", then="publish")
    response = press(client, form, world, then="submit", body="My words.")
    assert response.status_code == 409
    assert "published by now" in response.text
    assert world == "htmx" or "My words." in response.text


def test_withdrawn_post_takes_no_comments_and_says_why(client, make, editor):
    post = make.post("Essay", slug="essay")
    form = form_of(client, "/posts/essay", "#comment-form")
    fill(client, edit(post), "#post-form", then="withdraw", withdrawn_note="The figures were wrong.")
    assert "Essay" not in client.get("/").text + client.get("/feed.atom").text
    assert press(client, form, author="Ann", comment="Late.").status_code == 410
    fill(client, edit(post), "#post-form", withdrawn_note="All figures were wrong.")
    gone = client.get("/posts/essay")
    assert (gone.status_code, gone.headers["Cache-Control"]) == (410, "no-store")
    assert "All figures were wrong." in soup(gone).text
    assert client.get("/posts/essay/versions").status_code == 410
    fill(client, edit(post), "#post-form", then="publish")
    assert client.get("/posts/essay").status_code == 200
