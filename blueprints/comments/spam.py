"""Who gets through at once and who waits. A name and an address prove nothing; a browser's cookie does."""

from dataclasses import dataclass

from blueprints.comments import impersonation, queries
from blueprints.comments.models import APPROVED, PENDING
from blueprints.core.site import HOLD_ALL, HOLD_NONE

MANY_LINKS = 3


@dataclass(frozen=True)
class Verdict:
    """The state a new comment starts in, what its writer is told about it, and whose name or address it bears."""

    state: str
    reason: str = ""
    imitates: tuple[int, str] | None = None


def judge(
    hold: str, *, name: str, html: str, email: str, writer: str | None, is_staff: bool, is_known: bool = False
) -> Verdict:
    """The verdict on a comment that reads *html*, sent as *name* and *email* from the browser with cookie *writer*,
    where *hold* says who waits (core/site.py).

    *is_known* says that the address was proved in another way, by the private link that was mailed to it.
    """
    if is_staff:
        return Verdict(APPROVED)
    if not is_known and (like := impersonation.found(name, email, writer)):
        return Verdict(PENDING, impersonation.REASONS[like[1]], like)
    if hold == HOLD_ALL:
        return Verdict(PENDING, "an editor reads every comment here before it appears")
    if html.count("<a ") - html.count('<a href="/posts/') >= MANY_LINKS:  # to other comments as many as one likes
        return Verdict(PENDING, f"it holds {MANY_LINKS} or more links")
    if hold == HOLD_NONE or is_known or queries.is_known(writer, email):
        return Verdict(APPROVED)
    return Verdict(PENDING, "it is the first one from this browser under this address")
