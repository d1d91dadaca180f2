"""How a post is shown, at the desk: language, series, front page, comments, first publication, card."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, signed_in
from blueprints.admin.forms.post_settings import PostSettingsForm
from blueprints.admin.posts import mine
from blueprints.core import site
from blueprints.core.db import db, id_in, writing
from blueprints.core.htmx import answer
from blueprints.posts import series
from blueprints.posts.models import MARKDOWN, Post
from blueprints.posts.series import Series


@bp.route("/posts/<id:number>/settings", methods=["GET", "POST"])
@writers_only
def post_settings(number: int) -> ResponseReturnValue:
    """Change how a post is shown; what it says stays."""
    post = mine(number)
    form = _form(post)
    if not form.is_submitted():
        return render_template("admin/post_settings.html", form=form, post=post, said=request.args.get("saved"))
    if not form.validate():
        return answer(
            "admin/post_settings.html", "admin/_post_settings_form.html", status=422, form=form, post=post, said=None
        )
    with writing():
        post = mine(number)
        _fill(post, form)
    return answer(
        redirect(url_for("admin.post_settings", number=number, saved=1), 303),
        "admin/post_settings_saved.hx.html",
        form=_form(post, fresh=True),
        post=post,
    )


def _form(post: Post, *, fresh: bool = False) -> PostSettingsForm:
    options = {"formdata": None} if fresh else {}
    values = PostSettingsForm.values_of(post, site.zone())
    return PostSettingsForm(series=series.everything(), may_place=signed_in().is_editor, data=values, **options)


def _fill(post: Post, form: PostSettingsForm) -> None:
    language = form.language.data or ""
    if language != post.language:
        post.language = language
        if post.body_format == MARKDOWN:
            post.write(post.body, language=site.current().language)  # its quotation marks are the language's
    for name in ("hold", "first_in", "canonical_url", "card_title", "card_text", "card_image"):
        setattr(post, name, form[name].data or "")
    if "prominence" in form:
        post.prominence = form.prominence.data or ""
    closes_at = form.closing_time(site.zone())
    if closes_at != post.closes_at:
        post.closes_at = closes_at
    series.put_into(post, _series(form), form.series_number.data)


def _series(form: PostSettingsForm) -> Series | None:
    if form.begins_series:
        return series.begin(str(form.new_series.data))
    number = id_in(form.series.data)
    return db.session.get(Series, number) or abort(404) if number else None
