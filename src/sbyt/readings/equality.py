"""Which tasks of one sender about one account are equal: decided once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Why staff get a photo that nobody else can read.
PHOTO = "photo"


def what_is_equal(task: int, reason: str, offered: Iterable[Mapping[str, Any]]) -> tuple[object, ...]:
    """What two tasks of one sender about one account must share: the reason, and the meters that values are of.

    Each photo is something else: of the next meter, as a rule.
    """
    if reason == PHOTO:
        return (task,)
    return reason, *sorted({str(one.get("serial", "")) for one in offered})
