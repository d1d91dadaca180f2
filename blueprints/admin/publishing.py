"""Publishing at the desk: what a button does to a post besides saving it, and what keeps it from that."""

from flask import abort, request
from werkzeug.exceptions import Conflict, Forbidden, UnprocessableEntity

from blueprints.admin.desk import bp, signed_in
from blueprints.admin.forms.posts import PostForm
from blueprints.core.db import db, now
from blueprints.editorial import progress
from blueprints.posts import gate, states
from blueprints.posts.gate import Check
from blueprints.posts.models import SCHEDULED, Post
from blueprints.posts.states import (
    LABELS,
    PUBLISH,
    RESTORE,
    SCHEDULE,
    STEPS,
    SUBMIT,
    TAKE_BACK,
    TRASH,
    UNSCHEDULE,
    WITHDRAW,
    Step,
)

EMPTY = "There is nothing to read in it yet. Write the text before you publish it."
SAID = {
    "saved": "Saved.",
    "restored": "Restored: it says again what it said in that version.",
    PUBLISH.verb: "Saved and published: everybody can read it now.",
    SUBMIT.verb: "Saved and submitted: the editors find it under “In review”.",
    TAKE_BACK.verb: "Saved. It is a draft again.",
    SCHEDULE.verb: "Saved and scheduled: it appears at its minute by itself.",
    UNSCHEDULE.verb: "Saved and taken off the schedule: it is a draft again.",
    TRASH.verb: "Saved, and moved to the trash.",
    RESTORE.verb: "Restored: it is what it was before it was thrown away.",
    WITHDRAW.verb: "Saved and withdrawn: whoever follows its address reads that it was.",
}
# What became of a post, after its name.
MOVED = {
    PUBLISH.verb: "is published",
    SUBMIT.verb: "waits for review",
    TAKE_BACK.verb: "is a draft again",
    UNSCHEDULE.verb: "is off the schedule, a draft again",
    TRASH.verb: "is in the trash",
    RESTORE.verb: "is restored",
    WITHDRAW.verb: "is withdrawn",
}


class NotThatFarError(Conflict):
    """Somebody else has taken the post elsewhere meanwhile."""

    def __init__(self, post: Post, step: Step) -> None:
        stage = LABELS[post.stage].lower()
        super().__init__(f"“{step.label}” is not possible any more: the post is {stage} by now. Load it again.")


@bp.context_processor
def publishing() -> dict[str, object]:
    """What the rows of posts offer."""
    return {"next_step": next_step}


def next_step(post: Post) -> Step | None:
    """What the button in a list does to *post*: what most likely comes next."""
    steps = [step for step in states.open_to(post, signed_in()) if step not in (SCHEDULE, TRASH)]
    if post.stage == SCHEDULED and UNSCHEDULE in steps:
        return UNSCHEDULE
    return steps[0] if steps else None


def chosen(post: Post | None = None, form: PostForm | None = None) -> Step | None:
    """The step that the pressed button takes; of a scheduled *post*, another minute in the *form* is one as well."""
    name = request.form.get("then")
    if name:
        return STEPS.get(name) or abort(400)
    moved = form is not None and form.publish_at.moment not in (None, post.published_at if post else None)
    return SCHEDULE if post is not None and post.stage == SCHEDULED and moved else None


def need_leave(step: Step) -> None:
    """Whether whoever is signed in may take *step* at all; 403 where not."""
    if not states.may_take(step, signed_in()):
        raise Forbidden("Publishing and taking down is for those who may publish. Submit it for review instead.")


def need_pass(step: Step, checks: list[Check]) -> None:
    """422 where the gate keeps a post from being published as it is stored, with what is wrong."""
    if step is PUBLISH and (refused := [check for check in checks if check.refuses]):
        words = " ".join(fault.words for check in refused for fault in check.faults[:3])
        raise UnprocessableEntity(f"It is not ready to be published. {words}")


def is_ready(form: PostForm, checks: list[Check]) -> bool:
    """Whether the form has what the step needs, and passes the gate; what is missing is said at its field."""
    step = chosen(form.post, form)
    if step is None:
        return True
    need_leave(step)
    if step.needs_text and not form.body.data and not form.body.errors:
        form.body.errors = [EMPTY]
    if step is SCHEDULE and not form.publish_at.errors:
        if form.publish_at.moment is None:
            form.publish_at.errors = ["Say on which day and at what time it is to appear."]
        elif form.publish_at.moment <= now():
            form.publish_at.errors = ["This minute is over. Choose a later one, or publish it now."]
    form.refused = [check for check in checks if check.refuses] if step in (PUBLISH, SCHEDULE) else []
    is_let_pass = not form.refused or (signed_in().is_editor and bool(form.override.data))
    return is_let_pass and not (form.body.errors or form.publish_at.errors)


def take(step: Step, post: Post, form: PostForm | None = None) -> None:
    """Inside `writing()`: take *step* with *post*, if whoever is signed in may and the post has not moved."""
    need_leave(step)
    stage = post.stage
    if stage == step.arrives and stage not in step.leaves:
        return  # a second click
    if stage not in step.leaves:
        raise NotThatFarError(post, step)
    if step.needs_text and not post.body:
        raise UnprocessableEntity(EMPTY)
    if form is not None and form.refused:
        db.session.flush()
        gate.let_pass(post, signed_in().person_id, form.override.data or "", form.refused)
    if step is PUBLISH:
        post.publish()
    elif step is SCHEDULE:
        post.schedule((form and form.publish_at.moment) or abort(400))
    elif step is TRASH:
        post.throw_away()
    elif step is RESTORE:
        post.take_out_of_trash()
    elif step is WITHDRAW:
        post.withdraw(form.withdrawn_note.data or "" if form else "")
    else:
        post.put_back(step.arrives)
    progress.moved(post, stage, signed_in())
