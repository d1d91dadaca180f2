"""Lists of Word: what a list says of its own levels, written where mammoth looks for it."""

from copy import deepcopy

from lxml import etree

from blueprints.transfer.manuscripts.word.package import W

_NUMBER = f"{W}abstractNumId"


def settle(numbering: etree._Element) -> None:
    """Give each list that overrides levels of its pattern (17.9.8) a pattern of its own, with those levels in it."""
    patterns = {pattern.get(_NUMBER): pattern for pattern in numbering.findall(f"{W}abstractNum")}
    for own in numbering.findall(f"{W}num"):
        named = own.find(_NUMBER)
        pattern = patterns.get(named.get(f"{W}val")) if named is not None else None
        levels = own.findall(f"{W}lvlOverride/{W}lvl")
        if named is None or pattern is None or not levels:
            continue
        made = deepcopy(pattern)
        name = f"own-{own.get(f'{W}numId')}"
        made.set(_NUMBER, name)
        for level in levels:
            for former in made.findall(f"{W}lvl"):
                if former.get(f"{W}ilvl") == level.get(f"{W}ilvl"):
                    made.replace(former, deepcopy(level))
        numbering.insert(0, made)
        named.set(f"{W}val", name)
