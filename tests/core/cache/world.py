"""A small site, every address at which something of it can be read, and every kind of write to it."""

from datetime import timedelta

from blueprints.accounts.affiliations import Affiliation
from blueprints.comments.models import MENTION, Comment
from blueprints.core.db import db, now, writing
from blueprints.core.site import Site
from blueprints.core.site import current as site_of_world
from blueprints.media import usage
from blueprints.media.addresses import file_url
from blueprints.media.models import MediaFile
from blueprints.posts import bylines, merging, series, versions
from blueprints.posts import tags as tag_order
from blueprints.posts.models import Post
from tests.core.cache.asking import PARTIAL
from tests.media.samples import picture


class World:
    """A small site and every address at which something of it can be read."""

    def __init__(self, make) -> None:
        self.make = make
        self.ada, self.bob = make.person("Ada", bio="Writes.", affiliation="Institute"), make.person("Bob")
        self.essay = make.post("Essay", slug="essay", tags=["Ethics", "Logic"], authors=[self.ada, self.bob])
        self.reply_to = make.comment(self.essay, "First.", passage="Some text.")
        self.reply = make.comment(self.essay, "Second.", parent=self.reply_to, person_id=self.ada.id)
        self.edited = make.comment(self.essay, "Befor.")
        self.change(self.edited, "Before.")
        self.picture = make.file(picture("PNG", (8, 8)), alt="A chart")
        shows = {"body": f"Some *text*.\n\n![]({file_url(self.picture)})", "path": "/2019/other/"}
        self.other = make.post("Other", slug="other", tags=["Logic"], authors=[self.bob], **shows)
        self.draft = make.post("Draft", slug="draft", state="draft", published_at=None, authors=[self.ada])
        self.about = make.post("About", slug="about", kind="page")
        self.held = make.pending(self.essay, "Held.")
        make.comment(self.essay, "Elsewhere.", kind=MENTION, name="Another site")
        with writing():
            series.put_into(self.get(Post, self.essay), series.begin("Method"))
        self.secret = make.post("Secret", slug="secret", state="draft", published_at=None)
        with writing():
            series.put_into(self.get(Post, self.secret), series.begin("Not begun"))

    def addresses(self) -> list[tuple[str, dict[str, str]]]:
        pages = ["/", "/?page=2", "/about", "/tags/ethics", "/tags/logic", "/tags/new", "/2019/other/", "/search.xml"]
        pages += ["/what-is-stored", "/authors", "/posts/essay/versions", "/posts/essay/versions/1"]
        pages += [f"/authors/{person.slug}" for person in (self.ada, self.bob)]
        pages += ["/posts/essay/cite.bib", "/posts/essay/cite.json?version=1", "/posts/other/cite.ris"]
        pages += [f"/posts/{slug}" for slug in ("essay", "other", "draft", "about", "moved", "due")]
        threads = ["/posts/essay/comments", "/posts/other/comments", "/posts/essay/comments?page=1&upto=1&after=1"]
        threads += [f"/posts/essay{tail}?sort={sort}" for tail in ("", "/comments") for sort in ("newest", "flat")]
        threads += [f"/comments/{self.reply_to.id}"]
        threads += ["/comments/mine"]
        threads += [f"/comments/{row.id}/history" for row in (self.reply, self.edited)]
        threads += [f"/comments/{self.reply.id}", f"/comments/{self.reply.id}/reply", f"/comments/{self.held.id}"]
        threads += [f"/comments/{self.reply.id}/report", f"/comments/{self.reply.id}/report?sent=1"]
        threads += [f"/comments/{self.reply_to.id}/passage"]
        news = [f"/posts/essay/comments?after={after}&skip=0&from=1&to=1" for after in (0, 1, 2, 3)]
        news += [f"/posts/essay/comments?after=2&skip=0&from=1&to=1&changes={changes}" for changes in (0, 1)]
        feeds = ["/feed.atom", "/comments.atom", "/tags/ethics/feed.atom", "/tags/logic/feed.atom"]
        feeds += [f"/authors/{person.slug}/feed.atom" for person in (self.ada, self.bob)]
        feeds += [f"/posts/{slug}/comments.atom" for slug in ("essay", "other", "about")]
        feeds += ["/posts/essay/comments/by-author.atom", "/feed.json", "/sitemap.xml", "/robots.txt"]
        lists = [
            "/series",
            "/series/method",
            "/archive",
            f"/archive/{now():%Y}",
            f"/archive/{now() - timedelta(days=400):%Y}",
        ]
        return [(path, {}) for path in pages + threads + feeds + lists] + [(path, PARTIAL) for path in threads + news]

    def change(self, comment, text: str) -> None:
        with writing():
            db.session.get(Comment, comment.id).edit(text, f"<p>{text}</p>")

    def get(self, model, row):
        return db.session.get(model, row.id)


