"""A draft behind a private link, with its readers' notes; and the page on which readers report an error.

None of it is kept by anybody: the answers are private, and the address of a draft is told to no other site.
"""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.core import errors, limits, settings, site
from blueprints.core.db import id_in, writing
from blueprints.core.htmx import answer
from blueprints.core.limits import TooFastError
from blueprints.editorial import letters, links, notes
from blueprints.editorial.forms import ErrorForm, GuestNoteForm
from blueprints.editorial.links import DraftLink
from blueprints.editorial.notes import ERROR, Note
from blueprints.posts import queries
from blueprints.posts.addresses import post_url
from blueprints.posts.models import TRASHED, Post

bp = Blueprint("editorial", __name__)
GONE = "This private link has expired or was revoked. Ask whoever sent it for another one."


@bp.after_request
def keep_private(response: Response) -> Response:
    """For this browser alone, in no index, and no other site learns the address."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"  # no-referrer would take our own forms' Origin away as well
    return response


@bp.route("/drafts/<token>", methods=["GET", "POST"])
def draft(token: str) -> ResponseReturnValue:
    """A draft as it will read, and notes on it."""
    link = _good(token)
    if link.post.is_public:
        return redirect(post_url(link.post), 303)
    if request.method == "POST":
        return _add_note(token, link)
    links.note_opening(link)
    link = _good(token)
    return render_template("editorial/draft.html", **_context(token, link, GuestNoteForm()))


def _good(token: str) -> DraftLink:
    """The link with this token; 404 where there never was one, 410 where it is over."""
    link = links.with_token(token) or abort(404)
    return link if link.is_good and link.post.state != TRASHED else abort(410, GONE)


def _context(token: str, link: DraftLink, form: GuestNoteForm) -> dict[str, object]:
    found = notes.threads(link.post, of=link)
    return {"token": token, "link": link, "post": link.post, "form": form, "threads": found}


def _add_note(token: str, link: DraftLink) -> ResponseReturnValue:
    form = GuestNoteForm(request.form)
    context = _context(token, link, form)
    if not form.validate():
        return answer("editorial/draft.html", "editorial/_guest_notes.html", status=422, **context)
    if not form.is_trapped:
        try:
            limits.spend(settings.current().comment_limit, "draft-note", str(link.id))
        except TooFastError as error:
            form.form_errors = [errors.wait_text(error)]
            return errors.slowed(
                answer("editorial/draft.html", "editorial/_guest_notes.html", status=429, **context), error
            )
        with writing():
            link = _good(token)
            parent = notes.on(link.post, id_in(request.form.get("parent")) or 0)
            parent = parent if parent is not None and parent.link_id == link.id else None
            note = Note(text=form.text.data or "", name=form.name.data or "", link_id=link.id)
            note.parent_id = parent.id if parent else None
            notes.add(link.post, note, words=form.passage.data or "", before=form.passage_before.data or "")
            if parent:
                notes.reopen(parent)
            letters.announce(note)
    context = _context(token, _good(token), GuestNoteForm(data={"name": form.name.data}))
    plain = redirect(url_for("editorial.draft", token=token) + "#guest-notes", 303)
    return answer(plain, "editorial/_guest_notes.html", status=201, said="Your note has arrived.", **context)


@bp.route("/posts/<slug>/error", methods=["GET", "POST"])
def error(slug: str) -> ResponseReturnValue:
    """Report an error in a post to those who write it."""
    post = queries.by_slug(slug)
    if post is None or not (post.is_public or post.was_public):
        abort(404)
    if not post.is_public:
        abort(410)
    if request.method == "POST":
        return _report(post)
    form = ErrorForm(request.args)
    sent = request.args.get("sent") == "1"
    return answer("editorial/error.html", "editorial/_error_form.html", post=post, form=form, is_sent=sent)


def _report(post: Post) -> ResponseReturnValue:
    form = ErrorForm(request.form)
    page = {"post": post, "form": form, "is_sent": False}
    if not form.validate():
        return answer("editorial/error.html", "editorial/_error_form.html", status=422, **page)
    network = limits.network_of(request.remote_addr or "")
    try:
        limits.spend(settings.current().report_limit, "report", network)
    except TooFastError as error:
        form.form_errors = [errors.wait_text(error)]
        return errors.slowed(answer("editorial/error.html", "editorial/_error_form.html", status=429, **page), error)
    who, text = limits.pseudonym(network), form.text.data or ""
    if not form.is_trapped and not notes.same_report(post, who, text):
        language = request.accept_languages.best_match(letters.LANGUAGES) or site.shown().language
        with writing():
            post = queries.by_slug(post.slug) or abort(404)
            email = (form.email.data or "").casefold()
            note = Note(kind=ERROR, text=text, email=email, language=language, address_hash=who)
            notes.add(post, note, words=form.passage.data or "", before=form.passage_before.data or "")
            letters.announce(note)
    sent = redirect(url_for("editorial.error", slug=post.slug, sent=1), 303)
    return answer(sent, "editorial/_error_sent.html", status=201, post=post)
