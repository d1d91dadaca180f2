"""The audit at the desk: what was done here, by whom, and when, for administrators to read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import administrators_only
from blueprints.admin.desk import bp
from blueprints.admin.forms.audit import AuditForm
from blueprints.core import audit, site
from blueprints.core.audit import ADDED, CHANGED, REMOVED, Deed
from blueprints.core.db import db, id_in
from blueprints.core.filters import moment
from blueprints.core.http import page_number
from blueprints.posts.models import Post

PAGE_SIZE = 50
# What each table's rows are called; the page of one, where there is one, and the field of its address.
NOUNS = {
    "account": "account",
    "authenticator": "app for the second step of",
    "account_link": "link for the account of",
    "affiliation": "affiliation of",
    "byline": "byline",
    "comment": "comment below",
    "comment_version": "version of a comment below",
    "draft_link": "private link to",
    "gate_override": "exception from the gate for",
    "media_file": "file of the library",
    "note": "note on",
    "passkey": "passkey",
    "person": "person",
    "post": "post",
    "report": "report below",
    "series": "series",
    "site": "site",
    "tag": "tag",
}
PAGES = {
    "account": "admin.edit_account",
    "post": "admin.edit_post",
    "person": "admin.edit_person",
    "comment": "admin.edit_comment",
    "media_file": "admin.edit_media",
}
# Deeds that have a word of their own: the table, the field, and what it became.
VERBS = {
    ("post", "state", "published"): "published",
    ("post", "state", "review"): "submitted for review",
    ("post", "state", "withdrawn"): "withdrew",
    ("post", "state", "draft"): "took back to draft",
    ("comment", "state", "approved"): "approved",
    ("comment", "state", "spam"): "marked as spam",
    ("comment", "state", "trash"): "put in the trash",
    ("comment", "state", "pending"): "held",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
_FIELDS = {
    "passages_open": "passages can be answered",
    "comments_open": "comments open",
    "takes_marks": "marks",
    "shows_faces": "pictures beside names",
    "hold": "comments that wait",
    "closed_because": "why comments are closed",
    "removed_because": "reason for removing",
    "corrections_json": "corrections",
    "body": "text",
    "body_format": "format of the text",
    "picked_at": "picked",
    "is_decorative": "decoration",
    "replaced_at": "replaced",
    "person_id": "byline",
    "comment_mail": "letters about comments",
    "password_hash": "password",
    "published_at": "date",
    "setup_hash": "set-up link",
    "setup_expires_at": "end of the set-up link",
}


@dataclass(frozen=True)
class Line:
    """A deed as it is read."""

    deed: Deed
    verb: str
    noun: str
    address: str | None
    changes: Sequence[tuple[str, str | None, str | None]]


@bp.get("/audit")
@administrators_only
def audit_list() -> ResponseReturnValue:
    """What was done, the latest first; narrowed by who, to what, when, or around which post."""
    form = AuditForm(request.args, actors=audit.actors(), kinds=[(kind, noun(kind)) for kind in audit.kinds()])
    is_valid = form.validate()
    post_id, number = id_in(request.args.get("post")), page_number()
    zone = site.zone()
    chosen: dict[str, Any] = {"who": form.who.data, "kind": form.kind.data, "post_id": post_id}
    if form.since.data:
        chosen["since"] = datetime.combine(form.since.data, time(), zone)
    if form.until.data:
        chosen["until"] = datetime.combine(form.until.data + timedelta(days=1), time(), zone)
    found = audit.find(number, PAGE_SIZE, **chosen) if is_valid else audit.Found([], number, has_next=False)
    lines = [_line(deed) for deed in found.deeds]
    days = [(day, list(those)) for day, those in groupby(lines, lambda line: line.deed.at.astimezone(zone).date())]
    narrowed = {name: value for name in ("who", "kind", "since", "until", "post") if (value := request.args.get(name))}
    answer = render_template(
        "admin/audit.html",
        form=form,
        found=found,
        days=days,
        narrowed=narrowed,
        post=db.session.get(Post, post_id) if post_id else None,
        years=audit.KEPT.days // 365,
    )
    return answer, 200 if is_valid else 422


def noun(kind: str) -> str:
    """What rows of a table are called, before the name of one."""
    return NOUNS.get(kind, kind.replace("_", " "))


def _line(deed: Deed) -> Line:
    changes = [(_name(field), _said(former), _said(value)) for field, former, value in deed.changes]
    own = (
        [VERBS.get((deed.kind, field, value)) for field, _former, value in deed.changes] if deed.verb == CHANGED else []
    )
    verb = next((word for word in own if word), deed.verb)
    address = None
    if deed.verb != REMOVED and deed.noun_id and deed.kind in PAGES:
        address = url_for(PAGES[deed.kind], number=deed.noun_id)
    elif deed.kind == "site":
        address = url_for("admin.site")
    return Line(deed, verb, noun(deed.kind), address, [] if deed.verb == ADDED else changes)


def _name(field: str) -> str:
    return _FIELDS.get(field, field.removesuffix("_at").replace("_", " "))


def _said(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return moment(datetime.fromisoformat(value))
    return None if value is None else str(value) or "nothing"
