"""Django's settings, made of ``sbyt.toml`` and the environment."""

from __future__ import annotations

import os

from sbyt.config.load import load_configuration
from sbyt.config.logs import level_named

SBYT, DATABASE, SBYT_FILE = load_configuration(os.environ)

SECRET_KEY = os.environ.get("SBYT_SECRET_KEY", "")
DEBUG = False
LOGGING_CONFIG = "sbyt.config.logs.set_up"
LOGGING = {"level": level_named(os.environ, default="warning")}
INSTALLED_APPS = [
    "sbyt.tariffs",
    "sbyt.accounts",
    "sbyt.messaging",
    "sbyt.readings",
    "sbyt.payments",
    "sbyt.billing",
]
DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = SBYT.time_zone
LANGUAGE_CODE = SBYT.language
