"""Odd words in every part of every public address: a plain refusal or a normal answer, never a fault."""

from urllib.parse import quote, urlsplit

import pytest

from blueprints.core.db import db, writing
from blueprints.posts.models import Alias
from tests.safety.asking import MEGABYTE, WORLDS, ask, check, fill, good_words, public_rules

# As they stand in an address, percent-encoded.
ODD = [
    *("0", "-1", "1e9", "1.5", "+1", "%201", "1_000", "NaN", "0x10", "%D9%A3", "", "%20", "%", "%zz", "[]", "{}"),
    *(str(2**31), str(2**63 - 1), str(2**63), str(2**64), str(-(2**63) - 1), "9" * 400),
    *("%00", "a%00b", "%2500", "%ED%A0%80", "%FF%FE", "%C0%AF", "%E2%80%AE", "%EF%BF%BF", "%0d%0aSet-Cookie:%20a=b"),
    *("..%2f..%2fetc%2fpasswd", "..%5c", "%252e%252e", "//evil.example", "%27%20OR%201=1%20--", "%7B%7B7*7%7D%7D"),
    *("%3Cscript%3E", "%F0%9F%98%80" * 60, "%cc%81" * 500),
]
PARAMETERS = ("page", "upto", "after", "skip", "from", "to", "p", "page_id", "next", "q")


def of_world(words: list[str], world: str) -> list[str]:
    """Every other word: each is sent to every address, in one world or the other."""
    return words[list(WORLDS).index(world) :: len(WORLDS)]


@pytest.mark.parametrize("world", WORLDS)
def test_odd_words_in_every_part_of_every_address_are_answered(app, client, post, comment, world):
    for rule in public_rules(app):
        for name in rule.arguments:
            for odd in of_world([*ODD, MEGABYTE], world):
                path = fill(rule, {**good_words(rule, post, comment), name: odd})
                for method in rule.methods & {"GET", "POST"}:
                    check(ask(client, path, method, headers=WORLDS[world]), (method, path[:100]))


@pytest.mark.parametrize("world", WORLDS)
def test_odd_parameters_at_every_address_are_answered(app, client, post, comment, world):
    for rule in public_rules(app):
        path = fill(rule, good_words(rule, post, comment))
        for number, odd in enumerate(of_world([*ODD, "a" * 5_000], world)):
            queries = ["&".join(f"{name}={odd}" for name in PARAMETERS)]
            if number % 4 == 0:
                queries.append(f"{odd}={odd}&page[]={odd}&after[0]={odd}")
            if rule.endpoint == "comments.index":
                queries += [f"{PARAMETERS[number % len(PARAMETERS)]}={odd}", f"page=1&after=0&upto={odd}"]
            for query in queries:
                check(ask(client, f"{path}?{query}", headers=WORLDS[world]), (path, query[:100]))
    for query in ("page=1&page=2", "after=1&after=x", "p=1&p=2"):
        check(ask(client, f"/posts/{post.slug}/comments?{query}", headers=WORLDS[world]), query)


def test_page_numbers_that_are_none_are_not_found(client, post):
    for odd in ("0", "-1", "x", "1.5", "", "%D9%A3", "9" * 30, "2", "1000000"):
        for path in ("/", f"/posts/{post.slug}", f"/posts/{post.slug}/comments", "/tags/ethics", "/authors/person-1"):
            assert ask(client, f"{path}?page={odd}").status_code == 404, (path, odd)


def test_redirect_never_leaves_the_site(client, post):
    with writing():
        db.session.add(Alias(path="/old", post_id=post.id))
    for path in ("//evil.example/..", "/\\evil.example", "//evil.example/old", "/old/../..//evil.example", "/old//"):
        response = ask(client, path)
        assert not urlsplit(response.headers.get("Location", "/")).netloc, path
    for wanted in (
        "//evil.example",
        "https://evil.example/admin",
        "/\\evil.example",
        "/admin\\@evil.example",
        "javascript:1",
    ):
        assert "evil" not in ask(client, f"/sign-in?next={quote(wanted, safe='')}").headers.get("Location", "")
