"""What a post said before: every save of it, what each changed, and the way back."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.posts import mine
from blueprints.comments import difference
from blueprints.core import site
from blueprints.core.db import writing
from blueprints.core.htmx import answer
from blueprints.posts import versions


@bp.get("/posts/<id:number>/versions")
@writers_only
def post_versions(number: int) -> ResponseReturnValue:
    """Every save of a post, the last one first."""
    post = mine(number)
    return render_template("admin/post_versions.html", post=post, versions=versions.of(post))


@bp.get("/posts/<id:number>/versions/<id:version>")
@writers_only
def post_version(number: int, version: int) -> ResponseReturnValue:
    """What one save changed, in one column or (`?view=side`) in two."""
    post = mine(number)
    found = versions.numbered(post, version) or abort(404)
    former = versions.numbered(post, version - 1)
    parts = [
        (name, difference.by_line(getattr(former, field, ""), getattr(found, field)))
        for name, field in (("Title", "title"), ("Standfirst", "standfirst"), ("Text", "body"))
    ]
    return render_template(
        "admin/post_version.html",
        post=post,
        version=found,
        parts=[(name, lines) for name, lines in parts if not all(line.is_kept for line in lines)],
        side=request.args.get("view") == "side",
        is_last=versions.numbered(post, version + 1) is None,
    )


@bp.post("/posts/<id:number>/versions/<id:version>/restore")
@writers_only
def restore_post(number: int, version: int) -> ResponseReturnValue:
    """Let a post say again what it said once; what it said until now is kept like every version."""
    require_token()
    with writing():
        post = mine(number)
        found = versions.numbered(post, version) or abort(404)
        versions.begin(post)
        found.put_into(post, language=site.current().language)
        versions.keep(post, signed_in().person_id)
    place = url_for("admin.edit_post", number=number, did="restored")
    kept = versions.of(post)
    return answer(redirect(place, 303), "admin/post_restored.hx.html", post=post, versions=kept, restored=version)
