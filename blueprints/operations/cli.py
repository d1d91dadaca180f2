"""The `hustings` command."""

import sys
from functools import cache
from typing import Any

import click
from flask import Flask
from werkzeug.local import LocalProxy

from blueprints.accounts.cli import accounts
from blueprints.core import audit, chores, mail, postman
from blueprints.core.db import db, now, writing
from blueprints.core.filters import count
from blueprints.core.settings import SettingError, database_url
from blueprints.operations import upgrade, welcome
from blueprints.search.cli import search
from blueprints.transfer.cli import import_

_MAKE_APP = "hustings.make_app"


class Commands(click.Group):
    """Commands that end with one sentence where a setting is wrong; what they write is told as the command line's."""

    def invoke(self, context: click.Context) -> Any:
        """Run what was asked for."""
        try:
            with audit.acting(audit.COMMAND_LINE):
                return super().invoke(context)
        except SettingError as error:
            click.echo(f"hustings: {error}", err=True)
            sys.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hustings")
@click.pass_context
def hustings(context: click.Context) -> None:
    """A publication that one person can host: posts, and readers' comments in threads below them.

    Settings come from environment variables (PORT, SITE_URL, DATABASE_URL …); README.md lists them.
    """
    context.meta[_MAKE_APP] = context.obj
    context.obj = LocalProxy(cache(context.obj))  # made when a command needs it: asking for help makes nothing


@hustings.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Bring the database up to date and serve the site until Ctrl-C.

    An empty site gets a welcome post; while there is no administrator, a one-time set-up link is printed.
    """
    from blueprints.operations import memory

    memory.keep_low()
    from blueprints.operations import serve as serving  # with granian

    serving.serve(context.meta[_MAKE_APP], announce=click.echo)


@hustings.command("upgrade")
@click.pass_obj
def upgrade_database(app: Flask) -> None:
    """Bring the database up to date without serving; `serve` does the same first."""
    upgrade.run(app)
    click.echo("The database is up to date.")


@hustings.group()
def database() -> None:
    """Move the site's database to another place."""


@database.command()
@click.argument("url")
@click.pass_obj
def move(app: Flask, url: str) -> None:
    """Copy the site's database to the empty one at URL, as DATABASE_URL would name it.

    From SQLite to PostgreSQL, back, or between two of a kind; every row keeps its id. Stop the site first: while this
    runs readers can read but nobody can write, and what is written to the old database afterwards does not come along.
    A move that was interrupted goes on when it is run again. The old database stays as it is.
    """
    from blueprints.operations import move as moving

    try:
        contents = moving.run(
            app,
            database_url("URL", url),
            lambda rows: click.progressbar(length=rows, label="Moving", file=sys.stderr, update_min_steps=500),
            lambda words: click.echo(f"\n{words}", err=True),
        )
    except (moving.MoveError, SettingError) as error:
        click.echo(f"hustings: {error}", err=True)
        sys.exit(1)
    for content in contents:
        click.echo(f"{content.table:12} {content.rows:>12,} rows  {content.checksum[:16]}")
    click.echo(
        "\nEverything is there. Now set DATABASE_URL to the address that you gave and restart the site; "
        f"the old database is still at {moving.name_of(app.config['SETTINGS'].database_url)}."
    )


@hustings.command("set-up-link")
@click.pass_obj
def set_up_link(app: Flask) -> None:
    """Print a new one-time link that makes an administrator; older links stop working."""
    from blueprints.operations import serve as serving

    upgrade.run(app)
    click.echo(serving.set_up_link(app))


@hustings.command("remove-welcome")
@click.pass_obj
def remove_welcome(app: Flask) -> None:
    """Remove the welcome post and its thread."""
    upgrade.run(app)
    with app.app_context():
        removed = welcome.remove()
    click.echo("The welcome post is gone." if removed else "There is no welcome post.")


@hustings.command()
@click.pass_obj
def tidy(app: Flask) -> None:
    """Do now what `serve` does from time to time: forget addresses whose time is over, count readers' marks."""
    upgrade.run(app)
    with app.app_context():
        chores.run(now(), all_of_them=True)
    click.echo("Everything is tidy.")


@hustings.group("mail")
def mail_() -> None:
    """Letters that the site sends: what waits, what had trouble, and a try of the settings."""


@mail_.command("send")
@click.pass_obj
def send_mail(app: Flask) -> None:
    """Send everything that waits now, without waiting for its next attempt; `serve` sends by itself."""
    upgrade.run(app)
    with app.app_context():
        with writing():
            postman.hurry()
        sent = postman.Postman(app).round()
        left = mail.counts()
        waiting = left[mail.WAITING] + left[mail.SENDING]
        click.echo(f"{count(sent, 'letter')} sent, {waiting:,} left.")
        if waiting:
            click.echo(f"Why: {postman.trouble() or 'see `hustings mail status`'}")


@mail_.command("status")
@click.pass_obj
def mail_status(app: Flask) -> None:
    """Show how many letters wait or have ended, and what had trouble."""
    upgrade.run(app)
    with app.app_context():
        for state, number in mail.counts().items():
            click.echo(f"{state:10} {number:>8,}")
        if words := postman.trouble():
            click.echo(f"\nNo letter leaves at the moment: {words}.")
        for row in mail.troubled():
            click.echo(f"\n{row.address}, {row.kind}, {row.state}, attempt {row.attempts}: {row.last_error}")


@mail_.command("test")
@click.argument("address")
@click.pass_obj
def test_mail(app: Flask, address: str) -> None:
    """Send a letter to ADDRESS at once and say what the mail server answers."""
    upgrade.run(app)
    with app.app_context():
        with writing():
            if written := mail.write("test", address):
                db.session.flush()  # gives it the id by which it is found again
        if written is None:
            click.echo(
                f"hustings: {address} is no address, has refused mail lately or had its share for today.", err=True
            )
            sys.exit(1)
        number = written.id
        postman.Postman(app).round()
        letter = db.session.get_one(mail.Outbox, number)  # a round lets go of what was read before it
        if letter.state != mail.SENT:
            click.echo(
                f"hustings: not sent: {letter.last_error or postman.trouble() or 'another process sends'}.", err=True
            )
            sys.exit(1)
        if mail.reaches_people():
            click.echo("The mail server has taken it.")
        else:
            click.echo(
                "No mail server is set: the letter was shown above and sent to nobody. See MAIL_URL in README.md."
            )


hustings.add_command(accounts)
hustings.add_command(import_)
hustings.add_command(search)
