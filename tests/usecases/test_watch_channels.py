"""Channels that are watched once a minute: providers asked, what was found kept, staff told by another channel."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pytest

from sbyt.core.settings import Alarms, ChannelSettings, ChannelState, Quiet, Settings, Web
from sbyt.messaging import health_rows
from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import Capabilities, Channel, Finding, FindingCode, NotAuthorised, Unreachable
from sbyt.messaging.health import HealthState
from sbyt.messaging.models import ChannelAlarm, ChannelHealth, InboundHour, OutboundMessage, Pace
from sbyt.usecases.watch_channels import watch_channels
from tests.support.databases import Database
from tests.support.provider import ProviderChannel

NOON = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)  # in Moscow
MINUTE = dt.timedelta(minutes=1)
WAYS = {
    "sms": ChannelSettings(title="SMS", rendering="short", senders="phone"),
    "email": ChannelSettings(title="E-mail", senders="email"),
    "max": ChannelSettings(title="MAX"),
}
STAFF = Alarms(emails=("duty@example.org",), phones=("+79120000001",))
SETTINGS = Settings(channels=WAYS, alarms=STAFF)

Look = Callable[[str], Sequence[Finding]]


class Asked(ProviderChannel):
    """A channel whose provider says what the test tells it to."""

    def __init__(self, code: str, look: Look | None = None, *, by_address: bool = False) -> None:
        super().__init__("", code=code)
        self.capabilities = Capabilities(length=600 if code == "sms" else None)  # type: ignore[misc]
        self._look = look
        self.by_address = by_address
        self.asked: list[str] = []

    async def look(self, webhook: str) -> Sequence[Finding]:
        self.asked.append(webhook)
        await asyncio.sleep(0)
        return self._look(webhook) if self._look else ()


def channels(*codes: str, **looks: Look) -> dict[str, Channel]:
    return {code: Asked(code, looks.get(code)) for code in codes}


def watch(
    connected: Mapping[str, Channel], minutes: Collection[int] = (0,), settings: Settings = SETTINGS, **other: Any
) -> None:
    """Check in each of these minutes after noon."""
    for minute in minutes:
        assert watch_channels(connected, settings, NOON + minute * MINUTE, **other)
        OutboundMessage.objects.update(state="delivered")  # what was written is sent


def fails(channel: str, error: str = "unreachable", since: dt.datetime = NOON) -> None:
    values = {"failures": 3, "trouble": error, "trouble_since": since, "free_at": NOON}
    Pace.objects.update_or_create(channel=channel, defaults=values)


def works(channel: str) -> None:
    Pace.objects.update_or_create(channel=channel, defaults={"failures": 0, "trouble": "", "free_at": NOON})


def states() -> dict[str, str]:
    return dict(ChannelHealth.objects.exclude(checked_at=None).values_list("channel", "state"))


def alarms() -> list[tuple[str, str]]:
    """To whom, and the first line."""
    rows = OutboundMessage.objects.order_by("id").values_list("recipient", "text")
    return [(recipient, text.partition("\n")[0]) for recipient, text in rows]


# asking ---------------------------------------------------------------------------------------------------------------


def test_each_provider_is_asked_of_the_address_at_which_it_should_reach_us(database: Database) -> None:
    settings = SETTINGS.model_copy(update={"web": Web(address="https://lk.example.org")})
    by_webhook, polling = Asked("sms", by_address=True), Asked("max")
    watch({"sms": by_webhook, "max": polling}, range(11), settings, certificate_of=lambda address: None)
    assert (by_webhook.asked, polling.asked) == (["https://lk.example.org/in/sms"] * 2, [""] * 2)


def _refused(webhook: str) -> Sequence[Finding]:
    raise NotAuthorised


def _gone(webhook: str) -> Sequence[Finding]:
    raise Unreachable


def _stumbles(webhook: str) -> Sequence[Finding]:
    raise ZeroDivisionError("token 123")


def _elsewhere(webhook: str) -> Sequence[Finding]:
    return [Finding(FindingCode.WEBHOOK_ELSEWHERE, "example.org")]


@pytest.mark.parametrize(
    ("look", "state", "reasons"),
    [
        (_refused, "down", [["key_refused", {}]]),
        (_gone, "degraded", [["provider_out_of_reach", {"error": "unreachable"}]]),
        (_elsewhere, "down", [["webhook_elsewhere", {"said": "example.org"}]]),
        (_stumbles, "ok", []),
    ],
    ids=lambda one: one.__name__ if callable(one) else None,
)
def test_what_a_provider_says_is_kept_and_no_other_channel_suffers(
    database: Database, look: Look, state: str, reasons: list[Any]
) -> None:
    watch(channels("sms", "max", sms=look))
    assert states() == {"sms": state, "max": "ok"}
    assert ChannelHealth.objects.get(channel="sms").reasons == reasons


def test_a_provider_that_does_not_answer_when_asked_holds_up_nothing(database: Database) -> None:
    class Silent(ProviderChannel):
        async def look(self, webhook: str) -> Sequence[Finding]:
            await asyncio.sleep(60)
            return ()

    watch({"sms": Silent(""), "max": Asked("max")}, time_limit=0.05)
    assert states() == {"sms": "degraded", "max": "ok"}


@pytest.mark.parametrize(
    ("address", "looked"), [("https://lk.example.org", ["https://lk.example.org"]), (None, [])], ids=str
)
def test_the_certificate_matters_where_somebody_comes_to_our_address(
    database: Database, address: str | None, looked: list[str]
) -> None:
    seen: list[str] = []

    def look(address: str) -> Certificate:
        seen.append(address)
        return Certificate(Seen.EXPIRED)

    settings = SETTINGS.model_copy(update={"web": Web(address=address)})
    watch({"sms": Asked("sms"), "max": Asked("max", by_address=True)}, settings=settings, certificate_of=look)
    assert seen == looked
    assert states() == {"sms": "ok", "max": "down" if looked else "ok"}


def test_where_nobody_comes_to_our_address_it_is_not_looked_at(database: Database) -> None:
    settings = SETTINGS.model_copy(update={"web": Web(address="https://lk.example.org")})
    watch(channels("sms"), settings=settings, certificate_of=pytest.fail)


@pytest.mark.parametrize(
    ("simulated", "way", "state"),
    [
        (None, "open", "down"),
        (None, "unstable", "down"),
        (None, "withdrawn", "ok"),
        (None, "planned", "ok"),
        ("messenger", "open", "ok"),
    ],
)
def test_a_silence_means_something_where_people_are_told_to_write(
    database: Database, simulated: Any, way: str, state: str
) -> None:
    """Nothing has come for two hours by which forty messages an hour always came."""
    connected = Asked("max")
    connected.simulated = simulated  # type: ignore[misc]
    hour = NOON.replace(minute=0)
    InboundHour.objects.bulk_create(
        InboundHour(channel="max", hour=hour - ago * dt.timedelta(hours=1), came=40) for ago in range(2, 120 * 24)
    )
    ChannelHealth.objects.create(channel="max", last_at=NOON - 120 * MINUTE, counted_from=NOON - dt.timedelta(days=120))
    settings = SETTINGS.model_copy(update={"channels": {"max": ChannelSettings(title="MAX", state=ChannelState(way))}})
    watch({"max": connected}, settings=settings)
    assert states() == {"max": state}


# telling --------------------------------------------------------------------------------------------------------------


def test_a_channel_that_dies_and_comes_back_is_told_of_once_each(database: Database) -> None:
    fails("max")
    connected = channels("sms", "email", "max")
    watch(connected, range(30))
    works("max")
    watch(connected, range(30, 60))
    assert alarms() == [
        ("duty@example.org", "MAX: ✗ не работает."),
        ("+79120000001", alarms()[1][1]),
        ("duty@example.org", "MAX: ✓ снова работает."),
        ("+79120000001", "MAX: ✓ снова работает."),
    ]
    assert alarms()[1][1].startswith("MAX: ✗ не работает. Ничего не отправляется с 20.11.2026 12:00")
    (row,) = ChannelAlarm.objects.all()
    assert (row.state, row.began_at, row.ended_at) == ("down", NOON + 7 * MINUTE, NOON + 40 * MINUTE)


def test_a_channel_that_grows_worse_closes_one_alarm_and_opens_another(database: Database) -> None:
    connected = channels("sms", "email", "max", max=lambda webhook: [Finding(FindingCode.BACKLOG, "12")])
    watch(connected, range(12))
    fails("max", "not_authorised")
    watch(connected, range(12, 16))
    assert list(ChannelAlarm.objects.order_by("id").values_list("state", "ended_at")) == [
        ("degraded", NOON + 14 * MINUTE),
        ("down", None),
    ]


@pytest.mark.parametrize(
    ("dead", "left", "told"),
    [
        ("max", ("sms", "email", "max"), ["duty@example.org", "+79120000001"]),
        ("email", ("sms", "email", "max"), ["+79120000001"]),
        ("sms", ("sms", "email", "max"), ["duty@example.org"]),
        ("max", ("sms", "max"), ["+79120000001"]),
        ("max", ("max",), []),
        ("email", ("email", "max"), []),
    ],
)
def test_nobody_is_told_by_a_channel_that_is_down(
    database: Database, dead: str, left: Sequence[str], told: list[str]
) -> None:
    fails(dead, "not_authorised")
    watch(channels(*left), range(4))
    assert [recipient for recipient, _ in alarms()] == told
    assert ChannelAlarm.objects.get().channel == dead


def test_what_is_only_degraded_goes_by_mail_alone(database: Database) -> None:
    look: Look = lambda webhook: [Finding(FindingCode.BACKLOG, "12")]  # noqa: E731
    watch(channels("sms", "email", "max", max=look), range(12))
    assert [recipient for recipient, _ in alarms()] == ["duty@example.org"]


def test_without_mail_it_goes_to_the_phones(database: Database) -> None:
    look: Look = lambda webhook: [Finding(FindingCode.BACKLOG, "12")]  # noqa: E731
    watch(channels("sms", "max", max=look), range(12))
    assert [recipient for recipient, _ in alarms()] == ["+79120000001"]


def test_several_that_die_together_are_one_message(database: Database) -> None:
    settings = SETTINGS.model_copy(update={"web": Web(address="https://lk.example.org")})
    connected = {"email": Asked("email"), **{code: Asked(code, by_address=True) for code in ("max", "sms")}}
    watch(connected, range(4), settings, certificate_of=lambda address: Certificate(Seen.EXPIRED))
    (message,) = OutboundMessage.objects.all()
    assert message.text.count("✗ не работает") == 2
    assert message.text.count("Сертификат нашего адреса истёк") == 2
    assert "https://lk.example.org/office/channels/" in message.text


@pytest.mark.parametrize(("trouble", "written"), [("not_authorised", 1), ("", 0)], ids=["down", "degraded"])
def test_at_night_only_what_is_down_wakes_anybody(database: Database, trouble: str, written: int) -> None:
    """What is to wake somebody goes out at any hour, as answers do."""
    night = SETTINGS.model_copy(update={"quiet": Quiet(from_hour=11, to_hour=14)})
    look: Look = lambda webhook: [Finding(FindingCode.BACKLOG, "12")]  # noqa: E731
    if trouble:
        fails("max", trouble)
    watch(channels("email", "max", max=look), range(15), night)
    assert [message.kind for message in OutboundMessage.objects.all()] == [OutboundMessage.Kind.ANSWER] * written


def test_what_was_mended_by_night_is_told_in_the_morning(database: Database) -> None:
    night = SETTINGS.model_copy(update={"quiet": Quiet(from_hour=11, to_hour=14)})
    fails("max", "not_authorised")
    watch(channels("email", "max"), range(4), night)
    works("max")
    watch(channels("email", "max"), range(4, 20), night)
    assert OutboundMessage.objects.order_by("id").last().kind == OutboundMessage.Kind.NOTICE  # type: ignore[union-attr]


def test_where_nobody_is_named_the_office_and_the_log_know(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    fails("max", "not_authorised")
    watch(channels("email", "max"), range(4), Settings(channels=WAYS))
    assert alarms() == []
    assert [one.channel for one in health_rows.unwell(["email", "max"], NOON + 3 * MINUTE)] == ["max"]
    assert ChannelAlarm.objects.count() == 1


def test_english_installations_are_told_in_english(database: Database) -> None:
    fails("max", "not_authorised")
    watch(channels("email", "max"), range(4), SETTINGS.model_copy(update={"language": "en"}))
    assert alarms() == [("duty@example.org", "MAX: ✗ does not work.")]


def test_of_a_channel_that_is_not_connected_any_more_nothing_stays_open(database: Database) -> None:
    fails("max", "not_authorised")
    watch(channels("email", "max"), range(4))
    watch(channels("email"), (4,))
    assert ChannelAlarm.objects.get().ended_at == NOON + 4 * MINUTE
    assert health_rows.checked(["max"], NOON + 10 * MINUTE)["max"].state is HealthState.UNKNOWN


def test_who_is_not_on_turn_checks_nothing(database: Database) -> None:
    watch(channels("sms"))
    assert not watch_channels(channels("sms", sms=_refused), SETTINGS, NOON + dt.timedelta(seconds=30))
    assert states() == {"sms": "ok"}
