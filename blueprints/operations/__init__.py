"""Operations: the `hustings` command, serving, and what a new site starts with."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Nothing to add to the web: this slice is used from the terminal."""
