"""What a cell of a file may hold, and how it is read: each type is an SQL expression of DuckDB.

The expression gives NULL for a text that is no such value: that is how a bad cell is found. Numbers are read as exact
decimals or as text, never as binary fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

from sbyt.core.resources import ZONES, Resource

_DATE = r"\d{4}-\d{2}-\d{2}"
_RUSSIAN_DATE = r"\d{2}\.\d{2}\.\d{4}"
_TIME = r"\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?"
_OFFSET = r"(Z|[+-]\d{2}(:?\d{2})?)"


@dataclass(frozen=True)
class Value:
    """A type of cell: ``sql`` reads the text ``{v}``, ``must_be`` says in Russian what is allowed."""

    sql: str
    must_be: str
    type: str = "VARCHAR"
    needed: str = "нужно"  # in the gender of what is needed
    too_large: str = "false"  # whether the text ``{v}`` is such a value, and only too large

    def read(self, text: str) -> str:
        """The expression that reads this expression of text; NULL if it can't be read."""
        return self.sql.replace("{v}", text)


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def text(longest: int) -> Value:
    return Value(
        f"CASE WHEN length({{v}}) <= {longest} THEN {{v}} END", f"текст не длиннее {longest} знаков", needed="нужен"
    )


def choice(*allowed: str) -> Value:
    listed = ", ".join(map(quoted, allowed))
    return Value(f"CASE WHEN lower({{v}}) IN ({listed}) THEN lower({{v}}) END", f"одно из: {', '.join(allowed)}")


def whole(least: int, most: int) -> Value:
    read = "CASE WHEN regexp_full_match({v}, '[+-]?\\d{1,9}') THEN CAST({v} AS BIGINT) END"
    return Value(
        f"CASE WHEN ({read}) BETWEEN {least} AND {most} THEN {read} END",
        f"целое число от {least} до {most}",
        "BIGINT",
        too_large=f"regexp_full_match({{v}}, '\\+?0*[1-9]\\d*') AND "
        f"coalesce(TRY_CAST({{v}} AS HUGEINT) > {most}, true)",
    )


def amount(figures: int, places: int, *, signed: bool, unit: str) -> Value:
    """A number in ``10 ** -places`` of its unit, as a whole number. Zeros beyond the places are no figures.

    At most so many figures stand before the comma: what is worked out from it later stays within 64 bits.
    """
    sign = "[+-]?" if signed else r"\+?"
    pattern = rf"{sign}\d{{1,{figures}}}([.,]\d{{1,{places}}}0*)?"
    exact = f"CAST(replace({{v}}, ',', '.') AS DECIMAL({figures + places},{places}))"
    return Value(
        f"CASE WHEN regexp_full_match({{v}}, '{pattern}') THEN CAST({exact} * {10**places} AS BIGINT) END",
        f"{'число' if signed else 'неотрицательное число'} ({unit}), "
        f"не больше {figures} знаков до запятой и {places} после",
        "BIGINT",
        too_large=rf"regexp_full_match({{v}}, '{sign}0*[1-9]\d{{{figures},}}([.,]\d{{1,{places}}}0*)?')",
    )


def index(*, signed: bool) -> Value:
    """Figures of a dial, left as text with a point: how many of them it has depends on the register."""
    sign = "-?" if signed else ""
    return Value(
        f"CASE WHEN regexp_full_match({{v}}, '{sign}\\d{{1,15}}([.,]\\d{{1,15}})?') THEN replace({{v}}, ',', '.') END",
        "число, например 12345 или 12345,678",
        too_large=f"regexp_full_match({{v}}, '{sign}0*[1-9]\\d{{15,}}([.,]\\d{{1,15}})?')",
    )


ZONE = Value(
    "CASE WHEN replace(upper({v}), 'Т', 'T') IN "
    f"({', '.join(map(quoted, ZONES))}) THEN replace(upper({{v}}), 'Т', 'T') END",
    f"одно из: {', '.join(ZONES)}",
)
RESOURCE = choice(*Resource)

_AS_DATE = (
    f"CASE WHEN regexp_full_match({{v}}, '{_DATE}') THEN TRY_CAST({{v}} AS DATE) "
    f"WHEN regexp_full_match({{v}}, '{_RUSSIAN_DATE}') THEN CAST(try_strptime({{v}}, '%d.%m.%Y') AS DATE) END"
)
_SANE_DATE = f"CASE WHEN year({_AS_DATE}) BETWEEN 1900 AND 2199 THEN {_AS_DATE} END"
DATE = Value(_SANE_DATE, "день от 1900 до 2199 года, 2026-12-31 или 31.12.2026", "DATE", "нужен")

_PERIOD = f"CAST(year({_SANE_DATE}) * 12 + month({_SANE_DATE}) - 1 AS BIGINT)"
MONTH_OF_DAY = Value(_PERIOD, "день, 2026-12-31 или 31.12.2026", "BIGINT", "нужен")
MONTH_FROM_FIRST = Value(
    f"CASE WHEN day({_SANE_DATE}) = 1 THEN {_PERIOD} END", "1-е число месяца, 2026-12-01 или 01.12.2026", "BIGINT"
)
_FIRST_OF_MONTH = "concat({v}, '-01')"
MONTH = Value(
    "CASE WHEN regexp_full_match({v}, '\\d{4}-\\d{2}') THEN "
    f"{_PERIOD.replace('{v}', _FIRST_OF_MONTH)} "
    f"WHEN day({_SANE_DATE}) = 1 THEN {_PERIOD} END",
    "месяц, 2026-12",
    "BIGINT",
    "нужен",
)

# The zone is applied later, to the whole column: a time with an offset of its own is already in UTC here.
_ISO_TIME = f"regexp_full_match({{v}}, '{_DATE}([T ]{_TIME}{_OFFSET}?)?')"
_RUSSIAN_TIME = f"regexp_full_match({{v}}, '{_RUSSIAN_DATE}( {_TIME})?')"
_AS_ISO = (
    "concat(substr({v}, 7, 4), '-', substr({v}, 4, 2), '-', substr({v}, 1, 2), replace(substr({v}, 11), ',', '.'))"
)
_AS_TIME = (
    f"CASE WHEN {_ISO_TIME} THEN TRY_CAST(replace({{v}}, ',', '.') AS TIMESTAMP) "
    f"WHEN {_RUSSIAN_TIME} THEN TRY_CAST({_AS_ISO} AS TIMESTAMP) END"
)
TIME = Value(
    f"CASE WHEN year({_AS_TIME}) BETWEEN 1900 AND 2199 THEN {_AS_TIME} END",
    "время, 2026-12-31T10:15:00 или 31.12.2026 10:15",
    "TIMESTAMP",
)
HAS_OFFSET = Value(f"regexp_matches({{v}}, ':.*{_OFFSET}$')", "")

FLAG = Value("CASE WHEN lower({v}) = 'yes' THEN true END", "yes или пусто", "BOOLEAN")
