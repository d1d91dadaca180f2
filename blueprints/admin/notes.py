"""Notes at the desk, beside the text that they are about: to write, answer and resolve; and the private links to it."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import writers_only
from blueprints.admin.desk import bp, require_token, signed_in
from blueprints.admin.forms.notes import LinkForm, NoteForm
from blueprints.admin.posts import mine
from blueprints.comments import passages
from blueprints.core.db import db, id_in, now, writing
from blueprints.core.htmx import answer
from blueprints.core.http import site_url
from blueprints.editorial import letters, links, notes
from blueprints.editorial.notes import CORRECTED, DISMISSED, Note, Thread
from blueprints.posts import versions
from blueprints.posts.models import Post

SAID = {
    "added": "The note is kept. Whose text it is, hears of it by mail.",
    "resolve": "Resolved.",
    "dismiss": "Settled: the text stays as it is.",
    "correct": "Corrected: readers are told below the text.",
    "reopen": "Open again.",
    "revoked": "The link opens nothing any more.",
}


@bp.context_processor
def noted() -> dict[str, object]:
    """What the pages of posts say of their notes."""
    return {"open_notes": notes.open_count}


@bp.route("/posts/<id:number>/notes", methods=["GET", "POST"])
@writers_only
def post_notes(number: int) -> ResponseReturnValue:
    """What has been said about a text, beside it; and one more note."""
    post = _theirs(number)
    form = NoteForm()
    if not form.is_submitted():
        return render_template("admin/post_notes.html", **_context(post, form))
    if not form.validate():
        return _again(post, form, 422)
    with writing():
        post = _theirs(number)
        parent = notes.on(post, id_in(request.form.get("parent")) or 0)
        note = Note(text=form.text.data or "", person_id=signed_in().person_id, parent_id=parent.id if parent else None)
        notes.add(post, note, words=form.passage.data or "", before=form.passage_before.data or "")
        letters.announce(note)
    place = url_for("admin.post_notes", number=number, did="added") + f"#note-{note.parent_id or note.id}"
    fresh = NoteForm(formdata=None)
    context = {**_context(post, fresh), "said": SAID["added"], "focus": note.parent_id or note.id}
    return answer(redirect(place, 303), "admin/notes_changed.hx.html", status=201, **context)


@bp.post("/posts/<id:number>/notes/<id:note>/<any(resolve, dismiss, correct, reopen):verb>")
@writers_only
def settle_note(number: int, note: int, verb: str) -> ResponseReturnValue:
    """Say that nothing is left to do about a note, or that something is; tell readers what an error was."""
    post = _theirs(number)
    require_token()
    correction = " ".join((request.form.get("correction") or "").split())
    if verb == "correct" and not (correction and len(correction) <= 1000):
        abort(422, "Say in one or two sentences what was wrong and is right now. At most 1,000 characters fit.")
    with writing():
        post = mine(number) if verb == "correct" else _theirs(number)
        found = notes.on(post, note) or abort(404)
        if verb == "reopen":
            notes.reopen(found)
        else:
            outcome = {"correct": CORRECTED, "dismiss": DISMISSED}.get(verb, "")
            notes.resolve(found, outcome)
            if outcome and found.is_error:
                letters.settled(found)
        if verb == "correct":
            versions.begin(post)
            post.correct(correction)
            versions.keep(post, signed_in().person_id)
    place = url_for("admin.post_notes", number=number, did=verb) + f"#note-{note}"
    context = {**_context(post, NoteForm(formdata=None)), "said": SAID[verb], "focus": note}
    return answer(redirect(place, 303), "admin/notes_changed.hx.html", **context)


@bp.post("/posts/<id:number>/links")
@writers_only
def make_link(number: int) -> ResponseReturnValue:
    """A new private link; its address is shown now and never again."""
    post = _theirs(number)
    form = LinkForm()
    if not form.validate():
        return _links(post, 422, link_form=form)
    with writing():
        post = _theirs(number)
        _link, token = links.make(post, by=signed_in().person_id, label=form.label.data or "", days=int(form.days.data))
    address = f"{site_url() or request.host_url.rstrip('/')}{url_for('editorial.draft', token=token)}"
    return _links(post, 201, address=address, link_form=LinkForm(formdata=None))


@bp.post("/posts/<id:number>/links/<id:link>/revoke")
@writers_only
def revoke_link(number: int, link: int) -> ResponseReturnValue:
    """Let a private link open nothing any more."""
    post = _theirs(number)
    require_token()
    with writing():
        post = _theirs(number)
        found = db.session.get(links.DraftLink, link)
        if found is None or found.post_id != post.id:
            abort(404)
        found.revoked_at = found.revoked_at or now()
    place = url_for("admin.post_notes", number=number, did="revoked") + "#draft-links"
    context = {**_context(post, NoteForm(formdata=None)), "said": SAID["revoked"]}
    return answer(redirect(place, 303), "admin/links_changed.hx.html", **context)


def _theirs(number: int) -> Post:
    """The post, if it is the signed-in account's to look after, public or not."""
    post = db.session.get(Post, number)
    account = signed_in()
    if post is None or not (account.is_editor or post.is_by(account)):
        abort(404)
    return post


def _again(post: Post, form: NoteForm, status: int) -> ResponseReturnValue:
    context = {**_context(post, form), "answered": id_in(request.form.get("parent"))}
    return answer("admin/post_notes.html", "admin/notes_changed.hx.html", status=status, **context)


def _links(post: Post, status: int, **more: Any) -> ResponseReturnValue:
    context = {**_context(post, NoteForm(formdata=None)), **more}
    return answer("admin/post_notes.html", "admin/links_changed.hx.html", status=status, **context)


def _context(post: Post, form: NoteForm) -> dict[str, Any]:
    threads = notes.threads(post)
    return {
        "post": post,
        "form": form,
        "threads": threads,
        "marked_text": _marked(post, threads),
        "links": links.of(post),
        "link_form": LinkForm(formdata=None),
        "said": SAID.get(request.args.get("did", "")),
    }


def _marked(post: Post, threads: list[Thread]) -> str:
    """The text with the passages that open notes are about."""
    open_ones = [thread.note for thread in threads if thread.note.resolved_at is None and not thread.is_lost]
    return passages.noted(post.body_html, [(note.place, note.id) for note in open_ones if note.passage])
