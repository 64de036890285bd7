"""Which readings of a file may not pass (billing rule 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sbyt.accounts.models import Register
from sbyt.readings.models import Cancellation, Reading
from tests.support.databases import Database, FreshDatabase
from tests.usecases.door import Row, refused
from tests.usecases.importing import AT, HEADER, complaints, take_one, take_texts

MOSCOW = ZoneInfo("Europe/Moscow")


def a_world(registers: int) -> list[Register]:
    """So many accounts with a meter of two figures each."""
    numbers = [f"{number:04d}" for number in range(1, registers + 1)]
    take_texts(
        {
            "accounts": "account,category,residents\n" + "".join(f"{number},urban,1\n" for number in numbers),
            "meters": "account,serial,resource,zones,digits,decimals,installed_on\n"
            + "".join(f"{number},E,electricity,1,2,0,2026-01-01\n" for number in numbers),
        }
    )
    return list(Register.objects.order_by("meter__account__number"))


def store(register: Register, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.state == "new":
            continue
        reading = Reading.objects.create(
            register=register,
            period=24314,
            kind=row.kind,
            value=row.value,
            rollover=row.rollover,
            taken_on=row.taken_on,
            received_at=row.received.replace(tzinfo=MOSCOW) if row.received else None,
            loaded_at=AT,
        )
        if row.state == "cancelled":
            Cancellation.objects.create(reading=reading, at=AT, by="staff")


def written(number: int, row: Row) -> str:
    received = row.received.isoformat() if row.received else ""
    mark = "yes" if row.rollover else ""
    return f"{number:04d},E,T1,{row.value},{row.taken_on},{received},sms,{row.kind},{mark}\n"


def said(histories: Sequence[Sequence[Row]]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What the import complains of when the new rows come in one file, and what the plain rule says."""
    text, expected, line = HEADER, [], 1
    for number, (register, rows) in enumerate(zip(a_world(len(histories)), histories, strict=True), 1):
        store(register, rows)
        bad = refused(rows)
        for place, row in enumerate(rows):
            if row.state == "new":
                line += 1
                text += written(number, row)
                if place in bad:
                    expected.append((line, bad[place]))
    return complaints(take_one("readings", text)), expected


def stored(value: int, day: int, kind: str = "customer", rollover: bool = False) -> Row:
    return Row(kind, value, rollover, day, 10, "stored")


def new(value: int, day: int, kind: str = "customer", rollover: bool = False) -> Row:
    return Row(kind, value, rollover, day, 10, "new")


