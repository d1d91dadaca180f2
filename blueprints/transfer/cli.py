"""`hustings import …`."""

import click


@click.group("import")
def import_() -> None:
    """Bring posts and comments from another system into this site."""
