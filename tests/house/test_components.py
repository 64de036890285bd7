"""A component that is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import components
from tests.support.components import Component, require


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "COMPONENTS", {"steam": Component("steam", lambda: None, "make test-deps")})
    monkeypatch.setattr(components, "missing", set())


def test_elsewhere_than_in_ci_the_test_steps_aside_and_is_told_of(
    nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="steam is not installed; make test-deps brings it"):
        require("steam")
    assert components.missing == {"steam"}


def test_in_ci_the_test_fails(nothing_installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="steam is not installed"):
        require("steam")


def test_one_that_is_installed_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(components, "COMPONENTS", {"steam": Component("steam", lambda: tmp_path, "make test-deps")})
    assert require("steam") == tmp_path
