"""What becomes of a message by how each attempt to send it ended."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import (
    CannotCarry,
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    RecipientGone,
    Sent,
    Throttled,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.delivery import Attempt
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.messaging.pacing import GONE_TO_DOUBT, back_off
from sbyt.messaging.silence import Why, keep_silent, silent
from tests.messaging.outbox_world import (
    ANNOUNCEMENT,
    ANSWER,
    NOTICE,
    at,
    attempt,
    claim,
    claimed,
    log,
    pace,
    record,
    states,
    waits,
    write,
)
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("database")

DAY = 86_400


def backs_off(number: int) -> float:
    return back_off(OutboundMessage.objects.get().id, number).total_seconds()


def test_what_the_provider_took_is_delivered() -> None:
    write()
    attempt(Sent("SM77"), 10)
    message = OutboundMessage.objects.get()
    assert (message.state, message.delivered_at, message.provider_id) == ("delivered", at(11), "SM77")
    assert message.leased_until is None
    assert claimed(DAY) == []


@pytest.mark.parametrize("error", [RecipientGone, MessageRefused, CannotCarry])
def test_what_is_refused_for_good_is_not_sent_again(error: type[UnableToSend]) -> None:
    write()
    attempt(error(), 0)
    assert (states(), claimed(DAY)) == (["failed"], [])


@pytest.mark.parametrize("kind", [ANSWER, NOTICE, ANNOUNCEMENT])
@pytest.mark.parametrize("error", [Unreachable, ProviderFailed, Throttled])
def test_what_certainly_was_not_sent_waits_longer_each_time(
    error: type[UnableToSend], kind: OutboundMessage.Kind
) -> None:
    write(kind=kind)
    attempt(error(), 0)
    assert waits() == 1 + backs_off(1)
    attempt(error(), 1000)
    assert waits() == 1001 + backs_off(2)
    assert states() == ["waiting"]


def test_a_message_waits_for_as_long_as_the_provider_asks() -> None:
    write()
    attempt(Throttled(wait=45.5), 0)
    assert waits() == 46.5


def test_without_a_right_key_it_is_tried_every_quarter_of_an_hour() -> None:
    write()
    attempt(NotAuthorised(), 0)
    assert waits() == 901
    assert pace().paused_until == at(901)
    attempt(NotAuthorised(), 901)
    assert waits() == 1802


def test_staff_can_see_since_when_a_channel_fails_and_that_it_works_again() -> None:
    write()
    attempt(NotAuthorised(), 0)
    attempt(NotAuthorised(), 901)
    assert (pace().trouble, pace().trouble_since, pace().failures) == ("not_authorised", at(1), 2)
    attempt(Sent(), 1802)
    assert (pace().trouble, pace().trouble_since, pace().failures, pace().paused_until) == ("", None, 0, None)


@pytest.mark.parametrize("error", [RecipientGone, MessageRefused])
def test_a_refusal_shows_that_the_channel_works(error: type[UnableToSend]) -> None:
    write("first", recipient="anna")
    write("second", recipient="anna")
    (first,) = claim().messages
    record(first, ProviderFailed(), 1)
    attempt(error(), 60)
    assert pace().trouble == ""


def test_what_the_channel_cannot_carry_says_nothing_of_the_provider() -> None:
    write("first")
    write("second")
    first, second = claim().messages
    record(first, Unreachable(), 1)
    record(second, CannotCarry(), 2)
    assert pace().trouble == "unreachable"


# nobody knows --------------------------------------------------------------------------------------------------------


def test_an_answer_of_which_nobody_knows_is_sent_once_more_and_no_third_time() -> None:
    write(kind=ANSWER)
    attempt(Uncertain(), 0)
    assert (states(), waits()) == (["waiting"], 1 + backs_off(1))
    attempt(Uncertain(), 60)
    assert (states(), claimed(DAY)) == (["uncertain"], [])


def test_also_when_it_could_not_be_reached_in_between() -> None:
    write(kind=ANSWER)
    for second, outcome in enumerate([Uncertain(), Unreachable(), Unreachable(), Uncertain()]):
        attempt(outcome, second * 60)
    assert states() == ["uncertain"]


@pytest.mark.parametrize("kind", [NOTICE, ANNOUNCEMENT])
def test_a_notice_of_which_nobody_knows_is_not_sent_again(kind: OutboundMessage.Kind) -> None:
    write(kind=kind)
    attempt(Uncertain(), 0)
    assert (states(), claimed(DAY)) == (["uncertain"], [])


@pytest.mark.parametrize(("kind", "becomes"), [(ANSWER, "waiting"), (NOTICE, "uncertain"), (ANNOUNCEMENT, "uncertain")])
def test_a_lease_that_ran_out_means_that_nobody_knows(kind: OutboundMessage.Kind, becomes: str) -> None:
    write(kind=kind)
    claim()
    lease = outbox.LEASE.total_seconds()
    assert (delivery.recover(at(lease - 1)), states()) == (0, ["sending"])
    assert (delivery.recover(at(lease)), states()) == (1, [becomes])
    assert (delivery.recover(at(lease)), log()) == (0, ["lease_expired"])


def test_a_lease_from_before_the_clock_was_set_back_has_run_out() -> None:
    write()
    claim(2 * DAY)
    assert (delivery.recover(at(0)), states()) == (1, ["waiting"])


def test_a_lease_that_ran_out_counts_as_the_first_time() -> None:
    write(kind=ANSWER)
    claim()
    delivery.recover(at(120))
    attempt(Uncertain(), 200)
    assert states() == ["uncertain"]


def test_two_leases_that_ran_out_are_enough() -> None:
    write(kind=ANSWER)
    claim()
    delivery.recover(at(120))
    claim(200)
    delivery.recover(at(400))
    assert (states(), log()) == (["uncertain"], ["lease_expired", "lease_expired"])


# recorded late, or again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ANSWER, NOTICE])
@pytest.mark.parametrize(
    ("outcome", "becomes"), [(Sent(), "delivered"), (Unreachable(), "waiting"), (MessageRefused(), "failed")]
)
def test_an_outcome_that_comes_after_the_lease_is_still_taken(
    kind: OutboundMessage.Kind, outcome: Sent | UnableToSend, becomes: str
) -> None:
    write(kind=kind)
    (message,) = claim().messages
    delivery.recover(at(120))
    record(message, outcome, 130)
    assert states() == [becomes]


def test_unless_the_message_was_claimed_again() -> None:
    write()
    (slow,) = claim().messages
    delivery.recover(at(120))
    (again,) = claim(200).messages
    record(slow, Unreachable(), 201)
    assert states() == ["sending"]
    record(again, Sent(), 202, began=200)
    assert (states(), log()) == (["delivered"], ["lease_expired", "unreachable", "delivered"])


@pytest.mark.parametrize("outcome", [Sent(), Unreachable(), Uncertain(), RecipientGone()])
def test_the_same_recorded_again_changes_nothing(outcome: Sent | UnableToSend) -> None:
    """The database was lost just after it committed."""
    write()
    (message,) = claim().messages
    record(message, outcome, 1)
    before = (states(), log(), pace().failures)
    record(message, outcome, 1)
    assert (states(), log(), pace().failures) == before


def test_what_ended_together_is_recorded_together() -> None:
    for kind in (ANSWER, NOTICE, NOTICE):
        write(kind=kind)
    outcomes: list[Sent | UnableToSend] = [Sent("1"), Uncertain(), MessageRefused("нет")]
    delivery.record(
        "sms",
        [
            Attempt(message.outgoing.id, message.attempt, at(0), at(number), outcome)
            for number, (message, outcome) in enumerate(zip(claim().messages, outcomes, strict=True))
        ],
    )
    assert states() == ["delivered", "uncertain", "failed"]
    assert log() == ["delivered", "uncertain", "message_refused"]


# the log -------------------------------------------------------------------------------------------------------------


def test_each_attempt_is_in_the_log_with_its_time_and_the_providers_words() -> None:
    write("Приняли 4425.", recipient="+79120000101")
    attempt(ProviderFailed("no route to +7 912 000-01-01 for «Приняли 4425.»"), 0)
    attempt(Sent(), 60)
    first, second = Delivery.objects.order_by("id")
    assert (first.result, first.began_at, first.ended_at) == ("provider_failed", at(0), at(1))
    assert first.said == "no route to +… for «…»"
    assert (second.result, second.said) == ("delivered", "")


# too late ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["sms", "a channel that is not connected"])
def test_what_could_not_be_sent_for_a_week_is_given_up(channel: str) -> None:
    write(channel=channel)
    assert (delivery.expire(at(7 * DAY - 1)), states()) == (0, ["waiting"])
    assert (delivery.expire(at(7 * DAY)), states()) == (1, ["expired"])
    assert (delivery.expire(at(7 * DAY)), log()) == (0, ["expired"])


def test_the_week_begins_when_it_may_first_be_sent() -> None:
    write(send_at=at(10 * DAY))
    attempt(Unreachable(), 16 * DAY)
    assert delivery.expire(at(17 * DAY - 1)) == 0
    assert delivery.expire(at(17 * DAY)) == 1


def test_a_message_may_say_itself_until_when() -> None:
    write(expires_at=at(60))
    assert (delivery.expire(at(59)), delivery.expire(at(60))) == (0, 1)


def test_what_is_under_way_or_done_does_not_expire() -> None:
    write("under way")
    write("delivered")
    _, second = claim().messages
    record(second, Sent(), 1)
    assert (delivery.expire(at(30 * DAY)), states()) == (0, ["sending", "delivered"])


def test_whatever_the_number_it_is_done_in_batches() -> None:
    for _ in range(5):
        write()
    claim(limit=2)
    assert [delivery.expire(at(7 * DAY), limit=2) for _ in range(3)] == [2, 1, 0]
    assert [delivery.recover(at(7 * DAY), limit=1) for _ in range(3)] == [1, 1, 0]


def test_a_clock_set_back_brings_no_negative_wait(database: Database) -> None:
    write()
    (message,) = claim(100).messages
    record(message, Unreachable(), -3600, began=100)
    assert waits() == -3600 + backs_off(1)
    assert dt.timedelta(0) < back_off(message.outgoing.id, 1)


@pytest.mark.parametrize(
    ("other", "becomes"),
    [
        pytest.param({"state": "delivered", "attempts": 1, "delivered_at": at(11 * 3600)}, "failed", id="went through"),
        pytest.param({"state": "delivered", "attempts": 0, "delivered_at": at(11 * 3600)}, "waiting", id="was shown"),
        pytest.param({"state": "delivered", "attempts": 1, "delivered_at": at(0)}, "waiting", id="went long before"),
        pytest.param({"state": "expired", "attempts": 1}, "waiting", id="did not"),
    ],
)
def test_a_message_over_which_the_provider_alone_stumbles_is_given_up_at_last(
    other: dict[str, object], becomes: str
) -> None:
    write(recipient="anna")
    write(recipient="boris")
    OutboundMessage.objects.filter(recipient="boris").update(**other)
    for time in range(0, 12 * 3600, 3600):
        attempt(ProviderFailed(), time)
    assert states()[0] == becomes


def test_after_the_key_was_put_right_nothing_waits_for_a_quarter_of_an_hour() -> None:
    write("Приняли 4425.")
    attempt(NotAuthorised(), 0)
    outbox.resume("sms", at(10))
    assert claimed(10) == ["Приняли 4425."]


@pytest.mark.parametrize(
    ("outcome", "silenced"), [(RecipientGone(), True), (MessageRefused(), False), (Sent(), False), (Uncertain(), False)]
)
def test_to_whom_the_provider_does_not_reach_nothing_is_written_first(
    outcome: Sent | UnableToSend, silenced: bool
) -> None:
    write(recipient="anna")
    attempt(outcome, 10)
    assert silent([("sms", "anna")]) == ({("sms", "anna"): Why.GONE} if silenced else {})


def test_who_asked_for_silence_stays_one_who_did() -> None:
    keep_silent([("sms", "anna")], Why.ASKED, at(0))
    write(recipient="anna")
    attempt(RecipientGone(), 10)
    assert silent([("sms", "anna")]) == {("sms", "anna"): Why.ASKED}


def all_end(*outcomes: Sent | UnableToSend) -> list[str]:
    """Write to as many people, let the attempts end so, one after the other, and say to whom we are silent then."""
    people = [f"person {number}" for number in range(len(outcomes))]
    for person, outcome in zip(people, outcomes, strict=True):
        write(recipient=person)
        attempt(outcome, 0)
    return [person for channel, person in silent([("sms", person) for person in people])]


def test_where_everybody_is_said_to_be_gone_nobody_is_kept_silent_any_more() -> None:
    """So a bot is answered that hasn't passed moderation, whoever it writes to."""
    silenced = all_end(*[RecipientGone()] * (GONE_TO_DOUBT + 5))
    assert len(silenced) == GONE_TO_DOUBT - 1
    assert pace().gone == GONE_TO_DOUBT + 5


@pytest.mark.parametrize("between", [MessageRefused(), CannotCarry()])
def test_only_a_delivery_shows_that_people_can_be_reached(between: UnableToSend) -> None:
    gone = [RecipientGone()] * (GONE_TO_DOUBT - 1)
    assert "person 10" not in all_end(*gone, between, RecipientGone())


def test_once_somebody_was_reached_who_is_gone_is_believed_again() -> None:
    gone = [RecipientGone()] * GONE_TO_DOUBT
    assert f"person {GONE_TO_DOUBT + 1}" in all_end(*gone, Sent(), RecipientGone())


def test_where_all_that_went_together_are_gone_none_of_them_is_kept_silent() -> None:
    people = [f"person {number}" for number in range(GONE_TO_DOUBT)]
    for person in people:
        write(recipient=person)
    messages = claim().messages
    delivery.record("sms", [Attempt(one.outgoing.id, one.attempt, at(0), at(1), RecipientGone()) for one in messages])
    assert not silent([("sms", person) for person in people])
