"""Where the feeds are: SITE is of all posts, COMMENTS of all comments; the others lie below what they follow."""

from blueprints.accounts.models import Person
from blueprints.posts.addresses import address
from blueprints.posts.models import Post
from blueprints.posts.tags import Tag

SITE, JSON, COMMENTS = "/feed.atom", "/feed.json", "/comments.atom"


def tag_feed_url(tag: Tag) -> str:
    """The feed of the posts under *tag*."""
    return address(f"/tags/{tag.slug}/feed.atom")


def author_feed_url(person: Person) -> str:
    """The feed of what *person* writes."""
    return address(f"/authors/{person.slug}/feed.atom")


def comments_feed_url(post: Post) -> str:
    """The feed of the comments on *post*."""
    return address(f"/posts/{post.slug}/comments.atom")


def replies_feed_url(post: Post) -> str:
    """The feed of what the authors of *post* answer below it."""
    return address(f"/posts/{post.slug}/comments/by-author.atom")