def _publish_draft(world):
    world.get(Post, world.draft).publish()


def _publish_first_part(world):
    world.get(Post, world.secret).publish()


def _publish_part(world):
    series.put_into(world.get(Post, world.draft), series.by_slug("method"))
    _publish_draft(world)


def _schedule(world):
    post = world.get(Post, world.draft)
    post.state, post.published_at = "published", now() + timedelta(days=1)


def _new_post(world):
    world.make.post("New", slug="due", tags=["new"], authors=[world.ada])


def _rename_person(world):
    person = world.get(type(world.ada), world.ada)
    person.name = "Ada Grey"
    person.write_bio("Writes *more*.")


def _move_person(world):
    person = world.get(type(world.ada), world.ada)
    person.affiliations = [Affiliation(institution="University", since="2001-02")]
    bylines.restate(bylines.restated(person.id, person.affiliations))


def _rename_tag(world):
    world.get(Post, world.essay).tags[0].name = "Moral philosophy"


def _merge_tags(world):
    ethics, logic = sorted(world.get(Post, world.essay).tags, key=lambda tag: tag.slug)
    tag_order.merge(ethics, into=logic)


def _set(**fields):
    def write(world):
        for name, value in fields.items():
            setattr(world.get(Post, world.essay), name, value)

    return write


def _site(world):
    site = db.session.get(Site, 1) or Site(id=1)
    site.name, site.disclaimer = "The Hustings", "Opinions are their authors'."
    db.session.add(site)


def _looks(world):
    site = db.session.merge(site_of_world())
    site.accent, site.time_zone, site.feeds_models = "#1f5c8b", "Pacific/Kiritimati", False
    site.show("logo", b"picture", (100, 20))


def _save(world):
    post = world.get(Post, world.essay)
    versions.begin(post)
    post.write("Other *words*.")
    versions.keep(post, None)


def _house_rules(world):
    db.session.merge(site_of_world()).write_rules("Be *kind*.")


def _removed_for_a_reason(world):
    comment = world.get(type(world.reply), world.reply)
    comment.move_to("trash")
    comment.removed_because = "it was there already"


def _described(world):
    file = world.get(MediaFile, world.picture)
    file.caption = "A chart of *everything*."
    usage.redraw(file)


def _portrait(world):
    person = world.get(type(world.bob), world.bob)
    world.get(type(world.reply), world.reply).person_id = person.id
    db.session.flush()
    person.show_portrait(b"picture")


