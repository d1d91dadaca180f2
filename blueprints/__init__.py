"""The slices of Hustings, in the order in which they may know each other."""

from flask import Flask

from blueprints import accounts, admin, comments, core, editorial, feeds, media, operations, posts, search, transfer

SLICES = (core, accounts, posts, comments, editorial, media, search, feeds, transfer, operations, admin)


def register(app: Flask) -> None:
    """Give *app* every slice, earliest first."""
    for slice_ in SLICES:
        slice_.init_app(app)
