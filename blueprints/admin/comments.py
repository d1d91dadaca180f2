"""Comments at the desk: what waits, and what a moderator does with it, one at a time."""

import html
import re

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import moderators_only
from blueprints.admin.desk import PAGE_SIZE, bp, comments_scope, require_token, signed_in
from blueprints.comments import impersonation, notify, queries, reports
from blueprints.comments.models import APPROVED, PENDING, SPAM, STATES, TRASH, Comment
from blueprints.core import markdown, site
from blueprints.core.db import id_in, writing
from blueprints.core.htmx import answer
from blueprints.core.http import LARGEST_PAGE, counted, page_number

NAMES = {PENDING: "Waiting", APPROVED: "Published", SPAM: "Spam", TRASH: "Trash"}
VERBS = {PENDING: "Hold", APPROVED: "Approve", SPAM: "Spam", TRASH: "Trash"}
DONE = {
    PENDING: "Waits again",
    APPROVED: "Approved",
    SPAM: "Marked as spam",
    TRASH: "Put in the trash",
}
EMPTY = {
    PENDING: "Nothing waits. Every comment has been looked at.",
    APPROVED: "No comment has been published yet.",
    SPAM: "There is no spam.",
    TRASH: "The trash is empty.",
}
_HREF = re.compile(r'<a [^>]*?href="([^"]*)"')


@bp.context_processor
def words() -> dict[str, object]:
    """The moderators' words for the four states, and for how much there is in each."""
    return {
        "state_names": NAMES,
        "state_verbs": VERBS,
        "state_done": DONE,
        "moderated": moderated,
        "tally": tally,
        "reasons_to_remove": reports.BECAUSE,
    }


def tally(number: int, state: str) -> str:
    """A number as a tab shows it; what was not counted to its end says so."""
    return f"{queries.COUNTED:,}+" if state != PENDING and number > queries.COUNTED else f"{number:,}"


def moderated(comment: Comment) -> dict[str, object]:
    """How a moderator sees a comment: links lead nowhere, but their addresses can be read."""
    links = list(dict.fromkeys(html.unescape(address) for address in _HREF.findall(comment.html)))
    moves = [state for state in (APPROVED, SPAM, TRASH, PENDING) if state != comment.state]
    if comment.state == PENDING:
        moves = [APPROVED, SPAM, TRASH]
    like = impersonation.of(comment.id) if comment.hold_reason in impersonation.REASONS.values() else None
    return {"html": markdown.without_links(comment.html), "links": links, "moves": moves, "like": like}


@bp.get("/comments")
@moderators_only
def comments() -> ResponseReturnValue:
    """One page of the comments in one state; the oldest that waits first."""
    state, number = _state(request.args.get("state")), page_number()
    found = queries.queue(state, number, PAGE_SIZE, of=comments_scope())
    if number > 1 and not found.comments:
        return redirect(
            url_for(
                "admin.comments",
                state=state,
                page=number - 1,
                done=request.args.get("done"),
                was=request.args.get("was"),
            ),
            303,
        )
    done = _comment(request.args.get("done"))
    was = request.args.get("was")
    return render_template(
        "admin/comments.html",
        found=found,
        state=state,
        counts=queries.counts(of=comments_scope()),
        empty=EMPTY[state],
        done=done if done and was in STATES and done.state != was else None,
        was=was,
    )


@bp.post("/comments/<id:number>/<any(approved, spam, trash, pending):state>")
@moderators_only
def move_comment(number: int, state: str) -> ResponseReturnValue:
    """Approve a comment, mark it as spam, put it in the trash, or undo that."""
    require_token()
    shown = request.form.get("list")
    page = request.form.get("page", "1")
    page = page if page.isascii() and page.isdigit() and len(page) < 8 and 0 < int(page) <= LARGEST_PAGE else "1"
    with writing():
        comment = mine(number)
        was, number_before = comment.state, comment.number
        comment.move_to(state)
        if state == TRASH:
            comment.removed_because = because()
            notify.settled(reports.close(comment.id, reports.REMOVED))
        notify.moved(comment, was, first=number_before is None)
    shown = shown if shown in STATES else was
    # A second click finds it moved already; undoing still leads back to the list it was in.
    was = shown if was == state else was
    moved = comment.state != shown
    place = url_for(
        "admin.comments",
        state=shown,
        page=page if page != "1" else None,
        done=comment.id if moved else None,
        was=was if moved else None,
        _anchor=None if moved else f"queue-{comment.id}",
    )
    return answer(
        redirect(place, 303),
        "admin/comment_moved.hx.html",
        comment=comment,
        was=was,
        state=shown,
        page=page,
        counts=queries.counts(of=comments_scope()),
    )


@bp.post("/comments/<id:number>/<any(pick, unpick):verb>")
@moderators_only
def pick_comment(number: int, verb: str) -> ResponseReturnValue:
    """Put a published comment among the editors' picks, or take it from there."""
    require_token()
    with writing():
        comment = mine(number)
        if not comment.is_public or comment.number is None:
            abort(409, "Only what is published can be picked.")
        comment.pick(verb == "pick")
    page = request.form.get("page", "1")
    page = page if counted(page) else "1"
    place = url_for("admin.comments", state=APPROVED, page=page if page != "1" else None, _anchor=f"queue-{comment.id}")
    return answer(redirect(place, 303), "admin/comment_picked.hx.html", comment=comment, state=APPROVED, page=page)


def mine(number: int) -> Comment:
    """The comment, if it is the signed-in account's to judge; to others it does not exist."""
    return _mine_or_none(number) or abort(404)


def because() -> str:
    """What the writer is told about why a comment goes: own words, else one of the usual reasons, else nothing."""
    own = " ".join(request.form.get("own_words", "").split()).rstrip(".")[:300]
    return own or reports.BECAUSE.get(request.form.get("because", ""), "")


def _state(text: str | None) -> str:
    if text is None:
        return PENDING
    return text if text in STATES else abort(404)


def _comment(text: str | None) -> Comment | None:
    number = id_in(text)
    return _mine_or_none(number) if number else None


def _mine_or_none(number: int) -> Comment | None:
    comment = queries.by_id(number)
    if comment is None or not signed_in().may_moderate(site.current(), comment.post.author_ids):
        return None
    return comment
