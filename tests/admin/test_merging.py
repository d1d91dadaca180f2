"""Two records of one person become one: everything moves, addresses redirect, what posts say stays."""

from datetime import UTC, datetime

import pytest

from blueprints.accounts.models import Person
from blueprints.accounts.queries import person_from
from blueprints.comments.models import Comment
from blueprints.comments.subscriptions import Subscription
from blueprints.core.db import db
from tests.admin.browsing import fill, form_of, soup
from tests.comments.mail.letterbox import ANN, BOB, subscribe
from tests.posts.test_bylines import affiliations, shown

IN_2019 = datetime(2019, 5, 12, tzinfo=UTC)


def merge(client, gone: Person, kept: Person | None):
    return fill(client, f"/admin/people/{gone.id}/merge", "#merge-form", into=str(kept.id) if kept else "")


def test_everything_of_the_one_moves_to_the_other(client, editor, make):
    kept = make.person("Ada Lovelace", bio="Hers.", links=[["A", "https://a.example"]], affiliation="New Hall")
    gone = make.person(
        "Lovelace, Ada",
        bio="Imported.",
        links=[["A", "https://a.example"], ["B", "https://b.example"]],
        affiliations=affiliations(("Old Hall", "", "", "2018"), ("New Hall", "", "", "")),
        orcid="0000-0002-1825-0097",
        source="http://old.example",
        source_id="ada",
    )
    ben = make.person("Ben")
    alone = make.post("Alone", authors=[gone], published_at=IN_2019)
    both = make.post("Both", authors=[gone, ben, kept])
    comment = make.comment(alone, "Mine.", person_id=gone.id)
    client.get("/"), client.get(f"/posts/{alone.slug}")
    former = gone.slug
    response = merge(client, gone, kept)
    assert response.location.endswith(f"/admin/people/{kept.id}/edit")
    assert shown(client, alone) == "By Ada Lovelace, New Hall"
    assert shown(client, both) == "By Ben and Ada Lovelace, New Hall"
    assert db.session.get(Comment, comment.id, populate_existing=True).person_id == kept.id
    assert client.get(f"/authors/{former}").location.endswith(f"/authors/{kept.slug}")
    form = form_of(client, f"/admin/people/{kept.id}/edit", "#person-form")
    assert form.select_one("[name=bio]").text.strip() == "Hers."
    assert form.select_one("[name=links]").text.strip().split("\n") == ["A https://a.example", "B https://b.example"]
    assert form.select_one("[name=orcid]")["value"] == "0000-0002-1825-0097"
    assert [each.get("value", "") for each in form.select("[name$=-institution]")] == ["New Hall", "Old Hall", ""]
    assert person_from("http://old.example", "ada").id == kept.id, "its import knows it again"
    assert "Ada Lovelace" in soup(client.get("/search?q=lovelace")).text


def test_who_follows_either_follows_the_one_that_stays_once(client, editor, make):
    gone, kept = make.person("Ada"), make.person("Ada")
    for email, person in ((ANN, gone), (ANN, kept), (BOB, gone)):
        subscribe(email, "posts", who=person)
    merge(client, gone, kept)
    left = db.session.scalars(db.select(Subscription))
    assert sorted((row.correspondent.email, row.person_id) for row in left) == [(ANN, kept.id), (BOB, kept.id)]


def test_account_of_the_one_that_goes_signs_in_as_the_other(client, editor, make):
    gone, kept = make.person("Ada"), make.person("Ada")
    account = make.account("author", person=gone)
    assert merge(client, gone, kept).status_code == 303
    assert db.session.get(type(account), account.id, populate_existing=True).person_id == kept.id


def test_two_who_sign_in_are_not_merged(client, editor, make):
    gone, kept = make.person("Ada"), make.person("Ada")
    emails = [make.account("author", person=person).email for person in (kept, gone)]
    response = merge(client, gone, kept)
    assert response.status_code == 422
    said = soup(response).select_one("#field-into-errors").text.strip()
    assert said == f"Both sign in, as {emails[0]} and as {emails[1]}. Remove one of the two accounts first."
    assert client.get(f"/authors/{gone.slug}").status_code == 200


@pytest.mark.parametrize("into", ["", "self", "99"])
def test_record_is_merged_only_into_another_that_is_there(client, editor, make, into):
    ada = make.person("Ada")
    words = {"into": str(ada.id) if into == "self" else into}
    assert fill(client, f"/admin/people/{ada.id}/merge", "#merge-form", **words).status_code == 422
    assert client.get(f"/authors/{ada.slug}").status_code == 200


def test_namesakes_are_offered_first_and_linked_from_the_list(client, editor, make):
    make.person("Abel")
    ada, other = make.person("Ada Lovelace"), make.person("Ada  lovelace")
    options = form_of(client, f"/admin/people/{ada.id}/merge", "#merge-form").select("option")
    assert options[1]["value"] == str(other.id)
    links = [link["href"] for link in soup(client.get("/admin/people")).select("[href$=merge]")]
    assert links == [f"/admin/people/{person.id}/merge" for person in (ada, other)]
