"""Drafts: what a form says of a post, compared with what is stored and written into it."""

import hashlib
import json
from dataclasses import dataclass

from blueprints.accounts.models import Person
from blueprints.admin.forms.posts import PostForm
from blueprints.core.db import db
from blueprints.core.slugs import slugify
from blueprints.posts import queries, tags
from blueprints.posts.models import MARKDOWN, Alias, Post, slug_for


class SlugTakenError(Exception):
    """Another post has this slug, or had it; *free* is one that nobody has."""

    def __init__(self, free: str) -> None:
        super().__init__(free)
        self.free = free


@dataclass(frozen=True)
class Draft:
    """The content of a post, without its state, its dates and its thread."""

    title: str
    slug: str
    standfirst: str
    body: str
    authors: list[Person]
    tags: list[str]
    disclaimer: str | None
    comments_open: bool
    closed_because: str = ""
    rules: str = ""
    passages_open: bool = True
    affiliations: tuple[str, ...] = ()
    competing_interests: str | None = None
    funding: str = ""

    @classmethod
    def of(cls, post: Post) -> "Draft":
        """What is stored."""
        return cls(
            post.title,
            post.slug,
            post.standfirst,
            post.body,
            post.authors,
            [tag.name for tag in post.tags],
            post.disclaimer,
            post.comments_open,
            post.closed_because,
            post.rules,
            post.passages_open,
            tuple(byline.own_affiliation for byline in post.bylines),
            post.competing_interests,
            post.funding,
        )

    @classmethod
    def typed(cls, form: PostForm) -> "Draft":
        """What somebody wrote; the slug may still be empty."""
        return cls(
            form.title.data or "",
            form.slug.data or "",
            form.standfirst.data or "",
            form.body.data or "",
            form.named,
            form.tag_list,
            form.own_disclaimer,
            bool(form.comments_open.data),
            form.closed_because.data or "",
            form.rules.data or "",
            bool(form.passages_open.data),
            tuple(form.own_affiliations),
            form.own_interests,
            form.funding.data or "",
        )

    @property
    def mark(self) -> str:
        """A hash by which a form knows whether the post is still the one that it was opened with."""
        return hashlib.sha256(json.dumps(self._facts()).encode("utf-8", "replace")).hexdigest()

    def differences(self, other: "Draft") -> list[str]:
        """The names of what is not the same in *other*."""
        names = (
            *("title", "slug", "standfirst", "text", "authors", "tags", "disclaimer"),
            *("whether comments are open", "why they are closed", "rules of the discussion"),
            *("whether passages can be answered", "affiliations", "competing interests", "funding"),
        )
        return [name for name, own, theirs in zip(names, self._facts(), other._facts(), strict=True) if own != theirs]

    def _facts(self) -> list[object]:
        authors = [person.id for person in self.authors]
        tags = sorted(slugify(name) for name in self.tags)
        return [
            self.title,
            self.slug,
            self.standfirst,
            self.body,
            authors,
            tags,
            self.disclaimer,
            self.comments_open,
            self.closed_because,
            self.rules,
            self.passages_open,
            self.affiliations,
            self.competing_interests,
            self.funding,
        ]

    def put_into(self, post: Post, *, language: str) -> None:
        """Inside a write transaction: make *post* say this. SlugTakenError where its address is another's."""
        _move(post, self.slug or _slug_made(self, post))
        post.title, post.standfirst = self.title, self.standfirst
        if self.body != post.body or not post.body_html:
            post.write(self.body, post.body_format or MARKDOWN, language=language)
        post.credit(self.authors, self.affiliations)
        post.tags = tags.named(self.tags)
        post.disclaimer, post.comments_open = self.disclaimer, self.comments_open
        post.closed_because = self.closed_because
        if self.rules != post.rules:
            post.write_rules(self.rules)
        post.passages_open = self.passages_open
        post.competing_interests, post.funding = self.competing_interests, self.funding


def _slug_made(draft: Draft, post: Post) -> str:
    stem = slug_for(draft.title or " ".join(draft.body.split()[:8]))
    return queries.free_slug(stem) if queries.is_slug_taken(stem, but_by=post if post.id else None) else stem


def _move(post: Post, slug: str) -> None:
    """Give *post* its slug; an address that was ever public goes on leading to it."""
    if slug == post.slug:
        return
    if queries.is_slug_taken(slug, but_by=post if post.id else None):
        raise SlugTakenError(queries.free_slug(slug))
    if post.id and post.published_at is not None:
        db.session.merge(Alias(path=f"/posts/{post.slug}", post_id=post.id))
    db.session.execute(db.delete(Alias).where(Alias.path == f"/posts/{slug}"))
    post.slug = slug
