"""The application: settings, database, slices. Nothing else."""

import os
from pathlib import Path

from flask import Flask

import blueprints
from blueprints.core.settings import Settings

ROOT = Path(__file__).parent


def create_app(settings: Settings | None = None) -> Flask:
    """Hustings as a WSGI application; without *settings*, as the environment says."""
    app = Flask("hustings", root_path=str(ROOT), static_folder=None, template_folder="templates")
    app.config["SETTINGS"] = settings or Settings.from_environ(os.environ, instance_folder())
    blueprints.register(app)
    return app


def instance_folder() -> Path:
    """Where the site keeps its database, its key and its files; `INSTANCE` moves it."""
    return Path(os.environ.get("INSTANCE") or ROOT / "instance").absolute()


def main() -> None:
    """The `hustings` command."""
    from blueprints.operations.cli import hustings

    hustings(obj=create_app)
