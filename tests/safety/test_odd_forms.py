"""Odd, hostile and oversized text in every public form: a plain refusal or a normal answer, never a fault."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from blueprints.comments.models import Comment, settle
from blueprints.core import site
from blueprints.core.db import db, writing
from tests.safety.asking import MEGABYTE, WORLDS, check, encode, form_fields

ODD_TEXT = [
    *(
        b"",
        b"\x00",
        b"a\x00b",
        b"\xed\xa0\x80",
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xe2\x80\xae",
        b"\xef\xbf\xbf",
        b"\x1b[31m",
    ),
    *(b"0", b"-1", str(2**63).encode(), str(2**64).encode(), b"9" * 400, b"1e400", b"[]", b"{{7*7}}", b"' OR 1=1 --"),
    *(b"\r\n" * 50, b"a" * 200_000, "é".encode() * 50_000, "😀".encode() * 3_000, "\u0301".encode() * 3_000),
    *(b"a@" * 20_000, b"http://" + b"a" * 50_000, b"http://[", b"http://a:99999", b"xn--" * 5_000, b"@" * 50_000),
    *(
        b"[" * 9_000,
        b"*" * 9_000,
        b"`" * 9_000,
        b"> " * 4_500,
        b"- " * 4_500,
        b"![](" * 2_000,
        b"<" * 9_000,
        b"&" * 9_000,
    ),
]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    "field", ["author", "email", "url", "comment", "parent", "key", "token", "slot", "after", "to"]
)
def test_odd_text_in_the_comment_form_is_answered(client, post, world, field):
    path = f"/posts/{post.slug}/comments"
    for odd in ODD_TEXT if field in ("author", "email", "url", "comment") else ODD_TEXT[:20]:
        sent = encode({**form_fields(post), field: odd})
        twins = (sent + b"&" + encode({field: odd}), sent + b"&" + encode({f"{field}[]": odd}))
        for body in (sent, *(twins if len(odd) < 1000 else ())):
            response = client.post(
                path, data=body, content_type="application/x-www-form-urlencoded", headers=WORLDS[world]
            )
            check(response, (field, odd[:40], len(odd)))


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/set-up/{token}"])
def test_odd_text_in_the_forms_of_accounts_is_answered(app, client, path):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sign_in_limit="100000 per minute")
    with writing():
        token = db.session.merge(site.current()).offer_setup()
    page = BeautifulSoup(client.get(path.format(token=token)).data, "lxml")
    mark = page.find("input", {"name": "csrf_token"})
    fields = {"email": "jo@example.org", "password": "x", "site_name": "A", "name": "B"}
    fields["csrf_token"] = mark["value"] if mark else "c"
    for name in fields:
        # argon2 takes its time on purpose: not every odd text with every field.
        for odd in ODD_TEXT[:: 3 if name == "email" else 6]:
            sent = encode({**fields, name: odd})
            for body in (sent, sent + b"&" + encode({name: odd})) if len(odd) < 4 else (sent,):
                address = path.format(token=token)
                response = client.post(address, data=body, content_type="application/x-www-form-urlencoded")
                if response.status_code != 429:
                    check(response, (path, name, odd[:40]))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"author": "Jo"}'),
        ("text/plain", b"author=Jo"),
        ("", b"author=Jo"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=author\r\n\r\nJo"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nJo\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="comment"; filename="a"\r\n\r\nJo\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 300 + b"--x--\r\n",
        ),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(20_000))),
        ("application/x-www-form-urlencoded; charset=utf-7", b"author=+ADw-"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"author=Jo"),
        ("application/x-www-form-urlencoded", b"%=%&&&===%zz"),
    ],
    ids=lambda value: "",
)
def test_odd_bodies_are_answered(client, post, comment, world, kind, body):
    for path in (f"/posts/{post.slug}/comments", f"/comments/{comment.id}/reply", "/sign-in", "/sign-out"):
        for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}):
            response = client.post(path, data=body, content_type=kind, headers={**WORLDS[world], **foreign})
            check(response, (path, kind, foreign))
            assert response.status_code >= 300, (path, kind)
    assert [each.id for each in db.session.scalars(db.select(Comment))] == [comment.id]


@pytest.mark.parametrize("world", WORLDS)
def test_megabyte_in_any_field_is_413(client, post, world):
    for path in (f"/posts/{post.slug}/comments", "/sign-in", "/set-up/x", "/sign-out"):
        response = client.post(path, data={**form_fields(post), "comment": MEGABYTE}, headers=WORLDS[world])
        assert response.status_code == 413, path
        check(response, path)


def test_key_that_was_used_below_another_post_makes_a_comment_all_the_same(client, make, post):
    other = make.post()
    client.post(f"/posts/{other.slug}/comments", data=form_fields(other))
    response = client.post(f"/posts/{post.slug}/comments", data=form_fields(post))
    assert response.status_code == 303
    assert db.session.scalar(db.select(db.func.count()).select_from(Comment)) == 2


def test_very_deep_thread_is_answered(client, make, post):
    root = make.comment(post, "Root")
    with writing():
        below = db.session.merge(root)
        for depth in range(1, 1_500):
            below = Comment(
                post_id=post.id,
                parent_id=below.id,
                root_id=below.root_id,
                depth=depth,
                number=depth + 1,
                state="approved",
                name="Jo",
                text="x",
                html="<p>x</p>",
            )
            db.session.add(below)
            db.session.flush()
        deepest = below.id
        db.session.merge(post).last_number = 1_500
        settle(db.session.connection(), post.id)
    for headers in WORLDS.values():
        check(client.get(f"/comments/{deepest}", headers=headers), "permalink")
        check(client.get(f"/comments/{deepest}/reply", headers=headers), "form")
        check(client.get(f"/posts/{post.slug}/comments?page=2", headers=headers), "page")
        data = {**form_fields(post), "key": "", "comment": f"So deep {headers}"}
        response = client.post(f"/comments/{deepest}/reply", data=data, headers=headers)
        assert response.status_code in (201, 303), headers


@pytest.mark.parametrize("world", WORLDS)
def test_same_words_and_address_show_nobody_what_another_browser_sent(app, client, post, world):
    with writing():
        db.session.merge(site.current()).hold = "new"
    path = f"/posts/{post.slug}/comments"
    client.post(path, data={**form_fields(post), "comment": "Private worry", "key": "1" * 32})
    client.post(path, data={**form_fields(post), "comment": "Thanks", "key": "2" * 32})
    stranger = type(client)(app, app.response_class)
    data = {**form_fields(post), "author": "Eve", "comment": "Thanks", "key": "3" * 32}
    response = stranger.post(path, data=data, headers=WORLDS[world])
    assert "Private worry" not in response.get_data(as_text=True)
    assert response.status_code in (200, 303)
    if world == "htmx":
        assert "waits for an editor" in response.get_data(as_text=True)
