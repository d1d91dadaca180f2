"""Where a post is read: the address it brought along, else /posts/<slug>; and where its authors and tags are.

A page draws dozens of them: written out, not looked up in the map of routes.
"""

from functools import lru_cache
from urllib.parse import quote

from blueprints.accounts.models import Person
from blueprints.posts.models import Post
from blueprints.posts.series import Series
from blueprints.posts.summaries import Summary
from blueprints.posts.tags import Tag


def address(path: str, **query: object) -> str:
    """*path* with those *query* parameters that are not None."""
    words = "&".join(f"{name}={quote(str(value))}" for name, value in query.items() if value is not None)
    return _quoted(path) + (f"?{words}" if words else "")


_quoted = lru_cache(maxsize=2000)(quote)


def post_url(post: Post | Summary, anchor: str = "", **query: object) -> str:
    """The path of *post*, with those *query* parameters that are not None, and the *anchor* on its page."""
    return address(post.path or f"/posts/{post.slug}", **query) + (f"#{anchor}" if anchor else "")


def error_url(post: Post) -> str:
    """Where readers report an error in *post*."""
    return address(f"/posts/{post.slug}/error")


def author_url(person: Person) -> str:
    """The page of *person*."""
    return address(f"/authors/{person.slug}")


def portrait_url(person: Person) -> str:
    """The picture of *person*, under an address that changes with it."""
    return portrait_address(person.slug, person.portrait)


def portrait_address(slug: str, version: str) -> str:
    """The same, of somebody of whom no more is known."""
    return address(f"/authors/{slug}/portrait", v=version)


def tag_url(tag: Tag) -> str:
    """The posts under *tag*."""
    return address(f"/tags/{tag.slug}")


def cite_url(slug: str, form: str, version: int | None = None) -> str:
    """The citation of the post with this *slug*, or of one *version* of it, in one of the forms that programs read."""
    return address(f"/posts/{slug}/cite.{form}", version=version)


def version_url(post: Post, number: int) -> str:
    """What *post* said in its version *number*."""
    return address(f"/posts/{post.slug}/versions/{number}")


def series_url(series: Series) -> str:
    """The posts of *series*."""
    return address(f"/series/{series.slug}")
