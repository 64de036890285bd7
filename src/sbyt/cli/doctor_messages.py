"""What ``sbyt doctor`` says of inbox, outbox and those who work on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sbyt.cli.doctor import Finding
from sbyt.cli.doctor import State as Seriousness
from sbyt.cli.outbox import connected, trouble, unconnected
from sbyt.core.settings import Settings
from sbyt.messaging import workers
from sbyt.messaging.health import HealthState
from sbyt.messaging.health_rows import unwell
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.outbox import State
from sbyt.messaging.outbox_lists import UNSENT, queues, troubles
from sbyt.notices.health_words import said_health, said_reason


def examined_messages(sbyt: Settings, now: dt.datetime) -> Iterator[Finding]:
    """Whether what waits is being worked on, which channels can't send, and what did not arrive."""
    found = queues(now)
    incoming = InboundMessage.objects.filter(handled_at=None).count()
    outgoing = sum(queue.count(State.WAITING) + queue.count(State.SENDING) for queue in found)
    yield _work(incoming, outgoing, now)
    for pace in troubles():
        yield Finding("отправка", Seriousness.MEND, f"{trouble(pace, sbyt)}; проверьте ключ и адрес канала и связь")
    yield from _health(sbyt, now)
    if silent := unconnected(found, connected()):
        said = f"ждут сообщения, а канал не подключён: {', '.join(silent)}"
        yield Finding("связь", Seriousness.NOTICE, said)
    lost = sum(queue.count(state) for queue in found for state in UNSENT)
    if lost:
        said = f"не дошли, или неизвестно: {lost}; посмотрите: sbyt outbox"
        yield Finding("исходящие", Seriousness.NOTICE, said)


def _health(sbyt: Settings, now: dt.datetime) -> Iterator[Finding]:
    """What the checks of ``sbyt work`` found; nothing where all is well, or nobody checks."""
    for one in unwell(connected() or (), now):
        seriousness = Seriousness.MEND if one.state is HealthState.DOWN else Seriousness.NOTICE
        said = [" ".join(said_reason(reason, "ru", sbyt.zone)) for reason in one.reasons]
        title = sbyt.channels[one.channel].title if one.channel in sbyt.channels else one.channel
        yield Finding("здоровье", seriousness, f"{title}: {said_health(one.state, 'ru')}. {' '.join(said)}")


def _work(incoming: int, outgoing: int, now: dt.datetime) -> Finding:
    waits = f"ждут: входящих {incoming}, исходящих {outgoing}"
    seen = workers.last_seen()
    if seen and seen > now - workers.SILENT:
        return Finding("работа", Seriousness.WELL, f"sbyt work запущен; {waits}")
    if incoming or outgoing:
        return Finding("работа", Seriousness.MEND, f"{waits}, а обрабатывать некому: запустите sbyt work")
    return Finding("работа", Seriousness.NOTICE, "sbyt work не запущен; пока ничего не ждёт")
