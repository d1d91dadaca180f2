"""Addresses that people have in their feed readers, from WordPress and others: each leads to the feed that it was."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from blueprints.feeds.views.answers import bp

# WordPress has each feed in four formats.
_KINDS = ("", "/atom", "/rdf", "/rss", "/rss2")
SITE = (
    *(f"/feed{kind}" for kind in _KINDS),
    *("/rss", "/rss2", "/rdf", "/atom", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml"),
    *("/wp-feed.php", "/wp-atom.php", "/wp-rdf.php", "/wp-rss.php", "/wp-rss2.php"),
)
COMMENTS = (*(f"/comments/feed{kind}" for kind in _KINDS), "/wp-commentsrss2.php")


def site_feed() -> ResponseReturnValue:
    """The feed of posts."""
    return redirect(url_for("feeds.newest"), 301)


def comments_feed() -> ResponseReturnValue:
    """The feed of comments."""
    return redirect(url_for("feeds.comments"), 301)


for path in SITE:
    bp.add_url_rule(path, view_func=site_feed, endpoint="site_feed")
    bp.add_url_rule(f"{path}/", view_func=site_feed, endpoint="site_feed")
for path in COMMENTS:
    bp.add_url_rule(path, view_func=comments_feed, endpoint="comments_feed")
    bp.add_url_rule(f"{path}/", view_func=comments_feed, endpoint="comments_feed")
