"""Where a post is read: the address it brought along, else /posts/<slug>."""

from urllib.parse import quote

from blueprints.posts.models import Post


def post_url(post: Post, anchor: str = "", **query: object) -> str:
    """The path of *post*, with those *query* parameters that are not None, and the *anchor* on its page."""
    path = quote(post.path or f"/posts/{post.slug}")
    words = "&".join(f"{name}={quote(str(value))}" for name, value in query.items() if value is not None)
    return path + (f"?{words}" if words else "") + (f"#{anchor}" if anchor else "")
