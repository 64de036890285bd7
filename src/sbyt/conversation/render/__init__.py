"""Acts into words, for each language and for what a channel can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sbyt.conversation.acts import (
    LINKED,
    Act,
    Ask,
    CodeAnswer,
    Confirm,
    ContactAnswer,
    ContactCame,
    IsReading,
    NotLinked,
    Say,
)
from sbyt.conversation.render.english import English
from sbyt.conversation.render.russian import Russian
from sbyt.conversation.render.words import Words

#: Two segments of an SMS in Cyrillic letters.
LONGEST_SMS = 134

LANGUAGES: dict[str, Words] = {"ru": Russian(), "en": English()}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a channel sends: the text, and what may be pressed instead of typed. ``whole``: nothing had to be cut.

    ``contact_button``: what stands on a button by which the person shares their own phone; empty where none is offered.
    """

    text: str
    buttons: tuple[str, ...] = ()
    whole: bool = True
    contact_button: str = ""


def render(acts: Sequence[Act], language: str, rendering: str, number: str) -> Rendered:
    """Make words of acts. ``rendering``: text, short (an SMS), buttons or keypad; ``number`` is what staff find it by.

    Of the ways to say it, each shorter than the one before, the first that fits is taken.
    """
    words = LANGUAGES[language]
    keypad = rendering == "keypad"
    end, text = words.number(number), ""
    for terseness in range(3):
        text = words.say(acts, terseness, keypad=keypad) + end
        if rendering != "short":
            offered = any(isinstance(act, ContactAnswer | NotLinked | Say) and act.offer for act in acts)
            return Rendered(
                text,
                _buttons(acts, words) if rendering == "buttons" else (),
                contact_button=words.contact_button if offered else "",
            )
        if len(text) <= LONGEST_SMS:
            return Rendered(text)
    return Rendered(_cut(text, end), whole=False)


def _buttons(acts: Sequence[Act], words: Words) -> tuple[str, ...]:
    for act in acts:
        if isinstance(act, Confirm):
            return words.yes_to(act.meter, act.proposed), words.yes_or_no[1]
        if isinstance(act, IsReading):
            return words.yes_to(act.meter, act.meter.values), words.yes_or_no[1]
    for act in acts:
        if isinstance(act, Ask):
            # What is pressed is sent as if it were typed; where there is one meter only, a figure is asked for.
            return act.accounts or tuple(words.choice(meter) for meter in act.meters if len(act.meters) > 1)
    linked = (ContactCame.LINKED, ContactCame.ALREADY)
    if any(
        (isinstance(act, CodeAnswer) and act.came in LINKED) or (isinstance(act, ContactAnswer) and act.came in linked)
        for act in acts
    ):
        return (words.balance_asked,)
    return ()


def _cut(text: str, number: str) -> str:
    return text[: LONGEST_SMS - len(number) - 1].rstrip() + "…" + number
