"""The page that tells what is stored: no cookie, key of a script or table is left out, and it follows the settings."""

import re
from pathlib import Path

import pytest

from blueprints.core import site
from blueprints.core.db import Base, db, writing
from blueprints.operations import stored

ROOT = Path(__file__).parents[2]


def page(client) -> str:
    answer = client.get("/what-is-stored")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    return answer.get_data(as_text=True)


def test_every_table_that_holds_something_of_people_is_described():
    names = {table.name for table in Base.metadata.sorted_tables}
    assert names - set(stored.TABLES) - stored.OF_NOBODY == set()


def test_every_cookie_is_described():
    named = set()
    for path in (ROOT / "blueprints").rglob("*.py"):
        text = path.read_text()
        for name in re.findall(r"\.set_cookie\(\s*([A-Z_]+)", text):
            named |= set(re.findall(rf'\b{name} = "(\w+)"', "".join(p.read_text() for p in path.parent.glob("*.py"))))
    assert named | {"session"} == {cookie.name for cookie in stored.COOKIES}


def test_every_key_that_the_scripts_keep_is_described(client, app):
    """A key is a text, or a text before a number, that the scripts give to the browser's store."""
    shown = page(client)
    script = "".join(path.read_text() for path in (ROOT / "static/js").glob("*.js") if path.name != "admin.js")
    keys = re.findall(r"(?:store\.\w+|etItem)\(\s*[\"`]([a-z]+:?)", script)
    keys += re.findall(r"(?:KEY|[Kk]ey) = (?:\(\w+\) => )?[\"`]([a-z]+:?)", script)
    assert {"who", "sent", "draft:", "marked", "seen:"} <= set(keys)
    assert [key for key in keys if f"<code>{key}</code>" not in shown] == []


@pytest.mark.parametrize("environ", [{"SECRET_KEY": "test", "ADDRESS_DAYS": "12", "COMMENT_LIMIT": "3 per minute"}])
def test_page_follows_the_settings_and_what_an_editor_sets(client):
    shown = page(client)
    assert "12 days" in shown
    assert "3 per minute" in shown
    assert "one of 72" in shown
    with writing():
        current = db.session.merge(site.current())
        current.hold, current.shows_faces = "all", False
    assert "An editor reads every comment" in page(client)
    assert "one of 72" not in page(client)


def test_page_is_linked_in_every_foot_and_at_the_form(client, make):
    make.post(slug="essay")
    for path, number in (("/", 1), ("/posts/essay", 2), ("/what-is-stored", 1)):
        assert client.get(path).get_data(as_text=True).count('href="/what-is-stored"') == number
