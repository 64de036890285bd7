"""One turn of the dialogue: from a message and what is known to what is done and said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sbyt.conversation.acts import (
    Ask,
    Balance,
    Cancelled,
    Closed,
    History,
    LastReadings,
    Note,
    NotLinked,
    Say,
    Saying,
    SeeOnPage,
    Shown,
)
from sbyt.conversation.answer import Answer
from sbyt.conversation.assignments import Moment
from sbyt.conversation.bill_codes import find_bill_code
from sbyt.conversation.contacts import contact_came
from sbyt.conversation.facts import Facts, MeterFacts
from sbyt.conversation.linking import holds_more, link
from sbyt.conversation.mentions import ON_THE_PAGE, asks_for_bill
from sbyt.conversation.parsing import parse
from sbyt.conversation.reminders import find_reminder, reminder_chosen
from sbyt.conversation.segments import Named, named_accounts
from sbyt.conversation.state import (
    Cancel,
    Command,
    Event,
    KeepSilent,
    LinkSender,
    Outcome,
    PhotoRead,
    Question,
    Reply,
    State,
    Store,
    ToStaff,
)
from sbyt.conversation.stopping import wants_silence
from sbyt.conversation.tokens import Parsed, Use
from sbyt.conversation.understanding import Problem, Understanding, understand
from sbyt.conversation.vocabulary import THANKS, Intent, Label, Tag, meaning
from sbyt.metering.checks import Code

#: What we can speak.
LANGUAGES = frozenset(("ru", "en"))


def reply(state: State, event: Event, facts: Facts, now: dt.datetime) -> Reply:
    """Answer one message, received at this local time. Never raises, whatever the text.

    A code of a bill is answered first, then what else the message holds, as from who was linked by it.
    """
    if state.question and not state.question.is_open(now, facts.question_hours):
        state = state.asking(None)
    if event.contact and not facts.channel.withdrawn:
        return _with_contact(state, event, facts, now)
    found = find_bill_code(event.text) if facts.bill_code and not facts.channel.withdrawn else None
    linking = link(found, facts.bill_code, state, facts) if found and facts.bill_code else None
    if found is None or linking is None:
        return _answered(state, event, facts, now)
    if linking.linked and facts.bill_code and facts.bill_code.language in LANGUAGES:
        state = replace(state, language=facts.bill_code.language)
    alone = Reply(state, linking.commands, (linking.act,), linking.outcome)
    if not holds_more(found, linking, facts, event.photos):
        return alone
    linked = (*facts.linked, linking.linked) if linking.linked else facts.linked
    rest = _answered(state, replace(event, text=found.rest), replace(facts, linked=linked), now)
    if rest.outcome is Outcome.UNKNOWN:
        return alone
    return rest._replace(commands=(*alone.commands, *rest.commands), acts=(*alone.acts, *rest.acts))


def _with_contact(state: State, event: Event, facts: Facts, now: dt.datetime) -> Reply:
    """Answer a contact first, then what came along with it, as from who was linked by it."""
    alone = contact_came(state, facts, LANGUAGES)
    if not event.text.strip() and not event.photos:
        return alone
    linked = (*facts.linked, *(one.account for one in alone.commands if isinstance(one, LinkSender)))
    rest = _answered(alone.state, event, replace(facts, linked=linked), now)
    return rest._replace(commands=(*alone.commands, *rest.commands), acts=(*alone.acts, *rest.acts))


def _answered(state: State, event: Event, facts: Facts, now: dt.datetime) -> Reply:
    reminder = find_reminder(event.text) if facts.reminds and not facts.channel.withdrawn else None
    if reminder and facts.channel.rendering != "keypad":
        return reminder_chosen(reminder, state, facts)
    if wants_silence(event.text) and not facts.channel.withdrawn:
        return Reply(state, (KeepSilent(),), (Say(Saying.STOPPED),), Outcome.INFO)
    message = parse(event.text)
    turn = _Turn(state, facts, now, named_accounts(message, facts))
    if facts.channel.withdrawn:
        turn.heed_language(message)
        return turn.closed()
    if message.too_long:
        return turn.say(Saying.TOO_LONG, Outcome.UNKNOWN, ToStaff("too_long", turn.only_account()))
    if event.photos and not message.groups and not message.intents:
        turn.state = replace(state, photo=True)
        said = Saying.PHOTO_OF_OURS if len(facts.linked) == 1 else Saying.PHOTO
        return turn.say(said, Outcome.ASK, ToStaff("photo", turn.only_account()))
    return _photo_read(turn.words(message) or turn.figures(event.text, message))


def _photo_read(turn: Reply) -> Reply:
    """The turn, with what follows if it takes the figures of a photo that came before."""
    if not turn.state.photo or not any(isinstance(one, Store) for one in turn.commands):
        return turn
    return turn._replace(state=replace(turn.state, photo=False), commands=(*turn.commands, PhotoRead()))


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
        spanned = sum(one.last - one.first + 1 for one in self.named)
        keys = self.facts.channel.rendering == "keypad"
        if spanned < len(numbers) and not (message.intents or keys or "не" in message.words):
            return None
        answer = self._yes_or_no(message, [group.digits for group in numbers])
        if answer is not None:
            return self._confirmed() if answer else self._declined()
        if Intent.CANCEL in message.intents:
            return self._cancel()
        if spanned < len(numbers):
            return None
        if message.intents & ON_THE_PAGE or asks_for_bill(message):
            return self._shown(message, [one.account.number for one in self.named if one.account])
        if Intent.OPERATOR in message.intents:  # «200004 оператор» is no question left half answered
            return self._intent(message)
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
                if intent is Intent.START and self.facts.silent:
                    return self.say(Saying.GOING_ON, Outcome.INFO, KeepSilent(silent=False))
                staff = (ToStaff("operator", self.only_account()),) if intent is Intent.OPERATOR else ()
                said = self.say(saying, outcome, *staff)
                note = self.facts.channel.note
                return said._replace(acts=(*said.acts, Note(note))) if note else said
        if Intent.QUESTION in message.intents and any(meaning(word) is Label.READING for word in message.words):
            return self.say(Saying.HELP, Outcome.INFO)
        if self.heed_language(message):
            return self.say(Saying.LANGUAGE, Outcome.INFO)
        if self.state.question and self.state.question.pending and message.words:
            return self.say(Saying.STILL_ASKING, Outcome.ASK)
        if message.words and all(meaning(word) is Label.POLITE for word in message.words):
            thanked = bool(message.words & THANKS)
            return self.say(Saying.THANKS if thanked else Saying.WELCOME, Outcome.INFO)
        return self.not_understood()

    def heed_language(self, message: Parsed) -> bool:
        """Go on in the language that was asked for; false where none was."""
        for intent, language in ((Intent.ENGLISH, "en"), (Intent.RUSSIAN, "ru")):
            if intent in message.intents:
                self.state = replace(self.state, language=language, chosen=True)
                return True
        return False

    def only_account(self) -> str:
        """The account that staff are told of: the one named, else the only one that the sender is linked to."""
        named = [one.account.number for one in self.named if one.account]
        known = named or list(self.facts.linked)
        return known[0] if len(known) == 1 else ""

    def say(self, saying: Saying, outcome: Outcome, *commands: Command) -> Reply:
        window = self.facts.window
        if saying is Saying.WELCOME and len(self.facts.linked) == 1:
            saying = Saying.WELCOME_KNOWN
        offer = saying is Saying.WELCOME and self.facts.channel.contact and not self.facts.linked
        return Reply(self.state, commands, (Say(saying, window.first_day, window.last_day, offer),), outcome)

    def not_understood(self) -> Reply:
        """Say so; who isn't understood twice running is given to a person."""
        refusals = dict(self.state.refusals)
        again = refusals.pop(Outcome.UNKNOWN, 0) > 0
        if not again:
            refusals[Outcome.UNKNOWN] = 1
        self.state = replace(self.state, refusals=refusals)
        if again:
            return self.say(Saying.UNKNOWN_AGAIN, Outcome.UNKNOWN, ToStaff(Outcome.UNKNOWN, self.only_account()))
        return self.say(Saying.UNKNOWN, Outcome.UNKNOWN)

    def closed(self) -> Reply:
        channel = self.facts.channel
        until = self.facts.window.closes(self.now.date())
        open_until = until if self.now.date() <= until else None
        act = Closed(
            channel.title,
            channel.withdrawn,
            channel.first_day,
            channel.last_day,
            channel.ways,
            open_until,
            channel.since if channel.withdrawn else None,
            channel.why if channel.withdrawn else "",
            channel.note,
        )
        return Reply(self.state, (), (act,), Outcome.CLOSED, Code.CLOSED)

    def _confirmed(self) -> Reply:
        question = self.state.question
        if not question or not question.pending:
            return self.say(Saying.NOTHING_OPEN, Outcome.INFO)
        answer = Answer(self.state, self.facts, self.now)
        for one in question.pending:
            account = self.facts.account(one.account)
            meter = account and next((meter for meter in account.meters if meter.serial == one.serial), None)
            if account and meter:
                moment = Moment(question.at, self.facts.period(question.at))
                answer.take(account, meter, one.values, one.rolled, moment, one.code)
        self.state = self.state.asking(None)
        return answer.reply()

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
        counts = tuple(
            meter.entered(own[0].period, {one.id for one in own}) if number in self.facts.seen else ()
            for number, _, meter, _, _ in self._own_by_meter()
        )
        return Reply(self.state, (Cancel(),), (Cancelled(shown, own[0].period, counts),), Outcome.INFO)

    def _own_by_meter(self) -> list[tuple[str, str, MeterFacts, tuple[str, ...], tuple[int, ...]]]:
        found = []
        for account in self.facts.accounts:
            for meter in account.meters:
                mine = [one for one in self.facts.own if (one.account, one.serial) == (account.number, meter.serial)]
                if mine:
                    zones, values = tuple(one.zone for one in mine), tuple(one.value for one in mine)
                    found.append((account.number, meter.serial, meter, zones, values))
        return found

    def _shown(self, message: Parsed, named: Sequence[str]) -> Reply:
        """What of an account is asked for: the balance before all else."""
        if Intent.BALANCE in message.intents:
            return self._balance(named)
        if Intent.LAST in message.intents:
            return self._last_readings(named)
        return self._history(named) if Intent.HISTORY in message.intents else self._bill(named)

    def _bill(self, named: Sequence[str]) -> Reply:
        """Where the newest bill is seen: its page has all that the paper says, and how to pay."""
        numbers = named or self.facts.linked
        return self._hidden(numbers) or Reply(self.state, (), (self._on_page(numbers, may_not=False),), Outcome.INFO)

    def _on_page(self, numbers: Sequence[str], *, may_not: bool) -> SeeOnPage:
        return SeeOnPage(tuple((number, self.facts.pages.get(number, "")) for number in numbers), may_not)

    def _balance(self, named: Sequence[str]) -> Reply:
        numbers = named or self.facts.linked
        if hidden := self._hidden(numbers):
            return hidden
        owed = [self.facts.account(number) for number in numbers]
        sums = tuple((account.number, account.balance) for account in owed if account and account.balance is not None)
        return Reply(self.state, (), (Balance(sums),), Outcome.INFO)

    def _hidden(self, numbers: Sequence[str]) -> Reply | None:
        """The answer to who asks for what they may not see, or not here; None if they may."""
        facts = self.facts
        if not numbers or any(number not in facts.linked for number in numbers):
            return Reply(self.state, (), (NotLinked(facts.channel.contact),), Outcome.REFUSED)
        if any(number not in facts.seen for number in numbers):
            return Reply(self.state, (), (self._on_page(numbers, may_not=True),), Outcome.INFO)
        return None

    def _history(self, named: Sequence[str]) -> Reply:
        numbers = named or self.facts.linked
        if hidden := self._hidden(numbers):
            return hidden
        shown = tuple(
            (
                Shown(number, meter.serial, meter.dial.resource, meter.dial.decimals, meter.zone_names, ()),
                tuple((one.period, one.values) for one in meter.counted),
            )
            for number in numbers
            if (account := self.facts.account(number))
            for meter in account.active
            if meter.counted
        )
        return Reply(self.state, (), (History(shown),), Outcome.INFO)

    def _last_readings(self, named: Sequence[str]) -> Reply:
        numbers = named or self.facts.linked
        if hidden := self._hidden(numbers):
            return hidden
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
            return self.say(Saying.NEW_METER, Outcome.ASK, ToStaff("new_meter", self.only_account()))
        if self._only_asks(message) or Intent.NOT_MINE in message.intents:
            return self.say(Saying.IS_IT_A_READING, Outcome.ASK)
        if not message.groups and not any(isinstance(item, Tag) for item in message.items):
            return self.not_understood()
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
        answer = Answer(self.state, self.facts, self.now, question, doubtful=doubtful)
        if meant.unknown_account:
            answer.refuse(Code.UNKNOWN_ACCOUNT, number=meant.unknown_account)
        if meant.problem:
            answer.ask(Ask(meant.problem, accounts=meant.fitting))
        for one in meant.meanings:
            answer.meaning(one, moment)
        return answer.reply()


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
