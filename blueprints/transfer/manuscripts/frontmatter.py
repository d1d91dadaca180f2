"""Markdown with front matter, as Jekyll, Hugo, pandoc and others write it: YAML between `---`, TOML between `+++`."""

import re
import tomllib
from datetime import date, datetime
from typing import Any

import yaml

from blueprints.transfer.manuscripts.manuscript import Manuscript, Remarks, UnreadableError

LARGEST = 64 * 1024
_FENCED = re.compile(
    r"\A(?:---[ \t]*\n(.*?)(?:\A|\n)(?:---|\.\.\.)|\+\+\+[ \t]*\n(.*?)(?:\A|\n)\+\+\+)[ \t]*(?:\n|\Z)", re.S
)
_EMPTY = re.compile(r"\A---[ \t]*\n---[ \t]*(?:\n|\Z)")
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)|\A\s*(\S[^\n]*)\n=+[ \t]*(?:\n|\Z)")
_LOCAL_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?://|/)([^)\s]+)")
_TITLE, _ABOUT = ("title",), ("description", "standfirst", "summary", "excerpt", "subtitle", "abstract")
_TAGS = ("tags", "keywords", "categories", "tag", "category")
_AUTHORS = ("author", "authors", "by")
_DATES = ("date", "published", "lastmod", "updated")


class _Loader(yaml.SafeLoader):
    """YAML without its ways to say a thing twice: a few lines of them can stand for more than fits in memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it repeats a part of itself by an alias")
        return super().compose_node(parent, index)


def read(text: str, remarks: Remarks) -> Manuscript:
    """The draft that a Markdown file holds."""
    fields, body = _parted(text)
    manuscript = Manuscript(body.strip("\n"), remarks=remarks)
    known = {str(name).strip().lower(): (name, value) for name, value in fields.items()}
    manuscript.title = _line(_first(known, _TITLE))
    manuscript.standfirst = _line(_first(known, _ABOUT))
    manuscript.slug = _line(_first(known, ("slug",)))
    for name in _TAGS:
        manuscript.tags += [tag for tag in _several(known.pop(name, ("", None))[1]) if tag not in manuscript.tags]
    for author in [word for name in _AUTHORS for word in _several(known.pop(name, ("", None))[1])]:
        remarks.note("The file names an author; choose the authors yourself", author)
    for name in _DATES:
        if (found := known.pop(name, None)) is not None:
            remarks.note(
                "A date was not taken over: a draft gets its own when it is published", f"{name}: {_line(found[1])}"
            )
    for name, value in known.values():
        remarks.note("The front matter says something that a post has no place for", f"{name}: {_line(value)[:60]}")
    _title_from_text(manuscript)
    for words, place in _LOCAL_PICTURE.findall(manuscript.body):
        remarks.note("A picture was left out: the file names it and does not hold it", words or place)
    return manuscript


def _parted(text: str) -> tuple[dict[Any, Any], str]:
    if found := _EMPTY.match(text):
        return {}, text[found.end() :]
    found = _FENCED.match(text)
    if found is None:
        return {}, text
    written = found[1] if found[1] is not None else found[2]
    if len(written) > LARGEST:
        raise UnreadableError(f"The front matter is longer than {LARGEST // 1024} KB.")
    try:
        fields = yaml.load(written, _Loader) if found[1] is not None else tomllib.loads(written)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise UnreadableError(f"The front matter cannot be read: {_reason(error)}.") from error
    if isinstance(fields, dict):
        return fields, text[found.end() :]
    return {}, text  # a rule, some words and a rule


def _reason(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
    return f"{problem}, in line {mark.line + 2}" if mark else str(problem)


def _first(known: dict[str, tuple[Any, Any]], names: tuple[str, ...]) -> Any:
    """The first of *names* that says something; the others stay."""
    for name in names:
        if name in known and _line(known[name][1]):
            return known.pop(name)[1]
    return ""


def _line(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(_line(part) for part in value)
    if isinstance(value, dict):
        return _line(value.get("name") or list(value.values()))
    return "" if value is None else " ".join(str(value).split())


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else re.split(r"[,，]", value) if isinstance(value, str) else [value]
    return [line for part in parts if (line := _line(part))]


def _title_from_text(manuscript: Manuscript) -> None:
    """A first heading of the first level is the title; where it says the same as the front matter, it goes as well."""
    found = _HEADING.match(manuscript.body)
    if found is None:
        return
    title = re.sub(r"\\(?=[!-/:-@\[-`{-~])|[*_`]{1,2}(?=\S)|(?<=\S)[*_`]{1,2}", "", found[1] or found[2]).strip()
    if not manuscript.title or manuscript.title.casefold() == title.casefold():
        manuscript.title = manuscript.title or title
        manuscript.body = manuscript.body[found.end() :].strip("\n")
