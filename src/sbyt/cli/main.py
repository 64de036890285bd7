"""The commands of ``sbyt``."""

from __future__ import annotations

import django
import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def start() -> None:
    """Readings in, bills out."""
    django.setup()


@app.command()
def migrate() -> None:
    """Prepare an empty database, or bring one up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
