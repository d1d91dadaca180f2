"""Export files of other projects: each is refused with a reason, or every record in it is accounted for."""

import json
import re
from collections import Counter

import pytest
from sqlalchemy import func, select

from blueprints.comments.models import Comment
from blueprints.core.db import db
from blueprints.posts.models import Post
from blueprints.transfer.wordpress import importer
from blueprints.transfer.xmlstream import BrokenFileError
from tests.conftest import SHARED, shared_data

EXPECTED = json.loads((SHARED / "expected.json").read_text(encoding="utf-8")) if SHARED.exists() else {}
NAMES = sorted(name for name in EXPECTED if name.startswith("wxr/"))
# Broken on purpose or by the tool that wrote them (their parse is not "strict"), or no version that WordPress takes.
REFUSED = {
    "wxr/ghost-migrate/multiple-attachments-only.xml": "line 11: EntityRef",
    "wxr/ghost-migrate/sample-no-slug.xml": "line 109: EntityRef",
    "wxr/ghost-migrate/sample.xml": "line 109: EntityRef",
    "wxr/ghost-migrate/squarespace-sample.xml": "line 33: xmlParseEntityRef",
    "wxr/remark42-xmlTestWPmd.xml": "line 8: the prefix wp: is used but never declared",
    "wxr/wordpress-importer/crazy-cdata.xml": "line 18: Sequence",
    "wxr/wordpress-importer/invalid-version-tag.xml": "line 33: its WXR version",
    "wxr/wordpress-importer/malformed-simple.xml": "line 14: Premature end",
    "wxr/wordpress-importer/malformed.xml": "line 90: Opening and ending tag mismatch",
    "wxr/wordpress-importer/missing-version-tag.xml": "names no WXR version",
    "wxr/wordpress-importer/namespace-edge-cases.xml": "line 84: xmlns:unicode",
}
# With comments that all have a state and a place of their own.
DISCUSSED = {
    "wxr/theme-test-data/themeunittestdata.wordpress.xml",
    "wxr/real-cc-labs.xml",
    "wxr/theme-test-data/64-block-test-data.xml",
}
_KINDS = {"post": "posts", "(none)": "posts", "page": "pages"}


def debris(html: str) -> list[str]:
    """What is left in *html* of the other system's marks and of our own."""
    return re.findall(
        r"<!--|[\x01-\x06]|<p></p>|<\w+ [^>]*src=\"(?!/[^/])|\[/?caption|\[(?:embed\]|audio |video )", html
    )


def test_debris_is_known():
    for html in (
        "<!-- wp:x -->",
        "\x02",
        "<p></p>",
        '<img src="//x">',
        "[caption",
        "[/caption]",
        "[embed]x",
        "[audio x",
    ):
        assert debris(html), html
    assert debris('<p>A caption and <img src="/files/a.png"></p>') == []


@pytest.mark.parametrize("name", NAMES or ["wxr"])
def test_every_record_of_a_real_file_is_accounted_for_and_without_debris(app, name):
    path = shared_data(name)
    expected = EXPECTED[name]
    if name in REFUSED:
        with pytest.raises(BrokenFileError, match=REFUSED[name]):
            importer.run([path], dry_run=False)
        assert db.session.scalar(select(func.count()).select_from(Post)) == 0
        return
    report = importer.run([path], dry_run=False)
    wanted: Counter[str] = Counter()
    for type_and_status, number in expected["items_by_type_status"].items():
        kind = type_and_status.split("/")[0]
        wanted[_KINDS.get(kind, kind)] += number
    wanted["comments"] = expected["comments"]["total"]
    wanted["authors"] = expected["channel"]["authors"]
    wanted["categories"] = expected["channel"]["categories"]
    wanted["tags"] = expected["channel"]["tags"]
    wanted["terms"] = sum(expected["channel"]["terms_by_taxonomy"].values())
    found = {kind: tally.found for kind, tally in report.tallies.items() if "named only" not in kind}
    assert {kind: number for kind, number in found.items() if number} == {k: n for k, n in wanted.items() if n}
    kept = report.of("posts").imported + report.of("pages").imported
    assert db.session.scalar(select(func.count()).select_from(Post)) == kept
    assert db.session.scalar(select(func.count()).select_from(Comment)) == report.of("comments").imported
    if name in DISCUSSED:
        comments = expected["comments"]
        states = Counter(db.session.scalars(select(Comment.state)))
        assert (states["approved"], states["pending"]) == tuple(comments["by_status"].get(code, 0) for code in "10")
        depths = Counter(str(depth + 1) for depth in db.session.scalars(select(Comment.depth)))
        assert depths == comments["depth_histogram"]
    left = {post.slug: debris(post.body_html) for post in db.session.scalars(select(Post))}
    assert not {slug: marks for slug, marks in left.items() if marks}
    again = importer.run([path], dry_run=False)
    assert sum(tally.imported for tally in again.tallies.values()) == 0
