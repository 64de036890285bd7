"""One turn of the dialogue: from a message and what is known to what is done and said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sbyt.conversation.acts import (
    Act,
    AlreadyThere,
    Ask,
    Balance,
    Cancelled,
    Choice,
    Closed,
    Confirm,
    IsReading,
    KeptInspected,
    LastReadings,
    Refused,
    Say,
    Saying,
    Shown,
    Taken,
)
from sbyt.conversation.assignments import Moment
from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.conversation.segments import Named, named_accounts
from sbyt.conversation.state import (
    Cancel,
    Command,
    Event,
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
from sbyt.conversation.tokens import Parsed, Use, parse
from sbyt.conversation.understanding import Judged, Meaning, Problem, Understanding, understand
from sbyt.conversation.vocabulary import Intent, Label, Tag, meaning
from sbyt.core.money import half_up
from sbyt.core.periods import Period
from sbyt.metering.checks import Code

_CONFIRMED = (Code.SWAPPED, Code.DECIMAL, Code.ROLLOVER, Code.HIGH)


def reply(state: State, event: Event, facts: Facts, now: dt.datetime) -> Reply:
    """Answer one message, received at this local time. Never raises, whatever the text."""
    message = parse(event.text)
    if state.question and not state.question.is_open(now, facts.question_hours):
        state = state.asking(None)
    turn = _Turn(state, facts, now, named_accounts(message, facts))
    if facts.channel.withdrawn:
        return turn.closed()
    if message.too_long:
        return turn.say(Saying.TOO_LONG, Outcome.UNKNOWN, ToStaff("too_long"))
    return turn.words(message) or turn.figures(event.text, message)


class _Turn:
    """What one turn knows: the state before it, the facts, the time."""

    def __init__(self, state: State, facts: Facts, now: dt.datetime, named: Sequence[Named]) -> None:
        self.named = named
        self.state = state
        self.facts = facts
        self.now = now

    # words without figures -------------------------------------------------------------------------------------------

    def words(self, message: Parsed) -> Reply | None:
        """Answer a message that holds no reading; None if it may hold one."""
        numbers = [group for group in message.groups if group.use is not Use.NOTHING]
        answer = self._yes_or_no(message, [group.digits for group in numbers])
        if answer is not None:
            return self._confirmed() if answer else self._declined()
        if Intent.CANCEL in message.intents:
            return self._cancel()
        spanned = sum(one.last - one.first + 1 for one in self.named)
        if spanned < len(numbers):
            return None
        if Intent.BALANCE in message.intents:
            return self._balance([one.account.number for one in self.named if one.account])
        if Intent.LAST in message.intents:
            return self._last_readings([one.account.number for one in self.named if one.account])
        if numbers or (self.state.question and any(isinstance(item, Tag) for item in message.items)):
            return None
        return self._intent(message)

    def _yes_or_no(self, message: Parsed, numbers: Sequence[str]) -> bool | None:
        """Whether the message says yes or no, to something asked or not; None if it says neither, or both."""
        keypad = self.facts.channel.rendering == "keypad" and self.state.question and self.state.question.pending
        if keypad and numbers in (["1"], ["2"]):
            return numbers == ["1"]
        wrong = bool(message.intents & {Intent.NO, Intent.WRONG})
        yes, no = Intent.YES in message.intents, wrong or "не" in message.words
        if yes and no and message.opens_with:
            return message.opens_with is Intent.YES if not numbers else None
        if yes == no and not wrong:
            return None
        if numbers and not (yes and self._names_pending(numbers)):
            return None
        asking = Intent.QUESTION in message.intents
        if yes and (asking or (message.unknown_words and message.opens_with is not Intent.YES)):
            return None  # «да сколько можно» says neither
        return not no

    def _names_pending(self, numbers: Sequence[str]) -> bool:
        """«Да, 7800» says yes to 7800."""
        pending = self.state.question.pending if self.state.question else ()
        asked = {str(value) for one in pending for value in one.values}
        return bool(asked) and all(number.lstrip("0") in asked for number in numbers)

    def _intent(self, message: Parsed) -> Reply:
        for intent, saying, outcome in (
            (Intent.START, Saying.WELCOME, Outcome.INFO),
            (Intent.HELP, Saying.HELP, Outcome.INFO),
            (Intent.OPERATOR, Saying.OPERATOR, Outcome.INFO),
        ):
            if intent in message.intents:
                staff = (ToStaff("operator"),) if intent is Intent.OPERATOR else ()
                return self.say(saying, outcome, *staff)
        if Intent.QUESTION in message.intents and any(meaning(word) is Label.READING for word in message.words):
            return self.say(Saying.HELP, Outcome.INFO)
        for intent, language in ((Intent.ENGLISH, "en"), (Intent.RUSSIAN, "ru")):
            if intent in message.intents:
                self.state = replace(self.state, language=language)
                return self.say(Saying.LANGUAGE, Outcome.INFO)
        if self.state.question and self.state.question.pending and message.words:
            return self.say(Saying.STILL_ASKING, Outcome.ASK)
        return self.say(Saying.UNKNOWN, Outcome.UNKNOWN)

    def say(self, saying: Saying, outcome: Outcome, *commands: Command) -> Reply:
        window = self.facts.window
        return Reply(self.state, commands, (Say(saying, window.first_day, window.last_day),), outcome)

    def closed(self) -> Reply:
        channel = self.facts.channel
        until = self.facts.window.closes(self.now.date())
        open_until = until if self.now.date() <= until else None
        act = Closed(channel.title, channel.withdrawn, channel.first_day, channel.last_day, channel.ways, open_until)
        return Reply(self.state, (), (act,), Outcome.CLOSED, Code.CLOSED)

    def _confirmed(self) -> Reply:
        question = self.state.question
        if not question or not question.pending:
            return self.say(Saying.NOTHING_OPEN, Outcome.INFO)
        collected = _Collected(self)
        for one in question.pending:
            account = self.facts.account(one.account)
            meter = account and next((meter for meter in account.meters if meter.serial == one.serial), None)
            if account and meter:
                moment = Moment(question.at, self.facts.period(question.at))
                collected.take(account, meter, one.values, one.rolled, moment, one.code)
        self.state = self.state.asking(None)
        return collected.reply()

    def _declined(self) -> Reply:
        question = self.state.question
        if not question or not question.pending:
            return self.say(Saying.NOTHING_OPEN, Outcome.INFO)
        self.state = self.state.asking(replace(question, pending=()))
        return self.say(Saying.NOT_TAKEN, Outcome.INFO)

    def _cancel(self) -> Reply:
        if self.state.question:
            self.state = self.state.asking(None)
            return self.say(Saying.QUESTION_DROPPED, Outcome.INFO)
        own = [one for one in self.facts.own if one.period == self.facts.period(self.now)]
        if not own:
            return self.say(Saying.NOTHING_TO_CANCEL, Outcome.INFO)
        shown = tuple(
            Shown(own_account, serial, meter.dial.resource, meter.dial.decimals, zones, values)
            for own_account, serial, meter, zones, values in self._own_by_meter()
        )
        return Reply(self.state, (Cancel(tuple(own)),), (Cancelled(shown, own[0].period),), Outcome.INFO)

    def _own_by_meter(self) -> list[tuple[str, str, MeterFacts, tuple[str, ...], tuple[int, ...]]]:
        found = []
        for account in self.facts.accounts:
            for meter in account.meters:
                mine = [one for one in self.facts.own if (one.account, one.serial) == (account.number, meter.serial)]
                if mine:
                    zones, values = tuple(one.zone for one in mine), tuple(one.value for one in mine)
                    found.append((account.number, meter.serial, meter, zones, values))
        return found

    def _balance(self, named: Sequence[str]) -> Reply:
        numbers = named or self.facts.linked
        if not numbers or any(number not in self.facts.linked for number in numbers):
            return self.say(Saying.NOT_LINKED, Outcome.REFUSED)
        owed = [self.facts.account(number) for number in numbers]
        sums = tuple((account.number, account.balance) for account in owed if account and account.balance is not None)
        return Reply(self.state, (), (Balance(sums),), Outcome.INFO)

    def _last_readings(self, named: Sequence[str]) -> Reply:
        numbers = named or self.facts.linked
        if not numbers or any(number not in self.facts.linked for number in numbers):
            return self.say(Saying.NOT_LINKED, Outcome.REFUSED)
        period = self.facts.period(self.now)
        shown = []
        for account in (self.facts.account(number) for number in numbers):
            for meter in account.active if account else ():
                last = meter.history(period + 1, self.facts.estimates).last
                if account and last:
                    dial, zones = meter.dial, meter.zone_names
                    shown.append(
                        Shown(
                            account.number,
                            meter.serial,
                            dial.resource,
                            dial.decimals,
                            zones,
                            last.values,
                            since=last.taken_on,
                        )
                    )
        return Reply(self.state, (), (LastReadings(tuple(shown)),), Outcome.INFO)

    # figures ---------------------------------------------------------------------------------------------------------

    def figures(self, text: str, message: Parsed) -> Reply:
        """Answer a message that may hold a reading: alone, or together with what was asked about."""
        if not self.facts.channel.takes_readings(self.now.date()):
            return self.closed()
        if Intent.NEW_METER in message.intents and message.has_values:
            return self.say(Saying.NEW_METER, Outcome.ASK, ToStaff("new_meter"))
        if self._only_asks(message) or Intent.NOT_MINE in message.intents:
            return self.say(Saying.IS_IT_A_READING, Outcome.ASK)
        if not message.groups and not any(isinstance(item, Tag) for item in message.items):
            return self.say(Saying.UNKNOWN, Outcome.UNKNOWN)
        moment = Moment(self.now, self.facts.period(self.now))
        alone = understand(message, self.facts, moment, self.named)
        if alone.complete or not self.state.question:
            question = Question(text, moment.at, self.now, message.has_values)
            return self._answer(alone, question, doubtful=self._is_doubtful(message, alone))
        question = self.state.question
        together = question.text if _is_again(text, message, question) else f"{question.text}\n{text}"
        at = question.at if question.has_values else self.now
        joined_moment = Moment(at, self.facts.period(at))
        both = parse(together)
        joined = understand(both, self.facts, joined_moment, named_accounts(both, self.facts))
        if joined.complete or _further(joined, alone):
            has_values = question.has_values or message.has_values
            return self._answer(joined, Question(together, at, self.now, has_values))
        return self._answer(alone, Question(text, self.now, self.now, message.has_values))

    def _only_asks(self, message: Parsed) -> bool:
        """A question in which a number stands is no reading, unless it says that it is one."""
        if Intent.QUESTION not in message.intents or not message.has_values:
            return False
        if Intent.LAST in message.intents:
            return True
        if any(meaning(word) is Intent.QUESTION for word in message.words):
            return True
        if any(group.label is Label.READING for group in message.groups):
            return False
        return not self.named and not any(isinstance(item, Tag) or item.unit for item in message.items)

    def _is_doubtful(self, message: Parsed, meant: Understanding) -> bool:
        """Figures among words that we don't know, with nothing that calls them a reading."""
        if Intent.WRONG in message.intents or message.suspect:
            return True
        answers = self.state.question and self.state.question.pending
        if not message.unknown_words or self.named or message.says_reading or answers:
            return False
        meters = [judged.meter for one in meant.meanings for judged in one.judged]
        return not any(meter.key in message.skeleton for meter in meters)

    def _answer(self, meant: Understanding, question: Question, *, doubtful: bool = False) -> Reply:
        moment = Moment(question.at, self.facts.period(question.at))
        collected = _Collected(self, question, doubtful=doubtful)
        if meant.unknown_account:
            collected.refuse(Code.UNKNOWN_ACCOUNT, number=meant.unknown_account)
        if meant.problem:
            collected.ask(Ask(meant.problem, accounts=meant.fitting))
        for one in meant.meanings:
            collected.meaning(one, moment)
        return collected.reply()


