"""Finding at the desk: posts (drafts as well), comments, people and pages of the desk, from one box."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from blueprints.accounts.guards import staff_only
from blueprints.accounts.models import Account, Person
from blueprints.admin.comments import NAMES
from blueprints.admin.desk import bp, moderates, scope, signed_in
from blueprints.comments.models import APPROVED, COMMENT, STATES, Comment
from blueprints.core import site
from blueprints.core.db import db
from blueprints.core.htmx import answer
from blueprints.posts.bylines import Byline
from blueprints.posts.models import Post
from blueprints.search import queries as search
from blueprints.search.found import COMMENT as COMMENTS_FOUND
from blueprints.search.found import POST as POSTS_FOUND
from blueprints.search.words import fold

LONGEST = 200
Who = Callable[[Account], bool]


def everybody(_account: Account) -> bool:
    """Whoever has come to the desk."""
    return True


def moderators(_account: Account) -> bool:
    """Who judges comments, on this site."""
    return bool(moderates())


EVERYBODY: Who = everybody
MODERATORS: Who = moderators
WRITERS: Who = attrgetter("may_write")
EDITORS: Who = attrgetter("is_editor")
ADMINISTRATORS: Who = attrgetter("is_administrator")
# The pages of the desk: what each is called, what else people may call it, where it is, and for whom.
PAGES: tuple[tuple[str, str, str, str | None, Who], ...] = (
    ("Write a post", "new draft", "admin.new_post", None, WRITERS),
    ("Posts", "drafts published list", "admin.posts", None, WRITERS),
    ("Bring in a text", "import document word docx markdown html file upload", "admin.import_draft", None, WRITERS),
    ("Schedule", "planned queue when", "admin.schedule_page", None, WRITERS),
    ("Comments", "moderation queue waiting spam trash", "admin.comments", None, MODERATORS),
    ("Reports", "moderation readers complaints", "admin.reports_list", None, MODERATORS),
    ("Media", "pictures files library uploads", "admin.media", None, WRITERS),
    ("Reading", "statistics numbers visitors feeds referrers", "admin.reading", None, WRITERS),
    ("Mail to me", "letters notifications", "admin.mail", None, EVERYBODY),
    ("Your account", "password address browsers sign out everywhere", "admin.own_account", None, EVERYBODY),
    ("Second step", "two factor app authenticator passkeys recovery codes", "admin.factors_page", None, EVERYBODY),
    ("Before publishing", "gate checks requirements", "admin.gate_page", None, EDITORS),
    ("People", "authors bylines portraits", "admin.people", None, EDITORS),
    ("Tags", "subjects categories merge", "admin.tags", None, EDITORS),
    ("Series", "parts numbered order", "admin.series", None, EDITORS),
    ("Accounts", "sign in roles passwords users", "admin.accounts", None, ADMINISTRATORS),
    ("Audit", "what was done log history who", "admin.audit_list", None, ADMINISTRATORS),
    ("Site: the publication", "settings name language time zone disclaimer", "admin.site", "publication", EDITORS),
    ("Site: appearance", "settings colour logo header picture theme", "admin.site", "appearance", EDITORS),
    ("Site: comments", "settings policy rules hold marks", "admin.site", "comments", EDITORS),
    ("Site: crawlers", "settings robots search engines noindex", "admin.site", "crawlers", EDITORS),
    ("Site: mail", "settings test letter", "admin.site", "mail", EDITORS),
)
# So much is shown of each kind, and so many of the newest comments that are not published are looked through.
SHOWN, LOOKED_THROUGH = 6, 2000


@dataclass(frozen=True)
class Hit:
    """Something that was found: what it is called, where it is, and a word about it."""

    label: str
    address: str
    more: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    name: str
    hits: list[Hit]


@bp.get("/search")
@staff_only
def search_desk() -> ResponseReturnValue:
    """What the words of the box find; as a page, or as the list below the box."""
    text = " ".join(request.args.get("q", "").replace("\0", "").split())[:LONGEST]
    groups = [group for group in _groups(text) if group.hits]
    return answer("admin/search.html", "admin/_found.html", text=text, groups=groups)


def _groups(text: str) -> Iterator[Group]:
    account = signed_in()
    if text and account.may_write:
        yield Group("Posts", _posts(text))
    if text and moderates():
        yield Group("Comments", _comments(text, account))
    if text and account.is_editor:
        yield Group("People", _people(text))
    yield Group("Pages of the desk", list(_pages(text, account)))


def _pages(text: str, account: Account) -> Iterator[Hit]:
    """The pages whose name or words hold every word of *text*; all of them where there is none."""
    wanted = fold(text).split()
    if text and not wanted:
        return
    for label, words, endpoint, anchor, may in PAGES:
        if may(account) and all(word in fold(f"{label} {words}") for word in wanted):
            yield Hit(label, url_for(endpoint, _anchor=anchor))


def _posts(text: str) -> list[Hit]:
    """By title first, whatever their state; then those that are published, by what stands in them."""
    person = scope()
    query = select(Post).where(_holds(Post.title, text)).options(selectinload(Post.bylines))
    if person is not None:
        query = query.join(Byline, Byline.post_id == Post.id).where(Byline.person_id == person.id)
    found = {post.id: post for post in db.session.scalars(query.order_by(Post.id.desc()).limit(SHOWN))}
    if len(found) < SHOWN:
        ids = [hit.post.id for hit in search.found(text, POSTS_FOUND, 1).hits if isinstance(hit, search.PostHit)]
        within = {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(ids)))}
        for post_id in ids:
            post = within.get(post_id)
            if post is not None and post.is_editable_by(signed_in()):
                found.setdefault(post_id, post)
    return [
        Hit(post.heading, url_for("admin.edit_post", number=post.id), "" if post.is_public else "not public")
        for post in list(found.values())[:SHOWN]
    ]


def _comments(text: str, account: Account) -> list[Hit]:
    """Those that are not published, by name and words, and all of an address; then the published ones."""
    here = site.current()
    looked = (
        select(Comment.id)
        .where(Comment.state.in_([state for state in STATES if state != APPROVED]), Comment.kind == COMMENT)
        .order_by(Comment.id.desc())
        .limit(LOOKED_THROUGH)
    )
    held = Comment.id.in_(looked) & or_(_holds(Comment.name, text), _holds(Comment.text, text))
    query = select(Comment).where(or_(held, Comment.email == text.casefold()) if "@" in text else held)
    found = {row.id: row for row in db.session.scalars(query.order_by(Comment.id.desc()).limit(SHOWN * 4))}
    ids = [hit.id for hit in search.found(text, COMMENTS_FOUND, 1).hits if isinstance(hit, search.CommentHit)]
    public = {row.id: row for row in db.session.scalars(select(Comment).where(Comment.id.in_(ids)))}
    found |= {number: public[number] for number in ids if number in public}
    mine = [row for row in found.values() if account.may_moderate(here, row.post.author_ids) and row.state in NAMES]
    return [
        Hit(
            f"{row.name or 'Anonymous'}: {_beginning(row.text)}",
            url_for("admin.edit_comment", number=row.id),
            f"{NAMES[row.state].lower()}, on {row.post.heading}",
        )
        for row in mine[:SHOWN]
    ]


def _people(text: str) -> list[Hit]:
    query = select(Person).where(_holds(Person.name, text)).order_by(Person.name, Person.id).limit(SHOWN)
    return [
        Hit(person.name, url_for("admin.edit_person", number=person.id), person.affiliation)
        for person in db.session.scalars(query)
    ]


def _holds(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether *column* holds *text*, small letters or capitals."""
    return func.lower(column).contains(text.lower(), autoescape=True)


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:80].rsplit(" ", 1)[0] + "…"
