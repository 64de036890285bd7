"""What all our own pages have in common: the language, the style, and the headers that allow nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from sbyt.web.words import LANGUAGES


def language_of(request: HttpRequest, wanted: str) -> str:
    """The one that was chosen, else the browser's first that we speak, else the installation's."""
    if wanted in LANGUAGES:
        return wanted
    named = re.findall(r"[a-z]{2}(?=[-,;]|$)", request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower())
    default: str = settings.SBYT.language
    return next((one for one in named if one in LANGUAGES), default)


def style(*names: str) -> str:
    """The style sheets of a page, which stand in it: it asks for nothing else."""
    return "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


def headers(style_of_page: str) -> Mapping[str, str]:
    """What a browser is told of a page with this style: nothing runs in it, nothing is fetched, nobody frames it."""
    digest = base64.b64encode(hashlib.sha256(style_of_page.encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
    }
