"""Bylines: a post keeps the affiliations of the day on which it appeared."""

from datetime import UTC, date, datetime

import pytest

from blueprints.accounts.affiliations import Affiliation, first_day, last_day, next_change
from blueprints.core.db import db, writing
from blueprints.posts import bylines
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post
from tests.admin.browsing import soup

IN_2019, IN_2024 = datetime(2019, 5, 12, tzinfo=UTC), datetime(2024, 5, 12, tzinfo=UTC)
CAREER = [("Old Hall", "Reader", "2015", "2019-06"), ("Academy", "", "2018-01-02", ""), ("New Hall", "", "2020", "")]


def affiliations(*lines) -> list[Affiliation]:
    names = ("institution", "position", "since", "until")
    return [Affiliation(place=place, **dict(zip(names, line, strict=True))) for place, line in enumerate(lines)]


def shown(client, post) -> str:
    return " ".join(soup(client.get(f"/posts/{post.slug}")).select_one(".byline").text.split())


@pytest.fixture
def ada(make):
    return make.person("Ada", affiliations=affiliations(*CAREER))


def test_post_shows_the_affiliations_of_its_day(client, make, ada):
    assert shown(client, make.post(authors=[ada], published_at=IN_2019)) == "By Ada, Old Hall; Academy"
    later = make.post(authors=[ada], published_at=IN_2024)
    assert shown(client, later) == "By Ada, Academy; New Hall"
    bios = [line.text for line in soup(client.get(f"/posts/{later.slug}")).select(".bio__affiliation")]
    assert bios == ["Academy", "New Hall"]


def test_later_affiliation_leaves_what_appeared_before_as_it_was(client, make, ada):
    early, late = (make.post(authors=[ada], published_at=day) for day in (IN_2019, IN_2024))
    for post in (early, late):
        client.get(f"/posts/{post.slug}")
    with writing():
        person = db.session.merge(ada)
        theirs = affiliations(*CAREER, ("Third Hall", "", "2024-05-12", ""))
        bylines.restate(changes := bylines.restated(person.id, theirs))
        person.affiliations = theirs
    assert [change.byline.post_id for change in changes] == [late.id]
    assert shown(client, early) == "By Ada, Old Hall; Academy"
    assert shown(client, late) == "By Ada, Academy; New Hall; Third Hall"


def test_post_of_another_day_shows_the_affiliations_of_that_day(client, make, ada):
    post = make.post(authors=[ada], published_at=IN_2019)
    with writing():
        db.session.get(Post, post.id).published_at = IN_2024
    assert shown(client, post) == "By Ada, Academy; New Hall"


def test_affiliation_of_one_post_stands_whatever_the_date(client, make, ada):
    post = make.post(authors=[ada], published_at=IN_2019)
    with writing():
        stored = db.session.get(Post, post.id)
        stored.credit(stored.authors, ["Visiting Fellow"])
        stored.published_at = IN_2024
    assert shown(client, post) == "By Ada, Visiting Fellow"
    assert bylines.restated(ada.id, []) == []


def test_byline_that_goes_past_the_session_shows_them_as_well(client, make, ada):
    post = make.post(published_at=IN_2019)
    with writing():
        db.session.execute(db.insert(Byline), [{"post_id": post.id, "person_id": ada.id, "position": 0}])
    assert shown(client, post) == "By Ada, Old Hall; Academy"


def test_author_page_shows_what_is_and_below_it_what_was(client, ada):
    page = soup(client.get(f"/authors/{ada.slug}"))
    assert [line.text for line in page.select(".list-head__text")] == ["Academy", "New Hall"]
    former = [" ".join(line.text.split()) for line in page.select(".list-head__former li")]
    assert former == ["Reader, Old Hall 2015 – June 2019"]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2020-12", date(2020, 12, 1), date(2020, 12, 31)),
        ("2020-02-03", date(2020, 2, 3), date(2020, 2, 3)),
        ("9999", date(9999, 1, 1), date.max),
    ],
)
def test_part_of_a_date_lasts_from_its_first_day_to_its_last(text, first, last):
    assert (first_day(text), last_day(text)) == (first, last)


@pytest.mark.parametrize("text", ["", "19", "0000", "2019-13", "2019-02-30", "2019-2", "May 2019", "２０１９"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - each of them says something else
        first_day(text)


def test_page_of_an_author_is_right_until_the_next_change(app):
    lines = affiliations(("A", "", "2030", "2031"), ("B", "", "", "9999"), ("C", "", "2019", "2026-12"))
    days = (date(2026, 6, 1), date(2027, 1, 1), date(2031, 12, 31), date(2032, 1, 1))
    moments = [next_change(lines, day) for day in days]
    assert [moment and moment.date() for moment in moments] == [
        date(2027, 1, 1),
        date(2030, 1, 1),
        date(2032, 1, 1),
        None,
    ]
