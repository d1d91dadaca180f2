"""`hustings import …`."""

import sys
from pathlib import Path

import click
from flask import Flask
from sqlalchemy.exc import OperationalError


@click.group("import")
def import_() -> None:
    """Bring posts and comments from another system into this site."""


@import_.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the same report and write nothing.")
@click.pass_context
def wordpress(context: click.Context, files: tuple[Path, ...], dry_run: bool) -> None:
    """Import WordPress export files (WXR, plain or .gz); several FILES are one set.

    What is here already stays as it is, so the same or a later export can be imported again. A file that cannot be
    read to its end is refused, and then nothing is written.
    """
    # Only here: whoever serves would keep the parser in memory.
    from blueprints.transfer.wordpress import importer
    from blueprints.transfer.xmlstream import BrokenFileError

    app: Flask = context.obj
    _bring_up_to_date(context)
    size = 2 * sum(path.stat().st_size for path in files)
    try:
        with app.app_context(), click.progressbar(length=size, label="Reading", file=sys.stderr) as bar:
            report = importer.run(files, dry_run=dry_run, progress=bar.update)
    except BrokenFileError as error:
        raise click.ClickException(f"{error}. Nothing was written.") from error
    except OperationalError as error:
        raise click.ClickException(f"The database cannot be written: {error.orig}. Nothing was written.") from error
    for line in report.lines():
        click.echo(line)
    if dry_run:
        click.echo("\nThis was a dry run: nothing was written.")


def _bring_up_to_date(context: click.Context) -> None:
    """What `hustings upgrade` does, found by its name: migrations belong to a later slice."""
    root = context.find_root()
    if isinstance(root.command, click.Group) and (upgrade := root.command.get_command(root, "upgrade")):
        root.invoke(upgrade)
