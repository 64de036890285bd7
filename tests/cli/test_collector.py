"""The garbage collector is spared where messages are handled, and left as it was."""

from __future__ import annotations

import gc

from sbyt.cli.collector import collector_spared


def test_it_is_as_before_when_the_work_is_done() -> None:
    before = gc.get_threshold()
    with collector_spared():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
