"""What the meters of a household showed month by month, and which of it was handed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sbyt.cli.demo_town.household import Household, chance_of
from sbyt.cli.demo_town.use import Dial, used, zones_of
from sbyt.cli.demo_town.ways import HANDED_IN, INSPECTED
from sbyt.core.periods import Period
from sbyt.core.units import from_units

Row = dict[str, str]

_VERIFIED_FOR = 16  # years, of electricity meters; of others 6
_SWAP_DAY = 12
#: Of the ordinary use, in percent, while a household that comes back was silent: its bill is to show a sum for it.
_UNSEEN = 150
#: One household of so many uses as many times the ordinary in the last month: its bill is to be looked at.
_ONE_OF, _TIMES = 97, 12


@dataclass(slots=True)
class Meter:
    """A meter at work: what its dials have counted, never going back to zero, and what was last handed in."""

    serial: str
    dial: Dial
    installed: dt.date
    counted: list[int]
    handed: list[int] = field(default_factory=list)  # what the dials showed then


@dataclass(slots=True)
class History:
    """The rows of a household, and its meters as they stand after the last month."""

    meters: list[Row]
    readings: list[Row]
    standing: list[Meter]


class _Writer:
    """Lets a household live through the months."""

    def __init__(self, seed: int, home: Household, first: Period, last: Period) -> None:
        self._home, self._first, self._last = home, first, last
        self._chance = chance_of(seed, home.place, "history")
        self._meters: list[Row] = []
        self._readings: list[Row] = []
        self._serials = 0

    def write(self) -> History:
        standing = [self._install(dial, self._first.first_day + dt.timedelta(days=4)) for dial in self._home.dials]
        for month in range(self._first, self._last + 1):
            period = Period(month)
            if self._home.swap and self._last - month == self._home.swap:
                standing[0] = self._swap(standing[0], period)
            for meter in standing:
                use = used(meter.dial, period, self._home.residents, self._chance)
                if self._home.returns and self._last - month < self._home.silent:
                    use = tuple(one * _UNSEEN // 100 for one in use)
                if month == self._last and self._home.place % _ONE_OF == _ONE_OF // 2:
                    use = tuple(one * _TIMES for one in use)
                meter.counted = [before + one for before, one in zip(meter.counted, use, strict=True)]
            if self._is_handed_in(period):
                at = self._at(period)
                channel = self._chance.choices(list(HANDED_IN), list(HANDED_IN.values()))[0]
                for meter in standing:
                    self._hand_in(meter, at, channel)
            if (month + self._home.place) % 31 == 0:
                for meter in standing:
                    self._hand_in(meter, self._at(period, day=16), INSPECTED, "control")
        return History(self._meters, self._readings, standing)

    def _install(self, dial: Dial, day: dt.date) -> Meter:
        self._serials += 1
        serial = f"{self._home.place + 1:06d}{self._serials:02d}"
        counted = [self._chance.randint(0, 40) * 10**dial.decimals for _ in range(dial.zones)]
        if self._home.rollover and self._serials == 1:
            # It has been at work for long: within so many months from the end it passes zero.
            month = sum(used(dial, Period(month), self._home.residents, self._chance)[0] for month in range(12)) // 12
            counted[0] = dial.turn - month * max(self._last - self._first - self._home.rollover, 1)
        years = _VERIFIED_FOR if dial.resource == "electricity" else 6
        self._meters.append({
            "account": self._home.account,
            "serial": serial,
            "resource": dial.resource.value,
            "zones": str(dial.zones),
            "digits": str(dial.digits),
            "decimals": str(dial.decimals),
            "installed_on": day.isoformat(),
            "verified_until": day.replace(year=day.year + years - self._home.place % 4).isoformat(),
        })  # fmt: skip
        meter = Meter(serial, dial, day, counted)
        self._hand_in(meter, dt.datetime.combine(day, dt.time(11)), INSPECTED, "installed")
        return meter

    def _swap(self, old: Meter, period: Period) -> Meter:
        """An inspector takes the last values of the old meter, and those of the new one."""
        half = [one // 2 for one in used(old.dial, period, self._home.residents, self._chance)]
        old.counted = [before + one for before, one in zip(old.counted, half, strict=True)]
        day = period.first_day.replace(day=_SWAP_DAY)
        self._hand_in(old, dt.datetime.combine(day, dt.time(10)), INSPECTED, "removed")
        return self._install(old.dial, day)

    def _is_handed_in(self, period: Period) -> bool:
        left = self._last - period
        if self._home.returns and left == 0:
            return True
        if left < self._home.silent:
            return False
        return self._chance.randint(1, 100) > self._home.gaps

    def _at(self, period: Period, day: int = 0) -> dt.datetime:
        """When it came: mostly in the window, now and then some days too late."""
        late = not day and self._chance.random() < 0.02
        day = day or (self._chance.randint(26, 28) if late else self._chance.randint(17, 25))
        clock = dt.time(self._chance.randint(7, 21), self._chance.randint(0, 59), self._chance.randint(0, 59))
        return dt.datetime.combine(period.first_day.replace(day=day), clock)

    def _hand_in(self, meter: Meter, at: dt.datetime, channel: str, kind: str = "customer") -> None:
        shows = [one % meter.dial.turn for one in meter.counted]
        before = meter.handed or shows
        for zone, value, last in zip(zones_of(meter.dial), shows, before, strict=True):
            self._readings.append({
                "account": self._home.account,
                "serial": meter.serial,
                "zone": zone,
                "value": from_units(value, meter.dial.decimals),
                "taken_on": at.date().isoformat(),
                "received_at": at.isoformat(),
                "channel": channel,
                "kind": kind,
                "rollover": "yes" if value < last else "",
            })  # fmt: skip
        meter.handed = shows


def history(seed: int, home: Household, first: Period, last: Period) -> History:
    """All that is known of a household's meters from the first month to the last."""
    return _Writer(seed, home, first, last).write()
