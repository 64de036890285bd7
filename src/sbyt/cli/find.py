"""``sbyt find``: what a short number in an answer stands for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import typer

from sbyt.accounts.models import Link
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.core.units import from_units
from sbyt.messaging.masking import masked_recipient
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.numbers import link_number, short_number
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.find_message import FoundLink, FoundMessage, find

_STATES = {
    "waiting": "ждёт отправки",
    "sending": "отправляется",
    "delivered": "доставлено",
    "uncertain": "неизвестно, дошло ли",
    "failed": "не доставлено",
    "expired": "устарело, не отправлено",
}
_PURPOSES = {
    "answer": "ответ",
    "asked_again": "переспросили",
    "owner_told": "владельцу",
}
_HOW = {
    "on_file": "из файла",
    "bill_code": "по коду с квитанции",
    "one_time_code": "по одноразовому коду",
    "staff": "сотрудником",
}

Line = tuple[str, str]


def run_find(number: str, settings: Settings, *, full: bool) -> int:
    """Show what a number stands for. The exit status is 1 where it stands for nothing."""
    found = find(number)
    if found is None:
        typer.echo(
            f"По номеру {number} ничего нет. Он стоит в конце каждого ответа, например «№ 24K7». Проверьте знаки.",
            err=True,
        )
        return 1
    shown = _Shown(settings.zone, settings, full=full)
    for what, said in shown.link(found) if isinstance(found, FoundLink) else shown.message(found):
        typer.echo(f"{what:<13}{said}" if what else said)
    return 0


class _Shown:
    """What was found, line by line; senders and recipients masked unless all is to be shown."""

    def __init__(self, zone: ZoneInfo, settings: Settings, *, full: bool) -> None:
        self._zone = zone
        self._channels = settings.channels
        self._full = full

    def message(self, found: FoundMessage) -> Iterator[Line]:
        message = found.message
        yield "", f"Сообщение № {short_number(message.pk)}"
        yield "пришло", self._time(message.received_at)
        yield "от", f"{self._title(message.channel)}, {self._who(message.sender)}"
        yield "текст", _on_one_line(message.text)
        if message.handled_at is None:
            tried = f", неудачных попыток: {message.attempts}" if message.attempts else ""
            yield "обработка", f"ещё ждёт{tried}"
        elif message.result:
            reason = message.result.get("reason")
            yield "понято", message.result["outcome"] + (f" ({reason})" if reason else "")
        yield from self._said(found.said)
        for reading in found.readings:
            yield "показание", self._reading(reading)
        for task in found.tasks:
            yield "сотрудникам", self._task(task)
        if found.open_question and found.open_question.to_staff_at:
            yield "вопрос", f"ждёт ответа до {self._time(found.open_question.to_staff_at)}"

    def link(self, found: FoundLink) -> Iterator[Line]:
        link = found.link
        yield "", f"Связь № {link_number(link.pk)}"
        yield "счёт", link.account.number
        chat = link.kind == Link.Kind.CHAT
        code, _, sender = link.address.partition(":") if chat else ("", "", link.address)
        yield "кто", f"{self._title(code)}, {self._who(sender)}" if chat else self._who(sender)
        by = f" ({link.made_by})" if link.made_by else ""
        yield "сделана", f"{self._time(link.made_at)} {_HOW[link.how]}{by}"
        if link.ended_at:
            yield "закончена", self._time(link.ended_at) + (f" ({link.ended_by})" if link.ended_by else "")
        yield from self._said(found.said)

    def _said(self, messages: Sequence[OutboundMessage]) -> Iterator[Line]:
        for one in messages:
            to = "" if one.purpose == "answer" else f"{self._title(one.channel)}, {self._who(one.recipient)}: "
            yield _PURPOSES.get(one.purpose, one.purpose), f"{to}{_on_one_line(one.text)}"
            if one.document:
                yield "", f"{'':<13}приложен документ: {one.document}"
            when = f" {self._time(one.delivered_at)}" if one.delivered_at else ""
            yield "", f"{'':<13}{_STATES[one.state]}{when}"
            for delivery in one.deliveries.all():
                said = f": {delivery.said}" if delivery.said else ""
                yield "", f"{'':<13}попытка {self._time(delivery.began_at)} {delivery.result}{said}"

    def _reading(self, reading: Reading) -> str:
        meter = reading.register.meter
        value = from_units(reading.value, meter.decimals, trim=True)
        said = (
            f"счёт {meter.account.number}, {meter.serial} {reading.register.zone} {value} за {Period(reading.period)}"
        )
        cancelled = getattr(reading, "cancellation", None)
        return f"{said}, отменено {self._time(cancelled.at)}" if cancelled else said

    def _task(self, task: StaffTask) -> str:
        account = f", счёт {task.account.number}" if task.account else ""
        closed = f"закрыто {self._time(task.closed_at)} ({task.closed_by})" if task.closed_at else "ждёт"
        return f"{task.reason}{account}, {closed}"

    def _title(self, code: str) -> str:
        return self._channels[code].title if code in self._channels else code

    def _who(self, address: str) -> str:
        return address if self._full else masked_recipient(address)

    def _time(self, moment: dt.datetime) -> str:
        return f"{moment.astimezone(self._zone):%d.%m.%Y %H:%M:%S}"


def _on_one_line(text: str) -> str:
    return " / ".join(filter(None, map(str.strip, text.splitlines())))
