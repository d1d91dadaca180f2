"""People at the desk: their affiliations with dates, and what a change of them means for what has appeared."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from blueprints.core.db import db
from blueprints.posts.bylines import Byline
from tests.admin.browsing import WORLDS, fill, form_of, press, soup, values
from tests.posts.test_bylines import affiliations, shown

IN_2019 = datetime(2019, 5, 12, tzinfo=UTC)


def lines(form) -> list[str]:
    return [each["value"] for each in form.select("[name$=-institution]") if each.get("value")]


@pytest.mark.parametrize("world", WORLDS)
def test_affiliation_with_a_date_is_added_and_the_past_stays(client, editor, make, world):
    ada = make.person("Ada", affiliation="Old Hall")
    post = make.post(authors=[ada], published_at=IN_2019)
    path = f"/admin/people/{ada.id}/edit"
    new = {"affiliations-0-until": "2022", "affiliations-1-institution": "New Hall", "affiliations-1-since": "2023-04"}
    response = fill(client, path, "#person-form", world, **new)
    assert response.status_code == (303 if world == "plain" else 200)
    assert lines(form_of(client, path, "#person-form")) == ["Old Hall", "New Hall"]
    assert shown(client, post) == "By Ada, Old Hall"
    assert soup(client.get(f"/authors/{ada.slug}")).select_one(".list-head__text").text == "New Hall"


@pytest.mark.parametrize("world", WORLDS)
def test_what_would_change_the_past_is_asked_first(client, editor, make, world):
    ada = make.person("Ada", affiliation="Old Hall")
    post = make.post("An essay", authors=[ada], published_at=IN_2019)
    path = f"/admin/people/{ada.id}/edit"
    asked = fill(client, path, "#person-form", world, **{"affiliations-0-institution": "New Hall", "bio": "Kept"})
    assert asked.status_code == 422
    assert "An essay, 12 May 2019: Old Hall → New Hall" in " ".join(soup(asked).select_one(".restated").text.split())
    assert shown(client, post) == "By Ada, Old Hall"
    form = soup(asked).select_one("#person-form")
    assert values(form)["bio"] == "Kept"
    press(client, form, world, restates="y")
    assert shown(client, post) == "By Ada, New Hall"


@pytest.mark.parametrize("world", WORLDS)
def test_lines_come_and_go_before_anything_is_stored(client, editor, make, world):
    ada = make.person("Ada", affiliations=affiliations(("One", "", "", ""), ("Two", "", "", "")))
    form = form_of(client, f"/admin/people/{ada.id}/edit", "#person-form")
    more = {"affiliations-2-institution": "Three", "lines": "more"}
    after = soup(press(client, form, world, **more))
    assert lines(after) == ["One", "Two", "Three"]
    assert after.select_one("[name=affiliations-3-institution]")
    again = soup(press(client, form, world, lines="more"))
    assert again.select_one("[name=affiliations-3-institution]"), "one more even where one was empty"
    assert lines(soup(press(client, form, world, **{**more, "lines": "0"}))) == ["Two", "Three"]
    assert lines(form_of(client, f"/admin/people/{ada.id}/edit", "#person-form")) == ["One", "Two"]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"affiliations-0-since": "May 2019"}, "affiliations-0-since"),
        ({"affiliations-0-since": "2019-05", "affiliations-0-until": "2018"}, "affiliations-0-until"),
        ({"affiliations-0-institution": "", "affiliations-0-position": "Fellow"}, "affiliations-0-institution"),
    ],
)
def test_affiliation_that_cannot_be_is_marked(client, editor, world, wrong, field):
    words = {"name": "Ada", "affiliations-0-institution": "Hall", **wrong}
    response = fill(client, "/admin/people/new", "#person-form", world, **words)
    assert response.status_code == 422
    marked = [each["name"] for each in soup(response).select("#person-form [aria-invalid]")]
    assert marked == [field]


@pytest.mark.parametrize("world", WORLDS)
def test_post_may_name_another_affiliation_than_the_usual(client, editor, make, world):
    ada, ben = make.person("Ada", affiliation="Hall"), make.person("Ben", affiliation="Academy")
    post = make.post(authors=[ada, ben], published_at=IN_2019)
    path = f"/admin/posts/{post.id}/edit"
    fill(client, path, "#post-form", world, **{"affiliations-0": "Visiting Fellow"})
    assert shown(client, post) == "By Ada, Visiting Fellow and Ben, Academy"
    shown_again = form_of(client, path, "#post-form")
    response = press(client, shown_again, world, **{"authors-0": "", "affiliations-1": "Guest"})
    assert response.status_code in (200, 303)
    assert shown(client, post) == "By Ben, Guest"
    assert db.session.scalars(select(Byline.own_affiliation).where(Byline.post_id == post.id)).all() == ["Guest"]


@pytest.mark.parametrize("world", WORLDS)
def test_record_of_a_person_is_kept_and_shown(client, editor, make, world):
    ada = make.person("Ada de Lovelace")
    post = make.post(authors=[ada])
    path = f"/admin/people/{ada.id}/edit"
    form = form_of(client, path, "#person-form")
    assert values(form)["sort_name"] == "Lovelace, Ada de"
    words = {
        "orcid": "https://orcid.org/0000-0002-1694-233x",
        "competing_interests": "Owns an engine.",
        "links": "Mine https://ada.example",
        "portrait_alt": "At a desk",
        "sort_name": "De Lovelace, Ada",
    }
    press(client, form, world, **words)
    shown_again = values(form_of(client, path, "#person-form"))
    assert [shown_again[name] for name in words] == ["0000-0002-1694-233X", *list(words.values())[1:]]
    for page in (client.get(f"/posts/{post.slug}"), client.get(f"/authors/{ada.slug}")):
        link = soup(page).find("a", href="https://orcid.org/0000-0002-1694-233X")
        assert (link.text, "me" in link["rel"]) == (link["href"], True)
    notes = [note.text for note in soup(client.get(f"/posts/{post.slug}")).select(".disclaimer")]
    assert notes == ["Competing interests: Owns an engine."]


def test_sort_name_follows_the_name_until_somebody_writes_it(client, editor, make):
    ada = make.person("Ada Lovelace")
    path = f"/admin/people/{ada.id}/edit"
    for changes, then in (
        ({"name": "Ada King"}, "King, Ada"),
        ({"sort_name": "Lovelace, Ada King"}, "Lovelace, Ada King"),
        ({"name": "Augusta King"}, "Lovelace, Ada King"),
        ({"sort_name": ""}, "King, Augusta"),
    ):
        fill(client, path, "#person-form", **changes)
        assert values(form_of(client, path, "#person-form"))["sort_name"] == then


@pytest.mark.parametrize("world", WORLDS)
def test_former_address_of_a_person_leads_to_the_new_one_for_ever(client, editor, make, world):
    ada, ben = make.person("Ada"), make.person("Ben")
    former, path = ada.slug, f"/admin/people/{ada.id}/edit"
    fill(client, path, "#person-form", world, slug="Ada Lovelace")
    fill(client, path, "#person-form", world, slug="countess")
    for slug in (former, "ada-lovelace"):
        assert client.get(f"/authors/{slug}").location.endswith("/authors/countess")
        assert client.get(f"/authors/{slug}/feed.atom").location.endswith("/authors/countess/feed.atom")
    assert client.get("/authors/nobody").status_code == 404
    for slug in ("countess", former):
        taken = fill(client, f"/admin/people/{ben.id}/edit", "#person-form", world, slug=slug, bio="Kept")
        assert taken.status_code == 422
    assert "is free" in soup(taken).select_one("#field-slug-errors").text
    assert values(soup(taken).select_one("#person-form"))["bio"] == "Kept"
    fill(client, path, "#person-form", world, slug=former)
    assert client.get(f"/authors/{former}").status_code == 200
    assert client.get("/authors/countess").location.endswith(f"/authors/{former}")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("name", "value"), [("orcid", "0000-0002-1694-2330"), ("orcid", "12"), ("slug", "!!")])
def test_number_or_address_that_cannot_be_is_marked(client, editor, make, world, name, value):
    ada = make.person("Ada")
    response = fill(client, f"/admin/people/{ada.id}/edit", "#person-form", world, **{name: value, "bio": "Kept"})
    assert response.status_code == 422
    assert [each["name"] for each in soup(response).select("#person-form [aria-invalid]")] == [name]
    assert values(soup(response).select_one("#person-form"))["bio"] == "Kept"


@pytest.mark.parametrize("world", WORLDS)
def test_post_declares_its_own_interests_and_who_paid(client, editor, make, world):
    ada = make.person("Ada", competing_interests="Owns an engine.")
    ben = make.person("Ben", competing_interests="Sells coal.")
    post = make.post(authors=[ada, ben])
    path = f"/admin/posts/{post.id}/edit"

    def notes() -> list[str]:
        return [note.text for note in soup(client.get(f"/posts/{post.slug}")).select(".disclaimer")]

    assert notes() == ["Competing interests: Ada: Owns an engine.", "Competing interests: Ben: Sells coal."]
    assert fill(client, path, "#post-form", world, interests_kind="own").status_code == 422
    fill(client, path, "#post-form", world, interests_kind="own", competing_interests="Both know him.")
    assert notes() == ["Competing interests: Both know him."]
    fill(client, path, "#post-form", world, interests_kind="none", funding="Grant 12.")
    assert notes() == ["Competing interests: none declared.", "Funding: Grant 12."]
    assert "Funding: Grant 12." in client.get("/feed.atom").text
