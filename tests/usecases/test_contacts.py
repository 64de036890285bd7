"""Moving house: a phone that somebody shares, what a channel may carry, and whom nothing is written to."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from sbyt.accounts.models import Account, Link
from sbyt.accounts.tokens import Tokens
from sbyt.billing.models import Bill
from sbyt.conversation.acts import OwnerTold
from sbyt.core.periods import Period
from sbyt.core.settings import Reminders, Settings, Web
from sbyt.messaging.channel import ANOTHERS_CONTACT
from sbyt.messaging.inbox import store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage, Silence
from sbyt.messaging.silence import Why, keep_silent
from sbyt.notices.reminders import reminder_of
from sbyt.usecases.receive_message import Incoming, handle_waiting, receive_message
from sbyt.usecases.receive_message.owners import Told, tell_owners
from sbyt.usecases.write_to_customer import ways_to
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, SETTINGS, STRANGER, household, said, values, with_channel

KEYS = {1: b"of the tests, and of nobody else"}
OCTOBER = Period.parse("2026-10")
NOW = dt.datetime(2026, 11, 20, 9, 2, tzinfo=dt.UTC)
CHAT = "77"

_ids = itertools.count(1)


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(billed_household), override_settings(BILL_KEYS=KEYS):
        yield


def billed_household() -> None:
    household()
    for account in Account.objects.all():
        Bill.objects.create(account=account, period=OCTOBER, opening=0, charged=0, recalculated=0, paid=0, closing=0)


def shared(
    contact: str, *, channel: str = "telegram", sender: str = CHAT, settings: Settings = SETTINGS
) -> dict[str, Any]:
    """What is answered to somebody who shares a phone."""
    return receive_message(Incoming(channel, sender, "", f"contact-{next(_ids)}", NOW, contact=contact), settings, NOW)


def links() -> list[tuple[str, str, str]]:
    made = Link.objects.filter(ended_at=None).exclude(how=Link.How.ON_FILE).order_by("id")
    return list(made.values_list("account__number", "address", "how"))


def button() -> str:
    """What stands on the button to share a phone in the last answer."""
    return OutboundMessage.objects.latest("id").contact_button


# the phone on file ---------------------------------------------------------------------------------------------------


def test_the_phone_on_file_links_the_chat_that_shares_it() -> None:
    answer = shared(OWNER)
    assert answer["reply"].startswith(f"Готово, узнали вас: счёт {ACCOUNT}.")
    assert (answer["buttons"], links()) == (["Баланс"], [(ACCOUNT, f"telegram:{CHAT}", "contact")])


def test_from_then_on_a_bare_figure_is_a_reading_of_that_account() -> None:
    shared(OWNER)
    assert values(said("4425", channel="telegram", sender=CHAT)) == ["T1 4425 2026-11 accepted"]


def test_a_second_time_nothing_is_linked() -> None:
    shared(OWNER)
    assert shared(OWNER)["reply"].startswith("Мы вас уже узнаём")
    assert len(links()) == 1


@pytest.mark.parametrize(
    ("contact", "said_of_it"),
    [
        pytest.param(STRANGER, "Этого телефона нет ни в одном договоре.", id="in no contract"),
        pytest.param(ANOTHERS_CONTACT, "Не можем проверить, что это ваш номер", id="another's, or not proved"),
        pytest.param("12", "Не можем проверить, что это ваш номер", id="no phone at all"),
    ],
)
def test_any_other_phone_links_nothing_and_says_how(contact: str, said_of_it: str) -> None:
    answer = shared(contact)
    assert (answer["outcome"], links(), button()) == ("refused", [], "Отправить мой номер")
    assert answer["reply"].startswith(said_of_it)


def test_the_contact_is_kept_with_its_message() -> None:
    shared(OWNER)
    assert InboundMessage.objects.get().contact == OWNER


def test_one_who_speaks_by_a_bill_on_their_phone_is_no_more_than_that_in_a_chat() -> None:
    account = Account.objects.get(number=OTHER)
    Link.objects.create(kind="phone", address=STRANGER, account=account, how=Link.How.BILL_CODE, made_at=NOW)
    shared(STRANGER)
    assert links()[-1] == (OTHER, f"telegram:{CHAT}", "bill_code")


def test_a_phone_of_two_accounts_links_both() -> None:
    account = Account.objects.get(number=OTHER)
    Link.objects.create(kind="phone", address=OWNER, account=account, how=Link.How.ON_FILE, made_at=NOW)
    assert shared(OWNER)["reply"].startswith(f"Готово, узнали вас: счета {ACCOUNT}, {OTHER}.")
    assert {number for number, *_ in links()} == {ACCOUNT, OTHER}


def test_in_a_withdrawn_channel_the_answer_names_the_open_ways() -> None:
    answer = shared(OWNER, settings=with_channel("telegram", state="withdrawn"))
    assert (answer["outcome"], links()) == ("closed", [])


@pytest.mark.parametrize(
    ("channel", "offered"), [("telegram", "Отправить мой номер"), ("max", "Отправить мой номер"), ("sms", "")]
)
def test_a_stranger_who_asks_for_the_balance_is_offered_the_button_where_there_is_one(
    channel: str, offered: str
) -> None:
    sender = STRANGER if channel == "sms" else CHAT
    assert said(f"баланс {ACCOUNT}", channel=channel, sender=sender)["outcome"] == "refused"
    message = OutboundMessage.objects.filter(channel=channel).latest("id")
    assert message.contact_button == offered


def test_who_begins_is_offered_the_button_and_who_is_linked_is_not() -> None:
    said("/start", channel="telegram", sender=CHAT)
    assert button() == "Отправить мой номер"
    shared(OWNER)
    said("/start", channel="telegram", sender=CHAT)
    assert button() == ""


# moving house --------------------------------------------------------------------------------------------------------


def test_who_wrote_from_whatsapp_keeps_account_history_and_language_after_one_contact() -> None:
    said("english", channel="whatsapp", sender=OWNER)
    assert values(said("4425", channel="whatsapp", sender=OWNER)) == ["T1 4425 2026-11 accepted"]
    assert shared(OWNER)["reply"].startswith("Done, we know you now")
    answer = said("4425", channel="telegram", sender=CHAT)
    assert (answer["outcome"], "4425" in answer["reply"]) == ("duplicate", True)


def test_and_after_the_code_of_a_bill() -> None:
    said("english", channel="whatsapp", sender=OWNER)
    account = Account.objects.get(number=ACCOUNT)
    code = Tokens(KEYS).code(account.pk, OCTOBER)
    answer = said(f"{ACCOUNT} код {code}", channel="max", sender=CHAT)
    assert answer["reply"].startswith("Done: we know you now.")


def test_a_language_chosen_here_stays() -> None:
    Conversation.objects.create(channel="whatsapp", sender=OWNER, state={"language": "ru"}, updated_at=NOW)
    said("english", channel="telegram", sender=CHAT)
    assert shared(OWNER)["reply"].startswith("Done, we know you now")


# what a channel may carry --------------------------------------------------------------------------------------------

WITH_PAGES = SETTINGS.model_copy(update={"web": Web(address="https://lk.example.org")})
ALLOWED = WITH_PAGES.model_copy(
    update={
        "channels": {
            **SETTINGS.channels,
            "telegram": SETTINGS.channels["telegram"].model_copy(update={"personal_data": True}),
        }
    }
)


@pytest.mark.parametrize("text", ["баланс", "последние показания", "история", f"{ACCOUNT} долг"])
def test_where_personal_data_may_not_go_the_answer_is_a_link_to_the_page(text: str) -> None:
    shared(OWNER)
    reply = said(text, channel="telegram", sender=CHAT, settings=WITH_PAGES)["reply"]
    token = Tokens(KEYS).token(Account.objects.get(number=ACCOUNT).pk, OCTOBER)
    assert f"счёт {ACCOUNT}: https://lk.example.org/b/{token}" in reply
    assert not [told for told in ("1234", "4310", "Петров", "Мира") if told in reply]


@pytest.mark.parametrize(("channel", "sender"), [("sms", OWNER), ("email", "petrov@example.org")])
def test_who_asks_for_the_bill_gets_the_address_of_its_page_anywhere(channel: str, sender: str) -> None:
    account = Account.objects.get(number=ACCOUNT)
    Link.objects.create(kind="email", address="petrov@example.org", account=account, how=Link.How.ON_FILE, made_at=NOW)
    reply = said("Пришлите, пожалуйста, квитанцию", channel=channel, sender=sender, settings=WITH_PAGES)["reply"]
    assert f"https://lk.example.org/b/{Tokens(KEYS).token(account.pk, OCTOBER)}" in reply


@pytest.mark.parametrize("text", ["баланс", "история", "квитанция"])
def test_a_stranger_gets_no_link(text: str) -> None:
    reply = said(f"{text} {ACCOUNT}", channel="telegram", sender=CHAT, settings=WITH_PAGES)["reply"]
    assert "lk.example.org" not in reply


def test_without_pages_it_says_where_else() -> None:
    shared(OWNER)
    assert "по QR-коду на квитанции" in said("баланс", channel="telegram", sender=CHAT)["reply"]


def test_a_receipt_there_says_nothing_of_last_time() -> None:
    shared(OWNER)
    here = said("4425", channel="telegram", sender=CHAT, settings=WITH_PAGES)["reply"]
    assert (here.startswith("Приняли 4425 по счётчику …0001. "), "115" in here) == (True, False)


def test_where_it_may_go_the_balance_is_told() -> None:
    shared(OWNER)
    assert "1234,56" in said("баланс", channel="telegram", sender=CHAT, settings=ALLOWED)["reply"]


def test_the_history_names_the_months() -> None:
    reply = said("история", sender=OWNER, channel="sms")["reply"]
    assert "октябрь 4310" in reply


# silence -------------------------------------------------------------------------------------------------------------


def told() -> list[str]:
    """Where an owner gets a notice."""
    act = OwnerTold(ACCOUNT, (), (), 24323, "SMS")
    tell_owners([Told(act, "2345", f"message:{next(_ids)}")], SETTINGS, NOW)
    return list(OutboundMessage.objects.filter(purpose="owner_told").order_by("id").values_list("channel", flat=True))


def test_who_says_stop_is_answered_and_not_written_to_first() -> None:
    shared(OWNER, channel="max")
    assert said("/stop", channel="max", sender=CHAT)["reply"].startswith("Больше не пишем вам сюда первыми.")
    assert told() == ["sms"]
    assert said("4425", channel="max", sender=CHAT)["outcome"] == "accepted"
    assert [way.channel for way in ways_to(Account.objects.get(number=ACCOUNT), SETTINGS, NOW)].count("max") == 0


def test_start_ends_it() -> None:
    shared(OWNER, channel="max")
    said("стоп", channel="max", sender=CHAT)
    assert said("/start", channel="max", sender=CHAT)["reply"].startswith("Снова пишем вам сюда")
    assert told() == ["max"]


@pytest.mark.parametrize(("why", "left"), [(Why.GONE, []), (Why.ASKED, ["asked"])])
def test_who_writes_is_there_again_whatever_the_provider_said(why: Why, left: list[str]) -> None:
    keep_silent([("max", CHAT)], why, NOW)
    said("помощь", channel="max", sender=CHAT)
    assert list(Silence.objects.values_list("why", flat=True)) == left


# reminders -----------------------------------------------------------------------------------------------------------


def chosen() -> int | None:
    choice = reminder_of("max", CHAT)
    return choice.day if choice else None


def test_who_is_linked_chooses_on_which_day_to_be_reminded() -> None:
    shared(OWNER, channel="max")
    reply = said("напоминать 20", channel="max", sender=CHAT)["reply"]
    assert (reply.startswith("Напомним 20-го числа"), chosen()) == (True, 20)
    said("не напоминать", channel="max", sender=CHAT)
    assert chosen() is None


@pytest.mark.parametrize(
    ("text", "said_of_it"), [("напоминать 5", "Показания ждём с 18 по 25"), ("напоминать", "Напомним 18-го числа")]
)
def test_it_is_a_day_of_the_window(text: str, said_of_it: str) -> None:
    shared(OWNER, channel="max")
    assert said(text, channel="max", sender=CHAT)["reply"].startswith(said_of_it)


def test_a_stranger_is_not_reminded_of_what_nobody_knows() -> None:
    assert said("напоминать 20", channel="max", sender=CHAT)["outcome"] == "refused"
    assert chosen() is None


def test_who_wants_to_be_reminded_wants_to_be_written_to() -> None:
    shared(OWNER, channel="max")
    said("стоп", channel="max", sender=CHAT)
    said("напоминать 20", channel="max", sender=CHAT)
    assert not Silence.objects.exists()


def test_where_there_are_no_reminders_it_is_no_wish() -> None:
    none = SETTINGS.model_copy(update={"reminders": Reminders(on=False)})
    shared(OWNER, channel="max")
    assert "Напомним" not in said("напоминать", channel="max", sender=CHAT, settings=none)["reply"]


# one after the other, and together -----------------------------------------------------------------------------------


def waits(*texts: str, channel: str = "max") -> None:
    """Messages that lie in the inbox together, as after an outage, and are handled in one go."""
    for text in texts:
        store(Incoming(channel, CHAT, text, f"waiting-{next(_ids)}", NOW), NOW)
    while handle_waiting(SETTINGS, NOW):
        pass


@pytest.mark.parametrize("back", ["старт", "напоминать 20"])
def test_of_two_wishes_in_one_go_the_last_holds(back: str) -> None:
    shared(OWNER, channel="max")
    waits("стоп", back)
    assert not Silence.objects.exists()


def test_what_comes_along_with_a_contact_is_handled_too() -> None:
    incoming = Incoming("max", CHAT, "4425", f"contact-{next(_ids)}", NOW, contact=OWNER)
    answer = receive_message(incoming, SETTINGS, NOW)
    assert (values(answer), len(links())) == (["T1 4425 2026-11 accepted"], 1)
    assert answer["reply"].startswith("Готово, узнали вас")


def test_beside_anothers_contact_a_reading_is_taken_all_the_same() -> None:
    incoming = Incoming("max", CHAT, f"{ACCOUNT} 4425", f"contact-{next(_ids)}", NOW, contact=ANOTHERS_CONTACT)
    assert (values(receive_message(incoming, SETTINGS, NOW)), links()) == (["T1 4425 2026-11 accepted"], [])


def test_a_tenants_language_is_not_the_owners() -> None:
    account = Account.objects.get(number=ACCOUNT)
    Link.objects.create(kind="chat", address="vk:9", account=account, how=Link.How.BILL_CODE, made_at=NOW)
    Conversation.objects.create(channel="vk", sender="9", state={"language": "en"}, updated_at=NOW)
    assert shared(OWNER)["reply"].startswith("Готово, узнали вас")


def test_who_asked_for_russian_keeps_it() -> None:
    said("english", channel="whatsapp", sender=OWNER)
    said("русский", channel="max", sender=CHAT)
    assert shared(OWNER, channel="max")["reply"].startswith("Готово, узнали вас")


def test_the_button_of_an_older_question_says_yes_to_that_one_alone() -> None:
    shared(OWNER, channel="max")
    first = said("7800", channel="max", sender=CHAT)
    said("8700", channel="max", sender=CHAT)
    answer = said(first["buttons"][0], channel="max", sender=CHAT)
    assert (first["buttons"], answer["outcome"]) == (["Да, 7800", "Нет"], "confirm")
    assert values(said("Да, 7800", channel="max", sender=CHAT)) == ["T1 7800 2026-11 accepted"]
