"""Two people at one post: what both made of it is put together, and where both changed the same, somebody chooses.

The form carries what it was opened with: the number of the version (its texts are kept) and the values of the other
fields. The places where two texts collide go along in the next form, so that nothing has to be stored meanwhile.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from blueprints.admin.forms.posts import PostForm
from blueprints.posts import merge, versions
from blueprints.posts.merge import Collision
from blueprints.posts.models import Post

TEXTS = ("title", "standfirst", "body")
MINE, THEIRS, BOTH = "mine", "theirs", "both"
MOST = 200
GONE = (
    "You have changed the text at a place where you also chose between two versions. "
    "Choose “mine” there, and put in by hand what you want of the other."
)


@dataclass(frozen=True)
class Place:
    """A place where two people changed the same, in the field *name*."""

    name: str
    label: str
    collision: Collision


@dataclass
class Merged:
    """What became of two versions: where they collide, and which fields were taken over from the other."""

    places: list[Place] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)


def base_of(post: Post) -> str:
    """What a form is opened with, but the texts: for `PostForm.base`."""
    values = {name: value for name, value in PostForm.values_of(post).items() if name not in TEXTS}
    return json.dumps(values, ensure_ascii=False, default=str)


def merge_into(form: PostForm, post: Post) -> Merged:
    """Put what *post* says now into *form* wherever only the other person has changed something."""
    merged = Merged()
    base = versions.numbered(post, max(1, _number(form.version.data)))
    for name in TEXTS:
        own, other = form[name].data or "", getattr(post, name)
        former = getattr(base, name) if base else None
        text, collisions = merge.merge(former, own, other) if former is not None else _without_base(own, other)
        if text != own:
            merged.taken.append(form[name].label.text)
        form[name].data = text
        merged.places += [Place(name, form[name].label.text, collision) for collision in collisions]
    _take_over(form, post, merged)
    return merged


def _without_base(own: str, other: str) -> tuple[str, list[Collision]]:
    return own, [Collision("", own, other)] if own != other else []


def _take_over(form: PostForm, post: Post, merged: Merged) -> None:
    """The other fields: a value that only the other person changed is theirs now."""
    try:
        base = json.loads(form.base.data or "{}")
    except ValueError:
        return
    for name, value in PostForm.values_of(post).items():
        if name in TEXTS or name not in base or name not in form:
            continue
        other, own, former = _plain(value), _plain(form[name].data), _plain(base[name])
        label = form[name].label.text
        if other in (own, former):
            continue
        if own == former:
            form[name].process(MultiDict(), value)
            merged.taken.append(label)
        else:
            merged.both.append(label)
    form.offer_room()


def _plain(value: Any) -> Any:
    """A value as JSON holds it; the empty lines at the end of a list are for adding to it."""
    value = json.loads(json.dumps(value, default=str))
    while isinstance(value, list) and value and not value[-1]:
        value.pop()
    return value


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def settle(form: PostForm, sent: MultiDict[str, str]) -> bool:
    """Put what was chosen into the texts of *form*; false where a place is not there any more."""
    for number in reversed(range(MOST)):
        name = sent.get(f"place-{number}")
        choice = sent.get(f"choice-{number}")
        if name not in TEXTS or choice not in (THEIRS, BOTH):
            continue
        before, own, other = (_lines(sent.get(f"{part}-{number}", "")) for part in ("before", MINE, THEIRS))
        text = merge.put(form[name].data or "", Collision(before, own, other), choice)
        if text is None:
            form[name].errors = [GONE]
            return False
        form[name].data = text
    return True


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
