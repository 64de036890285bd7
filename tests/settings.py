"""Django's settings under test: built-in defaults, whatever ``sbyt.toml`` or database this checkout has.

The database named here is never opened: each test that needs one asks for a fixture of ``tests/conftest.py``.
"""

from __future__ import annotations

import os

os.environ["SBYT_CONFIG"] = os.devnull
os.environ["DATABASE_URL"] = f"sqlite:///{os.devnull}"

from sbyt.config.settings import *  # noqa: F403

SECRET_KEY = "of the tests, and of nobody else"
# Tests log in often.
PASSWORD_HASHERS = ["tests.support.passwords.Quick"]
