"""The feeds themselves: of the site, a tag, an author, a discussion."""

import json
from typing import Any

from flask import Response, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from blueprints.accounts.queries import person_formerly, person_to_read
from blueprints.core import settings, site
from blueprints.core.http import counts_as, shared, site_url
from blueprints.core.site import Site
from blueprints.core.tally import FEED
from blueprints.feeds import addresses, queries
from blueprints.feeds.entries import Feed, name_of, of_comments, of_posts, rfc3339
from blueprints.feeds.views.answers import WITHOUT_ADDRESS, bp, xml
from blueprints.posts import queries as posts
from blueprints.posts import tags
from blueprints.posts.addresses import author_url, post_url, tag_url
from blueprints.posts.models import Post

ATOM = "application/atom+xml"


def atom(feed: Feed, shown: Site) -> Response:
    """*feed* in Atom (RFC 4287), its comments with the threading extension (RFC 4685)."""
    return xml(render_template("feeds/feed.xml", feed=feed, site=shown), ATOM)


def _newest(shown: Site, url: str) -> Feed:
    entries = of_posts(queries.newest(settings.current().posts_per_page), shown, site_url())
    return Feed(name_of(shown, "feed"), shown.name, url, "/", entries, shown.standfirst)


@bp.get(addresses.SITE)
@shared()
def newest() -> ResponseReturnValue:
    """The newest posts."""
    counts_as(f"{FEED}posts")
    shown = site.shown()
    return atom(_newest(shown, addresses.SITE), shown)


@bp.get(addresses.JSON)
@shared()
def newest_in_json() -> ResponseReturnValue:
    """The newest posts in JSON Feed 1.1, which has no way to say where an address without a host begins."""
    counts_as(f"{FEED}posts in JSON")
    root, shown = site_url(), site.shown()
    if not root:
        raise NotFound(WITHOUT_ADDRESS)
    feed = _newest(shown, addresses.JSON)
    items: list[dict[str, Any]] = [
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": rfc3339(entry.published),
            "date_modified": rfc3339(entry.updated),
            "authors": [{"name": writer.name, "url": writer.url} for writer in entry.writers],
            "tags": [label.name for label in entry.labels],
            "summary": entry.summary,
            "language": entry.language,
        }
        for entry in feed.entries
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": root + feed.page,
        "feed_url": root + feed.url,
        "description": feed.subtitle,
        "language": shown.language,
        "authors": [{"name": shown.name, "url": root + feed.page}],
    }
    whole = {**_said(head), "items": [_said(item) for item in items]}
    # Should somebody ever put it into a script, "</script>" in a text must not end that.
    response = make_response(json.dumps(whole, ensure_ascii=True).replace("</", "<\\/"))
    response.content_type = "application/feed+json"
    return response


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """*fields* without those that say nothing."""
    return {name: value for name, value in fields.items() if value}


@bp.get("/tags/<slug>/feed.atom")
@shared()
def tag(slug: str) -> ResponseReturnValue:
    """The newest posts under a tag."""
    counts_as(f"{FEED}tags")
    found = tags.to_read(slug)
    if found is None:
        former = tags.by_former_slug(slug) or abort(404)
        return redirect(addresses.tag_feed_url(former), 301)
    shown = site.shown()
    entries = of_posts(queries.newest_with(found, settings.current().posts_per_page), shown, site_url())
    if not entries:
        abort(404)
    title, url = f"{found.name} · {shown.name}", addresses.tag_feed_url(found)
    return atom(
        Feed(name_of(shown, f"feed:tag:{found.id}"), title, url, tag_url(found), entries, found.description), shown
    )


@bp.get("/authors/<slug>/feed.atom")
@shared()
def author(slug: str) -> ResponseReturnValue:
    """What an author has published last."""
    counts_as(f"{FEED}authors")
    person = person_to_read(slug)
    if person is None:
        return redirect(addresses.author_feed_url(person_formerly(slug) or abort(404)), 301)
    shown = site.shown()
    entries = of_posts(queries.newest_by(person, settings.current().posts_per_page), shown, site_url())
    title, url = f"{person.name} · {shown.name}", addresses.author_feed_url(person)
    return atom(Feed(name_of(shown, f"feed:person:{person.id}"), title, url, author_url(person), entries), shown)


@bp.get(addresses.COMMENTS)
@shared()
def comments() -> ResponseReturnValue:
    """The newest comments of the site."""
    counts_as(f"{FEED}comments")
    shown = site.shown()
    entries = of_comments(queries.newest_comments(), shown, site_url(), names_post=True)
    return atom(
        Feed(name_of(shown, "feed:comments"), f"Comments · {shown.name}", addresses.COMMENTS, "/", entries), shown
    )


@bp.get("/posts/<slug>/comments.atom")
@shared()
def discussion(slug: str) -> ResponseReturnValue:
    """The newest comments on a post."""
    counts_as(f"{FEED}discussions")
    post = posts.in_brief(slug=slug)
    if post is None or not post.is_public:
        return _elsewhere(slug, post, "feeds.discussion")
    shown = site.shown()
    entries = of_comments(queries.newest_on(post), shown, site_url(), names_post=False)
    title, url = f"Comments on {post.heading}", addresses.comments_feed_url(post)
    return atom(Feed(name_of(shown, f"feed:post:{post.id}"), title, url, post_url(post, "comments"), entries), shown)


@bp.get("/posts/<slug>/comments/by-author.atom")
@shared()
def replies(slug: str) -> ResponseReturnValue:
    """What the authors of a post have answered below it."""
    counts_as(f"{FEED}author’s replies")
    post = posts.in_brief(slug=slug)
    if post is None or not post.is_public:
        return _elsewhere(slug, post, "feeds.replies")
    shown = site.shown()
    entries = of_comments(queries.newest_by_authors(post), shown, site_url(), names_post=False)
    title, url = f"The author’s replies on {post.heading}", addresses.replies_feed_url(post)
    return atom(Feed(name_of(shown, f"feed:replies:{post.id}"), title, url, post_url(post, "comments"), entries), shown)


def _elsewhere(slug: str, post: Post | None, endpoint: str) -> ResponseReturnValue:
    """For a post that cannot be read here: where it is now; 410 for what was public once, 404 for anything else."""
    former = posts.by_former_address(f"/posts/{slug}") if post is None else None
    if former is not None and former.is_public:
        return redirect(url_for(endpoint, slug=former.slug), 301)
    return abort(410 if post is not None and post.was_public else 404)
