"""What the browser asks for while somebody writes a post: to keep what is not saved yet, to read what was pasted."""

from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.posts import PostForm
from blueprints.admin.posts import mine
from blueprints.core.db import id_in, writing
from blueprints.core.htmx import answer
from blueprints.core.http import counted
from blueprints.posts import length, unsaved
from blueprints.posts.models import Post
from blueprints.transfer.manuscripts.manuscript import Remarks


@bp.context_processor
def pace() -> dict[str, Any]:
    """How fast people read, for the script that counts while somebody writes."""
    return {"words_a_minute": length.WORDS_A_MINUTE, "characters_a_minute": length.CHARACTERS_A_MINUTE}


@bp.post("/posts/autosave")
@writers_only
def autosave() -> ResponseReturnValue:
    """Keep the texts of a form that was not sent; says who else writes in the same post."""
    require_token()
    account, post = signed_in(), _named()
    form = PostForm(people=[], keeps=account, post=post)
    texts = {name: form[name].data or "" for name in ("title", "standfirst", "body")}
    for name in texts:
        if not form[name].validate(form):
            abort(422, "This cannot be kept yet: see what is wrong when you save it.")
    version = form.version.data or ""
    with writing():
        unsaved.keep(
            account,
            post,
            words=texts,
            was=(form.was.data or "")[:64],
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
        )
    return render_template("admin/_others.html", others=unsaved.others(account, post) if post else [])


@bp.post("/posts/autosave/discard")
@writers_only
def discard() -> ResponseReturnValue:
    """Forget what was not saved; what is stored stays."""
    require_token()
    post = _named()
    with writing():
        unsaved.forget(signed_in(), post)
    place = url_for("admin.edit_post", number=post.id) if post else url_for("admin.new_post")
    return answer(redirect(place, 303), "admin/discarded.hx.html")


def _named() -> Post | None:
    number = id_in(request.form.get("post"))
    return mine(number) if number else None


@bp.post("/posts/paste")
@writers_only
def paste() -> ResponseReturnValue:
    """The Markdown of HTML from the clipboard, as plain text; its footnotes are numbered from `note` on."""
    require_token()
    first = counted(request.form.get("note", "")) or 1
    from blueprints.transfer.manuscripts import pages  # what reads them takes 10 MB, in a worker that needs it

    manuscript = pages.read(request.form.get("html", ""), Remarks(), first_note=first, whole=False)
    return Response(manuscript.body, mimetype="text/plain", headers={"Cache-Control": "private, no-store"})
