"""The rules for Prometheus on the page of operation ask for numbers that there are."""

from __future__ import annotations

import re
from pathlib import Path

from sbyt.messaging.health import HealthState

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operation.md").read_text(encoding="utf-8")
RULES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
METRICS = (ROOT / "src/sbyt/api/metrics.py").read_text(encoding="utf-8")


def test_every_number_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r"\bsbyt_\w+", "".join(RULES)))
    assert len(asked) >= 5
    assert asked <= set(re.findall(r'"(sbyt_\w+)"', METRICS))


def test_every_state_that_is_asked_for_is_one() -> None:
    asked = set(re.findall(r'state="(\w+)"', "".join(RULES)))
    assert asked == {state.value for state in HealthState} - {"ok"}


def test_every_rule_waits_a_while() -> None:
    (rules,) = RULES
    assert rules.count("alert:") == rules.count("expr:") == rules.count("for:")
