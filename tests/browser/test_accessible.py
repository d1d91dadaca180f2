"""WCAG 2.2 AA: axe-core and checks of our own find nothing on any state of the public pages, and nobody needs a mouse.

A new page is a line of PAGES, a state that somebody has to bring about a row of STATES; at which width and in which
light it is looked at is the test's business.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from blueprints.comments import impersonation, keys, reports, subscriptions
from blueprints.comments.models import Comment
from blueprints.core import site
from blueprints.core.db import db, writing
from blueprints.posts import versions
from blueprints.posts.models import Post
from tests.browser.conftest import MOVES, PHONE, WIDE
from tests.factories import PASSWORD
from tests.media.samples import picture

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 700}
LONG = "Featherstonehaugh-Cholmondeley-Wriothesley-Beauchamp of Upper Slaughter"


# Every kind of word that is told apart in it.
CODE = '```py\n@once\ndef f(a):  # b\n    return "c" + 1\n```\n\n```diff\n@@ 1 @@\n-a\n+b\n```'


class Place:
    """A post with everything a thread can hold, and a page that looks at it."""

    def __init__(self, server, page: Page) -> None:
        self.server, self.page = server, page
        with server.database() as make:
            ada = make.person(f"Ada {make.person().id}", bio="Writes.")
            self.slug, self.closed, self.empty = (f"{word}-{ada.id}" for word in ("whole", "closed", "empty"))
            post = make.post("On paper", slug=self.slug, authors=[ada], tags=["Ethics"])
            first = make.comment(post, "I *will* [cite](https://example.org) it.\n\n> Why?\n\n`code`", name="Jo")
            reply = make.comment(post, "这篇文章说得很好。", parent=first, name=LONG, url="https://example.org/a")
            make.comment(post, "هذا تعليق طويل.", parent=reply, name="محمد بن موسى")
            gone = make.comment(post, "Gone.", parent=first)
            make.comment(post, f"Below it.\n\n{CODE}", parent=gone)
            make.comment(post, "By the author.", name=ada.name, person_id=ada.id)
            self.first, self.gone, self.edited = first.id, gone.id, reply.id
            with writing():
                stored = db.session.get(Comment, gone.id)
                stored.move_to("trash")
                stored.removed_because = "it breaks the house rules"
                picked = db.session.get(Comment, first.id)
                picked.marks = 12
                picked.pick(True)
                later = db.session.get(Comment, reply.id)
                later.edit("Better words.", "<p>Better words.</p>", by_editor=True, reason="a typing error")
                current = db.session.merge(site.current())
                current.write_rules("Be *kind*.\n\n- Stay with the post.")
                revised = db.session.get(Post, post.id)
                for text in ("Former *text*.", revised.body):
                    revised.write(text)
                    versions.keep(revised, ada.id)
                revised.correct("The year was 1848.")
            self.picture = make.file(picture("PNG", (60, 40)), f"{LONG}.png").id
            held = make.pending(post, "It is me.", name=ada.name, hold_reason=impersonation.REASONS["name"])
            with writing():
                like = impersonation.note(db.session.get(Comment, held.id), ada.id, "name")
                self.question = f"/comments/{held.id}/is-it-you?key={impersonation.key_for(like)}"
            email = f"reader-{ada.id}@example.org"
            answering = make.comment(post, "It is.", passage="Some text.", email=email)
            with writing():
                for place in ({"post": db.session.merge(post)}, {"who": db.session.merge(ada)}):
                    subscriptions.choose(email, "thread", daily=False, asked_by="", language="en", **place)
                reports.file(answering.id, reason="spam", note="Look.", email="", address_hash="x")
            owner = keys.correspondent(email)
            self.answering, self.mail = answering.id, f"/mail/{owner.key}"
            self.leave = f"/mail/leave/{subscriptions.of(owner)[0].leave_key}"
            self.mine, self.author = f"/comments/mine/{keys.key_for(email)}", ada.slug
            self.post, self.person = post.id, ada.id
            self.staff, self.invited = make.account("administrator").email, make.account("author").id
            make.post("Closed", slug=self.closed, comments_open=False, closed_because="it is over")
            make.post("Empty", slug=self.empty)

    def open(self, path: str) -> None:
        """Go there."""
        self.page.goto(path)

    def thread(self) -> None:
        """Go to the post."""
        self.open(f"/posts/{self.slug}")

    @property
    def article(self):
        """The first comment."""
        return self.page.locator(f"#comment-{self.first}")

    def sign_in(self) -> None:
        """Come as somebody who works here."""
        self.open("/sign-in")
        self.page.get_by_label("E-mail address").fill(self.staff)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url("/admin")

    def press(self, name: str) -> None:
        """Press a link or button of the first comment."""
        if name == "Report":
            self.press("More")
        self.article.locator("> .comment__actions").get_by_text(name).first.click()

    def write(self, **fields: str) -> None:
        """Fill in the form at the foot and send it."""
        self.thread()
        for name, value in fields.items():
            self.page.locator(f"#comment-form-{name}").fill(value)
        self.page.get_by_role("button", name="Post comment").click()


def _reply(place: Place) -> None:
    place.thread()
    place.press("Reply")
    expect(place.article.locator("form")).to_be_visible()


def _report(place: Place) -> None:
    place.thread()
    place.press("Report")
    expect(place.article.get_by_role("heading", name="Report comment")).to_be_focused()


def _report_errors(place: Place) -> None:
    _report(place)
    place.page.get_by_role("button", name="Send report").click()
    expect(place.article.locator(".field__errors")).to_be_visible()


def _reported(place: Place) -> None:
    _report(place)
    place.page.get_by_label("It is not about the post").check()
    place.page.get_by_role("button", name="Send report").click()
    expect(place.article.locator(".report__sent")).to_be_focused()


def _errors(place: Place) -> None:
    place.write(author="Jo", email="no", comment="Mine.")
    expect(place.page.locator(".field__errors").first).to_be_visible()


def _held(place: Place) -> None:
    place.server.hold("all")
    place.write(author="Jo", email="jo@example.org", comment="Mine.")
    expect(place.page.locator(".comment--pending")).to_be_focused()


def _marked(place: Place) -> None:
    place.thread()
    place.press("Worth reading")
    expect(place.article.locator("> .comment__actions .mark")).to_have_attribute("aria-pressed", "true")


def _preview(place: Place) -> None:
    place.thread()
    place.page.locator("#comment-form-comment").fill("Some *words*.")
    place.page.get_by_role("button", name="Preview").click()
    expect(place.page.locator(".preview")).to_be_visible()


def _mute(place: Place) -> None:
    """Two are muted; the second comment is shown all the same."""
    place.thread()
    place.page.evaluate("names => localStorage.setItem('muted', JSON.stringify(names))", ["Jo", LONG])
    place.thread()
    place.page.get_by_role("button", name="Show comment 2").click()
    place.page.locator(".thread-tools > summary").click()
    expect(place.article.locator("> .prose")).to_be_hidden()
    expect(place.page.get_by_role("button", name="Unmute Jo")).to_be_visible()


def _rules(place: Place) -> None:
    place.thread()
    place.page.get_by_text("House rules").click()


def _own(place: Place, verb: str) -> None:
    """Something of one's own, and what can be done with it."""
    place.write(author="Jo", email="jo@example.org", comment="Mine.")
    place.page.get_by_role("link", name=f"{verb} your comment").click()
    expect(place.page.locator("#comment-list form")).to_be_visible()


