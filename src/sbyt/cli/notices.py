"""``sbyt notices``: what is told to many: prepared, looked at, tried, approved by a second person, paused."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from sbyt.cli.terminal import staff_name

if TYPE_CHECKING:
    from sbyt.core.settings import Settings
    from sbyt.messaging.channel import Channel
    from sbyt.notices.models import Campaign
    from sbyt.notices.numbers import Cost
    from sbyt.usecases.mass_notices import Plan

app = typer.Typer(
    name="notices", no_args_is_help=True, help="Tell many: that a channel was withdrawn, or in your own words."
)

_NUMBER = typer.Argument(help="The notice's number.", metavar="N")
_BY = typer.Option(None, "--by", metavar="NAME", help="Who decides; by default who is logged in.")


@app.command()
def prepare(
    withdrawn: str = typer.Option("", metavar="CHANNEL", help="Tell those who used this channel in the last 6 months."),
    text_ru: str = typer.Option("", metavar="TEXT", help="Or your own words, in Russian;"),
    text_en: str = typer.Option("", metavar="TEXT", help="and in English."),
    short_ru: str = typer.Option("", metavar="TEXT", help="The same for an SMS, where it is longer than 134 letters;"),
    short_en: str = typer.Option("", metavar="TEXT", help="and in English."),
    to_all: bool = typer.Option(False, "--to-all", metavar="", help="Your words go to the holders of all accounts,"),
    who: Path | None = typer.Option(None, metavar="FILE", help="or of the accounts in this file, a number a line."),
    until: str = typer.Option(None, metavar="DAY", help="The last day on which it is sent, like 2026-11-25."),
    per_hour: int = typer.Option(None, metavar="NUMBER", help="No more than so many an hour."),
    evenly_until: str = typer.Option(None, metavar="TIME", help="Spread evenly until then, like 2026-11-24T18:00."),
    begin: str = typer.Option(None, metavar="TIME", help="Nothing goes before this local time."),
    by: str = _BY,
) -> None:
    """Find out who is told what and where, and what it costs. Nothing is sent by this."""
    from sbyt.usecases.mass_notices import UnableToPrepare, Who, own_words, prepare_own, prepare_withdrawn

    settings, connected, now = _around()
    chosen = _plan(settings, until, per_hour, evenly_until, begin)
    author = Who(staff_name(by))
    with _told(UnableToPrepare):
        if withdrawn:
            if to_all or who is not None or text_ru or text_en:
                raise typer.BadParameter(
                    "--withdrawn само знает, кому и что сказать: уберите свой текст, --to-all и --who"
                )
            campaign = prepare_withdrawn(withdrawn, chosen, author, settings, connected, now)
        else:
            if to_all == (who is not None):
                raise typer.BadParameter("назовите, кому: --withdrawn КАНАЛ, --to-all или --who ФАЙЛ")
            words = own_words(text_ru, text_en, short_russian=short_ru, short_english=short_en)
            accounts = None if who is None else _lines(who)
            campaign = prepare_own(words, accounts, chosen, author, settings, connected, now)
    _show(campaign, settings)


@app.command(name="list")
def list_() -> None:
    """Show all mass notices, the newest first."""
    from sbyt.notices.models import Campaign
    from sbyt.usecases.mass_notices import STATES

    settings, _, _ = _around()
    rows = list(Campaign.objects.order_by("-id")[:50])
    for one in rows:
        typer.echo(f"{one.pk}  {_moment(one.prepared_at, settings)}  {_named(one)}: {STATES[one.state]}")
    if not rows:
        typer.echo("Уведомлений нет. Подготовить: sbyt notices prepare --withdrawn КАНАЛ")


@app.command()
def show(number: int = _NUMBER) -> None:
    """Show a notice: how far it has come, by channel, what it costs, what people read."""
    from sbyt.notices.models import Campaign

    settings, _, _ = _around()
    campaign = Campaign.objects.filter(id=number).first()
    if campaign is None:
        typer.echo(f"Уведомления {number} нет. Какие есть: sbyt notices list", err=True)
        raise typer.Exit(2)
    _show(campaign, settings)


@app.command(name="try")
def try_(
    number: int = _NUMBER,
    to: str = typer.Option(..., metavar="CHANNEL:ADDRESS", help="Where you read it, like sms:+79120000000."),
    english: bool = typer.Option(False, "--english", metavar="", help="In English."),
    by: str = _BY,
) -> None:
    """Send it to yourself, as people will read it there. Nobody else gets it."""
    from sbyt.usecases.mass_notices import UnableToDecide, Who, try_out

    settings, connected, now = _around()
    channel, _, address = to.partition(":")
    if not address:
        raise typer.BadParameter("нужны канал и адрес, например sms:+79120000000", param_hint="--to")
    with _told(UnableToDecide):
        language = "en" if english else "ru"
        text = try_out(number, channel, address, language, Who(staff_name(by)), settings, now, connected)
    typer.echo(f"Отправлено вам: «{text}»")


@app.command()
def approve(number: int = _NUMBER, by: str = _BY) -> None:
    """Let it go. Whoever prepared it can't."""
    from sbyt.usecases.mass_notices import UnableToDecide, Who
    from sbyt.usecases.mass_notices import approve as let_go

    settings, _, now = _around()
    with _told(UnableToDecide):
        let_go(number, Who(staff_name(by)), settings, now)
    typer.echo(f"Уведомление {number} одобрено: его отправляет sbyt work. Приостановить: sbyt notices pause {number}")


