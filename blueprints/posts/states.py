"""States of a post: which steps lead from one to another, and who may take them.

Nothing has to happen for readers at a scheduled post's minute: it is published with a date in the future, so the lists
and pages of every process show it from then on. What has to be done besides, is done by `schedule.py`.
"""

from dataclasses import dataclass

from blueprints.accounts.models import Account
from blueprints.posts.models import DRAFT, PUBLISHED, REVIEW, SCHEDULED, TRASHED, WITHDRAWN, Post

LABELS = {
    DRAFT: "Draft",
    REVIEW: "In review",
    SCHEDULED: "Scheduled",
    PUBLISHED: "Published",
    WITHDRAWN: "Withdrawn",
    TRASHED: "In the trash",
}


@dataclass(frozen=True)
class Step:
    """A way from one of several stages to another; *publishes*: it is for those who may publish."""

    verb: str
    label: str
    leaves: tuple[str, ...]
    arrives: str
    publishes: bool
    needs_text: bool = False


SUBMIT = Step("submit", "Submit for review", (DRAFT,), REVIEW, publishes=False, needs_text=True)
TAKE_BACK = Step("take-back", "Back to draft", (REVIEW,), DRAFT, publishes=False)
PUBLISH = Step("publish", "Publish", (DRAFT, REVIEW, SCHEDULED, WITHDRAWN), PUBLISHED, publishes=True, needs_text=True)
SCHEDULE = Step("schedule", "Schedule", (DRAFT, REVIEW, SCHEDULED), SCHEDULED, publishes=True, needs_text=True)
UNSCHEDULE = Step("unschedule", "Take off the schedule", (SCHEDULED,), DRAFT, publishes=True)
WITHDRAW = Step("withdraw", "Withdraw", (PUBLISHED,), WITHDRAWN, publishes=True)
# Whoever may edit a post may throw it away; out of the trash it is again what it was.
TRASH = Step("trash", "Trash", (DRAFT, REVIEW, SCHEDULED, PUBLISHED, WITHDRAWN), TRASHED, publishes=False)
RESTORE = Step("restore", "Restore", (TRASHED,), DRAFT, publishes=False)
STEPS = {step.verb: step for step in (PUBLISH, SUBMIT, TAKE_BACK, SCHEDULE, UNSCHEDULE, WITHDRAW, RESTORE, TRASH)}


def may_take(step: Step, account: Account) -> bool:
    """Whether *account* may take this step at all, with a post that is theirs to edit."""
    return account.may_publish or not step.publishes


def open_to(post: Post | None, account: Account) -> list[Step]:
    """The steps that *account* can take with *post*, or with a new one."""
    stage = post.stage if post else DRAFT
    return [step for step in STEPS.values() if stage in step.leaves and may_take(step, account)]
