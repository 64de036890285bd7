"""The ``sbyt`` command: sets up Django, then hands over to the command line."""

from __future__ import annotations

import os


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sbyt.config.settings")
    from sbyt.cli.main import app

    app()
