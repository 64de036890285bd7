"""The explanation of a bill's lines as a person would say it, in Russian and in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sbyt.billing.explain import ByAverage, ByNorm, ByReadings, Explained, Tier
from sbyt.billing.models import Hold
from sbyt.conversation.render import LANGUAGES
from sbyt.core.money import roubles
from sbyt.core.periods import Period

_MONTHS: Mapping[str, tuple[str, ...]] = {
    "ru": (
        "январь", "февраль", "март", "апрель", "май", "июнь",
        "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
#: After «с» and «до».
_OF_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip

_WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "charge": "{meter}, {month}: {volume}, {amount} ₽",
        "recalculation": "{meter}, перерасчёт за {month}: {volume}, {amount} ₽",
        "read": "По показаниям: {opened} за {since}, {closed} за {until}{rolled}, между ними {advance}.",
        "rolled": " (счётчик прошёл через ноль)",
        "shared": "Это {all_days} дн., на {month} приходится {days}: {volume}.",
        "average": "По среднему, показания не было: {total} за {count} мес. по {last}, в месяц {volume}.",
        "norm": "По нормативу, показаний давно нет: {per_resident} на человека × {residents} чел.{meters} = {volume}.",
        "meters": " ÷ {count} сч.",
        "gone": "За этот месяц по этой шкале больше ничего не причитается: {why}.",
        "gone_norm": "месяц посчитан по нормативу одной строкой",
        "gone_actual": "счётчик к этому времени был снят",
        "tier": "{volume} × {price} ₽ (цена с {since}) = {amount} ₽",
        "was": "Должно быть {due_volume}, {due_amount} ₽; раньше выставили {was_volume}, {was_amount} ₽. "
        "Разница {volume}, {amount} ₽.",
        "opening": "На начало",
        "charged": "Начислено",
        "recalculated": "Перерасчёт",
        "paid": "Оплачено",
        "closing": "К оплате",
        "bill": "Счёт {account} за {month}",
        "nothing": "Строк в этом счёте нет.",
        "unbilled": "Счётчик {serial} не начислен: {reason}.",
        "no_start_index": "нет начального показания",
        "unmarked_drop": "показание ниже прежнего без отметки о переходе через ноль",
        "no_category": "нет категории и числа жильцов",
        "no_norm": "нет норматива",
        "no_price": "нет цены",
        "held_charged": "начислено {charged}\u00a0₽ — обычно около {expected}\u00a0₽",
        "held_recalculated": "перерасчёт {recalculated}\u00a0₽",
    },
    "en": {
        "charge": "{meter}, {month}: {volume}, {amount} ₽",
        "recalculation": "{meter}, correction of {month}: {volume}, {amount} ₽",
        "read": "By readings: {opened} for {since}, {closed} for {until}{rolled}, {advance} between them.",
        "rolled": " (the dial went through zero)",
        "shared": "That is {all_days} days, of which {month} has {days}: {volume}.",
        "average": "By average, as no reading came: {total} in {count} months up to {last}, {volume} a month.",
        "norm": "By norm, as no reading came for long: {per_resident} a resident × {residents}{meters} = {volume}.",
        "meters": " ÷ {count} meters",
        "gone": "Nothing is due on this register for that month any more: {why}.",
        "gone_norm": "the month is reckoned by norm, in one line",
        "gone_actual": "the meter had been taken off by then",
        "tier": "{volume} × {price} ₽ (price since {since}) = {amount} ₽",
        "was": "It should be {due_volume}, {due_amount} ₽; billed before were {was_volume}, {was_amount} ₽. "
        "The difference is {volume}, {amount} ₽.",
        "opening": "Opening",
        "charged": "Charged",
        "recalculated": "Corrected",
        "paid": "Paid",
        "closing": "Owed",
        "bill": "Account {account}, {month}",
        "nothing": "This bill has no lines.",
        "unbilled": "Meter {serial} is not billed: {reason}.",
        "no_start_index": "it has no start index",
        "unmarked_drop": "a reading below the one before, without a mark of a rollover",
        "no_category": "no category and number of residents",
        "no_norm": "no norm",
        "no_price": "no price",
        "held_charged": "{charged}\u00a0₽ charged — usually about {expected}\u00a0₽",
        "held_recalculated": "{recalculated}\u00a0₽ recalculated",
    },
}


class Telling:
    """How a language tells it."""

    def __init__(self, language: str) -> None:
        self.words = _WORDS[language]
        self._language = language
        self._names = LANGUAGES[language]

    def month(self, period: Period, *, after_a_preposition: bool = False) -> str:
        names = _OF_MONTHS if after_a_preposition and self._language == "ru" else _MONTHS[self._language]
        return f"{names[period.month - 1]} {period.year}"

    def money(self, kopecks: int) -> str:
        whole, _, rest = roubles(abs(kopecks)).partition(".")
        grouped = f"{int(whole):,}".replace(",", "\u00a0" if self._language == "ru" else ",")
        return f"{'−' if kopecks < 0 else ''}{grouped}{self._names.point}{rest}"

    def why_held(self, hold: Hold) -> str:
        """What looks wrong about a bill that is held."""
        names = ("charged", "expected", "recalculated")
        return self.words[f"held_{hold.reason}"].format(**{name: self.money(getattr(hold, name)) for name in names})

    def head(self, line: Explained) -> str:
        """What a line is for, and what it comes to."""
        meter = f"{self._names.resources[line.resource]} {line.serial}"
        if line.zones > 1:
            meter = f"{meter} {self._names.zone(line.zone, line.zones)}"
        told = {"volume": self._volume(line.volume, line), "amount": self.money(line.amount)}
        return self.words[line.kind].format(meter=meter.capitalize(), month=self.month(line.month), **told)

    def why(self, line: Explained) -> Iterator[str]:
        """The sentences that explain it, in their order."""
        yield from self._ground(line)
        for tier in line.tiers:
            yield self._tier(tier, line)
        if line.kind != "charge":
            yield self.words["was"].format(
                due_volume=self._volume(line.due_volume, line),
                due_amount=self.money(line.due_amount),
                was_volume=self._volume(line.billed_volume, line),
                was_amount=self.money(line.billed_amount),
                volume=self._volume(line.volume, line),
                amount=self.money(line.amount),
            )

    def _ground(self, line: Explained) -> Iterator[str]:
        words, ground = self.words, line.ground
        match ground:
            case ByReadings():
                yield from self._by_readings(ground, line)
            case ByAverage():
                yield words["average"].format(
                    total=self._volume(ground.total, line),
                    count=ground.months,
                    last=self.month(ground.last),
                    volume=self._volume(line.due_volume, line),
                )
            case ByNorm():
                per_resident = Decimal(ground.per_resident) / 1_000_000
                yield words["norm"].format(
                    per_resident=f"{self.decimal(per_resident)} {self._names.units[line.resource]}",
                    residents=ground.residents,
                    meters=words["meters"].format(count=ground.meters) if ground.meters > 1 else "",
                    volume=self._volume(line.due_volume, line),
                )
            case None:
                yield words["gone"].format(why=words["gone_norm" if line.basis == "norm" else "gone_actual"])

    def _by_readings(self, ground: ByReadings, line: Explained) -> Iterator[str]:
        yield self.words["read"].format(
            opened=self._names.index(ground.opened, line.decimals),
            since=self.month(ground.since),
            closed=self._names.index(ground.closed, line.decimals),
            until=self.month(ground.until),
            rolled=self.words["rolled"] if ground.rolled else "",
            advance=self._volume(ground.advance, line),
        )
        if ground.until > ground.since + 1:
            yield self.words["shared"].format(
                all_days=ground.all_days,
                month=self.month(line.month),
                days=ground.days,
                volume=self._volume(line.due_volume, line),
            )

    def _tier(self, tier: Tier, line: Explained) -> str:
        volume = self.decimal(Decimal(tier.volume) / tier.scale)
        return self.words["tier"].format(
            volume=f"{volume} {self._names.units[line.resource]}",
            price=self.decimal(Decimal(tier.price) / 10_000, least=2),
            since=self.month(tier.since, after_a_preposition=True),
            amount=self.money(tier.amount),
        )

    def _volume(self, units: int, line: Explained) -> str:
        sign = "−" if units < 0 else ""
        return f"{sign}{self._names.index(abs(units), line.decimals)} {self._names.units[line.resource]}"

    def decimal(self, value: Decimal, *, least: int = 0) -> str:
        """Without zeros at the end of the fraction, but for so many figures."""
        whole, _, fraction = f"{value:f}".partition(".")
        fraction = fraction.rstrip("0").ljust(least, "0")
        return f"{whole}{self._names.point}{fraction}" if fraction else whole
