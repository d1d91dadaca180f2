"""A text that was written elsewhere: a file becomes a draft, and its author is told what did not come along."""

from flask import Flask, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import me, writers_only
from blueprints.accounts.models import Account
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.drafts import Draft
from blueprints.admin.forms.imports import ACCEPT, ImportForm
from blueprints.admin.forms.posts import BODY, MOST_TAGS, STANDFIRST, TITLE
from blueprints.admin.posts import mine
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.core.htmx import answer
from blueprints.core.http import MAX_DESK_BODY, ROOM
from blueprints.core.slugs import MAX_SLUG, slugify
from blueprints.media import library
from blueprints.media.intake import RefusedError
from blueprints.posts import queries, versions
from blueprints.posts.models import DRAFT, Post
from blueprints.transfer.manuscripts.manuscript import Manuscript, PictureRefusedError, UnreadableError
from blueprints.transfer.models import ImportReport

MOST_MEGABYTES = 20


def init_app(app: Flask) -> None:
    """A file with pictures in it may be larger than a form."""
    app.extensions[ROOM]["admin.import_draft"] = _room


def _room() -> int:
    account = me()
    return MOST_MEGABYTES * 2**20 if account is not None and account.may_write else MAX_DESK_BODY


@bp.route("/import", methods=["GET", "POST"])
@writers_only
def import_draft() -> ResponseReturnValue:
    """Make a draft of a file; nothing is published."""
    form = ImportForm()
    if not form.is_submitted():
        return _show(form)
    if not form.validate():
        return _show(form, 422)
    from blueprints.transfer.manuscripts import reading  # what reads them takes 10 MB, in a worker that needs it

    name = str(form.file.data.filename)
    try:
        accept = form.changes.data == ACCEPT
        manuscript = reading.read(form.file.data.read(), name, pictures=_keep_picture, accept=accept)
        draft = _draft(manuscript, signed_in())
    except UnreadableError as error:
        form.file.errors = [str(error)]
        return _show(form, 422)
    with writing():
        post = Post(state=DRAFT)
        db.session.add(post)
        with db.session.no_autoflush:
            draft.put_into(post, language=site.current().language)
        versions.keep(post, signed_in().person_id)
        report = ImportReport(post_id=post.id, file_name=name[:300])
        report.keep(manuscript.remarks.lines())
        db.session.add(report)
    return redirect(url_for("admin.edit_post", number=post.id), 303)


@bp.post("/posts/<id:number>/report/remove")
@writers_only
def remove_report(number: int) -> ResponseReturnValue:
    """The report was read."""
    require_token()
    with writing():
        post = mine(number)
        if report := db.session.get(ImportReport, post.id):
            db.session.delete(report)
    return answer(redirect(url_for("admin.edit_post", number=number), 303), "admin/report_removed.hx.html")


def _keep_picture(content: bytes, name: str, words: str) -> str:
    """The address in the library of a picture that the file holds."""
    try:
        file, _was_here = library.bring(name, content, signed_in().person_id, alt=words)
    except RefusedError as error:
        raise PictureRefusedError(str(error)) from error
    if not file.is_picture:
        raise PictureRefusedError("it is none that can be shown")
    return f"/media/{file.id}-{file.name}"


def _show(form: ImportForm, status: int = 200) -> ResponseReturnValue:
    return render_template("admin/import.html", form=form, most_megabytes=MOST_MEGABYTES), status


def _draft(manuscript: Manuscript, account: Account) -> Draft:
    """What is stored of a manuscript; what is longer than a field holds is cut, and the report says so."""
    remarks = manuscript.remarks
    if not manuscript.body.strip():
        raise UnreadableError("There is no text in this file.")
    if len(manuscript.body) > BODY:
        raise UnreadableError(
            f"The text is {len(manuscript.body):,} characters long; at most {BODY:,} fit in one post."
        )
    if len(manuscript.title) > TITLE:
        remarks.note("The title was longer than fits and was cut", manuscript.title)
    if len(manuscript.standfirst) > STANDFIRST:
        remarks.note("The standfirst was longer than fits and was cut", manuscript.standfirst)
    slug = slugify(manuscript.slug)[:MAX_SLUG]
    if slug and queries.is_slug_taken(slug, but_by=None):
        remarks.note("Another post has the address that the file names", slug)
        slug = ""
    tags = {slugify(name): name for name in manuscript.tags if slugify(name) and len(name) <= MAX_SLUG}
    return Draft(
        title=manuscript.title[:TITLE],
        slug=slug,
        standfirst=manuscript.standfirst[:STANDFIRST],
        body=manuscript.body,
        authors=[account.person],
        tags=list(tags.values())[:MOST_TAGS],
        disclaimer=None,
        comments_open=True,
    )
