from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.receipts.world import billed, issued
from tests.support.databases import Database, FreshDatabase


@pytest.fixture
def billed_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(billed) as made:
        yield made


@pytest.fixture
def issued_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made
