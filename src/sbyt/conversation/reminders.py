"""«Напоминать 20»: on which day somebody wants to be reminded, while no reading is there."""

from __future__ import annotations

import re
from typing import NamedTuple

from sbyt.conversation.acts import NotLinked, ReminderAnswer
from sbyt.conversation.facts import Facts
from sbyt.conversation.state import ChooseReminder, Command, KeepSilent, Outcome, Reply, State

#: The whole message, and nothing else in it: «напоминаю, 4425» is a reading.
_FOUND = re.compile(
    r"\W*(?:(?:пожалуйста|больше|мне|please)\W+)*(?P<no>(?:не(?:\s+(?:надо|нужно|больше|мне))*|no(?:\s+more)?|not|don['’]?t)\s+)?"
    r"/?(?:remind(?:er|ers|\s+me)?|напомни(?:те|ть)?|напоминат?[ьй]\w*|напоминани[ейя])"
    r"(?:\W+(?:мне|больше|пожалуйста|о\s+показаниях|on|the|please))*\W*"
    r"(?P<day>\d{1,2})?(?:\s*-?\s*(?:го|st|nd|rd|th))?"
    r"(?:\W+(?:числа|пожалуйста|please|каждого\s+месяца|[а-я]{2,7}(?:ря|ля|ня|та|ая)))*\W*",
    re.IGNORECASE,
)


class Wanted(NamedTuple):
    """The day of the month, None for the first of the window; ``wanted`` false: no reminders any more."""

    wanted: bool
    day: int | None


def find_reminder(text: str) -> Wanted | None:
    """What a message says of reminders, if it is about nothing else."""
    match = _FOUND.fullmatch(text[:100]) if len(text) <= 100 else None
    return Wanted(not match["no"], int(match["day"]) if match["day"] else None) if match else None


def reminder_chosen(wanted: Wanted, state: State, facts: Facts) -> Reply:
    """Answer it. Only who is linked can be reminded: of anybody else nobody knows whether a reading is there."""
    window = facts.window
    if not wanted.wanted:
        return Reply(state, (ChooseReminder(None),), (ReminderAnswer(None),), Outcome.INFO)
    if not facts.linked:
        return Reply(state, (), (NotLinked(facts.channel.contact, to_remind=True),), Outcome.REFUSED)
    day = window.first_day if wanted.day is None else wanted.day
    if not window.first_day <= day <= window.last_day:
        return Reply(state, (), (ReminderAnswer(None, window.first_day, window.last_day),), Outcome.ASK)
    commands: tuple[Command, ...] = (ChooseReminder(day),)
    if facts.silent:  # who wants to be reminded wants to be written to
        commands += (KeepSilent(silent=False),)
    return Reply(state, commands, (ReminderAnswer(day),), Outcome.INFO)
