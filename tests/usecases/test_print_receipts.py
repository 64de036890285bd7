"""Files of issued bills: one a bill, and those for the print shop."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.bill_choices import How, choose
from sbyt.accounts.models import Premises
from sbyt.receipts.models import Receipt
from sbyt.receipts.typesetting import pages_of
from sbyt.usecases import print_receipts
from sbyt.usecases.issue_receipts import issue_receipts
from sbyt.usecases.print_receipts import UnableToWriteFiles, write_print_files, write_single
from tests.receipts.world import AUGUST, KEYS, NOW, SETTINGS, billed, issued
from tests.support.databases import Database, FreshDatabase


@pytest.fixture
def issued_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made


@pytest.fixture
def few_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four sheets to a file."""
    monkeypatch.setattr(print_receipts, "SHEETS", 4)


def files_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.pdf"))}


def manifest(folder: Path) -> list[list[str]]:
    text = (folder / "manifest.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


# one a bill ----------------------------------------------------------------------------------------------------------


def test_each_bill_is_a_file_named_by_month_and_account(issued_world: Database, tmp_path: Path) -> None:
    assert write_single(AUGUST, tmp_path, None) == (10, 0)
    numbers = Receipt.objects.values_list("account__number", flat=True)
    assert set(files_in(tmp_path)) == {f"2026-08-{number}.pdf" for number in numbers}


def test_stopped_it_goes_on_with_what_is_missing(issued_world: Database, tmp_path: Path) -> None:
    write_single(AUGUST, tmp_path, None)
    before = files_in(tmp_path)
    gone = sorted(before)[3]
    (tmp_path / gone).unlink()
    assert write_single(AUGUST, tmp_path, None) == (1, 9)
    assert files_in(tmp_path) == before


def test_two_processes_make_the_same_files_as_one(issued_world: Database, tmp_path: Path) -> None:
    write_single(AUGUST, tmp_path / "one", None)
    write_single(AUGUST, tmp_path / "two", None, processes=2)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_a_folder_that_cannot_be_written_to_is_named(issued_world: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnableToWriteFiles, match="file"):
        write_single(AUGUST, tmp_path / "file" / "folder", None)


# for the print shop --------------------------------------------------------------------------------------------------


def test_the_manifest_counts_receipts_sheets_and_sums(issued_world: Database, tmp_path: Path, few_sheets: None) -> None:
    made = write_print_files(AUGUST, tmp_path, None)
    rows = manifest(tmp_path)
    assert [row[0] for row in rows[1:]] == [*files_in(tmp_path), "всего"]
    assert [int(row[1]) for row in rows[1:]] == [4, 4, 2, 10]
    assert [int(row[2]) for row in rows[1:-1]] == [pages_of(pdf) // 2 for pdf in files_in(tmp_path).values()]
    owed = sum(max(closing, 0) for closing in Receipt.objects.values_list("closing", flat=True))
    assert rows[-1][3] == f"{owed // 100},{owed % 100:02d}"
    assert sum(one.to_pay for one in made) == owed


def test_they_lie_in_the_order_of_the_walk(issued_world: Database, tmp_path: Path) -> None:
    premises = list(Premises.objects.order_by("id"))
    for at, one in enumerate(premises):
        one.district, one.street, one.house = "Север", "Мира", str(len(premises) - at)
        one.save()
    (only,) = write_print_files(AUGUST, tmp_path, None)
    numbers = list(Receipt.objects.order_by("account__premises_id").values_list("account__number", flat=True))
    assert (only.first, only.last) == (numbers[-1], numbers[0])


def test_who_wants_none_on_paper_is_left_out(issued_world: Database, tmp_path: Path) -> None:
    account = Receipt.objects.order_by("id")[0].account_id
    choose(account, How.ELECTRONIC, "anna", NOW)
    assert sum(one.receipts for one in write_print_files(AUGUST, tmp_path, None)) == 9


@pytest.mark.parametrize("lost", ["2026-08-0002.pdf", "manifest.csv"])
def test_stopped_it_goes_on_and_comes_to_the_same(
    issued_world: Database, tmp_path: Path, few_sheets: None, lost: str
) -> None:
    write_print_files(AUGUST, tmp_path, None)
    before, rows = files_in(tmp_path), manifest(tmp_path)
    (tmp_path / lost).unlink()
    write_print_files(AUGUST, tmp_path, None, processes=2)
    assert (files_in(tmp_path), manifest(tmp_path)) == (before, rows)


def test_a_file_that_is_not_whole_is_made_again(issued_world: Database, tmp_path: Path, few_sheets: None) -> None:
    write_print_files(AUGUST, tmp_path, None)
    before = files_in(tmp_path)
    (tmp_path / "2026-08-0001.pdf").write_bytes(b"%PDF half")
    write_print_files(AUGUST, tmp_path, None)
    assert files_in(tmp_path) == before


def test_bills_issued_later_come_into_further_files(
    fresh_database: FreshDatabase, tmp_path: Path, few_sheets: None
) -> None:
    with fresh_database(billed):
        from sbyt.billing.models import Bill

        accounts = list(Bill.objects.filter(period=AUGUST).values_list("account", flat=True))
        issue_receipts(AUGUST, SETTINGS, KEYS, NOW, only=accounts[:4])
        write_print_files(AUGUST, tmp_path, None)
        before = files_in(tmp_path)
        issue_receipts(AUGUST, SETTINGS, KEYS, NOW)
        made = write_print_files(AUGUST, tmp_path, None)
    assert [one.receipts for one in made] == [4, 4, 2]
    assert before.items() <= files_in(tmp_path).items()
    planned = [one for file in json.loads((tmp_path / "plan.json").read_text()) for one in file]
    assert len(planned) == len(set(planned)) == 10
