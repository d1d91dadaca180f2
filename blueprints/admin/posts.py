"""Posts at the desk: the list, writing with the rendering beside it, publishing and taking down."""

from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from blueprints.accounts.guards import editors_only, writers_only
from blueprints.accounts.queries import everybody
from blueprints.admin import collisions
from blueprints.admin.desk import PAGE_SIZE, bp, require_token, scope, signed_in
from blueprints.admin.drafts import Draft, SlugTakenError
from blueprints.admin.forms.posts import PostForm
from blueprints.admin.gate import checks
from blueprints.admin.publishing import MOVED, SAID, chosen, is_ready, need_leave, need_pass, take
from blueprints.core import site
from blueprints.core.db import db, id_in, now, writing
from blueprints.core.htmx import answer
from blueprints.core.http import page_number
from blueprints.editorial import notes
from blueprints.operations import trash
from blueprints.posts import queries, tags, unsaved, versions
from blueprints.posts.models import DRAFT, SCHEDULED, TRASHED, Post
from blueprints.posts.states import LABELS, STEPS, open_to
from blueprints.transfer.models import ImportReport

# The same new post sent again within this time is the same post: a second click, a reload.
REPEAT_MINUTES = 10
PUBLIC = "This post is published: from now on an editor changes it."


class StaleError(Exception):
    """The stored post is not the one that the form was opened with."""


@bp.get("/posts")
@writers_only
def posts() -> ResponseReturnValue:
    """All posts, drafts first; authors see their own."""
    state = request.args.get("state")
    state = state if state in LABELS else None
    found = queries.for_desk(state=state, of=scope(), number=page_number(), size=PAGE_SIZE)
    if found.number > 1 and not found.posts:
        abort(404)
    done = id_in(request.args.get("done"))
    moved = next((post for post in found.posts if post.id == done), None) or (_mine_or_none(done) if done else None)
    said = MOVED.get(request.args.get("did", ""))
    noted = notes.open_counts(found.posts)
    page = {"found": found, "state": state, "moved": moved, "said": said, "noted": noted}
    return render_template("admin/posts.html", **page, days_in_trash=trash.DAYS)


@bp.route("/posts/new", methods=["GET", "POST"])
@writers_only
def new_post() -> ResponseReturnValue:
    """Write a new post."""
    form = _form(None)
    if not form.is_submitted():
        form = _taken_up(None) or form
        return render_template("admin/post.html", **_context(form, None))
    if not _is_valid(form):
        return _again(form, None, 422)
    draft = Draft.typed(form)
    try:
        with writing():
            post = _sent_before(draft)
            if post is None:
                post = Post(state=DRAFT)
                db.session.add(post)
                with db.session.no_autoflush:
                    draft.put_into(post, language=site.current().language)
            if step := chosen():
                take(step, post, form)
            versions.keep(post, signed_in().person_id)
            unsaved.forget(signed_in(), None)
    except SlugTakenError as error:
        return _slug_taken(form, None, error)
    stored = _form(post, fresh=True)
    context = {**_context(stored, post), "said": SAID[_did()], "takes_focus": True}
    return answer(
        redirect(_place_of(post, form), 303),
        "admin/post_made.hx.html",
        status=201,
        **context,
    )


