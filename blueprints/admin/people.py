"""People at the desk: who has a byline, and what stands below their posts."""

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts import queries
from blueprints.accounts.guards import editors_only
from blueprints.accounts.models import Person
from blueprints.admin.desk import bp
from blueprints.admin.forms.people import PersonForm
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer


@bp.get("/people")
@editors_only
def people() -> ResponseReturnValue:
    """Everybody who has a byline."""
    return render_template("admin/people.html", people=queries.everybody())


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


def _show(person: Person | None) -> ResponseReturnValue:
    form = PersonForm(data=PersonForm.values_of(person) if person else {})
    if not form.is_submitted():
        return render_template("admin/person.html", form=form, person=person)
    if not form.validate():
        return answer("admin/person.html", "admin/_person_form.html", status=422, form=form, person=person)
    with writing():
        if person is None:
            stored = Person(slug=queries.free_person_slug(str(form.name.data)))
            db.session.add(stored)
        else:
            stored = db.session.get(Person, person.id) or abort(404)
        _fill(stored, form)
    return answer(
        redirect(url_for("admin.people", _anchor=f"person-{stored.id}"), 303),
        "admin/person_saved.hx.html",
        status=200 if person else 201,
        form=PersonForm(formdata=None, data=PersonForm.values_of(stored)),
        person=stored,
    )


def _fill(person: Person, form: PersonForm) -> None:
    person.name = str(form.name.data)
    person.affiliation = form.affiliation.data or ""
    if form.picture or form.without_portrait.data:
        person.show_portrait(form.picture)
    person.links = form.link_list
    person.disclaimer = form.disclaimer.data or ""
    person.write_bio(form.bio.data or "")
