"""What must hold once the faults are over: the same promises that the simulation holds our code to."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict

from sbyt.messaging.models import Delivery, InboundMessage, OutboundMessage
from sbyt.readings.models import Cancellation, Reading
from tests.faults.outside import Posted, Site

_UNKNOWN = ("uncertain", "lease_expired")


def wait_until_handled(seconds: float = 60) -> None:
    """Wait until the workers have handled all that is stored."""
    until = time.monotonic() + seconds
    while InboundMessage.objects.filter(handled_at=None).exists():
        assert time.monotonic() < until, list(InboundMessage.objects.filter(handled_at=None).values())
        time.sleep(0.1)


def wait_until_sent(seconds: float = 60) -> None:
    """Wait until the workers have sent all that waits in the channel that is connected."""
    until = time.monotonic() + seconds
    left = OutboundMessage.objects.filter(channel="webform", state__in=("waiting", "sending"))
    while left.exists():
        assert time.monotonic() < until, f"still wait: {list(left.values())}"
        time.sleep(0.1)


def leases_run_out() -> None:
    """As if the two minutes had passed for which a killed worker holds what it was sending."""
    OutboundMessage.objects.filter(state="sending").update(leased_until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    OutboundMessage.objects.filter(state="waiting").update(send_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def all_kept(posted: Posted, site: Site) -> None:
    """The set acknowledged is the set stored; each is handled once, answered once, and the answer arrived."""
    stored = dict(InboundMessage.objects.values_list("provider_id", "text"))
    assert posted.acknowledged == stored.keys() == posted.written.keys()
    assert {id_: text.replace("\x00", "") for id_, text in posted.written.items()} == stored
    _answered_once(posted, site)
    _sent_in_order(site)
    _no_reading_twice()


def _answered_once(posted: Posted, site: Site) -> None:
    assert not InboundMessage.objects.filter(handled_at=None).exists()
    answers = OutboundMessage.objects.filter(purpose="answer").values_list("in_reply_to__provider_id", flat=True)
    assert Counter(answers) == Counter(dict.fromkeys(posted.written, 1))
    unsent = OutboundMessage.objects.filter(channel="webform").exclude(state__in=("delivered", "uncertain"))
    assert not unsent.exists(), list(unsent.values("id", "state", "attempts"))
    times = site.times()
    for outbound in OutboundMessage.objects.filter(channel="webform").select_related("in_reply_to"):
        name = f"sbyt-{outbound.id}"
        unknown = Delivery.objects.filter(outbound=outbound, result__in=_UNKNOWN).exists()
        shown = outbound.in_reply_to is not None and outbound.in_reply_to.provider_id in posted.shown
        assert times[name] or shown or not outbound.attempts or unknown, f"{name} never arrived"
        assert times[name] <= (2 if unknown and outbound.kind == 1 else 1), f"{name} arrived {times[name]} times"


def _sent_in_order(site: Site) -> None:
    """The answers to one person arrive in the order in which they were written, each for the first time."""
    answers = {f"sbyt-{id_}" for id_ in OutboundMessage.objects.filter(kind=1).values_list("id", flat=True)}
    lines: dict[str, list[int]] = defaultdict(list)
    for name, recipient in dict.fromkeys(site.got):
        if name in answers:
            lines[recipient].append(int(name.removeprefix("sbyt-")))
    for recipient, line in lines.items():
        log = (
            Delivery.objects.filter(outbound_id__in=line)
            .order_by("id")
            .values_list("outbound_id", "began_at", "result")
        )
        assert line == sorted(line), f"{recipient}: {line}; {list(log)}"


def _no_reading_twice() -> None:
    """No message gives a register two readings, and no values are stored that count for their period already."""
    cancelled = set(Cancellation.objects.values_list("reading_id", flat=True))
    groups: dict[tuple[int, int], list[Reading]] = defaultdict(list)
    rows = Reading.objects.filter(message__isnull=False).select_related("register").order_by("id")
    for reading in rows:
        groups[reading.message_id, reading.register.meter_id].append(reading)  # type: ignore[index]
    before: dict[tuple[int, int], list[Reading]] = defaultdict(list)
    for (_, meter), group in groups.items():
        registers = [reading.register_id for reading in group]
        assert len(registers) == len(set(registers)), f"a message gave one register two readings: {group}"
        period = before[meter, group[0].period]
        given = {one.register_id: {one.value} for one in group}
        assert given != _may_have_counted(period, cancelled), f"taken twice: {group}"
        period += group


def _may_have_counted(readings: list[Reading], cancelled: set[int]) -> dict[int, set[int]]:
    """For each register every value that may have counted when these were all that was handed in.

    Nothing stored tells whether one was taken back before or after the next came: a worker reads its clock before it
    waits for its turn. So what was ever taken back counts in one case, and what lies under it in the other.
    """
    values: dict[int, set[int]] = {}
    for one in sorted(readings, key=lambda one: (one.received_at, one.id)):
        under = values.get(one.register_id, set()) if one.id in cancelled else set()
        values[one.register_id] = under | {one.value}
    return values
