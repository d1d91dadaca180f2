"""Categories and tags: both become tags, and those of one slug become one."""

from blueprints.core.db import db
from blueprints.posts import tags
from blueprints.posts.tags import Tag
from blueprints.transfer.report import Report
from blueprints.transfer.wordpress.fitting import fit
from blueprints.transfer.wordpress.text import plain, slug_of
from blueprints.transfer.wordpress.wxr import Item, Label, Term

_KINDS = {"category": "categories", "tag": "tags", "term": "terms"}
_OURS = {"category": "category", "post_tag": "tag", "tag": "tag"}
_NAMED_ONLY = "tags named only in posts"
_NO_CATEGORY = "uncategorized"  # what WordPress files a post under that nobody filed


class Terms:
    """The terms of one import and the tags that they became."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._tags: dict[str, int] = {}
        self._taxonomies: dict[str, str] = {}

    def add(self, term: Term) -> None:
        """A term that the channel declares."""
        kind, taxonomy = _KINDS[term.kind], _OURS.get(term.taxonomy)
        which = term.name or term.slug or "without name"
        if taxonomy is None:
            self.report.leave_out(kind, which, f"the taxonomy “{term.taxonomy}” has no counterpart here")
            return
        slug = self._slug(term.slug, term.name)
        if not slug:
            self.report.leave_out(kind, which, "has neither name nor slug")
            return
        if slug == _NO_CATEGORY and taxonomy == "category":
            self.report.leave_out(kind, which, "stands for having no category")
            return
        first = self._taxonomies.get(slug)
        if first is not None and first != taxonomy:
            self.report.note("a category and a tag of one slug became one tag", slug)
        is_new = self._tag(slug, term.name, plain(term.description), taxonomy)
        (self.report.take if is_new else self.report.know)(kind)

    def of(self, item: Item) -> list[int]:
        """The ids of the tags of *item*, each once, in its order."""
        found: dict[int, None] = {}
        named = {label.name.casefold() for label in item.labels if label.taxonomy in _OURS}
        for label in item.labels:
            # Version 1.0 writes each category twice, once without saying that it is one.
            if label.taxonomy in _OURS or (not label.taxonomy and label.name.casefold() not in named):
                if (tag_id := self._used(label)) is not None:
                    found[tag_id] = None
            elif label.taxonomy not in ("", "author"):
                self.report.count(f"uses of the taxonomy “{label.taxonomy}”, which has no counterpart here, left out")
        return list(found)

    def _used(self, label: Label) -> int | None:
        slug = self._slug(label.slug, label.name)
        if not slug or (slug == _NO_CATEGORY and _OURS.get(label.taxonomy, "category") == "category"):
            return None
        if slug not in self._tags:
            is_new = self._tag(slug, label.name, "", _OURS.get(label.taxonomy, "category"))
            (self.report.take if is_new else self.report.know)(_NAMED_ONLY)
        return self._tags[slug]

    def _slug(self, written: str, name: str) -> str:
        return fit(slug_of(written, fallback=plain(name)), 200, self.report, "slug of a tag shortened")

    def _tag(self, slug: str, name: str, description: str, taxonomy: str) -> bool:
        """Find or make the tag; True if it was made."""
        self._taxonomies.setdefault(slug, taxonomy)
        if slug in self._tags:
            return False
        tag = tags.by_slug(slug) or tags.by_former_slug(slug)
        is_new = tag is None
        if tag is None:
            shown = fit(plain(name) or slug, 200, self.report, "name of a tag shortened to 200 characters")
            tag = Tag(slug=slug, name=shown, description=description)
            db.session.add(tag)
            db.session.flush()
        self._tags[slug] = tag.id
        return is_new
