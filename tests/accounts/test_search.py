"""Finding accounts in the database, and keeping what they are found by up to date."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sbyt.accounts.models import Word
from sbyt.accounts.search import find_accounts
from tests.support.databases import FreshDatabase
from tests.usecases.importing import take_one, take_world

STREET = """\
account,holder,address,category,residents,phone,email,district,street,house,flat
11,Лесников Иван,,urban,1,8 912 000-02-11,,Ухта,ул. им. Ленина,3,1
12,Лесникова Анна,,urban,1,,,Ухта,ул. им. Ленина,12,3
13,Лесников Пётр,,urban,1,,,Ухта,ул. им. Ленина,9,3
14,Полевой 100%_,,urban,1,,,Ухта,ул. А. Сенюкова,5,
"""


def a_street() -> None:
    take_world()
    assert not take_one("accounts", STREET).refused


@pytest.fixture
def town(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(a_street):
        yield


def numbers(typed: str, most: int = 50) -> list[str]:
    return [one.number for one in find_accounts(typed, most)[0]]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("0001", ["0001"]),
        ("петров", ["0001"]),
        ("мира 5", ["0002"]),
        ("8 912 000-01-02", ["0002"]),
        ("petrov@example.org", ["0001"]),
        ("e2", ["0002"]),
        ("лесн", ["11", "13", "12"]),
        ("лесникова ленина", ["12"]),
        ("ленина 3", ["11"]),
        ("сенюкова 5", ["14"]),
        ("нет таких", []),
        ("", []),
        ("%", []),
        ("100%_", ["14"]),
    ],
)
def test_it_is_found_by(town: None, typed: str, found: list[str]) -> None:
    assert numbers(typed) == found


def test_a_number_is_a_flat_where_there_is_no_such_house(town: None) -> None:
    assert numbers("ленина 1") == ["11"]


def test_of_many_only_some_are_shown_and_it_is_said(town: None) -> None:
    found, more = find_accounts("ухта", 3)
    assert (len(found), more) == (3, True)
    assert find_accounts("ухта", 4)[1] is False


def test_who_moves_is_found_at_the_new_address_only(town: None) -> None:
    take_one("accounts", STREET.replace("ул. А. Сенюкова,5", "ул. Новая,7"))
    assert (numbers("сенюкова"), numbers("новая 7")) == ([], ["14"])


def test_a_new_meter_is_found(town: None) -> None:
    header = "account,serial,resource,zones,digits,decimals,installed_on\n"
    take_one("meters", f"{header}14,СВ-77012,gas,1,5,3,2026-02-01\n")
    assert numbers("св 77012") == ["14"]


def test_the_same_file_again_changes_no_word(town: None) -> None:
    before = set(Word.objects.values_list("id", flat=True))
    take_one("accounts", STREET)
    assert set(Word.objects.values_list("id", flat=True)) == before


def test_accounts_loaded_before_there_were_words_are_found_after_the_migration(town: None) -> None:
    by_import = sorted(Word.objects.values_list("account_id", "word"))
    MigrationExecutor(connection).migrate([("accounts", "0002_link_by")])
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert sorted(Word.objects.values_list("account_id", "word")) == by_import
