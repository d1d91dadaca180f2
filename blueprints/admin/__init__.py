"""The desk: the authors' and editors' pages."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Add the pages of the desk."""
