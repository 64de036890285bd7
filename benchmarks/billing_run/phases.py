"""Bills a month of the database of ``DATABASE_URL`` in this process, and tells the time of each phase.

python -m benchmarks.billing_run.phases PERIOD [--full]
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from typing import Any

import django


def phases(written: str, *, full: bool) -> dict[str, Any]:
    """By phase when it first began and last ended, and how long it was in all; seconds."""
    from django.conf import settings

    from sbyt.core.periods import Period
    from sbyt.usecases.run_billing import run_billing

    told: list[tuple[str, float]] = []
    begun = time.perf_counter()
    run_billing(
        Period.parse(written),
        settings.SBYT,
        now=dt.datetime.now(dt.UTC),
        progress=lambda phase, _done, _of: told.append((phase, time.perf_counter() - begun)),
        full=full,
    )
    ends = [*(at for _, at in told[1:]), time.perf_counter() - begun]
    found: dict[str, dict[str, float]] = {}
    for (name, at), end in zip(told, ends, strict=True):
        one = found.setdefault(name, {"first": at, "last": end, "total": 0.0})
        one["last"] = end
        one["total"] += end - at
    return {"phases": found}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(phases(sys.argv[1], full="--full" in sys.argv)))
