"""Tags at the desk: what they are called and say of themselves, and two that mean the same made one."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import editors_only
from blueprints.admin.desk import bp, require_token
from blueprints.admin.forms.tags import MergeForm, TagForm
from blueprints.core.db import db, id_in, writing
from blueprints.core.htmx import answer
from blueprints.posts import tags as order
from blueprints.posts.tags import Tag


@bp.get("/tags")
@editors_only
def tags() -> ResponseReturnValue:
    """Every tag, with its posts counted."""
    return render_template("admin/tags.html", uses=order.all_in_use(), said=request.args.get("said"))


@bp.route("/tags/<id:number>/edit", methods=["GET", "POST"])
@editors_only
def edit_tag(number: int) -> ResponseReturnValue:
    """Change what a tag is called, where it is, what it says of itself."""
    tag = _tag(number)
    form = TagForm(obj=tag)
    if not form.is_submitted():
        return render_template("admin/tag.html", **_context(tag, form))
    if form.validate():
        try:
            with writing():
                tag = _tag(number)
                order.move(tag, str(form.slug.data))
                tag.name, tag.description = str(form.name.data), form.description.data or ""
        except order.TakenError:
            tag = _tag(number)
            form.slug.errors = ["Another tag has this slug. If both mean the same, merge them below."]
        else:
            return answer(
                redirect(url_for("admin.tags", _anchor=f"tag-{tag.id}"), 303),
                "admin/tag_saved.hx.html",
                tag=tag,
                form=form,
            )
    return answer("admin/tag.html", "admin/_tag_form.html", status=422, **_context(tag, form))


@bp.post("/tags/<id:number>/merge")
@editors_only
def merge_tag(number: int) -> ResponseReturnValue:
    """Put all posts of a tag under another."""
    tag = _tag(number)
    form = MergeForm(tags=_others(tag))
    if not form.validate():
        return answer("admin/tag.html", "admin/_tag_merge.html", status=422, **_context(tag, merging=form))
    with writing():
        tag, into = _tag(number), _tag(id_in(form.into.data) or 0)
        name, posts = tag.name, order.merge(tag, into)
    return answer(
        redirect(url_for("admin.tags", said="merged", _anchor=f"tag-{into.id}"), 303),
        "admin/tag_gone.hx.html",
        said=f"“{name}” is merged into “{into.name}”; posts under it: {posts}.",
    )


@bp.post("/tags/<id:number>/remove")
@editors_only
def remove_tag(number: int) -> ResponseReturnValue:
    """Take a tag off all posts."""
    require_token()
    with writing():
        tag = _tag(number)
        name = tag.name
        order.remove(tag)
    return answer(
        redirect(url_for("admin.tags", said="removed"), 303),
        "admin/tag_gone.hx.html",
        said=f"“{name}” is taken off all posts.",
    )


def _tag(number: int) -> Tag:
    return db.session.get(Tag, number) or abort(404)


def _others(tag: Tag) -> list[Tag]:
    return [use.tag for use in order.all_in_use() if use.tag.id != tag.id]


def _context(tag: Tag, form: TagForm | None = None, merging: MergeForm | None = None) -> dict[str, Any]:
    return {
        "tag": tag,
        "form": form or TagForm(formdata=None, obj=tag),
        "merging": merging or MergeForm(tags=_others(tag)),
        "posts": order.number_of_posts(tag),
    }