WRITES = {
    "publish": _publish_draft,
    "schedule": _schedule,
    "unpublish": lambda world: world.get(Post, world.essay).withdraw(),
    "new post": _new_post,
    "new title": _set(title="A better title"),
    "new text": lambda world: world.get(Post, world.essay).write("Other *words*."),
    "new version": _save,
    "corrected": lambda world: world.get(Post, world.essay).correct("The year was 1848."),
    "new slug": _set(slug="moved"),
    "new path": _set(path="/2020/essay/"),
    "becomes a page": _set(kind="page"),
    "another day": lambda world: setattr(world.get(Post, world.other), "published_at", now() - timedelta(days=400)),
    "discussion closed": _set(comments_open=False),
    "rules of a discussion": lambda world: world.get(Post, world.essay).write_rules("Be *kind*."),
    "why it is closed": _set(comments_open=False, closed_because="It is over."),
    "house rules": _house_rules,
    "no faces": lambda world: setattr(db.session.merge(site_of_world()), "shows_faces", False),
    "no marks": lambda world: setattr(db.session.merge(site_of_world()), "takes_marks", False),
    "marks": lambda world: setattr(world.get(type(world.reply), world.reply), "marks", 3),
    "picked": lambda world: world.get(type(world.reply), world.reply).pick(True),
    "removed for a reason": _removed_for_a_reason,
    "staff comment, and its portrait": _portrait,
    "picture described": _described,
    "passages closed": _set(passages_open=False),
    "another answer to a passage": lambda world: world.make.comment(
        world.get(Post, world.essay), "Third.", passage="Some text."
    ),
    "disclaimer": _set(disclaimer="Not legal advice."),
    "other authors": lambda world: world.get(Post, world.essay).credit([world.get(type(world.bob), world.bob)]),
    "other order of authors": lambda world: world.get(Post, world.essay).credit(
        [world.get(type(world.bob), world.bob), world.get(type(world.ada), world.ada)]
    ),
    "no tags": lambda world: world.get(Post, world.essay).tags.clear(),
    "further tag": lambda world: world.get(Post, world.essay).tags.extend(tag_order.named(["new"])),
    "tag renamed": _rename_tag,
    "tag moved": lambda world: tag_order.move(world.get(Post, world.essay).tags[0], "elsewhere"),
    "tags merged": _merge_tags,
    "pinned": _set(prominence="pinned"),
    "in another language": _set(language="fr"),
    "first published elsewhere": _set(canonical_url="https://review.example/essay"),
    "another card": _set(card_title="Read this"),
    "another number in its series": _set(series_number=3),
    "out of its series": _set(series_id=None, series_number=None),
    "series renamed": lambda world: setattr(series.by_slug("method"), "title", "On method"),
    "series taken away": lambda world: series.remove(series.by_slug("method")),
    "draft of a series published": _publish_part,
    "first part of a series published": _publish_first_part,
    "further part": lambda world: series.put_into(world.get(Post, world.other), series.by_slug("method")),
    "person renamed": _rename_person,
    "person moved": _move_person,
    "people merged": lambda world: merging.merge(
        world.get(type(world.ada), world.ada), world.get(type(world.bob), world.bob)
    ),
    "affiliation of one post": lambda world: world.get(Post, world.essay).credit(
        [world.get(type(world.ada), world.ada)], ["Visiting Fellow"]
    ),
    "site": _site,
    "looks and clock of the site": _looks,
    "not for search engines": lambda world: setattr(db.session.merge(site_of_world()), "is_listed", False),
    "deleted": lambda world: db.session.delete(world.get(Post, world.other)),
    "comment approved": lambda world: world.get(type(world.held), world.held).move_to("approved"),
    "comment removed": lambda world: world.get(type(world.reply), world.reply).move_to("trash"),
    "parent removed": lambda world: world.get(type(world.reply_to), world.reply_to).move_to("spam"),
    "comment edited": lambda world: world.get(Comment, world.edited).edit("Once more.", "<p>Once more.</p>"),
    "comment edited for the first time": lambda world: world.get(Comment, world.reply).edit(
        "Edited.", "<p>Edited.</p>"
    ),
    "version hidden": lambda world: setattr(world.get(Comment, world.edited).versions[0], "is_hidden", True),
    "comment withdrawn": lambda world: world.get(Comment, world.edited).withdraw(),
    "answered comment withdrawn": lambda world: world.get(Comment, world.reply_to).withdraw(),
    "new comment": lambda world: world.make.comment(world.get(Post, world.essay), "Third."),
    "new comment elsewhere": lambda world: world.make.comment(world.get(Post, world.other), "Third."),
    "comment held": lambda world: world.make.pending(world.get(Post, world.essay)),
}
# These make posts and comments, each in a transaction of its own.
_WRITE_BY_THEMSELVES = {
    "new post",
    "new comment",
    "new comment elsewhere",
    "comment held",
    "another answer to a passage",
}


def write(world, name: str) -> None:
    if name in _WRITE_BY_THEMSELVES:
        WRITES[name](world)
        return
    with writing():
        WRITES[name](world)
