"""The media library at the desk: bringing files, describing them, replacing them, finding where they are used."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import Conflict

from blueprints.accounts.guards import me, writers_only
from blueprints.admin.desk import bp, require_token, scope, signed_in
from blueprints.admin.forms.media import MediaForm, ReplaceForm, UploadForm
from blueprints.core.db import db, now, writing
from blueprints.core.htmx import answer, wants_fragment
from blueprints.core.http import MAX_DESK_BODY, ROOM, page_number
from blueprints.media import intake, library, queries, usage
from blueprints.media.intake import RefusedError
from blueprints.media.models import ATTACHMENT, PICTURE, MediaFile

PAGE_SIZE = 24
SAID = {
    "added": "It is in the library.",
    "known": "It was in the library already; it is stored once.",
    "saved": "Saved.",
    "replaced": "Replaced. Its address is the same, and the posts that use it show the new one.",
}
NOT_YOURS = "A post shows this file that is not yours to change, or no longer: ask an editor."


@dataclass(frozen=True)
class Outcome:
    """What became of one file that was sent."""

    name: str
    file: MediaFile | None = None
    was_here: bool = False
    problem: str = ""


def init_app(app: Flask) -> None:
    """A form with files may hold more than another, from those who may bring some."""
    for endpoint in ("admin.upload_media", "admin.replace_media"):
        app.extensions[ROOM][endpoint] = _room


def _room() -> int:
    account = me()
    return intake.MOST_MB_AT_ONCE * 2**20 if account is not None and account.may_write else MAX_DESK_BODY


@bp.get("/media")
@writers_only
def media() -> ResponseReturnValue:
    """The library, the newest first; authors see what they have brought. In place: to choose from, beside a text."""
    part = "admin/_media_choices.html" if request.args.get("choices") else "admin/_media_picker.html"
    return answer("admin/media.html", part, form=UploadForm(), outcomes=[], **_library())


@bp.post("/media")
@writers_only
def upload_media() -> ResponseReturnValue:
    """Take files in, each by itself: one that is refused loses none of the others."""
    form = UploadForm()
    outcomes = [_take(sent) for sent in form.sent] if form.validate() else []
    stored = [outcome.file for outcome in outcomes if outcome.file]
    if not wants_fragment() and outcomes and len(stored) == len(outcomes):
        return redirect(_place_of(outcomes), 303)
    status = 422 if not outcomes or len(stored) < len(outcomes) else 201
    if wants_fragment() and stored:
        status = 201
    context = {"form": form, "outcomes": outcomes, **_library()}
    context |= {"fresh": [outcome.file for outcome in outcomes if outcome.file and not outcome.was_here]}
    context |= {"thumbnails": {**context["thumbnails"], **queries.thumbnails(stored)}}
    return answer("admin/media.html", "admin/media_added.hx.html", status=status, **context)


@bp.route("/media/<id:number>", methods=["GET", "POST"])
@writers_only
def edit_media(number: int) -> ResponseReturnValue:
    """One file: what is said of it, and where it is used. What readers see of it changes in the posts as well."""
    file = mine(number)
    form = MediaForm(data=MediaForm.values_of(file))
    if not form.is_submitted():
        return render_template("admin/media_file.html", said=SAID.get(request.args.get("did", "")), **_of(file, form))
    if not form.validate():
        return answer("admin/media_file.html", "admin/_media_form.html", status=422, **_of(file, form))
    with writing():
        file = _free(number)
        if form.put_into(file):
            usage.redraw(file)
    fresh = MediaForm(formdata=None, data=MediaForm.values_of(file))
    place = url_for("admin.edit_media", number=number, did="saved")
    return answer(redirect(place, 303), "admin/media_saved.hx.html", said=SAID["saved"], **_of(file, fresh))


@bp.post("/media/<id:number>/replace")
@writers_only
def replace_media(number: int) -> ResponseReturnValue:
    """Put another file in the place of this one; its address stays."""
    file = mine(number)
    form = ReplaceForm()
    if form.validate():
        try:
            incoming = _received(form.file.data)
            _agree(file, incoming)
        except RefusedError as error:
            form.file.errors = [str(error)]
    if form.errors:
        context = _of(file, MediaForm(formdata=None, data=MediaForm.values_of(file)))
        context["replacing"] = form
        return answer("admin/media_file.html", "admin/_media_replace.html", status=422, **context)
    with writing():
        file = _free(number)
        incoming.put_into(file)
        file.replaced_at = now()
        usage.redraw(file)
    place = url_for("admin.edit_media", number=number, did="replaced")
    context = _of(file, MediaForm(formdata=None, data=MediaForm.values_of(file)))
    return answer(redirect(place, 303), "admin/media_replaced.hx.html", said=SAID["replaced"], **context)


@bp.post("/media/<id:number>/delete")
@writers_only
def delete_media(number: int) -> ResponseReturnValue:
    """Take a file out of the library, unless a post uses it."""
    require_token()
    with writing():
        file = mine(number)
        if queries.posts_with(file):
            raise Conflict(f"“{file.title}” is used in a post. Take it out of there first.")
        if queries.stands_elsewhere(file):
            raise Conflict(f"“{file.title}” stands in somebody’s biography or in rules. Take it out of there first.")
        title = file.title
        db.session.delete(file)
    place = url_for("admin.media", gone=title)
    return answer(redirect(place, 303), "admin/media_deleted.hx.html", title=title)


def mine(number: int) -> MediaFile:
    """The file, if it is the signed-in account's to change; to others it does not exist."""
    file = db.session.get(MediaFile, number)
    return file if file is not None and file.is_editable_by(signed_in()) else abort(404)


