"""What must hold after every step, and what at the end: the promises of the design, said of tables and providers."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from tests.simulation.people import POISON
from tests.simulation.providers import Attempt, FakeChannel, Known, Written
from tests.simulation.town import LIVE, POSTED, SECRETS, SETTINGS

if TYPE_CHECKING:
    from tests.simulation.world import World


class Broken(AssertionError):
    """An invariant doesn't hold."""

    def __init__(self, world: World, invariant: str, found: str) -> None:
        self.seed, self.step, self.invariant = world.seed, world.step, invariant
        events = "\n".join(f"    {event}" for event in world.events)
        super().__init__(
            f"seed {world.seed}, step {world.step}: {invariant}\n  found: {found}\n  before that:\n{events}\n"
            f'  repeat: make soak ARGS="--seed {world.seed}"'
        )


class Inbound(NamedTuple):
    id: int
    channel: str
    provider_id: str
    sender: str
    text: str
    handled: bool
    result: Any


class Outbound(NamedTuple):
    id: int
    channel: str
    recipient: str
    text: str
    kind: int
    purpose: str
    in_reply_to: int | None
    state: str
    attempts: int


class Reading(NamedTuple):
    id: int
    register: int
    meter: int
    period: int
    value: int
    rollover: bool
    received: str
    message: int | None


_INBOUND = (
    "SELECT id, channel, provider_id, sender, text, handled_at IS NOT NULL, result FROM messaging_inboundmessage "
    "ORDER BY id"
)
_OUTBOUND = (
    "SELECT id, channel, recipient, text, kind, purpose, in_reply_to_id, state, attempts "
    "FROM messaging_outboundmessage ORDER BY id"
)
_READINGS = (
    "SELECT d.id, d.register_id, r.meter_id, d.period, d.value, d.rollover, d.received_at, d.message_id "
    "FROM readings_reading d JOIN accounts_register r ON r.id = d.register_id WHERE d.id > %s ORDER BY d.id"
)
_NOT_HANDLED = "SELECT message_id FROM readings_stafftask WHERE reason = 'not_handled'"
_CANCELLED = "SELECT reading_id, id, at, by, reason FROM readings_cancellation ORDER BY id"

#: Rows that are only ever added, with all their columns.
_ONLY_ADDED = ("readings_reading", "readings_cancellation", "payments_payment", "billing_charge", "billing_bill")
_FINAL = frozenset({"delivered", "failed", "expired"})
_OVER = _FINAL | {"uncertain"}  # unless what became of it gets known after all
_ANSWER = 1
_EVERY = 15  # steps between the dear checks


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


