"""Who is told that a channel was withdrawn, and where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from sbyt.accounts.models import Link
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState
from sbyt.messaging.models import Conversation, OutboundMessage, Silence
from sbyt.notices.models import Addressee, Campaign
from sbyt.readings.models import Cancellation, Reading
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.mass_notices import Plan, UnableToPrepare, own_words, prepare_own, prepare_withdrawn
from tests.notices.notice_world import ANNA, NOW, SETTINGS, linked, prepared, read, stand_ins, town, wrote
from tests.support.databases import FreshDatabase

ACCOUNT, OTHER = "2000000001", "2000000002"
PHONE = "+79120000777"  # on file nowhere


@pytest.fixture(autouse=True)
def _town(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(town):
        Link.objects.all().delete()
        yield


def told() -> list[tuple[str, str, str]]:
    rows = Addressee.objects.order_by("id")
    return list(rows.values_list("channel", "recipient", "why"))


def concerned() -> list[str]:
    return list(Addressee.objects.order_by("concerned__account").values_list("concerned__account__number", flat=True))


@pytest.mark.parametrize(
    ("links", "where"),
    [
        pytest.param([], ("sms", PHONE), id="their own number, though nobody knows it"),
        pytest.param([("phone", PHONE, "on_file")], ("sms", PHONE), id="the phone on file"),
        pytest.param(
            [("phone", PHONE, "on_file"), ("email", "p@example.org", "on_file")],
            ("email", "p@example.org"),
            id="e-mail before the phone",
        ),
        pytest.param(
            [("chat", "telegram:7", "one_time_code"), ("phone", PHONE, "on_file"), ("email", "p@x.org", "on_file")],
            ("telegram", "7"),
            id="their own chat before all",
        ),
        pytest.param(
            [("phone", PHONE, "on_file"), ("chat", "whatsapp:8", "one_time_code")], ("sms", PHONE), id="never there"
        ),
        pytest.param(
            [("phone", PHONE, "on_file"), ("chat", "viber:8", "one_time_code")], ("sms", PHONE), id="not connected"
        ),
        pytest.param(
            [("phone", PHONE, "bill_code"), ("email", "p@example.org", "on_file")],
            ("sms", PHONE),
            id="who had the bill in hand may not be who holds the account",
        ),
    ],
)  # fmt: skip
def test_who_used_it_is_told_at_their_best_other_address(
    links: list[tuple[str, str, str]], where: tuple[str, str]
) -> None:
    for kind, address, how in links:
        linked(ACCOUNT, kind, address, Link.How(how))
    wrote(PHONE)
    prepared()
    assert told() == [(*where, "")]


def test_of_somebody_without_an_address_the_account_is_told_that_they_handed_in_for() -> None:
    linked(ACCOUNT, "email", "p@example.org")
    read(ACCOUNT, message=wrote("a-name", channel="viber"))
    change_channel(Change("viber", ChannelState.WITHDRAWN, "Анна"), SETTINGS, NOW)
    prepare_withdrawn("viber", Plan(), ANNA, SETTINGS, stand_ins(), NOW)
    assert told() == [("email", "p@example.org", "")]
    assert concerned() == [ACCOUNT]


@pytest.mark.parametrize(
    ("days", "number"), [pytest.param(10, 1, id="lately"), pytest.param(182, 1, id="half a year"), (190, 0)]
)
def test_who_did_not_use_it_for_half_a_year_is_not_told(days: int, number: int) -> None:
    linked(ACCOUNT, "phone", PHONE)
    wrote(PHONE, NOW - dt.timedelta(days=days))
    if not number:
        with pytest.raises(UnableToPrepare, match="некого"):
            prepared()
    else:
        prepared()
    assert len(told()) == number


def test_whose_chat_is_linked_is_told_though_they_never_wrote() -> None:
    linked(ACCOUNT, "chat", "whatsapp:9", Link.How.ONE_TIME_CODE)
    linked(ACCOUNT, "email", "p@example.org")
    prepared()
    assert told() == [("email", "p@example.org", "")]


def test_a_person_is_told_once_of_all_their_accounts() -> None:
    for number in (ACCOUNT, OTHER):
        linked(number, "phone", PHONE)
    wrote(PHONE)
    wrote(PHONE)
    prepared()
    assert told() == [("sms", PHONE, "")]
    assert concerned() == [ACCOUNT, OTHER]


def test_a_household_that_shares_an_address_is_told_once() -> None:
    for phone in (PHONE, "+79120000778"):
        linked(ACCOUNT, "phone", phone)
        wrote(phone)
    linked(ACCOUNT, "email", "p@example.org")
    prepared()
    assert told() == [("email", "p@example.org", "")]


def test_who_asked_for_silence_is_told_at_the_next_address() -> None:
    linked(ACCOUNT, "phone", PHONE)
    linked(ACCOUNT, "chat", "telegram:7", Link.How.ONE_TIME_CODE)
    Silence.objects.create(channel="telegram", sender="7", why="asked", since=NOW)
    wrote(PHONE)
    prepared()
    assert told() == [("sms", PHONE, "")]


@pytest.mark.parametrize(
    ("links", "why"),
    [
        pytest.param([], "unknown", id="nobody knows who they are"),
        pytest.param([("chat", "whatsapp:a-name")], "no_address", id="they have no other address"),
        pytest.param([("chat", "whatsapp:a-name"), ("chat", "telegram:7")], "silent", id="they don't want to be told"),
    ],
)
def test_who_can_not_be_reached_is_listed_with_the_reason(links: list[tuple[str, str]], why: str) -> None:
    for kind, address in links:
        linked(ACCOUNT, kind, address, Link.How.ONE_TIME_CODE)
    Silence.objects.create(channel="telegram", sender="7", why="gone", since=NOW)
    wrote("a-name")
    prepared()
    assert told() == [("", "", why)]


def test_those_whose_readings_are_there_are_counted() -> None:
    linked(ACCOUNT, "phone", PHONE)
    linked(OTHER, "phone", "+79120000778")
    for phone in (PHONE, "+79120000778"):
        wrote(phone)
    read(ACCOUNT)
    assert prepared().already_there == 1


def test_it_says_where_to_send_and_until_when_in_each_language() -> None:
    wrote(PHONE)
    texts = prepared().texts
    assert texts["ru"]["short"] == (
        "WhatsApp больше не принимает показания. Отправьте так до 25 ноября: SMS, E-mail, Telegram, MAX."
    )
    assert texts["ru"]["text"].startswith(
        "WhatsApp с 20 ноября больше не принимает показания. Доступ закрыт. Отправьте так до 25 ноября: SMS, "
    )
    assert texts["en"]["short"] == (
        "WhatsApp takes no readings any more. Send them until 25 November by SMS, E-mail, Telegram, MAX."
    )


def test_it_fits_an_sms_however_long_the_addresses_are() -> None:
    address = "8 912 951-08-84, 8 912 967-15-20"
    change_channel(Change("sms", ChannelState.OPEN, "Анна", address=address), SETTINGS, NOW)
    change_channel(Change("telegram", ChannelState.OPEN, "Анна", address="@" + "bot" * 9), SETTINGS, NOW)
    wrote(PHONE)
    texts = prepared().texts
    assert texts["ru"]["short"] == (
        f"WhatsApp больше не принимает показания. Отправьте так до 25 ноября: SMS {address}."
    )
    assert len(texts["ru"]["short"]) <= 134


def test_the_language_is_that_in_which_they_wrote() -> None:
    Conversation.objects.create(channel="whatsapp", sender=PHONE, state={"language": "en"}, updated_at=NOW)
    wrote(PHONE)
    prepared()
    assert Addressee.objects.get().language == "en"


def test_preparing_sends_nothing() -> None:
    wrote(PHONE)
    assert prepared().state == "prepared"
    assert OutboundMessage.objects.count() == 0


def test_a_channel_that_will_be_withdrawn_may_be_told_of_before() -> None:
    change_channel(
        Change("max", ChannelState.WITHDRAWN, "Анна", since=NOW.date() + dt.timedelta(days=3), why="Договор кончился"),
        SETTINGS,
        NOW,
    )
    linked(ACCOUNT, "email", "p@example.org")
    linked(ACCOUNT, "chat", "max:7", Link.How.ONE_TIME_CODE)
    texts = prepare_withdrawn("max", Plan(), ANNA, SETTINGS, stand_ins(), NOW).texts
    assert texts["ru"]["text"].startswith(
        "MAX с 23 ноября не будет принимать показания. Договор кончился. Отправьте так до 25 ноября: "
    )
    assert texts["ru"]["short"] == (
        "MAX с 23 ноября не будет принимать показания. Отправьте так до 25 ноября: SMS, E-mail, Telegram, ВКонтакте."
    )
    assert texts["ru"]["subject"] == "MAX с 23 ноября не будет принимать показания"
    assert texts["en"]["text"].startswith("MAX will take no readings from 23 November. ")
    assert texts["en"]["short"].startswith("MAX will take no readings from 23 November. ")
    assert texts["en"]["subject"] == "MAX will take no readings from 23 November"


@pytest.mark.parametrize(
    ("until", "said", "period"),
    [
        pytest.param(None, "Отправьте так до 25 декабря: SMS", "2026-12", id="of the month that misses it"),
        pytest.param(dt.date(2026, 12, 5), "Отправьте так: SMS", "2026-12", id="no day on which it still takes them"),
    ],
)
def test_of_one_that_is_withdrawn_next_month_that_month_counts(until: dt.date | None, said: str, period: str) -> None:
    change_channel(Change("max", ChannelState.WITHDRAWN, "Анна", since=dt.date(2026, 12, 10)), SETTINGS, NOW)
    linked(ACCOUNT, "email", "p@example.org")
    linked(ACCOUNT, "chat", "max:7", Link.How.ONE_TIME_CODE)
    read(ACCOUNT)
    campaign = prepare_withdrawn("max", Plan(until=until), ANNA, SETTINGS, stand_ins(), NOW)
    assert campaign.texts["ru"]["text"].startswith(f"MAX с 10 декабря не будет принимать показания. {said}")
    assert campaign.period == Period.parse(period)
    assert campaign.already_there == 0  # who handed in for November still is to learn of it


@pytest.mark.parametrize(
    ("code", "plan", "said"),
    [
        ("icq", Plan(), "Канала 'icq' нет"),
        ("telegram", Plan(), "Telegram не закрыт"),
        ("whatsapp", Plan(until=dt.date(2026, 11, 19)), "некогда"),
        ("whatsapp", Plan(per_hour=0), "хотя бы одно"),
        ("whatsapp", Plan(spread_until=NOW), "в будущем"),
    ],
)
def test_what_makes_no_sense_is_refused(code: str, plan: Plan, said: str) -> None:
    wrote(PHONE)
    with pytest.raises(UnableToPrepare, match=said):
        prepare_withdrawn(code, plan, ANNA, SETTINGS, stand_ins(), NOW)
    assert not Campaign.objects.exists()


def test_words_of_ones_own_go_to_who_holds_an_account_once() -> None:
    for number in (ACCOUNT, OTHER):
        linked(number, "email", "p@example.org")
    campaign = prepare_own(own_words("Ждём вас", ""), None, Plan(), ANNA, SETTINGS, stand_ins(), NOW)
    reached = [one for one in told() if one[0]]
    assert reached == [("email", "p@example.org", "")]
    assert (campaign.texts["en"]["text"], campaign.title, campaign.period) == ("Ждём вас", "Ждём вас", None)


def test_or_to_those_that_are_named() -> None:
    linked(ACCOUNT, "email", "p@example.org")
    linked(OTHER, "email", "s@example.org")
    prepare_own(own_words("", "Hello"), [OTHER, ""], Plan(), ANNA, SETTINGS, stand_ins(), NOW)
    assert told() == [("email", "s@example.org", "")]


@pytest.mark.parametrize(
    ("words", "said"), [(("", ""), "Напишите"), (("a" * 135, ""), "--short-ru"), (("", "a" * 135), "--short-en")]
)
def test_words_that_can_not_be_said_are_refused(words: tuple[str, str], said: str) -> None:
    with pytest.raises(UnableToPrepare, match=said):
        own_words(*words)


def test_an_account_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnableToPrepare, match="77"):
        prepare_own(own_words("Ждём", ""), [ACCOUNT, "77"], Plan(), ANNA, SETTINGS, stand_ins(), NOW)


def test_where_a_person_left_only_part_of_the_registers_unread_they_are_still_told() -> None:
    linked(OTHER, "phone", PHONE)
    wrote(PHONE)
    read(OTHER)
    Cancellation.objects.create(reading=Reading.objects.latest("id"), at=NOW, by="")
    assert prepared().already_there == 0


def test_what_must_be_said_of_the_channels_name_is_said_where_there_is_room() -> None:
    change_channel(Change("whatsapp", ChannelState.WITHDRAWN, "test", footnote="Сноска о владельце"), SETTINGS, NOW)
    wrote(PHONE)
    texts = prepared().texts["ru"]
    assert (texts["text"].endswith("Сноска о владельце."), "Сноска" in texts["short"]) == (True, False)
