"""What goes of an approved notice, when, and to whom no more."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sbyt.accounts.models import Link
from sbyt.core.settings import ChannelState, Quiet
from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import Channel, Unreachable
from sbyt.messaging.models import Delivery, OutboundMessage, Silence
from sbyt.messaging.pacing import Rate
from sbyt.notices.feeding import AHEAD, feed
from sbyt.notices.guarding import guard_of
from sbyt.notices.models import Addressee, Campaign
from sbyt.notices.numbers import End, counts, totals
from sbyt.readings.models import Cancellation, Reading
from sbyt.usecases import send_messages
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.mass_notices import UnableToDecide, Who, approve, pause, resume, stop, try_out
from sbyt.usecases.send_messages import send_waiting
from tests.notices.notice_world import (
    ANNA,
    BORIS,
    NOW,
    SETTINGS,
    StandIn,
    linked,
    prepared,
    read,
    stand_ins,
    town,
    wrote,
)
from tests.simulation.work import InLine
from tests.support.databases import FreshDatabase

ACCOUNT, OTHER, THIRD = "2000000001", "2000000002", "2000000003"
PHONES = {ACCOUNT: "+79120000701", OTHER: "+79120000702", THIRD: "+79120000703"}
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _town(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(send_messages, "_Loop", InLine)
    with fresh_database(town):
        Link.objects.all().delete()
        for number, phone in PHONES.items():
            linked(number, "phone", phone)
            wrote(phone)
        yield


def approved(**plan: Any) -> Campaign:
    campaign = prepared(**plan)
    approve(campaign.pk, BORIS, SETTINGS, NOW)
    return campaign


def fed(now: dt.datetime = NOW, channels: Mapping[str, Channel] | None = None) -> int:
    return feed(SETTINGS, channels or stand_ins(), now)


def sent(now: dt.datetime = NOW, channel: StandIn | None = None) -> list[str]:
    """Whom the SMS go to that are due."""
    sms = channel or StandIn("sms")
    send_waiting(sms, SETTINGS, lambda: now, guard=guard_of(SETTINGS))
    return [one.recipient for one in sms.sent]


def came_to(campaign: Campaign) -> dict[str, int]:
    return {end.value: count for end, count in totals(counts(campaign)).items() if count}


def test_nothing_goes_before_it_is_approved() -> None:
    prepared()
    assert fed() == 0


def test_once_approved_each_is_told_once_however_often_it_is_fed() -> None:
    campaign = approved()
    assert (fed(), fed()) == (3, 0)
    message = OutboundMessage.objects.order_by("id").first()
    assert message is not None
    assert (message.kind, message.purpose) == (OutboundMessage.Kind.ANNOUNCEMENT, "channel_withdrawn")
    assert message.text == campaign.texts["ru"]["short"]
    assert message.expires_at == dt.datetime(2026, 11, 25, 21, 0, tzinfo=dt.UTC)  # the end of the 25th in Moscow
    assert sorted(sent()) == sorted(PHONES.values())
    assert sent(NOW + HOUR) == []
    assert came_to(campaign) == {"sent": 3}


def test_it_is_finished_when_all_are_told() -> None:
    campaign = approved()
    for second in range(3):
        fed(NOW + dt.timedelta(seconds=second))
        sent(NOW + dt.timedelta(seconds=second))
    fed(NOW + dt.timedelta(seconds=3))
    campaign.refresh_from_db()
    assert campaign.state == "finished"


@pytest.mark.parametrize("who", [ANNA, Who("  анна "), Who("Анна П.", "anna"), Who("ANNA")])
def test_who_prepared_it_does_not_approve_it(who: Who) -> None:
    with pytest.raises(UnableToDecide, match="другой человек"):
        approve(prepared().pk, who, SETTINGS, NOW)


def test_whose_readings_are_there_by_then_is_not_told() -> None:
    campaign = approved()
    read(ACCOUNT)
    read(OTHER)
    Cancellation.objects.create(reading=Reading.objects.latest("id"), at=NOW, by="")
    fed()
    assert sorted(sent()) == sorted([PHONES[OTHER], PHONES[THIRD]])
    assert came_to(campaign) == {"sent": 2, "there": 1}


def test_nor_is_who_hands_in_while_the_message_waits() -> None:
    campaign = approved()
    fed()
    read(ACCOUNT)
    assert sorted(sent()) == sorted([PHONES[OTHER], PHONES[THIRD]])
    assert came_to(campaign) == {"sent": 2, "there": 1}
    message = OutboundMessage.objects.get(recipient=PHONES[ACCOUNT])
    assert (message.state, Delivery.objects.get(outbound=message).result) == ("expired", "dropped")


def test_reading_one_of_several_accounts_is_not_enough() -> None:
    linked(OTHER, "phone", PHONES[ACCOUNT])
    campaign = approved()
    read(ACCOUNT)
    fed()
    assert PHONES[ACCOUNT] in sent()
    assert came_to(campaign) == {"sent": 3}


def test_what_waits_is_held_while_it_is_paused_and_goes_when_it_is_resumed() -> None:
    campaign = approved()
    fed()
    pause(campaign.pk, ANNA, NOW)
    assert (sent(), fed(), sent(NOW + HOUR)) == ([], 0, [])
    resume(campaign.pk, ANNA, NOW + HOUR)
    assert sorted(sent(NOW + HOUR)) == sorted(PHONES.values())


def test_what_is_claimed_in_the_moment_of_the_pause_is_held_too() -> None:
    campaign = approved()
    fed()
    Campaign.objects.filter(id=campaign.pk).update(state="paused")  # after the claim looked, before the guard does
    assert sent() == []
    message = OutboundMessage.objects.first()
    assert message is not None
    assert (message.state, message.attempts, message.send_at) == ("waiting", 0, NOW + dt.timedelta(minutes=1))
    Campaign.objects.filter(id=campaign.pk).update(state="running")
    assert len(sent(NOW + dt.timedelta(minutes=1))) == 3


def test_once_stopped_nothing_more_goes() -> None:
    campaign = approved()
    fed()
    stop(campaign.pk, ANNA, NOW)
    assert (sent(), fed(), sent(NOW + HOUR)) == ([], 0, [])
    assert came_to(campaign) == {"stopped": 3}
    assert set(Delivery.objects.values_list("result", flat=True)) == {"dropped"}


def test_what_is_tried_again_after_it_was_stopped_is_dropped() -> None:
    campaign = approved()
    fed()
    (claimed,) = outbox.claim("sms", 1, NOW, rate=Rate(100)).messages
    stop(campaign.pk, ANNA, NOW)
    attempt = delivery.Attempt(claimed.outgoing.id, 1, NOW, NOW, Unreachable())
    delivery.record("sms", [attempt])
    assert sent(NOW + HOUR) == []
    assert came_to(campaign) == {"stopped": 3}


def test_nothing_goes_at_night() -> None:
    approved()
    night = NOW.replace(hour=19)  # 22:00 in Moscow
    assert fed(night) == 0
    fed(NOW)
    assert sent(night) == []
    assert len(sent(NOW + dt.timedelta(hours=21))) == 3


def test_after_the_last_day_nobody_is_told_and_all_are_listed() -> None:
    campaign = approved()
    late = dt.datetime(2026, 11, 25, 21, 0, tzinfo=dt.UTC)
    fed(late)
    campaign.refresh_from_db()
    assert (came_to(campaign), campaign.state) == ({"expired": 3}, "finished")
    with pytest.raises(UnableToDecide, match="закончено"):
        pause(campaign.pk, ANNA, late)


def test_what_waits_in_the_outbox_on_the_last_day_expires() -> None:
    campaign = approved()
    fed()
    late = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
    fed(late)
    delivery.expire(late)
    assert sent(late) == []
    assert came_to(campaign) == {"expired": 3}


def test_so_many_go_an_hour() -> None:
    for number in range(100):
        wrote(f"+7912100{number:04}")
    campaign = approved(per_hour=30)
    written = Counter[int]()
    for minute in range(240):
        written[minute // 60] += fed(NOW + dt.timedelta(minutes=minute))
    assert all(count <= 30 for count in written.values())
    assert sum(written.values()) == 103
    assert came_to(campaign) == {"under_way": 103}


def test_it_is_spread_evenly_over_the_hours_that_are_not_quiet() -> None:
    for number in range(97):
        wrote(f"+7912100{number:04}")
    campaign = approved(spread_until=NOW + dt.timedelta(hours=23))
    campaign.refresh_from_db()
    assert campaign.per_hour == 10  # 100 people in 11 hours: till 21:00, and from 9:00 till 11:00


def test_little_waits_in_the_outbox_at_any_time() -> None:
    class Slow(StandIn):
        per_second = 1

    for number in range(200):
        wrote(f"+7912100{number:04}")
    approved()
    assert (fed(channels={"sms": Slow("sms")}), fed(channels={"sms": Slow("sms")})) == (AHEAD, 0)


def test_who_asks_for_silence_meanwhile_is_listed() -> None:
    campaign = approved()
    Silence.objects.create(channel="sms", sender=PHONES[ACCOUNT], why="asked", since=NOW)
    fed()
    assert came_to(campaign) == {"under_way": 2, "unreachable": 1}
    assert Addressee.objects.get(state="unreachable").why == "silent"


def test_who_asks_for_silence_while_their_message_waits_over_night_gets_none() -> None:
    campaign = approved()
    evening = NOW.replace(hour=17, minute=59, second=50)  # 20:59:50 in Moscow
    assert fed(evening) == 3
    Silence.objects.create(channel="sms", sender=PHONES[ACCOUNT], why="asked", since=evening + HOUR)
    assert sorted(sent(NOW.replace(hour=6) + 24 * HOUR)) == sorted([PHONES[OTHER], PHONES[THIRD]])
    assert came_to(campaign) == {"sent": 2, "unreachable": 1}
    assert Addressee.objects.get(state="unreachable").why == "silent"


def test_what_waits_for_a_channel_that_is_closed_meanwhile_does_not_go() -> None:
    campaign = approved()
    fed()
    change_channel(Change("sms", ChannelState.WITHDRAWN, "Анна"), SETTINGS, NOW)
    assert sent() == []
    assert came_to(campaign) == {"unreachable": 3}
    assert set(Addressee.objects.values_list("why", flat=True)) == {"closed"}


@pytest.mark.parametrize("connected", ["sms", "email"])
def test_where_the_channel_was_closed_meanwhile_they_are_listed(connected: str) -> None:
    campaign = approved()
    change_channel(Change("sms", ChannelState.WITHDRAWN, "Анна"), SETTINGS, NOW)
    fed(channels=stand_ins(connected))
    assert came_to(campaign) == {"unreachable": 3}
    assert set(Addressee.objects.values_list("why", flat=True)) == {"closed"}


def test_where_a_worker_has_no_key_to_the_channel_they_wait_for_one_that_has() -> None:
    campaign = approved()
    assert fed(channels=stand_ins("email")) == 0
    assert came_to(campaign) == {"waiting": 3}
    assert fed() == 3


def test_whether_it_is_under_way_is_looked_up_from_the_few_that_wait_not_from_all_addressees() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by how many rows there are")
    campaign = approved()
    fed()
    sent()
    with CaptureQueriesContext(connection) as captured:
        fed(NOW + dt.timedelta(seconds=1))
    asked = [one["sql"] for one in captured if '"notices_addressee"' in one["sql"] and "outboundmessage" in one["sql"]]
    with connection.cursor() as cursor:
        plans = [cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()[0][-1] for sql in asked]
    assert plans
    assert all("messaging_outboundmessage" in plan for plan in plans), plans
    campaign.refresh_from_db()
    assert campaign.state == "finished"


def test_it_does_not_begin_before_its_time() -> None:
    approved(begins_at=NOW + HOUR)
    assert (fed(), fed(NOW + HOUR)) == (0, 3)


def test_it_is_tried_on_oneself_at_once_and_told_to_nobody_else() -> None:
    campaign = prepared()
    night = NOW.replace(hour=19)
    text = try_out(campaign.pk, "sms", "+79990000000", "en", ANNA, SETTINGS, night, connected=["sms"])
    assert sent(night) == ["+79990000000"]
    assert OutboundMessage.objects.get().text == text == campaign.texts["en"]["short"]
    with pytest.raises(UnableToDecide, match="не отправляет"):
        try_out(campaign.pk, "whatsapp", "+79990000000", "ru", ANNA, SETTINGS, NOW, connected=["whatsapp"])


def test_quiet_hours_are_those_of_the_settings() -> None:
    approved()
    settings = SETTINGS.model_copy(update={"quiet": Quiet(from_hour=12, to_hour=13)})
    assert feed(settings, stand_ins(), NOW) == 0


@pytest.mark.parametrize("end", [end.value for end in End])
def test_every_end_has_a_number(end: str) -> None:
    assert End(end) in totals({})


def test_that_a_channel_is_closed_is_told_once_however_often_it_is_prepared() -> None:
    approved()
    fed()
    first = sent()
    again = approved()
    fed()
    assert (sorted(first), sent()) == (sorted(PHONES.values()), [])
    assert totals(counts(again))[End.SENT] == len(PHONES)
