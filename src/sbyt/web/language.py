"""In which language a page speaks: Russian or English."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from sbyt.web.words import LANGUAGES

COOKIE = "sbyt_lang"
_YEAR = dt.timedelta(days=365)


def language_of(request: HttpRequest) -> str:
    """The one chosen now, else chosen before, else the browser's first that we speak, else the installation's."""
    for chosen in (request.GET.get("lang"), request.COOKIES.get(COOKIE)):
        if chosen in LANGUAGES:
            return str(chosen)
    named = re.findall(r"[a-z]{2}(?=[-,;]|$)", request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower())
    default: str = settings.SBYT.language
    return next((one for one in named if one in LANGUAGES), default)


class LanguageMiddleware:
    """What Django and its apps say themselves they say in our language, too. Who chooses one keeps it by a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self._get_response(request)
        if request.GET.get("lang") in LANGUAGES and request.COOKIES.get(COOKIE) != language:
            response.set_cookie(COOKIE, language, max_age=_YEAR, httponly=True, samesite="Lax")
        return response
