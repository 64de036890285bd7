"""A bill in words: what is known of it becomes what stands on the paper."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sbyt.accounts.tokens import Tokens
from sbyt.billing.explain import ByAverage, ByNorm, ByReadings, Explained, Tier
from sbyt.billing.explain_words import Telling
from sbyt.billing.models import Charge, Unbilled
from sbyt.conversation.render import LANGUAGES
from sbyt.core.due_day import due_day
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.core.settings import Settings
from sbyt.receipts.content import Chart, Content, Correction, Line, MeterRow, Month, Owed, Price, Sum
from sbyt.receipts.payment_code import payment_code
from sbyt.receipts.queries import MONTHS, Billed, KnownBill, KnownMeter
from sbyt.receipts.requirements import Requirements
from sbyt.receipts.words import Words

_CHARGE = Charge.Kind.CHARGE
#: A month is as its worst register: an estimate is never shown as a fact.
_DOUBT = {"none": 0, "actual": 1, "average": 2, "norm": 3}
#: In a chart: the letters by which a month is known.
_SHORT_MONTH = 3


@dataclass(frozen=True)
class Writer:
    """Writes bills in one language. ``tokens`` make the code and the link that prove whose a bill is."""

    settings: Settings
    words: Words
    tokens: Tokens
    needed: Requirements

    def content(self, known: KnownBill) -> Content:
        """What a bill says on paper.

        :raises UnableToMakeToken: if there is no key.
        """
        bill, account, period = known.bill, known.account, known.period
        month, link = self._telling.month(period), self._link(known)
        due = self.day(due_day(period))
        holder = _one_line(account.customer.name) or account.number
        address = _one_line(account.premises.address)
        nothing = self._nothing(bill.closing)
        to_pay = self.words.text("mail_owed", amount=self.money(bill.closing), day=due)
        text = self.words.text
        return Content(
            account=account.number,
            holder=holder,
            address=address,
            title=text("title", month=month),
            owed=self._owed(bill.closing, due),
            nothing=nothing,
            payment=self._payment(known) if bill.closing > 0 else None,
            service=link,
            code=text("code", account=account.number, code=self.tokens.code(account.pk, period)),
            sums=tuple(self._sums(known, month)),
            total=self._total(bill.closing),
            lines=tuple(self._line(line, known) for _, line in known.lines if line.kind == _CHARGE),
            said=tuple(self._said(known)),
            corrections=tuple(
                self._correction(register, line, known) for register, line in known.lines if line.kind != _CHARGE
            ),
            charts=tuple(self._charts(known)),
            meters=tuple(self._meter(meter) for meter in known.meters if not meter.removed),
            payee=text(
                "payee",
                holder=holder,
                address=address,
                account=account.number,
                number=f"{account.number}-{period}",
                month=month,
            ),
            subject=text("mail_subject", month=month),
            mail=text(
                "mail",
                month=month,
                account=account.number,
                owed=to_pay if bill.closing > 0 else text("mail_nothing"),
                link=link,
            ).strip(),
        )

    # sums --------------------------------------------------------------------------------------------------------

    def money(self, kopecks: int) -> str:
        return self._telling.money(kopecks)

    def day(self, day: dt.date) -> str:
        """With its year: paper is found again after years."""
        return f"{LANGUAGES[self.words.language].day(day)} {day.year}"

    def _owed(self, closing: int, due: str) -> Owed:
        text = self.words.text
        if closing > 0:
            return Owed(text("owed"), f"{self.money(closing)}\u00a0₽", text("due", day=due))
        return Owed(text("credit") if closing else text("even"), f"{self.money(-closing)}\u00a0₽", "")

    def _nothing(self, closing: int) -> str:
        if closing > 0:
            return ""
        return self.words.text("nothing", amount=self.money(-closing)) if closing else self.words.text("nothing_even")

    def _sums(self, known: KnownBill, month: str) -> Iterator[Sum]:
        bill, text = known.bill, self.words.text
        yield Sum(text("opening_credit" if bill.opening < 0 else "opening"), self.money(bill.opening))
        yield Sum(text("charged", month=month), self.money(bill.charged))
        if bill.recalculated or any(line.kind != _CHARGE for _, line in known.lines):
            yield Sum(text("recalculated"), self.money(bill.recalculated))
        yield Sum(text("paid"), self.money(-bill.paid))

    def _total(self, closing: int) -> Sum:
        name = "total" if closing >= 0 else "total_credit"
        return Sum(self.words.text(name), self.money(abs(closing)))

    def _payment(self, known: KnownBill) -> str:
        company, number = self.settings.company, known.account.number
        purpose = f"{self.words.text('title', month=self._telling.month(known.period))}, {number}"
        return payment_code(company, self.needed.bank, number, known.period, known.bill.closing, purpose)

    def _link(self, known: KnownBill) -> str:
        return f"{self.needed.address}/b/{self.tokens.token(known.account.pk, known.period)}"

    # lines -------------------------------------------------------------------------------------------------------

    def _line(self, line: Explained, known: KnownBill) -> Line:
        opened, since, closed, until = self._indexes(line, known)
        prices = tuple(self._price(tier, line) for tier in line.tiers if tier.amount or tier.volume)
        # What a charge imported for this month was taken off is no price times a volume: the sum stands alone then.
        whole = line.amount == line.due_amount
        return Line(
            name=self._named(line, whole=True),
            basis=self.words.text(line.basis),
            opened=opened,
            since=since,
            closed=closed,
            until=until,
            volume=self._volume(line.volume, line),
            amount=self.money(line.amount),
            prices=prices if whole else (),
        )

    def _indexes(self, line: Explained, known: KnownBill) -> tuple[str, str, str, str]:
        """What the register showed at the beginning and in the end, and for which months these were handed in."""
        names = LANGUAGES[self.words.language]
        if isinstance(line.ground, ByReadings):
            ground = line.ground
            return (
                names.index(ground.opened, line.decimals),
                self._telling.month(ground.since),
                names.index(ground.closed, line.decimals),
                self._telling.month(ground.until),
            )
        last = self._last_index(line, known)
        none = self.words.text("no_index")
        if last is None:
            return none, "", none, ""
        value, period = last
        return names.index(value, line.decimals), self._telling.month(period), none, ""

    def _last_index(self, line: Explained, known: KnownBill) -> tuple[int, Period] | None:
        for meter in known.meters:
            if meter.meter.serial == line.serial and meter.counted:
                last = meter.counted[-1]
                return last.values[int(line.zone[1]) - 1], Period(last.period)
        return None

    def _price(self, tier: Tier, line: Explained) -> Price:
        volume = self._telling.decimal(Decimal(tier.volume) / tier.scale)
        return Price(
            volume=f"{volume}\u00a0{self._unit(line.resource)}",
            price=self._telling.decimal(Decimal(tier.price) / 10_000, least=2),
            since=self.words.text("since", month=self._telling.month(tier.since, after_a_preposition=True)),
            amount=self.money(tier.amount),
        )

    def _named(self, line: Explained, *, whole: bool = False) -> str:
        meter = self._named_without_zone(line, whole=whole)
        zone = LANGUAGES[self.words.language].zone(line.zone, line.zones)
        return f"{meter}, {zone}" if line.zones > 1 else meter

    def _named_without_zone(self, line: Explained, *, whole: bool = False) -> str:
        serial = line.serial if whole else LANGUAGES[self.words.language].tail(line.serial)
        return f"{self.words.text(line.resource)} {serial}"

    def _unit(self, resource: Resource) -> str:
        return LANGUAGES[self.words.language].units[resource]

    def _volume(self, units: int, line: Explained) -> str:
        return f"{self._index(units, line.decimals)}\u00a0{self._unit(line.resource)}"

    def _index(self, units: int, decimals: int) -> str:
        sign = "−" if units < 0 else ""
        return sign + LANGUAGES[self.words.language].index(abs(units), decimals)

    # what is said ------------------------------------------------------------------------------------------------

    def _said(self, known: KnownBill) -> Iterator[str]:
        """One plain sentence for each meter whose charge is not simply one month's advance."""
        charges = [line for _, line in known.lines if line.kind == _CHARGE]
        for _, alike in itertools.groupby(charges, key=_story):
            yield from self._explained(list(alike))
        for row in known.unbilled:
            yield self._left_out(row)

    def _explained(self, lines: Sequence[Explained]) -> Iterator[str]:
        """What is said of the registers of a meter that were worked out in the same way."""
        text, line = self.words.text, lines[0]
        meter = self._named(line) if len(lines) == 1 else self._named_without_zone(line)
        said = {"meter": meter, "month": self._telling.month(line.month), "volume": self._volumes(lines)}
        match line.ground:
            case ByAverage() as ground:
                totals = [one.ground.total for one in lines if isinstance(one.ground, ByAverage)]
                yield text("estimated", **said, total=self._listed(totals, line), count=ground.months)
            case ByNorm() as ground:
                per_resident = self._telling.decimal(Decimal(ground.per_resident) / 1_000_000)
                unit = self._unit(line.resource)
                yield text("normed", **said, per_resident=f"{per_resident}\u00a0{unit}", residents=ground.residents)
            case ByReadings() as ground:
                read = [one.ground for one in lines if isinstance(one.ground, ByReadings)]
                if ground.until > ground.since + 1:
                    since, until = self._telling.month(ground.since), self._telling.month(ground.until)
                    advance = self._listed([one.advance for one in read], line)
                    yield text("late", **said, since=since, until=until, advance=advance)
                if any(one.rolled for one in read):
                    yield text("rolled", meter=meter)

    def _volumes(self, lines: Sequence[Explained]) -> str:
        return self._listed([line.due_volume for line in lines], lines[0])

    def _listed(self, units: Sequence[int], line: Explained) -> str:
        """The volumes of a meter's registers, in their order."""
        indexes = " + ".join(self._index(one, line.decimals) for one in units)
        return f"{indexes}\u00a0{self._unit(line.resource)}"

    def _left_out(self, row: Unbilled) -> str:
        code = f"unbilled_{row.reason}"
        reason = self.words.texts.get(code, self.words.text("unbilled_other"))
        return self.words.text("unbilled", serial=row.meter.serial if row.meter else "", reason=reason)

    def _correction(self, register: int, line: Explained, known: KnownBill) -> Correction:
        return Correction(
            month=self._telling.month(line.month),
            name=self._named(line),
            why=self._why(register, line, known),
            volume=self._volume(line.volume, line),
            amount=self.money(line.amount),
        )

    def _why(self, register: int, line: Explained, known: KnownBill) -> str:
        """Why a month that was billed already is billed otherwise now."""
        text = self.words.text
        before = [row for row in known.history if (row.register, row.month) == (register, line.month)]
        was = next((row.basis for row in reversed(before) if row.period < known.period), line.basis)
        if line.ground is None:
            return text("reason_gone")
        if was != "actual" and line.basis == "actual":
            return text("reason_read", was=text(was))
        if was != line.basis:
            return text("reason_estimate", was=text(was), now=text(line.basis))
        return text("reason_price" if line.volume == 0 else "reason_changed")

    # chart and meters --------------------------------------------------------------------------------------------

    def _charts(self, known: KnownBill) -> Iterator[Chart]:
        """What was billed for each of the last months, by resource; before the first bill here what was read."""
        by_resource: dict[Resource, list[Billed]] = defaultdict(list)
        for row in [*known.history, *known.read_before]:
            by_resource[known.registers[row.register][0]].append(row)
        for resource in sorted(by_resource, key=list(Resource).index):
            months = self._months(by_resource[resource], known, known.registers)
            if any(month.volume for month in months):
                yield Chart(self.words.text(resource), self._unit(resource), months)

    def _months(
        self, rows: Sequence[Billed], known: KnownBill, registers: dict[int, tuple[Resource, int]]
    ) -> tuple[Month, ...]:
        finest = max(registers[row.register][1] for row in rows)
        volumes: dict[int, int] = defaultdict(int)
        bases: dict[int, dict[int, str]] = defaultdict(dict)
        for row in rows:
            volumes[row.month] += row.volume * 10 ** (finest - registers[row.register][1])
            bases[row.month][row.register] = row.basis  # what was billed last says how it stands
        telling = self._telling
        first = known.period.plus(1 - MONTHS)
        return tuple(
            Month(
                name=telling.month(Period(month))[:_SHORT_MONTH],
                volume=volumes.get(month, 0),
                shown=self._index(volumes[month], finest) if month in volumes else "",
                basis=max(bases[month].values(), key=_DOUBT.__getitem__, default="none"),
            )
            for month in range(first, known.period + 1)
        )

    def _meter(self, known: KnownMeter) -> MeterRow:
        until = known.meter.verified_until
        return MeterRow(self.words.text(known.resource), known.meter.serial, f"{until:%d.%m.%Y}" if until else "—")

    @property
    def _telling(self) -> Telling:
        return Telling(self.words.language)


def _story(line: Explained) -> tuple[object, ...]:
    """What the registers of a meter have in common that are told of together."""
    match line.ground:
        case ByReadings() as ground:
            return line.serial, ByReadings, ground.since, ground.until
        case ByAverage() as ground:
            return line.serial, ByAverage, ground.months, ground.last
        case _:
            return line.serial, type(line.ground), line.zone


def _one_line(text: str) -> str:
    """A name or an address as one line, whatever it was typed with."""
    return " ".join(text.split())
