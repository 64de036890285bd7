"""The keys of the tokens on bills."""

from __future__ import annotations

import pytest

from sbyt.config.keys import bill_keys
from sbyt.config.problems import UnableToStart

ONE, TWO = "1" * 32, "2" * 32


def test_without_secrets_there_is_none() -> None:
    assert bill_keys({}) == {}


def test_the_key_of_an_installation_makes_one() -> None:
    made = bill_keys({"SBYT_SECRET_KEY": ONE})
    assert set(made) == {0}
    assert ONE.encode() not in made.values()  # what it signs elsewhere opens no bill


def test_those_listed_come_beside_it() -> None:
    assert set(bill_keys({"SBYT_SECRET_KEY": ONE, "SBYT_BILL_KEYS": f"1:{ONE} 2:{TWO}"})) == {0, 1, 2}


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (ONE, "номер от 1 до 255"),
        (f"0:{ONE}", "номер от 1 до 255"),
        (f"256:{ONE}", "номер от 1 до 255"),
        ("1:short", "короче 32 знаков"),
        (f"1:{ONE} 1:{TWO}", "2-й ключ: номер 1 уже был"),
    ],
)
def test_what_is_no_list_of_keys_is_refused_without_repeating_it(listed: str, said: str) -> None:
    with pytest.raises(UnableToStart) as refused:
        bill_keys({"SBYT_BILL_KEYS": listed})
    assert said in str(refused.value)
    assert ONE not in str(refused.value)
