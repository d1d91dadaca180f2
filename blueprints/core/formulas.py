"""Formulas: TeX between dollar signs as MathML, which browsers draw by themselves.

latex2mathml knows no macros, so a formula grows with its length alone: 2,000 characters of the worst that were tried
took 0.02 s. Both are bounded all the same; what is past a bound, or cannot be read, stays TeX, and says why.
"""

import html
import re
import time
from xml.etree.ElementTree import Element, tostring

LONGEST, DEEPEST = 2000, 40
SECONDS = 1.0  # of processor time, for all formulas of a text
TAGS = {
    *("math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom"),
    *("mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd"),
    *("mtext", "mtr", "munder", "munderover"),
}
ATTRIBUTES = {
    "math": {"display"},
    "menclose": {"notation"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"accent", "fence", "form", "largeop", "maxsize", "minsize", "movablelimits", "separator", "stretchy"},
    "mover": {"accent"},
    "mpadded": {"height", "lspace", "voffset", "width"},
    "mspace": {"depth", "height", "width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnspacing", "displaystyle", "rowspacing"},
    "mtd": {"columnalign"},
    "munder": {"accentunder"},
}


class Budget:
    """How much processor time the formulas of one text may still take."""

    def __init__(self) -> None:
        self.ends = time.thread_time() + SECONDS

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return time.thread_time() > self.ends


def drawn(tex: str, *, display: bool, budget: Budget) -> str:
    """The MathML of *tex*, in the line or by itself; where there is none, the TeX with the reason."""
    if len(tex) > LONGEST:
        return _as_written(tex, f"a formula of more than {LONGEST:,} characters is not drawn", display)
    if reason := _ill_formed(tex):
        return _as_written(tex, f"this is no TeX that can be drawn ({reason})", display)
    if budget.is_spent:
        return _as_written(tex, "there are more formulas than can be drawn in one text", display)
    from latex2mathml import converter  # only here: every worker would keep it in memory

    try:
        element = converter.convert_to_element(tex, display="block" if display else "inline")
    except (ValueError, LookupError, StopIteration, RecursionError, AttributeError, TypeError) as error:
        return _as_written(tex, f"this is no TeX that can be drawn ({_name(error)})", display)
    except Exception as error:
        if type(error).__module__ != "latex2mathml.exceptions":
            raise
        return _as_written(tex, f"this is no TeX that can be drawn ({_name(error)})", display)
    _unescape(element)
    return tostring(element, encoding="unicode", short_empty_elements=False)


def _ill_formed(tex: str) -> str:
    """What is wrong with the braces of *tex*; the library would draw something all the same."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
        if depth > DEEPEST:
            return "it is nested too deeply"
    return "its braces do not match" if depth else ""


def _as_written(tex: str, reason: str, display: bool) -> str:
    sign = "$$" if display else "$"
    return f"<code>{html.escape(sign + tex + sign)}</code> <mark>{html.escape(reason)}</mark>"


def _name(error: Exception) -> str:
    """What the library calls it, as words: "MissingEndError" is "missing end"."""
    name = type(error).__name__.removesuffix("Error")
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words if type(error).__module__ == "latex2mathml.exceptions" else "it ends too early or is nested too deeply"


def _unescape(element: Element) -> None:
    """The library writes signs as references, in what it takes for finished text."""
    for inner in element.iter():
        inner.text = html.unescape(inner.text) if inner.text else inner.text
