"""What the processes that serve count themselves. Several of them count together in the files of ``sbyt serve``."""

from __future__ import annotations

from prometheus_client import Counter

webhooks = Counter("sbyt_webhooks", "Requests of providers, by what became of them.", ["channel", "result"])
