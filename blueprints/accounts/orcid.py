"""ORCID iDs: the number by which a person who publishes is told from others of the same name.

https://support.orcid.org/hc/en-us/articles/360006897674-Structure-of-the-ORCID-Identifier
"""

import re

_SHAPE = re.compile(
    r"(?:(?:https?://)?(?:www\.)?orcid\.org/)?([0-9]{4})[-‐–]?([0-9]{4})[-‐–]?([0-9]{4})[-‐–]?([0-9]{3}[0-9Xx])/?\Z"
)


def read(text: str) -> str:
    """The iD in *text*, "0000-0002-1825-0097"; ValueError, with the reason, where it is none."""
    found = _SHAPE.match(text.strip())
    if found is None:
        raise ValueError("An ORCID iD has sixteen digits: 0000-0002-1825-0097. The last may be an X.")
    orcid = "-".join(found.groups()).upper()
    digits = orcid.replace("-", "")
    if _check_digit(digits[:15]) != digits[15]:
        raise ValueError("One of these digits is wrong: the last one does not fit the others.")
    return orcid


def url(orcid: str) -> str:
    """Where the iD leads; ORCID asks that it be shown as this address."""
    return f"https://orcid.org/{orcid}"


def _check_digit(digits: str) -> str:
    """ISO/IEC 7064, MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)