@app.command()
def pause(number: int = _NUMBER, by: str = _BY) -> None:
    """Let nothing more of it go, until it is resumed."""
    from sbyt.usecases.mass_notices import pause as hold

    _decide(hold, number, by)
    typer.echo(f"Уведомление {number} приостановлено. Продолжить: sbyt notices resume {number}")


@app.command()
def resume(number: int = _NUMBER, by: str = _BY) -> None:
    """Let it go on."""
    from sbyt.usecases.mass_notices import resume as go_on

    _decide(go_on, number, by)
    typer.echo(f"Уведомление {number} отправляется дальше.")


@app.command()
def stop(number: int = _NUMBER, by: str = _BY) -> None:
    """End it for good."""
    from sbyt.usecases.mass_notices import stop as end

    _decide(end, number, by)
    typer.echo(f"Уведомление {number} остановлено, больше по нему ничего не уйдёт.")


@app.command()
def unreached(
    number: int = _NUMBER,
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help="Write there, not to standard output."),
) -> None:
    """Write who was not told and why, as CSV: a list for the contact centre."""
    from sbyt.notices.models import Campaign

    campaign = Campaign.objects.filter(id=number).first()
    if campaign is None:
        typer.echo(f"Уведомления {number} нет. Какие есть: sbyt notices list", err=True)
        raise typer.Exit(2)
    if out is None:
        write_not_told(campaign, sys.stdout)
        return
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            count = write_not_told(campaign, file)
    except OSError as error:
        typer.echo(f"Файл {out} не записан: {error.strerror}.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Записано строк: {count}, файл {out}")


def write_not_told(campaign: Campaign, file: IO[str]) -> int:
    """Write who was not told, a line an account, however many there are; tell how many lines."""
    from sbyt.notices.lists import csv_rows

    written, count = csv.writer(file, lineterminator="\n"), -1  # the head is no line of its own
    for row in csv_rows(campaign, "ru"):
        written.writerow(row)
        count += 1
    return count


# parts ----------------------------------------------------------------------------------------------------------------


def _around() -> tuple[Settings, Mapping[str, Channel], dt.datetime]:
    from django.conf import settings

    return settings.SBYT, settings.CONNECTED_CHANNELS(), dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def _told(kind: type[ValueError]) -> Iterator[None]:
    """Say what could not be done in a line."""
    try:
        yield
    except kind as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _decide(what: Any, number: int, by: str | None) -> None:
    from sbyt.usecases.mass_notices import UnableToDecide, Who

    _, _, now = _around()
    with _told(UnableToDecide):
        what(number, Who(staff_name(by)), now)


