"""``sbyt outbox``: what waits, what did not arrive and why, and what to do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence

import typer
from django.conf import settings as django_settings

from sbyt.core.settings import Settings
from sbyt.messaging import channel as port
from sbyt.messaging.delivery import EXPIRED, LEASE_EXPIRED
from sbyt.messaging.masking import masked_recipient
from sbyt.messaging.models import Pace
from sbyt.messaging.numbers import short_number
from sbyt.messaging.outbox import State
from sbyt.messaging.outbox_lists import ChannelQueue, Unsent, queues, troubles, unsent
from sbyt.usecases.mend_outbox import UnableToMend, drop, send_again

_LISTED = 50

_COLUMNS = {
    State.WAITING: "ждут",
    State.SENDING: "в пути",
    State.UNCERTAIN: "неясно",
    State.FAILED: "отказ",
    State.EXPIRED: "опоздали",
}

#: Why a message did not arrive, or a channel can't send, by the code of the result.
WHY = {
    port.Unreachable.code: "нет связи с провайдером",
    port.Throttled.code: "провайдер просит подождать",
    port.ProviderFailed.code: "у провайдера ошибка",
    port.NotAuthorised.code: "провайдер не принимает наш ключ",
    port.Uncertain.code: "провайдер не ответил вовремя, неизвестно, дошло ли",
    port.RecipientGone.code: "адресат недоступен в этом канале",
    port.MessageRefused.code: "провайдер отказался передать",
    port.CannotCarry.code: "канал не умеет передать такое сообщение",
    port.DocumentMissing.code: "документ к сообщению не открывается",
    LEASE_EXPIRED: "отправка прервалась, неизвестно, дошло ли",
    EXPIRED: "не удалось отправить в срок",
}


def connected() -> Collection[str] | None:
    """The channels that can send; None where one is set up wrongly, of which the doctor tells."""
    try:
        found: Collection[str] = django_settings.CONNECTED_CHANNELS().keys()
    except ValueError:
        return None
    return found


def unconnected(found: Sequence[ChannelQueue], channels: Collection[str] | None) -> list[str]:
    """The channels in which messages wait that nobody sends."""
    if channels is None:
        return []
    return [queue.channel for queue in found if queue.count(State.WAITING) and queue.channel not in channels]


def show(settings: Settings, channels: Collection[str] | None) -> int:
    """Print how many messages are in which state, which channels can't send, and what did not arrive.

    :param channels: those that can send, where that is known.

    :returns: the exit status.
    """
    now = dt.datetime.now(dt.UTC)
    found = queues(now)
    if not found:
        typer.echo("Исходящие: ничего не ждёт, всё доставлено.")
        return 0
    for line in _table(found, settings, now):
        typer.echo(line)
    for pace in troubles():
        typer.echo(f"\n{trouble(pace, settings)}.")
    for code in unconnected(found, channels):
        typer.echo(f"\nКанал {code} не подключён: что в нём ждёт, уйдёт, когда его подключат.")
    listed = unsent(_LISTED + 1)
    if listed:
        typer.echo("\nНе дошли, или неизвестно:" + (f" последние {_LISTED}" if len(listed) > _LISTED else ""))
        for one in listed[:_LISTED]:
            typer.echo(_told(one, settings))
        typer.echo("\nОтправить снова: sbyt outbox --retry НОМЕР. Снять со списка: sbyt outbox --drop НОМЕР.")
    return 0


def mend(again: Sequence[int], dropped: Sequence[int]) -> int:
    """Send messages again, or drop them; each by itself, whatever becomes of the others.

    :returns: the exit status: 1 if any could not be.
    """
    now = dt.datetime.now(dt.UTC)
    told = [*_mended(again, send_again, "снова в очереди", now), *_mended(dropped, drop, "снято", now)]
    return 0 if all(told) else 1


def _mended(
    numbers: Sequence[int], do: Callable[[int, dt.datetime], None], done: str, now: dt.datetime
) -> Iterator[bool]:
    for number in numbers:
        try:
            do(number, now)
        except UnableToMend as error:
            typer.echo(str(error), err=True)
            yield False
        else:
            typer.echo(f"Сообщение {number}: {done}.")
            yield True


def _table(found: Sequence[ChannelQueue], settings: Settings, now: dt.datetime) -> Iterator[str]:
    yield "канал".ljust(16) + "".join(word.rjust(10) for word in _COLUMNS.values()) + "  дольше всех ждёт"
    for queue in found:
        counts = "".join(str(queue.count(state)).rjust(10) for state in _COLUMNS)
        waits = f"  {_moment(queue.oldest, settings)} ({_length(now - queue.oldest)})" if queue.oldest else ""
        yield f"{queue.channel:<16}{counts}{waits}"


def trouble(pace: Pace, settings: Settings) -> str:
    """What keeps a channel from sending, and since when."""
    since = f" с {_moment(pace.trouble_since, settings)}" if pace.trouble_since else ""
    return f"Канал {pace.channel}: {WHY.get(pace.trouble, pace.trouble)}{since}"


def _told(one: Unsent, settings: Settings) -> str:
    why = WHY.get(one.why, one.why) + (f" ({one.said})" if one.said else "")
    answers = f", ответ на {short_number(one.in_reply_to)}" if one.in_reply_to else ""
    return (
        f"{one.id}  {one.channel}  {masked_recipient(one.recipient)}  {one.purpose}{answers}  "
        f"{_moment(one.at, settings)}  {_COLUMNS[State(one.state)]}: {why}"
    )


def _moment(at: dt.datetime | None, settings: Settings) -> str:
    return f"{at.astimezone(settings.zone):%d.%m.%Y %H:%M}" if at else ""


def _length(waited: dt.timedelta) -> str:
    minutes = int(waited.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} мин"
    return f"{minutes // 60} ч {minutes % 60} мин" if minutes < 48 * 60 else f"{minutes // 1440} дн"