def _edit(place: Place) -> None:
    _own(place, "Edit")
    place.page.locator("#comment-list form").get_by_role("button", name="Preview").click()
    expect(place.page.locator("#comment-list .preview")).to_be_focused()


def _withdraw(place: Place) -> None:
    _own(place, "Withdraw")


def _history(place: Place) -> None:
    place.thread()
    place.page.locator(".comment__edited").first.click()
    expect(place.page.locator(".comment__history")).to_be_visible()


def _mail(place: Place) -> None:
    place.thread()
    place.page.get_by_label("Tell me by mail of").select_option("replies-daily")
    for name, value in (("author", "Jo"), ("email", "jo@example.org"), ("comment", "Mine.")):
        place.page.locator(f"#comment-form-{name}").fill(value)
    place.page.get_by_role("button", name="Post comment").click()
    expect(place.page.locator("#status")).to_contain_text("look into your mail")


def _asked(place: Place) -> None:
    _mail(place)
    own = place.page.locator("#comment-list .comment:has(> .comment__own)")
    place.open(f"/comments/{(own.get_attribute('id') or '').removeprefix('comment-')}/mail")


def _follow(place: Place, email: str = "jo@example.org") -> None:
    place.open(f"/authors/{place.author}")
    place.page.get_by_label("E-mail").fill(email)
    place.page.get_by_role("button", name="Send them to me").click()
    expect(place.page.locator("#follow .mailing__done, #follow .field__errors")).to_be_visible()


