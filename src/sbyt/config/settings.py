"""Django's settings, made of ``sbyt.toml`` and the environment."""

from __future__ import annotations

import datetime as dt
import functools
import os
from pathlib import Path

from sbyt.config.channels import PAGE_CHANNEL, connected
from sbyt.config.load import load_configuration
from sbyt.config.logs import level_named
from sbyt.messaging.channel import Channel

SBYT, DATABASE, SBYT_FILE = load_configuration(os.environ)


def NOW() -> dt.datetime:  # noqa: N802 settings are in capitals
    """The clock of whoever serves requests: they have no command that would hand them the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 this is where it is handed in


@functools.cache
def CONNECTED_CHANNELS() -> dict[str, Channel]:  # noqa: N802
    """The channels by their code, made when they are first asked for."""
    return connected(SBYT, os.environ, NOW)


#: The channel of the page that customers open.
WEB_PAGE_CHANNEL = PAGE_CHANNEL

SECRET_KEY = os.environ.get("SBYT_SECRET_KEY", "")
DEBUG = False
# What we serve asks nothing of the host's name and sends nobody anywhere by it.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sbyt.config.urls"
# A webhook is answered by one statement: whoever needs more than that says so on the view.
MIDDLEWARE: list[str] = []
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
# A process that serves keeps its connection; what was lost is made anew (sbyt.bulk.lasting).
DATABASES = {"default": {**DATABASE, "CONN_MAX_AGE": None}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1] / "web" / "templates"],
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = SBYT.time_zone
LANGUAGE_CODE = SBYT.language
