"""``sbyt channels notice``: what a company tells its customers about the ways to hand in readings."""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sbyt.usecases.channel_notice import Notice

#: The longest text of a message that every messenger takes (MAX; Telegram takes 96 more).
_LONGEST_POST = 4000


class Format(enum.StrEnum):
    TEXT = "text"
    HTML = "html"
    RSS = "rss"
    SHORT = "short"


class Language(enum.StrEnum):
    RU = "ru"
    EN = "en"


def notice(
    day: str = typer.Option(None, "--day", help="As it is on that day, like 2026-12-01 (default: today)."),
    language: Language | None = typer.Option(
        None, "--language", help="In which language (default: that of sbyt.toml)."
    ),
    format: Format = typer.Option(
        Format.TEXT, "--format", help="For a site's editor, as a fragment of a page, as a feed, or for a messenger."
    ),
    out: Path | None = typer.Option(None, "--out", help="The file to write it to (default: standard output)."),
) -> None:
    """Write the notice to customers: what ended and why, what is coming, where to send readings and until when."""
    from django.conf import settings

    from sbyt.messaging.statuses import read_statuses
    from sbyt.usecases.channel_notice import channel_notice

    sbyt = settings.SBYT
    on = _day(day) if day else dt.datetime.now(sbyt.zone).date()
    written = channel_notice(read_statuses(sbyt), sbyt, on, language or sbyt.language)
    text = _in_format(written, format)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)
    for warning in _warnings(written, format, text):
        typer.echo(warning, err=True)


def _day(text: str) -> dt.date:
    from sbyt.usecases.channel_notice import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} не день; нужен, например, 2026-12-01", param_hint="--day") from error


def _in_format(written: Notice, wanted: Format) -> str:
    from sbyt.usecases.channel_notice import UnableToWriteFeed

    try:
        found: str = getattr(written, wanted)
    except UnableToWriteFeed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    return found


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        typer.echo(f"Файл {out} не записан: {error.strerror}. Проверьте папку и права.", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"Записано: {out}")


def _warnings(written: Notice, wanted: Format, text: str) -> list[str]:
    told = [f"По-английски не сказано, осталось по-русски: «{one}»" for one in written.said.untranslated]
    if told:
        told.append("Как это сказать, напишите в [notice.english] в sbyt.toml.")
    if wanted is Format.SHORT and len(text) > _LONGEST_POST:
        told.append(f"Знаков {len(text)}: в одно сообщение мессенджера входит {_LONGEST_POST}.")
    return told
