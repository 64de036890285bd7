"""``sbyt holds``: what waits to be looked at, and releasing it."""

from __future__ import annotations

import datetime as dt
import getpass

import pytest
from typer.testing import CliRunner

from sbyt.billing.models import Hold, Run
from sbyt.cli import holds
from sbyt.cli.main import app
from sbyt.core.periods import Period
from tests.support.databases import Database
from tests.support.held_bills import NOVEMBER, a_hold

AT = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)


def sbyt(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["holds", *words], catch_exceptions=False)
    return done.exit_code, done.output.replace("\u00a0", " ")


def billed(period: Period = NOVEMBER) -> None:
    Run.objects.create(period=period, landed_at=AT)


def test_before_the_first_month_there_is_nothing_to_look_at(database: Database) -> None:
    assert sbyt() == (0, "Ещё ничего не начислено, проверять нечего.\n")


def test_where_nothing_waits_that_is_said(database: Database) -> None:
    billed()
    a_hold("101", released_at=AT, released_by="Анна")
    assert sbyt() == (0, "Счета за ноябрь 2026: проверять нечего.\n")


def test_those_of_the_last_month_are_listed_with_why(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "_AT_ONCE", 2)
    billed(NOVEMBER.plus(-1))
    billed()
    a_hold("100", NOVEMBER.plus(-1))
    a_hold("101")
    a_hold("102", charged=55_000, recalculated=-100_001)
    a_hold("103", released_at=AT)
    a_hold("104")
    status, told = sbyt()
    assert (status, told.splitlines()[:5]) == (
        0,
        [
            "Счета за ноябрь 2026, которые надо проверить до отправки:",
            "101  начислено 5 500,00 ₽ — обычно около 550,00 ₽",
            "102  перерасчёт −1 000,01 ₽",
            "104  начислено 5 500,00 ₽ — обычно около 550,00 ₽",
            "",
        ],
    )
    assert "sbyt holds 2026-11 --release СЧЁТ" in told
    assert "100  " in sbyt("2026-10")[1]


def test_one_is_released(database: Database) -> None:
    billed()
    a_hold("2000 101")
    waits = a_hold("102")
    told = sbyt("2026-11", "--release", "2000101", "--note", "живут всемером", "--by", "Иванова")
    assert told == (0, "Счёт 2000 101 за ноябрь 2026: проверен, можно отправлять.\n")
    rows = Hold.objects.order_by("id").values_list("released_by", "note")
    assert list(rows) == [("Иванова", "живут всемером"), ("", "")]
    assert sbyt("2026-11", "--release", "102")[0] == 0
    waits.refresh_from_db()
    assert (waits.released_by, waits.note) == (getpass.getuser(), "")


def test_of_several_each_is_tried(database: Database) -> None:
    billed()
    a_hold("101", released_at=AT, released_by="Анна")
    a_hold("102", NOVEMBER.plus(-1))
    a_hold("103")
    options = [word for number in ("101", "102", "no-such", "103") for word in ("--release", number)]
    status, told = sbyt("2026-11", *options)
    assert (status, told.splitlines()) == (
        1,
        [
            "Счёт 101 за ноябрь 2026: уже проверен (Анна, 02.12.2026 12:00).",
            "Счёт 102 за ноябрь 2026: не придержан, отпускать нечего.",
            "Счёта no-such нет, или так могут называться несколько: напишите номер точно.",
            "Счёт 103 за ноябрь 2026: проверен, можно отправлять.",
        ],
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["2026-13"], 2, "не период"),
        (["2026-12"], 1, "Период 2026-12 ещё не начислен"),
        (["--release", "101"], 2, "Назовите месяц"),
        (["2026-11", "--note", "верно"], 2, "Добавьте --release"),
    ],
)
def test_what_is_none_is_refused(database: Database, words: list[str], status: int, said: str) -> None:
    billed()
    hold = a_hold("101")
    done, told = sbyt(*words)
    assert (done, said in told) == (status, True)
    hold.refresh_from_db()
    assert hold.released_at is None
