"""The months that were billed, as staff see them."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sbyt.billing.models import Bill, Charge, Run, Unbilled
from sbyt.core.periods import Period
from sbyt.staff.roles import Role
from sbyt.web.office.billing import views
from sbyt.web.office.billing.words import REASONS, WORDS
from tests.support.databases import Database
from tests.support.household import a_meter, an_account
from tests.usecases.test_explain_bill import billed  # noqa: F401 a fixture
from tests.web.office.logged_in import logged_in

LIST = "/office/billing/"
NOVEMBER = Period.parse("2026-11")
AT = dt.datetime(2026, 12, 1, 6, 30, tzinfo=dt.UTC)


def words(client: Client, path: str = LIST, **headers: str) -> str:
    """What a page says, without its tags."""
    page = unescape(client.get(path, headers=headers).text)
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").split())


def group(kind: str, basis: str, lines: int, amount: int = 0) -> dict[str, Any]:
    return {"kind": kind, "basis": basis, "lines": lines, "amount": amount}


def a_run(period: Period = NOVEMBER, *lines: dict[str, Any], **changed: Any) -> None:
    sums = {"opening": 0, "charged": 0, "recalculated": 0, "paid": 0, "closing": 0}
    summary = {"period": int(period), "accounts": 1, "bills": 1, "lines": lines, "unbilled": {}, **sums, **changed}
    Run.objects.create(period=period, landed_at=AT, summary=summary)


def not_billed(number: str, reason: str, **missing: Any) -> None:
    Unbilled.objects.create(account=an_account(number), period=NOVEMBER, reason=reason, missing=missing)


@pytest.fixture
def billing(database: Database) -> Client:
    return logged_in(Role.BILLING)


@pytest.mark.parametrize("said", [WORDS, REASONS])
def test_both_languages_say_the_same(said: dict[str, dict[str, str]]) -> None:
    assert said["ru"].keys() == said["en"].keys()


def test_every_reason_has_its_words() -> None:
    assert REASONS["ru"].keys() == set(Unbilled.Reason.values)


@pytest.mark.parametrize("role", list(Role))
def test_whoever_works_here_sees_what_was_billed(database: Database, role: Role) -> None:
    a_run()
    client = logged_in(role)
    assert [client.get(path).status_code for path in (LIST, f"{LIST}2026-11/")] == [200, 200]
    assert 'href="/office/billing/"' in client.get("/office/").text


def test_nobody_else_does(database: Database, client: Client) -> None:
    a_run()
    assert [client.get(path).status_code for path in (LIST, f"{LIST}2026-11/")] == [302, 302]


# the list -------------------------------------------------------------------------------------------------------------


def test_before_the_first_month_it_says_what_to_do(billing: Client) -> None:
    assert "Ещё ничего не начислено. Месяц начисляют командой, например: sbyt bill 20" in words(billing)


def test_months_are_listed_with_their_figures_the_newest_first(billing: Client) -> None:
    sums = {"charged": 123456789, "recalculated": -5050, "closing": 7}
    a_run(NOVEMBER, accounts=1000000, bills=999990, unbilled={"no_norm": 9}, **sums)
    a_run(NOVEMBER.plus(1))
    text = words(billing)
    assert "ноя 2026 01.12.2026 09:30 1 000 000 999 990 1 234 567,89 −50,50 0,07 9" in text
    assert text.index("дек 2026") < text.index("ноя 2026")


def test_it_speaks_english_too(billing: Client) -> None:
    a_run(NOVEMBER, accounts=1000000, charged=123456789, unbilled={"no_norm": 9})
    not_billed("101", "no_norm", resource="gas", month=int(NOVEMBER))
    headers = {"accept-language": "en"}
    assert "Nov 2026 01.12.2026 09:30 1,000,000 1 1,234,567.89" in words(billing, **headers)
    text = words(billing, f"{LIST}2026-11/", **headers)
    for told in ("Billed for November 2026", "Charged 1,234,567.89 ₽", "No norm 9", "No norm gas, from Nov 2026 on"):
        assert told in text, told


def test_how_months_were_worked_out_is_drawn_and_told_as_a_table(billing: Client) -> None:
    lines = [
        ("charge", "actual", 800),
        ("charge", "average", 199),
        ("charge", "norm", 1),
        ("recalculation", "actual", 5),
    ]
    a_run(NOVEMBER, *(group(*one) for one in lines))
    page = billing.get(LIST).text
    heights = [int(height) for height in re.findall(r'<rect class="(?:actual|average|norm)"[^>]* height="(\d+)"', page)]
    assert heights == [106, 26, 2]
    assert page.count('fill="url(#estimated-few)"') == 1
    assert "ноя\u00a02026: по показаниям 800, по среднему 199, по нормативу 1" in page
    assert "ноя 2026 1 000 800 (80,0 %) 199 (19,9 %) 1 (0,1 %)" in words(billing)
    assert not re.search(r"\sstyle=|<style|<script(?! src)", page)


def test_of_many_months_a_phone_shows_the_latest(billing: Client) -> None:
    for back in range(30):
        a_run(NOVEMBER.plus(-back), group("charge", "actual", 10))
    page = billing.get(LIST)
    assert [len(one.bars) for one in page.context["charts"]] == [24, 12]
    earlier = billing.get(LIST, {"before": page.context["earlier"]})
    assert [row.period for row in earlier.context["rows"]] == [str(NOVEMBER.plus(-back)) for back in range(24, 30)]
    assert (earlier.context["earlier"], [len(one.bars) for one in earlier.context["charts"]]) == ("", [6])


def test_a_month_without_a_summary_is_still_a_month(billing: Client) -> None:
    Run.objects.create(period=NOVEMBER, landed_at=AT)
    a_run(NOVEMBER.plus(1))
    assert "ноя 2026 01.12.2026 09:30 Итогов этого начисления не сохранилось." in words(billing)
    assert "Итогов этого начисления не сохранилось." in words(billing, f"{LIST}2026-11/")
    assert billing.get(f"{LIST}2026-12/").status_code == 200


def test_what_a_later_version_keeps_besides_does_no_harm(billing: Client) -> None:
    a_run(NOVEMBER, group("charge", "by_guess", 3, 150), took={"read": 1.5}, unbilled={"no_patience": 1})
    not_billed("101", "no_norm")
    assert billing.get(LIST).status_code == 200
    text = words(billing, f"{LIST}2026-11/")
    assert "начисление by_guess 3 1,50" in text
    assert "no_patience 1" in text


@pytest.mark.parametrize("before", ["", "x", "2026-13", "0000-00", "9999-99"])
def test_a_place_that_is_none_does_no_harm(billing: Client, before: str) -> None:
    a_run()
    assert billing.get(LIST, {"before": before}).status_code == 200
    assert billing.get(f"{LIST}2026-11/", {"after": before or f"{9**30}", "reason": before}).status_code == 200


def test_the_first_page_names_the_month_billed_last(billing: Client) -> None:
    assert "Последний начисленный" not in words(billing, "/office/")
    a_run(NOVEMBER)
    a_run(NOVEMBER.plus(-1))
    assert "Последний начисленный месяц: ноябрь 2026, 01.12.2026 09:30" in words(billing, "/office/")


# one month ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2026-10", "2026-13", "x", "2026-11-01"])
def test_a_month_that_was_not_billed_is_not_found(billing: Client, period: str) -> None:
    a_run()
    assert billing.get(f"{LIST}{period}/").status_code == 404


def test_a_month_is_compared_with_the_one_before(billing: Client) -> None:
    before = [group("charge", "actual", 800), group("charge", "average", 100)]
    a_run(NOVEMBER.plus(-1), *before, charged=100000, recalculated=500, unbilled={"no_norm": 1, "no_price": 2})
    now = [
        group("charge", "actual", 790, 99000),
        group("charge", "norm", 12),
        group("recalculation", "norm", 4, -12345),
    ]
    a_run(NOVEMBER, *now, charged=110050, recalculated=-500)
    text = words(billing, f"{LIST}2026-11/")
    for told in (
        "Начислено 1 100,50 1 000,00 +100,50",
        "Перерасчёт −5,00 5,00 −10,00",
        "Строк по показаниям 790 800 −10",
        "Строк по среднему 0 100 −100",
        "Строк по нормативу 12 0 +12",
        "Не начислено 0 3 −3",
        "начисление по показаниям 790 990,00",
        "перерасчёт по нормативу 4 −123,45",
        "Начислено всем.",
    ):
        assert told in text, told
    assert "Это первый начисленный месяц" in words(billing, f"{LIST}2026-10/")


def test_what_a_run_says_is_what_lies_in_the_tables(billed: Database) -> None:  # noqa: F811
    period = Period.parse("2026-08")
    page = logged_in(Role.BILLING).get(f"{LIST}{period}/")
    bills = Bill.objects.filter(period=period)
    assert page.context["summary"].charged == sum(bills.values_list("charged", flat=True))
    for basis in Charge.Basis.values:
        number = Charge.objects.filter(period=period, kind="charge", basis=basis).count()
        word = {"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"}[basis]
        assert next(one.now for one in page.context["compared"] if one.word == f"Строк {word}") == str(number)


def test_who_was_not_billed_is_told_with_what_is_missing(billing: Client) -> None:
    a_run(unbilled={"no_price": 1, "no_category": 1, "unmarked_drop": 1})
    not_billed(
        "101", "no_price", resource="electricity", category="urban", zones=2, zone="T2", month=int(NOVEMBER.plus(-1))
    )  # fmt: skip
    not_billed("102", "no_category")
    meter = a_meter(an_account("103"), "M7")
    Unbilled.objects.create(account=meter.account, meter=meter, period=NOVEMBER, reason="unmarked_drop")
    page = billing.get(f"{LIST}2026-11/").text
    text = words(billing, f"{LIST}2026-11/")
    for told in (
        "101 весь счёт Нет цены электроэнергия, urban, ночь, с месяца окт 2026",
        "102 весь счёт Нет категории и числа жильцов",
        "103 M7 Показание ниже прежнего, переход через ноль не отмечен",
        "Нет цены 1",
        "sbyt bill 2026-11 --missing",
    ):
        assert told in text, told
    assert 'href="/office/accounts/103/"' in page
    only = words(billing, f"{LIST}2026-11/?reason=no_price")
    assert ("101 весь счёт" in only, "103 M7" in only) == (True, False)
    assert "С такой причиной никого нет." in words(billing, f"{LIST}2026-11/?reason=no_norm")


def test_of_a_month_before_the_last_the_next_run_corrects(billing: Client) -> None:
    a_run(unbilled={"no_norm": 1})
    a_run(NOVEMBER.plus(1))
    not_billed("101", "no_norm")
    assert "Пропущенное войдёт в следующее начисление" in words(billing, f"{LIST}2026-11/")


def test_who_was_not_billed_is_leafed_through(billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_NOT_BILLED", 2)
    a_run(unbilled={"no_norm": 5})
    for number in range(101, 106):
        not_billed(str(number), "no_norm")
    seen, path = [], f"{LIST}2026-11/?reason=no_norm"
    while path:
        page = billing.get(path)
        seen.append([row.account for row in page.context["rows"]])
        following = unescape(page.context["following"]).partition("#")[0]
        path = f"{LIST}2026-11/{following}" if following else ""
    assert seen == [["101", "102"], ["103", "104"], ["105"]]


def test_no_bill_and_no_line_is_read(billed: Database) -> None:  # noqa: F811
    client = logged_in(Role.BILLING)
    for path in (LIST, f"{LIST}2026-08/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        statements = [one["sql"] for one in asked]
        assert len(statements) < 12
        assert [one for one in statements if re.search(r'billing_(charge|bill)"|COUNT\(', one)] == []
