"""What the views of the thread share: what may be read, and the kinds of answers."""

import math
import re
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, NotFound

from blueprints.comments import keys, queries, stretches, thread
from blueprints.comments.addresses import comment_url
from blueprints.comments.models import Comment, writer_hash
from blueprints.core import markdown, settings, site
from blueprints.core.db import id_in, now
from blueprints.core.http import counted
from blueprints.posts import queries as posts
from blueprints.posts.addresses import post_url
from blueprints.posts.models import Post

bp = Blueprint("comments", __name__)
WRITER = "writer"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)  # BCP 47


class Own(NamedTuple):
    """A comment as its writer may still act on it: changed *until* a moment that is so many *minutes* away."""

    id: int
    number: int | None
    html: str
    until: datetime | None
    minutes: int

    @property
    def words(self) -> str:
        """How it begins."""
        words = markdown.plain_text(self.html)
        return words if len(words) <= 80 else words[:80].rsplit(" ", 1)[0] + "…"


@bp.after_request
def tell_renderings_apart(response: Response) -> Response:
    """A page and a fragment live under one address here; no cache may take one for the other."""
    response.vary.add("HX-Request-Type")
    return response


def readable(**key: str | int) -> Post:
    """The post with this *slug* or *id*, if everybody may read it; a draft's comments are no more seen than it is."""
    post = posts.in_brief(**key)
    if post is None or not (post.is_public or post.was_public):
        raise NotFound
    if not post.is_public:
        abort(410)
    return post


def known(number: int) -> Comment:
    """The comment with this id, in whatever state; 404 if there is none."""
    return queries.by_id(number) or abort(404)


def fields_sent() -> MultiDict[str, str]:
    """What the form of this request says; nothing where its body cannot be read, which is being answered then."""
    try:
        return request.form
    except HTTPException:
        return MultiDict()


def number_in(name: str, source: MultiDict[str, str] | None = None) -> int | None:
    """The number that the query, or *source*, gives under *name*; nothing if it is none."""
    return counted((request.args if source is None else source).get(name, ""))


def fragment(template: str, *, status: int = 200, **context: object) -> Response:
    """The answer to htmx: a part of the page, for this browser alone."""
    response = make_response(render_template(template, **context), status)
    response.headers["Cache-Control"] = "private, no-cache" if status == 200 else "private, no-store"
    return response


def language_of_reader() -> str:
    """What the reader's browser likes best, for the letters to them; the site's own where it does not say."""
    best = request.accept_languages.best
    return best if best and _LANGUAGE.fullmatch(best) else site.shown().language


def preview(comment: Comment) -> thread.Entry:
    """A comment that waits, as its writer sees it: links do not lead anywhere yet."""
    words = markdown.without_links(comment.html)
    return thread.Entry.of(comment)._replace(html=words, url="", in_reply_to=thread.answered(comment))


def wrote(comment: Comment) -> bool:
    """Whether this request comes from who wrote *comment*: from that browser, or with its address's private link."""
    return comment.is_by(request.cookies.get(WRITER)) or is_by_link(comment)


def is_by_link(comment: Comment) -> bool:
    """Whether this request carries the private link (`by`) of the address that *comment* was written under."""
    by = request.values.get("by")
    return bool(by) and bool(comment.email) and keys.email_of(str(by)) == comment.email


def own(comment: Comment) -> Own:
    """What its writer is offered beside *comment*."""
    until = comment.editable_until(settings.current().edit_minutes) if comment.post.comments_open else None
    minutes = math.ceil((until - now()).total_seconds() / 60) if until else 0
    return Own(comment.id, comment.number, comment.html, until, minutes)


def mine(post: Post, writer: str | None, *, focus: int | None = None) -> dict[str, Any]:
    """What the browser of this *writer* has sent to *post*: what waits, drawn whole, and what is published."""
    sent = queries.sent_by(writer_hash(writer), post.id) if writer else []
    return {
        "post": post,
        "waiting": [
            (preview(comment)._replace(takes_focus=comment.id == focus), own(comment))
            for comment in sent
            if not comment.is_public
        ],
        "published": [own(comment) for comment in sent if comment.is_public],
    }


def private(response: ResponseReturnValue) -> Response:
    """An answer that is for this browser alone and that nothing keeps."""
    made = make_response(response)
    made.headers["Cache-Control"] = "private, no-store"
    return made


def place_of(comment: Comment) -> str:
    """The address of *comment* below its post, on the right page of the thread; or alone, if it is on none."""
    number = stretches.page_of(comment)
    if number is None:
        return f"{comment_url(comment.id)}#{comment.anchor}"
    return post_url(comment.post, anchor=comment.anchor, page=number if number > 1 else None)


def news(post: Post, after: int, *, own: Comment | None = None) -> dict[str, Any]:
    """What the line above the form says: how many are *fresh*, of which the reader has sent *skip* themselves; where
    one comment is shown *alone*, how many of them are *below* it.
    """
    said = {**request.form.to_dict(), **request.args.to_dict()}
    skip, page, upto, changes = (counted(said.get(name, "")) for name in ("skip", "from", "to", "changes"))
    skip = (skip or 0) + bool(own and own.is_public)
    fresh = queries.count_since(post, after, but=skip)
    alone, sort = id_in(said.get("alone")), said.get("sort")
    comment = queries.to_read(alone) if alone and fresh else None
    return {
        "fresh": fresh,
        "alone": alone,
        "below": queries.count_below(comment, after, but=skip) if comment and comment.post_id == post.id else 0,
        "skip": skip,
        "page": page or 1,
        "upto": upto or 1,
        "changes": min(changes or 0, post.changes),
        "order": sort if sort in stretches.SORTS[1:] else None,
    }
