"""Where the last run left everything, stored for the next: read into the engine and written, in pieces.

Trusted only where it is of the very last run, and was worked out by the same rules with the same limits.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sbyt.billing.engine import DuckDB
from sbyt.billing.going_on import STANDING
from sbyt.billing.queries import Marks, Waiting
from sbyt.bulk import Bulk
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates

_TABLE = "billing_settled"
_RUN = "run"


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the run that left it."""

    marks: Marks
    waiting: Waiting


def read_standing(bulk: Bulk, engine: DuckDB, landed: Period, estimates: Estimates) -> Standing | None:
    """Put the tables of ``STANDING`` into the engine; None, and nothing, where there is none to be trusted."""
    header = _header(bulk, landed)
    if header is None or header["made_by"] != _made_by(estimates):
        return None
    for name, columns in STANDING.items():
        engine.hand_in(name, columns.empty_table())
    found = bulk.stream(
        f"SELECT name, rows FROM {_TABLE} WHERE period = {int(landed)} AND name <> '{_RUN}'",
        pa.schema([("name", pa.string()), ("rows", pa.binary())]),
    )
    for batch in found:
        for row in batch.to_pylist():
            engine.hand_in(row["name"], pq.read_table(io.BytesIO(row["rows"])), append=True)
    return Standing(Marks(**header["marks"]), Waiting(**header["waiting"]))


def _header(bulk: Bulk, landed: Period) -> dict[str, Any] | None:
    found = bulk.read(
        f"SELECT rows FROM {_TABLE} WHERE period = {int(landed)} AND name = '{_RUN}'",
        pa.schema([("rows", pa.binary())]),
    )
    return json.loads(found["rows"][0].as_py()) if found.num_rows else None


def begin_standing(bulk: Bulk) -> None:
    """Forget what an earlier run left."""
    bulk.execute(f"DELETE FROM {_TABLE}")


def add_standing(bulk: Bulk, period: Period, name: str, rows: pa.Table) -> None:
    """Store some rows of a table of ``STANDING``."""
    if rows.num_rows:
        written = io.BytesIO()
        pq.write_table(rows.cast(STANDING[name]), written, compression="zstd")
        _add(bulk, period, name, written.getvalue())


def end_standing(bulk: Bulk, period: Period, standing: Standing, estimates: Estimates) -> None:
    """Store what is known of the run itself."""
    header = {
        "made_by": _made_by(estimates),
        "marks": dataclasses.asdict(standing.marks),
        "waiting": dataclasses.asdict(standing.waiting),
    }
    _add(bulk, period, _RUN, json.dumps(header).encode())


def _add(bulk: Bulk, period: Period, name: str, rows: bytes) -> None:
    row = {
        "period": pa.array([int(period)], pa.int32()),
        "name": pa.array([name]),
        "rows": pa.array([rows], pa.binary()),
    }
    bulk.append(_TABLE, pa.table(row))


def _made_by(estimates: Estimates) -> str:
    """What a standing depends on beside the data: the rules themselves, and their limits."""
    return f"{_rules()} {estimates.model_dump_json()}"


@functools.cache
def _rules() -> str:
    """A digest of the rules as they are written: whoever changes one must not remember to say so here."""
    here = Path(__file__).parent
    sources = [*sorted((here / "rules").glob("*.py")), here / "compute.py", here / "going_on.py"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
