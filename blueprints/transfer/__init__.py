"""Transfer: bringing in what other systems hold. One module a format."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Nothing to add to the web: this slice is used from the terminal."""