@bp.route("/posts/<id:number>/edit", methods=["GET", "POST"])
@writers_only
def edit_post(number: int) -> ResponseReturnValue:
    """Change a post; a change that somebody else has made meanwhile is shown, never written over unseen."""
    post = mine(number)
    form = _form(post)
    if not form.is_submitted():
        said = SAID.get(request.args.get("did", ""))
        form = _taken_up(post) or form
        return render_template("admin/post.html", said=said, **_context(form, post))
    if not _is_valid(form):
        return _again(form, post, 422)
    draft = Draft.typed(form)
    typed_slug, former_stage = draft.slug, post.stage
    try:
        with writing():
            post = mine(number)
            stored = Draft.of(post)
            if form.was.data != stored.mark and stored.differences(draft):
                raise StaleError
            versions.begin(post)
            draft.put_into(post, language=site.current().language)
            if form.updated.data and post.is_public:
                post.updated_at = now()
            _correct(post, form)
            if step := chosen(post, form):
                take(step, post, form)
            elif post.was_public:
                post.withdrawn_note = form.withdrawn_note.data or ""
            versions.keep(post, signed_in().person_id)
            unsaved.forget(signed_in(), post)
    except StaleError:
        post = mine(number)
        merged = collisions.merge_into(form, post)
        _open_with(form, post)
        return _again(form, post, 409, merged=merged, theirs=Draft.of(post).differences(Draft.typed(form)))
    except SlugTakenError as error:
        return _slug_taken(form, mine(number), error)
    context = {
        **_context(_form(post, fresh=True), post),
        "said": SAID[_did()],
        "slug_changed": typed_slug != post.slug,
        "state_changed": former_stage != post.stage,
    }
    place = _place_of(post, form)
    return answer(redirect(place, 303), "admin/post_saved.hx.html", **context)


@bp.post("/posts/preview")
@writers_only
def preview_post() -> ResponseReturnValue:
    """The post as it would read; nothing is stored."""
    number = id_in(request.form.get("post"))
    post = mine(number) if number else None
    form = _form(post)
    collisions.settle(form, request.form)
    draft = Draft.typed(form)
    shown = Post(published_at=post.published_at if post else None, comment_count=0)
    shown.title, shown.standfirst, shown.disclaimer = draft.title, draft.standfirst, draft.disclaimer
    shown.competing_interests, shown.funding = draft.competing_interests, draft.funding
    shown.write(draft.body, form.format, language=site.current().language)
    shown.credit(draft.authors, draft.affiliations)
    shown.tags = tags.named(draft.tags)
    lines = sum(name.startswith("authors-") for name in request.form)
    context = {**_context(form, post, draft), "shown": shown, "lines_changed": lines != len(form.authors.entries)}
    return answer("admin/post.html", "admin/post_previewed.hx.html", **context)


@bp.post("/posts/<id:number>/<any(publish, submit, 'take-back', unschedule, withdraw, trash, restore):verb>")
@writers_only
def move_post(number: int, verb: str) -> ResponseReturnValue:
    """Take a post as it is stored one step further: publish it, take it down …"""
    need_leave(STEPS[verb])
    require_token()
    need_pass(STEPS[verb], checks(mine(number)))
    with writing():
        post = mine(number)
        versions.begin(post)
        take(STEPS[verb], post)
        versions.keep(post, signed_in().person_id)
    state = request.form.get("state")
    place = url_for("admin.posts", state=state if state in LABELS else None, done=post.id, did=verb)
    return answer(redirect(place, 303), "admin/post_moved.hx.html", post=post, said=MOVED[verb], takes_focus=True)


@bp.post("/posts/<id:number>/erase")
@editors_only
def erase_post(number: int) -> ResponseReturnValue:
    """Take a post that is in the trash away for good, with its discussion."""
    require_token()
    with writing():
        post = mine(number)
        if post.state != TRASHED:
            abort(409, "Only what is in the trash can be erased. Load the list again.")
        trash.erase(post)
    return answer(redirect(url_for("admin.posts", state=TRASHED), 303), "admin/post_erased.hx.html")


def _form(post: Post | None, *, fresh: bool = False) -> PostForm:
    """The form of *post*, with what was sent in it; *fresh* where only what is stored counts."""
    account = signed_in()
    if post is None:
        values: dict[str, Any] = {"authors": [str(account.person_id)], "comments_open": True, "passages_open": True}
    else:
        values = {**PostForm.values_of(post), **_opened_with(post)}
        # A minute that was typed and not used yet comes along when a browser without scripts has saved.
        values["publish_at"] = values["publish_at"] or request.args.get("publish_at")
    options: dict[str, Any] = {"formdata": None} if fresh else {}
    return PostForm(people=everybody(), keeps=account, post=post, data=values, **options)


def _place_of(post: Post, form: PostForm) -> str:
    """Where a browser without scripts goes on after saving, with the minute that was typed and not used yet."""
    typed = None if chosen(post, form) or post.stage == SCHEDULED else form.publish_at.data
    return url_for("admin.edit_post", number=post.id, did=_did(), publish_at=typed or None)


