"""``sbyt bill PERIOD`` in batches of one account, which tells each step and waits to be told to go on.

    python -m tests.faults.billing_process PERIOD

It writes a line for each step to standard output and reads one before it goes on; at the end of the input it no longer
waits.
"""

from __future__ import annotations

import sys

import django
from django.conf import settings


def main() -> int:
    django.setup()
    from sbyt.billing import batches
    from sbyt.cli import billing

    batches.BATCH = batches.WHOLE_HISTORY

    def tell(_told: object, phase: str, done: int, _of: int) -> None:
        sys.stdout.write(f"step {phase} {done}\n")
        sys.stdout.flush()
        sys.stdin.readline()

    billing._Told.__call__ = tell  # type: ignore[assignment,method-assign]
    return billing.bill_period(sys.argv[1], settings.SBYT, billing.Wanted())


if __name__ == "__main__":
    sys.exit(main())
