"""Fixtures for all tests.

``database``           a fresh database, once on SQLite and once on PostgreSQL
``fresh_database``     the same as a function to call in a ``with``: for property tests, once an example
``empty_database``     one without any tables, Django's connection elsewhere
``sqlite_database``    a fresh database on SQLite alone, ``postgresql_database`` on PostgreSQL alone: only for what the
                       other has not; ``tests/house/test_both_databases.py`` lists who asks for one, and why
``component``          a real component by name, like ``component("postgresql")``: its folder or program
``spark_master``       where Spark is to compute: in this process, set up for few rows

Django's default connection and settings point at the database, and so does ``sbyt.bulk``. A database is a real one,
with real transactions: nothing is rolled back behind the test, the whole of it is thrown away. A fixture of a module
that gives every test the same beginning calls ``fresh_database(fill)``: ``fill`` runs once, its result is copied.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.support import components
from tests.support.databases import Database, FreshDatabase, PostgreSQLCopies, SQLiteCopies
from tests.support.network import stay_on_this_machine
from tests.support.postgresql import in_memory, running_server

# Time limits on a loaded machine are no property of the code. CI repeats the same examples, so that it only turns red
# by a change; here each run tries new ones.
hypothesis_settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("ci", hypothesis_settings.get_profile("here"), derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


def pytest_configure() -> None:
    stay_on_this_machine()


def pytest_report_header() -> str:
    return f"databases: SQLite {sqlite3.sqlite_version}, PostgreSQL {components.postgresql_version()}"


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
def spark_master(component: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    component("java")
    settings = tmp_path_factory.mktemp("spark")
    # Of few rows most of the time is Spark's own: its compiler's, and that of tasks without any.
    few = {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
    }
    (settings / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in few.items()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(settings))
        yield "local[2]"


@pytest.fixture(scope="session")
def fresh_sqlite(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[FreshDatabase]:
    with django_db_blocker.unblock():
        yield SQLiteCopies(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def fresh_postgresql(component: Callable[[str], Path], django_db_blocker: DjangoDbBlocker) -> Iterator[FreshDatabase]:
    with running_server(component("postgresql"), in_memory()) as server, django_db_blocker.unblock():
        yield PostgreSQLCopies(server)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def fresh_database(request: pytest.FixtureRequest) -> FreshDatabase:
    fresh: FreshDatabase = request.getfixturevalue(f"fresh_{request.param}")
    return fresh


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database() as made:
        yield made


@pytest.fixture
def empty_database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database.without_tables() as made:
        yield made


@pytest.fixture
def sqlite_database(fresh_sqlite: FreshDatabase) -> Iterator[Database]:
    with fresh_sqlite() as made:
        yield made


@pytest.fixture
def postgresql_database(fresh_postgresql: FreshDatabase) -> Iterator[Database]:
    with fresh_postgresql() as made:
        yield made
