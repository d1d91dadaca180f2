"""What machines are told of a post: the card that other sites draw of it, and the facts for search engines."""

from typing import Any

from blueprints.accounts.orcid import url as orcid_url
from blueprints.core.site import Site
from blueprints.posts.addresses import author_url, portrait_url, post_url
from blueprints.posts.bylines import Byline
from blueprints.posts.models import POST, Post


def whole(address: str, root: str) -> str:
    """*address* with the site's own beginning *root*, where it is a path."""
    return root + address if address.startswith("/") else address


def structured(post: Post, site: Site, comments: int, root: str) -> dict[str, Any]:
    """The facts of *post* and its *comments* in the terms of schema.org; *root* is the start of absolute addresses."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting" if post.kind == POST else "WebPage",
        "mainEntityOfPage": post.canonical_url or root + post_url(post),
        "headline": post.heading,
        "description": post.standfirst,
        "inLanguage": post.language or site.language,
        "datePublished": post.published_at.isoformat(timespec="seconds") if post.published_at else "",
        "dateModified": post.last_change.isoformat(timespec="seconds") if post.last_change else "",
        "image": whole(post.card_image, root),
        "author": [_author(byline, root) for byline in post.bylines],
        "publisher": {"@type": "Organization", "name": site.name, "url": root + "/"},
        "commentCount": comments,
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": each.text,
                "datePublished": each.made_at.isoformat(timespec="seconds"),
            }
            for each in post.corrections
        ],
    }
    return _said(facts)


def _author(byline: Byline, root: str) -> dict[str, Any]:
    """One of its authors, with what was theirs at the time; the iD and the links say who that is elsewhere."""
    person = byline.person
    orcid = [orcid_url(person.orcid)] if person.orcid else []
    return _said(
        {
            "@type": "Person",
            "name": person.name,
            "url": root + author_url(person),
            "image": root + portrait_url(person) if person.portrait else "",
            "affiliation": [
                {"@type": "Organization", "name": institution} for institution, _position in byline.affiliations
            ],
            "sameAs": orcid + [address for _label, address in person.links or []],
        }
    )


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    """*facts* without those of which nothing is known."""
    return {name: value for name, value in facts.items() if value not in ("", [])}