def _follow_errors(place: Place) -> None:
    _follow(place, "no")


STATES: dict[str, Callable[[Place], None]] = {
    "thread": lambda place: place.thread(),
    "open reply": _reply,
    "open report": _report,
    "report with errors": _report_errors,
    "report sent": _reported,
    "errors": _errors,
    "held comment": _held,
    "marked": _marked,
    "preview": _preview,
    "muted": _mute,
    "house rules": _rules,
    "edit and preview": _edit,
    "withdraw": _withdraw,
    "history in the thread": _history,
    "mail chosen": _mail,
    "mail chosen, without scripts": _asked,
    "follow an author": _follow,
    "follow with errors": _follow_errors,
}
# These leave a cookie behind, or a choice in the browser.
LASTING = {
    *("held comment", "report sent", "marked", "muted", "edit and preview", "withdraw", "mail chosen"),
    "mail chosen, without scripts",
}

PAGES: dict[str, Callable[[Place], list[str]]] = {
    "of the thread": lambda place: [
        *(f"/comments/{place.first}{tail}" for tail in ("", "/reply", "/report", "/report?sent=1", "/mark")),
        *(f"/comments/{place.edited}/history", f"/comments/{place.gone}", f"/comments/{place.answering}/passage"),
        *(f"/posts/{place.closed}", f"/posts/{place.empty}", f"/posts/{place.slug}/comments"),
        *(f"/posts/{place.slug}?sort=flat", f"/posts/{place.slug}/comments/mine"),
    ],
    "of one's own": lambda place: [
        *(place.question, place.mine, f"{place.mine}/erase", "/comments/mine", f"/authors/{place.author}/mail"),
        *(place.mail, f"{place.mail}?done=confirm", place.leave, f"{place.leave}?done=1", "/mail/no-longer-good"),
        *("/what-is-stored", "/sign-in", "/new-password", "/new-password?sent=1", "/invitation/used-up", "/nowhere"),
    ],
    "of the site": lambda place: [
        *(f"/posts/{place.slug}/error", f"/posts/{place.slug}/error?sent=1"),
        *("/", "/archive", "/series", "/authors", "/tags/ethics", f"/authors/{place.author}"),
        *(f"/posts/{place.slug}/versions", f"/posts/{place.slug}/versions/1"),
        *("/search", "/search?q=paper", "/search?q=cite&in=comments", "/search?q=nowhereatall"),
    ],
    "at the desk": lambda place: [
        *("/admin", "/admin/posts", "/admin/posts/new", f"/admin/posts/{place.post}/edit", "/admin/comments"),
        *("/admin/import", "/admin/schedule", "/admin/gate", f"/admin/posts/{place.post}/notes"),
        *("/admin/comments?state=approved", f"/admin/comments/{place.edited}/edit", "/admin/reports", "/admin/people"),
        *(f"/admin/posts/{place.post}/versions{tail}" for tail in ("", "/2", "/2?view=side")),
        *("/admin/tags", "/admin/series", f"/admin/posts/{place.post}/settings"),
    ],
    "of the house": lambda place: [
        *("/admin", f"/admin/people/{place.person}/edit", f"/admin/people/{place.person}/merge"),
        *("/admin/site", "/admin/accounts", "/admin/mail"),
        *("/admin/account", "/admin/account/factors", f"/admin/accounts/{place.invited}/edit"),
        *("/admin/media", f"/admin/media/{place.picture}"),
    ],
}

