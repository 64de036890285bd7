"""The guide of a demonstration: whom a visitor may be, and how staff log in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sbyt.core.settings import Settings

Guide = Mapping[str, Sequence[Mapping[str, Any]]]


def guide(settings: Settings) -> Guide:
    """What the file that ``[demo] guide`` names holds: ``guests`` and ``staff``; nothing where there is none.

    Written by ``sbyt demo`` when it makes the town.
    """
    file = settings.demo.guide
    if not file:
        return {}
    try:
        found: Guide = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found
