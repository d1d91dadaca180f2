"""How posts are read, at the desk: the numbers, the picture of them, and how soon readers are answered."""

from datetime import timedelta

from blueprints.core import plot
from blueprints.core.db import db, now, writing
from blueprints.posts.models import Post
from blueprints.posts.reads import FeedReads, PostReads, Referrer
from tests.admin.browsing import soup


def read(post: Post, number: int, host: str = "") -> None:
    with writing():
        db.session.add(PostReads(post_id=post.id, day=now().date(), number=number))
        if host:
            db.session.add(Referrer(post_id=post.id, host=host, number=number))


def figures(page) -> dict[str, str]:
    return {row.dt.get_text(): row.dd.get_text(" ", strip=True) for row in page.select(".figures > div")}


def test_editor_reads_the_numbers_of_the_site_and_of_a_post(client, make, editor):
    long, short = make.post("Long"), make.post("Short")
    read(long, 1200, "example.org")
    read(short, 30)
    with writing():
        db.session.add(FeedReads(kind="posts", day=now().date(), number=7))
    page = soup(client.get("/admin/reading"))
    assert figures(page)["Today"] == "1,230"
    assert [row.get_text(" ", strip=True) for row in page.select("#most-read + .tops .tops__row")] == [
        "Long 1,200",
        "Short 30",
    ]
    assert page.select_one("#referrers + .tops .tops__name").get_text() == "example.org"
    assert page.select_one("#feeds + .tops .tops__name").get_text() == "Posts"
    own = soup(client.get(page.select_one("#most-read + .tops a")["href"]))
    assert figures(own)["In all"] == "1,200"
    assert len(own.select("svg rect")) == len(own.select(".numbers tbody tr")) == 30
    named = own.select_one("svg")["aria-labelledby"].split()
    assert all(own.select_one(f"svg #{name}").get_text() for name in named)
    assert own.select_one("svg rect:last-of-type title").get_text().endswith(": 1,200 readings")


def test_author_reads_their_own_numbers_alone(client, make, author):
    read(make.post("Mine", authors=[author.person]), 5, "mine.example")
    other = make.post("Other")
    read(other, 1000, "other.example")
    text = client.get("/admin/reading").get_data(as_text=True)
    assert "mine.example" in text
    assert "other.example" not in text
    assert figures(soup(client.get("/admin/reading")))["In all"] == "5"
    assert client.get(f"/admin/posts/{other.id}/reading").status_code == 404


def test_share_of_answered_comments_and_the_median_wait_for_an_answer(client, make, editor):
    writer = make.person("Ada")
    post = make.post(authors=[writer])
    began = now() - timedelta(days=2)

    def at(hours: float) -> dict:
        return {"created_at": began + timedelta(hours=hours), "published_at": began + timedelta(hours=hours)}

    first, second, third = (make.comment(post, **at(0)) for _ in range(3))
    make.comment(post, **at(0))
    make.comment(post, parent=first, person_id=writer.id, **at(1))
    make.comment(post, parent=first, **at(9))
    make.comment(post, parent=second, **at(3))
    make.comment(post, parent=third, state="pending", **at(1))
    shown = figures(soup(client.get("/admin/reading")))
    # Readers wrote six, two of which were answered: after one hour and after three.
    assert shown["Comments answered"] == "33 % 2 of 6, 1 by the authors"
    assert shown["Time to the first reply"].startswith("2 hours ")


def test_plot_ends_at_a_round_number_and_bars_stay_inside():
    found = plot.bars([("a", 0), ("b", 37), ("c", 3)])
    assert found.top == 40
    assert [bar.height for bar in found.bars] == [0, 111, 9]
    assert all(bar.x >= 0 and bar.x + bar.width <= found.width and bar.y >= 0 for bar in found.bars)
    assert plot.bars([("a", 0)]).top == 4
