from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.finding import LONGEST, Household, Wanted, wanted, words_of

KNOWN = Household(
    number="0200 0000-01",
    name="Сенюкова-Ветошкина Алёна Игоревна",
    phone="8 (912) 000-01-01",
    email="Alyona@Example.org",
    address="169300, Республика Коми, г. Ухта, ул. А. Сенюкова, д. 5, корп. 2, кв. 12",
    serials=("АВ 00123",),
)


def is_found(household: Household, typed: str) -> bool:
    """Whether the household has all words of some reading of what was typed."""
    words = words_of(household)
    return any(all(has(words, one) for one in reading) for reading in wanted(typed))


def has(words: frozenset[str], one: Wanted) -> bool:
    return any(word == text or (one.begins and word.startswith(text)) for word in words for text in one.words)


@pytest.mark.parametrize(
    "typed",
    [
        "20000000 1",
        "02000000-01",
        "№ 200000001",
        "2000000",
        "алена",
        "АЛЁНА ветошкина",
        "Сенюкова",
        "сенюк",
        "сенюкова 5",
        "сенюкова, д. 5 кв. 12",
        "ул. А. Сенюкова, 5-12",
        "ухта сенюкова 5к2 12",
        "сенюкова 12",
        "ветошкина сенюкова 5",
        "+79120000101",
        "8 912 000 01 01",
        "9120000101",
        "89120000",
        "alyona@example.org",
        "Alyona@",
        "ab00123",
        "ав 00123",
        "АВ-00123",
    ],
)
def test_an_account_is_found_however_it_is_written(typed: str) -> None:
    assert is_found(KNOWN, typed)


@pytest.mark.parametrize(
    "typed", ["", " ", "…", "ленина", "сенюкова 6", "сенюкова 5-13", "2000000002", "+79120000102", "5000000", "нюкова"]
)
def test_another_is_not(typed: str) -> None:
    assert not is_found(KNOWN, typed)


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("ул. им. Ленина, д. 3", "ленина 3"),
        ("ул. им. Ленина, д. 3", "ул имени ленина дом 3"),
        ("пр-кт Карла Маркса, 1-15", "маркса 1"),
        ("пр-кт Карла Маркса, 1-15", "карла маркса 1 15"),
        ("ул. 40 лет Победы, д. 5а, кв. 8", "40 лет победы 5а"),
        ("ул. 40 лет Победы, д. 5а, кв. 8", "победы 5 а 8"),
        ("ул. 40 лет Победы, д. 5а, кв. 8", "победы 5"),
        ("ул. 8 Марта, 12", "8 марта 12"),
        ("1-й микрорайон, д. 22/1", "22/1"),
        ("1-й микрорайон, д. 22/1", "22"),
        ("с. Выльгорт, ул. Тимирязева, д. 7", "выльгорт тимирязева 7"),
    ],
)
def test_addresses_are_found_as_people_say_them(address: str, typed: str) -> None:
    assert is_found(Household("1", address=address), typed)


def test_an_address_in_parts_is_as_good_as_one_in_a_line() -> None:
    in_parts = Household("1", district="Ухта", street="ул. А. Сенюкова", house="5", flat="12")
    assert is_found(in_parts, "ухта сенюкова 5-12")


def test_a_house_is_looked_for_before_a_flat() -> None:
    strict, *_ = wanted("ленина 3")
    assert Wanted(("д:3",)) in strict


def test_a_phone_that_is_none_is_found_by_its_figures() -> None:
    assert is_found(Household("1", phone="2-14-15 (соседка)"), "21415")


@given(st.builds(Household, st.text(), st.text(), st.text(), st.text(), st.text()), st.text())
def test_no_text_is_too_odd(household: Household, typed: str) -> None:
    assert all(0 < len(word) <= LONGEST for word in words_of(household))
    assert all(one.words and all(one.words) for reading in wanted(typed) for one in reading)
