"""Values that are longer than their column: never cut without a word in the report."""

from blueprints.transfer.report import Report


def fit(value: str, length: int, report: Report, what: str, *, drop: bool = False) -> str:
    """*value*, or where it has more than *length* characters its beginning (or nothing), reported whole as *what*."""
    if len(value) <= length:
        return value
    report.note(what, value)
    return "" if drop else value[:length].rstrip()
