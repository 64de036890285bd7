"""``sbyt receipts`` as somebody runs it who sends bills out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings as DjangoSettings

from sbyt.accounts.bill_choices import How, choose
from sbyt.accounts.models import Customer
from sbyt.billing.models import Bill, Hold
from sbyt.channels.simulated import simulated
from sbyt.core.settings import Settings
from sbyt.messaging.models import OutboundMessage
from sbyt.receipts.typesetting import pages_of
from tests.cli.test_billing import sbyt
from tests.receipts.world import AUGUST, KEYS, NOW, SETTINGS, billed
from tests.support.databases import Database, FreshDatabase


@pytest.fixture
def billed_world(fresh_database: FreshDatabase, settings: DjangoSettings) -> Iterator[Database]:
    settings.SBYT, settings.BILL_KEYS = SETTINGS, KEYS
    settings.CONNECTED_CHANNELS = lambda: {"email": simulated("email", "mail")}
    with fresh_database(billed) as made:
        yield made


def test_all_bills_of_a_month_are_put_into_a_folder(billed_world: Database, tmp_path: Path) -> None:
    told = sbyt("receipts", "2026-08", "--out", str(tmp_path)).stdout
    assert told.splitlines() == [
        "Счета за 2026-08: выдано 10.",
        f"Папка {tmp_path / '2026-08'}: записано 10.",
    ]
    assert len(list((tmp_path / "2026-08").glob("*.pdf"))) == 10


def test_run_again_it_has_nothing_left_to_do(billed_world: Database, tmp_path: Path) -> None:
    sbyt("receipts", "2026-08", "--out", str(tmp_path))
    assert sbyt("receipts", "2026-08", "--out", str(tmp_path)).stdout.splitlines() == [
        "Счета за 2026-08: выдано 0, выданы раньше и не изменились: 10.",
        f"Папка {tmp_path / '2026-08'}: записано 0, уже было 10.",
    ]


def test_one_account_may_be_asked_for(billed_world: Database, tmp_path: Path) -> None:
    sbyt("receipts", "2026-08", "--account", "10000003", "--out", str(tmp_path))
    (file,) = (tmp_path / "2026-08").iterdir()
    assert file.name == "2026-08-10000003.pdf"
    assert pages_of(file.read_bytes()) == 2


def test_for_the_print_shop_there_are_files_with_a_manifest(billed_world: Database, tmp_path: Path) -> None:
    told = sbyt("receipts", "2026-08", "--print", "--out", str(tmp_path)).stdout
    assert "файлов 1, листов 10. Опись: manifest.csv." in told
    assert (tmp_path / "2026-08" / "print" / "manifest.csv").exists()


def test_held_bills_wait_and_are_counted(billed_world: Database, tmp_path: Path) -> None:
    account = Bill.objects.filter(period=AUGUST).order_by("account_id")[0].account_id
    Hold.objects.create(account_id=account, period=AUGUST, reason="charged", charged=1, expected=1, recalculated=0)
    told = sbyt("receipts", "2026-08", "--out", str(tmp_path)).stdout
    assert "Ждут проверки и не выданы: 1. Какие и почему: sbyt holds 2026-08" in told


def test_those_that_are_wanted_by_e_mail_are_handed_over_once(billed_world: Database) -> None:
    bill = Bill.objects.filter(period=AUGUST).order_by("account_id")[0]
    Customer.objects.filter(id=bill.account.customer_id).update(email="anna@example.org")
    choose(bill.account_id, How.ELECTRONIC, "anna", NOW)
    assert "Отдано на отправку по e-mail: 1." in sbyt("receipts", "2026-08", "--send").stdout
    assert "Отдано на отправку по e-mail: 0." in sbyt("receipts", "2026-08", "--send").stdout
    assert OutboundMessage.objects.get().recipient == "anna@example.org"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["2026-13"], 2, "не период"),
        (["2026-08", "--account", "77"], 2, "Счёта 77 нет"),
        (["2026-08", "--print", "--account", "10000003"], 2, "--account с ним не бывает"),
        (["2026-08", "--print", "--send"], 2, "сначала одно, потом другое"),
        (["2026-09"], 1, "ещё не начисляли"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    billed_world: Database, words: list[str], status: int, said: str
) -> None:
    assert said in sbyt("receipts", *words, status=status).stderr


def test_without_bank_details_the_keys_are_named(billed_world: Database, settings: DjangoSettings) -> None:
    settings.SBYT = Settings()
    said = sbyt("receipts", "2026-08", status=1).stderr
    assert all(key in said for key in ("company.bank", "company.phones", "web.address"))


def test_template_and_words_can_be_had_to_be_changed(database: Database, tmp_path: Path) -> None:
    sbyt("receipts", "--template", str(tmp_path / "ours"))
    assert {file.name for file in (tmp_path / "ours").iterdir()} == {"receipt.typ", "words.ru.toml", "words.en.toml"}
    (tmp_path / "ours" / "receipt.typ").write_text("changed")
    assert "уже есть, не тронут" in sbyt("receipts", "--template", str(tmp_path / "ours")).stdout
    assert (tmp_path / "ours" / "receipt.typ").read_text() == "changed"
