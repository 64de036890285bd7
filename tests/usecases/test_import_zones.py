"""Local time and UTC for whole columns say the same as ``zoneinfo`` for one moment."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sbyt.usecases.import_files.zones import to_local, to_utc

ZONES = ["Europe/Moscow", "Europe/Berlin", "Asia/Vladivostok", "Asia/Kolkata", "America/New_York", "UTC"]
moments = st.datetimes(dt.datetime(2009, 1, 1), dt.datetime(2027, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


def worked_out(expression: str, moment: dt.datetime) -> dt.datetime:
    ((found,),) = duckdb.execute(f"SELECT {expression} FROM (SELECT TIMESTAMP '{moment}' AS t)").fetchall()
    assert isinstance(found, dt.datetime)
    return found


@settings(max_examples=60)
@given(st.sampled_from(ZONES), moments)
@example("Europe/Moscow", dt.datetime(2014, 10, 26, 1, 30))  # came twice
@example("Europe/Berlin", dt.datetime(2026, 10, 25, 2, 0))
@example("Europe/Berlin", dt.datetime(2026, 3, 29, 2, 30))  # never came
def test_local_to_utc(name: str, moment: dt.datetime) -> None:
    expected = moment.replace(tzinfo=ZoneInfo(name)).astimezone(dt.UTC).replace(tzinfo=None)
    assert worked_out(to_utc("t", ZoneInfo(name), 2008, 2028), moment) == expected


@settings(max_examples=60)
@given(st.sampled_from(ZONES), moments)
@example("Europe/Moscow", dt.datetime(2014, 10, 25, 22, 0))
@example("Europe/Moscow", dt.datetime(2014, 10, 25, 21, 59, 59))
def test_utc_to_local(name: str, moment: dt.datetime) -> None:
    expected = moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert worked_out(to_local("t", ZoneInfo(name), 2008, 2028), moment) == expected


@pytest.mark.parametrize("text", ["+79120000101", "8 (912) 000-01-02", "8-912-000-01-03", "+7 912 000 01 04"])
def test_the_usual_phones_are_read_as_any_other(text: str) -> None:
    from sbyt.core.identifiers import phone_number
    from sbyt.usecases.import_files.judging.accounts import USUAL_PHONE

    ((found,),) = duckdb.execute(f"SELECT {USUAL_PHONE} FROM (SELECT '{text}' AS phone)").fetchall()
    assert found == phone_number(text)
