"""The order in which a postman walks."""

from __future__ import annotations

import random

import pytest

from sbyt.receipts.sorting import Door, natural, walk


@pytest.mark.parametrize(
    "ordered",
    [
        ["2", "9", "10", "12", "12а", "12б", "100"],
        ["1/2", "1/10", "2"],
        ["", "1"],
        ["ёлочная", "жасминная"],
        ["Мира", "мира 2"],
    ],
)
def test_numbers_in_a_text_are_numbers(ordered: list[str]) -> None:
    mixed = random.Random(1).sample(ordered, len(ordered))
    assert sorted(mixed, key=natural) == ordered


def test_doors_go_by_district_street_house_and_flat() -> None:
    doors = [
        Door("", "", "", "", "Адрес одной строкой, 7", "5"),
        Door("Север", "Мира", "2", "1", "", "9"),
        Door("Север", "Мира", "2", "10", "", "1"),
        Door("Север", "Мира", "10", "1", "", "2"),
        Door("Север", "Труда", "1", "1", "", "3"),
        Door("Юг", "Мира", "1", "1", "", "4"),
    ]
    assert sorted(random.Random(1).sample(doors, len(doors)), key=walk) == doors