def _plan(
    settings: Settings, until: str | None, per_hour: int | None, evenly_until: str | None, begin: str | None
) -> Plan:
    from sbyt.usecases.mass_notices import Plan

    try:
        day = dt.date.fromisoformat(until) if until else None
    except ValueError as error:
        raise typer.BadParameter(f"{until!r} не день; нужен, например, 2026-11-25", param_hint="--until") from error
    return Plan(day, _time(begin, settings, "--begin"), per_hour, _time(evenly_until, settings, "--evenly-until"))


def _time(text: str | None, settings: Settings, option: str) -> dt.datetime | None:
    try:
        local = dt.datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} не время; нужно, например, 2026-11-24T18:00", param_hint=option) from error
    return None if local is None else local.replace(tzinfo=local.tzinfo or settings.zone).astimezone(dt.UTC)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} не прочитать: {error}", param_hint="--who") from error


def _show(campaign: Campaign, settings: Settings) -> None:
    from sbyt.notices.lists import ENDS
    from sbyt.notices.numbers import costs, counts, totals
    from sbyt.usecases.mass_notices import STATES

    by_channel = counts(campaign)
    all_together = totals(by_channel)
    typer.echo(f"Уведомление {campaign.pk}. {_named(campaign)}: {STATES[campaign.state]}")
    for step in campaign.steps.order_by("id"):
        typer.echo(f"  {_moment(step.at, settings)}  {_STEPS[step.what]}: {step.by}")
    typer.echo(
        f"Всего людей: {sum(all_together.values())}. Отправлять до {_last_day(campaign, settings)}{_pace(campaign)}."
    )
    for end, word in ENDS["ru"].items():
        channels = {code: count for (code, known), count in by_channel.items() if known == end and code}
        among = ", ".join(f"{_title(code, settings)} {count}" for code, count in sorted(channels.items()))
        if total := sum(count for (_, known), count in by_channel.items() if known == end):
            typer.echo(f"  {word}: {total}" + (f" ({among})" if among else ""))
    if campaign.already_there and campaign.state in ("prepared", "approved"):
        typer.echo(f"  из них показания уже есть у {campaign.already_there}: если не отменят, им не уйдёт")
    for line in _costs(costs(campaign, settings), settings):
        typer.echo(line)
    for language, texts in campaign.texts.items():
        typer.echo(f"{_LANGUAGES[language]}: «{texts['text']}»")
        if texts["short"] != texts["text"]:
            typer.echo(f"{_LANGUAGES[language]}, SMS: «{texts['short']}»")
    if campaign.state == "prepared":
        typer.echo(f"Попробуйте на себе: sbyt notices try {campaign.pk} --to КАНАЛ:АДРЕС")
        typer.echo(f"Одобряет другой человек: sbyt notices approve {campaign.pk} --by ИМЯ")


_LANGUAGES = {"ru": "По-русски", "en": "По-английски"}
_STEPS = {
    "prepared": "подготовлено",
    "tried": "проба на себе",
    "approved": "одобрено",
    "paused": "приостановлено",
    "resumed": "продолжено",
    "stopped": "остановлено",
}
_KINDS = {"withdrawn": "Закрыт {title}", "own": "«{title}»", "reminder": "Напоминания {title}"}


def _named(campaign: Campaign) -> str:
    return _KINDS[campaign.kind].format(title=campaign.title)


def _title(code: str, settings: Settings) -> str:
    described = settings.channels.get(code)
    return described.title if described else code


def _costs(found: list[Cost], settings: Settings) -> Iterator[str]:
    from sbyt.core.money import roubles

    for one in found:
        parts = f", это {one.parts} SMS" if one.parts != one.messages else ""
        price = "цена не указана" if one.kopecks is None else f"не больше {roubles(one.kopecks)} ₽"
        yield f"  стоимость, {_title(one.channel, settings)}: {one.messages} сообщений{parts}, {price}"


def _pace(campaign: Campaign) -> str:
    return f", не больше {campaign.per_hour} в час" if campaign.per_hour else ""


def _last_day(campaign: Campaign, settings: Settings) -> str:
    return f"{(campaign.until - dt.timedelta(seconds=1)).astimezone(settings.zone):%d.%m.%Y} включительно"


def _moment(at: dt.datetime, settings: Settings) -> str:
    return f"{at.astimezone(settings.zone):%d.%m.%Y %H:%M}"
