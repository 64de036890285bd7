"""``sbyt channels``: how each way to hand in readings is doing, and how that changes."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import typer

from sbyt.cli.notice import notice
from sbyt.cli.terminal import staff_name

if TYPE_CHECKING:
    from sbyt.core.settings import Settings, WaySettings
    from sbyt.messaging.health_rows import Checked
    from sbyt.messaging.models import ChannelStatus
    from sbyt.usecases.channels import Change, Changed

app = typer.Typer(
    name="channels", no_args_is_help=True, help="Show and change the state of the ways to hand in readings."
)

#: Each state in a word; its sign stands before it.
_WORDS = {
    "open": "открыт",
    "unstable": "работает с перебоями",
    "withdrawn": "закрыт",
    "planned": "скоро",
}

_NAME = typer.Argument(help="The way's code: a channel, or a key of \\[ways] in sbyt.toml.")
_SINCE = typer.Option(None, "--since", help="From which day on, like 2026-12-01 (default: today).")
_WHY = typer.Option(None, "--why", help="Why; customers read it.")
_ADDRESS = typer.Option(None, "--address", help="Where to send, as customers read it.")
_TITLE = typer.Option(None, "--title", help="How customers read it called.")
_DAYS = typer.Option(None, "--days", help="On which days of the month it takes readings, like 18-20.")
_NOTE = typer.Option(None, "--note", help="A sentence of your own for those who use it.")
_FOOTNOTE = typer.Option(None, "--footnote", help="What must be told wherever its name is, marked with an asterisk.")
_BY = typer.Option(None, "--by", help="Who decided it (default: your login name).")


@app.command(name="list")
def list_(
    history: str = typer.Option(None, "--history", metavar="NAME", help="Everything that was ever entered of one way."),
) -> None:
    """Show all ways with their state, address and days, and what is to come."""
    from django.conf import settings

    now = dt.datetime.now(dt.UTC)
    connected = settings.CONNECTED_CHANNELS()
    simulated = {code for code, channel in connected.items() if channel.simulated}
    lines = _history(history, settings.SBYT) if history else _listed(settings.SBYT, connected, simulated, now)
    for line in lines:
        typer.echo(line)


@app.command(name="open")
def open_(
    name: str = _NAME, since: str = _SINCE, why: str = _WHY, address: str = _ADDRESS, title: str = _TITLE,
    days: str = _DAYS, note: str = _NOTE, footnote: str = _FOOTNOTE, by: str = _BY,
) -> None:  # fmt: skip
    """It takes readings, and answers name it."""
    said = _Said(why, address, title, note, footnote)
    _change("open", name, since, days, said, by)


@app.command()
def unstable(
    name: str = _NAME, since: str = _SINCE, why: str = _WHY, address: str = _ADDRESS, title: str = _TITLE,
    days: str = _DAYS, note: str = _NOTE, footnote: str = _FOOTNOTE, by: str = _BY,
) -> None:  # fmt: skip
    """It takes readings, but not at all times; answers say so."""
    said = _Said(why, address, title, note, footnote)
    _change("unstable", name, since, days, said, by)


@app.command()
def withdraw(
    name: str = _NAME, since: str = _SINCE, why: str = _WHY, address: str = _ADDRESS, title: str = _TITLE,
    days: str = _DAYS, note: str = _NOTE, footnote: str = _FOOTNOTE, by: str = _BY,
) -> None:  # fmt: skip
    """It takes no readings any more; who writes there learns where to send them."""
    said = _Said(why, address, title, note, footnote)
    _change("withdrawn", name, since, days, said, by)


@app.command()
def plan(
    name: str = _NAME, since: str = _SINCE, why: str = _WHY, address: str = _ADDRESS, title: str = _TITLE,
    days: str = _DAYS, note: str = _NOTE, footnote: str = _FOOTNOTE, by: str = _BY,
) -> None:  # fmt: skip
    """It is being made ready: answers don't name it; what is sent there is taken."""
    said = _Said(why, address, title, note, footnote)
    _change("planned", name, since, days, said, by)


@app.command()
def register(
    code: str = typer.Argument(metavar="CHANNEL", help="The channel's code, like telegram."),
) -> None:
    """Tell the channel's provider how to reach us: to post to our address, or to wait until asked."""
    from django.conf import settings

    from sbyt.messaging.channel import UnableToRegister, UnableToSend
    from sbyt.messaging.masking import masked

    channel = settings.CONNECTED_CHANNELS().get(code)
    if channel is None:
        typer.echo(f"Канал {code!r} не подключён. Подключены: {', '.join(settings.CONNECTED_CHANNELS())}.", err=True)
        raise typer.Exit(2)
    address = settings.SBYT.web.address
    try:
        typer.echo(asyncio.run(channel.register(f"{address}/in/{code}" if address else "")))
    except UnableToRegister as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except UnableToSend as error:
        where = "проверьте сеть, прокси и адрес провайдера в настройках канала: docs/channels"
        hint = error.staff_are_told or f"Провайдер не ответил как должен; {where}/{code}.md."
        typer.echo(f"Не получилось: {masked(str(error))}. {hint}", err=True)
        raise typer.Exit(1) from error


class _Said(NamedTuple):
    """What customers read of a way, as it was typed; None where nothing was."""

    why: str | None
    address: str | None
    title: str | None
    note: str | None
    footnote: str | None