class Invariants:
    """Looks at a world, remembers what it saw before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.inbound: list[Inbound] = []
        self.outbound: dict[int, Outbound] = {}
        self.readings: dict[int, Reading] = {}
        self.cancelled: set[int] = set()
        self.first_seen: dict[int, int] = {}  # inbound message: step
        self.handled_at: dict[int, int] = {}
        self.rows = {table: self._all(table) for table in _ONLY_ADDED}
        self.founded = max((row[0] for row in self.rows["readings_reading"]), default=0)
        self.linked = self._links()
        self.numbers = self._numbers()
        self.version: int | None = None
        self.judged = dict.fromkeys(POSTED, 0)  # attempts looked at
        self.shown_at: list[tuple[Written, Mapping[str, Any]]] = []

    # asked by the world ----------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """What must hold after every step."""
        if self._changed():
            self._look()
        self._attempts()
        if self.world.step % _EVERY == 0:
            self._only_added()

    def progress(self) -> tuple[int, ...]:
        """Changes whenever anything was done."""
        handled = sum(one.handled for one in self.inbound)
        final = sum(one.state in _OVER for one in self.outbound.values())
        attempts = sum(len(provider.attempts) for provider in self.world.providers.values())
        return handled, final, attempts, len(self.outbound), len(self.readings)

    def shown(self, written: Written, result: Mapping[str, Any]) -> None:
        """What a person was shown in a live session: the same again, if it was shown before."""
        if "later" in result:
            return
        if written.shown is not None:
            same = {key: result[key] for key in ("id", "reply")} == {key: written.shown[key] for key in ("id", "reply")}
            self.require("a repeated message gets the same answer", same, f"{written.shown} and then {result}")
        written.shown = dict(result)

    def unhandled(self) -> bool:
        return not all(one.handled for one in self.inbound)

    def unsent(self) -> frozenset[int]:
        """What waits in the outbox or is under way."""
        return frozenset(id_ for id_, one in self.outbound.items() if one.state not in _OVER)

    def waiting_in(self) -> set[str]:
        """The channels in which something waits."""
        return {one.channel for one in self.outbound.values() if one.state == "waiting"}

    def not_begun(self, channels: set[str]) -> set[int]:
        """The answers of these channels that nobody tried to send, to people who wait for nothing else."""
        waiting = [one for one in self.outbound.values() if one.state not in _OVER]
        tried = {(one.channel, one.recipient) for one in waiting if one.attempts}
        return {
            id_
            for id_, one in self.outbound.items()
            if one.state == "waiting"
            and one.kind == _ANSWER
            and one.channel in channels
            and (one.channel, one.recipient) not in tried
        }

    def nothing_waits(self) -> None:
        """What must hold a day after the faults have stopped: all is sent, or known to be beyond sending."""
        for id_ in self.unsent():
            outbound = self.outbound[id_]
            self.require("every message is sent at last", outbound.channel == LIVE, outbound)

    def require(self, invariant: str, holds: object, found: object) -> None:
        if not holds:
            raise Broken(self.world, invariant, str(found))

    # after a step ----------------------------------------------------------------------------------------------------

    def _changed(self) -> bool:
        """Whether another connection committed anything; PostgreSQL can't say, so there it is always looked at."""
        if connection.vendor != "sqlite":
            return True
        ((version,),) = _rows("PRAGMA data_version")
        before, self.version = self.version, version
        return bool(version != before)

    def _look(self) -> None:
        before_inbound, before_outbound = self.inbound, self.outbound
        self.inbound = [Inbound(*row) for row in _rows(_INBOUND)]
        self.outbound = {row[0]: Outbound(*row) for row in _rows(_OUTBOUND)}
        self._stored()
        self._handled_once(before_inbound)
        self._in_order()
        self._answered_in_order()
        self._outbox_keeps(before_outbound)
        for id_, outbound in self.outbound.items():
            if id_ not in before_outbound:
                self._to_the_right_one(outbound)
                self._tells_no_secret(outbound)
        self._readings()

    def _stored(self) -> None:
        stored = [(one.channel, one.provider_id) for one in self.inbound]
        self.require("a message is stored once", len(stored) == len(set(stored)), stored)
        written = {(one.channel, one.provider_id): one for one in self.world.written}
        self.require("only what was written is stored", written.keys() >= set(stored), set(stored) - written.keys())
        acknowledged = {key for key, one in written.items() if one.acknowledged}
        missing = acknowledged - set(stored)
        self.require("what is acknowledged is stored", not missing, missing)
        for one in self.inbound:
            as_written = written[one.channel, one.provider_id].text.replace("\x00", "")
            self.require("what is stored is what was written", one.text == as_written, one)

    def _handled_once(self, before: list[Inbound]) -> None:
        answers: dict[int, list[Outbound]] = defaultdict(list)
        for outbound in self.outbound.values():
            if outbound.in_reply_to is not None and outbound.kind == _ANSWER and outbound.purpose == "answer":
                answers[outbound.in_reply_to].append(outbound)
        for one in self.inbound:
            expected = 1 if one.handled else 0
            found = answers.get(one.id, [])
            self.require("a message is answered once, when it was handled", len(found) == expected, f"{one}: {found}")
        kept = {one.id: one for one in self.inbound}
        for one in before:
            if one.handled:
                self.require("what was handled stays as it is", kept.get(one.id) == one, f"{one}: {kept.get(one.id)}")

    def _answered_in_order(self) -> None:
        """Where commits are one after the other: on PostgreSQL a message may be stored before one with a lower id."""
        if connection.vendor != "sqlite":
            return
        last: dict[tuple[str, str], int] = {}
        for _, one in sorted(self.outbound.items()):
            if one.purpose == "answer" and one.in_reply_to is not None:
                before = last.setdefault((one.channel, one.recipient), 0)
                self.require("a sender's messages are handled in order", before < one.in_reply_to, one)
                last[one.channel, one.recipient] = one.in_reply_to

    def _in_order(self) -> None:
        """A later message of a sender is not handled before an earlier one that could be seen when that was begun."""
        step = self.world.step
        for one in self.inbound:
            self.first_seen.setdefault(one.id, step)
        began = min(
            (process.began_at for process in self.world.processes.values() if not process.is_idle), default=step
        )
        waiting: dict[tuple[str, str], Inbound] = {}
        for one in self.inbound:
            sender = one.channel, one.sender
            if not one.handled:
                waiting.setdefault(sender, one)
            elif sender in waiting and self.first_seen[waiting[sender].id] < min(
                began, self.handled_at.get(one.id, step)
            ):
                self.require("a sender's messages are handled in order", False, f"{one} before {waiting[sender]}")
        for one in self.inbound:
            if one.handled:
                self.handled_at.setdefault(one.id, step)

    def _outbox_keeps(self, before: Mapping[int, Outbound]) -> None:
        for id_, was in before.items():
            now = self.outbound.get(id_)
            self.require("what was to be said stays as it was written", now and now[:7] == was[:7], f"{was}: {now}")
            if now and was.state in _FINAL:
                self.require("how a message ended stays so", now.state == was.state, f"{was}: {now}")

    def _to_the_right_one(self, outbound: Outbound) -> None:
        writer = next((one for one in self.inbound if one.id == outbound.in_reply_to), None)
        if outbound.purpose == "answer":
            right = writer and (writer.channel, writer.sender) == (outbound.channel, outbound.recipient)
        else:
            wrote = any((one.channel, one.sender) == (outbound.channel, outbound.recipient) for one in self.inbound)
            right = wrote or bool(self._accounts_of(outbound.channel, outbound.recipient))
        self.require("nothing is sent to anybody but the sender and the linked owner", right, f"{outbound}: {writer}")

    # secrets ---------------------------------------------------------------------------------------------------------

    @staticmethod
    def _links() -> dict[str, set[int]]:
        linked: dict[str, set[int]] = defaultdict(set)
        for address, account in _rows("SELECT address, account_id FROM accounts_link WHERE ended_at IS NULL"):
            linked[address].add(account)
        return linked

    @staticmethod
    def _numbers() -> dict[int, set[str]]:
        """By account, the values known of it before the run, as they would be written."""
        found: dict[int, set[str]] = defaultdict(set)
        for account, value, decimals in _rows(
            "SELECT m.account_id, d.value, m.decimals FROM readings_reading d "
            "JOIN accounts_register r ON r.id = d.register_id JOIN accounts_meter m ON m.id = r.meter_id"
        ):
            written = f"{value / 10**decimals:.{decimals}f}".rstrip("0").rstrip(".") if decimals else str(value)
            if value >= 1000:
                found[account].add(written.replace(".", ","))
        return found

    def _accounts_of(self, channel: str, sender: str) -> set[int]:
        return self.linked.get(sender, set()) | self.linked.get(f"{channel}:{sender}", set())

    def _tells_no_secret(self, outbound: Outbound) -> None:
        invariant = "no personal data go to a sender who is not linked"
        told = [secret for secret in SECRETS if secret in outbound.text]
        self.require(invariant, not told, f"{told} in {outbound}")
        mine = self._accounts_of(outbound.channel, outbound.recipient)
        if not mine:
            said = re.search(r"₽|переплат|(кВт·ч|м³|Гкал) с \d|от \d+ [а-я]+\b", outbound.text)
            self.require(invariant, not said, outbound)
        of_others = set().union(*(numbers for account, numbers in self.numbers.items() if account not in mine))
        written = " ".join(
            one.text.replace(".", ",")
            for one in self.inbound
            if (one.channel, one.sender) == (outbound.channel, outbound.recipient)
        )
        # What is known of others are indexes: what has a unit is a use, and one of one's own may be the same figure.
        for number in set(re.findall(r"\d++(?:,\d++)?+(?! (?:кВт·ч|м³|Гкал))", outbound.text)) & of_others:
            self.require(invariant, number in written or number in _EXAMPLES, f"{number} in {outbound}")

    # readings --------------------------------------------------------------------------------------------------------

    def _readings(self) -> None:
        before, cancelled_before = self.readings, self.cancelled
        self.readings = {row[0]: Reading(*row) for row in _rows(_READINGS, self.founded)}
        self.cancelled = {row[0] for row in _rows(_CANCELLED)}
        self.require(
            "readings are only added", self.readings.keys() >= before.keys(), before.keys() - self.readings.keys()
        )
        self.require("cancellations are only added", self.cancelled >= cancelled_before, cancelled_before)
        new = [reading for id_, reading in self.readings.items() if id_ not in before]
        if not new:
            return
        once = [(reading.message, reading.register) for reading in self.readings.values() if reading.message]
        self.require("one message gives a register one reading", len(once) == len(set(once)), sorted(once))
        handled = {one.id for one in self.inbound if one.handled}
        for reading in new:
            known = reading.message is None or reading.message in handled
            self.require("a reading comes with its message's answer", known, reading)
        self._not_taken_twice(new, cancelled_before)

    def _not_taken_twice(self, new: list[Reading], cancelled_before: set[int]) -> None:
        """The very values that count for a period already are not stored again."""
        for message, meter in sorted({(one.message, one.meter) for one in new if one.message}):
            rows = [one for one in new if (one.message, one.meter) == (message, meter)]
            values = {one.register: one.value for one in rows}
            earlier = [
                one
                for one in self.readings.values()
                if one.meter == meter and one.period == rows[0].period and one.id < rows[0].id
            ]
            there = [
                _counted([one for one in earlier if one.id not in gone], values.keys())
                for gone in (cancelled_before, self.cancelled)
            ]
            twice = all(values == one for one in there)  # either may hold where one step took back and took
            self.require("no reading is taken twice", not twice, f"{rows} after {earlier}")

    # what is only added ----------------------------------------------------------------------------------------------

    @staticmethod
    def _all(table: str) -> set[tuple[Any, ...]]:
        return {tuple(map(_hashable, row)) for row in _rows(f"SELECT * FROM {table}")}

    def _only_added(self) -> None:
        for table, before in self.rows.items():
            now = self._all(table)
            self.require(f"{table} is only added to", now >= before, before - now)
            self.rows[table] = now

    # sending ---------------------------------------------------------------------------------------------------------

    def _attempts(self) -> None:
        for code, provider in self.world.providers.items():
            while self.judged[code] < len(provider.attempts):
                place = self.judged[code]
                self.judged[code] += 1
                self._attempt(code, provider.attempts[place], provider.attempts[:place])

    def _attempt(self, code: str, attempt: Attempt, earlier: list[Attempt]) -> None:
        outgoing = attempt.outgoing
        self.world.counts[f"send {attempt.known}"] += 1
        row = self.outbound.get(outgoing.id)
        self.require("what is sent was written and committed before", row, attempt)
        assert row
        same = (row.channel, row.recipient, row.text) == (code, outgoing.recipient, outgoing.text)
        self.require("what is sent is what was written", same, f"{attempt}: {row}")
        self._often_enough(row, attempt, earlier)
        ahead = [
            other
            for id_ in attempt.unsent & self.unsent()
            if (other := self.outbound[id_]).id < row.id and other[1:3] == row[1:3] and other.kind == row.kind
        ]
        self.require("a recipient gets messages in order", not ahead, f"{attempt} before {ahead}")
        local = attempt.claimed_at.astimezone(SETTINGS.zone)
        self.require(
            "notices don't go out in quiet hours", row.kind == _ANSWER or not SETTINGS.quiet.holds(local), attempt
        )
        if not self.world.skewed and not attempt.is_stale:
            second = [
                one
                for one in earlier
                if not one.is_stale and attempt.claimed_at - one.claimed_at < dt.timedelta(seconds=1)
            ]
            self.require("a channel keeps its pace", len(second) < FakeChannel.per_second, f"{attempt} after {second}")

    def _often_enough(self, row: Outbound, attempt: Attempt, earlier: list[Attempt]) -> None:
        maybe = [one for one in earlier if one.outgoing.id == row.id and one.known is not Known.REFUSED]
        self.require(
            "a message is sent once; only an answer whose outcome is unknown once more",
            len(maybe) <= (1 if row.kind == _ANSWER else 0),
            f"{attempt} after {maybe}",
        )

    # the end ---------------------------------------------------------------------------------------------------------

    def at_the_end(self) -> None:
        """What must hold once the faults have stopped and the clock has run on."""
        self.version = None
        self._look()
        self._attempts()
        self._only_added()
        stored = {(one.channel, one.provider_id) for one in self.inbound}
        for one in self.world.written:
            if not one.given_up:
                self.require("all that was written is stored at last", (one.channel, one.provider_id) in stored, one)
        for inbound in self.inbound:
            self.require("every message is handled at last", inbound.handled, inbound)
        for_staff = {message for (message,) in _rows(_NOT_HANDLED)}
        poisoned = {inbound.id for inbound in self.inbound if POISON in inbound.text}
        self.world.counts["given to staff unhandled"] += len(for_staff)
        self.require(
            "what can't be handled goes to staff, and nothing else", for_staff == poisoned, for_staff ^ poisoned
        )
        for outbound in self.outbound.values():
            self._ended(outbound)

    def _ended(self, outbound: Outbound) -> None:
        self.require("every message to people comes to an end", outbound.state in _OVER, outbound)
        if outbound.channel == LIVE:
            return
        self.world.counts[f"message {outbound.state}"] += 1
        attempts = [one for one in self.world.providers[outbound.channel].attempts if one.outgoing.id == outbound.id]
        taken = any(one.known is Known.TAKEN for one in attempts)
        if outbound.state == "delivered":
            self.require("what is noted as delivered was taken by the provider", taken, f"{outbound}: {attempts}")


def _counted(rows: list[Reading], registers: Any) -> dict[int, int]:
    """The value of each register that was received last."""
    chosen: dict[int, int] = {}
    for one in sorted(rows, key=lambda one: (one.received, one.id)):
        if one.register in registers:
            chosen[one.register] = one.value
    return chosen


def _hashable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


#: Figures that stand in our own examples.
_EXAMPLES = frozenset({"5120", "4425", "905", "8242", "3104", "1250", "1520"})
