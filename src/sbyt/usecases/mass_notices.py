"""Mass notices: prepared, tried on oneself, approved by a second person, paused, stopped. Preparing sends nothing."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from sbyt.accounts.queries import accounts_with_keys
from sbyt.core.identifiers import account_key
from sbyt.core.periods import period_of_receipt
from sbyt.core.settings import USABLE, ChannelState, Settings
from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.statuses import current_channels, read_statuses
from sbyt.notices.models import Addressee, Campaign, Step
from sbyt.notices.people import BATCH, Person, Reach, all_accounts, holders, who_used
from sbyt.notices.preparing import find_addressees, loud
from sbyt.notices.texts import Texts, UnableToPutIntoWords, own_texts, subject_for, text_for, withdrawn_texts
from sbyt.usecases.channels import open_ways

#: Why somebody of staff gets a mass notice before all others.
TRIED = "notice_tried"
#: Whoever used a channel in so many days is told that it is withdrawn.
USED_WITHIN = dt.timedelta(days=183)

State = Campaign.State
What = Step.What


class UnableToPrepare(ValueError):
    """There is nothing to prepare. The text says what was found and what to do.

    ``reason`` is the same as a code: channel, open, words, until, nobody, accounts, spread.
    """

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


class UnableToDecide(ValueError):
    """A mass notice can't be tried, approved, paused, resumed or stopped so.

    ``reason``: unknown, state, same_person, late, nobody, channel.
    """

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


class Who(NamedTuple):
    """Who decides: their name, and in the office the name by which they log in."""

    name: str
    login: str = ""

    def is_one_of(self, step: Step) -> bool:
        """Whether whoever took this step is, or may be, the same person."""
        return bool({_folded(self.name), _folded(self.login)} & {_folded(step.by), _folded(step.login)} - {""})


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


@dataclass(frozen=True, slots=True)
class Plan:
    """When a mass notice goes. ``until``: the last day, today's month's last for readings if None.

    ``per_hour``: no more than that; ``spread_until``: evenly until then. With neither as fast as the channels can.
    """

    until: dt.date | None = None
    begins_at: dt.datetime | None = None
    per_hour: int | None = None
    spread_until: dt.datetime | None = None


def prepare_withdrawn(
    code: str, plan: Plan, by: Who, settings: Settings, connected: Mapping[str, Channel], now: dt.datetime
) -> Campaign:
    """Make ready what those are told who used a channel that takes no readings any more, or will take none soon.

    :param connected: the channels that can send.

    :raises UnableToPrepare: if there is no such channel, it is not withdrawn, or nobody is to be told.
    """
    today = now.astimezone(settings.zone).date()
    statuses = read_statuses(settings)
    ways = statuses.ways(today)
    if code not in settings.channels:
        raise UnableToPrepare(f"Канала {code!r} нет. Есть: {', '.join(settings.channels)}.", "channel")
    channel = statuses.channels(today)[code]
    leaving = next((row for row in statuses.coming(code, today) if row.state == ChannelState.WITHDRAWN.value), None)
    if channel.state is not ChannelState.WITHDRAWN:
        if leaving is None:
            raise UnableToPrepare(
                f"{channel.title} не закрыт: уведомлять не о чем. Закройте: sbyt channels withdraw {code}", "open"
            )
        channel = channel.model_copy(
            update={
                "since": leaving.since,
                "why": leaving.why or None,
                "note": leaving.note or None,
                "footnote": leaving.footnote or None,
            }
        )
    # Of one that will be withdrawn the first month counts for which it is missed.
    missed = max(today, channel.since or today)
    until = plan.until or _closing(settings, missed)
    others = {other: way for other, way in ways.items() if other != code}
    try:
        texts = withdrawn_texts(channel, open_ways(others, today), until, today, settings.notice.english)
    except UnableToPutIntoWords as error:
        raise UnableToPrepare(str(error), "words") from error
    campaign = _campaign(Campaign.Kind.WITHDRAWN, texts, channel.title, plan, until, settings, now)
    campaign.channel = code
    campaign.period = period_of_receipt(max(until, missed), settings.window.last_day)
    reach = Reach.of(settings, connected, now, but=code, period=campaign.period)
    return _prepared(campaign, who_used(code, channel.senders, now - USED_WITHIN), reach, by, settings, now)


def prepare_own(
    texts: Texts,
    accounts: Iterable[str] | None,
    plan: Plan,
    by: Who,
    settings: Settings,
    connected: Mapping[str, Channel],
    now: dt.datetime,
) -> Campaign:
    """Make ready what the company says in its own words (``own_words``).

    :param accounts: the numbers of those whose holders are told; None for all.

    :raises UnableToPrepare: if an account does not exist, or nobody is to be told.
    """
    today = now.astimezone(settings.zone).date()
    until = plan.until or _closing(settings, today)
    batches = all_accounts() if accounts is None else _in_batches(_ids(accounts))
    title = texts[settings.language]["text"]
    campaign = _campaign(Campaign.Kind.OWN, texts, title[:60], plan, until, settings, now)
    reach = Reach.of(settings, connected, now)
    return _prepared(campaign, (holders(batch) for batch in batches), reach, by, settings, now)


def own_words(russian: str, english: str, *, short_russian: str = "", short_english: str = "") -> Texts:
    """The words of a notice of one's own.

    :raises UnableToPrepare: if there are none, or none that are as short as an SMS.
    """
    try:
        return own_texts(russian, english, short_russian=short_russian, short_english=short_english)
    except UnableToPutIntoWords as error:
        raise UnableToPrepare(str(error), "words") from error


def _closing(settings: Settings, today: dt.date) -> dt.date:
    """The last day on which readings count for the month for which those of today do."""
    return settings.window.closes(period_of_receipt(today, settings.window.last_day).first_day)


def _ids(numbers: Iterable[str]) -> list[int]:
    """The accounts with these numbers.

    :raises UnableToPrepare: if there is none of a number, or several.
    """
    given = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    found: dict[str, list[int]] = {}
    for batch in _in_batches(given):
        for account in accounts_with_keys({account_key(number) for number in batch}):
            found.setdefault(account.key, []).append(account.id)
    wrong = [number for number in given if len(found.get(account_key(number), ())) != 1]
    if wrong:
        more = f" и ещё {len(wrong) - 5}" if len(wrong) > 5 else ""
        raise UnableToPrepare(f"Нет таких счетов: {', '.join(wrong[:5])}{more}. Исправьте список.", "accounts")
    return [found[account_key(number)][0] for number in given]


def _in_batches(items: Sequence) -> Iterator[Sequence]:  # type: ignore[type-arg]
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _campaign(
    kind: Campaign.Kind, texts: Texts, title: str, plan: Plan, until: dt.date, settings: Settings, now: dt.datetime
) -> Campaign:
    ends = end_of_day(until, settings)
    begins = plan.begins_at or now
    if begins >= ends or ends <= now:
        raise UnableToPrepare(f"До {until:%d.%m.%Y} уведомлять некогда: назовите более поздний день.", "until")
    if plan.per_hour is not None and plan.per_hour < 1:
        raise UnableToPrepare("В час нужно хотя бы одно сообщение.", "spread")
    if plan.spread_until is not None and not now < plan.spread_until <= ends:
        raise UnableToPrepare("Растянуть можно до любого часа в будущем, но не позже последнего дня.", "spread")
    return Campaign(
        kind=kind,
        texts=texts,
        title=title,
        begins_at=begins,
        until=ends,
        per_hour=plan.per_hour,
        spread_until=plan.spread_until,
        prepared_at=now,
    )


def end_of_day(day: dt.date, settings: Settings) -> dt.datetime:
    """The first moment after a local day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0), settings.zone).astimezone(dt.UTC)