# In CSS pixels (WCAG 2.2, 2.5.8): a link in a sentence may be as high as its line; so may what has room around it.
SMALL = """() => [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .filter((each) => !each.closest(".prose, .skip, .unseen"))
  .map((each) => ({ each, box: (each.closest("label") ?? each).getBoundingClientRect() }))
  .filter(({ each, box }, _at, all) => {
    if (box.width >= 24 && box.height >= 24) return false;
    const inText = each.parentElement.innerText.trim() !== each.innerText.trim();
    if (getComputedStyle(each).display === "inline" && inText) return false;
    const middle = (of) => [of.left + of.width / 2, of.top + of.height / 2];
    const [x, y] = middle(box);
    return all.some((other) => {
      if (other.each === each) return false;
      const [left, top] = middle(other.box);
      return Math.hypot(left - x, top - y) < 24;
    });
  })
  .map(({ each, box }) => `${each.outerHTML.slice(0, 90)} ${box.width.toFixed()}x${box.height.toFixed()}`)"""
# Headings go down one level at a time.
JUMPS = """() => {
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const levels = headings.map((each) => [Number(each.tagName[1]), each.innerText]);
  return levels.filter(([level], at) => level > (at ? levels[at - 1][0] : 0) + 1).map(([, text]) => text);
}"""
# What acts in a thread says on what: no two controls of a page have one name and different addresses.
ALIKE = """() => {
  const seen = new Map();
  for (const each of document.querySelectorAll("#comments a[href], #comments button")) {
    const name = each.textContent.trim().replace(/\\s+/g, " ");
    const where = each.getAttribute("href") ?? each.getAttribute("formaction") ?? each.form?.action;
    seen.set(name, (seen.get(name) ?? new Set()).add(where));
  }
  return [...seen].filter(([, places]) => places.size > 1).map(([name]) => name);
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
REACHABLE = """() => [...document.querySelectorAll("a[href], button, summary, input, select, textarea")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .filter((each) => each.type !== "hidden" && !each.disabled && each.tabIndex >= 0).length"""
# What is right is not told, nor where each element stands: a page of thirty comments would send several MB.
VIOLATIONS = """rules => axe.run(document, { runOnly: rules, resultTypes: ["violations"], selectors: false })
  .then((found) => found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))"""
MOVING = """() => document.getAnimations().filter((each) => each.playState === "running").length"""


@pytest.fixture
def looks(chromium, server) -> Iterator[Callable[..., Place]]:
    """A place to look at, in a browser that lets a test bring its own script."""
    opened = []
    server.hold("none")

    def look(size: dict[str, int], scheme: str, state: str = "thread") -> Place:
        context = chromium.new_context(
            base_url=server.url, viewport=size, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
        )
        context.set_default_timeout(5_000)
        context.add_init_script(MOVES)
        opened.append(context)
        place = Place(server, context.new_page())
        STATES[state](place)
        return place

    yield look
    for context in opened:
        context.close()


def offences(page: Page, *rules: str) -> list[str]:
    """What axe-core finds, by all rules for WCAG 2.2 AA or by these."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS, rules or RULES)
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def faults(page: Page) -> dict[str, list[str]]:
    """What is wrong with the page as it is now: wide and narrow, in the light and in the dark."""
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = {"light": offences(page), "small": page.evaluate(SMALL), "jumps": page.evaluate(JUMPS)}
    found |= {"alike": page.evaluate(ALIKE), "moving": page.evaluate(MOVING)}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark"] = offences(page, "color-contrast")
    for size in (NARROW, PHONE):
        page.set_viewport_size(size)
        if (wider := page.evaluate(WIDER)) > 0:
            found[f"at {size['width']} px"] = [f"scrolls sideways by {wider} px"]
    found |= {"small, narrow": page.evaluate(SMALL), "narrow": offences(page, "target-size")}
    return {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("state", STATES)
def test_axe_and_our_own_checks_find_nothing(looks, state):
    assert faults(looks(WIDE, "light", state).page) == {}


# Behind the sign-in.
AT_THE_DESK = {"at the desk", "of the house"}


@pytest.mark.parametrize("part", PAGES)
def test_axe_and_our_own_checks_find_nothing_on_the_pages(looks, part):
    """One browser and many addresses."""
    place = looks(WIDE, "light")
    if part in AT_THE_DESK:
        place.sign_in()
    found = {}
    for path in PAGES[part](place):
        place.open(path)
        assert place.page.locator("main h1").count() >= 1, path
        found[path] = faults(place.page)
    assert {path: what for path, what in found.items() if what} == {}


def test_checks_can_fail(looks):
    page = looks(WIDE, "light").page
    page.evaluate("""() => {
      document.querySelector("main").innerHTML = `<h1>x</h1><h3>y</h3><img src="/static/x.png">
        <section id="comments"><a href="/a">Reply</a><a href="/b">Reply</a></section>
        <p style="inline-size: 2000px"><button style="padding:0;inline-size:9px">a</button><button>b</button></p>`;
    }""")
    assert any("image-alt" in line for line in offences(page))
    assert page.evaluate(JUMPS) == ["y"]
    assert page.evaluate(ALIKE) == ["Reply"]
    assert page.evaluate(SMALL)
    assert page.evaluate(WIDER) > 0


def test_focus_is_never_lost_and_the_live_region_speaks(looks):
    place = looks(PHONE, "light", "thread")
    page, article = place.page, place.article
    where = (
        "() => document.activeElement.tagName + ' ' + (document.activeElement.className || document.activeElement.name)"
    )
    place.press("Worth reading")
    expect(page.locator("#status")).to_have_text("Marked as worth reading.")
    assert "mark" in page.evaluate(where)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Your mark is taken back.")
    assert "mark" in page.evaluate(where)
    for verb in ("Reply", "Report"):
        place.press(verb)
        expect(article.locator("form").first).to_be_visible()
        assert not page.evaluate(where).startswith("BODY"), verb
        article.get_by_text("Cancel").click()
        expect(article.locator("form")).to_have_count(0)
        page.wait_for_function(f"() => !({where})().startsWith('BODY')")


def test_thread_is_used_from_top_to_end_with_the_keyboard_alone(looks):
    """Every control that can be seen is reached, each with a focus that can be seen, in the order of the page."""
    place = looks(WIDE, "light", "thread")
    page = place.page
    expected = page.evaluate(REACHABLE)
    reached = 0
    for _ in range(expected + 20):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const each = document.activeElement;
              if (each === document.body) return null;
              const style = getComputedStyle(each), box = each.getBoundingClientRect();
              return { outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                shown: box.bottom > 0 && box.top < innerHeight, what: each.outerHTML.slice(0, 100) };
            }"""
        )
        if seen is None:
            break
        assert seen["outline"], seen["what"]
        assert seen["shown"], seen["what"]
        reached += 1
    assert reached == expected
    comments = page.locator("#comments .mark").count()
    assert comments == 5
    # And a whole reply: to the link, into the form, through it, sent.
    place.server.hold("none")
    place.article.locator("> .comment__actions a").first.focus()
    page.keyboard.press("Enter")
    expect(place.article.get_by_label("Name").first).to_be_focused()
    for words in ("Mara", "mara@example.org", "", "With no mouse."):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
        while not words and page.evaluate("() => document.activeElement.tagName !== 'TEXTAREA'"):
            page.keyboard.press("Tab")
    page.get_by_role("button", name="Post reply").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".comment", has_text="With no mouse.").last).to_be_focused()


# What no reader needs: the pages by which authors come in begin their session.
OF_THE_STAFF = ("/sign-in", "/new-password")


def test_no_page_asks_anybody_else_for_anything_and_reading_sets_no_cookie(visit, server):
    page, watch = visit()
    place = Place(server, page)
    watch.expect("404", "410", "422")
    for state in set(STATES) - LASTING:
        STATES[state](place)
    for path in (
        "/feed.atom",
        *(path for part in set(PAGES) - {"at the desk", "of the house"} for path in PAGES[part](place)),
    ):
        if path.split("?")[0] not in OF_THE_STAFF:
            page.goto(path)
            assert page.context.cookies() == [], path
    for path in OF_THE_STAFF:
        page.goto(path)
    hosts = {url.split("/")[2] for _method, url in watch.requests if url.startswith("http")}
    assert hosts == {server.url.split("/")[2]}
