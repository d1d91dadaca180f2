"""Versions of a post: what each save made of it. None is changed or removed; what was public stays readable."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from blueprints.accounts.models import Person
from blueprints.core import generations, rows
from blueprints.core.db import Base, UTCDateTime, db, now
from blueprints.core.generations import Changes
from blueprints.posts.models import Post


class PostVersion(Base):
    """What a post said from one save to the next; the last one is what it says now."""

    __tablename__ = "post_version"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text, default="")
    standfirst: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    body_format: Mapped[str] = mapped_column(String(10))
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # Who saved it; nobody for what was there before versions were kept, and for what an import brought.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    # Whether everybody could read it once, or can now.
    was_public: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person | None] = relationship(lazy="joined")

    def touches(self, _changes: Changes) -> Iterator[str]:
        """The pages of the post's versions."""
        yield f"versions:{self.post_id}"

    def says(self, post: Post) -> bool:
        """Whether *post* says the same now."""
        return (self.title, self.standfirst, self.body, self.body_format) == _words_of(post)

    def shown(self, language: str) -> Post:
        """A post that says this and is stored nowhere."""
        post = Post()
        self.put_into(post, language=language)
        return post

    def put_into(self, post: Post, *, language: str) -> None:
        """Make *post* say this again."""
        post.title, post.standfirst = self.title, self.standfirst
        post.write(self.body, self.body_format, language=language)


def begin(post: Post) -> None:
    """Inside a write transaction, before *post* is changed: keep what it says, and note whether it has been read."""
    last = _last(post)
    if last is None and post.body_html:
        last = _add(post, 1, post.updated_at or post.published_at or post.created_at)
    if last is not None and post.is_public and last.says(post):
        last.was_public = True


def keep(post: Post, by: int | None) -> None:
    """Inside a write transaction, after *post* was changed by the person with the id *by*: keep what it says now."""
    db.session.flush()
    last = _last(post)
    if last is None or not last.says(post):
        last = _add(post, last.number + 1 if last else 1, now(), by)
        if post.is_public:
            post.modified_at = last.saved_at
    if post.is_public:
        last.was_public = True


def of(post: Post) -> Sequence[PostVersion]:
    """All versions of *post*, the last one first."""
    return db.session.scalars(
        select(PostVersion).where(PostVersion.post_id == post.id).order_by(PostVersion.number.desc())
    ).all()


def last_number(post: Post) -> int:
    """The number of the last version of *post*, 0 before there is one."""
    return db.session.scalar(select(func.max(PostVersion.number)).where(PostVersion.post_id == post.id)) or 0


def numbered(post: Post, number: int) -> PostVersion | None:
    """Version *number* of *post*."""
    return db.session.scalar(select(PostVersion).where(PostVersion.post_id == post.id, PostVersion.number == number))


_VERSION = PostVersion.__table__
_IN_BRIEF = [column for column in _VERSION.c if column.name not in ("standfirst", "body")]
_LIST = select(*_IN_BRIEF).where(_VERSION.c.post_id == bindparam("post_id")).order_by(_VERSION.c.number.desc())
_ONE = select(*_VERSION.c).where(_VERSION.c.post_id == bindparam("post_id"), _VERSION.c.number == bindparam("number"))
_in_brief, _whole = rows.Shape(PostVersion, _IN_BRIEF), rows.Shape(PostVersion, _VERSION.c)


def public(post: Post) -> list[PostVersion]:
    """What everybody could read of *post*, without the texts, the last one first; for reading only.

    The first of them is what it says now: a post that is public is saved for everybody.
    """
    generations.reads(f"versions:{post.id}")
    found = [_in_brief.of(row) for row in rows.fetch(_LIST, post_id=post.id)]
    return [version for at, version in enumerate(found) if version.was_public or at == 0]


def to_read(post: Post, number: int) -> PostVersion | None:
    """Version *number* of *post* with its text; for reading only."""
    found = rows.fetch(_ONE, post_id=post.id, number=number)
    return _whole.of(found[0]) if found else None


def _last(post: Post) -> PostVersion | None:
    return db.session.scalar(
        select(PostVersion).where(PostVersion.post_id == post.id).order_by(PostVersion.number.desc()).limit(1)
    )


def _add(post: Post, number: int, saved_at: datetime, by: int | None = None) -> PostVersion:
    title, standfirst, body, body_format = _words_of(post)
    version = PostVersion(
        post_id=post.id,
        number=number,
        title=title,
        standfirst=standfirst,
        body=body,
        body_format=body_format,
        saved_at=saved_at,
        person_id=by,
    )
    db.session.add(version)
    return version


def _words_of(post: Post) -> tuple[str, str, str, str]:
    return post.title, post.standfirst, post.body, post.body_format
