"""The box of the desk: what it finds, of whom, and for whom."""

import pytest

from blueprints.admin.finding import PAGES
from tests.admin.browsing import soup


def found(client, words: str, world: str = "plain") -> dict[str, list[str]]:
    """What is found, by kind."""
    path = f"/admin/search?q={words}"
    page = soup(client.htmx("GET", path) if world == "htmx" else client.get(path))
    page = page.select_one("#desk-found")
    return {
        part.h2.get_text(): [hit.bdi.get_text() for hit in part.select(".desk-found__hit")]
        for part in page.select("section")
    }


@pytest.mark.parametrize("world", ["plain", "htmx"])
def test_editor_finds_drafts_posts_comments_people_and_settings(client, make, editor, world):
    ada = make.person("Ada Wren")
    make.post("Wrens in winter", state="draft", published_at=None)
    post = make.post("Of owls", body="They hunt a wren.", authors=[ada])
    make.pending(post, "I heard a wren.", name="Jo")
    make.comment(post, "A wren it was.", name="Kim")
    shown = found(client, "wren", world)
    assert shown["Posts"] == ["Wrens in winter", "Of owls"]
    assert shown["Comments"] == ["Jo: I heard a wren.", "Kim: A wren it was."]
    assert shown["People"] == ["Ada Wren"]
    assert found(client, "COLOUR", world) == {"Pages of the desk": ["Site: appearance"]}
    assert found(client, "nothing-like-it", world) == {}


def test_comment_is_found_by_the_address_of_its_writer(client, make, editor):
    make.comment(make.post(), "Mine.", name="Jo", email="jo@example.org")
    assert found(client, "Jo@example.org") == {"Comments": ["Jo: Mine."]}


def test_signs_of_the_database_are_words_like_others(client, make, editor):
    make.post("100% proof", state="draft", published_at=None)
    make.post("Proof", state="draft", published_at=None)
    assert found(client, "0%25 p")["Posts"] == ["100% proof"]
    assert found(client, "%27%22)%20--") == {}


def test_author_finds_their_own_alone(client, make, author):
    make.post("My wren", authors=[author.person], state="draft", published_at=None)
    other = make.post("Your wren", authors=[make.person("Wren")])
    make.pending(other, "A wren.")
    assert found(client, "wren") == {"Posts": ["My wren"]}
    pages = found(client, "")["Pages of the desk"]
    assert "Write a post" in pages
    assert "Accounts" not in pages


@pytest.mark.parametrize("role", ["administrator", "editor", "author", "moderator"])
def test_every_page_that_is_offered_opens(client, make, role):
    make.sign_in(client, make.account(role))
    offered = [hit["href"] for hit in soup(client.get("/admin/search")).select(".desk-found__hit")]
    assert [path for path in offered if client.get(path).status_code != 200] == []
    assert (len(offered) == len(PAGES)) == (role == "administrator")


def test_every_page_that_stands_by_itself_is_offered(app):
    here = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments}
    pages = {endpoint for endpoint in here if endpoint.startswith("admin.")}
    begun_elsewhere = {"admin.index", "admin.search_desk", "admin.new_person", "admin.add_passkey"}
    assert pages - {endpoint for _, _, endpoint, _, _ in PAGES} == begun_elsewhere