def _prepared(
    campaign: Campaign,
    batches: Iterable[Sequence[Person]],
    reach: Reach,
    by: Who,
    settings: Settings,
    now: dt.datetime,
) -> Campaign:
    with transaction.atomic():
        campaign.save()
        _step(campaign, What.PREPARED, by, now)
    find_addressees(campaign, batches, reach, settings, only_missing=False)
    if not Addressee.objects.filter(campaign=campaign).exists():
        Campaign.objects.filter(id=campaign.pk).update(state=State.STOPPED)
        raise UnableToPrepare("Уведомлять некого.", "nobody")
    campaign.refresh_from_db()
    return campaign


def _step(campaign: Campaign, what: Step.What, by: Who, now: dt.datetime) -> None:
    Step.objects.create(campaign=campaign, what=what, at=now, by=by.name, login=by.login)


# what people decide of one --------------------------------------------------------------------------------------------


def try_out(
    number: int, channel: str, recipient: str, language: str, by: Who, settings: Settings, now: dt.datetime,
    connected: Collection[str],
) -> str:  # fmt: skip
    """Send a mass notice to one address, as it will be read there, at once; tell its text.

    :raises UnableToDecide: if there is no such notice, or nothing can be sent by this channel.
    """
    with transaction.atomic():
        campaign = _found(number)
        described = current_channels(settings, now.astimezone(settings.zone).date()).get(channel)
        if described is None or described.state not in USABLE or channel not in connected:
            raise UnableToDecide(f"Канал {channel!r} сейчас не отправляет. Какие есть: sbyt channels list", "channel")
        text = text_for(campaign.texts, language, described.rendering)
        subject = subject_for(campaign.texts, language)
        outbox.write(channel=channel, recipient=recipient, text=text, now=now, purpose=TRIED, subject=subject)
        _step(campaign, What.TRIED, by, now)
    return text


