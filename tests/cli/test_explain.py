"""``sbyt explain`` as somebody uses it who has a customer on the telephone."""

from __future__ import annotations

import pytest

from tests.cli.test_billing import CASE, sbyt
from tests.support.databases import Database


@pytest.fixture
def april(database: Database) -> None:
    sbyt("import", str(CASE / "2026-04"))
    sbyt("bill", "2026-04")


def account() -> str:
    """The first account of the example that has a bill."""
    _, first, *_ = sbyt("export", "bills").stdout.splitlines()
    return first.split(",")[1]


def test_a_bill_is_told_line_by_line(april: None) -> None:
    lines = sbyt("explain", account(), "2026-04").stdout.splitlines()
    assert lines[0] == f"Счёт {account()} за апрель 2026"
    assert lines[5].split()[:2] == ["К", "оплате"]
    told = "\n".join(lines)
    assert "По показаниям: " in told
    assert " ₽ (цена с " in told


def test_it_is_told_in_english_too(april: None) -> None:
    told = sbyt("explain", account(), "2026-04", "--english").stdout
    assert f"Account {account()}, April 2026" in told
    assert "By readings: " in told


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("no-such", "2026-04"), 1, "Счёта no-such нет"),
        (("first", "2026-13"), 2, "не период"),
        (("first", "2026-09"), 1, "Последний счёт — за 2026-04"),
    ],
)
def test_what_is_not_there_is_told(april: None, arguments: tuple[str, str], status: int, said: str) -> None:
    number, period = arguments
    result = sbyt("explain", account() if number == "first" else number, period, status=status)
    assert said in result.stderr
    assert result.stdout == ""
