"""Two sites on one database, two workers each: what is said on one is on the other's page at the next request."""

import re

import httpx

from blueprints.core import site
from blueprints.core.db import db, writing
from tests.operations.serving import serving

ROUNDS, POSTS = 200, 10
TOKEN = re.compile(r'name="token" value="(?P<token>[^"]+)"')


def test_comment_on_one_server_is_on_the_page_of_the_other_at_the_next_request(tmp_path, database, app, make):
    with writing():
        db.session.merge(site.current()).hold = "none"
    slugs = [make.post().slug for _ in range(POSTS)]
    settings = {"COMMENT_LIMIT": "100000 per minute", "SECRET_KEY": "the same on both", "DATABASE_URL": database}
    with (
        serving(tmp_path / "one", **settings) as one,
        serving(tmp_path / "two", **settings) as two,
        httpx.Client(headers={"Sec-Fetch-Site": "same-origin", "HX-Request-Type": "partial"}) as writer,
        httpx.Client() as reader,
    ):
        missed = []
        for number in range(ROUNDS):
            here, there = (one, two) if number % 2 else (two, one)
            path = f"/posts/{slugs[number % POSTS]}"
            page = reader.get(there.url + path).text  # now it has something old to show
            data = {"author": "Jo", "email": "jo@example.org", "comment": f"Round {number}."}
            data["token"] = TOKEN.search(page)["token"]
            assert writer.post(f"{here.url}{path}/comments", data=data).status_code == 201
            if f"<p>Round {number}.</p>" not in reader.get(there.url + path).text:
                missed.append((number, there.url))
        assert missed == []