def approve(number: int, by: Who, settings: Settings, now: dt.datetime) -> None:
    """Let a prepared notice go.

    :raises UnableToDecide: if it isn't prepared, its time is over, nobody is left, or who approves has prepared it.
    """
    with transaction.atomic():
        campaign = _found(number, State.PREPARED)
        author = campaign.steps.filter(what=What.PREPARED).order_by("id").first()
        if author is None or by.is_one_of(author):
            raise UnableToDecide("Одобряет другой человек, не тот, кто подготовил.", "same_person")
        _not_late(campaign, now)
        waiting = Addressee.objects.filter(campaign=campaign, state=Addressee.State.WAITING).count()
        if not waiting:
            raise UnableToDecide("Отправлять некому: ни до кого не дотянуться.", "nobody")
        campaign.state = State.APPROVED
        campaign.per_hour = _rate(campaign, waiting, settings, now)
        campaign.save(update_fields=["state", "per_hour"])
        _step(campaign, What.APPROVED, by, now)


def _rate(campaign: Campaign, waiting: int, settings: Settings, now: dt.datetime) -> int | None:
    """How many an hour, so that the last goes when the notice is to be through."""
    if campaign.spread_until is None:
        return campaign.per_hour
    pieces = loud(max(now, campaign.begins_at), campaign.spread_until, settings)
    hours = sum((end - begin for begin, end in pieces), dt.timedelta(0)) / dt.timedelta(hours=1)
    return max(1, math.ceil(waiting / hours)) if hours else campaign.per_hour


def pause(number: int, by: Who, now: dt.datetime) -> None:
    """Let nothing more of a notice go; what waits in the outbox is held. What is being sent at this moment still goes.

    :raises UnableToDecide: if it isn't going.
    """
    with transaction.atomic():
        campaign = _found(number, State.APPROVED, State.RUNNING)
        campaign.state = State.PAUSED
        campaign.save(update_fields=["state"])
        _waiting_in_outbox(campaign).update(send_at=campaign.until)
        _step(campaign, What.PAUSED, by, now)


def resume(number: int, by: Who, now: dt.datetime) -> None:
    """Let a paused notice go on.

    :raises UnableToDecide: if it isn't paused, or its time is over.
    """
    with transaction.atomic():
        campaign = _found(number, State.PAUSED)
        _not_late(campaign, now)
        campaign.state, campaign.free_at = State.APPROVED, None
        campaign.save(update_fields=["state", "free_at"])
        _waiting_in_outbox(campaign).filter(send_at=F("expires_at")).update(send_at=now)
        _step(campaign, What.RESUMED, by, now)


def stop(number: int, by: Who, now: dt.datetime) -> None:
    """End a notice for good: whoever was not told is not told any more.

    :raises UnableToDecide: if it is over already.
    """
    with transaction.atomic():
        campaign = _found(number, State.PREPARING, State.PREPARED, State.APPROVED, State.RUNNING, State.PAUSED)
        campaign.state = State.STOPPED
        campaign.save(update_fields=["state"])
        dropped = delivery.drop(list(_waiting_in_outbox(campaign).values_list("id", flat=True)), now, claimed=False)
        going = Addressee.objects.filter(campaign=campaign)
        going.filter(message__in=dropped).update(state=Addressee.State.STOPPED)
        going.filter(state=Addressee.State.WAITING).update(state=Addressee.State.STOPPED)
        _step(campaign, What.STOPPED, by, now)


def _waiting_in_outbox(campaign: Campaign) -> QuerySet[OutboundMessage]:
    """What of a notice is written and not claimed: a minute's worth of the channels, looked up from their side."""
    ours = Addressee.objects.filter(message=OuterRef("pk"), campaign=campaign)
    waiting = OutboundMessage.objects.filter(kind=OutboundMessage.Kind.ANNOUNCEMENT, state="waiting")
    return waiting.filter(Exists(ours))


def _found(number: int, *states: Campaign.State) -> Campaign:
    """The notice, locked.

    :raises UnableToDecide: if there is none, or it is in none of these states.
    """
    campaign = Campaign.objects.select_for_update().filter(id=number).first()
    if campaign is None:
        raise UnableToDecide(f"Уведомления {number} нет. Какие есть: sbyt notices list", "unknown")
    if states and campaign.state not in states:
        raise UnableToDecide(f"Уведомление {number}: {STATES[campaign.state]}. Так с ним уже нельзя.", "state")
    return campaign


def _not_late(campaign: Campaign, now: dt.datetime) -> None:
    if campaign.until <= now:
        raise UnableToDecide("Его срок прошёл. Подготовьте новое: sbyt notices prepare", "late")


#: Each state in a word.
STATES: Mapping[str, str] = {
    "preparing": "готовится",
    "prepared": "готово, ждёт одобрения",
    "approved": "одобрено",
    "running": "отправляется",
    "paused": "приостановлено",
    "finished": "закончено",
    "stopped": "остановлено",
}
