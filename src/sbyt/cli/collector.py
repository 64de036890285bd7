"""Python's garbage collector in a process that handles message after message."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Of each message hundreds of objects remain for a moment, hardly any in a circle: by default a tenth of a message's
#: time goes into looking for those.
_THRESHOLDS = (20_000, 20, 50)


def spare_the_collector() -> None:
    """Keep what is loaded out of its rounds, which stays anyhow, and have fewer of them, until the process ends."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def collector_spared() -> Iterator[None]:
    """The same for as long as the block lasts. What is frozen still would not be cleared away at the process' end."""
    before = gc.get_threshold()
    spare_the_collector()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
