"""A WordPress site moves here: what comes in, what stays out and why, and that nothing is half done."""

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from blueprints.accounts.models import Person
from blueprints.comments import thread
from blueprints.comments.models import Comment
from blueprints.core.db import Base, db, writing
from blueprints.operations import welcome
from blueprints.operations.cli import hustings
from blueprints.posts.models import Alias, Post
from blueprints.posts.tags import Tag
from blueprints.transfer.report import Report
from blueprints.transfer.wordpress import importer
from blueprints.transfer.xmlstream import BrokenFileError
from tests.transfer import wxr

JOURNAL = Path(__file__).parent / "fixtures" / "journal.xml"


def bring(*paths: Path, dry_run: bool = False) -> Report:
    db.session.remove()
    return importer.run(paths, dry_run=dry_run)


def post_of(number: object) -> Post:
    return db.session.scalars(select(Post).where(Post.source_id == str(number))).one()


def comment_of(number: object) -> Comment:
    return db.session.scalars(select(Comment).where(Comment.source_id == str(number))).one()


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    db.session.remove()
    return {
        table.name: sorted(map(tuple, db.session.execute(select(table)).all()), key=repr)
        for table in Base.metadata.sorted_tables
    }


@pytest.fixture
def journal(app) -> Report:
    return bring(JOURNAL)


def test_every_record_is_accounted_for(journal):
    found = {
        kind: (tally.found, tally.imported, tally.already_here, tally.left_out)
        for kind, tally in journal.tallies.items()
    }
    assert found == {
        "posts": (7, 6, 0, 1),
        "pages": (1, 1, 0, 0),
        "comments": (13, 9, 0, 4),
        "authors": (2, 2, 0, 0),
        "categories": (2, 2, 0, 0),
        "tags": (1, 0, 1, 0),
        "guest-author": (2, 2, 0, 0),
        "terms": (1, 0, 0, 1),
        "tags named only in posts": (1, 1, 0, 0),
        "wp_block": (1, 0, 0, 1),
        "attachment": (1, 0, 0, 1),
        "nav_menu_item": (1, 0, 0, 1),
    }
    assert sum(len(which) for which in journal.left_out.values()) == sum(t.left_out for t in journal.tallies.values())


def test_classic_body_becomes_html_without_debris(journal):
    assert post_of(12).body_html == (
        "<p>First line<br>\nsecond line</p>\n"
        '<figure><a href="http://www.journal.example/wp-content/full.jpg" rel="noopener">A boat</a>'
        "<figcaption>By the <em>sea</em></figcaption></figure>\n"
        "<p>He said [sic] it, see [1].</p>\n"
        "<pre>[gallery]\n\nkept</pre>\n"
        '<ul><li><a href="http://www.journal.example/wp-content/gallery.jpg" rel="noopener">A picture</a></li></ul>\n'
        "<p>Closing ]]&gt; sign</p>"
    )
    assert journal.counts["shortcode [plugin] left out"] == 1


def test_block_body_loses_its_delimiters_and_nothing_else(journal):
    assert post_of(13).body_html == (
        '<h2>Top</h2>\n<p>Text<sup><a href="#fn1" id="fn1-link" rel="noopener">1</a></sup></p>\n'
        '<figure><div><a href="https://video.example/v/1" rel="noopener">https://video.example/v/1</a></div></figure>\n'
        "<p>Used in many posts</p>\n"
        '<ol><li id="fn1">The <em>note</em> <a href="#fn1-link" rel="noopener">↩</a></li></ol>'
    )


def test_post_keeps_title_dates_and_closed_comments(journal):
    post = post_of(12)
    assert (post.title, post.standfirst) == ("A classic & old post", "What it is about.")
    assert (post.source, post.kind, post.comments_open) == ("https://journal.example", "post", False)
    assert f"{post.published_at:%F %H:%M} {post.updated_at:%F}" == "2012-05-01 10:00 2012-06-01"
    assert (post_of(20).kind, post_of(20).path) == ("page", "/about/")
    assert post.guid == "http://www.journal.example/?p=12", "whoever has read it in a feed is not shown it again"


def test_byline_is_in_the_order_of_the_file_and_each_once(journal):
    assert [person.name for person in post_of(12).authors] == ["Cora Guest", "Ada & Co"]
    assert [person.name for person in post_of(13).authors] == ["Ben Bo"]


