"""English, for those who prefer it: the same in the same order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sbyt.conversation.acts import (
    AlreadyThere,
    Ask,
    Balance,
    Cancelled,
    Closed,
    CodeAnswer,
    CodeCame,
    Confirm,
    ContactAnswer,
    ContactCame,
    History,
    IsReading,
    KeptInspected,
    LastReadings,
    Linked,
    LinkTold,
    NotLinked,
    OwnerTold,
    Refused,
    ReminderAnswer,
    Say,
    Saying,
    SeeOnPage,
    Shown,
    Taken,
)
from sbyt.conversation.render.words import Words
from sbyt.conversation.understanding import Problem
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.metering.checks import Code

_LINKED = {Linked.PHONE: "phone", Linked.EMAIL: "e-mail address"}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class English(Words):
    point = "."
    yes_or_no = ("Yes", "No")
    contact_button = "Share my number"
    balance_asked = "Balance"
    unstable = "works with interruptions"
    resources: ClassVar[Mapping[Resource, str]] = {
        Resource.ELECTRICITY: "electricity",
        Resource.HOT_WATER: "hot water",
        Resource.COLD_WATER: "cold water",
        Resource.GAS: "gas",
        Resource.HEAT: "heating",
    }
    units: ClassVar[Mapping[Resource, str]] = {
        Resource.ELECTRICITY: "kWh",
        Resource.HOT_WATER: "m³",
        Resource.COLD_WATER: "m³",
        Resource.GAS: "m³",
        Resource.HEAT: "Gcal",
    }
    zones: ClassVar[Mapping[tuple[int, str], str]] = {
        (2, "T1"): "day",
        (2, "T2"): "night",
        (3, "T1"): "peak",
        (3, "T2"): "night",
        (3, "T3"): "half-peak",
    }

    def day(self, day: dt.date) -> str:
        return f"{day.day} {_MONTHS[day.month - 1]}"

    def number(self, number: str) -> str:
        return f" No {number}" if number else ""

    def month(self, period: int) -> str:
        return _MONTHS[Period(period).month - 1]

    def taken(self, act: Taken, terse: int) -> str:
        return f"{self._what_was_taken(act, terse)} {self._what_it_means(act, terse)}"

    def _what_was_taken(self, act: Taken, terse: int) -> str:
        if len(act.meters) > 1:
            return f"Taken: {self.meters(act.meters, terse)}."
        (shown,) = act.meters
        taken = f"Taken: {self.values(shown)}" + ("" if terse == 2 else f", meter {self.tail(shown.serial)}")
        if shown.used and shown.since and terse < 2 and not act.late:
            return f"{taken}, {self.used(shown)} since {self.day(shown.since)}."
        return f"{taken}."

    def _what_it_means(self, act: Taken, terse: int) -> str:
        month = self.month(act.period)
        if act.late:
            closed = self.month(act.period - 1)
            if act.estimated and terse < 2:
                return f"{closed} is closed: it goes by the average, and the {month} bill puts it right."
            return f"{closed} is closed, it goes on the {month} bill."
        if act.until is None:
            return f"It goes on the {month} bill."
        if terse == 0:
            return f"It goes on the {month} bill. A mistake? Send the right value by {self.day(act.until)}."
        return f"It goes on the {month} bill. Correct it by {self.day(act.until)}."

    def already_there(self, act: AlreadyThere, terse: int) -> str:
        return f"We have these already: {self.meters(act.meters, max(terse, 1))}, {self.month(act.period)}."

    def kept_inspected(self, act: KeptInspected, terse: int) -> str:
        meter, month = self.tail(act.meter.serial), self.month(act.period)
        said = f"An inspector read meter {meter} for {month}; that goes on the bill."
        return said if terse else f"{said} Not right? Answer «operator»."

    def refused(self, act: Refused, terse: int) -> str:
        said = self._why_refused(act, terse)
        return f"{said} A member of staff will look at it." if act.staff and terse < 2 else said

    def _why_refused(self, act: Refused, terse: int) -> str:
        if act.code is Code.UNKNOWN_ACCOUNT:
            return f"We found no account {act.number}. The number is at the top of the bill."
        if act.code is Code.UNKNOWN_METER:
            ours = ", ".join(self.tail(serial) for serial in act.serials)
            known = f" Account {act.account} has: {ours}." if ours and terse == 0 else ""
            return f"This account has no meter {act.number}.{known} Check the number and send it again."
        if act.meter is None:
            return "Not taken. Check the figures and send them again."
        serial, values = self.tail(act.meter.serial), self.values(act.meter)
        if act.code is Code.REMOVED:
            return f"Meter {serial} was taken off. Send the reading of the one that is there now."
        again = "Check the figures and send them again."
        if act.code is Code.LOWER:
            return f"Not taken: {values} is below the last reading{self._last(act.meter)}. {again}"
        return f"Not taken: {values} for meter {serial} can't be. {again}"

    def _last(self, shown: Shown) -> str:
        if not shown.last or not shown.since:
            return ""
        return f", {self.values(shown, shown.last)} of {self.day(shown.since)}"

    def confirm(self, act: Confirm, terse: int, *, keypad: bool) -> str:
        how = "Press 1 if so, 2 if not." if keypad else "Answer YES or send another number."
        if terse == 2 and not keypad:
            how = "YES or another number."
        given, proposed = self.values(act.meter), self.values(act.meter, act.proposed)
        if act.code is Code.SWAPPED:
            name = self.resources[act.meter.resource] + " " if act.meter.resource.is_water else ""
            return f"The values seem exchanged. Take {name}{proposed}? {how}"
        if act.code is Code.DECIMAL:
            return f"{given} seems to hold the red figures too. Take {proposed}? {how}"
        if act.code is Code.ROLLOVER:
            return f"{given} is below the last reading. Did meter {self.tail(act.meter.serial)} pass zero? {how}"
        return f"{self._how_much(act, given)} Is that right? {how}"

    def _how_much(self, act: Confirm, given: str) -> str:
        shown = act.meter
        if not shown.used or not shown.since:
            return f"{given} for meter {self.tail(shown.serial)} is unusually much."
        times = f", {act.times} times the usual" if act.times and act.times > 1 else ""
        return f"{given} means {self.used(shown)} since {self.day(shown.since)}{times}."

    def is_reading(self, act: IsReading, *, keypad: bool) -> str:
        how = "press 1" if keypad else "answer YES"
        return f"Is {self.values(act.meter)} the reading of meter {self.tail(act.meter.serial)}? If so, {how}."

    def ask(self, act: Ask, terse: int) -> str:
        match act.problem:
            case Problem.NO_ACCOUNT:
                return "Send the account and the reading, like: 700700700 5120. The account is at the top of the bill."
            case Problem.WHICH_ACCOUNT:
                listed = ", ".join(act.accounts[:3])
                return f"Several accounts are linked: {listed}. Send account and reading, like: {act.accounts[0]} 905"
            case Problem.NO_VALUE:
                return f"Found account {act.account}. Now send the reading."
            case Problem.MISSING:
                (meter,) = act.meters[:1]
                names = " and ".join(self.zone(zone, len(meter.zones)) for zone in meter.zones)
                return (
                    f"Meter {self.tail(meter.serial)} has {len(meter.zones)} registers. Send {names}, like: 8242 3104"
                )
            case Problem.WHICH_METER | Problem.SEVERAL_MEANINGS | Problem.UNFIT:
                example = f"{act.meters[0].serial} 4425" if self.share_a_resource(act.meters) else "light 4425"
                known = f" You have: {self.choices(act.meters)}." if act.meters and terse < 2 else ""
                return f"Which meter is it?{known} Name it, like: {example}"
            case Problem.NO_METER:
                return f"Account {act.account} has no meter. Answer «operator»."
            case _:
                return "There are more numbers than registers. Send the account and one number for each register."

    def closed(self, act: Closed, terse: int) -> str:
        what = f"{act.title} takes readings {self.days(act.first_day, act.last_day)} of each month."
        if act.withdrawn:
            since = f" since {self.day(act.since)}" if act.since and terse == 0 else ""
            what = f"{act.title} takes no readings any more{since}."
        if act.ahead and act.since:
            what = f"{act.title} will take no readings from {self.day(act.since)}."
        why = self.sentence(act.why) if terse == 0 else ""
        until = f" until {self.day(act.until)}" if act.until and terse < 2 else ""
        ways = self.ways(act.ways, terse)
        how = f"Send them{until} by {ways}." if ways else "Please call us."
        return " ".join(filter(None, (what, why, how, self.sentence(act.note) if terse == 0 else "")))

    def days(self, first: int, last: int) -> str:
        return f"from day {first} to {last}"

    def balance(self, act: Balance) -> str:
        return " ".join(
            f"Account {account}: {'to pay' if owed > 0 else 'in credit'} {roubles(abs(owed))} RUB."
            if owed
            else f"Account {account}: all paid."
            for account, owed in act.accounts
        )

    def cancelled(self, act: Cancelled) -> str:
        counts, month = self.counting(act.meters, act.counts), self.month(act.period)
        what = f"Taken back: {self.meters(act.meters, 1)}, {month}."
        return f"{what} {counts} counts for {month} again." if counts else f"{what} Send the right reading."

    def owner_told(self, act: OwnerTold, terse: int) -> str:
        month = self.month(act.period)
        done = "took back" if act.cancelled else "sent"
        if not act.meters:
            return (
                f"Somebody {done} readings of account {act.account} for {month}. Channel: {act.through}. "
                "If it wasn't you or your family, answer «operator»."
            )
        if terse == 2:
            return (
                f"Account {act.account}: somebody {done} {self.meters(act.meters, 2)}. Not you? Send the right value."
            )
        before = () if act.cancelled else act.before
        values = self.each(act.meters, before or ((),) * len(act.meters), "instead of")
        counts = self.counting(act.meters, act.before) if act.cancelled else ""
        now = f" {counts} counts again." if counts else ""
        if terse == 1:
            told = f"Account {act.account}: somebody {done} ({act.through}) {values} for {month}.{now}"
            return f"{told} Not you? Send the right value."
        until = f" by {self.day(act.until)}" if act.until else ""
        return (
            f"Somebody {done} readings of account {act.account} for {month}: {values}. Channel: {act.through}.{now} "
            f"If that was not you or your family, send the right ones{until} or answer «operator»."
        )

    def link_told(self, act: LinkTold, terse: int) -> str:
        what = f"chat ({act.through})" if act.linked is Linked.CHAT else _LINKED[act.linked]
        if terse:
            return f"One more {what} was linked to account {act.account}. Not you? Answer «operator»."
        return (
            f"One more {what} was linked to account {act.account}: readings and debt are seen from there now. "
            "If that was not you or your family, answer «operator» and we will undo it."
        )

    def code_answer(self, act: CodeAnswer, terse: int) -> str:
        said = _CODE_ANSWERS[act.came]
        return said[min(terse, len(said) - 1)].format(account=act.account)

    def contact_answer(self, act: ContactAnswer, terse: int) -> str:
        accounts = self.several(act.accounts)
        match act.came:
            case ContactCame.LINKED:
                return f"Done, we know you now: {accounts}. From now on send just the reading."
            case ContactCame.ALREADY:
                return f"We know you already: {accounts}. Just send the reading."
            case ContactCame.NOT_ON_FILE if terse:
                return "This phone is in no contract. Send the account and the code on the bill."
            case ContactCame.NOT_ON_FILE:
                return (
                    "This phone is in none of the contracts. Send the account and the code on the bill, in the line "
                    "that lets us know you. Readings are taken without it too."
                )
        how = f"Press «{self.contact_button}»" if act.offer else "Send the account and the code from the bill"
        return f"We can't check that this is your number. {how}."

    @staticmethod
    def several(accounts: Sequence[str]) -> str:
        return f"{'accounts' if len(accounts) > 1 else 'account'} {', '.join(accounts)}"

    def not_linked(self, act: NotLinked, terse: int) -> str:
        what = "We'll remind you" if act.to_remind else "We'll show it"
        if act.offer and not terse:
            return (
                f"{what} once we know you. Press «{self.contact_button}» if this phone is in the contract, "
                "or send the account and the code on the bill, in the line that lets us know you."
            )
        if terse:
            return f"{what} once we know you: write from the phone in the contract or send the code on the bill."
        return (
            f"{what} once we know you. Write from the phone or e-mail in the contract, "
            "or send the account and the code on the bill, in the line that lets us know you."
        )

    def see_on_page(self, act: SeeOnPage) -> str:
        pages = [f"account {account}: {page}" for account, page in act.pages if page]
        why = "The law on messengers doesn't let us show it here. " if act.may_not else ""
        if not pages:
            return f"{why}Open the page of the bill by its QR code, or call us."
        return f"{why}Debt, charges and readings are on this page: {'; '.join(pages)}"

    def reminder_answer(self, act: ReminderAnswer) -> str:
        if act.first_day:
            days = self.days(act.first_day, act.last_day)
            return f"Readings are taken {days}. Choose one of these days, like: remind {act.first_day}"
        if act.day is None:
            return "All right, no more reminders. To undo: remind."
        return f"We'll remind you on day {act.day} of the month if no reading is there yet. To end it: no reminders."

    def history(self, act: History, terse: int) -> str:
        if not act.meters:
            return "No readings yet. Send the first: account and figure."
        return "\n".join(("Readings by month.", *self.by_month(act, terse)))

    def last_readings(self, act: LastReadings) -> str:
        if not act.meters:
            return "There are no readings yet. Send the first: account and number."
        return "Last readings: " + "; ".join(self._last_of(shown) for shown in act.meters) + "."

    def _last_of(self, shown: Shown) -> str:
        when = f" of {self.day(shown.since)}" if shown.since else ""
        return f"{self._named(shown)} {self.values(shown)}{when}"

    def saying(self, act: Say) -> str:
        return _SAYINGS[act.saying].format(first=act.first_day, last=act.last_day)


#: The whole answer, and what is left of it where there is little room.
_CODE_ANSWERS = {
    CodeCame.LINKED: (
        "Done: we know you now. Account {account} is linked: ask for the balance or just send a reading.",
        "Done, we know you: account {account}.",
    ),
    CodeCame.ALREADY: (
        "We know you already: account {account} is linked. Ask for the balance or just send a reading.",
        "We know you already: account {account}.",
    ),
    CodeCame.WRONG: (
        (
            "That code is not right. On the bill it has 12 figures. "
            "Send account and code of the newest bill, like: 700700700 code 1234-5678-9012"
        ),
        "That code is not right. It is on the newest bill, 12 figures. Send it like: 700700700 code 1234-5678-9012",
        "That code is not right.",
    ),
    CodeCame.OLDER: (
        (
            "That is the code of an older bill. Take the newest and send account and code, like: "
            "700700700 code 1234-5678-9012"
        ),
        "That is the code of an older bill. Take the newest.",
    ),
    CodeCame.REVOKED: (
        "That code is not valid any more. Take the one on the next bill or answer «operator».",
        "That code is not valid any more.",
    ),
    CodeCame.TOO_MANY: (
        "Too many wrong codes. Try again tomorrow or call us. Readings need no code.",
        "Too many wrong codes, try again tomorrow.",
    ),
    CodeCame.NO_ACCOUNT: (
        "Send the account and the code together, as on the bill, like: 700700700 code 1234-5678-9012",
        "Send the account and the code together.",
    ),
    CodeCame.NOT_HERE: (
        "An account can't be linked from here: we can't see who writes. Send the code from a phone or a messenger.",
        "An account can't be linked from here.",
    ),
}

_SAYINGS = {
    Saying.HELP: "Send account and reading, like: 700700700 5120, {first} to {last}. Undo: cancel. Owed: balance.",
    Saying.WELCOME: "Hello. Send your account and the reading, like: 700700700 5120. The account is on the bill.",
    Saying.WELCOME_KNOWN: "Hello. Send the reading, like: 5120. Days: {first} to {last}. What is owed: balance.",
    Saying.UNKNOWN: "We found no reading here. Send account and reading, like: 700700700 5120. More: help",
    Saying.UNKNOWN_AGAIN: "Again we found no reading here; a member of staff will read it. Readings go like: "
    "700700700 5120",
    Saying.TOO_LONG: "The message is very long, a member of staff will read it. Quicker: 700700700 5120",
    Saying.NOTHING_OPEN: "We asked nothing just now. Send account and reading, like: 700700700 5120",
    Saying.NOT_TAKEN: "All right, not taken. Send the right reading.",
    Saying.NOTHING_TO_CANCEL: "There is no reading of yours this month that could be taken back.",
    Saying.QUESTION_DROPPED: "All right, the question is dropped, nothing was taken.",
    Saying.IS_IT_A_READING: "If this is a reading, send it as: reading 5120. If it is a question, answer: operator",
    Saying.OPERATOR: "Passed on to a member of staff. Readings need no one: send account and number.",
    Saying.THANKS: "You are welcome. Thank you for writing.",
    Saying.STILL_ASKING: "We are still waiting for your answer: YES, NO or the right number.",
    Saying.NEW_METER: "Passed the news of a meter on to staff. If it reads the old one, send only account and number.",
    Saying.LANGUAGE: "English from now on.",
    Saying.ASKED_AGAIN: "You have not answered yet.",
    Saying.PHOTO: "We kept the photo, staff will look at it. Figures are quicker: send account and reading, like "
    "700700700 5120",
    Saying.PHOTO_OF_OURS: "The photo is kept. Which figures are on it? Send them, like: 5120. "
    "If you don't, somebody here reads the photo.",
    Saying.STOPPED: "We won't write here first any more. Your messages are answered as before. To undo: write «start».",
    Saying.GOING_ON: "We write here again: of bills, changes and days. To end it: write «stop».",
    Saying.NOT_HANDLED: "We kept your message, but a fault on our side stopped it. A member of staff will read it, "
    "no need to send it again.",
}
