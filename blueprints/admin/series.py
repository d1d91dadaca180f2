"""Series at the desk: what they are called, and the order of their posts. One is made in the settings of a post."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import editors_only
from blueprints.admin.desk import bp, require_token
from blueprints.admin.forms.series import SeriesForm
from blueprints.core.db import db, id_in, writing
from blueprints.core.htmx import answer
from blueprints.posts import series as order
from blueprints.posts.series import Series


@bp.get("/series", endpoint="series")
@editors_only
def all_series() -> ResponseReturnValue:
    """Every series."""
    found = [(each, len(order.posts_of(each))) for each in order.everything()]
    return render_template("admin/all_series.html", found=found, said=request.args.get("said"))


@bp.route("/series/<id:number>/edit", methods=["GET", "POST"])
@editors_only
def edit_series(number: int) -> ResponseReturnValue:
    """Change what a series is called, where it is, what it says of itself."""
    series = _series(number)
    form = SeriesForm(obj=series)
    if not form.is_submitted():
        return render_template("admin/series.html", **_context(series, form))
    if form.validate():
        try:
            with writing():
                series = _series(number)
                order.move(series, str(form.slug.data))
                series.title, series.description = str(form.title.data), form.description.data or ""
        except order.TakenError:
            series = _series(number)
            form.slug.errors = ["Another series has this slug."]
        else:
            place = url_for("admin.series", _anchor=f"series-{series.id}")
            return answer(redirect(place, 303), "admin/series_saved.hx.html", series=series, form=form)
    return answer("admin/series.html", "admin/_series_form.html", status=422, **_context(series, form))


@bp.post("/series/<id:number>/order")
@editors_only
def arrange_series(number: int) -> ResponseReturnValue:
    """Move one post of a series up or down (`up` or `down` holds its id)."""
    require_token()
    with writing():
        series = _series(number)
        ids = [post.id for post in order.posts_of(series)]
        for name, step in (("up", -1), ("down", 1)):
            moved = id_in(request.form.get(name))
            if moved in ids:
                at = ids.index(moved)
                ids.insert(max(0, at + step), ids.pop(at))
        order.arrange(series, ids)
    context = {**_context(series, None), "moved": id_in(request.form.get("up") or request.form.get("down"))}
    return answer(redirect(url_for("admin.edit_series", number=number), 303), "admin/_series_order.html", **context)


@bp.post("/series/<id:number>/remove")
@editors_only
def remove_series(number: int) -> ResponseReturnValue:
    """Take a series away; its posts stay."""
    require_token()
    with writing():
        order.remove(_series(number))
    return redirect(url_for("admin.series", said="removed"), 303)


def _series(number: int) -> Series:
    return db.session.get(Series, number) or abort(404)


def _context(series: Series, form: SeriesForm | None) -> dict[str, Any]:
    return {
        "series": series,
        "form": form or SeriesForm(formdata=None, obj=series),
        "posts": order.posts_of(series),
    }
