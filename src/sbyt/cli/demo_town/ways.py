"""Through which channels the town's people hand in readings, and through which they write these days."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple


class Written(NamedTuple):
    """A channel in which people write: how often in comparison, and whether as a phone, an e-mail or a chat."""

    channel: str
    weight: int
    sender: str


_ways = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

#: Through which inspectors' readings come.
INSPECTED: str = _ways["inspected"]
#: Channels with how many of a hundred readings came through each.
HANDED_IN: dict[str, int] = _ways["handed_in"]
WRITTEN = tuple(Written(one["channel"], one["weight"], one["as"]) for one in _ways["written"])