def _free(number: int) -> MediaFile:
    """The file, if no post would change by it that is not theirs to change."""
    file = mine(number)
    if not all(post.is_editable_by(signed_in()) for post in queries.posts_with(file)):
        raise Conflict(NOT_YOURS)
    return file


def _take(sent: FileStorage) -> Outcome:
    name = intake.shown_name(sent.filename or "")
    try:
        content = sent.read(intake.MOST_BYTES + 1)
        file, was_here = library.bring(sent.filename or "", content, signed_in().person_id)
    except RefusedError as error:
        return Outcome(name, problem=str(error))
    return Outcome(name, file, was_here)


def _received(sent: FileStorage) -> intake.Incoming:
    return intake.receive(sent.filename or "", sent.read(intake.MOST_BYTES + 1))


def _agree(file: MediaFile, incoming: intake.Incoming) -> None:
    """RefusedError where what came cannot stand at the address of *file*."""
    if file.is_picture and incoming.kind != PICTURE:
        raise RefusedError("A picture can only be replaced by a picture: posts show it.")
    if not file.is_picture and incoming.name.rpartition(".")[2] != file.extension:
        raise RefusedError(f"Its address ends in .{file.extension}: it can only be replaced by such a file.")


def _place_of(outcomes: list[Outcome]) -> str:
    """Where a browser goes on after everything was taken."""
    if len(outcomes) == 1 and (file := outcomes[0].file):
        did = "known" if outcomes[0].was_here else "added"
        return url_for("admin.edit_media", number=file.id, did=did)
    return url_for("admin.media", added=len(outcomes))


def _library() -> dict[str, Any]:
    """The page of the library that the query asks for."""
    kind = request.args.get("kind")
    which = {
        "q": " ".join(request.args.get("q", "").split())[:200],
        "kind": kind if kind in (PICTURE, ATTACHMENT) else "",
        "no_alt": "1" if request.args.get("no_alt") else "",
        "unused": "1" if request.args.get("unused") else "",
    }
    found = queries.for_desk(
        of=scope(),
        words=which["q"],
        kind=which["kind"],
        lacks_alt=bool(which["no_alt"]),
        is_unused=bool(which["unused"]),
        number=page_number(),
        size=PAGE_SIZE,
    )
    if found.number > 1 and not found.files:
        abort(404)
    return {
        "found": found,
        "which": {name: value for name, value in which.items() if value},
        "thumbnails": queries.thumbnails(found.files),
        "used": queries.used_numbers(found.files),
        "limits": intake.LIMITS,
        "added": request.args.get("added", ""),
        "gone": request.args.get("gone", ""),
    }


def _of(file: MediaFile, form: MediaForm) -> dict[str, Any]:
    """What the page of *file* shows; of posts that are somebody else's business, only how many."""
    posts = queries.posts_with(file)
    account = signed_in()
    own = [post for post in posts if post.is_editable_by(account)]
    return {
        "file": file,
        "form": form,
        "replacing": ReplaceForm(formdata=None),
        "posts": own,
        "others": len(posts) - len(own),
        "not_yours": NOT_YOURS if len(own) < len(posts) else "",
        "limits": intake.LIMITS,
        "thumbnail": queries.closest(file, 960, "webp") if file.is_picture else None,
    }
