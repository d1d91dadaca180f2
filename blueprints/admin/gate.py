"""The publish gate at the desk: what an editor asks of every post, and what is found against one."""

import json

from flask import current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from blueprints.accounts.guards import editors_only
from blueprints.accounts.queries import person_by_slug
from blueprints.admin.desk import bp
from blueprints.admin.drafts import Draft
from blueprints.admin.forms.gate import GateForm
from blueprints.core import settings
from blueprints.core import site as sites
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer
from blueprints.media import queries as files
from blueprints.posts import gate, queries, tags
from blueprints.posts.gate import Check, Piece
from blueprints.posts.models import Post


@bp.context_processor
def passing() -> dict[str, object]:
    """What the desk says of posts that were let pass."""
    return {"overrides": gate.overrides}


@bp.route("/gate", methods=["GET", "POST"])
@editors_only
def gate_page() -> ResponseReturnValue:
    """Choose what a post must have, or should have, before it is published."""
    form = GateForm(data=gate.levels(sites.current()))
    if not form.is_submitted():
        return render_template("admin/gate.html", form=form)
    if not form.validate():
        return answer("admin/gate.html", "admin/_gate_form.html", status=422, form=form)
    with writing():
        current = db.session.merge(sites.current())
        current.gate = json.dumps({rule: form[rule].data for rule in gate.RULES})
    g.site = current
    return answer(redirect(url_for("admin.gate_page", saved=1), 303), "admin/gate_saved.hx.html", form=form)


def checks(post: Post | None, draft: Draft | None = None) -> list[Check]:
    """What the gate asks of *post* as it is stored, or as the *draft* in the form has it, and what is wrong."""
    site = sites.current()
    if draft is None:
        return _checks(Piece.of(post, site)) if post is not None else []
    body_format = post.body_format if post is not None else "markdown"
    shown = Post(title=draft.title, standfirst=draft.standfirst, disclaimer=draft.disclaimer)
    shown.write(draft.body, body_format, language=site.language)
    shown.credit(draft.authors, draft.affiliations)
    return _checks(Piece.of(shown, site, draft.tags))


def _checks(piece: Piece) -> list[Check]:
    own = (settings.current().site_url or "").partition("://")[2]
    return gate.checks(piece, sites.current(), leads_nowhere, own)


def leads_nowhere(path: str) -> str:
    """Why the *path* of this site leads nowhere for readers; nothing where it leads somewhere."""
    path, _, query = path.partition("?")
    try:
        endpoint, words = current_app.url_map.bind("").match(path, method="GET", query_args=query)
    except RequestRedirect:
        return ""
    except HTTPException:
        return "there is no such page on this site"
    if endpoint in ("posts.show", "posts.former", "comments.index"):
        return _public(queries.by_slug(words["slug"]) or queries.by_former_address(f"/posts/{words['slug']}"))
    if endpoint in ("posts.author", "posts.portrait"):
        return "" if person_by_slug(words["slug"]) else "there is no such author"
    if endpoint == "posts.tag":
        return "" if tags.by_slug(words["slug"]) else "there is no such tag"
    if endpoint == "media.show":
        return "" if files.named(**words) else "there is no such file in the library"
    if endpoint == "posts.elsewhere":
        return _public(queries.by_path(path) or queries.by_former_address(path))
    if endpoint.startswith("admin."):
        return "readers cannot open the desk"
    return ""


def _public(post: Post | None) -> str:
    if post is None:
        return "there is no such page on this site"
    if post.was_public:
        return "this page has been withdrawn"
    return "" if post.is_public else "nobody can read this page yet"