def _change(state: str, code: str, since: str | None, days: str | None, said: _Said, by: str | None) -> None:
    from django.conf import settings

    from sbyt.core.settings import ChannelState
    from sbyt.usecases.channels import Change, UnableToChangeChannel, change_channel

    now = dt.datetime.now(dt.UTC)
    change = Change(code, ChannelState(state), staff_name(by), since=_day(since), days=_days(days), **said._asdict())
    try:
        changed = change_channel(change, settings.SBYT, now)
    except UnableToChangeChannel as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for line in _told(change, changed, settings.SBYT, now):
        typer.echo(line)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} не день; нужен, например, 2026-12-01", param_hint="--since") from error


def _days(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,2})\s*[-–]\s*(\d{1,2})\s*", text)
    if not found:
        raise typer.BadParameter(f"{text!r} не дни месяца; нужны, например, 18-20", param_hint="--days")
    return int(found[1]), int(found[2])


app.command(name="notice")(notice)


# in words ------------------------------------------------------------------------------------------------------------


def _told(change: Change, changed: Changed, settings: Settings, now: dt.datetime) -> list[str]:
    """What a change came to, and what customers read because of it."""
    from sbyt.usecases.channel_preview import takes_effect
    from sbyt.usecases.channels import example_answer, named_as

    after, today = changed.after, now.astimezone(settings.zone).date()
    if not changed.anew:
        return [f"Ничего не изменилось. {after.title}: {_state(after)}."]
    later = changed.since is not None and changed.since > today
    lines = [f"{after.title}: {_state(after)}. Было: {_named(changed.before.state)}."]
    if later:
        lines.append("Это начнёт действовать в тот день, до него всё по-прежнему.")
    if not changed.ways:
        lines.append("Внимание: теперь людям некуда отправить показания, ни один путь не открыт.")
    at = takes_effect(changed, settings, now)
    then = "тогда" if later else "теперь"
    if answer := example_answer(change.code, settings, at):
        lines.append(f"Там {then} ответят: «{answer}»")
    if not after.is_named:
        hidden = f"Людям {after.title} не называется, и в объявлении его нет"
        lines.append(f"{hidden}: public = false, или его раздела нет в sbyt.toml.")
    if named := named_as(change.code, settings, at):
        lines.append(f"В других местах его {then} назовут: «{named}»")
    lines += [_coming(row) for row in changed.coming if row.since != changed.since]
    return lines


def _listed(settings: Settings, connected: Collection[str], simulated: Collection[str], now: dt.datetime) -> list[str]:
    from sbyt.messaging.health_rows import checked
    from sbyt.messaging.statuses import read_statuses

    statuses, today = read_statuses(settings), now.astimezone(settings.zone).date()
    ways = statuses.ways(today)
    width = max(map(len, ways), default=0)
    lines, health = [], checked(connected, now)
    for code, way in ways.items():
        shown = "имитация, никому ничего не уходит" if code in simulated else ""
        hidden = "" if way.is_named else "людям не называется: public = false"
        known = (way.title, _state(way), shown, hidden, way.address, _own_days(way), way.note, _footnote(way.footnote))
        lines.append(f"{code:<{width}}  {'; '.join(filter(None, known))}")
        lines += [f"{'':<{width}}  {_coming(row)}" for row in statuses.coming(code, today)]
        if code in health:
            lines += [f"{'':<{width}}  {said}" for said in _health(health[code], settings)]
    return lines


def _health(one: Checked, settings: Settings) -> Iterator[str]:
    """How it is by measure, where there is a measure: why, and what to do."""
    from sbyt.notices.health_words import said_health, said_moment, said_reason

    if one.checked_at is None:
        return
    since = f" с {said_moment(one.since, settings.zone)}" if one.since and one.reasons else ""
    yield f"сейчас: {said_health(one.state, 'ru')}{since}"
    for reason in one.reasons:
        yield " ".join(("–", *said_reason(reason, "ru", settings.zone)))


def _history(code: str, settings: Settings) -> list[str]:
    from sbyt.usecases.channels import UnableToChangeChannel, history

    try:
        rows: Sequence[ChannelStatus] = history(code, settings)
    except UnableToChangeChannel as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    return [_entered(row, settings) for row in rows]


def _entered(row: ChannelStatus, settings: Settings) -> str:
    from sbyt.messaging.statuses import ALWAYS

    since = "" if row.since == ALWAYS else f" с {row.since:%d.%m.%Y}"
    days = f"дни {row.first_day}–{row.last_day}" if (row.first_day, row.last_day) != (1, 31) else ""
    known = (f"{_named(row.state)}{since}", row.why, row.title, row.address, days, row.note, _footnote(row.footnote))
    when = row.changed_at.astimezone(settings.zone)
    return f"{when:%d.%m.%Y %H:%M}  {row.changed_by}: {'; '.join(filter(None, known))}"


def _named(state: str) -> str:
    from sbyt.core.settings import ChannelState

    return f"{ChannelState(state).sign} {_WORDS[state]}"


def _state(way: WaySettings) -> str:
    since = f" с {way.since:%d.%m.%Y}" if way.since else ""
    return f"{_named(way.state)}{since}" + (f" ({way.why})" if way.why else "")


def _coming(row: ChannelStatus) -> str:
    return f"впереди: с {row.since:%d.%m.%Y} {_named(row.state)}" + (f" ({row.why})" if row.why else "")


def _own_days(way: WaySettings) -> str:
    return f"дни {way.first_day}–{way.last_day}" if (way.first_day, way.last_day) != (1, 31) else ""


def _footnote(text: str | None) -> str:
    return f"сноска: {text}" if text else ""
