"""Summaries: what lists say of a post. One is all that its drawing depends on, and hashable, so drawings are kept."""

from datetime import datetime
from typing import NamedTuple

from blueprints.accounts.models import Person
from blueprints.posts.models import Post, heading_of


class Author(NamedTuple):
    """Somebody in the byline of a summary."""

    slug: str
    name: str


class Credit(NamedTuple):
    """A byline as far as a list shows it."""

    person: Author


class Summary(NamedTuple):
    """A post as far as a list shows it; for reading only."""

    id: int
    slug: str
    path: str | None
    title: str
    extract: str
    standfirst: str
    language: str
    published_at: datetime
    comment_count: int
    prominence: str
    bylines: tuple[Credit, ...] = ()

    @property
    def heading(self) -> str:
        """What stands for a title."""
        return heading_of(self.title, self.extract)

    @property
    def authors(self) -> list[Author]:
        """The people of the byline, in its order."""
        return [byline.person for byline in self.bylines]


# What the database is asked for, in the order of the fields.
COLUMNS = [Post.__table__.c[name] for name in Summary._fields if name != "bylines"]
AUTHOR_COLUMNS = [Person.__table__.c[name] for name in Author._fields]
