"""Formulas of Word (OMML, ECMA-376 part 1, 22.1) as TeX: what schools and journals write; the rest as plain text."""

import re

from lxml import etree

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_LARGE = {
    "∑": r"\sum",
    "∏": r"\prod",
    "∫": r"\int",
    "∬": r"\iint",
    "∮": r"\oint",
    "⋃": r"\bigcup",
    "⋂": r"\bigcap",
    "": r"\int",
}
_SIGNS = {
    "±": r"\pm",
    "×": r"\times",
    "÷": r"\div",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "∞": r"\infty",
    "∂": r"\partial",
    "∇": r"\nabla",
    "→": r"\to",
    "⇒": r"\Rightarrow",
    "∈": r"\in",
    "⋅": r"\cdot",
    "·": r"\cdot",
    "…": r"\ldots",
    "⋯": r"\cdots",
    "∀": r"\forall",
    "∃": r"\exists",
    "−": "-",
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "θ": r"\theta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "π": r"\pi",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
    "ω": r"\omega",
    "Γ": r"\Gamma",
    "Δ": r"\Delta",
    "Σ": r"\Sigma",
    "Φ": r"\Phi",
    "Ω": r"\Omega",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "$": r"\$",
    "_": r"\_",
    "^": r"\hat{}",
    "~": r"\sim",
    "\\": r"\backslash",
    "\u2061": "",
    "\u00a0": " ",
}
_NAMES = {"sin", "cos", "tan", "log", "ln", "lim", "max", "min", "exp", "det", "sup", "inf", "arg", "gcd", "cot"}
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline", "\u20d7": "vec", "\u0307": "dot"}
_SILENT = {"rPr", "ctrlPr", "fPr", "sSupPr", "sSubPr", "sSubSupPr", "radPr", "dPr", "naryPr", "funcPr", "accPr", "mPr"}
_SILENT |= {"barPr", "limLowPr", "limUppPr", "oMathParaPr", "eqArrPr", "argPr"}


_SIGNS |= {sign: name for sign, name in _LARGE.items() if sign}


def tex(formula: etree._Element) -> str | None:
    """The TeX of a formula; None where it has a part that is not known here."""
    try:
        return " ".join(_of(formula).split())
    except LookupError:
        return None


def words(formula: etree._Element) -> str:
    """The characters of a formula in one line."""
    return "".join(text.text or "" for text in formula.iter(f"{M}t"))


def _of(element: etree._Element) -> str:
    name = etree.QName(element).localname
    if name in _SILENT or not str(element.tag).startswith(M):
        return ""
    if name == "r" and element.find(f"{M}rPr/{M}nor") is not None:
        return f"\\text{{{words(element)}}}"
    if name in ("oMath", "oMathPara", "e", "num", "den", "sup", "sub", "deg", "fName", "lim", "box", "r"):
        return "".join(_of(child) for child in element)
    if name == "t":
        return _text(element.text or "")
    return _BUILT[name](element)


def _part(element: etree._Element, name: str) -> str:
    found = element.find(f"{M}{name}")
    return _of(found) if found is not None else ""


def _value(element: etree._Element, place: str, otherwise: str) -> str:
    found = element.find("/".join(f"{M}{name}" for name in place.split("/")))
    return otherwise if found is None else found.get(f"{M}val") or ""


def _text(text: str) -> str:
    if text.strip() in _NAMES:
        return f"\\{text.strip()} "
    out = []
    for character in text:
        sign = _SIGNS.get(character, character)
        out.append(f"{sign} " if re.fullmatch(r"\\[A-Za-z]+", sign) else sign)
    return "".join(out)


def _fraction(element: etree._Element) -> str:
    return f"\\frac{{{_part(element, 'num')}}}{{{_part(element, 'den')}}}"


def _scripts(element: etree._Element) -> str:
    lower, upper = _part(element, "sub"), _part(element, "sup")
    base = _part(element, "e")
    base = base if len(base) == 1 else f"{{{base}}}"
    return base + (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "")


def _root(element: etree._Element) -> str:
    degree = _part(element, "deg")
    return f"\\sqrt{f'[{degree}]' if degree else ''}{{{_part(element, 'e')}}}"


def _bracketed(element: etree._Element) -> str:
    opening, closing = _value(element, "dPr/begChr", "("), _value(element, "dPr/endChr", ")")
    between = _value(element, "dPr/sepChr", "|")
    inner = f" {between} ".join(_of(part) for part in element.findall(f"{M}e"))
    drawn = [_SIGNS.get(sign, sign) or "." for sign in (opening, closing)]
    return f"\\left{drawn[0]} {inner} \\right{drawn[1]}"


def _large(element: etree._Element) -> str:
    sign = _LARGE[_value(element, "naryPr/chr", "∫")]
    lower, upper = _part(element, "sub"), _part(element, "sup")
    scripts = (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "")
    return f"{sign}{scripts} {_part(element, 'e')}"


def _function(element: etree._Element) -> str:
    return f"{_part(element, 'fName')} {_part(element, 'e')}"


def _accent(element: etree._Element) -> str:
    return f"\\{_ACCENTS[_value(element, 'accPr/chr', chr(0x302))]}{{{_part(element, 'e')}}}"


def _bar(element: etree._Element) -> str:
    return f"\\{'underline' if _value(element, 'barPr/pos', 'bot') == 'bot' else 'overline'}{{{_part(element, 'e')}}}"


def _limit(element: etree._Element) -> str:
    return f"{_part(element, 'e').strip()}_{{{_part(element, 'lim')}}}"


def _matrix(element: etree._Element) -> str:
    rows = [" & ".join(_of(cell) for cell in row.findall(f"{M}e")) for row in element.findall(f"{M}mr")]
    return "\\begin{matrix}" + " \\\\ ".join(rows) + "\\end{matrix}"


_BUILT = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "rad": _root,
    "d": _bracketed,
    "nary": _large,
    "func": _function,
    "acc": _accent,
    "bar": _bar,
    "limLow": _limit,
    "m": _matrix,
}
