"""Reads ``sbyt.toml`` and says what is wrong with it, key by key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.settings import Settings


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this installation: ``SBYT_CONFIG``, else ``./sbyt.toml`` if there, else built-in defaults."""
    named = environ.get("SBYT_CONFIG")
    path = Path(named or "sbyt.toml")
    found = tomllib.loads(path.read_text(encoding="utf-8")) if named or path.exists() else {}
    channels = {name: settings.model_dump() for name, settings in DEFAULT_CHANNELS.items()}
    for name, changes in found.get("channels", {}).items():
        channels[name] = {**channels.get(name, {}), **changes}
    return Settings.model_validate({**found, "channels": channels})