def _is_again(text: str, message: Parsed, question: Question) -> bool:
    """Whether what was asked about is only sent once more: then it is no second value."""
    if f"\n{question.text.strip()}".endswith(f"\n{text.strip()}"):
        return True
    came = [group.digits.lstrip("0") for group in message.groups]
    known = [group.digits.lstrip("0") for group in parse(question.text).groups]
    tagged = any(isinstance(item, Tag) for item in message.items)
    return bool(came) and not tagged and known[-len(came) :] == came


def _further(joined: Understanding, alone: Understanding) -> bool:
    """Whether what was asked and what came now, read together, say more than what came alone."""
    if not joined.meanings:
        return False
    problems = {meaning.problem for meaning in joined.meanings}
    return not problems & {Problem.TOO_MANY, Problem.UNFIT} or not alone.meanings


class _Collected:
    """What the meanings of one message come to: state, commands, acts, readings."""

    def __init__(self, turn: _Turn, question: Question | None = None, *, doubtful: bool = False) -> None:
        self.turn = turn
        self.doubtful = doubtful
        self.facts = turn.facts
        self.question = question
        self.commands: list[Command] = []
        self.acts: list[Act] = []
        self.results: list[Result] = []
        self.taken: dict[int, list[Shown]] = {}
        self.there: dict[int, list[Shown]] = {}
        self.pending: list[Pending] = []
        self.reasons: list[str] = []
        self.outcomes: set[Outcome] = set()
        self.refusals = dict(turn.state.refusals)
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
            self.there.setdefault(moment.period, []).append(self._shown(account, meter, judged.values, moment))
            self._result(account, meter, judged.values, moment, Status.DUPLICATE)
            self.outcomes.add(Outcome.DUPLICATE)
        elif judged.code is None and self.doubtful:
            self._ask_if_reading(account, judged, moment)
        elif judged.code is None:
            self.take(account, meter, judged.values, (False,) * meter.zones, moment, "ok")
        elif judged.code in _CONFIRMED:
            self._confirm(account, judged, judged.code, moment)
        else:
            self._refuse_values(account, judged, judged.code, moment)

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
        self.refusals = {}

    def _ask_if_reading(self, account: AccountFacts, judged: Judged, moment: Moment) -> None:
        meter = judged.meter
        self.acts.append(IsReading(self._shown(account, meter, judged.values, moment)))
        self.pending.append(
            Pending(account.number, meter.serial, judged.values, (False,) * meter.zones, Problem.IS_READING)
        )
        self._result(account, meter, judged.values, moment, Status.PENDING)
        self.outcomes.add(Outcome.ASK)
        self.reasons.append(Problem.IS_READING)

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
        self.refusals[code] = self.refusals.get(code, 0) + 1
        staff = code is Code.IMPOSSIBLE or self.refusals[code] > 1
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
        self.reasons.append(act.problem)
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
            late = period > Period.of(self.turn.now.date())
            estimated = late and not self.closed_month_known
            until = facts.window.closes(Period(period).first_day)
            open_until = until if self.turn.now.date() <= until else None
            first.append(Taken(tuple(meters), period, late, estimated, open_until))
        first += [AlreadyThere(tuple(meters), period) for period, meters in self.there.items()]
        outcome = next((one for one in self._ORDER if one in self.outcomes), Outcome.UNKNOWN)
        reason = self.reasons[0] if self.reasons else Code.DUPLICATE if outcome is Outcome.DUPLICATE else None
        return Reply(
            replace(self.turn.state.asking(self._next_question()), refusals=self.refusals),
            tuple(self.commands),
            (*first, *self.acts),
            outcome,
            reason,
            tuple(self.results),
        )

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
        if account.number not in self.facts.linked or last is None or len(values) != meter.zones:
            return shown
        used = tuple((value - before) % dial.full for value, before in zip(values, last.values, strict=True))
        return replace(shown, used=used, last=last.values, since=last.taken_on)

    def _times(self, account: AccountFacts, meter: MeterFacts, values: tuple[int, ...], moment: Moment) -> int | None:
        """How many times the usual use this would be, rounded; nothing of it to a sender who isn't linked."""
        known = meter.history(moment.period, self.facts.estimates)
        if account.number not in self.facts.linked or known.last is None or None in known.averages:
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
