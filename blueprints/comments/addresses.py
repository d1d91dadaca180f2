"""Where a comment is found, for ever: /comments/<id>; and where the thread of a post is."""

from blueprints.posts.addresses import address
from blueprints.posts.models import Post


def comment_url(number: int, verb: str = "") -> str:
    """The permalink of the comment with this id, or the address of one of its verbs ("reply").

    A thread draws three of them for each comment: written out, not looked up in the map of routes.
    """
    return f"/comments/{number}/{verb}" if verb else f"/comments/{number}"


def thread_url(post: Post, tail: str = "", **query: object) -> str:
    """The address of the thread alone, or of what is at its *tail* ("/mine"), with those *query* that are not None."""
    return address(f"/posts/{post.slug}/comments{tail}", **query)
