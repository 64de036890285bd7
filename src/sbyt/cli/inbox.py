"""``sbyt inbox``: what waits to be handled, what failed, and having it handled again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import typer

from sbyt.core.settings import Settings
from sbyt.messaging.inbox import backlog
from sbyt.usecases.handle_again import UnableToHandleAgain, handle_again, handle_all_again, not_handled

_LISTED = 50


def show(settings: Settings) -> int:
    """Print how many messages wait, since when, and which staff have because of a fault of ours.

    :returns: the exit status.
    """
    found = backlog()
    if found.waiting:
        tried = f", из них после неудачи: {found.failed}" if found.failed else ""
        typer.echo(f"Входящие: ждут обработки {found.waiting}{tried}, старшее с {_moment(found.oldest, settings)}.")
    else:
        typer.echo("Входящие: всё обработано.")
    failed = not_handled(_LISTED + 1)
    if failed:
        first = f" (первые {_LISTED})" if len(failed) > _LISTED else ""
        typer.echo(f"\nНе обработаны из-за сбоя, ждут сотрудника{first}:")
        for one in failed[:_LISTED]:
            typer.echo(f"{one.number}  {one.channel}  {_moment(one.received_at, settings)}")
        typer.echo(
            "\nПрочесть: sbyt find НОМЕР. Обработать снова, когда сбой устранён: "
            "sbyt inbox --again НОМЕР, или все: sbyt inbox --again all."
        )
    return 0


def again(numbers: Sequence[str], by: str) -> int:
    """Have messages handled again; each by itself, whatever becomes of the others.

    :returns: the exit status: 1 if any could not be.
    """
    now = dt.datetime.now(dt.UTC)
    if "all" in numbers:
        done, refused = handle_all_again(by, now)
        typer.echo(f"Снова в очереди: {done}.")
        for said in refused:
            typer.echo(said, err=True)
        return 1 if refused else 0
    return 0 if all([_one_again(number, by, now) for number in numbers]) else 1  # noqa: C419 each is to be tried


def _one_again(number: str, by: str, now: dt.datetime) -> bool:
    try:
        handle_again(number, by, now)
    except UnableToHandleAgain as error:
        typer.echo(str(error), err=True)
        return False
    typer.echo(f"Сообщение {number}: снова в очереди.")
    return True


def _moment(at: dt.datetime | None, settings: Settings) -> str:
    return f"{at.astimezone(settings.zone):%d.%m.%Y %H:%M}" if at else ""