CASES: list[tuple[str, list[Row], list[int]]] = [
    # what is said, the history, the places of the rows refused
    ("a rising row passes", [stored(10, 1, "installed"), new(20, 2)], []),
    ("an equal one too", [stored(10, 1, "installed"), new(10, 2)], []),
    ("lower than the neighbour before is refused", [stored(10, 1, "installed"), stored(20, 2), new(19, 3)], [2]),
    ("lower than the start index is refused", [stored(10, 1, "installed"), new(9, 2)], [1]),
    ("higher than the neighbour after is refused", [stored(10, 1, "installed"), stored(20, 5), new(21, 3)], [2]),
    ("between its neighbours it passes, however late it comes", [stored(10, 1), stored(20, 5), new(15, 3)], []),
    ("a mark explains a drop", [stored(98, 1), new(3, 2, rollover=True)], []),
    ("and a mark on the neighbour after", [stored(3, 5, rollover=True), new(98, 2)], []),
    ("but not the drop behind it", [stored(50, 5), new(60, 3, rollover=True)], [1]),
    ("a mark without a drop adds nothing", [stored(10, 1), new(20, 2, rollover=True)], []),
    ("an inspector's later value below is no reason", [stored(10, 1), stored(15, 5, "control"), new(20, 3)], []),
    ("nor is the last value of a meter taken off", [stored(10, 1), stored(15, 5, "removed"), new(20, 3)], []),
    ("an inspector's own value isn't questioned", [stored(20, 1), new(10, 2, "control"), new(5, 3, "removed")], []),
    ("after it a customer's value must not be lower", [stored(20, 1, "control"), new(19, 2)], [1]),
    (
        "what an inspector set aside is nobody's neighbour",
        [stored(10, 1, "installed"), stored(90, 2), stored(30, 5, "control"), new(20, 3), new(35, 6)],
        [],
    ),
    (
        "he sets nothing aside beyond a mark",
        [stored(95, 1), stored(5, 2, rollover=True), stored(3, 5, "control"), new(94, 1)],
        [3],
    ),
    (
        "a marked reading can be set aside itself, its mark still tells of zero",
        [stored(95, 1), stored(50, 3, rollover=True), stored(5, 9, "control"), new(2, 5)],
        [],
    ),
    ("after the removal nothing is taken", [stored(10, 1), stored(20, 3, "removed"), new(25, 4)], [2]),
    ("not even an inspector's", [stored(20, 3, "removed"), new(25, 4, "control")], [1]),
    ("on the day itself the removal is last", [stored(10, 1), stored(20, 3, "removed"), new(15, 3)], []),
    ("a removal known late is taken", [stored(10, 1), stored(25, 4), new(20, 3, "removed")], []),
    ("on its day the start index is first", [new(5, 3, "installed"), new(6, 3)], []),
    ("rows of a file are judged in order of receipt", [new(30, 5), new(10, 1, "installed"), new(20, 3)], []),
    ("both sides of a drop within a file are named", [new(10, 1), new(30, 2), new(20, 3)], [1, 2]),
    ("a row already known changes nothing", [stored(30, 2), stored(20, 3), new(30, 2), new(20, 3)], []),
    (
        "a cancelled reading is nobody's neighbour",
        [stored(10, 1), Row("customer", 90, False, 2, 10, "cancelled"), new(20, 3)],
        [],
    ),
    ("without a time of receipt the day begins it", [stored(20, 3), Row("customer", 15, False, 3, None, "new")], []),
]


@pytest.mark.parametrize(("what", "rows", "places"), CASES, ids=[case[0] for case in CASES])
def test_the_plain_rule(what: str, rows: list[Row], places: list[int]) -> None:
    assert sorted(refused(rows)) == places


def test_the_import_says_the_same(database: Database) -> None:
    found, expected = said([rows for _, rows, _ in CASES])
    assert found == expected


rows_of_a_register = st.lists(
    st.builds(
        Row,
        kind=st.sampled_from(["customer"] * 5 + ["control", "installed", "removed"]),
        value=st.integers(0, 30),
        rollover=st.sampled_from([False] * 4 + [True]),
        day=st.integers(1, 12),
        hour=st.sampled_from([None, 0, 1, 10, 23]),
        state=st.sampled_from(["stored", "stored", "cancelled", "new", "new", "new"]),
    ),
    max_size=9,
).map(lambda rows: sorted(rows, key=lambda row: row.state == "new"))


@settings(max_examples=6)  # on each of the two databases
@given(st.lists(rows_of_a_register, min_size=20, max_size=30))
@example([[stored(10, 1), new(9, 2)]])
def test_the_import_says_what_the_plain_rule_says(fresh_database: FreshDatabase, histories: list[list[Row]]) -> None:
    with fresh_database():
        found, expected = said(histories)
        assert found == expected


def test_the_day_of_receipt_is_the_local_one(database: Database) -> None:
    (register,) = a_world(1)
    # 22:30 in UTC of the 3rd is the 4th in Moscow: after the removal on the 3rd.
    store(register, [stored(10, 1, "installed"), stored(20, 3, "removed")])
    text = HEADER + "0001,E,T1,15,2026-03-03,2026-03-03T22:30:00Z,sms,customer,\n"
    assert complaints(take_one("readings", text)) == [(2, "taken_on")]
    assert dt.date(2026, 3, 3) == Reading.objects.get(kind="removed").taken_on
