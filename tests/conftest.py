"""Fixtures for all tests.

``database``           a fresh database, once on SQLite and once on PostgreSQL
``sqlite_database``    a fresh database on SQLite only
``fresh_sqlite``       the same as a function to call in a ``with``: for property tests, once an example
``fresh_postgresql``
``component``          a real component by name, like ``component("postgresql")``: its folder or program

Django's default connection and settings point at the database, and so does ``sbyt.bulk``. A database is a real one,
with real transactions: nothing is rolled back behind the test, the whole of it is thrown away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.support import components
from tests.support.databases import Database, FreshDatabase, postgresql_copies, sqlite_copies
from tests.support.network import stay_on_this_machine
from tests.support.postgresql import running_server

# Time limits on a loaded machine are no property of the code. CI repeats the same examples, so that it only turns red
# by a change; here each run tries new ones.
hypothesis_settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("ci", hypothesis_settings.get_profile("here"), derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


def pytest_configure() -> None:
    stay_on_this_machine()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Collect from a worker of pytest-xdist which components it missed."""
    components.missing.update(getattr(node, "workeroutput", {}).get("missing_components", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing_components"] = sorted(components.missing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not components.missing:
        return
    terminalreporter.section("not tried here")
    for name in sorted(components.missing):
        terminalreporter.line(f"{name}: not installed; {components.COMPONENTS[name].how_to_get} brings it")


@pytest.fixture(scope="session")
def component() -> Callable[[str], Path]:
    return components.require


@pytest.fixture(scope="session")
def fresh_sqlite(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[FreshDatabase]:
    with django_db_blocker.unblock():
        yield sqlite_copies(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def fresh_postgresql(component: Callable[[str], Path], django_db_blocker: DjangoDbBlocker) -> Iterator[FreshDatabase]:
    with running_server(component("postgresql")) as server, django_db_blocker.unblock():
        yield postgresql_copies(server)


@pytest.fixture
def sqlite_database(fresh_sqlite: FreshDatabase) -> Iterator[Database]:
    with fresh_sqlite() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    fresh: FreshDatabase = request.getfixturevalue(f"fresh_{request.param}")
    with fresh() as made:
        yield made