def test_guest_author_has_bio_and_website_and_a_linked_one_is_the_account(journal):
    cora = db.session.scalars(select(Person).where(Person.slug == "cora")).one()
    assert (cora.links, cora.email) == ([["cora.example", "https://cora.example/me"]], "cora@elsewhere.example")
    assert cora.bio_html == "<p>Writes about <em>law</em> and snake_case_words.</p>\n"
    ada = db.session.scalars(select(Person).where(Person.slug == "ada")).one()
    assert (ada.name, ada.bio) == ("Ada & Co", "The editor.")
    assert db.session.scalar(select(func.count()).select_from(Person)) == 3


def test_login_that_is_an_address_is_not_published(journal):
    assert db.session.scalars(select(Person.slug).where(Person.name == "Ben Bo")).one() == "ben-bo"


def test_category_and_tag_of_one_slug_become_one(journal):
    assert sorted(tag.slug for tag in post_of(12).tags) == ["news", "undeclared"]
    assert sorted(db.session.scalars(select(Tag.slug))) == ["news", "undeclared", "若水"]
    assert journal.notes["a category and a tag of one slug became one tag"] == ["news"]


def test_the_category_for_having_none_is_left_out(app, tmp_path):
    label = '<category domain="category" nicename="{}"><![CDATA[{}]]></category>'
    labels = label.format("uncategorized", "Uncategorized") + label.format("ink", "Ink")
    bring(wxr.write(tmp_path / "a.xml", wxr.item(1, inner=labels)))
    assert [tag.slug for tag in post_of(1).tags] == ["ink"]


def test_path_with_two_slashes_is_no_other_host(app, client, tmp_path):
    bring(wxr.write(tmp_path / "a.xml", wxr.item(1, link="https://example.org//greek//a/")))
    assert post_of(1).path == "/greek/a/"
    assert client.get("/greek/a/").status_code == 200


def test_old_addresses_lead_to_the_post(journal, client):
    assert client.get("/2012/05/01/classic/").status_code == 200
    for former in (
        *("/?p=12", "/2012/05/01/first-name/", "/posts/first-name", "/2012/04/30/classic/", "/posts/classic"),
        "/2012/05/01/classic",
    ):
        answer = client.get(former)
        assert (answer.status_code, answer.location) == (301, "/2012/05/01/classic/"), former


def test_percent_encoded_slug_is_stored_as_it_is_read(journal, client):
    assert (post_of(13).slug, post_of(13).path) == ("若水", "/2024/02/03/若水/")
    assert client.get("/2024/02/03/%E8%8B%A5%E6%B0%B4/").status_code == 200


@pytest.mark.parametrize(("number", "path"), [(21, "/secret/"), (22, "/password/"), (24, "/posts/tomorrow")])
def test_what_was_not_public_is_not_public_here(journal, client, number, path):
    assert not post_of(number).is_public
    assert client.get(path).status_code == 404


def test_future_post_waits_for_its_date(journal):
    assert (post_of(24).state, post_of(24).published_at.year) == ("published", 2124)


def test_draft_without_gmt_date_is_dated_by_the_sites_own_clock(journal):
    post = post_of(23)
    assert (post.title, post.state, post.published_at) == ("", "draft", None)
    # The file's other records are one hour ahead of GMT in winter and two in summer; July is unknown to it.
    assert f"{post.created_at:%F %H:%M}" in ("2012-07-01 10:00", "2012-07-01 11:00")


def test_comments_keep_ids_states_and_places(journal):
    rows = {
        int(row.source_id): (row.id, row.state, row.parent_id, row.root_id, row.depth, row.number)
        for row in db.session.scalars(select(Comment).where(Comment.kind == "comment"))
    }
    assert rows == {
        101: (101, "approved", None, 101, 0, 1),
        102: (102, "trash", None, 102, 0, 2),
        103: (103, "approved", 102, 102, 1, 3),
        104: (104, "pending", 101, 101, 1, None),
        105: (105, "approved", None, 105, 0, 4),
        106: (106, "approved", None, 106, 0, 5),
        107: (107, "approved", 106, 106, 1, 6),
        111: (111, "approved", None, 111, 0, 7),
    }
    assert (post_of(12).comment_count, post_of(12).last_number) == (6, 7)
    assert [which for what, which in journal.notes.items() if what.startswith("comment put")] == [
        ["comment 105 of 12 “A <em>classic</em> &amp; old post”"],
        ["comment 106 of 12 “A <em>classic</em> &amp; old post”"],
    ]


