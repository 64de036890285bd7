"""What the processes that serve count themselves. Several of them count together in the files of ``sbyt serve``."""

from __future__ import annotations

import functools

from prometheus_client import Counter

webhooks = Counter("sbyt_webhooks", "Requests of providers, by what became of them.", ["channel", "result"])


@functools.cache
def webhook(channel: str, result: str) -> Counter:
    """The counter of one channel and result: looking it up costs as much as counting."""
    return webhooks.labels(channel, result)
