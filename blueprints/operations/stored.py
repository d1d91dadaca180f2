"""What is stored of readers, and for how long: told from the settings, tables and scripts that are in use.

`tests/operations/test_stored.py` holds it to the cookies that the views set, the keys that the scripts write and the
tables that there are: what is not described here fails.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from blueprints.accounts.devices import KNOWN_DAYS
from blueprints.accounts.models import SIGN_IN_DAYS
from blueprints.core import audit
from blueprints.core.db import Base
from blueprints.core.mail import KEPT
from blueprints.core.settings import Settings
from blueprints.core.site import HOLD_ALL, HOLD_NONE, Site

YEAR = 365


@dataclass(frozen=True)
class Thing:
    """Something that is stored: its name as a browser or database shows it, what it is for, how long it stays."""

    name: str
    what: str
    until: str


# The cookies, by the name they are set under. None is set before somebody does what it is for.
COOKIES = (
    Thing(
        "writer",
        "A random number. It is set when you send a comment, so that you can see it while it waits, change and "
        "withdraw it, and be known when you write again. The database keeps a hash of it beside your comments.",
        f"{YEAR} days",
    ),
    Thing(
        "reader",
        "A random number. It is set when you press “Worth reading”, so that each browser counts once. The database "
        "keeps a hash of it beside the marks.",
        f"{YEAR} days",
    ),
    Thing(
        "session",
        "For authors and editors, from the page on which they sign in or set a password; readers never get it.",
        f"{SIGN_IN_DAYS} days",
    ),
    Thing(
        "browser",
        "For authors and editors: which accounts have signed in from this browser, so that a sign-in from another is "
        "told by letter. It is sent to the page of sign-in alone.",
        f"{KNOWN_DAYS} days",
    ),
)
# What the scripts keep in the browser itself and send to nobody, by the beginning of the key.
IN_THE_BROWSER = (
    Thing("draft:", "What you have begun to write, so that nothing is lost.", "until you send or discard it"),
    Thing("who", "Name, e-mail address and website, if you tick “Remember”.", "until you untick it"),
    Thing("own:", "That something of yours waits below a post.", "until it is published"),
    Thing("sent", "Which draft was just sent.", "until the next page"),
    Thing("marked", "Which comments you have marked as worth reading.", "until you clear it"),
    Thing("muted", "The names of those whose comments you do not want to see.", "until you no longer mute them"),
    Thing("seen:", "Up to which comment you have read a discussion, to show what is new.", "until you clear it"),
    Thing("sort", "The order in which you like to read discussions.", "until you choose the usual one"),
    Thing("keys", "That you have switched the keys for reading off.", "until you switch them on"),
)
# What each table holds of people; what is written by the house alone says so.
TABLES = {
    "comment": "comments: name, website, text and time, which are published; e-mail address and hashes, which are not",
    "comment_version": "what a comment said before it was changed",
    "correspondent": "e-mail addresses that have a private link, and whether they were confirmed",
    "subscription": "who wants to be told of what by mail",
    "outbox": "letters that wait to be sent; of a sent one the address and the time",
    "mark": "marks “worth reading”: a hash of the browser’s random number",
    "report": "reports to the editors: reason, note, e-mail address if given; seen by the staff alone",
    "note": "notes on a text by those who make it and by invited readers; reports of an error: text, e-mail address if "
    "given; seen by the staff alone",
    "draft_link": "private links to a draft: a hash of the address, whom it was made for, when it was last opened",
    "likeness": "that a comment bears the name or address of somebody who writes here, and what that person says",
    "import_report": "what could not be kept of a file that became a draft; it may name its writers",
    "unsaved": "what somebody of the staff has begun to write and not saved, until it is saved or discarded",
    "person": "people who write here: what stands on their page, and their e-mail address",
    "affiliation": "where they work and worked, as what and when",
    "person_alias": "former addresses of their pages",
    "portrait": "their pictures",
    "media_file": "pictures and other files of the articles: what is said of them, who brought them, and when",
    "account": "who can sign in: e-mail address and a hash of the password",
    "sign_in": "where somebody of the staff is signed in: a hash, browser and system in words, when seen, until when",
    "authenticator": "whose app shows codes: what its secret is made of, beside the site’s key",
    "passkey": "passkeys of the staff: the name they gave it, its public half, when it was used",
    "recovery_code": "hashes of unused recovery codes of the staff",
    "account_link": "links that were sent to the staff: a hash, what it is for, until when; of a new address, that too",
    "post_reads": "how often each post was read on a day: a number, nothing of who read it",
    "feed_reads": "how often feeds were fetched on a day: a number as well",
    "referrer": "from which other sites readers came to a post: the name of the site and a number",
    "deed": "what the staff did to which post, person, comment or setting, under the name of who did it",
}
OF_NOBODY = {
    *("alias", "appointment", "byline", "gate_override", "generation", "mail_turn"),
    *("post", "post_version", "series", "series_alias", "site", "site_picture", "tag", "tag_alias", "tagging"),
    *("post_search", "comment_search", "media_rendition", "media_piece", "media_use"),
}


def tables() -> list[tuple[str, str]]:
    """(name, contents) of each table that there is and that holds something of people."""
    names = [table.name for table in Base.metadata.sorted_tables if table.name not in OF_NOBODY]
    return [(name, TABLES.get(name, "")) for name in sorted(names, key=_rank)]


def _rank(name: str) -> int:
    return list(TABLES).index(name) if name in TABLES else len(TABLES)


def in_the_browser(script: str) -> list[Thing]:
    """What a published *script* keeps in the browser."""
    return [thing for thing in IN_THE_BROWSER if re.search(rf'["`]{re.escape(thing.name)}[^a-z]', script)]


def held(site: Site) -> str:
    """Whose comments an editor reads before they appear."""
    if site.hold == HOLD_ALL:
        return "An editor reads every comment before it appears."
    if site.hold == HOLD_NONE:
        return "Comments appear at once, but those with many links."
    return "An editor reads the first comment of a browser and address; later ones appear at once."


def times(settings: Settings) -> list[tuple[str, str]]:
    """(what, for how long) it is kept, as the settings have it."""
    return [
        ("comments", "until they are withdrawn or deleted"),
        ("the hash of the network address of a comment", _days(settings.address_days)),
        ("a report that was settled", _days(settings.address_days)),
        ("attempts that are counted against flooding, by a hash of the network address", "a day"),
        ("what the staff did", _days(audit.KEPT.days)),
        ("a letter that was sent: its address and time, without its words", _days(KEPT // timedelta(days=1))),
    ]


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
