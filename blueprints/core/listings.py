"""Listings: code between fences that name a language, with keywords, comments, values and names told apart.

By elements that every text may hold anyway, not by classes: guests get nothing more than they had, and a feed or a
letter, which have no stylesheet of ours, show it too. Pygments reads the code once, when it is written; it is loaded
with the first listing, so a site without code never pays for it.
"""

import time
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

# Names that a fence may give. Each language takes memory and time when it is first used, and can be made slow in its
# own way: what these do with hostile code has been measured (`python -m tests.bench.listings`).
LANGUAGES = frozenset(
    """
    bash sh shell zsh console powershell ps1 c c++ cpp c# csharp cs clojure clj css diff docker dockerfile elixir
    erlang go golang graphql haskell hs html http ini cfg java javascript js jsx json julia jl kotlin latex tex lisp
    lua make makefile markdown md nginx ocaml perl pl php py python r rb ruby rs rust scala scheme sql swift toml ts
    typescript xml yaml yml zig
    """.split()  # noqa: SIM905
)
# A longer block, or a line like those of squeezed scripts, stays as it is: some patterns take the square of a line.
LONGEST, LONGEST_LINE = 10_000, 500
# For all listings of one text, in seconds of processor time; what is not read by then stays plain.
BUDGET = 0.1
# What stands for what: keywords and tags, comments, values, names where they are given, lines put in and taken out. The
# words are how the short names of Pygments' tokens begin; the longest that fits counts.
_STANDS_FOR = {"b": "k ow nt cp gh gu", "i": "c", "samp": "kc l m s", "var": "na nc nd nf", "ins": "gi", "del": "gd"}
_ELEMENTS = {beginning: element for element, beginnings in _STANDS_FOR.items() for beginning in beginnings.split()}


class Budget:
    """How much processor time the listings of one text may still take."""

    def __init__(self, seconds: float = BUDGET) -> None:
        self.left = seconds

    def spend(self, tokens: Iterable[tuple[int, Any, str]]) -> Iterator[tuple[str, str]]:
        """Elements and words of the *tokens*, as long as there is time: between two of them little happens, ever."""
        from pygments.token import STANDARD_TYPES

        last = time.thread_time()
        for _at, kind, words in tokens if self.left > 0 else ():
            yield _element(STANDARD_TYPES.get(kind, "")), words
            moment = time.thread_time()
            self.left -= moment - last
            last = moment
            if self.left <= 0:
                break


def html(code: str, language: str, budget: Budget) -> str:
    """*code* as HTML; plain where *language* is none that is known here."""
    if not _is_readable(code, language):
        return escape(code, quote=False)
    from pygments.lexers import get_lexer_by_name

    drawn, length = [], 0
    read = budget.spend(get_lexer_by_name(language.lower()).get_tokens_unprocessed(code))
    for element, run in groupby(read, key=itemgetter(0)):
        words = "".join(piece for _element, piece in run)
        if not code.startswith(words, length):
            break  # nobody reads anything but what was typed
        length += len(words)
        text = escape(words, quote=False)
        drawn.append(f"<{element}>{text}</{element}>" if element and words.strip() else text)
    return "".join(drawn) + escape(code[length:], quote=False)


def _is_readable(code: str, language: str) -> bool:
    known = language.lower() in LANGUAGES and len(code) <= LONGEST
    return known and max(map(len, code.split("\n"))) <= LONGEST_LINE


@cache
def _element(short: str) -> str:
    return next((_ELEMENTS[short[:size]] for size in (2, 1) if short[:size] in _ELEMENTS), "")
