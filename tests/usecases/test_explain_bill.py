"""Each line of a bill is explained, and an explanation that does not come to its figures is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.models import Account
from sbyt.billing.explain import UnableToExplain, explain
from sbyt.billing.explain_words import _WORDS, Telling
from sbyt.billing.models import Bill, Charge, Unbilled
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.usecases.explain_bill import UnableToFindBill, explain_bill
from sbyt.usecases.run_billing import run_billing
from tests.billing.loading import load
from tests.support.databases import Database, FreshDatabase

CASE = Path(__file__).parent.parent / "data" / "billing" / "case"
NOW = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)


def five_months() -> None:
    """The whole example: each month loaded and billed."""
    for folder in sorted(CASE.iterdir()):
        load(folder)
        run_billing(Period.parse(folder.name), Settings(), now=NOW)


@pytest.fixture
def billed(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(five_months) as made:
        yield made


def lines_of(kind: str, basis: str) -> list[str]:
    """What is said of the first line of this kind."""
    charge = Charge.objects.filter(kind=kind, basis=basis).order_by("id").select_related("register__meter").first()
    assert charge
    line = explain(charge)
    return [Telling("ru").head(line), *Telling("ru").why(line)]


def test_every_line_of_every_bill_is_explained_and_they_come_to_the_bill(billed: Database) -> None:
    bills = list(Bill.objects.select_related("account"))
    assert len(bills) > 40
    kinds = set()
    for bill in bills:
        lines = explain_bill(bill.account, Period(bill.period)).lines
        kinds |= {(line.kind, line.basis) for line in lines}
        assert sum(line.amount for line in lines) == bill.charged + bill.recalculated
        assert all(sum(tier.amount for tier in line.tiers) == line.due_amount for line in lines)
    assert len(kinds) == 6 or {("charge", "actual"), ("charge", "average"), ("recalculation", "actual")} <= kinds


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_line_can_be_told(billed: Database, language: str) -> None:
    telling = Telling(language)
    for charge in Charge.objects.exclude(period=None).select_related("register__meter"):
        line = explain(charge)
        sentences = [telling.head(line), *telling.why(line)]
        assert not any("{" in sentence for sentence in sentences)
        assert len(sentences) >= 2


def test_the_languages_have_the_same_words() -> None:
    assert _WORDS["ru"].keys() == _WORDS["en"].keys()


def test_what_was_billed_before_is_told_of_a_correction(billed: Database) -> None:
    *_, last = lines_of("recalculation", "actual")
    charge = Charge.objects.filter(kind="recalculation", basis="actual").order_by("id").first()
    assert charge
    before = Charge.objects.filter(
        register=charge.register, for_period=charge.for_period, id__lt=charge.pk
    ).values_list("amount", flat=True)
    assert "раньше выставили" in last
    assert Telling("ru").money(sum(before)) in last


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"due": [1, 1]}, "due"),
        ({"paid": []}, "paid"),
        ({"read": [24315, 0, 24316, 1, False]}, "read"),
        ({"scale": 7}, "scale"),
    ],
)
def test_a_trace_that_does_not_come_to_the_line_explains_nothing(
    billed: Database, changed: dict[str, object], where: str
) -> None:
    charge = Charge.objects.filter(kind="charge", basis="actual", volume__gt=0).select_related("register__meter")[0]
    charge.trace = {**charge.trace, **changed}
    with pytest.raises(UnableToExplain):
        explain(charge)


@pytest.mark.parametrize("trace", [{}, {"due": 5}, {"due": [1]}, {"due": [0, 0], "read": []}])
def test_a_trace_that_can_not_be_read_explains_nothing(billed: Database, trace: dict[str, object]) -> None:
    charge = Charge.objects.filter(kind="charge").select_related("register__meter")[0]
    charge.trace = trace
    with pytest.raises(UnableToExplain):
        explain(charge)


def test_a_bill_that_is_not_there_is_told_with_the_last_that_is(billed: Database) -> None:
    account = Bill.objects.latest("period").account
    with pytest.raises(UnableToFindBill, match="Последний счёт — за"):
        explain_bill(account, Period.parse("2030-01"))


def test_why_there_is_no_bill_is_told_where_it_is_known(billed: Database) -> None:
    account = Account.objects.create(number="9", key="9", customer_id=1, premises_id=1)
    Unbilled.objects.create(account=account, period=Period.parse("2026-06"), reason="no_price")
    with pytest.raises(UnableToFindBill, match="no_price"):
        explain_bill(account, Period.parse("2026-06"))
