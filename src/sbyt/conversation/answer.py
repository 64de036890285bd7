"""What the meanings of one message come to: what is done, what is said, what is asked and remembered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sbyt.conversation.acts import (
    Act,
    AlreadyThere,
    Ask,
    Choice,
    Confirm,
    IsReading,
    KeptInspected,
    Refused,
    Shown,
    Taken,
)
from sbyt.conversation.assignments import Assigned, Moment, is_known
from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.conversation.state import (
    Command,
    Outcome,
    Pending,
    Question,
    Reply,
    Result,
    State,
    Status,
    Store,
    ToStaff,
)
from sbyt.conversation.understanding import Judged, Meaning, Problem
from sbyt.core.money import half_up
from sbyt.core.periods import Period
from sbyt.metering.checks import Code

_CONFIRMED = (Code.SWAPPED, Code.DECIMAL, Code.ROLLOVER, Code.HIGH)


class Answer:
    """What the meanings of one message come to: state, commands, acts, readings."""

    def __init__(
        self, state: State, facts: Facts, now: dt.datetime, question: Question | None = None, *, doubtful: bool = False
    ) -> None:
        self.state = state
        self.facts = facts
        self.now = now
        self.doubtful = doubtful
        self.question = question
        self.commands: list[Command] = []
        self.acts: list[Act] = []
        self.results: list[Result] = []
        self.taken: dict[int, list[Shown]] = {}
        self.there: dict[int, list[Shown]] = {}
        self.pending: list[Pending] = []
        self.reasons: list[str] = []
        self.outcomes: set[Outcome] = set()
        self.refused: set[str] = set()
        self.asked = False
        self.closed_month_known = True  # whether each meter taken has a reading for the month before

    def meaning(self, meaning: Meaning, moment: Moment) -> None:
        """Add what was understood of one account."""
        if meaning.unknown_meter:
            serials = tuple(meter.serial for meter in meaning.account.active)
            self.refuse(Code.UNKNOWN_METER, account=meaning.account, number=meaning.unknown_meter, serials=serials)
        elif meaning.problem:
            choices = tuple(Choice(meter.serial, meter.dial.resource, meter.zone_names) for meter in meaning.meters)
            self.ask(Ask(meaning.problem, meaning.account.number, meters=choices))
        for judged in meaning.judged:
            self._judged(meaning.account, judged, moment)

    def _judged(self, account: AccountFacts, judged: Judged, moment: Moment) -> None:
        meter = judged.meter
        if judged.code is Code.DUPLICATE:
            self._known(account, meter, judged.values, moment)
        elif judged.code is None and self.doubtful:
            self._ask_if_reading(account, judged, moment)
        elif judged.code is None:
            self.take(account, meter, judged.values, (False,) * meter.zones, moment, "ok")
        elif judged.code in _CONFIRMED:
            self._confirm(account, judged, judged.code, moment)
        else:
            self._refuse_values(account, judged, judged.code, moment)

    def _known(self, account: AccountFacts, meter: MeterFacts, values: tuple[int, ...], moment: Moment) -> None:
        """The very values are counted for this period already."""
        self.there.setdefault(moment.period, []).append(self._shown(account, meter, values, moment))
        self._result(account, meter, values, moment, Status.DUPLICATE)
        self.outcomes.add(Outcome.DUPLICATE)

    def take(
        self,
        account: AccountFacts,
        meter: MeterFacts,
        values: tuple[int, ...],
        rolled: tuple[bool, ...],
        moment: Moment,
        verdict: str,
    ) -> None:
        """Take a meter's values, unless an inspector's stand for the period."""
        shown = self._shown(account, meter, values, moment)
        if is_known(Assigned(meter, values), moment):
            self._known(account, meter, values, moment)
            return
        if moment.period in meter.inspected:
            self.acts.append(KeptInspected(shown, moment.period))
            self.outcomes.add(Outcome.INFO)
            self.commands.append(ToStaff("inspected", account.number, meter.serial, values))
            return
        self.taken.setdefault(moment.period, []).append(shown)
        self.closed_month_known &= bool(meter.taken.get(moment.period - 1))
        self.commands.append(Store(account.number, meter.serial, values, rolled, moment.at, moment.period, verdict))
        self._result(account, meter, values, moment, Status.ACCEPTED)
        self.outcomes.add(Outcome.ACCEPTED)

    def _ask_if_reading(self, account: AccountFacts, judged: Judged, moment: Moment) -> None:
        meter = judged.meter
        self.acts.append(IsReading(self._shown(account, meter, judged.values, moment)))
        self.pending.append(
            Pending(account.number, meter.serial, judged.values, (False,) * meter.zones, Problem.IS_READING)
        )
        self._result(account, meter, judged.values, moment, Status.PENDING)
        self.outcomes.add(Outcome.ASK)

    def _confirm(self, account: AccountFacts, judged: Judged, code: Code, moment: Moment) -> None:
        meter = judged.meter
        shown = self._shown(account, meter, judged.values, moment)
        self.acts.append(Confirm(code, shown, judged.confirmed, self._times(account, meter, judged.values, moment)))
        rolled = judged.rolled or (False,) * meter.zones
        self.pending.append(Pending(account.number, meter.serial, judged.confirmed, rolled, code))
        self._result(account, meter, judged.confirmed, moment, Status.PENDING)
        self.outcomes.add(Outcome.CONFIRM)
        self.reasons.append(code)

    def _refuse_values(self, account: AccountFacts, judged: Judged, code: Code, moment: Moment) -> None:
        shown = self._shown(account, judged.meter, judged.values, moment)
        self.refuse(code, account=account, meter=shown, values=judged.values)
        if code is Code.IMPOSSIBLE:
            self._result(account, judged.meter, judged.values, moment, Status.PENDING)

    def refuse(
        self,
        code: Code,
        *,
        account: AccountFacts | None = None,
        meter: Shown | None = None,
        number: str = "",
        serials: tuple[str, ...] = (),
        values: tuple[int, ...] = (),
    ) -> None:
        """Refuse; what only a person can decide, and a second refusal of the same kind, goes to staff."""
        self.refused.add(code)
        staff = code is Code.IMPOSSIBLE or self.state.refusals.get(code, 0) > 0
        named = account.number if account else ""
        if staff:
            self.commands.append(ToStaff(code, named, meter.serial if meter else "", values))
        lengths = tuple(sorted(self.facts.account_lengths))
        self.acts.append(Refused(code, meter, named, number, lengths, serials, staff))
        self.outcomes.add(Outcome.REFUSED)
        self.reasons.append(code)

    def ask(self, act: Ask) -> None:
        self.acts.append(act)
        self.outcomes.add(Outcome.ASK)
        self.asked = True

    # putting it together ---------------------------------------------------------------------------------------------

    _ORDER = (
        Outcome.ACCEPTED,
        Outcome.CONFIRM,
        Outcome.ASK,
        Outcome.REFUSED,
        Outcome.DUPLICATE,
        Outcome.INFO,
    )

    def reply(self) -> Reply:
        """The turn as a whole: accepted if anything was, and the first reason why something was not."""
        facts = self.facts
        first: list[Act] = []
        for period, meters in self.taken.items():
            late = period > Period.of(self.now.date())
            estimated = late and not self.closed_month_known
            until = facts.window.closes(Period(period).first_day)
            open_until = until if self.now.date() <= until else None
            first.append(Taken(tuple(meters), period, late, estimated, open_until))
        first += [AlreadyThere(tuple(meters), period) for period, meters in self.there.items()]
        outcome = next((one for one in self._ORDER if one in self.outcomes), Outcome.UNKNOWN)
        reason = self.reasons[0] if self.reasons else Code.DUPLICATE if outcome is Outcome.DUPLICATE else None
        return Reply(
            replace(self.state, question=self._next_question(), refusals=self._refusals()),
            tuple(self.commands),
            (*first, *self.acts),
            outcome,
            reason,
            tuple(self.results),
        )

    def _refusals(self) -> dict[str, int]:
        """How often each was refused since something was last taken: once a message, however many meters it names."""
        before = {} if self.taken else self.state.refusals
        return {**before, **{code: before.get(code, 0) + 1 for code in self.refused}}

    def _next_question(self) -> Question | None:
        if self.question is None:
            return None
        if self.pending:
            context = "\n".join(f"{one.account} {one.serial}" for one in self.pending)
            return replace(self.question, text=context, pending=tuple(self.pending), has_values=False)
        return self.question if self.asked else None

    def _shown(self, account: AccountFacts, meter: MeterFacts, values: tuple[int, ...], moment: Moment) -> Shown:
        """The meter's values; use and last value only for a sender who is linked to the account."""
        dial = meter.dial
        shown = Shown(account.number, meter.serial, dial.resource, dial.decimals, meter.zone_names, values)
        last = meter.history(moment.period, self.facts.estimates).last
        if account.number not in self.facts.seen or last is None or len(values) != meter.zones:
            return shown
        used = tuple((value - before) % dial.full for value, before in zip(values, last.values, strict=True))
        return shown._replace(used=used, last=last.values, since=last.taken_on)

    def _times(self, account: AccountFacts, meter: MeterFacts, values: tuple[int, ...], moment: Moment) -> int | None:
        """How many times the usual use this would be, rounded; nothing of it to a sender who isn't linked."""
        known = meter.history(moment.period, self.facts.estimates)
        if account.number not in self.facts.seen or known.last is None or None in known.averages:
            return None
        months = max(moment.period - known.last.period, 1)
        usual = sum(average for average in known.averages if average is not None) * months
        used = sum(value - before for value, before in zip(values, known.last.values, strict=True))
        return half_up(used, usual) if usual > 0 and used > 0 else None

    def _result(
        self, account: AccountFacts, meter: MeterFacts, values: tuple[int, ...], moment: Moment, status: Status
    ) -> None:
        self.results += [
            Result(account.number, meter.serial, zone, value, meter.dial.decimals, moment.period, status)
            for zone, value in zip(meter.zone_names, values, strict=False)
        ]
