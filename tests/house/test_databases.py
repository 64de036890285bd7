"""The databases that tests are given."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from sbyt.payments.models import Payment
from sbyt.tariffs.models import Norm
from tests.support.databases import Database, FreshDatabase


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


def test_a_property_test_gets_one_database_an_example(fresh_sqlite: FreshDatabase) -> None:
    for _ in range(2):
        with fresh_sqlite():
            assert not Norm.objects.exists()
            a_norm().save()
