"""A mass notice as its desk shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbyt.core.money import roubles
from sbyt.core.settings import Settings
from sbyt.core.sms import parts
from sbyt.notices.lists import ENDS, why
from sbyt.notices.models import Campaign
from sbyt.notices.numbers import Cost, End, costs, counts, not_told
from sbyt.web.office.notices.words import WORDS

#: So many of those who were not told are shown on the page; the file has all.
LISTED = 20

_SIGNS = {
    End.SENT: "✓",
    End.UNDER_WAY: "→",
    End.WAITING: "○",
    End.THERE: "✓",
    End.UNREACHABLE: "!",
    End.FAILED: "✗",
    End.UNCERTAIN: "?",
    End.EXPIRED: "✗",
    End.STOPPED: "‖",
}


@dataclass(frozen=True)
class Showing:
    """In which language and by whose clock things are said."""

    language: str
    settings: Settings

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def moment(self, at: dt.datetime) -> str:
        return f"{at.astimezone(self.settings.zone):%d.%m.%Y %H:%M}"

    def title(self, code: str) -> str:
        described = self.settings.channels.get(code)
        return described.title if described else code

    def number(self, count: int) -> str:
        return f"{count:,}".replace(",", "\u00a0")

    def name(self, campaign: Campaign) -> str:
        return self.words[campaign.kind].format(title=campaign.title)


def row(campaign: Campaign, people: int, showing: Showing) -> Mapping[str, Any]:
    """A notice in the list."""
    return {
        "pk": campaign.pk,
        "name": showing.name(campaign),
        "state": showing.words[f"state_{campaign.state}"],
        "at": showing.moment(campaign.prepared_at),
        "people": showing.number(people),
    }


def page(campaign: Campaign, showing: Showing) -> Mapping[str, Any]:
    """All of a notice: numbers, cost, what people read, who did what, who was not told."""
    words = showing.words
    by_channel = counts(campaign)
    channels = sorted({code for code, _ in by_channel if code})
    listed = list(not_told(campaign, LISTED + 1))
    last = (campaign.until - dt.timedelta(seconds=1)).astimezone(showing.settings.zone)
    remarks = [words["until_said"].format(day=f"{last:%d.%m.%Y}")]
    if campaign.per_hour:
        remarks.append(words["rate"].format(count=showing.number(campaign.per_hour)))
    if campaign.already_there and campaign.state in (Campaign.State.PREPARED, Campaign.State.APPROVED):
        remarks.append(words["already_there"].format(count=showing.number(campaign.already_there)))
    return {
        "pk": campaign.pk,
        "name": showing.name(campaign),
        "state": words[f"state_{campaign.state}"],
        "code": campaign.state,
        "remarks": remarks,
        "channels": [showing.title(code) for code in channels],
        "ends": _ends(by_channel, channels, showing),
        "people": showing.number(sum(by_channel.values())),
        "costs": [_cost(one, showing) for one in costs(campaign, showing.settings)],
        "previews": _previews(campaign, showing),
        "steps": [
            (showing.moment(step.at), step.by, words[f"step_{step.what}"]) for step in campaign.steps.order_by("id")
        ],
        "not_told": [
            (one.account, one.holder or one.used, one.address, one.phone, why(one, showing.language))
            for one in listed[:LISTED]
        ],
        "not_told_more": words["not_told_more"].format(count=LISTED) if len(listed) > LISTED else "",
    }


def _ends(
    by_channel: Mapping[tuple[str, End], int], channels: list[str], showing: Showing
) -> list[tuple[str, str, str, list[str]]]:
    """What became of people: the sign, the word, how many, how many in each channel. Ends of nobody are left out."""
    found = []
    for code, word in ENDS[showing.language].items():
        end = End(code)
        total = sum(count for (_, known), count in by_channel.items() if known is end)
        each = [by_channel.get((channel, end), 0) for channel in channels]
        if total:
            found.append(
                (_SIGNS[end], word, showing.number(total), [showing.number(one) if one else "" for one in each])
            )
    return found


def _cost(one: Cost, showing: Showing) -> str:
    name = "cost_unknown" if one.kopecks is None else "cost_parts" if one.parts != one.messages else "cost_said"
    return showing.words[name].format(
        title=showing.title(one.channel),
        messages=showing.number(one.messages),
        parts=showing.number(one.parts),
        sum=roubles(one.kopecks or 0).replace(".", "," if showing.language == "ru" else "."),
    )


def _previews(campaign: Campaign, showing: Showing) -> list[tuple[str, str, str, str]]:
    """What people read: the language, its name and where, the text, how long it is for an SMS."""
    words, found = showing.words, []
    for language, texts in campaign.texts.items():
        named = words[f"lang_{language}"]
        found.append((language, named, texts["text"], ""))
        length = words["letters"].format(count=len(texts["short"]), parts=parts(texts["short"]))
        found.append((language, f"{named}, {words['in_sms']}", texts["short"], length))
    return found