def test_removed_comment_with_an_answer_is_a_tombstone(journal):
    entries = {entry.id: entry for entry in thread.page(post_of(12), 1).entries}
    assert entries[102].is_tombstone
    assert entries[102].html == ""
    assert entries[103].level == 1


def test_comment_text_has_its_lines_and_links(journal):
    assert comment_of(101).html == (
        '<p>One<br>\ntwo <a href="https://example.org/a_b" rel="nofollow ugc noopener">https://example.org/a_b</a>.</p>\n'
        "<p><b>Three</b></p>"
    )


def test_address_and_network_of_a_commenter_stay_private(journal, client):
    comment = comment_of(101)
    assert (comment.name, comment.email, comment.url) == ("Tom & Jerry", "tom@private.example", "https://tom.example/")
    assert len(comment.address_hash) == 32
    assert "203.0.113.7" not in repr(everything())
    page = client.get("/2012/05/01/classic/").text
    assert "Tom &amp; Jerry" in page
    assert "tom@private.example" not in page


def test_note_of_the_editors_is_nowhere(journal):
    assert "Secret note" not in repr(everything())
    assert journal.left_out["comments", "editorial note, never to be published"] == ["108"]


def test_pingback_is_a_mention_without_number(journal):
    assert (comment_of(109).kind, comment_of(109).number) == ("mention", None)


def test_comment_of_a_signed_in_author_is_theirs(journal):
    assert comment_of(111).person.name == "Ada & Co"
    assert comment_of(101).person_id is None


def test_second_run_changes_nothing(journal):
    before = everything()
    again = bring(JOURNAL)
    assert everything() == before
    assert sum(tally.imported for tally in again.tallies.values()) == 0
    assert {kind: tally.found for kind, tally in again.tallies.items()} == {
        kind: tally.found for kind, tally in journal.tallies.items() if kind != "tags named only in posts"
    }


def test_dry_run_writes_nothing_and_says_the_same(app):
    before = everything()
    rehearsed = list(bring(JOURNAL, dry_run=True).lines())
    assert everything() == before
    assert list(bring(JOURNAL).lines()) == rehearsed


def test_later_export_adds_what_is_new_and_leaves_the_rest(app, tmp_path):
    first = wxr.write(tmp_path / "1.xml", wxr.item(1, inner=wxr.comment(10) + wxr.comment(12)))
    bring(first)
    with writing():
        post_of(1).title = "Changed here"
    answers = wxr.comment(11, parent=10) + wxr.comment(10) + wxr.comment(12) + wxr.comment(13, parent=11)
    later = wxr.write(tmp_path / "2.xml", wxr.item(1, inner=answers), wxr.item(2))
    report = bring(later)
    assert (report.of("posts").imported, report.of("posts").already_here) == (1, 1)
    assert (report.of("comments").imported, report.of("comments").already_here) == (2, 2)
    assert post_of(1).title == "Changed here"
    assert [(c.id, c.number, c.root_id, c.depth) for c in db.session.scalars(select(Comment).order_by(Comment.id))] == [
        (10, 1, 10, 0),
        (11, 3, 10, 1),
        (12, 2, 12, 0),
        (13, 4, 10, 2),
    ]
    assert post_of(1).comment_count == 4


def test_files_are_one_set_and_may_be_gzipped(app, tmp_path):
    first = wxr.write(tmp_path / "1.xml", wxr.item(1, inner=wxr.comment(10)))
    second = wxr.write(tmp_path / "2.xml", wxr.item(1, inner=wxr.comment(10)), wxr.item(2))
    packed = tmp_path / "2.xml.gz"
    packed.write_bytes(gzip.compress(second.read_bytes()))
    report = bring(first, packed)
    assert (report.of("posts").imported, report.of("posts").already_here) == (2, 1)
    assert (report.of("comments").imported, report.of("comments").already_here) == (1, 1)


def test_comment_id_that_is_taken_gives_way_and_keeps_the_old_one_beside(app, make, tmp_path):
    ours = make.comment(make.post())
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1, inner=wxr.comment(ours.id) + wxr.comment(7000))))
    assert report.of("comments").imported == 2
    assert comment_of(ours.id).id == 7001
    assert comment_of(7000).id == 7000
    assert make.comment(make.post()).id > 7001


