"""Addresses: where a post was read before, so that every old link still finds it."""

import re
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from blueprints.core.db import db
from blueprints.posts.models import Alias, Post
from blueprints.transfer.report import Report

_LONGEST = 1000
_DATED = re.compile(r"/\d{4}/\d{2}/(?:\d{2}/)?(?=[^/]+/?\Z)")


def path_of(link: str) -> str | None:
    """The path that readers know, decoded; None for the front page, for "?p=12" and for what is no web address."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "") or re.search(r"(?:^|&)(?:p|page_id|attachment_id)=", parts.query):
        return None
    # "//greek/" would be read as another host; the server folds such slashes before it looks for a page.
    path = re.sub("/{2,}", "/", unquote(parts.path, errors="replace"))
    if not path.startswith("/") or path.strip("/") in ("", "index.php") or "\ufffd" in path:
        return None
    return path


def number_of(link: str) -> str:
    """The 12 of "…/?p=12"; "" where there is none."""
    found = re.search(r"[?&](?:p|page_id)=(\d+)", link)
    return found[1] if found else ""


class Addresses:
    """The addresses of one import; former ones are given out at its end, so that no post loses its own to them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._former: list[tuple[int, str, str]] = []
        self._routes = current_app.url_map.bind("localhost")

    def claim(self, path: str | None, slug: str, which: str) -> str | None:
        """*path* as the address of a new post, or None where it must do with /posts/<slug>."""
        if path is None or path == f"/posts/{slug}":
            return None
        if len(path) > _LONGEST:
            self.report.note("address too long to keep", f"{which}: {path}")
        elif self._is_ours(path):
            self.report.note(
                f"address belongs to a page of this site, the post is at /posts/{slug}", f"{which}: {path}"
            )
        elif db.session.scalar(select(Post.id).where(Post.path == path)) is not None:
            self.report.note("address is taken by another post", f"{which}: {path}")
        else:
            return path
        return None

    def add_former(self, post_id: int, which: str, *paths: str) -> None:
        """Remember addresses that shall lead to the post."""
        self._former += [(post_id, which, path) for path in dict.fromkeys(paths)]

    def settle(self) -> None:
        """Give out the former addresses that nobody has."""
        for start in range(0, len(self._former), 500):
            part = self._former[start : start + 500]
            paths = {path for _id, _which, path in part}
            taken = _owners(paths)
            for post_id, which, path in part:
                if len(path) > _LONGEST:
                    self.report.note("former address too long to keep", f"{which}: {path}")
                elif path not in taken:
                    db.session.add(Alias(path=path, post_id=post_id))
                    taken[path] = post_id
                elif taken[path] != post_id:
                    self.report.note("former address is taken by another post", f"{which}: {path}")
            db.session.flush()
            db.session.expunge_all()
        self._former.clear()

    def _is_ours(self, path: str) -> bool:
        """Whether this site answers at *path* with a page of its own."""
        try:
            endpoint, _values = self._routes.match(path, method="GET")
        except RequestRedirect:
            return True
        except HTTPException:
            return False
        return bool(endpoint != "posts.elsewhere")


def siblings(path: str, slug: str, old_slugs: list[str], old_dates: list[str]) -> list[str]:
    """*path* as it was under former slugs and former dates, where those are part of it."""
    found: list[str] = []
    stem, _, last = path.rstrip("/").rpartition("/")
    slash = "/" if path.endswith("/") else ""
    slugs = [last]
    if last == slug:
        slugs += old_slugs
        found += [f"{stem}/{old}{slash}" for old in old_slugs]
    if dated := _DATED.search(path):
        for date in old_dates:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
                year, month, day = date.split("-")
                old = f"/{year}/{month}/" + (f"{day}/" if dated[0].count("/") == 4 else "")
                found += [f"{path[: dated.start()]}{old}{name}{slash}" for name in slugs]
    return [former for former in dict.fromkeys(found) if former != path]


def _owners(paths: set[str]) -> dict[str, int]:
    """Which of *paths* are in use, and by which post."""
    aliases = db.session.execute(select(Alias.path, Alias.post_id).where(Alias.path.in_(paths)))
    owners = {row.path: row.post_id for row in aliases}
    owners.update(
        {row.path: row.id for row in db.session.execute(select(Post.path, Post.id).where(Post.path.in_(paths)))}
    )
    slugs = {path.removeprefix("/posts/") for path in paths if path.startswith("/posts/")}
    for row in db.session.execute(select(Post.slug, Post.id).where(Post.slug.in_(slugs))):
        owners[f"/posts/{row.slug}"] = row.id
    return owners
