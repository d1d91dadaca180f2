"""People at the desk: who has a byline, and what stands below their posts."""

from collections import Counter

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import queries
from blueprints.accounts.affiliations import Affiliation
from blueprints.accounts.guards import editors_only
from blueprints.accounts.models import Person, PersonAlias
from blueprints.accounts.names import sort_name_of
from blueprints.admin.desk import bp
from blueprints.admin.drafts import SlugTakenError
from blueprints.admin.forms.people import MergeForm, PersonForm
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer
from blueprints.posts import bylines, merging
from blueprints.posts import queries as posts

# So many of the posts that would say something else are named.
NAMED = 10


@bp.get("/people")
@editors_only
def people() -> ResponseReturnValue:
    """Everybody who has a byline."""
    found = queries.with_affiliations()
    alike = Counter(person.skeleton for person in found)
    return render_template("admin/people.html", people=found, alike=alike)


@bp.route("/people/new", methods=["GET", "POST"])
@editors_only
def new_person() -> ResponseReturnValue:
    """Add somebody who writes here."""
    return _show(None)


@bp.route("/people/<id:number>/edit", methods=["GET", "POST"])
@editors_only
def edit_person(number: int) -> ResponseReturnValue:
    """Change what is said of somebody."""
    return _show(db.session.get(Person, number) or abort(404))


@bp.route("/people/<id:number>/merge", methods=["GET", "POST"])
@editors_only
def merge_person(number: int) -> ResponseReturnValue:
    """Make one of two records of the same person."""
    person = db.session.get(Person, number) or abort(404)
    form = MergeForm(person, queries.everybody())
    if not form.validate_on_submit():
        context = {"form": form, "person": person, "posts": bylines.count(person.id)}
        return render_template("admin/person_merge.html", **context), 422 if form.is_submitted() else 200
    into = int(form.into.data)
    try:
        with writing():
            gone = db.session.get(Person, number) or abort(404)
            merging.merge(gone, db.session.get(Person, into) or abort(404))
    except merging.TwoAccountsError as error:
        first, second = error.emails
        form.into.errors = [f"Both sign in, as {first} and as {second}. Remove one of the two accounts first."]
        context = {"form": form, "person": db.session.get(Person, number), "posts": bylines.count(number)}
        return render_template("admin/person_merge.html", **context), 422
    return redirect(url_for("admin.edit_person", number=into), 303)


def _show(person: Person | None) -> ResponseReturnValue:
    values = PersonForm.values_of(person) if person else {}
    form = PersonForm(without=_line_to_remove(), more=request.form.get("lines") == "more", data=values)
    if not form.is_submitted():
        return render_template("admin/person.html", form=form, person=person)
    if "lines" in request.form:  # a button beside the lines: nothing is stored yet
        is_more = request.form["lines"] == "more"
        return answer("admin/person.html", "admin/_affiliations.html", form=form, person=person, has_new_line=is_more)
    if not form.validate():
        return _again(form, person)
    if person and not form.restates.data:
        changes = bylines.restated(person.id, form.affiliation_list)
        if dated := [change for change in changes if change.byline.published_at]:
            shown = dated[:NAMED]
            return _again(
                form,
                person,
                restated=shown,
                posts=posts.by_ids(each.byline.post_id for each in shown),
                more=len(dated) - len(shown),
            )
    try:
        with writing():
            if person is None:
                stored = Person(slug=queries.free_person_slug(form.slug.data or str(form.name.data)))
                db.session.add(stored)
            else:
                stored = db.session.get(Person, person.id) or abort(404)
                _move(stored, form.slug.data or stored.slug)
            _fill(stored, form)
    except SlugTakenError as error:
        form.slug.errors = [f"Somebody else has or had this address. “{error.free}” is free."]
        return _again(form, db.session.get(Person, person.id) if person else None)
    return answer(
        redirect(url_for("admin.people", _anchor=f"person-{stored.id}"), 303),
        "admin/person_saved.hx.html",
        status=200 if person else 201,
        form=PersonForm(formdata=None, data=PersonForm.values_of(stored)),
        person=stored,
    )


def _again(form: PersonForm, person: Person | None, **asked: object) -> ResponseReturnValue:
    """The form with every word in it, and what is wrong or what is *asked*."""
    return answer("admin/person.html", "admin/_person_form.html", status=422, form=form, person=person, **asked)


def _line_to_remove() -> int | None:
    """The number of the line whose button was pressed."""
    number = request.form.get("lines", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else None


def _move(person: Person, slug: str) -> None:
    """Give *person* this slug; the former one goes on leading to their page."""
    if slug == person.slug:
        return
    if queries.is_person_slug_taken(slug, but_by=person):
        raise SlugTakenError(queries.free_person_slug(slug))
    db.session.execute(db.delete(PersonAlias).where(PersonAlias.slug == slug))
    db.session.add(PersonAlias(slug=person.slug, person_id=person.id))
    person.slug = slug


def _fill(person: Person, form: PersonForm) -> None:
    person.name = str(form.name.data)
    if form.sort_name.data != form.sort_name.object_data:  # else it follows the name as long as nobody has written it
        person.sort_name = form.sort_name.data or sort_name_of(person.name)
    person.orcid = form.orcid.data or ""
    person.portrait_alt = form.portrait_alt.data or ""
    person.competing_interests = form.competing_interests.data or ""
    _place(person, form.affiliation_list)
    if form.picture or form.without_portrait.data:
        person.show_portrait(form.picture)
    person.links = form.link_list
    person.disclaimer = form.disclaimer.data or ""
    person.write_bio(form.bio.data or "")


def _place(person: Person, affiliations: list[Affiliation]) -> None:
    """Give *person* these affiliations, and have the posts say what they mean for them."""
    if [each.facts for each in affiliations] == [each.facts for each in person.affiliations]:
        return
    if person.id:
        bylines.restate(bylines.restated(person.id, affiliations))
    person.affiliations = affiliations