def _opened_with(post: Post) -> dict[str, str]:
    """By which a form knows later whether *post* has become another, and what it was."""
    return {
        "was": Draft.of(post).mark,
        "version": str(versions.last_number(post)),
        "base": collisions.base_of(post),
    }


def _open_with(form: PostForm, post: Post) -> None:
    """Let *form* count as opened now."""
    for name, value in _opened_with(post).items():
        form[name].data = value


def _taken_up(post: Post | None) -> PostForm | None:
    """The form with the texts that were not saved, where that was asked for."""
    row = unsaved.of(signed_in(), post) if request.args.get("take") == "unsaved" else None
    if row is None:
        return None
    form = _form(post)
    form.title.data, form.standfirst.data, form.body.data = row.title, row.standfirst, row.body
    form.was.data, form.version.data = row.was, str(row.version)
    return form


def _is_valid(form: PostForm) -> bool:
    """Whether it can be stored, and whether the pressed button can do what it says."""
    if not collisions.settle(form, request.form):
        return False
    valid: bool = form.validate()
    return valid and is_ready(form, checks(form.post, Draft.typed(form)))


def _did() -> str:
    """What the pressed button does besides saving."""
    step = chosen()
    return step.verb if step else "saved"


def _correct(post: Post, form: PostForm) -> None:
    """Tell readers of a correction that was typed, and no more of those that were ticked."""
    named = {correction.made_at.isoformat(): correction.made_at for correction in post.corrections}
    if moments := {named[name] for name in request.form.getlist("taken_back") if name in named}:
        post.take_back(moments)
    if form.correction.data and post.is_public:
        post.correct(form.correction.data)


def mine(number: int) -> Post:
    """The post, if it is the signed-in account's to edit; to others it does not exist."""
    post = _mine_or_none(number)
    if post is None:
        named = db.session.get(Post, number)
        if named is not None and named.is_by(signed_in()):
            abort(403, PUBLIC)
        abort(404)
    return post


def _mine_or_none(number: int) -> Post | None:
    post = db.session.get(Post, number)
    return post if post is not None and post.is_editable_by(signed_in()) else None


def _sent_before(draft: Draft) -> Post | None:
    """The post that this submission repeats."""
    found = db.session.scalars(
        select(Post)
        .where(Post.title == draft.title, Post.body == draft.body, Post.source.is_(None))
        .where(Post.created_at > now() - timedelta(minutes=REPEAT_MINUTES))
        .order_by(Post.id)
    )
    account = signed_in()
    for post in found:
        same = set(Draft.of(post).differences(draft)) <= {"slug"}
        if same and draft.slug in ("", post.slug) and post.is_editable_by(account):
            return post
    return None


def _slug_taken(form: PostForm, post: Post | None, error: SlugTakenError) -> ResponseReturnValue:
    form.slug.errors = [f"Another post has or had this address. “{error.free}” is free."]
    return _again(form, post, 422)


def _again(form: PostForm, post: Post | None, status: int, **more: Any) -> ResponseReturnValue:
    """The form with every word in it, and what is wrong."""
    context = {**_context(form, post, Draft.typed(form)), **more}
    return answer("admin/post.html", "admin/post_again.hx.html", status=status, **context)


def _context(form: PostForm, post: Post | None, draft: Draft | None = None) -> dict[str, Any]:
    action = url_for("admin.edit_post", number=post.id) if post else url_for("admin.new_post")
    report = db.session.get(ImportReport, post.id) if post and post.id else None
    steps = {step.verb: step for step in open_to(post, signed_in())}
    row = unsaved.of(signed_in(), post) if request.method == "GET" and "take" not in request.args else None
    page = {"form": form, "post": post, "action": action, "tag_names": tags.names(), "shown": post}
    return {
        **page,
        "report": report,
        "steps": steps,
        "checks": checks(post, draft),
        "unsaved": row if row and row.differs_from(post) else None,
        "others": unsaved.others(signed_in(), post) if post else [],
    }
