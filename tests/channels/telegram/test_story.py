"""What people live through with the bot: real processes of ours, by polling and by webhook, on either database."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.models import Link
from sbyt.messaging.channel import ANOTHERS_CONTACT
from sbyt.messaging.models import Delivery, ExpectedPhoto, InboundMessage, OutboundMessage, Photo
from tests.channels.telegram.running import Installation, buttons_of, household, installed, read_of
from tests.support.databases import Database, FreshDatabase
from tests.support.serving import right_now
from tests.support.telegram import JPEG, TOKEN, Person, a_bot_api

_people = itertools.count(5_100_000_001)


@pytest.fixture(scope="module", params=["poll", "webhook"])
def town(
    request: pytest.FixtureRequest, fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with (
        fresh_database() as database,
        a_bot_api() as api,
        installed(tmp_path_factory.mktemp("telegram"), database, api, request.param, "worker") as made,
    ):
        yield made


@pytest.fixture
def anna(town: Installation) -> Iterator[Person]:
    """Somebody whom nobody knows yet. Whatever she does, neither she nor the token stands in a log."""
    person = town.api.person(next(_people))
    yield person
    logged = town.logged()
    assert [word for word in (str(person.id), TOKEN, TOKEN.partition(":")[2], "5120077") if word in logged] == []


# as it should be -----------------------------------------------------------------------------------------------------


def test_a_reading_is_taken_and_confirmed(town: Installation, anna: Person) -> None:
    account = household()
    town.api.writes(anna, f"{account} 4120")
    (told,) = town.answered(anna, 1)
    assert (read_of(account), "4120" in told["text"]) == ([4000, 4120], True)
    (stored,) = town.stored(anna)
    assert json.loads(stored.raw)["message"]["text"] == f"{account} 4120"


def test_a_question_is_answered_by_the_button_under_it(town: Installation, anna: Person) -> None:
    account = household()
    town.api.writes(anna, f"{account} 12000")
    (asked,) = town.answered(anna, 1)
    assert (read_of(account), buttons_of(asked)[0]) == ([4000], "Да, 12000")
    pressed = town.api.presses(anna, asked, "Да, 12000")
    town.answered(anna, 2)
    assert read_of(account) == [4000, 12000]
    town.until(lambda: pressed in town.api.answered)


def test_a_message_that_is_put_right_is_a_message_of_its_own(town: Installation, anna: Person) -> None:
    account = household()
    message = town.api.writes(anna, f"{account} 4120")
    town.answered(anna, 1)
    town.api.edits(message, f"{account} 4121")
    town.answered(anna, 2)
    assert read_of(account)[-1] == 4121


def test_what_is_repeated_is_answered_once(town: Installation, anna: Person) -> None:
    account = household()
    message = town.api.writes(anna, f"{account} 4120")
    town.answered(anna, 1)
    town.api.update("message", message)
    town.api.writes(anna, "помощь")
    town.answered(anna, 2)
    assert [one.text for one in town.stored(anna)] == [f"{account} 4120", "помощь"]


def test_a_photo_is_fetched_and_kept_with_its_message(town: Installation, anna: Person) -> None:
    town.api.sends_photo(anna, JPEG + b"4425", "вот счётчик")
    town.until(lambda: Photo.objects.filter(message__sender=str(anna.id)).exists())
    photo = Photo.objects.get(message__sender=str(anna.id))
    assert (photo.media_type, bytes(photo.data), photo.message.text) == ("image/jpeg", JPEG + b"4425", "вот счётчик")
    assert len(town.answered(anna, 1)) == 1


def test_a_photo_that_is_gone_is_given_up_with_the_reason(town: Installation, anna: Person) -> None:
    town.api.plans["getFile"].append(
        (400, b'{"ok": false, "error_code": 400, "description": "Bad Request: invalid file_id"}')
    )
    town.api.sends_photo(anna)
    given_up = ExpectedPhoto.objects.filter(message__sender=str(anna.id), ended_at__isnull=False)
    town.until(given_up.exists)
    assert given_up.get().why == "recipient_gone"
    assert not Photo.objects.filter(message__sender=str(anna.id)).exists()


def test_her_own_contact_is_told_from_somebody_elses(town: Installation, anna: Person) -> None:
    town.api.shares(anna, "79125120077", anna.id)
    town.api.shares(anna, "79125120077", anna.id + 1)
    town.api.shares(anna, "79125120077", None)
    town.until(lambda: len(town.stored(anna)) == 3)
    assert [one.contact for one in town.stored(anna)] == ["+79125120077", ANOTHERS_CONTACT, ANOTHERS_CONTACT]


def test_by_the_key_that_shares_her_phone_she_is_known(town: Installation, anna: Person) -> None:
    phone = f"+79125{anna.id % 1_000_000:06}"
    account = household(phone=phone)
    town.api.writes(anna, "/start")
    (welcome,) = town.answered(anna, 1)
    (key, *_), *_ = welcome["reply_markup"]["keyboard"]
    assert key["request_contact"] is True
    town.api.shares(anna, phone.removeprefix("+"), anna.id)
    known = town.answered(anna, 2)[-1]
    assert "keyboard" not in known["reply_markup"]
    links = Link.objects.filter(address__contains=str(anna.id), ended_at=None)
    assert list(links.values_list("account__number", flat=True)) == [account]
    town.api.writes(anna, "4130")
    town.answered(anna, 3)
    assert read_of(account) == [4000, 4130]


def test_a_link_that_opens_the_bot_hands_on_its_token(town: Installation, anna: Person) -> None:
    town.api.writes(anna, "/start bp2Y8kQ0aQ7c_x")
    town.answered(anna, 1)
    assert [one.text for one in town.stored(anna)] == ["/start bp2Y8kQ0aQ7c_x"]


def test_in_a_group_it_keeps_silent(town: Installation, anna: Person) -> None:
    group = {"id": -1001234567890, "title": "Дом 5", "type": "supergroup"}
    message = {"message_id": 7, "from": anna.as_user(), "chat": group, "date": int(right_now().timestamp())}
    town.api.update("message", {**message, "text": "2000000001 4425"})
    town.api.writes(anna, "помощь")
    town.answered(anna, 1)
    assert [one.text for one in town.stored(anna)] == ["помощь"]
    assert not InboundMessage.objects.filter(sender=str(group["id"])).exists()


# as it should not be -------------------------------------------------------------------------------------------------


def test_who_blocked_the_bot_is_not_written_to_again(town: Installation, anna: Person) -> None:
    anna.has_blocked = True
    town.api.writes(anna, "помощь")
    to_her = OutboundMessage.objects.filter(recipient=str(anna.id))
    town.until(lambda: to_her.filter(state="failed").exists())
    town.until(lambda: Delivery.objects.filter(outbound__in=to_her).exists())
    (attempt,) = Delivery.objects.filter(outbound__in=to_her)
    assert (attempt.result, attempt.said) == ("recipient_gone", "403: Forbidden: bot was blocked by the user")


def test_what_is_told_to_wait_goes_later(town: Installation, anna: Person) -> None:
    slow = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    town.api.plans[f"sendMessage {anna.id}"].append((429, json.dumps(slow).encode()))
    town.api.writes(anna, "помощь")
    town.answered(anna, 1)
    town.until(lambda: OutboundMessage.objects.filter(recipient=str(anna.id), state="delivered").exists())
    results = Delivery.objects.filter(outbound__recipient=str(anna.id)).order_by("id").values_list("result", flat=True)
    assert list(results) == ["throttled", "delivered"]


def test_several_at_once_are_answered_in_order_and_not_too_fast(town: Installation, anna: Person) -> None:
    before = town.api.too_fast
    for _ in range(3):
        town.api.writes(anna, "помощь")
    town.answered(anna, 3)
    town.until(lambda: town.api.waiting == 0)
    assert town.api.too_fast - before <= 1  # how far apart they arrive is the network's to say


def test_what_can_not_be_read_is_kept_and_keeps_nothing_else_waiting(town: Installation, anna: Person) -> None:
    from sbyt.messaging.models import Unreadable

    before = Unreadable.objects.filter(channel="telegram").count()
    town.api.update("message", {"message_id": "seven", "chat": anna.as_chat(), "date": 1, "text": "4425"})
    town.api.writes(anna, "помощь")
    town.answered(anna, 1)
    assert Unreadable.objects.filter(channel="telegram").count() == before + 1


# pollers that come and go --------------------------------------------------------------------------------------------


def all_taken_once(made: Installation, people: list[Person], each: int) -> None:
    """Every message is there once, and answered; nothing waits at Telegram."""
    made.until(lambda: InboundMessage.objects.filter(handled_at__isnull=False).count() >= len(people) * each)
    for person in people:
        texts = [one.text for one in made.stored(person)]
        assert texts == [f"сообщение {number}" for number in range(each)]


def test_a_poller_that_is_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    database: Database, tmp_path: Path
) -> None:
    with a_bot_api() as api, installed(tmp_path, database, api, "poll", "first") as made:
        people = [api.person(next(_people)) for _ in range(5)]
        for number in range(12):
            for person in people:
                api.writes(person, f"сообщение {number}")
            if number == 4:
                made.until(InboundMessage.objects.exists)
                made.kill("first")
                made.start("second")
        all_taken_once(made, people, 12)


def test_two_pollers_at_once_lose_nothing_and_double_nothing(database: Database, tmp_path: Path) -> None:
    with a_bot_api() as api, installed(tmp_path, database, api, "poll", "first", "second") as made:
        people = [api.person(next(_people)) for _ in range(4)]
        for number in range(10):
            for person in people:
                api.writes(person, f"сообщение {number}")
        all_taken_once(made, people, 10)
        made.until(lambda: api.waiting == 0)


def test_a_poller_ends_though_its_question_is_held(database: Database, tmp_path: Path) -> None:
    with a_bot_api() as api, installed(tmp_path, database, api, "poll") as made:
        api.holds = 600
        made.start("worker")
        made.until(lambda: any(given.get("timeout") == "20" for _, given in api.calls))
        began = right_now()
        assert made.end("worker") == 0
        # By itself it would give up after 35 seconds, and ask again.
        assert made.logged().count("poll_failed") == 0
        assert right_now() - began < dt.timedelta(seconds=30)


def test_once_takes_all_that_waits_and_does_not_wait_for_more(database: Database, tmp_path: Path) -> None:
    with a_bot_api() as api, installed(tmp_path, database, api, "poll") as made:
        people = [api.person(next(_people)) for _ in range(60)]
        for number in range(2):  # more than Telegram gives at once
            for person in people:
                api.writes(person, f"сообщение {number}")
        made.sbyt("work", "--once")
        all_taken_once(made, people, 2)
        assert (api.waiting, [given.get("timeout") for name, given in api.calls if name == "getUpdates"][-1]) == (
            0,
            "0",
        )
