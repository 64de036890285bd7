"""`sbyt import`: what is taken, what is refused, and that it is whole or nothing."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.models import Account, Link, Meter, Occupancy, Register
from sbyt.billing.models import Bill, Charge, Run
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.payments.models import Payment
from sbyt.readings.models import Cancellation, Reading
from sbyt.tariffs.models import Norm, Price
from sbyt.usecases.import_files import import_files
from sbyt.usecases.import_files.kinds import KINDS
from tests.support.databases import Database, FreshDatabase
from tests.usecases.importing import (
    ACCOUNTS,
    AT,
    HEADER,
    INSTALLED,
    METERS,
    NORMS,
    TARIFFS,
    WORLD,
    complaints,
    counts,
    readings,
    take,
    take_one,
    take_texts,
    take_world,
)

APRIL = int(Period.parse("2026-04"))


@pytest.fixture
def world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(take_world) as made:
        yield made


def billed(first: int, last: int) -> None:
    for period in range(first, last + 1):
        Run.objects.create(period=period, landed_at=AT)


# The whole


def test_a_folder_is_taken_in_order_of_dependence(database: Database) -> None:
    found = take_texts(dict(WORLD))
    assert list(found) == ["accounts", "meters", "tariffs", "norms", "readings"]
    assert {kind: counts(report) for kind, report in found.items()} == {
        "accounts": (2, 2, 0, 0),
        "meters": (3, 3, 0, 0),
        "tariffs": (2, 2, 0, 0),
        "norms": (1, 1, 0, 0),
        "readings": (4, 4, 0, 0),
    }


def test_the_same_again_changes_nothing(world: Database) -> None:
    again = take_texts(dict(WORLD))
    assert {counts(report)[1:] for report in again.values()} == {(0, report.rows, 0) for report in again.values()}
    assert Reading.objects.count() == 4
    assert Link.objects.count() == 3
    assert Occupancy.objects.count() == 2


def test_what_is_taken_is_stored_in_whole_units_and_kopecks(world: Database) -> None:
    account = Account.objects.get(number="0001")
    assert (account.key, account.opening_balance, account.customer.name) == ("1", 10050, "Петров П. П.")
    assert account.customer.email == "petrov@example.org"
    assert Meter.objects.get(serial="E2").registers.count() == 2
    water = Reading.objects.get(register__meter__serial="W1")
    assert (water.value, water.period, water.loaded_at) == (12500, int(Period.parse("2026-01")), AT)
    assert water.received_at == dt.datetime(2026, 1, 12, 7, 0, tzinfo=dt.UTC)
    price = Price.objects.get(above__gt=0)
    assert (price.above, price.price, price.valid_from) == (3_900_000, 77000, int(Period.parse("2026-01")))
    assert Norm.objects.get().per_resident == 78_500_000


def test_files_side_by_side_are_put_in_order(database: Database, tmp_path: Path) -> None:
    for kind in ("readings", "meters", "accounts"):
        (tmp_path / f"{kind}.csv").write_text(WORLD[kind])
    reports = take([tmp_path / f"{kind}.csv" for kind in ("readings", "meters", "accounts")])
    assert [report.kind for report in reports] == ["accounts", "meters", "readings"]
    assert not any(report.refused for report in reports)


def test_a_file_of_any_name_is_known_by_its_columns(world: Database, tmp_path: Path) -> None:
    path = tmp_path / "from the post office.csv"
    path.write_text("account;serial;zone;value;taken_on\n0001;E1;T1;1100;20.02.2026\n")
    assert [report.kind for report in take([path])] == ["readings"]


def test_other_files_of_a_folder_are_named(database: Database, tmp_path: Path) -> None:
    for name in ("accounts.csv", "Norms.CSV", "account.csv", "readings (2).CSV", "notes.txt"):
        (tmp_path / name).write_text(ACCOUNTS if name == "accounts.csv" else NORMS)
    first, *_ = take([tmp_path])
    assert (first.name, first.refused) == (str(tmp_path), False)
    assert first.notes == ["файлы с другими названиями не взяты: account.csv, readings (2).CSV"]


def test_standard_input_is_known_by_its_columns(database: Database) -> None:
    (report,) = import_files(["-"], Settings(), at=AT, stdin=io.BytesIO(ACCOUNTS.encode()))
    assert (report.name, counts(report)) == ("stdin", (2, 2, 0, 0))


def test_a_refused_file_keeps_no_other_from_being_taken(database: Database) -> None:
    found = take_texts({**WORLD, "tariffs": TARIFFS.replace("5.50", "dear")})
    assert [kind for kind, report in found.items() if report.refused] == ["tariffs"]
    assert Norm.objects.exists()
    assert not Price.objects.exists()


def test_an_empty_list_is_a_file_without_rows(world: Database) -> None:
    assert counts(take_one("readings", HEADER)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("path", "reason"), [("nowhere", "нет такого файла"), ("", "в папке нет ни одного из файлов accounts.csv")]
)
def test_a_path_that_leads_nowhere_is_said_to(database: Database, tmp_path: Path, path: str, reason: str) -> None:
    (report,) = take([tmp_path / path])
    assert report.refused
    assert reason in report.bad[0].reason


# The form of files

FORMS: list[tuple[str, bytes]] = [
    ("as it comes", ACCOUNTS.encode()),
    ("with a byte order mark", b"\xef\xbb\xbf" + ACCOUNTS.encode()),
    ("in Windows-1251", ACCOUNTS.encode("cp1251")),
    ("lines of Windows", ACCOUNTS.replace("\n", "\r\n").encode()),
    (
        "semicolons",
        ACCOUNTS.replace('"ул. Мира, д. 3"', "X").replace('"ул. Мира, д. 5"', "Y").replace(",", ";").encode(),
    ),
    ("decimal comma", ACCOUNTS.replace("100.50", '"100,50"').encode()),
    ("headings in capitals, spaces around", ACCOUNTS.replace("account,holder", " ACCOUNT , Holder").encode()),
    ("spaces around cells", ACCOUNTS.replace("0001,", "  0001 ,").encode()),
    ("empty lines", ("\n" + ACCOUNTS.replace("\n", "\n\n") + ",,,,,,,\n").encode()),
    ("no line end at the end", ACCOUNTS.rstrip().encode()),
]


@pytest.mark.parametrize(("form", "data"), FORMS, ids=[form for form, _ in FORMS])
def test_a_file_is_read_in_whatever_form(database: Database, form: str, data: bytes) -> None:
    assert counts(take_one("accounts", data)) == (2, 2, 0, 0)
    assert Account.objects.get(number="0001").customer.name == "Петров П. П."
    assert Account.objects.get(number="0001").opening_balance == 10050


def test_columns_may_stand_in_any_order(world: Database) -> None:
    assert counts(take_one("readings", "value,zone,taken_on,serial,account\n1100,T1,20.02.2026,E1,0001\n"))[1] == 1
    added = Reading.objects.get(value=1100)
    assert (added.kind, added.channel, added.rollover, added.received_at) == ("customer", "", False, None)


def test_a_column_that_we_do_not_know_is_noted(world: Database) -> None:
    report = take_one("norms", "resource,category,valid_from,per_resident,remark\ngas,urban,2026-01-01,5,x\n")
    assert counts(report)[1] == 1
    assert report.notes == ["столбец remark не используется"]


UNREADABLE: list[tuple[str, str, bytes, int, str]] = [
    ("nothing", "readings", b"", 0, "пуст"),
    ("only empty lines", "readings", b"\n\n", 0, "нет строки заголовков"),
    ("zero bytes", "readings", HEADER.encode() + b"0001,E1\0,T1\n", 2, "двоичные"),
    (
        "a picture",
        "picture",
        bytes([0x89]) + b"PNG\r\n\x1a\n" + bytes(range(1, 256)) * 4,
        4,
        "ни UTF-8, ни Windows-1251",
    ),
    ("UTF-16", "readings", HEADER.encode("utf-16"), 0, "UTF-16"),
    ("damaged UTF-8", "accounts", ACCOUNTS.encode().replace("Сидорова".encode(), b"\xd0\xa1\xff"), 3, "повреждён"),
    ("a missing column", "readings", b"account,serial,zone,taken_on\n", 1, "нет столбца value"),
    ("a column twice", "readings", b"account,serial,zone,value,taken_on,value\n", 1, "дважды"),
    (
        "a misspelt column",
        "readings",
        b"account,serial,zone,value,taken_on,recieved_at\n",
        1,
        "имелся в виду received_at",
    ),
    ("no headings", "other", b"0001,E1,T1,5\n", 1, "заголовки"),
    (
        "an open quotation mark",
        "accounts",
        ACCOUNTS.encode() + b'0003,"X,Y,urban,1,,,\n0004,Z,,urban,1,,,\n',
        4,
        "кавычка",
    ),
    ("a record of 9 MB", "accounts", ACCOUNTS.encode() + b"0003," + b"x" * (9 << 20) + b",,urban,1,,,\n", 4, "длиннее"),
]


@pytest.mark.parametrize(("what", "kind", "data", "line", "reason"), UNREADABLE, ids=[case[0] for case in UNREADABLE])
def test_what_is_no_such_csv_is_refused_as_a_whole(
    world: Database, what: str, kind: str, data: bytes, line: int, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{kind}.csv"
    path.write_bytes(data)
    (report,) = take([path])
    assert report.refused
    assert report.bad[0].line == line
    assert reason in report.bad[0].reason
    assert Account.objects.count() == 2
    assert Reading.objects.count() == 4


# Bad rows

BAD_ROWS: list[tuple[str, str, str, str]] = [
    # kind, the file's second row, the column named, a part of the reason
    ("readings", "0009,E1,T1,1100,2026-02-20,,,,", "account", "нет"),
    ("readings", "1,E1,T1,1100,2026-02-20,,,,", "account", "нет"),
    ("readings", "0001,E2,T1,1100,2026-02-20,,,,", "serial", "нет счётчика «E2»"),
    ("readings", "0001,E1,T2,1100,2026-02-20,,,,", "zone", "нет шкалы T2"),
    ("readings", "0001,E1,T4,1100,2026-02-20,,,,", "zone", "T1, T2, T3"),
    ("readings", "0001,E1,T1,12a,2026-02-20,,,,", "value", "«12a»"),
    ("readings", "0001,E1,T1,,2026-02-20,,,,", "value", "пусто"),
    ("readings", "0001,E1,T1,-5,2026-02-20,,,,", "value", "число"),
    ("readings", "0001,E1,T1,1e3,2026-02-20,,,,", "value", "число"),
    ("readings", "0001,E1,T1,99999999999999999999,2026-02-20,,,,", "value", "слишком велико"),
    ("readings", "0001,E1,T1,100000,2026-02-20,,,,", "value", "цифр до запятой 5"),
    ("readings", "0001,E1,T1,1100.5,2026-02-20,,,,", "value", "знаков после запятой 0"),
    ("readings", "0001,W1,T1,13.0005,2026-02-20,,,,", "value", "знаков после запятой 3"),
    ("readings", "0001,E1,T1,1100,2026-02-30,,,,", "taken_on", "»: нужен день"),
    ("readings", "0001,E1,T1,1100,20.02.26,,,,", "taken_on", "день"),
    ("readings", "0001,E1,T1,1100,0026-02-20,,,,", "taken_on", "день"),
    ("readings", "0001,E1,T1,1100,2026-02-20,noon,,,", "received_at", "время"),
    ("readings", "0001,E1,T1,1100,2026-02-20,2026-02-20T25:00:00,,,", "received_at", "время"),
    ("readings", "0001,E1,T1,1100,2026-02-20,,,guess,", "kind", "customer, control"),
    ("readings", "0001,E1,T1,1100,2026-02-20,,,,maybe", "rollover", "yes"),
    ("readings", f"0001,E1,T1,1100,2026-02-20,,{'x' * 33},,", "channel", "32"),
    ("readings", "0001,E1,T1,1100,2026-02-20,,,", "", "столбцов 8, а в заголовке 9"),
    ("readings", "0001,E1,T1,900,2026-02-20,,,,", "value", "900 меньше предыдущего показания 1000"),
    ("accounts", "0003,N,A,urban,two,,,", "residents", "целое"),
    ("accounts", "0003,N,A,urban,-1,,,", "residents", "целое"),
    ("accounts", "0003,N,A,urban,10000,,,", "residents", "слишком велико"),
    ("accounts", "0003,N,A,urban,99999999999999999999999999999999999999999999,,,", "residents", "слишком велико"),
    ("accounts", "0003,N,A,,1,,,", "category", "пусто, нужен текст"),
    ("accounts", ",N,A,urban,1,,,", "account", "пусто"),
    ("accounts", "0003,N,A,urban,1,,,1.005", "opening_balance", "запятой и 2 после"),
    ("accounts", "0003,N,A,urban,1,,,9223372036854775808", "opening_balance", "слишком велико"),
    ("accounts", f"0003,{'N' * 301},A,urban,1,,,", "holder", "300"),
    ("meters", "0009,E9,electricity,1,5,0,2026-01-12", "account", "нет"),
    ("meters", "0001,E9,steam,1,5,0,2026-01-12", "resource", "electricity"),
    ("meters", "0001,E9,electricity,4,5,0,2026-01-12", "zones", "от 1 до 3"),
    ("meters", "0001,E9,electricity,1,9,4,2026-01-12", "digits", "не больше 12"),
    ("meters", "0001,E1,electricity,1,6,0,2026-01-12", "digits", "уже есть показания при значении 5"),
    ("meters", "0001,E1,gas,1,5,0,2026-01-12", "resource", "уже есть показания"),
    ("tariffs", "electricity,urban,1,T1,2026-02-15,0,5", "valid_from", "1-е число"),
    ("tariffs", "electricity,urban,1,T2,2026-02-01,0,5", "zone", "нет шкалы T2"),
    ("tariffs", "electricity,urban,1,T1,2026-02-01,100,5", "above", "начинаться с 0"),
    ("tariffs", "electricity,urban,1,T1,2026-02-01,0,-5", "price", "неотрицательное"),
    ("tariffs", "electricity,urban,1,T1,2026-02-01,0,99999999999", "price", "6 знаков до запятой"),
    ("tariffs", "electricity,urban,1,T1,2026-02-01,9999999999,5", "above", "9 знаков до запятой"),
    ("norms", "gas,urban,2026-02-02,5", "valid_from", "1-е число"),
    ("norms", "gas,urban,2026-02-01,5.0000001", "per_resident", "запятой и 6 после"),
    ("norms", "gas,urban,2026-02-01,999999", "per_resident", "5 знаков до запятой"),
    ("payments", "0009,2026-02-01,5.00,bank,1", "account", "нет"),
    ("payments", "0001,2026-02-01,5.00,bank,", "external_id", "пусто"),
    ("charges", "0001,E1,T1,2026-13,actual,5,5.00", "for_period", "месяц"),
    ("charges", "0001,E1,T1,2026-02,guess,5,5.00", "basis", "actual"),
    ("charges", "0001,E1,T1,2026-02,actual,5.5,5.00", "volume", "знаков после запятой 0"),
]
HEADERS = {
    "readings": HEADER,
    "accounts": ACCOUNTS.partition("\n")[0] + "\n",
    "meters": METERS.partition("\n")[0] + "\n",
    "tariffs": TARIFFS.partition("\n")[0] + "\n",
    "norms": NORMS.partition("\n")[0] + "\n",
    "payments": "account,paid_on,amount,source,external_id\n",
    "charges": "account,serial,zone,for_period,basis,volume,amount\n",
}


@pytest.mark.parametrize(("kind", "row", "column", "reason"), BAD_ROWS)
def test_a_bad_row_is_named_by_line_column_and_reason(
    world: Database, kind: str, row: str, column: str, reason: str
) -> None:
    report = take_one(kind, HEADERS[kind] + row + "\n")
    assert complaints(report) == [(2, column)]
    assert reason in report.bad[0].reason


def test_all_bad_rows_are_named_and_no_good_one_is_taken(world: Database) -> None:
    report = take_one(
        "readings",
        readings(
            "0001,E1,T1,1100,2026-02-20,,,,",
            "0001,E1,T1,much,2026-03-20,,,,",
            "0009,E1,T1,1300,2026-04-20,,,,",
            "0001,W1,T1,1,2026-02-20,,,,",
        ),
    )
    assert complaints(report) == [(3, "value"), (4, "account"), (5, "value")]
    assert report.bad_count == 3
    assert Reading.objects.count() == 4


def test_of_many_bad_rows_the_first_hundred_are_told_and_all_counted(world: Database) -> None:
    report = take_one("readings", readings(*["0001,E1,T1,x,2026-02-20,,,,"] * 250))
    assert (len(report.bad), report.bad_count) == (100, 250)


def test_lines_are_counted_as_an_editor_counts_them(database: Database) -> None:
    text = HEADERS["accounts"] + (
        '1,"two\nlines",A,urban,1,,,\n'  # 2 and 3
        "\n"
        "2,N,A,urban,x,,,\n"  # 5
        "3,N,A,urban\n"  # 6
        '4,"three\r\nmore\r\nlines",A,urban,x,,,\n'  # 7
        "5,N,A,urban,x,,,\n"  # 10
        "6\n"  # 11
    )
    assert complaints(take_one("accounts", text)) == [
        (5, "residents"),
        (6, ""),
        (7, "residents"),
        (10, "residents"),
        (11, ""),
    ]


# Accounts (billing rule 8)


def occupancies(number: str) -> list[tuple[int, str, int]]:
    found = Occupancy.objects.filter(account__number=number).order_by("valid_from")
    return list(found.values_list("valid_from", "category", "residents"))


def test_a_new_account_has_its_category_from_the_beginning(world: Database) -> None:
    assert occupancies("0001") == [(0, "urban", 2)]


@pytest.mark.parametrize(
    ("billed_to", "row", "expected"),
    [
        (None, "0001,urban,3,", [(0, "urban", 3)]),
        (None, "0001,urban,2,", [(0, "urban", 2)]),
        (APRIL, "0001,urban,3,", [(0, "urban", 2), (APRIL + 1, "urban", 3)]),
        (APRIL, "0001,urban,2,", [(0, "urban", 2)]),
        (APRIL, "0001,rural,2,2026-03-01", [(0, "urban", 2), (APRIL - 1, "rural", 2)]),
        (None, "0001,rural,2,2026-03-15", [(0, "urban", 2), (APRIL - 1, "rural", 2)]),
    ],
    ids=[
        "nothing billed: from the beginning",
        "the same",
        "from the first period not billed",
        "the same again",
        "from a month on",
        "from the month of a day",
    ],
)
def test_residents_of_a_known_account_change_from_a_month(
    world: Database, billed_to: int | None, row: str, expected: list[tuple[int, str, int]]
) -> None:
    if billed_to is not None:
        billed(APRIL, billed_to)
    text = f"account,category,residents,valid_from\n{row}\n"
    for _ in range(2):
        assert not take_one("accounts", text).refused
        assert occupancies("0001") == expected


def test_an_account_may_have_a_row_for_each_change(database: Database) -> None:
    text = "account,category,residents,valid_from\n1,urban,1,\n1,urban,2,2026-03-01\n1,rural,2,2026-05-01\n"
    assert counts(take_one("accounts", text)) == (3, 1, 2, 0)
    assert occupancies("1") == [(0, "urban", 1), (APRIL - 1, "urban", 2), (APRIL + 1, "rural", 2)]
    assert counts(take_one("accounts", text))[1:] == (0, 3, 0)


@pytest.mark.parametrize(
    "number", ["1", "0001"], ids=["new with the file", "known before, from the first month not billed"]
)
def test_the_same_rows_change_nothing_after_a_later_bill(world: Database, number: str) -> None:
    billed(APRIL, APRIL)
    text = f"account,category,residents,valid_from\n{number},urban,1,\n{number},urban,3,2026-07-01\n"
    take_one("accounts", text)
    before = occupancies(number)
    billed(APRIL + 1, APRIL + 6)
    assert counts(take_one("accounts", text)) == (2, 0, 2, 0)
    assert occupancies(number) == before


def test_what_contradicts_itself_is_refused(database: Database) -> None:
    text = "account,holder,category,residents\n1,Anna,urban,1\n1,Boris,urban,1\n2,Cyril,urban,1\n2,Cyril,urban,2\n"
    assert complaints(take_one("accounts", text)) == [(3, "holder"), (5, "residents")]


def test_a_column_that_is_not_there_leaves_what_is_known(world: Database) -> None:
    take_one("accounts", "account,category,residents\n0001,urban,4\n")
    account = Account.objects.get(number="0001")
    assert (account.customer.name, account.opening_balance) == ("Петров П. П.", 10050)
    assert Link.objects.filter(account=account, ended_at=None).count() == 2


def test_the_opening_balance_is_fixed_by_the_first_bill(world: Database) -> None:
    account = Account.objects.get(number="0001")
    Bill.objects.create(account=account, period=APRIL, opening=10050, charged=0, recalculated=0, paid=0, closing=10050)
    text = "account,category,residents,opening_balance\n0001,urban,2,{}\n"
    assert not take_one("accounts", text.format("100.50")).refused
    assert not take_one("accounts", text.format("")).refused
    assert complaints(take_one("accounts", text.format("0"))) == [(2, "opening_balance")]


def active_links(number: str) -> set[tuple[str, str]]:
    return set(Link.objects.filter(account__number=number, ended_at=None).values_list("kind", "address"))


def test_phone_and_email_on_file_make_links(world: Database) -> None:
    assert active_links("0001") == {("phone", "+79120000101"), ("email", "petrov@example.org")}
    assert active_links("0002") == {("phone", "+79120000102")}


def test_what_is_no_phone_or_mail_is_noted_and_the_row_taken(database: Database) -> None:
    text = "account,category,residents,phone,email\n1,urban,1,нет,\n2,urban,1,+79120000101,at home\n3,urban,1,3,\n"
    report = take_one("accounts", text)
    assert counts(report) == (3, 3, 0, 0)
    assert report.notes == [
        "это не телефон, отправителя по нему не узнать: строк 2, первая 2",
        "это не адрес почты, отправителя по нему не узнать: строк 1, первая 3",
    ]


def test_a_changed_phone_ends_the_link_and_makes_another(world: Database) -> None:
    report = take_one("accounts", ACCOUNTS.replace("+79120000101", "89130000000"))
    assert counts(report) == (2, 0, 1, 1)
    assert active_links("0001") == {("phone", "+79130000000"), ("email", "petrov@example.org")}
    assert Link.objects.get(address="+79120000101").ended_at == AT


def test_a_link_that_the_customer_made_stays(world: Database) -> None:
    account = Account.objects.get(number="0001")
    Link.objects.create(kind="phone", address="+79990000000", account=account, how="bill_code", made_at=AT)
    take_one("accounts", ACCOUNTS.replace("+79120000101", ""))
    assert active_links("0001") == {("phone", "+79990000000"), ("email", "petrov@example.org")}


def test_what_is_no_phone_is_kept_and_makes_no_link(database: Database) -> None:
    take_one("accounts", "account,category,residents,phone,email\n1,urban,1,ask the neighbour,none\n")
    assert Account.objects.get().customer.phone == "ask the neighbour"
    assert active_links("1") == set()


# Meters


def test_a_meter_has_its_registers_and_the_order_of_the_file(world: Database) -> None:
    assert list(Meter.objects.order_by("id").values_list("serial", flat=True)) == ["E1", "W1", "E2"]
    assert set(Register.objects.filter(meter__serial="E2").values_list("zone", flat=True)) == {"T1", "T2"}


def test_the_day_until_which_it_is_verified_may_change(world: Database) -> None:
    header, *rows = METERS.splitlines()
    text = "\n".join([header + ",verified_until", *(row + ",2030-05-01" for row in rows)]) + "\n"
    assert counts(take_one("meters", text)) == (3, 0, 0, 3)
    assert counts(take_one("meters", METERS)) == (3, 0, 3, 0)
    assert Meter.objects.get(serial="E1").verified_until == dt.date(2030, 5, 1)


def test_a_meter_without_readings_may_be_put_right(database: Database) -> None:
    take_texts({"accounts": ACCOUNTS, "meters": METERS})
    report = take_one("meters", METERS.replace("E2,electricity,2,6", "E2,electricity,1,5"))
    assert counts(report) == (3, 0, 2, 1)
    assert set(Register.objects.filter(meter__serial="E2").values_list("zone", flat=True)) == {"T1"}


# Readings (billing rule 1)


@pytest.mark.parametrize(
    ("taken_on", "received_at", "kind", "period"),
    [
        ("2026-02-20", "2026-02-20T10:00:00", "", "2026-02"),
        ("2026-02-20", "2026-02-25T23:59:59", "", "2026-02"),
        ("2026-02-20", "2026-02-26T00:00:00", "", "2026-03"),
        ("2026-02-20", "25.02.2026 23:59", "", "2026-02"),
        ("2026-02-26", "", "", "2026-03"),
        ("2026-02-25", "", "", "2026-02"),
        ("2026-02-20", "2026-02-25T22:00:00Z", "", "2026-03"),  # already the 26th in Moscow
        ("2026-02-20", "2026-12-31T23:59:59", "", "2027-01"),
        ("2026-02-24", "2026-02-28T10:00:00", "removed", "2026-02"),
        ("2026-02-26", "2026-02-20T10:00:00", "removed", "2026-03"),
        ("2026-02-20", "2026-02-26T10:00:00", "control", "2026-03"),
    ],
)
def test_a_reading_belongs_to_the_period_in_which_it_was_received(
    world: Database, taken_on: str, received_at: str, kind: str, period: str
) -> None:
    assert not take_one("readings", readings(f"0001,E1,T1,1100,{taken_on},{received_at},sms,{kind},")).refused
    assert Reading.objects.get(value=1100).period == int(Period.parse(period))


def test_rows_may_be_shuffled_repeated_and_partly_known(world: Database) -> None:
    later = [
        f"0001,E1,T1,{1000 + month},2026-{month:02d}-20,2026-{month:02d}-20T10:00:00,sms,," for month in range(2, 9)
    ]
    assert counts(take_one("readings", readings(*later[:3]))) == (3, 3, 0, 0)
    text = INSTALLED + "".join(f"{row}\n" for row in [*reversed(later), *later])
    assert counts(take_one("readings", text)) == (18, 4, 14, 0)
    assert Reading.objects.count() == 11


def test_a_known_row_stays_cancelled(world: Database) -> None:
    text = readings("0001,E1,T1,1100,2026-02-20,,sms,,")
    take_one("readings", text)
    Cancellation.objects.create(reading=Reading.objects.get(value=1100), at=AT, by="staff")
    assert counts(take_one("readings", text))[1:] == (0, 1, 0)


def test_zeros_that_the_dial_does_not_show_are_no_figures(world: Database) -> None:
    text = readings("0001,E1,T1,0001100.00,2026-02-20,,,,", "0001,W1,T1,00012.5100,2026-02-20,,,,")
    assert not take_one("readings", text).refused
    assert set(Reading.objects.filter(kind="customer").values_list("value", flat=True)) == {1100, 12510}


# Prices and norms (billing rule 8)


def test_all_rows_of_a_month_are_one_table_and_replace_it(world: Database) -> None:
    text = TARIFFS.partition("\n")[0] + "\nelectricity,urban,1,T1,2026-01-01,0,6.00\n"
    assert counts(take_one("tariffs", text)) == (1, 0, 0, 1)
    assert list(Price.objects.values_list("above", "price")) == [(0, 60000)]
    assert counts(take_one("norms", NORMS.replace("78.5", "80"))) == (1, 0, 0, 1)
    assert Norm.objects.get().per_resident == 80_000_000


def test_a_limit_has_one_price(database: Database) -> None:
    text = TARIFFS + "electricity,urban,1,T1,2026-01-01,3900,9\n"
    assert complaints(take_one("tariffs", text)) == [(4, "price")]


def a_charge(amount: int = 5500, basis: str = "actual", period: int | None = APRIL) -> None:
    register = Register.objects.get(meter__serial="E1")
    Charge.objects.create(
        account=register.meter.account, register=register, period=period, for_period=APRIL,
        kind="charge" if period else "imported", basis=basis, volume=10, amount=amount,
    )  # fmt: skip


@pytest.mark.parametrize("month", ["2026-01-01", "2026-04-01"])
def test_a_price_that_changes_what_was_billed_needs_to_be_meant(world: Database, month: str) -> None:
    billed(APRIL, APRIL)
    a_charge()
    text = TARIFFS.partition("\n")[0] + f"\nelectricity,urban,1,T1,{month},0,6.00\n"
    report = take_one("tariffs", text)
    assert complaints(report) == [(2, "valid_from")]
    assert "лицевых счетов: 1" in report.bad[0].reason
    assert "55.00" in report.bad[0].reason
    meant = take_one("tariffs", text, retroactive=True)
    assert not meant.refused
    assert "лицевых счетов: 1" in meant.notes[0]
    assert counts(take_one("tariffs", text))[1:] == (0, 1, 0)


@pytest.mark.parametrize(
    "row",
    [
        "electricity,urban,1,T1,2026-05-01,0,6.00",  # only later
        "electricity,rural,1,T1,2026-04-01,0,6.00",  # nobody's category
        "electricity,urban,2,T1,2026-04-01,0,6.00",  # nobody's meter
        "electricity,urban,1,T1,2026-03-01,0,5.50\nelectricity,urban,1,T1,2026-03-01,3900,7.70",  # the same prices
    ],
)
def test_a_price_that_changes_nothing_billed_is_taken(world: Database, row: str) -> None:
    billed(APRIL, APRIL)
    a_charge()
    assert not take_one("tariffs", TARIFFS.partition("\n")[0] + f"\n{row}\n").refused


@pytest.mark.parametrize(("basis", "refused"), [("norm", True), ("average", False)])
def test_a_norm_touches_what_was_billed_by_it(world: Database, basis: str, refused: bool) -> None:
    billed(APRIL, APRIL)
    a_charge(basis=basis)
    assert take_one("norms", NORMS.replace("78.5", "80")).refused == refused


# Payments and history

PAYMENTS = "account,paid_on,amount,source,external_id\n0001,2026-04-10,500.00,card,p1\n"


def test_a_payment_is_known_by_source_and_number(world: Database) -> None:
    assert counts(take_one("payments", PAYMENTS)) == (1, 1, 0, 0)
    assert counts(take_one("payments", PAYMENTS.replace("2026-04-10", "2026-04-11")))[1:] == (0, 1, 0)
    assert counts(take_one("payments", PAYMENTS + "0001,2026-04-10,500,post,p1\n"))[1:] == (1, 1, 0)
    assert Payment.objects.count() == 2
    assert Payment.objects.get(source="card").amount == 50000


@pytest.mark.parametrize(("old", "new", "column"), [("500.00", "500.01", "amount"), ("0001", "0002", "account")])
def test_the_same_payment_with_another_amount_or_account_is_bad(
    world: Database, old: str, new: str, column: str
) -> None:
    other = PAYMENTS.replace(old, new)
    assert complaints(take_one("payments", PAYMENTS + other.splitlines()[1] + "\n")) == [(3, column)]
    take_one("payments", PAYMENTS)
    assert complaints(take_one("payments", other)) == [(2, column)]


CHARGES = "account,serial,zone,for_period,basis,volume,amount\n0001,W1,T1,2026-02,actual,-1.250,-55.10\n"


def test_history_is_taken_once(world: Database) -> None:
    assert counts(take_one("charges", CHARGES)) == (1, 1, 0, 0)
    assert counts(take_one("charges", CHARGES))[1:] == (0, 1, 0)
    charge = Charge.objects.get()
    assert (charge.kind, charge.period, charge.volume, charge.amount) == ("imported", None, -1250, -5510)


@pytest.mark.parametrize(
    ("old", "new", "column"), [("55.10", "55.11", "amount"), ("1.250", "1.251", "volume"), ("actual", "norm", "basis")]
)
def test_the_same_month_with_other_figures_is_bad(world: Database, old: str, new: str, column: str) -> None:
    take_one("charges", CHARGES)
    assert complaints(take_one("charges", CHARGES.replace(old, new))) == [(2, column)]


def test_history_ends_where_billing_here_begins(world: Database) -> None:
    billed(APRIL - 2, APRIL)
    assert complaints(take_one("charges", CHARGES)) == [(2, "for_period")]


# The table that all this is made from


def test_kinds_of_file_are_told_apart_by_their_columns() -> None:
    for kind in KINDS:
        fitting = [other.name for other in KINDS if set(other.required) <= set(kind.required)]
        assert fitting == [kind.name]
