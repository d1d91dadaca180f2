"""Reading a thread: the whole of it, a page, what is new, one comment, and what waits."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.comments import history as versions
from blueprints.comments import passages, queries, stretches, thread
from blueprints.comments.addresses import comment_url
from blueprints.comments.forms import BlankForm
from blueprints.comments.models import APPROVED, Comment
from blueprints.comments.views.answers import (
    WRITER,
    bp,
    fragment,
    known,
    mine,
    news,
    number_in,
    place_of,
    preview,
    private,
    readable,
    wrote,
)
from blueprints.core.htmx import answer, wants_fragment
from blueprints.core.http import chosen, keep_out, page_number, shared
from blueprints.posts import queries as posts
from blueprints.posts.models import Post

# Whoever has read up to one of so many last comments asks the same as many others.
LATELY = 10


@bp.get("/posts/<slug>/comments")
@shared("page", "sort", "after", "upto", "skip", "from", "to", "changes", "alone")
def index(slug: str) -> ResponseReturnValue:
    """The thread alone: its refresh, its next page, or how many comments are new, as the parameters ask."""
    post = readable(slug=slug)
    number, upto, after = page_number(), number_in("upto"), number_in("after")
    sort = chosen("sort", stretches.SORTS)
    if not _is_common(post, number, upto, after):
        keep_out()
    if wants_fragment() and after is not None and "page" not in request.args:
        line = news(post, after)
        changed = thread.changed(post, line["changes"])
        return fragment(
            "comments/news.hx.html", **{**line, "changes": post.changes}, post=post, after=after, changed=changed
        )
    found = thread.page(post, number, upto, after=after, sort=sort)
    if number > 1 and not found.entries:
        abort(404)
    if not wants_fragment():
        return render_template("comments/index.html", post=post, thread=found, form=BlankForm(post.id))
    if upto:
        return fragment("comments/refresh.hx.html", post=post, thread=found, upto=upto)
    # The next page was asked for with the line of news: its pages grow by one, what is new stays new.
    after = post.last_number if after is None else after
    found.entries[:1] = [entry._replace(takes_focus=True) for entry in found.entries[:1]]
    line = {**news(post, after), "upto": number}
    return fragment("comments/more.hx.html", post=post, thread=found, after=after, **line)


@bp.get("/posts/<slug>/comments/mine", endpoint="mine")
def own_comments(slug: str) -> ResponseReturnValue:
    """What this browser has sent, with what can be done about it; nobody else is shown it."""
    return private(
        answer("comments/mine.html", "comments/_mine.html", **mine(readable(slug=slug), request.cookies.get(WRITER)))
    )


@bp.get("/comments/<id:number>/history")
@shared()
def history(number: int) -> ResponseReturnValue:
    """What a comment said before it was changed, and what was changed each time."""
    comment = queries.to_read(number) or abort(404)
    post = readable(id=comment.post_id)
    if comment.number is None:
        abort(404)
    if not comment.is_public:
        abort(410, "This comment is no longer public, and what it said before is not either.")
    return answer(
        "comments/history.html", "comments/history.hx.html", comment=comment, post=post, steps=versions.of(number)
    )


@bp.get("/comments/<id:number>")
@shared("after")
def show(number: int) -> ResponseReturnValue:
    """The permalink: one comment between what it answers and what answers it."""
    comment = known(number)
    post = readable(id=comment.post_id)
    if not comment.is_public:
        return _missing(comment, post)
    if wants_fragment():
        return fragment("comments/show.hx.html", entry=thread.Entry.of(comment), post=post)
    after = None
    if "after" in request.args:
        keep_out()  # goes on where a very long conversation was cut
        after = stretches.numbered(post.id, number_in("after") or abort(404)) or abort(404)
    found = thread.alone(comment, after=after)
    if after is not None and not found.entries:
        abort(404)
    return render_template("comments/show.html", comment=comment, post=post, found=found)


@bp.get("/posts/<slug>/c/<id:number>")
def numbered(slug: str, number: int) -> ResponseReturnValue:
    """The short address of a comment, by its number below its post."""
    post = posts.in_brief(slug=slug) or posts.by_former_address(f"/posts/{slug}") or abort(404)
    row = stretches.numbered(readable(id=post.id).id, number) or abort(404)
    return redirect(comment_url(row.id), 302)


@bp.get("/posts/<slug>/comments/<id:number>")
def in_place(slug: str, number: int) -> ResponseReturnValue:
    """Where on which page of the thread the anchor "comment-12" is: that of the comment with this id, or with this id
    on the site that it came from."""
    post = readable(slug=slug)
    comment = queries.anchored(post.id, number) or abort(404)
    return redirect(place_of(comment) if comment.is_public else comment_url(comment.id), 302)


def _missing(comment: Comment, post: Post) -> ResponseReturnValue:
    """What is said in the place of a comment that cannot be read."""
    if comment.state == "pending" and wrote(comment):
        if wants_fragment():
            keep_out()
            return private(fragment("comments/show.hx.html", entry=preview(comment), post=post))
        return redirect(url_for("comments.mine", slug=post.slug, _anchor=comment.anchor), 302)
    if comment.number is None:
        abort(404)
    above = [row for row in stretches.above(comment.id) if row.state == APPROVED]
    return render_template("comments/gone.html", comment=comment, post=post, parent=above[-1] if above else None), 410


@bp.get("/comments/<id:number>/passage")
@shared()
def passage(number: int) -> ResponseReturnValue:
    """All answers to the passage that this comment answers."""
    comment = known(number)
    post = readable(id=comment.post_id)
    answers = passages.answering(comment) if comment.passage else []
    if not answers:
        abort(404)
    entries = [thread.Entry.of(each) for each in answers]
    return render_template("comments/passage.html", post=post, words=entries[0].passage, entries=entries)


def _is_common(post: Post, number: int, upto: int | None, after: int | None) -> bool:
    """Whether many readers ask just this: pages one by one, and news since one of the last few comments."""
    own = (number_in("skip") or 0) == 0 and (number_in("from") or 1) == (number_in("to") or 1) == 1
    late = after is None or post.last_number - LATELY <= after <= post.last_number
    late = late and post.changes - LATELY <= (number_in("changes") or 0) <= post.changes
    return own and late and upto in (None, number) and "alone" not in request.args
