"""The databases that tests are given."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from sbyt.payments.models import Payment
from sbyt.tariffs.models import Norm
from tests.support.databases import Database, FreshDatabase, pointed_at


def a_norm() -> Norm:
    return Norm(resource="gas", category="city", valid_from=24300, per_resident=1)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database(database: Database, turn: int) -> None:
    assert not Norm.objects.exists()
    a_norm().save()


def test_the_default_connection_is_of_the_kind_named(database: Database) -> None:
    assert connection.vendor == database.kind


def test_all_tables_are_there(database: Database) -> None:
    assert Payment.objects.count() == 0


def test_a_committed_row_is_seen_by_another_connection(database: Database) -> None:
    with transaction.atomic():
        a_norm().save()
    connection.close()
    assert Norm.objects.count() == 1


def test_a_property_test_gets_one_database_an_example(fresh_database: FreshDatabase) -> None:
    for _ in range(2):
        with fresh_database():
            assert not Norm.objects.exists()
            a_norm().save()


def test_what_a_database_is_filled_with_is_made_once_and_copied(fresh_database: FreshDatabase) -> None:
    made: list[Norm] = []

    def fill() -> None:
        made.append(a_norm())
        made[-1].save()

    for _ in range(2):
        with fresh_database(fill):
            Norm.objects.get().delete()
    assert len(made) == 1


def test_one_without_tables_has_none(empty_database: Database) -> None:
    with pointed_at(empty_database.url):
        assert connection.introspection.table_names() == []
