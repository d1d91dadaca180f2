"""Makes what a test needs, with plausible defaults; everything it returns has been committed."""

import itertools
from datetime import timedelta

from blueprints.accounts.affiliations import Affiliation
from blueprints.accounts.models import Account, Person, SignIn, token_hash
from blueprints.comments import passages
from blueprints.comments.models import APPROVED, PENDING, Comment, add
from blueprints.core.db import db, now, writing
from blueprints.media import intake
from blueprints.posts.models import PUBLISHED, Post
from blueprints.posts.tags import named as tags_named

PASSWORD = "correct horse battery"


class Make:
    """One factory a noun."""

    def __init__(self) -> None:
        self.counter = itertools.count(1)

    def person(self, name: str = "", **fields: object) -> Person:
        number = next(self.counter)
        bio = str(fields.pop("bio", ""))
        if affiliation := fields.pop("affiliation", ""):
            fields["affiliations"] = [Affiliation(institution=affiliation)]
        person = Person(slug=f"person-{number}", name=name or f"Person {number}", **fields)
        person.write_bio(bio)
        with writing():
            db.session.add(person)
        return person

    def account(self, role: str = "editor", **fields: object) -> Account:
        person = fields.pop("person", None) or self.person()
        account = Account(
            email=str(fields.pop("email", f"{role}{next(self.counter)}@example.org")),
            role=role,
            person=person,
            **fields,
        )
        account.set_password(PASSWORD)
        with writing():
            db.session.add(account)
        return account

    def post(self, title: str = "", *, authors: list[Person] | None = None, **fields: object) -> Post:
        number = next(self.counter)
        body, body_format = (
            str(fields.pop("body", "Some *text*.")),
            str(fields.pop("body_format", "markdown")),
        )
        tags = fields.pop("tags", [])
        fields.setdefault("state", PUBLISHED)
        fields.setdefault("published_at", now() - timedelta(hours=1))
        fields.setdefault("slug", f"post-{number}")
        post = Post(title=title or f"Post {number}", **fields)
        post.write(body, body_format)
        with writing():
            db.session.add(post)
            post.credit(authors or [])
            post.tags = tags_named(tags)
        return post

    def comment(self, post: Post, text: str = "A comment.", *, parent: Comment | None = None, **fields: object):
        fields.setdefault("state", APPROVED)
        fields.setdefault("name", f"Reader {next(self.counter)}")
        fields.setdefault("email", "reader@example.org")
        comment = Comment(**fields)
        comment.write(text)
        with writing():
            comment.post = db.session.merge(post)
            comment.parent = db.session.merge(parent) if parent else None
            db.session.add(add(comment))
            if comment.passage and comment.is_public:
                passages.gather(db.session.connection(), comment.post_id)
        return comment

    def pending(self, post: Post, text: str = "A held comment.", **fields: object) -> Comment:
        return self.comment(post, text, state=PENDING, **fields)

    def file(self, content: bytes, name: str = "harbour.jpg", *, person: Person | None = None, **fields: object):
        """A file of the library."""
        file = intake.receive(name, content).new((person or self.person()).id)
        with writing():
            for field, value in fields.items():
                setattr(file, field, value)
            db.session.add(file)
        return file

    def sign_in(self, client, account: Account, *, proven: bool = False) -> None:
        """Sign *account* in on *client* without typing the password; *proven* as if it had been typed anew."""
        with writing():
            row, token = SignIn.begin(db.session.merge(account))
            db.session.add(row)
        with client.session_transaction() as session:
            session.permanent = True
            session["token"] = token
            session["proven"] = [token_hash(token), int(now().timestamp())] if proven else None
