"""``sbyt bill`` as a billing specialist runs it, with the import before and the export after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sbyt.cli.main import app
from sbyt.tariffs.models import Price
from tests.support.databases import Database

EXAMPLE = Path(__file__).parent.parent / "data" / "billing"
CASE = EXAMPLE / "case"
MONTHS = sorted(folder.name for folder in CASE.iterdir())


def sbyt(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    return result


def test_the_example_is_billed_month_by_month_byte_for_byte(database: Database) -> None:
    for month in MONTHS:
        sbyt("import", str(CASE / month))
        sbyt("bill", month)
    for table in ("charges", "bills"):
        assert sbyt("export", table).stdout_bytes == (EXAMPLE / "expected" / f"{table}.csv").read_bytes()


def test_the_summary_says_what_was_billed_by_basis_and_what_is_owed(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    lines = sbyt("bill", "2026-04").stdout.splitlines()
    assert [" ".join(line.split()) for line in lines if line] == [
        "Период 2026-04: начислен",
        "Лицевых счетов: 10, счетов на оплату: 10",
        "Начисление по показаниям 8 41 394,72",
        "Начисление по среднему 3 2 068,00",
        "Начисление по нормативу 1 739,20",
        "Долг на начало 50,00",
        "Начислено 44 201,92",
        "Перерасчёт 0,00",
        "Оплачено 750,50",
        "К оплате 43 501,42",
        "По категориям счетов начислено перерасчёт",
        "rural 2 1 085,70 0,00",
        "urban 8 43 116,22 0,00",
        "Самые необычные начислено обычно перерасчёт",
        "10000005 37 620,00 26 961,00 0,00",
        "00000007 522,50 440,00 0,00",
        "10000009 1 044,15 1 118,22 0,00",
        "10000001 687,50 660,00 0,00",
        "10000004 1 174,07 1 157,51 0,00",
    ]


def test_the_next_month_goes_on_and_is_set_beside_the_one_before(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    sbyt("bill", "2026-04")
    sbyt("import", str(CASE / "2026-05"))
    told = [" ".join(line.split()) for line in sbyt("bill", "2026-05").stdout.splitlines()]
    assert "Историю целиком пересмотрели у 3, у остальных продолжили с прошлого начисления" in told
    assert "По категориям счетов начислено перерасчёт к прошлому месяцу" in told
    assert "urban 8 46 221,30 5,50 +3 105,08 (+7,2 %)" in told


def test_a_trial_can_be_of_some_accounts_or_of_a_street(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    told = sbyt("bill", "2026-04", "--dry-run", "--only", "10000001, 10000002").stdout
    assert "Лицевых счетов: 2, счетов на оплату: 2" in told
    assert "Лицевых счетов: 10," in sbyt("bill", "2026-04", "--dry-run", "--only", "sample st").stdout
    assert (
        "Нет ни лицевого счёта, ни улицы «Мира»"
        in sbyt("bill", "2026-04", "--dry-run", "--only", "Мира", status=1).stderr
    )
    assert "целиком" in sbyt("bill", "2026-04", "--only", "10000001", status=2).stderr


def test_other_prices_are_tried_without_taking_them(database: Database, tmp_path: Path) -> None:
    sbyt("import", str(CASE / "2026-04"))
    sbyt("bill", "2026-04")
    sbyt("import", str(CASE / "2026-05"))
    file = tmp_path / "dearer.csv"
    file.write_text("resource,category,zones,zone,valid_from,above,price\nelectricity,urban,1,T1,2026-04-01,0,7.13\n")
    told = sbyt("bill", "2026-05", "--dry-run", "--prices", str(file)).stdout
    rows = {line.split()[0]: line.split()[-1] for line in told.splitlines() if line}
    assert rows["rural"] == "0,00"
    assert "В том числе перерасчёт за уже начисленные месяцы" in told
    assert not Price.objects.filter(price=71_300).exists()
    file.write_text(file.read_text().replace("7.13", "seven"))
    assert "строка 2, price" in sbyt("bill", "2026-05", "--dry-run", "--prices", str(file), status=1).stderr
    assert "--dry-run" in sbyt("bill", "2026-05", "--prices", str(file), status=2).stderr


def test_both_forms_of_a_run_can_be_asked_for(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    sbyt("bill", "2026-04")
    sbyt("import", str(CASE / "2026-05"))
    short, whole = (sbyt("bill", "2026-05", "--dry-run", *form).stdout for form in ((), ("--full",)))
    assert [line for line in short.splitlines() if not line.startswith("Историю")] == whole.splitlines()


def test_those_left_out_are_billed_later(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    prices = list(Price.objects.filter(category="rural").values())
    Price.objects.filter(category="rural").delete()
    assert "счетов на оплату: 8" in sbyt("bill", "2026-04").stdout
    Price.objects.bulk_create(Price(**row) for row in prices)
    told = sbyt("bill", "2026-04", "--missing").stdout
    assert "доначислено счетов: 2, вместе с ними" in told
    assert "счетов на оплату: 10" in told
    assert "доначислять некому" in sbyt("bill", "2026-04", "--missing").stdout
    assert "вместе не бывают" in sbyt("bill", "2026-04", "--missing", "--dry-run", status=2).stderr
    assert "ещё не начислен" in sbyt("bill", "2026-05", "--missing", status=1).stderr


def test_a_dry_run_says_that_nothing_was_saved(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    assert "пробный расчёт, ничего не записано" in sbyt("bill", "2026-04", "--dry-run").stdout
    assert sbyt("export", "bills").stdout.splitlines()[1:] == []


def test_who_could_not_be_billed_is_named_with_the_reason(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    Price.objects.filter(category="rural").delete()
    said = "    лицевой счёт 10000006: нет цены (electricity, rural, 1, T1, 2026-04)"
    assert said in sbyt("bill", "2026-04").stdout.splitlines()
    # The same command again says it again, from what was kept.
    assert said in sbyt("bill", "2026-04").stdout.splitlines()


@pytest.mark.parametrize(("period", "status", "said"), [("2026-13", 2, "не период"), ("июнь", 2, "не период")])
def test_what_is_no_period_is_refused(database: Database, period: str, status: int, said: str) -> None:
    assert said in sbyt("bill", period, status=status).stderr


def test_a_skipped_period_is_refused_with_the_one_that_can_be_billed(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    sbyt("bill", "2026-04")
    assert "теперь можно только 2026-05" in sbyt("bill", "2026-06", status=1).stderr
