"""Reading: front page, post, author, tag; and the addresses that posts brought with them."""

import re
from urllib.parse import unquote

from flask import Blueprint, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.accounts.queries import career_of, person_by_slug, person_formerly, person_to_read
from blueprints.comments import thread
from blueprints.comments.forms import BlankFollowForm, BlankForm
from blueprints.comments.stretches import SORTS
from blueprints.core import generations, settings, site
from blueprints.core.htmx import rendered
from blueprints.core.http import chosen, counted, counts_as, keep_out, page_number, shared, site_url
from blueprints.core.site import Site
from blueprints.posts import archive as years
from blueprints.posts import authors as index_of_authors
from blueprints.posts import citation, queries, reads, series, tags, versions
from blueprints.posts.addresses import post_url, series_url, tag_url, version_url
from blueprints.posts.models import POST, Post

bp = Blueprint("posts", __name__)
# The feed of whatever is at the address before it, as WordPress has it.
_FEED = re.compile(r"/feed(/(atom|rdf|rss2?))?/?\Z")


@bp.get("/")
@shared("page", "p", "page_id", "feed", "s")
def index() -> ResponseReturnValue:
    """The newest posts."""
    if words := request.args.get("s"):
        return redirect(url_for("search.index", q=words), 301)
    number, feed = request.args.get("p") or request.args.get("page_id"), request.args.get("feed")
    former = queries.by_former_address(f"?p={number}") if number else None
    if former and former.is_public:
        return redirect(url_for("feeds.discussion", slug=former.slug) if feed else post_url(former), 301)
    if feed:
        return redirect(url_for("feeds.comments" if feed.startswith("comments") else "feeds.newest"), 301)
    if number:
        keep_out()
    found = queries.newest_published(page_number(), settings.current().posts_per_page)
    if found.number > 1 and not found.posts:
        abort(404)
    if found.number > 1:
        return rendered("posts/index.html", found=found, pages=[], pinned=[], featured=[])
    pinned, featured = queries.prominent()
    return rendered("posts/index.html", found=found, pages=queries.pages(), pinned=pinned, featured=featured)


@bp.get("/posts/<slug>")
@shared("page", "sort")
def show(slug: str) -> ResponseReturnValue:
    """One post with its thread."""
    found = queries.to_read(slug=slug)
    if found is None:
        former = queries.by_former_address(f"/posts/{slug}")
        if former is None or not former.is_public:
            abort(404)
        return redirect(post_url(former), 301)
    post = found.post
    if post.is_public and post.path is not None:
        return redirect(post_url(post, page=request.args.get("page"), sort=request.args.get("sort")), 301)
    return read(found)


def read(found: queries.Reading) -> ResponseReturnValue:
    """The page of a post; 404 for a draft, 410 and the editors' note for what was public once."""
    post = found.post
    if post.was_public:
        keep_out()
        return rendered("posts/withdrawn.html", post=post), 410
    if not post.is_public:
        abort(404)
    number = page_number()
    comments = thread.page(post, number, sort=chosen("sort", SORTS))
    if number > 1 and not comments.entries:
        abort(404)
    if number == 1:
        counts_as(f"{reads.POST}{post.id}")
    return rendered(
        "posts/show.html",
        post=post,
        article=found.article,
        place=series.place(post),
        thread=comments,
        form=BlankForm(post.id),
    )


def citation_of(post: Post, site: Site) -> citation.Citation:
    """The citation of *post*, read at its own address."""
    return citation.of(post, site, _whole(post_url(post)))


def _whole(path: str) -> str:
    """*path* with the address of the site; nothing where the site does not know its own."""
    return site_url() and site_url() + path


@bp.get("/posts/<slug>/cite.<any(bib, ris, json):form>")
@shared("version")
def cite(slug: str, form: str) -> ResponseReturnValue:
    """The citation of a post, or of one version of it, in a form that programs read."""
    found = queries.to_read(slug=slug)
    if found is None:
        former = queries.by_former_address(f"/posts/{slug}")
        if former is None or not former.is_public:
            abort(404)
        return redirect(url_for("posts.cite", slug=former.slug, form=form, version=request.args.get("version")), 301)
    post = found.post
    if not post.is_public or post.kind != POST:
        abort(410 if post.was_public else 404)
    cited = citation_of(post, site.here())
    if "version" in request.args:
        number = counted(request.args["version"]) or abort(404)
        kept = {each.number for each in versions.public(post)}
        version = versions.to_read(post, number) if number in kept else None
        cited = citation.of_version(post, version or abort(404), site.here(), _whole(version_url(post, number)))
    write, kind = citation.FORMATS[form]
    response = make_response(write(cited).encode("utf-8", "replace"))
    response.content_type = f"{kind}; charset=utf-8"
    response.headers.set("Content-Disposition", "attachment", filename=f"{cited.key}.{form}")
    return response


@bp.get("/posts/<slug>/versions")
@shared()
def former(slug: str) -> ResponseReturnValue:
    """What a post has said since it was published, version by version."""
    post = _public(slug)
    return rendered("posts/versions.html", post=post, versions=versions.public(post))


@bp.get("/posts/<slug>/versions/<id:number>")
@shared()
def version(slug: str, number: int) -> ResponseReturnValue:
    """What a post said once, at an address that can be cited; what it says now is read at its own."""
    post = _public(slug)
    kept = versions.public(post)
    at = next((at for at, each in enumerate(kept) if each.number == number), None)
    if at == 0:
        return redirect(post_url(post), 302)
    found = versions.to_read(post, number) if at else None
    if not at or found is None:
        abort(404)
    shown = found.shown(site.here().language)
    cited = None
    if post.kind == POST:
        cited = citation.of_version(queries.with_authors(post), found, site.here(), _whole(version_url(post, number)))
    until = kept[at - 1].saved_at
    return rendered("posts/version.html", post=post, version=found, until=until, shown=shown, citation=cited)