def test_number_used_by_two_items_loses_neither(app, tmp_path):
    path = wxr.write(tmp_path / "x.xml", wxr.item(1, title="One"), wxr.item(1, title="Two", post_name="two", link=""))
    assert bring(path).of("posts").imported == 2
    assert bring(path).of("posts").already_here == 2


def test_thread_of_a_thousand_levels_comes_in_backwards(app, tmp_path):
    chain = "".join(
        wxr.comment(n, parent=n - 1 if n > 1 else 0, date_gmt="2020-01-01 10:00:00") for n in range(1000, 0, -1)
    )
    bring(wxr.write(tmp_path / "x.xml", wxr.item(1, inner=chain)))
    assert (comment_of(1000).depth, comment_of(1000).root_id, comment_of(1000).number) == (999, 1, 1000)


def test_address_of_this_site_is_not_given_away(app, client, tmp_path):
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1, link="https://site.example/healthz-no/../posts/other")))
    assert report.of("posts").imported == 1
    bring(wxr.write(tmp_path / "y.xml", wxr.item(5, link="https://site.example/tags/news", post_name="five")))
    assert post_of(5).path is None
    assert client.get("/posts/five").status_code == 200


def test_bad_record_is_named_and_the_others_come_in(app, tmp_path, monkeypatch):
    from blueprints.transfer.wordpress import markup

    whole = markup.convert
    monkeypatch.setattr(markup, "convert", lambda body, around: 1 / 0 if "BAD" in body else whole(body, around))
    path = wxr.write(
        tmp_path / "x.xml", wxr.item(1, body="BAD", inner=wxr.comment(1)), wxr.item(2, inner=wxr.comment(2))
    )
    report = bring(path)
    assert report.left_out["posts", "cannot be stored: ZeroDivisionError: division by zero"] == ["1 “A post”"]
    assert (report.of("posts").found, report.of("comments").found) == (2, 2)
    assert db.session.scalars(select(Post.source_id)).all() == ["2"]


def test_bad_comment_takes_its_post_with_it_and_leaves_no_trace(app, tmp_path, monkeypatch):
    from blueprints.transfer.wordpress import replies

    whole = replies.converted
    monkeypatch.setattr(replies, "converted", lambda text: 1 / 0 if "BAD" in text else whole(text))
    old_slug = "<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>old</wp:meta_value></wp:postmeta>"
    below = wxr.comment(1) + wxr.comment(2, type="note") + wxr.comment(3, content="BAD")
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1, inner=old_slug + below), wxr.item(2)))
    assert (report.of("comments").found, report.of("comments").left_out) == (3, 3)
    assert list(report.left_out) == [
        ("posts", "cannot be stored: ZeroDivisionError: division by zero"),
        ("comments", "the item that they belong to was left out"),
    ]
    assert db.session.scalars(select(Alias.path)).all() == ["?p=2"]


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("<item><title>Half", "line 8: Premature end of data"),
        ("<item><title>&nosuch;</title></item></channel></rss>", "line 8: Entity 'nosuch' not defined"),
        ("<item></itme></channel></rss>", "line 8: Opening and ending tag mismatch"),
        ("<other:item/></channel></rss><!-- ", "line 8"),
    ],
)
def test_broken_file_is_refused_with_its_line_and_nothing_is_written(app, tmp_path, ending, reason):
    whole = wxr.write(tmp_path / "whole.xml", wxr.item(1))
    broken = tmp_path / "broken.xml"
    broken.write_text(whole.read_text(encoding="utf-8").removesuffix(wxr.FOOT) + ending, encoding="utf-8")
    before = everything()
    with pytest.raises(BrokenFileError, match=f"broken.xml, {reason}"):
        bring(whole, broken)
    assert everything() == before


def test_cut_off_gzip_is_refused(app, tmp_path):
    path = tmp_path / "x.xml.gz"
    path.write_bytes(gzip.compress(JOURNAL.read_bytes())[:-500])
    with pytest.raises(BrokenFileError, match="cannot be read to its end"):
        bring(path)


def test_file_that_is_no_export_is_refused(app, tmp_path):
    feed = tmp_path / "feed.xml"
    feed.write_text("<rss><channel><item><title>Any feed</title></item></channel></rss>", encoding="utf-8")
    with pytest.raises(BrokenFileError, match="names no WXR version"):
        bring(feed)
    path = wxr.write(tmp_path / "x.xml", wxr.item(1))
    path.write_text(path.read_text(encoding="utf-8").replace(">1.2<", ">x<"), encoding="utf-8")
    with pytest.raises(BrokenFileError, match=r"line 6: its WXR version reads 'x', not like '1\.2'"):
        bring(path)


