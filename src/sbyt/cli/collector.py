"""Python's garbage collector in a process that handles message after message."""

from __future__ import annotations

import gc

#: Of each message hundreds of objects remain for a moment, hardly any in a circle: by default every seventh part of a
#: message's time went into looking for those.
_THRESHOLDS = (20_000, 20, 50)


def spare_the_collector() -> None:
    """Keep what is loaded out of its rounds, which stays anyhow, and have fewer of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
