"""Owners are told: once each, where it reaches them best, and nothing of who it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sbyt.accounts.models import Account, Link
from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.queries import sender_addresses
from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.conversation.acts import OwnerTold, Shown
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.core.settings import Settings
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.usecases.link_account import UnableToLink, address_of, link_account, unlink_account
from sbyt.usecases.receive_message.linking import address_of_sender
from sbyt.usecases.receive_message.owners import Told, tell_owners, told_by_message
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, SETTINGS, household, said, with_channel

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SHOWN = Shown(ACCOUNT, "40010001", Resource.ELECTRICITY, 0, ("T1",), (4425,))
ACT = OwnerTold(ACCOUNT, (SHOWN,), ((4400,),), Period.parse("2026-11"), "WhatsApp", until=dt.date(2026, 11, 25))
TOLD = [Told(ACT, "2345", "message:7")]


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(household):
        yield


def linked(kind: str, address: str, how: Link.How = Link.How.ON_FILE) -> None:
    account = Account.objects.get(number=ACCOUNT)
    Link.objects.create(kind=kind, address=address, account=account, how=how, made_at=NOW)


def notices() -> list[tuple[str, str]]:
    rows = OutboundMessage.objects.filter(purpose="owner_told").order_by("id")
    return list(rows.values_list("channel", "recipient"))


def test_the_owner_gets_a_notice_with_a_number() -> None:
    tell_owners(TOLD, SETTINGS, NOW)
    notice = OutboundMessage.objects.get()
    assert (notice.channel, notice.recipient, notice.state) == ("sms", OWNER, "waiting")
    assert notice.kind == OutboundMessage.Kind.NOTICE
    assert notice.text == (
        "Счёт 2000000001: кто-то передал за ноябрь (WhatsApp) свет …0001 4425 вместо 4400. Не вы? Пришлите верное или "
        "«оператор». № 2345"
    )


def a_message(number: int) -> int:
    made = InboundMessage.objects.create(
        channel="sms", provider_id=f"p{number}", sender="+79990000000", text="", received_at=NOW, stored_at=NOW
    )
    return made.id


def test_of_a_message_an_owner_is_told_once() -> None:
    told = [Told(ACT, "2345", "message:7", a_message(7))]
    tell_owners(told, SETTINGS, NOW)
    tell_owners(told, SETTINGS, NOW + dt.timedelta(hours=3))
    assert notices() == [("sms", OWNER)]


def test_beyond_three_times_a_day_an_owner_is_told_what_came_last_the_next_morning() -> None:
    for number, value in enumerate((4401, 4402, 4403, 4404, 4405)):
        act = replace(ACT, meters=(SHOWN._replace(values=(value,)),))
        tell_owners([Told(act, "2345", f"message:{number}", a_message(number))], SETTINGS, NOW)
    told = OutboundMessage.objects.filter(purpose="owner_told").order_by("id")
    assert [next(word for word in one.text.split() if word.startswith("440")).rstrip(".") for one in told] == [
        "4401", "4402", "4403", "4405"
    ]  # fmt: skip
    assert [one.send_at.astimezone(SETTINGS.zone).isoformat()[:16] for one in told][2:] == [
        "2026-11-20T12:00", "2026-11-21T09:00"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("links", "reached"),
    [
        pytest.param([], [("sms", OWNER)], id="the phone on file"),
        pytest.param([("email", "p@example.org", "on_file")], [("email", "p@example.org")], id="e-mail first"),
        pytest.param(
            [("email", "petrov@example.org", "on_file"), ("chat", "max:77", "one_time_code")],
            [("max", "77")],
            id="their own chat before all, proved by a code sent to the phone on file",
        ),
        pytest.param(
            [("chat", "max:77", "bill_code")],
            [("sms", OWNER), ("max", "77")],
            id="who had the bill in hand may be somebody else",
        ),
        pytest.param(
            [("phone", "+79120000777", "staff")],
            [("sms", OWNER), ("sms", "+79120000777")],
            id="whom staff linked may be too",
        ),
        pytest.param([("chat", "icq:77", "one_time_code")], [("sms", OWNER)], id="a chat of a channel long gone"),
    ],
)  # fmt: skip
def test_each_owner_is_told_where_it_reaches_them_best(
    links: list[tuple[str, str, str]], reached: list[tuple[str, str]]
) -> None:
    for kind, address, how in links:
        linked(kind, address, Link.How(how))
    tell_owners(TOLD, SETTINGS, NOW)
    assert notices() == reached


CHAT = ("chat", "max:77")


@pytest.mark.parametrize(
    ("settings", "connected", "reached"),
    [
        pytest.param(with_channel("max", state="withdrawn"), None, ("sms", OWNER), id="not by a withdrawn one"),
        pytest.param(with_channel("max", state="planned"), None, ("sms", OWNER), id="nor a planned one"),
        pytest.param(with_channel("max", state="unstable"), None, ("max", "77"), id="an unstable one will do"),
        pytest.param(SETTINGS, {"sms"}, ("sms", OWNER), id="rather by one that is connected"),
        pytest.param(SETTINGS, {"sms", "max"}, ("max", "77"), id="the best of those connected"),
        pytest.param(SETTINGS, set(), ("max", "77"), id="with none connected as if nobody knew"),
    ],
)
def test_a_notice_goes_by_a_channel_that_is_open(
    settings: Settings, connected: set[str] | None, reached: tuple[str, str]
) -> None:
    linked(*CHAT, Link.How.ONE_TIME_CODE)
    tell_owners(TOLD, settings, NOW, connected=connected)
    assert notices() == [reached]


def test_who_can_be_reached_by_no_channel_is_told_nothing() -> None:
    settings = with_channel("sms", state="withdrawn")
    others = {**settings.channels, "whatsapp": with_channel("whatsapp", state="withdrawn").channels["whatsapp"]}
    assert tell_owners(TOLD, settings.model_copy(update={"channels": others}), NOW) == 0


def test_an_owner_is_told_in_the_language_they_talk_with_us() -> None:
    Conversation.objects.create(channel="sms", sender=OWNER, state={"language": "en"}, updated_at=NOW)
    tell_owners(TOLD, SETTINGS, NOW)
    assert OutboundMessage.objects.get().text.startswith("Account 2000000001: somebody sent")


def test_a_link_that_ended_leads_to_nobody() -> None:
    Link.objects.update(ended_at=NOW)
    assert tell_owners(TOLD, SETTINGS, NOW) == 0


def test_the_number_is_that_of_the_message() -> None:
    assert [(one.number, one.message) for one in told_by_message(7, [ACT])] == [(short_number(7), 7)]


# on the real path ----------------------------------------------------------------------------------------------------


def texts() -> list[str]:
    return list(OutboundMessage.objects.filter(purpose="owner_told").order_by("id").values_list("text", flat=True))


def test_who_hands_in_for_another_sets_off_a_notice_with_the_number_of_their_message() -> None:
    linked("email", "petrov@example.org")
    said(f"{ACCOUNT} 4400", sender=OWNER)
    answer = said(f"{ACCOUNT} 4425", channel="whatsapp", sender="79990000000")
    (text,) = texts()
    assert text.startswith(
        f"По счёту {ACCOUNT} кто-то передал показания за ноябрь: свет …0001 4425 вместо 4400. Канал: WhatsApp. "
    )
    assert text.rpartition("№ ")[2] == answer["reply"].rpartition("№ ")[2]
    assert "79990000000" not in text


def test_taking_back_sets_off_another() -> None:
    linked("email", "petrov@example.org")
    said(f"{ACCOUNT} 4400", sender=OWNER)
    said(f"{ACCOUNT} 4425")
    answer = said("отмена")
    assert "кто-то отменил свои показания за ноябрь: свет …0001 4425. Канал: SMS. Теперь считается 4400." in texts()[1]
    assert "4400" not in answer["reply"]


def test_an_owner_who_takes_back_learns_what_counts_again() -> None:
    said(f"{ACCOUNT} 4400", sender=OWNER)
    said(f"{ACCOUNT} 4425", sender=OWNER)
    assert "Теперь за ноябрь считается 4400." in said("отмена", sender=OWNER)["reply"]
    assert said("отмена", sender=OWNER)["reply"].startswith("Отменили свет …0001 4400 за ноябрь. Пришлите верные")


@pytest.mark.parametrize("sender", [OWNER, "+79120000777"], ids=["the owner", "somebody else who is linked"])
def test_who_is_linked_sets_off_none(sender: str) -> None:
    linked("phone", "+79120000777", Link.How.STAFF)
    said(f"{ACCOUNT} 4425", sender=sender)
    said("отмена", sender=sender)
    assert texts() == []


def test_the_same_message_again_sets_off_none() -> None:
    said(f"{ACCOUNT} 4425", id="m1")
    said(f"{ACCOUNT} 4425", id="m1")
    said(f"{ACCOUNT} 4425", id="m2")
    assert len(texts()) == 1


def test_a_yes_sets_it_off_not_the_question() -> None:
    said(f"{ACCOUNT} 7800")
    assert texts() == []
    said("да")
    assert len(texts()) == 1


WORDS = st.sampled_from(
    ["Сидоров Иван", "ivan@example.com", "г. Ухта, ул. Ленина, д. 7", "+7 912 345-67-89", "спасибо"]
)


@given(
    st.text("0123456789", min_size=9, max_size=9), st.lists(WORDS, max_size=3), st.sampled_from(list(DEFAULT_CHANNELS))
)
@hypothesis_settings(max_examples=10)  # on each of the two databases
def test_no_notice_says_who_it_was_and_no_answer_who_the_owner_is(
    fresh_database: FreshDatabase, phone: str, words: list[str], channel: str
) -> None:
    with fresh_database(household):
        linked("email", "petrov@example.org")
        said(f"{ACCOUNT} 4400", sender=OWNER)
        sender = f"+79{phone}"
        answer = said("\n".join([f"{ACCOUNT} показания 4425", *words]), sender=sender, channel=channel)
        for text in texts():
            assert phone not in text
            assert [word for word in words if word in text] == []
        told = answer["reply"].replace(ACCOUNT, "")
        assert [
            private for private in ("Петров", "Мира", OWNER, "petrov@", "4310", "4400", "1234") if private in told
        ] == []


# links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"phone": "8 912 000-07-77"}, ("phone", "+79120000777")),
        ({"email": " Ivanov@Example.org "}, ("email", "ivanov@example.org")),
        ({"chat": "max:12345"}, ("chat", "max:12345")),
        ({"chat": "sms:89120000777"}, ("phone", "+79120000777")),
        ({"chat": "email:Ivanov@example.org"}, ("email", "ivanov@example.org")),
    ],
)
def test_an_address_is_understood_as_people_write_it(given: dict[str, str], address: tuple[str, str]) -> None:
    assert address_of(SETTINGS, **given) == address


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Назовите одно"),
        ({"phone": "+79120000777", "email": "a@b.ru"}, "Назовите одно"),
        ({"phone": "12"}, "Телефон '12' не понят"),
        ({"email": "ivanov"}, "Это не адрес e-mail"),
        ({"chat": "icq:5"}, "Чат 'icq:5' не понят"),
        ({"chat": "max:"}, "Чат 'max:' не понят"),
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(given: dict[str, str], said: str) -> None:
    with pytest.raises(UnableToLink, match=said):
        address_of(SETTINGS, **given)


NEW = OwnerLink("chat", "max:12345")


def test_whoever_is_linked_is_told_of_a_new_link_but_not_the_new_one() -> None:
    made = link_account(NEW, ACCOUNT, Link.How.STAFF, "Иванова", SETTINGS, NOW)
    assert (made.anew, made.told, notices()) == (True, 1, [("sms", OWNER)])
    notice = OutboundMessage.objects.get()
    assert notice.text == ("К счёту 2000000001 привязали ещё один чат (MAX). Не вы? Ответьте «оператор». № L2225")
    assert "12345" not in notice.text
    assert (made.link.how, made.link.made_by, made.link.made_at) == ("staff", "Иванова", NOW)


def test_the_same_link_again_changes_nothing() -> None:
    link_account(NEW, ACCOUNT, Link.How.STAFF, "Иванова", SETTINGS, NOW)
    assert not link_account(NEW, ACCOUNT, Link.How.STAFF, "Петрова", SETTINGS, NOW).anew
    assert (Link.objects.filter(address=NEW.address).count(), len(notices())) == (1, 1)


def test_an_account_is_known_by_its_number_without_leading_zeros() -> None:
    Account.objects.filter(number=ACCOUNT).update(number="007", key="7")
    assert link_account(NEW, "7", Link.How.STAFF, "Иванова", SETTINGS, NOW).link.account.number == "007"


def test_two_accounts_alike_are_not_guessed_between() -> None:
    Account.objects.filter(number=ACCOUNT).update(number="007", key="7")
    Account.objects.filter(number=OTHER).update(number="07", key="7")
    with pytest.raises(UnableToLink, match="несколько: напишите номер точно"):
        link_account(NEW, "7", Link.How.STAFF, "Иванова", SETTINGS, NOW)


def test_an_account_that_is_not_there_is_named() -> None:
    with pytest.raises(UnableToLink, match="Счёта 5555555555 нет"):
        link_account(NEW, "5555555555", Link.How.STAFF, "Иванова", SETTINGS, NOW)


def test_a_link_is_ended_once_and_may_be_made_anew() -> None:
    link_account(NEW, ACCOUNT, Link.How.STAFF, "Иванова", SETTINGS, NOW)
    ended = unlink_account(NEW, ACCOUNT, "Петрова", NOW)
    assert (ended.anew, ended.link.ended_at, ended.link.ended_by) == (True, NOW, "Петрова")
    assert not unlink_account(NEW, ACCOUNT, "Петрова", NOW).anew
    assert link_account(NEW, ACCOUNT, Link.How.STAFF, "Иванова", SETTINGS, NOW).anew
    assert Link.objects.filter(address=NEW.address).count() == 2


def test_what_was_never_linked_is_not_unlinked() -> None:
    with pytest.raises(UnableToLink, match="отвязывать нечего"):
        unlink_account(NEW, ACCOUNT, "Петрова", NOW)


def test_a_name_that_holds_the_figures_of_a_phone_is_not_that_phone() -> None:
    """WhatsApp calls so who shows no phone: what they say is for nobody's account."""
    name = f"RU.{OWNER.removeprefix('+7')}"
    assert sender_addresses("whatsapp", name, by_phone=True) == [("chat", f"whatsapp:{name}")]
    assert address_of_sender("whatsapp", name, SETTINGS) is None
    assert address_of_sender("whatsapp", OWNER, SETTINGS) == OwnerLink("phone", OWNER)
