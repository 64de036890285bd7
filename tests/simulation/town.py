"""A small town: what the retailer knows of it before a run begins, and what must not be told to strangers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sbyt.accounts.models import Account, Link
from sbyt.cli import demo
from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.settings import Settings
from sbyt.usecases.import_files import import_files

#: Ways by webhook, and one in which the answer is shown at once.
POSTED = ("sms", "telegram", "email", "max")
LIVE = "cabinet"

SETTINGS = Settings(channels=DEFAULT_CHANNELS)

_FOUNDED = dt.datetime(2026, 11, 15, 9, 0, tzinfo=dt.UTC)


def found_town() -> None:
    """Load the town's files, and link two chats."""
    for report in import_files([str(demo.WORLD)], SETTINGS, at=_FOUNDED, retroactive=False):
        assert not report.refused, report
    for chat, number in (("telegram:5005", "200005"), ("max:7", "2000000007")):
        Link.objects.create(
            kind=Link.Kind.CHAT,
            address=chat,
            account=Account.objects.get(number=number),
            how=Link.How.BILL_CODE,
            made_at=_FOUNDED,
        )


@dataclass(frozen=True)
class Dial:
    """A meter as its owner knows it: the last values in whole units, the use a month."""

    account: str
    serial: str
    resource: str
    decimals: int
    last: tuple[int, ...]
    use: tuple[int, ...]


DIALS = (
    Dial("2000000001", "40010001", "electricity", 0, (4310,), (120,)),
    Dial("2000000002", "40010002", "electricity", 0, (8100, 3040), (140, 60)),
    Dial("2000000003", "40010003", "electricity", 0, (5000, 1200, 3300), (120, 70, 120)),
    Dial("200004", "7001", "electricity", 0, (12300,), (105,)),
    Dial("200004", "8001", "hot_water", 3, (118400,), (3500,)),
    Dial("200004", "9001", "cold_water", 3, (240100,), (4500,)),
    Dial("200005", "7002", "electricity", 0, (900,), (105,)),
    Dial("0000300006", "5006", "electricity", 0, (9960,), (30,)),
    Dial("2000000007", "40010077", "electricity", 0, (812,), (90,)),
)


@dataclass(frozen=True)
class Person:
    """Somebody who writes: from where, and of which accounts."""

    channel: str
    sender: str
    accounts: tuple[str, ...]


PEOPLE = (
    Person("sms", "+79120000101", ("2000000001",)),
    Person("email", "petrov@example.org", ("2000000001",)),
    Person("sms", "+79120000102", ("2000000002",)),
    Person("telegram", "5002", ("2000000002",)),
    Person("sms", "+79120000103", ("2000000003",)),
    Person("sms", "+79120000104", ("200004", "200005")),
    Person("telegram", "5005", ("200005",)),
    Person("max", "7", ("2000000007",)),
    Person("sms", "+79120000107", ("2000000007",)),
    Person("sms", "+79990000001", ("0000300006", "2000000001", "200004")),
    Person("max", "99", ("2000000003", "0000300006", "200005")),
    Person("email", "stranger@example.org", ("2000000002", "2000000007")),
    Person(LIVE, "+79120000106", ("0000300006",)),
    Person(LIVE, "guest-17", ("2000000001", "200004")),
)

#: Never to be told to somebody who isn't linked: who lives where.
SECRETS = ("Петров", "Сидоров", "Осипов", "Кузнецов", "Ильин", "Белых", "Мира", "Лесная", "Ленина", "Горьк", "Зои")

WORLD = Path(demo.WORLD)
