"""Django's settings, made of ``sbyt.toml`` and the environment."""

from __future__ import annotations

import datetime as dt
import functools
import os
from pathlib import Path

from sbyt.config.channels import PAGE_CHANNEL, connected
from sbyt.config.keys import bill_keys
from sbyt.config.load import load_configuration
from sbyt.config.logs import level_named
from sbyt.messaging.channel import Channel

SBYT, DATABASE, SBYT_FILE = load_configuration(os.environ)

_WEB = Path(__file__).parents[1] / "web"


def NOW() -> dt.datetime:  # noqa: N802 settings are in capitals
    """The clock of whoever serves requests: they have no command that would hand them the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 this is where it is handed in


@functools.cache
def CONNECTED_CHANNELS() -> dict[str, Channel]:  # noqa: N802
    """The channels by their code, made when they are first asked for."""
    return connected(SBYT, os.environ, NOW)


def MOST_STREAMS() -> int:  # noqa: N802
    """For how many streams of events a process may hold a thread; ``sbyt serve`` says it."""
    return int(os.environ.get("SBYT_STREAMS", "1"))


def IS_ENDING() -> bool:  # noqa: N802
    """Whether ``sbyt serve`` was told to end, so that streams do."""
    return os.path.exists(os.environ.get("SBYT_ENDING", ""))  # noqa: PTH110 asked by each stream twice a second


#: The channel of the page that customers open.
WEB_PAGE_CHANNEL = PAGE_CHANNEL

SECRET_KEY = os.environ.get("SBYT_SECRET_KEY", "")
#: The keys of the tokens on bills, by their version (sbyt.accounts.tokens).
BILL_KEYS = bill_keys(os.environ)
DEBUG = False
# What we serve asks nothing of the host's name and sends nobody anywhere by it.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sbyt.config.urls"
# Webhooks are served without any of this (sbyt.config.wsgi). For the rest it is cheap: sessions, users and messages are
# read only where a view asks for them; /webform, /healthz and /metrics ask for none (decision 0019).
MIDDLEWARE = [
    "sbyt.web.policy.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sbyt.web.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
LOGGING_CONFIG = "sbyt.config.logs.set_up"
LOGGING = {"level": level_named(os.environ, default="warning")}
INSTALLED_APPS = [
    "sbyt.tariffs",
    "sbyt.accounts",
    "sbyt.messaging",
    "sbyt.readings",
    "sbyt.payments",
    "sbyt.billing",
    "sbyt.receipts",
    "sbyt.notices",
    "sbyt.staff",
    "sbyt.web.office",
    "unfold.apps.BasicAppConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",  # our own site names what it shows: nothing is looked for
    "django.contrib.auth",
    "django.contrib.humanize",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
# A process that serves keeps its connection; what was lost is made anew (sbyt.bulk.lasting).
DATABASES = {"default": {**DATABASE, "CONN_MAX_AGE": None}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sbyt.web.frame.frame",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = SBYT.time_zone
LANGUAGE_CODE = SBYT.language
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [_WEB / "locale"]  # what unfold says and speaks no Russian for

# Static files are served from where they are installed: whoever installs has nothing to collect.
STATIC_URL = "/static/"
STATICFILES_DIRS = [_WEB / "static"]
WHITENOISE_USE_FINDERS = True

# Behind a server with a certificate that says so (docs/operation.md); what it says can only make cookies stricter.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "sbyt.web.errors.stale"
SESSION_COOKIE_NAME = "sbyt_session"
CSRF_COOKIE_NAME = "sbyt_csrf"
SESSION_COOKIE_PATH = "/"
SESSION_COOKIE_AGE = 12 * 60 * 60  # a working day, counted from what was last changed in it
# All processes count wrong passwords together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "staff_remembered",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # read only by who asks
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/office/"
ACCOUNT_ADAPTER = "sbyt.web.office.login.StaffOnly"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False  # a log-in ends with the browser
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
# By name and by address; behind a proxy all share one, so that it is the looser one.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SBYT.company.name
MFA_TOTP_TOLERANCE = 1

UNFOLD = {
    "SITE_TITLE": SBYT.company.name,
    "SITE_HEADER": SBYT.company.name,
    "SITE_SYMBOL": "bolt",
    "SITE_URL": "/office/",
    "SITE_FAVICONS": [{"rel": "icon", "href": "/static/sbyt/icon.svg", "type": "image/svg+xml"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    # The accent of our own pages (site.css), lighter and darker.
    "COLORS": {
        "primary": {
            "50": "#f0f7fa",
            "100": "#dcecf3",
            "200": "#bcdbe8",
            "300": "#8fc3d8",
            "400": "#7cc4e3",
            "500": "#5aaecf",
            "600": "#0b5c7d",
            "700": "#0a4e6a",
            "800": "#0b4157",
            "900": "#0d3749",
            "950": "#08232f",
        }
    },
}
