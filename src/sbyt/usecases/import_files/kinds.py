"""The files that can be imported, column by column (billing rules, files).

What is read, what errors say and what docs/files.md shows are all made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from sbyt.usecases.import_files import values
from sbyt.usecases.import_files.values import Value


@dataclass(frozen=True)
class Column:
    """A column of a file. ``default`` is the SQL for an empty cell; without one the cell must be filled in."""

    name: str
    value: Value
    about: str
    default: str | None = None

    @property
    def optional(self) -> bool:
        return self.default is not None


@dataclass(frozen=True)
class Kind:
    """A file by its name without the ending: ``readings`` is readings.csv."""

    name: str
    about: str
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if not column.optional)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


# A name may fill an index of the database: their limits keep it within what PostgreSQL can index (2,704 bytes).
_ACCOUNT = Column("account", values.text(64), "номер лицевого счёта, с ведущими нулями")
_SERIAL = Column("serial", values.text(64), "заводской номер счётчика")
_ZONE = Column("zone", values.ZONE, "шкала: T1 — единая, день или пик; T2 — ночь; T3 — полупик")
_CATEGORY = Column("category", values.text(64), "категория цен, например urban")
_RESOURCE = Column("resource", values.RESOURCE, "ресурс")
_ZONES = Column("zones", values.whole(1, 3), "число шкал счётчика")
_AMOUNT = Column("amount", values.amount(11, 2, signed=True, unit="рубли"), "сумма в рублях")

#: In the order in which they depend on each other.
KINDS = (
    Kind(
        "accounts",
        "лицевые счета, их владельцы и адреса",
        (
            _ACCOUNT,
            Column("holder", values.text(300), "владелец", "''"),
            Column("address", values.text(400), "адрес одной строкой", "''"),
            _CATEGORY,
            Column("residents", values.whole(0, 9999), "число проживающих"),
            Column("phone", values.text(64), "телефон", "''"),
            Column("email", values.text(254), "электронная почта", "''"),
            Column("opening_balance", values.amount(11, 2, signed=True, unit="рубли"), "долг до первого счёта", "NULL"),
            Column("valid_from", values.MONTH_OF_DAY, "с какого месяца действуют категория и проживающие", "NULL"),
            Column("district", values.text(100), "район или населённый пункт", "''"),
            Column("street", values.text(100), "улица", "''"),
            Column("house", values.text(30), "дом", "''"),
            Column("flat", values.text(30), "квартира", "''"),
        ),
    ),
    Kind(
        "meters",
        "счётчики лицевых счетов",
        (
            _ACCOUNT,
            _SERIAL,
            _RESOURCE,
            _ZONES,
            Column("digits", values.whole(1, 9), "цифр на шкале до запятой"),
            Column("decimals", values.whole(0, 6), "цифр на шкале после запятой"),
            Column("installed_on", values.DATE, "день установки"),
            Column("verified_until", values.DATE, "поверен до", "NULL"),
        ),
    ),
    Kind(
        "tariffs",
        "цены за кВт·ч, м³ или Гкал; строки одного ресурса, категории, числа шкал, шкалы и valid_from — одна таблица",
        (
            _RESOURCE,
            _CATEGORY,
            _ZONES,
            _ZONE,
            Column("valid_from", values.MONTH_FROM_FIRST, "с какого месяца"),
            Column(
                "above", values.amount(9, 3, signed=False, unit="кВт·ч, м³ или Гкал"), "с какого объёма в месяц", "0"
            ),
            Column("price", values.amount(6, 4, signed=False, unit="рубли"), "цена в рублях"),
        ),
    ),
    Kind(
        "norms",
        "нормативы потребления на одного проживающего в месяц",
        (
            _RESOURCE,
            _CATEGORY,
            Column("valid_from", values.MONTH_FROM_FIRST, "с какого месяца"),
            Column(
                "per_resident", values.amount(5, 6, signed=False, unit="кВт·ч, м³ или Гкал"), "объём на проживающего"
            ),
        ),
    ),
    Kind(
        "readings",
        "показания",
        (
            _ACCOUNT,
            _SERIAL,
            _ZONE,
            Column("value", values.index(signed=False), "показание; знаков не больше, чем на шкале"),
            Column("taken_on", values.DATE, "день снятия"),
            Column(
                "received_at", values.TIME, "когда передано, по местному времени; пусто — считается день снятия", "NULL"
            ),
            Column("channel", values.text(32), "канал", "''"),
            Column(
                "kind",
                values.choice("customer", "control", "installed", "removed"),
                "кто снял: customer, control, installed, removed",
                "'customer'",
            ),
            Column("rollover", values.FLAG, "yes — шкала прошла через ноль", "false"),
            Column("correction", values.FLAG, "yes — исправляет более высокое показание того же месяца", "false"),
        ),
    ),
    Kind(
        "payments",
        "платежи",
        (
            _ACCOUNT,
            Column("paid_on", values.DATE, "день оплаты"),
            _AMOUNT,
            Column("source", values.text(64), "откуда: банк, почта, касса"),
            Column("external_id", values.text(128), "номер платежа у источника"),
        ),
    ),
    Kind(
        "charges",
        "начисления до перехода на эту систему",
        (
            _ACCOUNT,
            _SERIAL,
            _ZONE,
            Column("for_period", values.MONTH, "за какой месяц"),
            Column("basis", values.choice("actual", "average", "norm"), "основание: actual, average, norm"),
            Column("volume", values.index(signed=True), "объём"),
            _AMOUNT,
        ),
    ),
)

BY_NAME = {kind.name: kind for kind in KINDS}


def as_markdown(kind: Kind) -> str:
    """The columns of a file as a table for people: docs/files.md holds it word for word."""
    lines = ["| столбец | обязателен | что в нём | как пишется |", "|---|---|---|---|"]
    lines += [
        f"| `{column.name}` | {'нет' if column.optional else 'да'} | {column.about} | {column.value.must_be} |"
        for column in kind.columns
    ]
    return "\n".join(lines)
