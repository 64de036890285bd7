"""What bills can't be made without."""

from __future__ import annotations

import pytest

from sbyt.core.settings import Company, Settings, Web
from sbyt.receipts.requirements import UnableToMakeReceipts, required
from tests.receipts.world import SETTINGS


def test_with_all_of_it_nothing_is_said() -> None:
    assert required(SETTINGS).address == "https://lk.example.org"


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        (Settings(), ["company.bank", "company.address", "company.phones", "web.address"]),
        (SETTINGS.model_copy(update={"web": Web()}), ["web.address"]),
        (
            SETTINGS.model_copy(update={"company": Company(bank=SETTINGS.company.bank)}),
            ["company.address", "company.phones"],
        ),
        (
            SETTINGS.model_copy(update={"company": SETTINGS.company.model_copy(update={"name": "ф" * 140})}),
            ["company.bank.recipient"],
        ),
    ],
)
def test_each_key_that_is_missing_is_named(settings: Settings, keys: list[str]) -> None:
    with pytest.raises(UnableToMakeReceipts) as refused:
        required(settings)
    assert all(key in str(refused.value) for key in keys)
    assert str(refused.value).count("\n–") == len(keys)
