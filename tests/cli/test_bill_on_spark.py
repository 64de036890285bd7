"""``sbyt bill --engine spark``, as somebody with many machines runs it."""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sbyt.billing.models import Settled
from sbyt.cli.main import app
from tests.support.databases import Database

pytestmark = [
    # PySpark leaves it to the garbage collector to close what it fetched rows by.
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <socket\.socket:pytest.PytestUnraisableExceptionWarning"),
]

EXAMPLE = Path(__file__).parent.parent / "data" / "billing"
CASE = EXAMPLE / "case"


def sbyt(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    return result


def test_the_example_is_billed_byte_for_byte(postgresql_database: Database, spark_master: str, tmp_path: Path) -> None:
    spark = ("--engine", "spark", "--master", spark_master, "--snapshot", str(tmp_path / "snapshot"))
    first, *others = sorted(folder.name for folder in CASE.iterdir())
    sbyt("import", str(CASE / first))
    told = sbyt("bill", first, *spark).stdout
    assert told == sbyt("bill", first).stdout.replace("уже начислен раньше, ничего не изменено", "начислен")
    assert json.loads((tmp_path / "snapshot" / "plan.json").read_text(encoding="utf-8"))["period"] == first
    # The others go on from where it left everything.
    assert Settled.objects.exists()
    for month in others:
        sbyt("import", str(CASE / month))
        sbyt("bill", month)
    for table in ("charges", "bills"):
        assert sbyt("export", table).stdout_bytes == (EXAMPLE / "expected" / f"{table}.csv").read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(database: Database, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    told = sbyt("bill", "2026-04", "--engine", "spark", "--snapshot", str(tmp_path), status=1).stderr
    assert "не пуста" in told


def test_without_pyspark_it_is_said_how_to_get_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without_pyspark(
        name: str, names: Mapping[str, Any] | None = None, local: Any = None, wanted: Sequence[str] = (), level: int = 0
    ) -> Any:
        if name.partition(".")[0] in {"pyspark", "py4j"}:
            raise ImportError(name)
        return load(name, names, local, wanted, level)

    monkeypatch.setattr(builtins, "__import__", without_pyspark)
    assert 'pip install ".[spark]"' in sbyt("bill", "2026-04", "--engine", "spark", status=1).stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--engine", "spark", "--missing"), "месяц целиком"),
        (("--master", "local[2]"), "только вместе с --engine spark"),
        (("--engine", "abacus"), "duckdb, spark"),
    ],
)
def test_what_does_not_go_together_is_refused(database: Database, options: tuple[str, ...], said: str) -> None:
    assert said in sbyt("bill", "2026-04", *options, status=2).stderr
