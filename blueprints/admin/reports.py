"""Reports at the desk: what readers say about comments, what most say first; dismissed, or the comment goes."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.guards import moderators_only
from blueprints.admin.comments import because, mine
from blueprints.admin.desk import PAGE_SIZE, bp, comments_scope, require_token
from blueprints.comments import notify, queries, reports
from blueprints.comments.models import APPROVED, TRASH
from blueprints.core import audit
from blueprints.core.db import writing
from blueprints.core.htmx import answer
from blueprints.core.http import page_number

DONE = {reports.DISMISSED: "Stays: the reports are dismissed", reports.REMOVED: "Put in the trash"}


@bp.context_processor
def reported() -> dict[str, object]:
    """What the tabs and the rows say of reports."""
    return {
        "report_count": lambda: reports.count(of=comments_scope()),
        "report_reasons": reports.REASONS,
        "report_done": DONE,
    }


@bp.get("/reports")
@moderators_only
def reports_list() -> ResponseReturnValue:
    """One page of the comments that readers have reported."""
    number = page_number()
    found, has_next = reports.waiting(number, PAGE_SIZE, of=comments_scope())
    done = request.args.get("done", "")
    comment = mine(int(done)) if done.isascii() and done.isdigit() and len(done) < 19 and int(done) else None
    return render_template(
        "admin/reports.html",
        reported=found,
        found={"number": number, "has_next": has_next},
        done=comment,
        outcome=reports.REMOVED if comment and comment.state == TRASH else reports.DISMISSED,
        counts=queries.counts(of=comments_scope()),
        state="reported",
    )


@bp.post("/reports/<id:number>/<any(dismiss, remove, reopen):verb>")
@moderators_only
def decide_report(number: int, verb: str) -> ResponseReturnValue:
    """Dismiss what is reported of a comment, take the comment away for it, or undo that."""
    require_token()
    with writing():
        comment = mine(number)
        was = comment.state
        if verb == "reopen":
            reports.reopen(number)
            audit.note(comment, audit.CHANGED, ("reports", reports.DISMISSED, "open"))
            comment.move_to(APPROVED)
        else:
            if verb == "remove":
                comment.move_to(TRASH)
                comment.removed_because = because()
            outcome = reports.REMOVED if verb == "remove" else reports.DISMISSED
            if closed := reports.close(number, outcome):
                audit.note(comment, audit.CHANGED, ("reports", "open", outcome))
            notify.settled(closed)
        notify.moved(comment, was, first=False)
    place = url_for("admin.reports_list", done=number if verb != "reopen" else None)
    return answer(
        redirect(place, 303),
        "admin/report_decided.hx.html",
        each=reports.about(comment),
        comment=comment,
        is_open=verb == "reopen",
        outcome=reports.REMOVED if verb == "remove" else reports.DISMISSED,
        counts=queries.counts(of=comments_scope()),
        state="reported",
    )
