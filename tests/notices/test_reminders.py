"""Who has no reading yet is reminded: on the day and in the channel they chose, once, never at night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sbyt.accounts.models import Link
from sbyt.core.periods import Period
from sbyt.core.settings import Reminders, Settings, Window
from sbyt.messaging.models import OutboundMessage, Silence
from sbyt.notices.feeding import feed
from sbyt.notices.guarding import guard_of
from sbyt.notices.models import Addressee, Campaign, ReminderChoice
from sbyt.notices.reminders import (
    UnableToChooseDay,
    choices_from,
    choose_for_account,
    choose_reminder,
    prepare_reminders,
    reminder_of,
    reminder_of_account,
)
from sbyt.usecases import send_messages
from sbyt.usecases.send_messages import send_waiting
from tests.notices.notice_world import NOW, StandIn, account, linked, read, stand_ins, town, wrote
from tests.notices.notice_world import SETTINGS as DEFAULTS
from tests.simulation.work import InLine
from tests.support.databases import FreshDatabase

ACCOUNT, OTHER = "2000000001", "2000000002"
PHONE = "+79120000701"
WINDOW = Window()
SETTINGS = DEFAULTS.model_copy(update={"reminders": Reminders(on=True)})
MORNING = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)  # 9:00 in Moscow
EVENING = MORNING + dt.timedelta(hours=12)
DAY = dt.timedelta(days=1)
STEP = dt.timedelta(minutes=90)


@pytest.fixture(autouse=True)
def _town(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(send_messages, "_Loop", InLine)
    with fresh_database(town):
        Link.objects.all().delete()
        linked(ACCOUNT, "chat", "telegram:7", Link.How.ONE_TIME_CODE)
        linked(ACCOUNT, "phone", PHONE)
        yield


def clock(at: dt.datetime) -> Callable[[], dt.datetime]:
    return lambda: at


def chosen(day: int | None = 20, sender: str = "7", channel: str = "telegram", now: dt.datetime = NOW) -> bool:
    return choose_reminder(channel, sender, day, WINDOW, now)


def reminded(
    now: dt.datetime = MORNING, until: dt.datetime | None = None, settings: Settings = SETTINGS
) -> list[tuple[str, str]]:
    """Whom a worker reminds from then on until then, as it looks from time to time."""
    channels = stand_ins("sms", "email", "telegram", "max")
    until = until or now.replace(hour=17, minute=59)
    while now <= until:
        prepare_reminders(settings, channels, now)
        feed(settings, channels, now)
        for code in set(OutboundMessage.objects.filter(state="waiting").values_list("channel", flat=True)):
            send_waiting(channels[code], settings, clock(now), guard=guard_of(settings))
        now += min(STEP, max(until - now, dt.timedelta(minutes=1)))
    found = []
    for code, channel in channels.items():
        assert isinstance(channel, StandIn)
        found += [(code, one.recipient) for one in channel.sent]
    return found


def test_on_the_day_and_in_the_channel_they_chose() -> None:
    chosen(21)
    assert reminded() == []
    assert reminded(MORNING + DAY) == [("telegram", "7")]
    message = OutboundMessage.objects.get()
    assert (message.purpose, message.kind) == ("reminder", OutboundMessage.Kind.ANNOUNCEMENT)
    assert message.text == (
        "Ваших показаний за ноябрь у нас ещё нет. Пришлите их до 25 ноября: просто ответьте на это сообщение, например "
        "«свет 4425». Не хотите напоминаний? Ответьте «не напоминать»."
    )


def test_an_sms_is_as_short_as_one() -> None:
    chosen(20, PHONE, "sms")
    assert reminded() == [("sms", PHONE)]
    text = OutboundMessage.objects.get().text
    assert text == "Показаний за ноябрь ещё нет. Пришлите до 25 ноября, ответив на это сообщение, например: свет 4425"
    assert len(text) <= 134


def test_not_where_the_reading_is_there() -> None:
    chosen()
    read(ACCOUNT)
    assert reminded() == []


def test_a_reading_from_anywhere_stops_it() -> None:
    chosen()
    assert reminded(until=MORNING) in ([], [("telegram", "7")])
    due = Addressee.objects.get().due_at
    read(ACCOUNT)
    assert reminded(due) == []
    assert Addressee.objects.get().state == "there"


def test_once_a_month_however_often_they_choose() -> None:
    chosen()
    assert reminded() == [("telegram", "7")]
    chosen(21, now=NOW + DAY)
    assert reminded(MORNING + DAY) == []
    assert [one.day for one in ReminderChoice.objects.order_by("id")] == [20, 21]


def test_again_the_next_month() -> None:
    chosen()
    assert reminded() == [("telegram", "7")]
    assert reminded(MORNING + 30 * DAY) == [("telegram", "7")]


@pytest.mark.parametrize("off", [Reminders(on=False), Reminders(on=False, day=20)])
def test_not_where_they_are_turned_off(off: Reminders) -> None:
    chosen()
    assert reminded(settings=SETTINGS.model_copy(update={"reminders": off})) == []


def test_who_does_not_want_it_any_more_is_not_reminded_though_it_was_made_ready() -> None:
    chosen()
    prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING)
    chosen(None)
    assert reminded() == []
    assert Addressee.objects.get().state == "stopped"


def test_who_chose_nothing_is_reminded_on_the_day_of_the_settings_if_there_is_one() -> None:
    linked(OTHER, "email", "s@example.org")
    settings = SETTINGS.model_copy(update={"reminders": Reminders(on=True, day=20)})
    assert sorted(reminded(settings=settings)) == [("email", "s@example.org"), ("telegram", "7")]


@pytest.mark.parametrize("day", [None, 24])
@pytest.mark.parametrize(("channel", "sender"), [("telegram", "7"), ("sms", PHONE), ("", "")])
def test_but_not_who_chose_otherwise_from_any_address(day: int | None, channel: str, sender: str) -> None:
    if channel:
        chosen(day, sender, channel)
    else:
        choose_for_account(account(ACCOUNT).pk, day, "Анна", WINDOW, NOW)
    settings = SETTINGS.model_copy(update={"reminders": Reminders(on=True, day=20)})
    assert reminded(settings=settings) == []


def test_what_staff_took_down_goes_to_the_best_address() -> None:
    choose_for_account(account(ACCOUNT).pk, 20, "Анна", WINDOW, NOW)
    assert reminded() == [("telegram", "7")]


def test_or_to_the_one_that_was_named() -> None:
    choose_for_account(account(ACCOUNT).pk, 20, "Анна", WINDOW, NOW, channel="sms", sender=PHONE)
    assert reminded() == [("sms", PHONE)]


def test_what_they_chose_in_a_channel_goes_to_no_other_address_though_that_channel_is_silent() -> None:
    Silence.objects.create(channel="telegram", sender="7", why="gone", since=NOW)
    chosen()
    assert reminded() == []


def test_nor_to_whoever_else_may_speak_for_the_account() -> None:
    linked(ACCOUNT, "chat", "telegram:8", Link.How.BILL_CODE)
    chosen(None)
    chosen(20, "8")
    Silence.objects.create(channel="telegram", sender="8", why="asked", since=NOW)
    assert reminded() == []


def test_what_staff_took_down_goes_to_the_next_address_where_the_channel_is_silent() -> None:
    Silence.objects.create(channel="telegram", sender="7", why="gone", since=NOW)
    choose_for_account(account(ACCOUNT).pk, 20, "Анна", WINDOW, NOW, channel="telegram", sender="7")
    assert reminded() == [("sms", PHONE)]


def test_who_is_no_more_linked_to_an_account_is_not_reminded_of_it() -> None:
    read(ACCOUNT, Period.parse("2026-10"), wrote("7", channel="telegram"))
    chosen()
    Link.objects.filter(address="telegram:7").update(ended_at=NOW)
    assert reminded() == []


def test_but_who_was_linked_to_it_again_is() -> None:
    Link.objects.filter(address="telegram:7").update(ended_at=NOW)
    linked(ACCOUNT, "chat", "telegram:7", Link.How.ONE_TIME_CODE)
    chosen()
    assert reminded() == [("telegram", "7")]


def test_what_staff_took_down_does_not_go_to_an_address_that_is_no_more_linked() -> None:
    choose_for_account(account(ACCOUNT).pk, 20, "Анна", WINDOW, NOW, channel="telegram", sender="7")
    Link.objects.filter(address="telegram:7").update(ended_at=NOW)
    assert reminded() == [("sms", PHONE)]


@pytest.mark.parametrize(
    ("days", "where"), [((18, 20), ("telegram", "7")), ((18, 19), ("sms", PHONE)), ((21, 25), ("sms", PHONE))]
)
def test_only_where_an_answer_is_taken_that_day(days: tuple[int, int], where: tuple[str, str]) -> None:
    channel = SETTINGS.channels["telegram"].model_copy(update={"first_day": days[0], "last_day": days[1]})
    settings = SETTINGS.model_copy(update={"channels": {**SETTINGS.channels, "telegram": channel}})
    choose_for_account(account(ACCOUNT).pk, 20, "Анна", WINDOW, NOW)
    assert reminded(settings=settings) == [where]


def test_who_moves_their_day_while_the_message_waits_is_reminded_on_that_day() -> None:
    chosen()
    channels = stand_ins("telegram")
    prepare_reminders(SETTINGS, channels, MORNING)
    due = Addressee.objects.get().due_at
    assert feed(SETTINGS, channels, due) == 1
    chosen(21, now=due)
    assert reminded(due) == []
    assert reminded(MORNING + DAY) == [("telegram", "7")]
    assert sorted(Addressee.objects.values_list("state", flat=True)) == ["stopped", "written"]


def test_of_several_people_of_an_account_each_chooses_for_themselves() -> None:
    linked(ACCOUNT, "chat", "telegram:8", Link.How.BILL_CODE)
    chosen(None, "8")
    settings = SETTINGS.model_copy(update={"reminders": Reminders(on=True, day=20)})
    assert reminded(settings=settings) == [("telegram", "7")]


def test_who_is_linked_to_nothing_is_reminded_of_what_they_handed_in_for() -> None:
    read(OTHER, Period.parse("2026-10"), wrote("99", channel="telegram"))
    chosen(20, "99")
    assert reminded() == [("telegram", "99")]


def test_they_are_spread_over_the_hours_that_are_not_quiet_each_person_at_their_own() -> None:
    for number in range(200):
        linked(ACCOUNT, "chat", f"telegram:{number + 100}", Link.How.BILL_CODE)
        chosen(20, str(number + 100))
    campaign = prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING - dt.timedelta(hours=5))
    assert campaign is not None
    hours = [(one - MORNING) // dt.timedelta(hours=1) for one in Addressee.objects.values_list("due_at", flat=True)]
    assert set(hours) == set(range(12))
    assert max(hours.count(hour) for hour in range(12)) < 40


def test_those_of_a_day_are_made_ready_once() -> None:
    chosen()
    assert prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING) is not None
    assert prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING) is None
    assert Addressee.objects.count() == 1


def test_who_died_while_making_them_ready_is_followed_by_another() -> None:
    chosen()
    prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING)
    Addressee.objects.get().concerned.all().delete()
    Addressee.objects.all().delete()
    Campaign.objects.update(state="preparing")
    assert reminded() == [("telegram", "7")]


def test_what_could_not_be_sent_that_day_is_not_sent_at_night_or_later() -> None:
    chosen()
    prepare_reminders(SETTINGS, stand_ins("telegram"), MORNING)
    assert reminded(EVENING, EVENING + dt.timedelta(hours=1)) == []
    assert reminded(MORNING + DAY) == []
    assert Addressee.objects.get().state == "late"


@pytest.mark.parametrize("day", [17, 26])
def test_outside_of_the_window_nobody_is_reminded(day: int) -> None:
    with pytest.raises(UnableToChooseDay, match="с 18 по 25"):
        chosen(day)


def test_a_window_that_changed_since_is_kept_to() -> None:
    chosen(18)
    settings = SETTINGS.model_copy(update={"window": Window(first_day=20, last_day=25)})
    assert reminded(settings=settings) == [("telegram", "7")]


def test_what_was_chosen_can_be_asked() -> None:
    assert reminder_of("telegram", "7") is None
    assert chosen() is True
    assert chosen() is False
    found = reminder_of("telegram", "7")
    assert found is not None
    assert (found.day, found.by) == (20, "telegram:7")
    assert chosen(None) is True
    assert reminder_of("telegram", "7") == (None, "telegram", "7", NOW, "telegram:7")
    assert reminder_of_account(account(ACCOUNT).pk) is None


def test_what_was_chosen_from_an_address_is_found_by_index() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by how many rows there are")
    chosen()
    with CaptureQueriesContext(connection) as captured:
        (found,) = choices_from([("chat", "telegram:7"), ("phone", PHONE)])
    assert found.day == 20
    with connection.cursor() as cursor:
        plan = cursor.execute(f"EXPLAIN QUERY PLAN {captured[0]['sql']}").fetchall()[0][-1]
    assert "reminder_by_sender (sender=? AND account_id=?)" in plan