def _public(slug: str) -> Post:
    """The post that everybody can read under *slug*; 410 where it has been taken down."""
    post = queries.in_brief(slug=slug)
    if post is None or not (post.is_public or post.was_public):
        abort(404)
    return post if post.is_public else abort(410)


@bp.get("/authors")
@shared("page")
def authors() -> ResponseReturnValue:
    """Everybody who has published here."""
    found = index_of_authors.page(page_number())
    if found.number > 1 and not found.letters:
        abort(404)
    return rendered("posts/authors.html", found=found, counted=index_of_authors.COUNTED)


@bp.get("/authors/<slug>")
@shared("page")
def author(slug: str) -> ResponseReturnValue:
    """Who somebody is and what they have written."""
    person = person_to_read(slug)
    if person is None:
        return _moved("posts.author", slug)
    found = queries.by_person(person, page_number(), settings.current().posts_per_page)
    if found.number > 1 and not found.posts:
        abort(404)
    career, by_year = career_of(person), years.by_year(found.posts)
    return rendered("posts/author.html", person=person, career=career, found=found, years=by_year, form=BlankFollowForm)


def _moved(endpoint: str, slug: str) -> ResponseReturnValue:
    """To *endpoint* of the author who had this slug once."""
    person = person_formerly(slug) or abort(404)
    return redirect(url_for(endpoint, slug=person.slug), 301)


@bp.get("/authors/<slug>/portrait")
def portrait(slug: str) -> ResponseReturnValue:
    """The picture of an author; its address carries its version."""
    person = person_by_slug(slug) or person_formerly(slug)
    if person is None or person.picture is None:
        abort(404)
    response = make_response(person.picture.image)
    response.content_type = "image/webp"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/tags/<slug>")
@shared("page")
def tag(slug: str) -> ResponseReturnValue:
    """The posts under one tag."""
    found_tag = tags.to_read(slug)
    if found_tag is None:
        former = tags.by_former_slug(slug) or abort(404)
        return redirect(tag_url(former), 301)
    found = queries.with_tag(found_tag, page_number(), settings.current().posts_per_page)
    if not found.posts:
        abort(404)
    return rendered("posts/tag.html", tag=found_tag, found=found)


@bp.get("/series")
@shared()
def all_series() -> ResponseReturnValue:
    """The series of this journal."""
    return rendered("posts/all_series.html", listed=series.to_list())


@bp.get("/series/<slug>")
@shared()
def show_series(slug: str) -> ResponseReturnValue:
    """The posts of one series, in their order."""
    found = series.to_read(slug)
    if found is None:
        former = series.by_former_slug(slug) or abort(404)
        return redirect(series_url(former), 301)
    parts = series.parts(found) or abort(404)
    generations.reads(*(f"post:{part.post.id}" for part in parts))
    return rendered("posts/series.html", series=found, parts=parts)


@bp.get("/archive")
@shared()
def archive() -> ResponseReturnValue:
    """The years of this journal."""
    return rendered("posts/archive.html", years=years.years(), counted=years.COUNTED, has_series=bool(series.to_list()))


@bp.get("/archive/<year>")
@shared("page")
def year(year: str) -> ResponseReturnValue:
    """What appeared in one year, by month."""
    number = int(year) if len(year) == 4 and year.isascii() and year.isdigit() else 0
    if not 1 < number < 9999:  # the calendar's own ends are in no time zone
        abort(404)
    found = years.of_year(number, page_number())
    if not found.months:
        abort(404)
    return rendered("posts/year.html", found=found)


@bp.get("/<path:path>")
@shared("page", "sort")
def elsewhere(path: str) -> ResponseReturnValue:
    """An address that a migrated site brought along: its post, or a redirect to where that is now."""
    path = "/" + path
    if found := queries.to_read(path=path):
        return read(found)
    is_feed = _FEED.search(path) is not None
    for former in _variants(_FEED.sub("/", path)):
        if post := queries.moved_from(former):
            return redirect(url_for("feeds.discussion", slug=post.slug) if is_feed else post_url(post), 301)
    return _wordpress_list(path) or abort(404)


def _variants(path: str) -> list[str]:
    """The spellings under which a post may be stored: trailing slash or none, its page of comments cut off."""
    head, _, tail = path.rstrip("/").rpartition("/")
    stems = [path]
    if tail.startswith("comment-page-") or tail in ("trackback", "embed", "amp") or tail.isdigit():
        stems.append(head)
    spellings = [form for stem in stems for form in (stem.rstrip("/"), stem.rstrip("/") + "/")]
    return [form for spelling in spellings for form in dict.fromkeys((spelling, spelling.lower()))]


def _wordpress_list(path: str) -> ResponseReturnValue | None:
    """WordPress's lists under their new addresses."""
    kind = "feeds" if _FEED.search(path) else "posts"
    words = [unquote(word) for word in _FEED.sub("/", path).strip("/").split("/")]
    if len(words) < 2 or any("\0" in word for word in words):
        return None
    if words[0] in ("category", "tag") and (tags.by_slug(words[-1]) or tags.by_former_slug(words[-1])):
        return redirect(url_for(f"{kind}.tag", slug=words[-1]), 301)
    if words[0] == "search":
        return redirect(url_for("search.index", q=words[1]), 301)
    if words[0] == "author" and (person_by_slug(words[1]) or person_formerly(words[1])):
        return redirect(url_for(f"{kind}.author", slug=words[1]), 301)
    return None
