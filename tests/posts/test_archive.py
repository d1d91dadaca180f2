"""The archive: every post is found under its year, at the site's own clock, and counting them stays cheap."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from blueprints.core.db import now
from blueprints.posts import archive


def page(client, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser").main


def on(year: int, month: int = 6, day: int = 1, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def listed(found: BeautifulSoup) -> list[str]:
    return [" ".join(item.text.split()) for item in found.select(".archive li")]


def test_years_are_listed_with_what_they_hold(client, make):
    for year in (2024, 2019, 2019):
        make.post(published_at=on(year))
    make.post(published_at=on(2018), state="draft")
    make.post(published_at=on(2017), kind="page")
    make.post(published_at=now() + timedelta(days=800))
    assert listed(page(client, "/archive")) == ["2024 1 post", "2019 2 posts"]
    assert BeautifulSoup(client.get("/").text, "html.parser").footer.find("a", href="/archive")


def test_journal_without_posts_says_so(client):
    assert "Nothing has been published here yet." in page(client, "/archive").text


def test_year_is_told_by_month_the_newest_first(client, make):
    for title, day in (("Old", on(2019, 2, 3)), ("Older", on(2019, 2, 1)), ("New", on(2019, 11)), ("Other", on(2020))):
        post = make.post(title, published_at=day)
    make.post("Earlier", published_at=on(2014), path="/2014/earlier/")
    make.comment(post)
    found = page(client, "/archive/2019")
    assert [heading.text for heading in found.find_all("h2")] == ["November", "February"]
    assert listed(found) == ["New 1 November 2019", "Old 3 February 2019", "Older 1 February 2019"]
    assert {link["href"] for link in found.select(".archive-years a")} == {"/archive/2020", "/archive/2014"}
    assert listed(page(client, "/archive/2020")) == ["Other 1 June 2020 · 1 comment"]
    assert page(client, "/archive/2014").find("a", href="/2014/earlier/")


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "TIME_ZONE": "Asia/Tokyo"}])
def test_year_begins_when_it_does_where_the_site_is(client, make):
    make.post("At the turn", published_at=on(2019, 12, 31, 20))
    assert listed(page(client, "/archive")) == ["2020 1 post"]
    assert listed(page(client, "/archive/2020")) == ["At the turn 1 January 2020"]
    assert client.get("/archive/2019").status_code == 404


def test_long_year_has_pages(client, make, monkeypatch):
    monkeypatch.setattr(archive, "PAGE_SIZE", 2)
    monkeypatch.setattr(archive, "_IN_YEAR", archive._IN_YEAR.limit(3))
    for number in range(5):
        make.post(f"Post {number}", published_at=on(2019, 1 + number))
    titles = []
    for number in (1, 2, 3):
        found = page(client, f"/archive/2019?page={number}")
        titles += [entry.split()[1] for entry in listed(found)]
        assert (found.find("a", rel="next") is None) == (number == 3)
    assert titles == ["4", "3", "2", "1", "0"]
    assert client.get("/archive/2019?page=4").status_code == 404


def test_more_than_a_thousand_are_not_counted(client, make, monkeypatch):
    monkeypatch.setattr(archive, "COUNTED", 2)
    archive._counting.cache_clear()
    for number in range(4):
        make.post(published_at=on(2019, 1 + number))
    assert listed(page(client, "/archive")) == ["2019 more than 2 posts"]
    archive._counting.cache_clear()


def test_centuries_are_found(client, make):
    for year in (1516, 1700, 2024):
        make.post(published_at=on(year))
    assert listed(page(client, "/archive")) == ["2024 1 post", "1700 1 post", "1516 1 post"]
    assert page(client, "/archive/1516").find("a", href="/archive/1700")


@pytest.mark.parametrize("year", ["2018", "0000", "0001", "9999", "99", "02019", "20l9", "٢٠١٩", "2019.0", "-2019"])
def test_year_of_nothing_is_not_found(client, make, year):
    make.post(published_at=on(2019))
    assert client.get(f"/archive/{year}").status_code == 404