def test_file_that_declares_entities_is_refused(app, tmp_path):
    path = wxr.write(tmp_path / "x.xml", wxr.item(1, title="&a;"))
    text = path.read_text(encoding="utf-8").replace("<rss", '<!DOCTYPE rss [<!ENTITY a "aaa">]>\n<rss', 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenFileError, match="declares entities"):
        bring(path)


def test_dirt_is_cleaned_and_counted(app, tmp_path):
    path = wxr.write(tmp_path / "x.xml", wxr.item(1, title="Caf\x00é\x0b &#31;x", body="plain"))
    path.write_bytes(b"\n Warning: PHP\n" + path.read_bytes().replace("é".encode(), b"\xe9"))
    report = bring(path)
    assert post_of(1).title == "Café x"
    assert report.counts["repaired in x.xml: control character"] == 3
    assert report.counts["repaired in x.xml: byte that is no UTF-8"] == 1
    assert report.counts["repaired in x.xml: line before the beginning of the XML"] == 1


def test_prefix_that_was_not_declared_is_no_obstacle(app, tmp_path):
    report = bring(wxr.write(tmp_path / "x.xml", '<atom:link rel="hub" href="x"/>', wxr.item(1)))
    assert report.of("posts").imported == 1
    assert report.counts["repaired in x.xml: prefix used without being declared"] == 1


@pytest.mark.parametrize(("version", "scheme"), [("1.0", "http"), ("1.1", "http"), ("1.2", "https")])
def test_every_version_and_spelling_of_the_namespace(app, tmp_path, version, scheme):
    creator = "<dc:creator>solo</dc:creator><category>Loose</category>"
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1, inner=creator), version=version, scheme=scheme))
    assert (report.of("posts").imported, report.of("authors named only in posts").imported) == (1, 1)
    assert [person.name for person in post_of(1).authors] == ["solo"]
    assert [tag.name for tag in post_of(1).tags] == ["Loose"]


def test_welcome_post_makes_room_for_the_first_import(app, tmp_path):
    welcome.greet()
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1)))
    assert report.counts["welcome post removed, the site has posts of its own now"] == 1
    assert db.session.scalars(select(Post.source_id)).all() == ["1"]


def test_welcome_post_that_was_answered_stays(app, make, tmp_path):
    welcome.greet()
    make.comment(db.session.scalars(select(Post)).one(), "A reader's answer")
    bring(wxr.write(tmp_path / "x.xml", wxr.item(1)))
    assert db.session.scalar(select(func.count()).select_from(Post)) == 2


def test_author_with_an_account_here_is_the_same_person(app, make, tmp_path):
    account = make.account("administrator", email="ada@site.example")
    person = account.person_id
    author = (
        "<wp:author><wp:author_id>1</wp:author_id><wp:author_login>ada</wp:author_login>"
        "<wp:author_email>Ada@site.example</wp:author_email></wp:author>"
    )
    path = wxr.write(tmp_path / "x.xml", author, wxr.item(1, inner="<dc:creator>ada</dc:creator>"))
    bring(path)
    assert [one.id for one in post_of(1).authors] == [person]
    assert bring(path).of("authors").already_here == 1


def test_too_long_values_are_reported_whole(app, tmp_path):
    name = "N" * 300
    report = bring(wxr.write(tmp_path / "x.xml", wxr.item(1, inner=wxr.comment(1, author=name))))
    assert len(comment_of(1).name) == 255
    assert report.notes["name of a commenter shortened to 255 characters"] == [name]


def test_command_prints_the_report(app, tmp_path):
    result = CliRunner().invoke(hustings, ["import", "wordpress", str(JOURNAL), "--dry-run"], obj=lambda: app)
    assert result.exit_code == 0, result.output
    assert "posts" in result.output
    assert "nothing was written" in result.output
    assert db.session.scalar(select(func.count()).select_from(Alias)) == 0


def test_command_refuses_a_broken_file_in_one_sentence(app, tmp_path):
    path = tmp_path / "x.xml"
    path.write_text("<rss><channel>", encoding="utf-8")
    result = CliRunner().invoke(hustings, ["import", "wordpress", str(path)], obj=lambda: app)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: x.xml, line 1: Premature end of data")
    assert result.stderr.endswith("Nothing was written.\n")
